"""Shared fixtures: drawn looks, a small real backbone exported once, the real photos where they are at hand."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from drawn_looks import write_backbone, write_looks

from scenefit.catalog.loading.build import build_catalog
from scenefit.cli import run
from scenefit.config import RECIPES, recipe
from scenefit.data.dataset import Dataset
from scenefit.data.importers.stl import import_stl
from scenefit.features.backbone import Backbone, find_backbone, prepare_backbone
from scenefit.model.folder import Model
from scenefit.training.run import train_model

torch.set_num_threads(1)  # tests run side by side
os.environ["OMP_NUM_THREADS"] = "1"  # in the processes that they start too
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
def model_folder(dataset_folder: Path, backbone_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model trained on the drawn looks; `dataset` beside it holds their features. Read both only."""
    out = tmp_path_factory.mktemp("trained") / "model"
    dataset = Dataset.open(Path(shutil.copytree(dataset_folder, out.with_name("dataset"))))
    config = replace(recipe("ctl-paper"), hidden=64, embedding=16, epochs=20, batch_size=16, learning_rate=5e-3)
    train_model(dataset, Backbone(backbone_folder, threads=1), config, out, device="cpu")
    return out


@pytest.fixture(scope="session")
def uncalibrated_folder(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That model as it is without validation pairs, and as models were before there was a calibration."""
    out = Path(shutil.copytree(model_folder, tmp_path_factory.mktemp("uncalibrated") / "model"))
    about = json.loads((out / "config.json").read_text())
    del about["files"]["calibration.json"]
    (out / "config.json").write_text(json.dumps(about))
    (out / "calibration.json").unlink()
    return out


@pytest.fixture(scope="session")
def catalog_folder(model_folder: Path) -> Path:
    """The catalog of that model and the drawn products; read it only."""
    out = model_folder.with_name("catalog")
    build_catalog(Model(model_folder), Dataset.open(model_folder.with_name("dataset")), out)
    return out


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Find a part of the real data; skips the test where it is absent."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"real data absent: {name} (set SCENEFIT_SHARED to the folder that holds it)")
        return path

    return find


class Walked(NamedTuple):
    """Where the commands left their results, and what each printed as JSON."""

    dataset: Path
    model: Path
    catalog: Path
    photo: Path
    printed: dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def path(looks: Path, network: Path, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """Run import, check, features, train, evaluate, catalog and recommend, each with --json; training is cut short."""
    quick = replace(recipe("default"), hidden=64, embedding=16, epochs=3, networks=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RECIPES, "default", quick)
        patch.setenv("SCENEFIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        return _walk(looks, network, tmp_path_factory.mktemp("path"))


def _walk(looks: Path, network: Path, work: Path) -> Walked:
    dataset, model, catalog = work / "dataset", work / "model", work / "catalog"
    photo = sorted((looks / "images").iterdir())[0]
    records = (looks / "records.json", "--categories", looks / "categories.json", "--images", looks / "images")
    commands = {
        "import": ("data", "import", "stl", *records, "--out", dataset, "--ratio", "60,20,20"),
        "check": ("data", "check", dataset),
        "features": ("features", dataset, "--backbone", network),
        "train": ("train", dataset, "--backbone", network, "--out", model),
        "evaluate": ("evaluate", model, dataset),
        "uncropped": ("evaluate", model, dataset, "--uncropped", "--split", "val"),
        "build": ("catalog", "build", model, dataset, "--out", catalog),
        "info": ("catalog", "info", catalog),
        "recommend": ("recommend", catalog, photo, "-k", "3"),
    }
    return Walked(dataset, model, catalog, photo, {name: _printed(command) for name, command in commands.items()})


def _printed(command: tuple[object, ...]) -> dict[str, Any]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert run([*map(str, command), "--json"]) == 0
    content: dict[str, Any] = json.loads(out.getvalue())
    return content
