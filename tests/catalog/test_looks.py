"""Whole looks against brute force over all of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenefit.catalog.looks.compose import Look, compose
from scenefit.catalog.stores import Hits
from scenefit.errors import UsageError
from scenefit.types import Product

SIZE, ALL = 7, 10_000


def shelf(name: str, prices: Sequence[float | None], rng: np.random.Generator, currency: str | None = "EUR") -> Hits:
    products = [Product(f"{name}{i}", name, price=price, currency=currency) for i, price in enumerate(prices)]
    vectors = rng.normal(size=(len(prices), SIZE)).astype(np.float32)
    return Hits(products, -np.sort(-rng.normal(size=len(prices)) * 2 + 5), vectors)


def shelves(sizes: Sequence[int], seed: int = 0) -> dict[str, Hits]:
    """Draw candidates; a good product is dear as often as not."""
    rng = np.random.default_rng(seed)
    return {f"C{c}": shelf(f"C{c}", rng.integers(1, 20, size).tolist(), rng) for c, size in enumerate(sizes)}


def units_of(candidates: dict[str, Hits]) -> dict[str, np.ndarray]:
    centred = {name: hits.vectors[:, :-1] - hits.vectors[:, :-1].mean(axis=0) for name, hits in candidates.items()}
    return {
        name: each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-9) for name, each in centred.items()
    }


def spread(values: list[np.ndarray]) -> float:
    return math.sqrt(np.mean(np.concatenate([each.ravel() for each in values]) ** 2)) or 1 if values else 1


def brute_force(candidates: dict[str, Hits], together: float) -> list[tuple[float, float, tuple[str, ...]]]:
    """Give every look there is: its score by the definition, its price, its ids; the best first."""
    names, units = list(candidates), units_of(candidates)
    fits = {name: hits.scores - hits.scores.mean() for name, hits in candidates.items()}
    cosines = [units[a] @ units[b].T for a, b in itertools.combinations(names, 2)]
    fit_spread, match_spread = spread(list(fits.values())), spread(cosines)
    looks = []
    for rows in itertools.product(*(range(len(hits.products)) for hits in candidates.values())):
        at = dict(zip(names, rows, strict=True))
        fit = np.mean([fits[name][at[name]] for name in names]) / fit_spread
        pairs = [units[a][at[a]] @ units[b][at[b]] / match_spread for a, b in itertools.combinations(names, 2)]
        chosen = [candidates[name].products[at[name]] for name in names]
        score = (1 - together) * fit + together * (float(np.mean(pairs)) if pairs else 0)
        looks.append((score, math.fsum(p.price or 0 for p in chosen), tuple(p.id for p in chosen)))
    return sorted(looks, reverse=True)


def ids(look: Look) -> tuple[str, ...]:
    return tuple(product.id for product in look.products.values())


def common(first: Look, second: Look) -> int:
    return len(set(ids(first)) & set(ids(second)))


@pytest.mark.parametrize("together", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("sizes", [(4,), (5, 3), (6, 4, 5), (3, 4, 2, 5)])
def test_a_wide_beam_finds_the_best_and_then_the_best_that_differ(sizes: tuple[int, ...], together: float) -> None:
    candidates = shelves(sizes)
    left = brute_force(candidates, together)
    looks = compose(candidates, together=together, count=4, beam=ALL)
    assert 1 < len(looks) <= 4
    for look in looks:
        score, price, best = left[0]
        assert ids(look) == best
        assert (look.score, look.price, look.currency) == (pytest.approx(score), price, "EUR")
        assert look.score == pytest.approx((1 - together) * look.fit + together * look.match)
        left = [other for other in left if len(set(other[2]) & set(best)) <= len(sizes) // 2]


@pytest.mark.parametrize("seed", range(4))
def test_with_a_budget_it_is_the_best_that_can_be_paid(seed: int) -> None:
    candidates = shelves((6, 4, 5), seed)
    for budget in (12, 20, 30):
        payable = [look for look in brute_force(candidates, 0.3) if look[1] <= budget]
        if not payable:
            with pytest.raises(UsageError, match="no look of these candidates fits"):
                compose(candidates, budget=budget)
            continue
        looks = compose(candidates, budget=budget, beam=ALL)
        assert ids(looks[0]) == payable[0][2]
        assert all(look.price is not None and look.price <= budget for look in looks)


@settings(deadline=None, max_examples=150)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    seed=st.integers(0, 10**6),
    budget=st.integers(0, 60),
    beam=st.integers(1, 3),
)
def test_a_narrow_beam_ends_in_no_dead_end(sizes: list[int], seed: int, budget: int, beam: int) -> None:
    """One look wherever one can be paid, two wherever a second differs enough from the first."""
    candidates = shelves(sizes, seed)
    payable = [look for look in brute_force(candidates, 0.3) if look[1] <= budget]
    if not payable:
        with pytest.raises(UsageError, match="no look of these candidates fits"):
            compose(candidates, budget=budget, beam=beam)
        return
    looks = compose(candidates, budget=budget, beam=beam, count=2)
    first = compose(candidates, budget=budget, beam=beam, count=1)[0]
    others = [other for other in payable if len(set(other[2]) & set(ids(first))) <= len(sizes) // 2]
    assert len(looks) == 1 + bool(others)
    assert ids(first) in [ids(look) for look in looks]


def test_the_default_beam_is_close_to_the_best() -> None:
    for seed in range(5):
        candidates = shelves((9, 8, 9, 8), seed)
        best = max(look for look in brute_force(candidates, 0.5) if look[1] <= 25)
        assert compose(candidates, budget=25, together=0.5)[0].score >= best[0] - 0.05


def test_no_two_share_more_than_half_and_the_best_comes_first() -> None:
    candidates = shelves((30, 30, 30, 30, 30), 3)
    looks = compose(candidates, budget=60, count=6)
    assert len(looks) == 6
    assert all(common(a, b) <= 2 for a, b in itertools.combinations(looks, 2))
    assert [look.score for look in looks] == sorted((look.score for look in looks), reverse=True)
    assert looks == compose(candidates, budget=60, count=6)


def test_without_together_the_first_look_is_the_best_of_each_category() -> None:
    candidates = shelves((7, 9, 8))
    assert ids(compose(candidates, together=0)[0]) == ("C00", "C10", "C20")


def test_together_brings_products_of_one_direction() -> None:
    """The second and third of each category lie in a direction of their own; only together are they a look."""
    rng = np.random.default_rng(0)
    candidates = shelves((12, 12, 12))
    for hits in candidates.values():
        hits.vectors[:, :-1] *= 0.2
        hits.vectors[1, :-1] = hits.vectors[2, :-1] = 5 * np.ones(SIZE - 1) + 0.01 * rng.normal(size=SIZE - 1)
    assert set(ids(compose(candidates, together=1)[0])) <= {f"C{c}{i}" for c in range(3) for i in (1, 2)}
    assert compose(candidates, together=1)[0].match > compose(candidates, together=0)[0].match


def test_the_knob_means_the_same_in_every_model_and_the_prior_is_no_match() -> None:
    candidates = shelves((9, 9, 9))
    looks = compose(candidates)
    longer = {n: h._replace(scores=100 * h.scores + 7, vectors=16 * h.vectors + 32) for n, h in candidates.items()}
    assert [ids(look) for look in compose(longer)] == [ids(look) for look in looks]
    for hits in longer.values():
        hits.vectors[:, -1] = 1000 * np.arange(9)
    assert [ids(look) for look in compose(longer)] == [ids(look) for look in looks]


def test_products_without_a_price_are_left_out_under_a_budget_alone() -> None:
    rng = np.random.default_rng(0)
    candidates = {"A": shelf("A", [None, 10.0, 20.0], rng), "B": shelf("B", [None, None, 5.0], rng)}
    free = compose(candidates, together=0)[0]
    assert (ids(free), free.price, free.currency) == (("A0", "B0"), None, None)
    paid = compose(candidates, together=0, budget=100)[0]
    assert (ids(paid), paid.price, paid.currency) == (("A1", "B2"), 15.0, "EUR")
    candidates["B"] = shelf("B", [None, None], rng)
    with pytest.raises(UsageError, match=r"no candidate of 'B' has a price; a budget needs them"):
        compose(candidates, budget=100)


def test_two_currencies() -> None:
    rng = np.random.default_rng(0)
    candidates = {"A": shelf("A", [10.0], rng), "B": shelf("B", [10.0], rng, "USD")}
    look = compose(candidates)[0]
    assert (look.price, look.currency) == (None, None)
    with pytest.raises(UsageError, match=r"in the currencies EUR, USD under one budget; filter .* currency='EUR'"):
        compose(candidates, budget=100)
    candidates["B"] = shelf("B", [10.0], rng, None)
    with pytest.raises(UsageError, match=r"in the currencies EUR, none under one budget"):
        compose(candidates, budget=100)


def test_a_currency_without_a_price_is_no_matter() -> None:
    rng = np.random.default_rng(0)
    dollars = shelf("A", [None], rng, "USD").products + shelf("A", [10.0], rng).products
    candidates = {"A": Hits(dollars, np.zeros(2), rng.normal(size=(2, SIZE)).astype(np.float32))}
    assert compose(candidates, budget=10)[0].currency == "EUR"


@pytest.mark.parametrize(("currency", "named"), [("EUR", " EUR"), (None, "")])
def test_no_look_fits_the_budget(currency: str | None, named: str) -> None:
    rng = np.random.default_rng(0)
    candidates = {name: shelf(name, [30.0, 9.5, 12.0], rng, currency) for name in "ABC"}
    with pytest.raises(UsageError, match=rf"fits the budget 28{named}: the cheapest costs 28\.50{named}; raise"):
        compose(candidates, budget=28)
    assert compose(candidates, budget=28.5)[0].price == 28.5


def test_a_budget_met_to_the_cent_is_met() -> None:
    rng = np.random.default_rng(0)
    candidates = {name: shelf(name, [0.1], rng) for name in "ABC"}
    assert compose(candidates, budget=0.3)[0].price == 0.3
    assert sum([0.1] * 3) > 0.3


def test_one_candidate_matches_all_alike() -> None:
    look = compose({"A": shelf("A", [1.0], np.random.default_rng(0)), **shelves((5,))}, together=1)[0]
    assert look.match == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"budget": -1}, r"got the budget -1; expected a number of at least 0"),
        ({"budget": float("nan")}, r"got the budget nan"),
        ({"budget": float("inf")}, r"got the budget inf"),
        ({"together": 1.5}, r"got together=1\.5; expected 0 \(only the scene counts\) to 1"),
        ({"together": float("nan")}, r"got together=nan"),
        ({"count": 0}, r"got count=0 and beam=64; expected at least 1"),
        ({"beam": 0}, r"got count=3 and beam=0"),
    ],
)
def test_numbers_out_of_range(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        compose(shelves((3, 3)), **wrong)


def test_nothing_to_choose_from() -> None:
    with pytest.raises(UsageError, match="got no category to compose a look of"):
        compose({})
    candidates = shelves((3, 3))
    candidates["C1"] = Hits([], np.empty(0), np.empty((0, SIZE), np.float32))
    for budget in (None, 100):
        with pytest.raises(UsageError, match=r"no product of 'C1' is left to choose from; leave the category out"):
            compose(candidates, budget=budget)
