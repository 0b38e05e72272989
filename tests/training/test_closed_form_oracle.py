"""The closed form against the same in NumPy, slowly, with whole matrices and without whitened coordinates."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.joined import ClosedFormLook
from scenefit.model.neighbours import SAME_CATEGORY, TEMPERATURE
from scenefit.training.closed_form import RIDGES, fit_closed_form
from scenefit.training.closed_form_sums import CROP_RIDGE, MAP_RIDGE
from scenefit.training.directions import KEY_POWER
from scenefit.training.held_out import SHARES
from scenefit.training.targets import ITEM_WEIGHT, MIX
from scenefit.training.triplet_data import TripletData
from scenefit.training.views import within
from scenefit.types import Doubles, Ints, ProductFeatures

Planted = Callable[..., DatasetFeatures]
Targets = tuple[Doubles, Doubles, Ints, Ints]


def training(features: DatasetFeatures) -> TripletData:
    return TripletData(features, features.dataset.split_rows("train"))


def scene_side(features: DatasetFeatures, pair_rows: Ints) -> Doubles:
    """Read scenes one by one: pooled, halves, and the mean and deviation of the regions; (N, X)."""
    rows = []
    for scene in features.scene_rows(pair_rows):
        pooled, regions, halves = (part[0].astype(float) for part in features.scene_features(np.array([scene])))
        rows.append(np.concatenate([pooled, halves, regions.mean(axis=0), regions.std(axis=0)]))
    return np.array(rows)


def product_side(products: ProductFeatures) -> Doubles:
    return np.hstack([part.astype(float) for part in products])


class Whitening:
    """Blocks scaled to a total variance of 1, then (covariance + ridge * average)^-1/2, not rotated."""

    def __init__(self, sample: Doubles, widths: list[int], groups: Ints | None = None) -> None:
        self.mean = sample.mean(axis=0)
        centred = sample - self.mean
        for group in [] if groups is None else np.unique(groups):
            centred[groups == group] -= centred[groups == group].mean(axis=0)
        ends = np.cumsum([0, *widths]).tolist()
        self.scale = np.concatenate(
            [np.full(b - a, (centred[:, a:b] ** 2).mean(axis=0).sum() ** -0.5) for a, b in pairwise(ends)]
        )
        scaled = centred * self.scale
        self.covariance, self.average = scaled.T @ scaled / len(sample), len(widths) / sample.shape[1]

    def root(self, ridge: float) -> Doubles:
        values, vectors = np.linalg.eigh(self.covariance + ridge * self.average * np.eye(len(self.covariance)))
        return np.asarray(vectors / np.sqrt(values) @ vectors.T)

    def scaled(self, inputs: Doubles) -> Doubles:
        return np.asarray((inputs - self.mean) * self.scale)

    def __call__(self, inputs: Doubles, ridge: float) -> Doubles:
        return np.asarray(self.scaled(inputs) @ self.root(ridge))


def means(values: Doubles, category: Ints) -> Doubles:
    return np.array([values[category == code].mean(axis=0) for code in (0, 1)])


class Slow:
    """All that the closed form is made of, as whole matrices; both categories train."""

    def __init__(self, features: DatasetFeatures) -> None:
        dataset, rows = features.dataset, features.dataset.split_rows("train")
        self.category, self.product = dataset.product_category, dataset.pair_product[rows]
        self.scene = dataset.pair_scene[rows]
        self.x, self.y = scene_side(features, rows), product_side(features.product_features)
        halves = features.scene_features(np.array([0])).halves.shape[1]
        self.scenes = Whitening(self.x, [6, halves // 2, halves // 2, 3, 3] if halves else [6, 3, 3])
        self.products = Whitening(self.y, [6, 3, 3], self.category)
        self.targets = [(self.x, None, self.category[self.product], self.scene)]
        crops, shown = features.pair_items(rows)
        self.mapped = shown.any()
        if self.mapped:
            self.shown = shown
            self._map(product_side(crops.some(shown)), rows[shown], features)

    def _map(self, crops: Doubles, rows: Ints, features: DatasetFeatures) -> None:
        """Fit the ridge regression from crops to products; add the items of training scenes."""
        category = self.category[features.dataset.pair_product[rows]]
        view = Whitening(crops, [6, 3, 3], category)
        seen, all_z = view(crops, CROP_RIDGE), self.products.scaled(self.y)
        k = seen - means(seen, category)[category]
        z = (all_z - means(all_z, self.category)[self.category])[features.dataset.pair_product[rows]]
        self.k, self.z = k, z
        items, scene, code = features.shown_items()
        good = [i for i in range(len(scene)) if scene[i] in self.scene]
        place = [int(np.flatnonzero(self.scene == scene[i])[0]) for i in good]
        self.items = view(product_side(items.some(np.array(good, np.int64))), CROP_RIDGE)
        self.items = self.items - means(seen, category)[code[good]]
        self.item_x, self.item_category, self.item_scene = self.x[place], code[good], scene[good]
        self.shown_x, self.shown_category = scene_side(features, rows), category
        self.shown_scene = features.dataset.pair_scene[rows]

    def smoothed(self, ridge: float, without: int | None = None) -> Doubles:
        """Give s T (c, Y), fitted to the pairs of all scenes but those of a fold."""
        root, kept = self.products.root(ridge), self.shown_scene % 5 != (-1 if without is None else without)
        k, z = self.k[kept], self.z[kept]
        faint = MAP_RIDGE * np.trace(k.T @ k) / k.shape[1]
        t = np.linalg.inv(k.T @ k + faint * np.eye(k.shape[1])) @ k.T @ z @ root
        return np.asarray(t * np.sqrt(((z @ root) ** 2).sum() / ((k @ t) ** 2).sum()))

    def covariance(self, ridge: float, without: int | None = None) -> Doubles:
        """Give C (X, Y), one outer product a pair, of all scenes but those of a fold."""
        photo = self.sum_of(
            self.x, self.products(self.y[self.product], ridge), self.category[self.product], self.scene, ridge, without
        )
        if self.mapped:
            t = self.smoothed(ridge, without)
            shown = self.sum_of(self.shown_x, self.k @ t, self.shown_category, self.shown_scene, ridge, without)
            item = self.sum_of(self.item_x, self.items @ t, self.item_category, self.item_scene, ridge, without)
            photo = (1 - MIX) * photo + MIX * shown + ITEM_WEIGHT * item
        kept = len(self.scene) if without is None else (self.scene % 5 != without).sum()
        return np.asarray(photo / kept)

    def sum_of(self, x: Doubles, t: Doubles, category: Ints, scene: Ints, ridge: float, without: int | None) -> Doubles:
        total, z = np.zeros((x.shape[1], t.shape[1])), self.scenes(x, ridge)
        for code in np.unique(category):
            rows = np.flatnonzero((category == code) & (scene % 5 != (-1 if without is None else without)))
            if len(rows):
                mean_z, mean_t = z[rows].mean(axis=0), t[rows].mean(axis=0)
                for row in rows:
                    total += np.outer(z[row] - mean_z, t[row] - mean_t)
        return total

    def means(self, ridge: float) -> Doubles:
        z, category = self.scenes(self.x, ridge), self.category[self.product]
        return np.array([z[category == code].mean(axis=0) for code in (0, 1)])

    def aims(self, ridge: float) -> tuple[Doubles, Doubles, Ints, Ints]:
        """Give views of scenes (N, X), targets (N, Y), categories and scenes of all pairs, then of all items."""
        z, root = self.products.scaled(self.y), self.products.root(ridge)
        t = ((z - means(z, self.category)[self.category]) @ root)[self.product]
        x, category, scene = self.scenes(self.x, ridge), self.category[self.product], self.scene
        if self.mapped:
            shown = self.smoothed(ridge)
            t *= 1 - MIX
            t[self.shown] += MIX * self.k @ shown
            t = np.concatenate([t, ITEM_WEIGHT * self.items @ shown])
            x = np.concatenate([x, self.scenes(self.item_x, ridge)])
            category = np.concatenate([category, self.item_category])
            scene = np.concatenate([scene, self.item_scene])
        return x, t - means(t, category)[category], category, scene

    def near(self, q: Doubles, ridge: float, d: int, share: float, f: Doubles) -> Doubles:
        """Add to queries (S, 2, d) what their nearest training scenes were paired with, one query at a time."""
        u, s, vt = np.linalg.svd(self.covariance(ridge), full_matrices=False)
        x, t, category, scene = self.aims(ridge)
        anchors = (x - self.means(ridge)[category]) @ u[:, :d]
        aimed = t @ (vt[:d].T / s[:d])  # f is y v s: v s v / s is what counts

        def asked(query: Doubles, code: int, own: int) -> Doubles:
            left, right = query * s[:d] ** KEY_POWER, anchors * s[:d] ** KEY_POWER
            cosine = right @ left / np.linalg.norm(left) / np.linalg.norm(right, axis=1)
            w = np.where(scene == own, 0.0, np.exp(cosine / TEMPERATURE + SAME_CATEGORY * (category == code)))
            return np.asarray(w @ aimed / w.sum())

        each = np.array([asked(*given) for given in zip(anchors, category, scene, strict=True)])
        spread = [np.sqrt(((part @ f.T) ** 2).mean()) for part in (anchors, each)]
        factor = share / (1 - share) * spread[0] / spread[1]
        return np.array([[row[c] + factor * asked(row[c], c, -1) for c in (0, 1)] for row in q])

    def scores(self, x: Doubles, ridge: float, d: int, share: float = 0.0) -> Doubles:
        """Give q(s, c) . f_p for scenes (S, X), shape (S, 2, P), less its mean over the products of a category."""
        u, s, vt = np.linalg.svd(self.covariance(ridge), full_matrices=False)
        f = self.products(self.y, ridge) @ (vt[:d].T * s[:d])
        f -= means(f, self.category)[self.category]
        f /= np.sqrt((f**2).sum(axis=1).mean())
        q = (self.scenes(x, ridge)[:, None] - self.means(ridge)) @ u[:, :d]
        q = self.near(q, ridge, d, share, f) if share else q
        return np.asarray(q @ f.T)

    def held_out(self, ridge: float) -> float:
        right = []
        for row, product in enumerate(self.product):
            c = self.covariance(ridge, int(self.scene[row] % 5))
            category = self.category[product]
            query = (self.scenes(self.x[row : row + 1], ridge)[0] - self.means(ridge)[category]) @ c
            score = self.products(self.y, ridge) @ query
            others = np.flatnonzero(self.category == category)
            right.append(np.mean([0.5 if other == product else score[other] < score[product] for other in others]))
        return float(np.mean(right))


def scores_of(look: ClosedFormLook, features: DatasetFeatures, x: Doubles) -> Doubles:
    with torch.no_grad():
        products = look.product(torch.from_numpy(product_side(features.product_features)).float())
        category = torch.from_numpy(features.dataset.product_category)
        products = within(products, category)
        return np.asarray((look.query(torch.from_numpy(x).float(), torch.arange(2)) @ products.T).double())


WORLDS: list[dict[str, Any]] = [
    {"scenes": 60},
    {"scenes": 60, "items": 50},
    {"scenes": 60, "boxed": False},
    {"scenes": 60, "boxed": False, "items": 50},
    {"scenes": 60, "halves": False},
]


@pytest.mark.parametrize("world", WORLDS, ids=str)
@pytest.mark.parametrize("d", [2, 30])
def test_the_maps_are_those_of_the_slow_way(planted: Planted, world: dict[str, Any], d: int) -> None:
    features = planted(**world)
    slow, fitted = Slow(features), fit_closed_form(training(features), d, shares=(0.0,))
    x = scene_side(features, features.dataset.split_rows("test"))
    expected = slow.scores(x, fitted.ridge, d)
    np.testing.assert_allclose(scores_of(fitted.look, features, x), expected, atol=2e-3 * expected.std())


@pytest.mark.parametrize("world", WORLDS, ids=str)
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_near_scenes_are_asked_as_in_the_slow_way(planted: Planted, world: dict[str, Any], share: float) -> None:
    features = planted(**world)
    slow, fitted = Slow(features), fit_closed_form(training(features), 2, [1.0], [share])
    x = scene_side(features, features.dataset.split_rows("test"))
    expected = slow.scores(x, 1.0, 2, share)
    np.testing.assert_allclose(scores_of(fitted.look, features, x), expected, atol=2e-3 * expected.std())
    plain = slow.scores(x, 1.0, 2)
    assert np.abs(expected - plain).mean() > 0.2 * plain.std()


def test_the_best_share_is_taken_and_no_near_scenes_where_it_is_none(planted: Planted) -> None:
    features = planted()
    fitted = fit_closed_form(training(features), 8)
    assert {*fitted.shares} == {*SHARES}
    assert fitted.accuracy == max(fitted.shares.values()) == fitted.shares[fitted.near]
    assert (fitted.look.neighbours is None) == (fitted.near == 0)
    for share in (0.0, 0.5):
        alone = fit_closed_form(training(features), 8, shares=[share])
        assert (alone.near, alone.look.neighbours is None) == (share, share == 0)
        assert alone.accuracy == fitted.shares[share]
        assert fit_closed_form(training(features), 8, [alone.ridge], [share]).accuracy == 0.5


@pytest.mark.parametrize("world", WORLDS[:3], ids=str)
def test_each_ridge_is_tried_on_scenes_that_were_left_out(planted: Planted, world: dict[str, Any]) -> None:
    features = planted(**world | {"scenes": 30})
    fitted, slow = fit_closed_form(training(features), 4, RIDGES[::2]), Slow(features)
    expected = {ridge: slow.held_out(ridge) for ridge in RIDGES[::2]}
    assert fitted.ridges == pytest.approx(expected, abs=1e-3)
    assert fitted.ridges[fitted.ridge] == max(fitted.ridges.values())
    assert len({*fitted.ridges.values()}) == 3
