"""The features of items as scenes show them: each is what the backbone gives for its box."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scenefit.data.boxes import SIDES
from scenefit.data.dataset import Dataset
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.features.statistics import as_product
from scenefit.types import Box, Ints, ProductFeatures

SHOWN = (0.2, 0.1, 0.7, 0.5)


@pytest.fixture(scope="module")
def backbone(backbone_folder: Path) -> Backbone:
    return Backbone(backbone_folder, threads=1)


def with_items(dataset: Dataset, scenes: list[int]) -> Dataset:
    """Give a dataset an item in each of some scenes, Shoes and Pants in turn."""
    names = [("Shoes", "Pants")[i % 2] for i in range(len(scenes))]
    boxes = {side: np.full(len(scenes), value) for side, value in zip(SIDES, SHOWN, strict=True)}
    items = {"scene": dataset.scenes["id"][scenes], "category": np.array(names, object), **boxes}
    return replace(dataset, items=items)


def seen(dataset: Dataset, backbone: Backbone, scene: int, box: Box) -> ProductFeatures:
    photo = (dataset.folder / dataset.scenes["image"][scene]).read_bytes()
    return as_product(backbone.run(backbone.pixels(photo, box)[None]))


def assert_same(got: ProductFeatures, expected: ProductFeatures) -> None:
    for values, wanted in zip(got, expected, strict=True):
        np.testing.assert_allclose(values, wanted, rtol=2e-3, atol=1e-3)


def test_each_item_is_what_its_scene_shows(dataset: Dataset, backbone: Backbone) -> None:
    pairs: Ints = np.array([4, 9, 2])
    dataset.pairs["left"][9] = dataset.pairs["top"][9] = np.nan
    dataset.pairs["right"][9] = dataset.pairs["bottom"][9] = np.nan
    shown = with_items(dataset, [5, 0])
    plain = compute_features(shown, backbone, pairs)
    assert compute_features(shown, backbone, pairs, items=True).computed == 4  # two pairs with a box, two items
    assert compute_features(shown, backbone, pairs, items=True).reused == plain.computed + 4
    features = DatasetFeatures.open(shown, backbone)
    found, has = features.pair_items(pairs)
    assert has.tolist() == [True, False, True]
    assert [values.shape for values in found] == [(3, 64), (3, 96)]
    assert not found.pooled[1].any() and not found.statistics[1].any()
    for row in (0, 2):
        box = Box(*dataset.boxes[pairs[row]].tolist())
        expected = seen(dataset, backbone, int(dataset.pair_scene[pairs[row]]), box)
        assert_same(found.some(slice(row, row + 1)), expected)
    items, scenes, categories = features.shown_items()
    assert scenes.tolist() == [5, 0]
    assert [shown.categories[code] for code in categories] == ["Shoes", "Pants"]
    for row, scene in enumerate(scenes.tolist()):
        assert_same(items.some(slice(row, row + 1)), seen(dataset, backbone, scene, Box(*SHOWN)))


def test_items_that_were_not_computed_are_not_there(dataset: Dataset, backbone: Backbone) -> None:
    compute_features(dataset, backbone, np.array([0]), items=True)
    features = DatasetFeatures.open(with_items(dataset, [3]), backbone)
    assert features.pair_items(np.array([0, 1]))[1].tolist() == [True, False]
    items, scenes, categories = features.shown_items()
    assert [values.shape for values in items] == [(0, 64), (0, 96)]
    assert (scenes.dtype, scenes.shape, categories.shape) == (np.int64, (0,), (0,))


def test_a_dataset_without_items_has_none_to_show(dataset: Dataset, backbone: Backbone) -> None:
    assert [len(part) for part in DatasetFeatures.open(dataset, backbone).shown_items()[1:]] == [0, 0]


def test_a_scene_that_vanished_takes_its_items_along(dataset: Dataset, backbone: Backbone) -> None:
    shown = with_items(dataset, [1, 2])
    (dataset.folder / dataset.scenes["image"][1]).unlink()
    compute_features(shown, backbone, np.array([0])[:0], items=True)
    assert DatasetFeatures.open(shown, backbone).shown_items()[1].tolist() == [2]
