"""Parts become one model: the inner product of its vectors is what the parts, the memory and the prior say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.contrast import ContrastiveLook
from scenefit.model.joined import ClosedFormLook, JoinedProduct, JoinedScene
from scenefit.training.closed_form import fit_closed_form
from scenefit.training.joined_vectors import centred, joined_products, joined_queries, remember, spread, within
from scenefit.training.joining import FAINT, Learned, Weights, assemble, part_weights, weigh
from scenefit.training.triplet_data import SplitPairs, TripletData
from scenefit.types import Doubles, Ints

PartsOf = tuple[ClosedFormLook, list[ContrastiveLook]]
GIVEN = Weights(0.6, 0.3, 1.5, 0.4, 0.2)


@pytest.fixture
def data(planted: Callable[..., DatasetFeatures]) -> TripletData:
    features = planted(100)
    return TripletData(features, features.dataset.split_rows("train"))


def validation(data: TripletData) -> SplitPairs:
    return data.validation(np.flatnonzero(data.features.dataset.pairs["split"] == "val"))


@torch.no_grad()
def vectors(learned: Learned, data: TripletData, rows: Ints) -> tuple[Doubles, Doubles]:
    """Give the queries (n, d) of pairs of the dataset and the vectors (P, d) of all products, as they will serve."""
    features = data.features
    scene = features.scene_features(features.scene_rows(rows))
    queries, _ = JoinedScene(learned.look)(*(torch.from_numpy(part) for part in scene))
    own = torch.from_numpy(features.dataset.product_category[features.dataset.pair_product[rows]])
    products = JoinedProduct(learned.look)(*(torch.from_numpy(part) for part in features.product_features))
    return np.asarray(queries[torch.arange(len(rows)), own]), np.asarray(products)


@torch.no_grad()
def test_with_room_for_all_the_order_is_that_of_the_weighed_parts(data: TripletData, drawn_parts: PartsOf) -> None:
    """Within a category: what all its products have in common does not count."""
    learned = assemble(data, *drawn_parts, 15, GIVEN)
    rows = data.features.dataset.split_rows("test")
    queries, products = vectors(learned, data, rows)
    plain = replace(learned, look=assemble(data, *drawn_parts, 15, GIVEN).look)
    plain.look.weights.fill_(1.0)
    test = SplitPairs(
        rows, data.features.scene_rows(rows), data.train.scene, data.features.dataset.pair_product[rows], 0
    )
    held, train = (joined_queries(plain.look, data, pairs) for pairs in (test, data.train))
    whole = within(joined_products(plain.look, data), data)
    expected = np.zeros((len(rows), 40))
    for part, weight in ((slice(5), 0.6), (slice(5, 15), 0.3)):
        scale = float(spread(train[:, part], whole[:, part]))
        expected += weight / scale * np.asarray(held[:, part] @ whole[:, part].T)
    got, category = queries @ products.T, data.features.dataset.product_category
    for code in (0, 1):
        here, there = category[test.product] == code, category == code
        ours, theirs = (values[here][:, there] for values in (got, expected))
        ours, theirs = (values - values.mean(axis=1, keepdims=True) for values in (ours, theirs))
        factor = (ours * theirs).sum() / (theirs**2).sum()
        np.testing.assert_allclose(ours, factor * theirs, atol=2e-3 * ours.std())


def test_with_room_for_all_content_and_memory_are_as_wide_as_their_weights(
    data: TripletData, drawn_parts: PartsOf
) -> None:
    learned = assemble(data, *drawn_parts, 15, GIVEN)
    queries, products = (torch.from_numpy(side) for side in vectors(learned, data, data.train.pair))
    assert float(spread(queries, within(products, data))) == pytest.approx(1.5, rel=1e-3)
    assert float(spread(queries, torch.from_numpy(learned.memory))) == pytest.approx(0.4, rel=1e-3)


def test_the_variance_is_that_of_products_with_memory_within_categories(
    data: TripletData, drawn_parts: PartsOf
) -> None:
    learned = assemble(data, *drawn_parts, 6, GIVEN)
    products = within(torch.from_numpy(vectors(learned, data, data.train.pair)[1]), data)
    products[torch.from_numpy(data.pool)] += torch.from_numpy(learned.memory)
    covariance = products.T @ products / len(products)
    torch.testing.assert_close(covariance, learned.look.variance.diag(), rtol=1e-3, atol=1e-5)


@torch.no_grad()
def test_memory_is_that_of_the_closed_form(data: TripletData, drawn_parts: PartsOf) -> None:
    """With room for all: its scores are those of `remember` on the closed form's queries, but for one factor."""
    learned = assemble(data, *drawn_parts, 15, GIVEN)
    got = vectors(learned, data, data.train.pair)[0] @ learned.memory.T
    closed = joined_queries(learned.look, data, data.train)[:, :5]
    known, counts = remember(data, centred(closed, data))
    expected = np.asarray(closed @ known.T)
    factor = (got * expected).sum() / (expected**2).sum()
    np.testing.assert_allclose(got, factor * expected, atol=2e-3 * got.std())
    assert (learned.memory.dtype, learned.memory.shape) == (np.float32, (len(data.pool), 15))
    np.testing.assert_allclose(learned.prior, 0.2 * np.log(np.maximum(counts, 1)))
    assert counts.max() > 1 and counts.min() == 1


def test_a_product_of_no_pair_has_neither_memory_nor_prior(data: TripletData, drawn_parts: PartsOf) -> None:
    data.pool = np.arange(40)  # as of pairs that were set aside
    learned = assemble(data, *drawn_parts, 6, GIVEN)
    alone = ~np.isin(np.arange(40), data.train.product)
    assert alone.any() and not learned.memory[alone].any() and not learned.prior[alone].any()
    assert learned.memory[~alone].any(axis=1).all()


def test_the_weights_of_parts_stand_where_they_are_joined(data: TripletData, drawn_parts: PartsOf) -> None:
    learned = assemble(data, *drawn_parts, 6, GIVEN)
    assert learned.weights == GIVEN and learned.look.sizes == (5, 10)
    closed_form, networks = learned.look.weights.tolist()
    expected = [closed_form] * 5 + [networks] * 10
    assert part_weights(learned.look).tolist() == pytest.approx(expected)


def test_what_helps_gets_more_weight_than_what_does_not(data: TripletData, drawn_parts: PartsOf) -> None:
    """The networks are drawn at random; the closed form has found the planted relation."""
    good, networks = fit_closed_form(data, 5).look, drawn_parts[1]
    weights = weigh(data, validation(data), good, networks, 6, 0)
    assert min(weights) >= 0
    assert weights.closed_form > 3 * weights.networks
    assert weights.content > 1
    learned = assemble(data, good, networks, 6, weights)
    rows = data.features.dataset.split_rows("test")
    queries, products = vectors(learned, data, rows)
    category, own = data.features.dataset.product_category, data.features.dataset.pair_product[rows]
    scores = np.where(category[own][:, None] == category, queries @ products.T, np.nan)
    right = scores < scores[np.arange(len(rows)), own][:, None]
    assert right.sum() / (len(rows) * 19) > 0.85
    poor = weigh(data, validation(data), drawn_parts[0], networks, 6, 0)
    assert poor.content < weights.content and poor.closed_form < weights.closed_form


def test_without_validation_pairs_the_weights_stay_where_they_start(data: TripletData, drawn_parts: PartsOf) -> None:
    assert weigh(data, data.none(), *drawn_parts, 6, 0) == Weights()
    learned = assemble(data, *drawn_parts, 6, Weights())
    for values in (learned.memory, learned.prior, *learned.look.state_dict().values()):
        assert np.isfinite(np.asarray(values)).all()


def test_the_same_parts_give_the_same_model(data: TripletData, drawn_parts: PartsOf) -> None:
    first, again = (weigh(data, validation(data), *drawn_parts, 6, 0) for _ in range(2))
    assert first == again
    one, other = (assemble(data, *drawn_parts, 6, first) for _ in range(2))
    assert np.array_equal(one.memory, other.memory)
    for name, value in one.look.state_dict().items():
        assert torch.equal(value, other.look.state_dict()[name]), name


def test_a_part_that_counts_for_nothing(data: TripletData, drawn_parts: PartsOf) -> None:
    learned = assemble(data, *drawn_parts, 6, Weights(0.0, 1.0, 0.0, 0.5, 1.0))
    queries, products = vectors(learned, data, data.train.pair)
    assert np.isfinite(queries).all() and np.isfinite(learned.memory).all()
    assert float(spread(torch.from_numpy(queries), within(torch.from_numpy(products), data))) < 2e-3
    other = assemble(data, *drawn_parts, 6, Weights(0.0, 0.1, 1.0, 0.5, 1.0))
    sides = joined_queries(other.look, data, data.train), within(joined_products(other.look, data), data)
    parts = (torch.split(values, [*other.look.sizes], dim=1) for values in sides)
    found = [float(spread(query, product)) for query, product in zip(*parts, strict=True)]
    assert found == pytest.approx([FAINT, 0.1], rel=1e-3)  # what products remember is told in the closed form's terms
