"""What a training loop takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scenefit.config import TrainConfig, recipe
from scenefit.data.dataset import Dataset
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.training.triplet_data import TripletData


@pytest.fixture(scope="session")
def quick() -> TrainConfig:
    """Settings under which a run takes a second."""
    return replace(recipe("ctl-paper"), hidden=32, embedding=16, epochs=20, batch_size=16, learning_rate=5e-3)


@pytest.fixture(scope="session")
def features(model_folder: Path, backbone_folder: Path) -> DatasetFeatures:
    """The features of the training and validation pairs of the drawn looks."""
    return DatasetFeatures.open(Dataset.open(model_folder.with_name("dataset")), Backbone(backbone_folder, threads=1))


@pytest.fixture
def data(features: DatasetFeatures) -> TripletData:
    """The training triplets; validation pairs come from `data.validation`."""
    return TripletData(features, features.dataset.split_rows("train"))
