"""The closed form: it finds a planted relation, and takes from a dataset what is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.joined import ClosedFormLook, scene_inputs
from scenefit.training import closed_form_inputs as inputs
from scenefit.training.closed_form import RIDGES, fit_closed_form
from scenefit.training.closed_form_inputs import Space
from scenefit.training.closed_form_sums import FOLDS, accumulate, total
from scenefit.training.triplet_data import TripletData
from scenefit.types import Array

Planted = Callable[..., DatasetFeatures]


def training(features: DatasetFeatures) -> TripletData:
    return TripletData(features, features.dataset.split_rows("train"))


def some_items(features: DatasetFeatures, keep: Array) -> DatasetFeatures:
    items = {name: column[keep] for name, column in (features.dataset.items or {}).items()}
    return replace(features, dataset=replace(features.dataset, items=items))


@torch.no_grad()
def accuracy(features: DatasetFeatures, look: ClosedFormLook) -> float:
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


def weights(look: ClosedFormLook) -> list[Tensor]:
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
    assert 0.4 < min(fitted.ridges.values()) <= max(fitted.ridges.values()) < 0.6


def test_the_best_ridge_on_held_out_scenes_is_taken(planted: Planted) -> None:
    """More noise on the side of the scenes, fewer pairs: a larger ridge."""
    chosen = {}
    for scenes in (24, 400):
        fitted = fit_closed_form(training(planted(scenes)), 8)
        assert fitted.ridges[fitted.ridge] == max(fitted.ridges.values())
        chosen[scenes] = fitted.ridge
    assert chosen[24] > chosen[400]
    alone = fit_closed_form(training(planted(24)), 8, [chosen[24]])
    assert alone.ridge == chosen[24]
    assert torch.equal(alone.look.scene.weight, fit_closed_form(training(planted(24)), 8).look.scene.weight)


def test_scenes_of_one_fold_alone_leave_nothing_to_choose_by(planted: Planted) -> None:
    """As in a dataset of one scene: the first of everything is taken."""
    features = planted(60)
    rows = features.dataset.split_rows("train")
    fitted = fit_closed_form(TripletData(features, rows[features.dataset.pair_scene[rows] % FOLDS == 2]), 8)
    assert {*fitted.ridges.values(), *fitted.shares.values()} == {0.5}
    assert (fitted.ridge, fitted.near, fitted.look.neighbours) == (RIDGES[0], 0.0, None)
    assert all(value.isfinite().all() for value in weights(fitted.look))


def test_two_fits_are_equal(planted: Planted) -> None:
    features = planted(items=50)
    first, again = (fit_closed_form(training(features), 16) for _ in range(2))
    assert (first.ridge, first.ridges) == (again.ridge, again.ridges)
    assert all(torch.equal(a, b) for a, b in zip(weights(first.look), weights(again.look), strict=True))
    assert not first.look.training


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
    assert total(collected.items).pairs.shape == (1,)
    of_shoes = (dataset.item_category == 1) & np.isin(dataset.item_scene, data.train.scene)
    assert float(total(collected.items).pairs) == of_shoes.sum() > 0
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
    monkeypatch.setattr(inputs, "SAMPLE", 100)
    space = Space.of(training(features))
    x = torch.cat(list(inputs.scenes(training(features), training(features).train.feature)))
    assert 0 < float((space.scene.mean - x.mean(dim=0)).abs().max()) < 0.3
    monkeypatch.setattr(inputs, "SAMPLE", 560)
    torch.testing.assert_close(Space.of(training(features)).scene.mean, x.mean(dim=0))
    monkeypatch.setattr(inputs, "SAMPLE", 100)
    assert accuracy(features, fit_closed_form(training(features), 8).look) > 0.9
