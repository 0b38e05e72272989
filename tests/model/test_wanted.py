"""The categories that a scene wants, from the model folder; an older model has no say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from scenefit import artifacts
from scenefit.catalog.loading.build import build_catalog
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.data.dataset import Dataset
from scenefit.model.folder import MANIFEST, WANTED, Model


def test_each_scene_gets_a_probability_for_each_category(model_folder: Path) -> None:
    model = Model(model_folder)
    pooled = np.random.default_rng(0).gamma(1, 1, (5, 64)).astype(np.float32)
    got = model.wanted(pooled)
    assert got is not None
    assert (got.shape, got.dtype) == ((5, len(model.categories)), np.float32)
    np.testing.assert_allclose(got.sum(axis=1), 1, atol=1e-6)
    assert (got >= 0).all()
    for row in range(5):
        alone = model.wanted(pooled[row : row + 1])
        assert alone is not None
        np.testing.assert_allclose(alone[0], got[row], atol=1e-6)


def test_a_model_without_it_opens_and_has_no_say(model_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model_folder, tmp_path / "model"))
    (folder / WANTED).unlink()
    about = json.loads((folder / MANIFEST).read_text())
    body = {key: about[key] for key in ("categories", "sizes", "backbone")}
    files = [name for name in about["files"] if name != WANTED]
    artifacts.seal(folder, MANIFEST, "model", files, about["parents"], body)
    dataset = Dataset.open(model_folder.with_name("dataset"))
    build_catalog(Model(folder), dataset, tmp_path / "catalog")
    for model in (Model(folder), Model(LocalCatalog(tmp_path / "catalog").model_folder)):
        assert model.wanted(np.ones((1, 64), np.float32)) is None
