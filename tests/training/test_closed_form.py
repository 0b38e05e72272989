"""The closed form: it finds a planted relation, in chunks and folds what one matrix gives, from what a dataset has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.joined import LinearLook, scene_inputs
from scenefit.training import closed_form_sums as sums
from scenefit.training.closed_form import cross_covariance, fit_closed_form
from scenefit.training.closed_form_sums import FOLDS, Accumulated, CrossSums, Held, Space, accumulate
from scenefit.training.triplet_data import TripletData
from scenefit.types import Array

Planted = Callable[..., DatasetFeatures]


def training(features: DatasetFeatures) -> TripletData:
    return TripletData(features, features.dataset.split_rows("train"))


def some_items(features: DatasetFeatures, keep: Array) -> DatasetFeatures:
    items = {name: column[keep] for name, column in (features.dataset.items or {}).items()}
    return replace(features, dataset=replace(features.dataset, items=items))


@torch.no_grad()
def accuracy(features: DatasetFeatures, look: LinearLook) -> float:
    """Share of the products of its category that a test pair's product is ahead of."""
    found, dataset, rows = features.product_features, features.dataset, features.dataset.split_rows("test")
    products = look.product(torch.from_numpy(np.hstack([found.pooled, found.statistics])))
    scenes = features.scene_features(features.scene_rows(rows))
    queries = look.query(scene_inputs(*(torch.from_numpy(part) for part in scenes)), torch.arange(2))
    right = []
    for query, own in zip(queries, dataset.pair_product[rows].tolist(), strict=True):
        category = dataset.product_category[own]
        others = np.flatnonzero((dataset.product_category == category) & (np.arange(len(products)) != own))
        scores = products @ query[category]
        right.append(float((scores[torch.from_numpy(others)] < scores[own]).float().mean()))
    return float(np.mean(right))


def weights(look: LinearLook) -> list[Tensor]:
    return list(look.state_dict().values())


@pytest.mark.parametrize("world", [{}, {"boxed": False}, {"halves": False}, {"items": 100}], ids=str)
def test_finds_what_was_planted(planted: Planted, world: dict[str, Any]) -> None:
    """Two hidden numbers, and so two directions, whatever else the dataset has."""
    features = planted(**world)
    fitted = fit_closed_form(training(features), 16)
    assert accuracy(features, fitted.look) > 0.9
    assert accuracy(features, fit_closed_form(training(features), 2).look) > 0.9
    assert 0.5 < accuracy(features, fit_closed_form(training(features), 1).look) < 0.88
    lengths = fitted.look.product.weight.detach().norm(dim=1)
    assert float(lengths[2:12].max()) < 0.2 * float(lengths[1])
    assert not lengths[12:].any()  # more was asked for than there is


def test_finds_nothing_where_nothing_is(planted: Planted) -> None:
    features = planted()
    pairs = dict(features.dataset.pairs)
    rng = np.random.default_rng(0)
    for category in ("Pants", "Shoes"):
        here = np.flatnonzero((pairs["category"] == category) & (pairs["split"] == "train"))
        pairs["product"] = pairs["product"].copy()
        pairs["product"][here] = pairs["product"][rng.permutation(here)]
    shuffled = replace(features, dataset=replace(features.dataset, pairs=pairs))
    fitted = fit_closed_form(training(shuffled), 16)
    assert accuracy(features, fitted.look) < 0.7
    assert 0.4 < min(fitted.accuracy.values()) <= max(fitted.accuracy.values()) < 0.6


def test_the_best_ridge_on_held_out_scenes_is_taken(planted: Planted) -> None:
    """More noise on the side of the scenes, fewer pairs: a larger ridge."""
    chosen = {}
    for scenes in (24, 400):
        fitted = fit_closed_form(training(planted(scenes)), 8)
        assert fitted.accuracy[fitted.ridge] == max(fitted.accuracy.values())
        chosen[scenes] = fitted.ridge
    assert chosen[24] > chosen[400]
    alone = fit_closed_form(training(planted(24)), 8, [chosen[24]])
    assert alone.ridge == chosen[24]
    assert torch.equal(alone.look.scene.weight, fit_closed_form(training(planted(24)), 8).look.scene.weight)


def test_two_fits_are_equal(planted: Planted) -> None:
    features = planted(items=50)
    first, again = (fit_closed_form(training(features), 16) for _ in range(2))
    assert (first.ridge, first.accuracy) == (again.ridge, again.accuracy)
    assert all(torch.equal(a, b) for a, b in zip(weights(first.look), weights(again.look), strict=True))
    assert not first.look.training


def totals(parts: list[CrossSums]) -> CrossSums:
    return CrossSums.total(parts)


def test_chunks_add_up_to_one_matrix(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    data = training(planted(items=50))
    space = Space.of(data)
    whole = accumulate(data, space)
    monkeypatch.setattr(sums, "CHUNK", 7)
    chunked = accumulate(data, space)
    for name in ("photos", "crops", "items"):
        for one, other in zip(getattr(whole, name), getattr(chunked, name), strict=True):
            for got, expected in zip(other, one, strict=True):
                torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-3)
    for name in ("crop_square", "crop_photo", "photo_square"):
        torch.testing.assert_close(getattr(chunked, name), getattr(whole, name), rtol=1e-4, atol=1e-3)
    pairs = data.train
    x = space.scene(torch.cat(list(sums.scenes(data, pairs.feature))))
    y = space.products[torch.from_numpy(pairs.product)]
    total = totals(chunked.photos)
    torch.testing.assert_close(total.product, x.T @ y, rtol=1e-4, atol=1e-3)
    category = data.features.dataset.product_category[pairs.product]
    assert total.pairs.tolist() == np.bincount(category).tolist()
    for code in (0, 1):
        here = torch.from_numpy(category == code)
        torch.testing.assert_close(total.scene[code], x[here].sum(dim=0), rtol=1e-4, atol=1e-3)
        torch.testing.assert_close(total.target[code], y[here].sum(dim=0), rtol=1e-4, atol=1e-3)


def test_centred_products_are_those_of_centred_views() -> None:
    generator = torch.Generator().manual_seed(0)
    scene, target = torch.randn(50, 3, generator=generator) + 4, torch.randn(50, 2, generator=generator) - 3
    category = torch.arange(50) % 3
    total = CrossSums.zeros(4, 3, 2, torch.device("cpu"))  # of one category there is nothing
    total.add(scene, target, category)
    expected = torch.zeros(3, 2)
    for code in range(3):
        x, y = scene[category == code], target[category == code]
        expected += (x - x.mean(dim=0)).T @ (y - y.mean(dim=0))
    torch.testing.assert_close(total.centred(), expected, rtol=1e-4, atol=1e-3)


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
    alone.crop_square, alone.crop_photo, alone.photo_square = whole.crop_square, whole.crop_photo, whole.photo_square
    got, expected = cross_covariance(whole, space, 1.0, fold), cross_covariance(alone, space, 1.0)
    torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-5)
    assert float((got - cross_covariance(whole, space, 1.0)).abs().max()) > 1e-3
    assert float(alone.photos[fold].pairs.sum()) == 0


def test_some_pairs_of_every_fold_are_held(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    data = training(planted())
    held = accumulate(data, Space.of(data)).held
    assert sum(len(part.fold) for part in held) == len(data.train.product) == 280
    monkeypatch.setattr(sums, "HELD", 60)
    monkeypatch.setattr(sums, "CHUNK", 33)
    parts = accumulate(data, Space.of(data)).held
    held = Held(*(torch.cat(column) for column in zip(*parts, strict=True)))
    known = set(zip(data.train.product.tolist(), (data.train.scene % FOLDS).tolist(), strict=True))
    assert len(held.fold) == 60 and set(held.fold.tolist()) == {*range(FOLDS)}
    assert set(zip(held.product.tolist(), held.fold.tolist(), strict=True)) <= known
    assert 20 <= int(held.category.sum()) <= 40 and data.categories == ["Pants", "Shoes"]
    assert held.category.tolist() == data.features.dataset.product_category[held.product].tolist()


def test_items_of_training_scenes_count_and_no_others(planted: Planted) -> None:
    features = planted(100, items=60)
    of_training = np.isin(features.dataset.item_scene, training(features).train.scene)
    assert 0 < of_training.sum() < 60

    def fit(keep: Array) -> list[Tensor]:
        return weights(fit_closed_form(training(some_items(features, keep)), 8).look)

    everything, without = fit(np.ones(60, np.bool_)), fit(np.zeros(60, np.bool_))
    assert all(torch.equal(a, b) for a, b in zip(fit(of_training), everything, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(fit(~of_training), without, strict=True))
    assert not torch.allclose(everything[0], without[0], rtol=1e-2)


def test_items_without_a_crop_to_map_them_by_are_left_aside(planted: Planted) -> None:
    """No pair has a box: nothing says how a product looks in a scene."""
    plain, shown = (fit_closed_form(training(planted(boxed=False, items=n)), 8) for n in (0, 50))
    torch.testing.assert_close(weights(shown.look), weights(plain.look))


def test_categories_that_are_not_trained_have_no_part(planted: Planted) -> None:
    features = planted(items=40)
    dataset = features.dataset
    rows = dataset.split_rows("train")
    shoes = rows[dataset.pairs["category"][rows] == "Shoes"]
    data = TripletData(features, shoes)
    space = Space.of(data)
    assert set(space.product_category[dataset.product_category == 0].tolist()) == {-1}
    collected = accumulate(data, space)
    assert totals(collected.items).pairs.shape == (1,)
    of_shoes = (dataset.item_category == 1) & np.isin(dataset.item_scene, data.train.scene)
    assert float(totals(collected.items).pairs) == of_shoes.sum() > 0
    look = fit_closed_form(data, 8).look
    assert look.categories.weight.shape == (1, 8)
    assert all(value.isfinite().all() for value in weights(look))


def test_a_product_without_a_picture_has_no_part(planted: Planted) -> None:
    features = planted()
    lost = int(features.dataset.pair_product[0])
    features.product_rows[lost] = -1
    data = training(features)
    assert lost not in data.train.product
    assert int(Space.of(data).product_category[lost]) == -1
    assert all(value.isfinite().all() for value in weights(fit_closed_form(data, 8).look))


def test_views_of_a_sample_are_close_to_those_of_everything(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    features = planted(400)
    monkeypatch.setattr(sums, "SAMPLE", 100)
    space = Space.of(training(features))
    x = torch.cat(list(sums.scenes(training(features), training(features).train.feature)))
    assert 0 < float((space.scene.mean - x.mean(dim=0)).abs().max()) < 0.3
    monkeypatch.setattr(sums, "SAMPLE", 560)
    torch.testing.assert_close(Space.of(training(features)).scene.mean, x.mean(dim=0))
    monkeypatch.setattr(sums, "SAMPLE", 100)
    assert accuracy(features, fit_closed_form(training(features), 8).look) > 0.9


def test_the_sums_start_with_nothing() -> None:
    zeros = [CrossSums.zeros(2, 3, 4, torch.device("cpu")) for _ in range(2)]
    assert [tuple(part.shape) for part in totals(zeros)] == [(2,), (2, 3), (2, 4), (3, 4)]
    assert not any(part.any() for part in totals(zeros))
    assert Accumulated(zeros, zeros, zeros, *(torch.zeros(1),) * 3).held == []
