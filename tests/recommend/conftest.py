"""A small shop with prices and brands, and a second model for its products."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_looks import signature

from scenefit.catalog.loading.build import build_catalog
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.data.dataset import Dataset
from scenefit.model.folder import Model
from scenefit.recommend.recommender import Recommender


@pytest.fixture(scope="session")
def shop(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog of the drawn products with prices 10, 20, ..., the brands a and b in turn, a prior; read it only."""
    out = tmp_path_factory.mktemp("shop") / "catalog"
    build_catalog(Model(model_folder), Dataset.open(model_folder.with_name("dataset")), out)
    store = LocalCatalog(out)
    ((products, vectors),) = store.scan()
    vectors[:, -1] = np.linspace(-0.5, 0.5, len(vectors))
    priced = [
        replace(product, price=10.0 * (1 + i // 2), currency="EUR", attributes={"brand": "ab"[i % 2]})
        for i, product in enumerate(products)
    ]
    store.upsert(priced, vectors)
    store.close()
    return out


@pytest.fixture(scope="session")
def recommender(shop: Path) -> Recommender:
    return Recommender.open(shop)


@pytest.fixture
def open_shop(shop: Path, tmp_path: Path) -> Iterator[LocalCatalog]:
    """A copy of the shop that a test may change."""
    store = LocalCatalog(Path(shutil.copytree(shop, tmp_path / "catalog")))
    yield store
    store.close()


@pytest.fixture(scope="session")
def other_model(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model under another fingerprint, without the prior and calibration; its vectors differ by the prior alone."""
    out = Path(shutil.copytree(model_folder, tmp_path_factory.mktemp("other") / "model"))
    about = json.loads((out / "config.json").read_text())
    del about["files"]["calibration.json"]
    (out / "config.json").write_text(json.dumps(about | {"fingerprint": "b" * 64}))
    (out / "calibration.json").unlink()
    return out


@pytest.fixture(scope="session")
def photo(looks: Path) -> Path:
    return looks / "images" / f"{signature('scene 3')}.jpg"


@pytest.fixture(scope="session")
def photos(looks: Path) -> list[Path]:
    return [looks / "images" / f"{signature(f'scene {i}')}.jpg" for i in (3, 5, 8)]
