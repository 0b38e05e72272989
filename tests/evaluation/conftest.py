"""A small trained model, made once a session for all folders of tests that ask for one; features to evaluate it on."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scenefit.config import recipe
from scenefit.data.dataset import Dataset
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.model.folder import Model
from scenefit.training.run import train_model

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
