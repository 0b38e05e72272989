from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scenefit.bench.drawn import Drawn
from scenefit.data.dataset import Dataset
from scenefit.errors import UsageError
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import open_store

SIZES = Drawn(pairs=301, products=40, categories=3, pooled=6, regions=5, grid=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    SIZES.write(folder)
    return folder


def test_every_pair_has_features_and_an_item_of_its_own(folder: Path) -> None:
    features, rows = SIZES.open(folder), np.arange(301)
    assert features.usable(rows).tolist() == rows.tolist()
    assert len(set(features.scene_rows(rows).tolist())) == 301
    assert features.pair_items(rows)[1].all()
    assert len(features.dataset.scenes["id"]) == 151
    assert features.dataset.categories == ["category-0", "category-1", "category-2"]
    assert (features.product_rows >= 0).all() and len(features.product_rows) == 40


def test_features_are_of_the_sizes_asked_for_and_normal(folder: Path) -> None:
    features = SIZES.open(folder)
    scenes = features.scene_features(np.arange(301))
    assert [part.shape for part in scenes] == [(301, 6), (301, 4, 5), (301, 12)]
    assert [part.shape for part in features.product_features] == [(40, 6), (40, 10)]
    assert scenes.regions.mean() == pytest.approx(0, abs=0.05)
    assert scenes.regions.std() == pytest.approx(1, abs=0.05)
    assert len(np.unique(scenes.pooled, axis=0)) == 301


def test_the_same_sizes_draw_the_same(folder: Path, tmp_path: Path) -> None:
    SIZES.write(tmp_path)
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.suffix in (".f16", ".bin", ".json"))
    assert len(files) == 12
    for file in files:
        assert (folder / file).read_bytes() == (tmp_path / file).read_bytes()


def test_tables_are_those_of_a_backbone_of_these_sizes(dataset: Dataset, backbone_folder: Path) -> None:
    backbone = Backbone(backbone_folder, threads=1)
    real = Drawn(4, 4, 2, backbone.pooled_size, backbone.region_size, backbone.grid)
    assert real.tables == open_store(dataset, backbone).tables


def test_progress_is_told_for_each_table(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    Drawn(300, 4, 2, 2, 2, 1).write(tmp_path, lambda *now: told.append(now))
    assert told == [
        ("drawing products", 4, 4),
        *((f"drawing {table}", done, 300) for table in ("scenes", "items") for done in (256, 300)),
    ]


@pytest.mark.parametrize(("pairs", "products"), [(5, 9), (9, 5)])
def test_too_few_for_the_categories(pairs: int, products: int) -> None:
    with pytest.raises(UsageError, match=f"got {pairs} pairs of {products} products in 3 categories; at least two "):
        Drawn(pairs, products, 3, 2, 2, 1)
