from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from scenefit.bench.drawn_catalog import DrawnCatalog
from scenefit.bench.search import bench_search
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.cli import run
from scenefit.demo.run import bundled_model
from scenefit.errors import UsageError

SIZES = DrawnCatalog(products=700, categories=3, dimensions=129)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "catalog"
    SIZES.make(folder, bundled_model())
    return folder


def test_a_catalog_of_the_sizes_asked_for(folder: Path) -> None:
    store = LocalCatalog(folder)
    assert store.counts() == {"category-0": 234, "category-1": 233, "category-2": 233}
    assert store.dimensions == 129 and store.columns()["brand"] == "text"
    vectors = store.vectors([f"product-{row}" for row in range(700)])
    assert 0.02 < (vectors[:, -1] != 0).mean() < 0.2
    lengths = np.linalg.norm(vectors[:, :-1], axis=1)
    assert lengths.min() > 0.3 and lengths.max() > 2 * np.median(lengths)
    store.close()


def test_is_kept_and_made_once(folder: Path) -> None:
    before = (folder / "catalog.sqlite").stat().st_mtime_ns
    SIZES.make(folder, bundled_model())
    assert (folder / "catalog.sqlite").stat().st_mtime_ns == before
    with pytest.raises(UsageError, match="holds drawn products of other sizes; choose another --dir"):
        DrawnCatalog(701, 3, 129).make(folder, bundled_model())


def test_measures_what_counts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--products", "700", "--categories", "3", "-k", "5", "--runs", "1", "--dir", str(folder), "--json")
    assert run(["bench", "search", *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["recall"] == 1
    assert found["ratio"] == pytest.approx(found["search, ms"] / found["floor, ms"])
    assert 20 < found["resident before, MB"] <= found["resident, MB"] < 1000
    assert found["peak, MB"] >= found["resident, MB"]


def test_fewer_products_than_asked_for(tmp_path: Path) -> None:
    found = bench_search(DrawnCatalog(6, 3, 17), tmp_path / "catalog", bundled_model(), k=20, runs=1)
    assert found["recall"] == 1


def test_each_category_needs_a_product() -> None:
    with pytest.raises(UsageError, match="got 2 products in 3 categories; each needs one: draw more"):
        DrawnCatalog(2, 3, 129)
