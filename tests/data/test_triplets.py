"""Negatives: same category, never a known positive of the scene, uniform, afresh."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scenefit.data.dataset import Dataset
from scenefit.data.triplets import NegativeSampler, Positives
from scenefit.types import Ints

CATEGORY = np.array([0, 1, 0, 1, 0, 0, 1, 0], np.int64)


def _ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)


def _slow_eligible(category: Ints, pool: list[int], pairs: list[tuple[int, int]], scene: int, product: int) -> set[int]:
    return {p for p in pool if category[p] == category[product] and (scene, p) not in pairs}


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Ints, list[int], list[tuple[int, int]]]:
    products = draw(st.integers(1, 10))
    row = st.integers(0, products - 1)
    category = draw(st.lists(st.integers(0, 3), min_size=products, max_size=products))
    pool = draw(st.lists(row, max_size=12))
    pairs = draw(st.lists(st.tuples(st.integers(0, 5), row), max_size=15))
    return _ints(category), pool, pairs


@settings(derandomize=True, deadline=None, max_examples=300)
@given(_cases(), st.integers(0, 3))
def test_eligible_and_draw_agree_with_a_slow_loop(
    case: tuple[Ints, list[int], list[tuple[int, int]]], seed: int
) -> None:
    category, pool, pairs = case
    known = Positives.of(_ints([s for s, _ in pairs]), _ints([p for _, p in pairs]), len(category))
    sampler = NegativeSampler(category, _ints(pool), known)
    asked = [*pairs, (5, 0)]
    scenes, products = _ints([s for s, _ in asked]), _ints([p for _, p in asked])
    slow = [_slow_eligible(category, pool, pairs, scene, product) for scene, product in asked]
    eligible = sampler.eligible(scenes, products)
    assert eligible.tolist() == [len(names) for names in slow]
    rows = np.flatnonzero(eligible)
    drawn = sampler.draw(scenes[rows], products[rows], np.random.default_rng(seed))
    assert all(negative in slow[row] for row, negative in zip(rows.tolist(), drawn.tolist(), strict=True))


@settings(derandomize=True, deadline=None, max_examples=100)
@given(_cases())
def test_contain_knows_exactly_the_pairs(case: tuple[Ints, list[int], list[tuple[int, int]]]) -> None:
    category, _, pairs = case
    known = Positives.of(_ints([s for s, _ in pairs]), _ints([p for _, p in pairs]), len(category))
    table = known.contain(np.arange(6)[:, None], np.arange(len(category))[None])
    assert {(int(s), int(p)) for s, p in np.argwhere(table)} == set(pairs)


def test_draws_are_uniform_over_the_eligible() -> None:
    known = Positives.of(_ints([0, 0, 1]), _ints([0, 2, 4]), len(CATEGORY))
    sampler = NegativeSampler(CATEGORY, np.arange(8), known)
    draws = sampler.draw(np.zeros(6000, np.int64), np.zeros(6000, np.int64), np.random.default_rng(0))
    counts = Counter(draws.tolist())
    assert set(counts) == {4, 5, 7}
    chi_square = sum((n - 2000) ** 2 / 2000 for n in counts.values())
    assert chi_square < 13.8  # passed by 1 in 1000 at two degrees of freedom


def test_each_epoch_draws_afresh_and_a_seed_draws_the_same() -> None:
    sampler = NegativeSampler(np.zeros(50, np.int64), np.arange(50), Positives.of(_ints([]), _ints([]), 50))
    scenes, products, rng = np.arange(40), np.arange(40), np.random.default_rng(3)
    first, second = sampler.draw(scenes, products, rng), sampler.draw(scenes, products, rng)
    assert (first != second).any()
    np.testing.assert_array_equal(first, sampler.draw(scenes, products, np.random.default_rng(3)))


def test_positives_of_other_splits_and_products_outside_the_pool_are_never_drawn(dataset_folder: Path) -> None:
    dataset = Dataset.open(dataset_folder)
    known = Positives.of(dataset.pair_scene, dataset.pair_product, len(dataset.products["id"]))
    rows = dataset.split_rows("train")
    pool = np.unique(dataset.pair_product[rows])
    sampler = NegativeSampler(dataset.product_category, pool, known)
    scenes, products = np.tile(dataset.pair_scene[rows], 30), np.tile(dataset.pair_product[rows], 30)
    negatives = sampler.draw(scenes, products, np.random.default_rng(0))
    pairs = set(zip(dataset.pair_scene.tolist(), dataset.pair_product.tolist(), strict=True))
    assert not pairs & set(zip(scenes.tolist(), negatives.tolist(), strict=True))
    assert (dataset.product_category[negatives] == dataset.product_category[products]).all()
    assert set(negatives.tolist()) == set(pool.tolist())


def test_a_positive_of_another_split_counts_as_known() -> None:
    train, test = [(0, 0), (1, 2)], [(0, 2), (0, 4)]
    pairs = train + test
    known = Positives.of(_ints([s for s, _ in pairs]), _ints([p for _, p in pairs]), len(CATEGORY))
    sampler = NegativeSampler(CATEGORY, _ints([0, 2, 4, 5]), known)
    assert sampler.eligible(_ints([0, 1]), _ints([0, 2])).tolist() == [1, 3]
    assert set(sampler.draw(np.zeros(50, np.int64), np.zeros(50, np.int64), np.random.default_rng(0))) == {5}
