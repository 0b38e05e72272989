"""A small trained model, made once a session for all folders of tests that ask for one; what a training loop takes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scenefit.config import TrainConfig, recipe
from scenefit.data.dataset import Dataset
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.training.run import train_model
from scenefit.training.triplet_data import TripletData

torch.set_num_threads(1)  # tests run side by side


@pytest.fixture(scope="session")
def model_folder(dataset_folder: Path, backbone_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model trained on the drawn looks; `dataset` beside it holds their features. Read both only."""
    out = tmp_path_factory.getbasetemp() / "trained" / "model"
    if not out.exists():
        dataset = Dataset.open(Path(shutil.copytree(dataset_folder, out.with_name("dataset"))))
        config = replace(recipe("ctl-paper"), hidden=64, embedding=16, epochs=20, batch_size=16, learning_rate=5e-3)
        train_model(dataset, Backbone(backbone_folder, threads=1), config, out, device="cpu")
    return out


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
