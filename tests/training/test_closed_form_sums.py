"""The sums of the closed form: in chunks and folds they are those of one matrix, and a fold can be left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from scenefit.features.dataset_features import DatasetFeatures
from scenefit.training import closed_form_inputs as inputs
from scenefit.training import closed_form_sums as sums
from scenefit.training.closed_form_inputs import Space, some_rows
from scenefit.training.closed_form_sums import FOLDS, Accumulated, CrossSums, Kept, MapSums, accumulate, total
from scenefit.training.targets import Cross, targets
from scenefit.training.triplet_data import TripletData
from scenefit.types import Array

Planted = Callable[..., DatasetFeatures]


def training(features: DatasetFeatures) -> TripletData:
    return TripletData(features, features.dataset.split_rows("train"))


def some_items(features: DatasetFeatures, keep: Array) -> DatasetFeatures:
    items = {name: column[keep] for name, column in (features.dataset.items or {}).items()}
    return replace(features, dataset=replace(features.dataset, items=items))


def test_chunks_add_up_to_one_matrix(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    data = training(planted(items=50))
    space = Space.of(data)
    whole = accumulate(data, space)
    for module in (inputs, sums):
        monkeypatch.setattr(module, "CHUNK", 7)
    monkeypatch.setattr(inputs, "PIECE", 3)
    chunked = accumulate(data, space)
    for name in ("photos", "crops", "items", "maps"):
        for one, other in zip(getattr(whole, name), getattr(chunked, name), strict=True):
            for got, expected in zip(other, one, strict=True):
                torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-3)
    pairs = data.train
    x = space.scene(torch.cat(list(inputs.scenes(data, pairs.feature))))
    y = space.products[torch.from_numpy(pairs.product)]
    photos = total(chunked.photos)
    torch.testing.assert_close(photos.product, x.T @ y, rtol=1e-4, atol=1e-3)
    category = data.features.dataset.product_category[pairs.product]
    assert photos.pairs.tolist() == np.bincount(category).tolist()
    for code in (0, 1):
        here = torch.from_numpy(category == code)
        torch.testing.assert_close(photos.scene[code], x[here].sum(dim=0), rtol=1e-4, atol=1e-3)
        torch.testing.assert_close(photos.target[code], y[here].sum(dim=0), rtol=1e-4, atol=1e-3)


def test_centred_products_are_those_of_centred_views() -> None:
    generator = torch.Generator().manual_seed(0)
    scene, target = torch.randn(50, 3, generator=generator) + 4, torch.randn(50, 2, generator=generator) - 3
    category = torch.arange(50) % 3
    pairs = CrossSums.zeros(4, 3, 2, torch.device("cpu"))  # of one category there is nothing
    pairs.add(scene, target, category)
    expected = torch.zeros(3, 2)
    for code in range(3):
        x, y = scene[category == code], target[category == code]
        expected += (x - x.mean(dim=0)).T @ (y - y.mean(dim=0))
    torch.testing.assert_close(pairs.centred(), expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("fold", [0, 3])
def test_a_fold_that_is_left_out_has_no_part(planted: Planted, fold: int) -> None:
    """The scenes of a fold may be anything: C without it stays as it is, and equals that of the other scenes alone."""
    features = planted(100, items=30)
    data = training(features)
    space = Space.of(data)
    whole = accumulate(data, space)
    others = TripletData(features, data.train.pair[data.train.scene % FOLDS != fold])
    keep = features.dataset.item_scene % FOLDS != fold
    others.features = some_items(features, keep)
    alone = accumulate(others, space)
    got, expected = Cross.of(whole, fold).covariance(space, 1.0), Cross.of(alone).covariance(space, 1.0)
    torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-5)
    assert float((got - Cross.of(whole).covariance(space, 1.0)).abs().max()) > 1e-3
    assert float(alone.photos[fold].pairs.sum()) == 0


def test_some_pairs_and_items_of_every_fold_are_kept(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    data = training(planted(items=100))
    space = Space.of(data)
    whole = Kept.together(accumulate(data, space).kept)
    pairs = len(data.train.product)
    assert whole.product.tolist()[:pairs] == data.train.product.tolist()
    assert 0 < len(whole.product) - pairs < 100 and set(whole.product.tolist()[pairs:]) == {-1}
    monkeypatch.setattr(sums, "KEPT", 60)
    monkeypatch.setattr(sums, "CHUNK", 33)
    monkeypatch.setattr(inputs, "CHUNK", 33)
    kept = Kept.together(accumulate(data, space).kept)
    some = kept.some(kept.product >= 0)
    known = set(zip(data.train.product.tolist(), data.train.scene.tolist(), strict=True))
    assert len(some.product) == 60 and set((some.scene_row % FOLDS).tolist()) == {*range(FOLDS)}
    assert set(zip(some.product.tolist(), some.scene_row.tolist(), strict=True)) <= known
    assert 20 <= int(some.category.sum()) <= 40 and data.categories == ["Pants", "Shoes"]
    assert some.category.tolist() == data.features.dataset.product_category[some.product].tolist()
    torch.testing.assert_close(some.photo, space.products[some.product])
    shown = kept.some(kept.product < 0)
    assert len(shown.product) == min(60, len(whole.product) - pairs) and not shown.photo.any() and shown.crop.any()
    assert set(shown.scene_row.tolist()) <= set(data.train.scene.tolist())


def test_targets_are_of_all_folds_but_one(planted: Planted) -> None:
    """And so is the map from crops to photos: the targets of the others are those of a training without the fold."""
    features = planted(items=50)
    data = training(features)
    space = Space.of(data)
    collected, white = accumulate(data, space), space.product.whitening(1.0)
    kept, aimed = targets(collected, Cross.of(collected), white)
    others, some = targets(collected, Cross.of(collected, 2), white, 2)
    here = kept.scene_row % FOLDS != 2
    assert others.product.tolist() == kept.product[here].tolist() and 0 < len(some) < len(aimed)
    assert float((some - aimed[here]).abs().max()) > 1e-3
    without = TripletData(features, data.train.pair[data.train.scene % FOLDS != 2])
    without.features = some_items(features, features.dataset.item_scene % FOLDS != 2)
    alone = accumulate(without, space)
    torch.testing.assert_close(some, targets(alone, Cross.of(alone), white)[1], rtol=1e-4, atol=1e-5)


def test_the_sums_start_with_nothing() -> None:
    zeros = [CrossSums.zeros(2, 3, 4, torch.device("cpu")) for _ in range(2)]
    assert [tuple(part.shape) for part in total(zeros)] == [(2,), (2, 3), (2, 4), (3, 4)]
    assert not any(part.any() for part in total(zeros))
    maps = [MapSums.zeros(3, 4, torch.device("cpu")) for _ in range(2)]
    assert [tuple(part.shape) for part in total(maps)] == [(3, 3), (3, 4), (4,)]
    assert not any(part.any() for part in total(maps))
    assert Accumulated(zeros, zeros, zeros, maps).kept == []


def test_rows_are_drawn_from_all_of_them_in_their_order() -> None:
    """Every n-th would be of one category where each scene has n pairs."""
    rows = np.arange(100, 200)
    assert some_rows(rows, 100).tolist() == some_rows(rows, 500).tolist() == rows.tolist()
    drawn = some_rows(rows, 50)
    assert drawn.tolist() == sorted({*drawn.tolist()}) == some_rows(rows, 50).tolist()
    assert len(drawn) == 50 and 15 < (drawn % 2).sum() < 35 and set(drawn.tolist()) <= set(rows.tolist())
