"""A comparison's task on the drawn looks, and batches of triplets."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scenefit.compare.task import Task
from scenefit.config import TrainConfig, recipe
from scenefit.data.dataset import Dataset
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.heads import Sizes
from scenefit.model.network import Batch


@pytest.fixture
def sizes() -> Sizes:
    """The sizes of networks for `batch`."""
    return Sizes(pooled=12, regions=8, hidden=16, embedding=6, categories=3)


@pytest.fixture
def batch() -> Batch:
    """Five triplets of drawn numbers; views of regions have as many channels as the pooled features."""
    draw = torch.Generator().manual_seed(1)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=draw)

    category = torch.tensor([0, 1, 2, 1, 0])
    return Batch(drawn(5, 12), drawn(5, 9, 8), category, drawn(5, 12), drawn(5, 12))


@pytest.fixture(scope="session")
def quick() -> TrainConfig:
    """Settings under which a training takes a second."""
    return replace(recipe("ctl-paper"), hidden=32, embedding=16, epochs=4, batch_size=16, learning_rate=5e-3)


@pytest.fixture
def task(model_folder: Path, backbone_folder: Path, tmp_path: Path) -> Task:
    """The drawn looks with their features, splits as imported."""
    backbone = Backbone(backbone_folder, threads=1)
    folder = Path(shutil.copytree(model_folder.with_name("dataset"), tmp_path / "dataset"))
    features = DatasetFeatures.open(Dataset.open(folder), backbone)
    work = tmp_path / "work"
    work.mkdir()
    return Task.of(features, backbone, "val", 0, work)
