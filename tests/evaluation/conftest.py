"""Features to evaluate a model on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scenefit.data.dataset import Dataset
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.model.folder import Model


@pytest.fixture(scope="session")
def model(model_folder: Path) -> Model:
    """The trained model, opened."""
    return Model(model_folder)


@pytest.fixture(scope="session")
def features(model: Model, tmp_path_factory: pytest.TempPathFactory) -> DatasetFeatures:
    """The features of every pair of the drawn looks, cropped and whole."""
    folder = tmp_path_factory.mktemp("evaluated") / "dataset"
    dataset = Dataset.open(Path(shutil.copytree(model.folder.with_name("dataset"), folder)))
    backbone = model.backbone(threads=1)
    for cropped in (True, False):
        compute_features(dataset, backbone, dataset.split_rows("all"), cropped=cropped)
    return DatasetFeatures.open(dataset, backbone)
