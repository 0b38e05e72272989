"""What is shown of a search: k different products, and as varied as asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plain_store import PlainStore

from scenefit.catalog.filters.parse import parse_filter
from scenefit.catalog.ranking import POOL, rank
from scenefit.catalog.stores import Hits, Query, Store
from scenefit.errors import UsageError
from scenefit.types import Floats, Product

SIZE = 9


def store_of(vectors: Floats, contents: list[str | None] | None = None) -> PlainStore:
    """Make a store of one category; the ids fall where the rows rise, so that ties show."""
    store = PlainStore(SIZE)
    names = [f"p{len(vectors) - row:04}" for row in range(len(vectors))]
    hashes = contents or [None] * len(vectors)
    store.upsert([Product(n, "Shoes", content=c) for n, c in zip(names, hashes, strict=True)], vectors)
    return store


def drawn(count: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=(count, SIZE)).astype(np.float32)


QUERY = Query("Shoes", drawn(1, 99)[0], 5)


def ids(hits: Hits) -> list[str]:
    assert len(hits.products) == len(hits.scores) == len(hits.vectors)
    return [product.id for product in hits.products]


def test_without_anything_to_do_it_is_the_search() -> None:
    store: Store = store_of(drawn(50))
    ranked, searched = rank(store, QUERY), store.search(QUERY)
    assert ids(ranked) == ids(searched)
    np.testing.assert_array_equal(ranked.scores, searched.scores)
    np.testing.assert_array_equal(ranked.vectors, searched.vectors)


@pytest.mark.parametrize("by", ["picture", "vector", "both"])
def test_twenty_of_each_leave_k_different_ones_the_best_first(by: str) -> None:
    """The copies are a little better or worse than what they copy; the best of each twenty stays."""
    rng = np.random.default_rng(1)
    base = drawn(12)
    vectors = np.repeat(base, 20, axis=0) + (0.002 if by != "picture" else 0.5) * rng.normal(size=(240, SIZE))
    contents = [str(row // 20) if by != "vector" else None for row in range(240)]
    store = store_of(vectors.astype(np.float32), contents)
    everything = store.search(replace(QUERY, k=240))
    original = {product.id: (240 - int(product.id[1:])) // 20 for product in everything.products}
    expected = list({original[each]: each for each in reversed(ids(everything))}.values())[::-1]
    expected = sorted(expected, key=ids(everything).index)
    assert len(expected) == 12
    for k in (1, 5, 12, 100):
        assert ids(rank(store, replace(QUERY, k=k))) == expected[:k]
    assert ids(rank(store, QUERY, duplicates=True)) == ids(store.search(QUERY))


def test_more_is_asked_for_only_while_too_few_differ() -> None:
    copies = np.concatenate([np.tile(QUERY.vector, (30, 1)), drawn(30)])
    store = store_of(copies)
    assert len(ids(rank(store, QUERY))) == 5
    assert store.asked == [5, 20, 80]
    store = store_of(drawn(30))
    rank(store, QUERY)
    assert store.asked == [5]


def test_it_stops_where_the_category_or_the_filter_is_exhausted() -> None:
    store = store_of(np.tile(QUERY.vector, (30, 1)))
    assert ids(rank(store, QUERY)) == ["p0001"]
    cheap = replace(QUERY, where=parse_filter("price < 3", {"price": "number"}))
    assert ids(rank(store, cheap)) == []
    assert ids(rank(store, cheap, diversity=0.5)) == []


def test_equal_vectors_apart_from_the_prior_are_duplicates_and_zero_vectors_are_not() -> None:
    vectors = np.zeros((4, SIZE), np.float32)
    vectors[:2, 0], vectors[:, -1] = 1, [1, 2, 0, 0]
    hits = rank(store_of(vectors), Query("Shoes", np.ones(SIZE, np.float32)))
    assert ids(hits) == ["p0003", "p0001", "p0002"]


def test_diversity_is_maximal_marginal_relevance() -> None:
    store = store_of(drawn(60))
    pool = store.search(replace(QUERY, k=5 * POOL))
    content = pool.vectors[:, :-1].astype(np.float64) - pool.vectors[:, :-1].astype(np.float64).mean(axis=0)
    relevance = (pool.scores - pool.scores.min()) / np.ptp(pool.scores)

    def likeness(a: int, b: int) -> float:
        cosine = content[a] @ content[b] / np.linalg.norm(content[a]) / np.linalg.norm(content[b])
        return float(1 + cosine) / 2

    for diversity in (0.2, 0.5, 0.9, 1.0):
        chosen: list[int] = []
        while len(chosen) < QUERY.k:
            left = [row for row in range(len(content)) if row not in chosen]
            worth = {
                row: (1 - diversity) * relevance[row]
                - diversity * max((likeness(row, other) for other in chosen), default=0)
                for row in left
            }
            chosen.append(max(left, key=lambda row: worth[row]))
        assert ids(rank(store, QUERY, diversity=diversity)) == [pool.products[row].id for row in chosen]


def test_the_more_diversity_the_less_alike() -> None:
    store, query = store_of(drawn(300)), replace(QUERY, k=8)
    spreads, means = [], []
    for diversity in (0.0, 0.3, 0.6, 1.0):
        hits = rank(store, query, diversity=diversity)
        assert ids(hits)[0] == ids(store.search(query))[0]
        assert len(set(ids(hits))) == 8
        units = hits.vectors[:, :-1] / np.linalg.norm(hits.vectors[:, :-1], axis=1, keepdims=True)
        spreads.append(float((units @ units.T).mean()))
        means.append(float(hits.scores.mean()))
    assert spreads == sorted(spreads, reverse=True)
    assert means == sorted(means, reverse=True)


def test_the_knob_means_the_same_in_every_model() -> None:
    """Longer vectors, longer queries, and a part that all products share change no order."""
    vectors = drawn(80)
    other = 8 * vectors  # a power of two, so that fp16 rounds alike
    shared = vectors.copy()
    shared[:, 0] += 512  # and what is left of the first number is rounded in both
    vectors[:, 0] = shared[:, 0] - 512
    other[:, 0] = 8 * vectors[:, 0]
    chosen = ids(rank(store_of(vectors), QUERY, diversity=0.4, duplicates=True))
    assert chosen != ids(rank(store_of(vectors), QUERY))
    longer = replace(QUERY, vector=16 * QUERY.vector)
    assert ids(rank(store_of(other), longer, diversity=0.4, duplicates=True)) == chosen
    assert ids(rank(store_of(shared), QUERY, diversity=0.4, duplicates=True)) == chosen


def test_ties_go_by_id() -> None:
    store = store_of(np.tile(drawn(3), (4, 1)))
    for diversity in (0.0, 0.5, 1.0):
        hits = rank(store, replace(QUERY, k=12), duplicates=True, diversity=diversity)
        for vector in hits.vectors:
            alike = [each for each, other in zip(ids(hits), hits.vectors, strict=True) if (other == vector).all()]
            assert alike == sorted(alike)
        assert ids(hits) == ids(rank(store, replace(QUERY, k=12), duplicates=True, diversity=diversity))


@pytest.mark.parametrize("diversity", [-0.1, 1.1, float("nan")])
def test_a_diversity_out_of_range(diversity: float) -> None:
    with pytest.raises(UsageError, match=r"got the diversity \S+; expected 0 \(by score alone\) to 1"):
        rank(store_of(drawn(3)), QUERY, diversity=diversity)


def test_k_below_1() -> None:
    with pytest.raises(UsageError, match=r"got k=0; expected at least 1"):
        rank(store_of(drawn(3)), replace(QUERY, k=0))
