"""A trained model and a catalog, made once by the commands themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from scenefit.cli import run


class Walked(NamedTuple):
    """Where the commands left their results, and what each printed as JSON."""

    dataset: Path
    model: Path
    catalog: Path
    photo: Path
    printed: dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def path(looks: Path, network: Path, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """Run import, check, features, train, evaluate, catalog and recommend, each with --json."""
    with pytest.MonkeyPatch.context() as patch:
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
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert run([*map(str, command), "--json"]) == 0
    content: dict[str, Any] = json.loads(out.getvalue())
    return content
