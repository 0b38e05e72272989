"""A small trained model and its catalog, made once a session for all folders of tests that ask for one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scenefit.catalog.store import build_catalog
from scenefit.config import recipe
from scenefit.data.dataset import Dataset
from scenefit.features.backbone import Backbone
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
def catalog_folder(model_folder: Path) -> Path:
    """The catalog of the drawn products; read it only."""
    out = model_folder.with_name("catalog")
    if not out.exists():
        build_catalog(Model(model_folder), Dataset.open(model_folder.with_name("dataset")), out)
    return out
