"""The metrics against slow oracles that put tied products into every order."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenefit.evaluation.metrics import (
    Placing,
    binary_accuracy,
    place,
    reciprocal_rank,
    sampled_binary_accuracy,
    top_k,
    top_percent,
)

Query = tuple[list[int], int, list[bool]]


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Give the distances to up to six products with many ties, the positive's column, and who is eligible."""
    size = draw(st.integers(2, 6))
    distances = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    positive = draw(st.integers(0, size - 1))
    eligible = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    eligible[positive] = False
    eligible[positive - 1] = True
    return distances, positive, eligible


def placed(query: Query) -> Placing:
    distances, positive, eligible = query
    return place(np.array([distances]), np.array([positive]), np.array([eligible]))


def expected_over_orders(query: Query, value: Callable[[int, int], Fraction]) -> float:
    """Mean of value(rank, candidates) over every order that sorts the candidates by distance."""
    distances, positive, eligible = query
    candidates = [i for i in range(len(distances)) if eligible[i] or i == positive]
    ranks = [
        sorted(order, key=lambda i: distances[i]).index(positive) + 1 for order in itertools.permutations(candidates)
    ]
    return float(sum(value(rank, len(candidates)) for rank in ranks) / len(ranks))


@settings(deadline=None, max_examples=60, derandomize=True)
@given(queries(), st.integers(1, 7))
def test_ranking_metrics_are_expectations_over_the_orders_of_ties(query: Query, k: int) -> None:
    placing = placed(query)
    assert top_k(placing, k) == pytest.approx(expected_over_orders(query, lambda rank, n: Fraction(rank <= k)))
    assert reciprocal_rank(placing) == pytest.approx(expected_over_orders(query, lambda rank, n: Fraction(1, rank)))
    for percent in (1, 5, 10, 34, 50, 100):
        wanted = expected_over_orders(query, lambda rank, n, p=percent: Fraction(rank <= ceil(Fraction(p * n, 100))))
        assert top_percent(placing, percent) == pytest.approx(wanted)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(queries())
def test_binary_accuracy_is_the_mean_over_eligible_negatives(query: Query) -> None:
    distances, positive, eligible = query
    own = distances[positive]
    points = [1.0 if own < d else 0.5 if own == d else 0.0 for d, e in zip(distances, eligible, strict=True) if e]
    assert binary_accuracy(placed(query)) == pytest.approx(sum(points) / len(points))
    assert binary_accuracy(placed(query)) == pytest.approx(
        expected_over_orders(query, lambda rank, n: Fraction(n - rank, n - 1))
    )


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.lists(queries(), min_size=1, max_size=5))
def test_queries_do_not_mix(several: list[Query]) -> None:
    alone = [placed(query) for query in several]
    width = max(len(distances) for distances, _, _ in several)
    distances = np.array([d + [0] * (width - len(d)) for d, _, _ in several])
    eligible = np.array([e + [False] * (width - len(e)) for _, _, e in several])
    together = place(distances, np.array([positive for _, positive, _ in several]), eligible)
    for column, name in zip(together, Placing._fields, strict=True):
        assert column.tolist() == [getattr(one, name).item() for one in alone]
    for metric in (binary_accuracy, reciprocal_rank):
        assert metric(together).tolist() == [metric(one).item() for one in alone]


def test_sampled_accuracy_draws_eligible_negatives_only() -> None:
    distances = np.array([[1, 0, 2, 1, 0]] * 4000)
    eligible = np.array([[False, False, True, True, True]] * 4000)
    got = sampled_binary_accuracy(distances, np.zeros(4000, np.int64), eligible, np.random.default_rng(0))
    values, counts = np.unique(got, return_counts=True)
    assert values.tolist() == [0, 0.5, 1]
    assert counts / 4000 == pytest.approx([1 / 3] * 3, abs=0.03)
    assert got.mean() == pytest.approx(
        binary_accuracy(place(distances, np.zeros(4000, np.int64), eligible)).mean(), abs=0.03
    )


def test_sampled_accuracy_follows_its_seed() -> None:
    rng = np.random.default_rng(0)
    distances, eligible = rng.random((50, 9)), np.arange(9)[None] > 0
    draws = [
        sampled_binary_accuracy(distances, np.zeros(50, np.int64), eligible.repeat(50, 0), np.random.default_rng(seed))
        for seed in (1, 1, 2)
    ]
    assert draws[0].tolist() == draws[1].tolist() != draws[2].tolist()


def test_smaller_is_better() -> None:
    best, worst = (place(np.array([[d, 1.0, 2.0]]), np.array([0]), np.array([[False, True, True]])) for d in (0.0, 3.0))
    assert (binary_accuracy(best).item(), binary_accuracy(worst).item()) == (1, 0)
    assert (top_k(best, 1).item(), top_k(worst, 1).item()) == (1, 0)
    assert (reciprocal_rank(best).item(), reciprocal_rank(worst).item()) == (1, pytest.approx(1 / 3))
