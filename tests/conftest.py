"""Shared fixtures: drawn looks, a small real backbone exported once, the real photos where they are at hand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from drawn_looks import write_backbone, write_looks

from scenefit.data.dataset import Dataset
from scenefit.data.importers.stl import import_stl
from scenefit.features.backbone import find_backbone, prepare_backbone

SHARED = Path(os.environ.get("SCENEFIT_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def looks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with records.json, categories.json, images/ of 40 drawn scenes and 2 x 12 products."""
    folder = tmp_path_factory.mktemp("looks")
    write_looks(folder, scenes=40, products=12)
    return folder


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small ResNet with random weights, as Transformers saves it."""
    folder = tmp_path_factory.mktemp("network")
    write_backbone(folder)
    return folder


@pytest.fixture(scope="session")
def backbone_folder(network: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small ResNet exported to ONNX."""
    return prepare_backbone(find_backbone(str(network)), tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def dataset_folder(looks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn looks as a dataset, 60/20/20; read it only."""
    out = tmp_path_factory.mktemp("datasets") / "looks"
    import_stl(looks / "records.json", looks / "categories.json", looks / "images", out, ratio=(60, 20, 20))
    return out


@pytest.fixture
def dataset(dataset_folder: Path, tmp_path: Path) -> Dataset:
    """A copy of the drawn dataset that a test may write to."""
    return Dataset.open(Path(shutil.copytree(dataset_folder, tmp_path / "dataset")))


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Find a part of the real data; skips the test where it is absent."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"real data absent: {name} (set SCENEFIT_SHARED to the folder that holds it)")
        return path

    return find
