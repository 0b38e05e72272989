"""Whole looks: one product of each category that go with the scene and with each other, within a budget.

A model knows scenes and products, not pairs of products; why its vectors tell something of these all the same: let the
style z that a scene asks for vary with covariance S, and let products be chosen with probability in proportion to
exp(z . f), in each category by itself. Then of two products chosen for the same z, up to second order,

    ln P(f, g) / (P(f) P(g)) = (f - mean f)^T S (g - mean g)        the means taken by category

Two products of different categories go together when they differ from what their categories have in common in the same
direction: the same scenes ask for both. S is not kept with a model; it is taken as round, and the cosine of the centred
vectors stands for the likeness, the prior left out, which is no matter of taste. The mean is that of the candidates:
what the scene asks for already counts in their scores, and what is left is what it leaves open. A learned head in its
place would need looks to learn from: scenes with products of several categories. How far the cosine carries is measured
in docs/looks.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from scenefit.catalog.looks.inputs import gains_of, limits_of, shelves_of, too_dear
from scenefit.catalog.looks.search import Gains, search
from scenefit.catalog.stores import Hits
from scenefit.errors import UsageError
from scenefit.results import Look
from scenefit.types import Ints


def compose(
    candidates: Mapping[str, Hits],
    *,
    budget: float | None = None,
    count: int = 3,
    together: float = 0.3,
    beam: int = 64,
) -> list[Look]:
    """Find different looks of one product a category; no two share more than half of their products.

    A look is found by a beam search, one category after another, that keeps only beginnings which can be completed
    within the budget (`looks.search`): where a look fits, one is found. The next is searched for in the same way
    under the condition that it differs from those before.

    Within a budget a product counts only with its price: those without one are left out, and all must have one
    currency. A category of one candidate has no mean to differ from: its product matches all alike.

    Args:
        candidates: the ranking of each category, some tens to hundreds of products.
        budget: the most that a look may cost, in the products' currency; None for any price.
        count: looks at most, at least 1. Two come back wherever two fit that differ enough; of a third the search may
            lose sight.
        together: in [0, 1], what matching each other counts beside going with the scene; at 0 the first look is the
            best product of each category.
        beam: how many beginnings are kept, at least 1.

    Returns:
        the best first, at least one; each was the best found that differs enough from those before.

    Raises:
        UsageError: a number out of range; no category, or one without a candidate or, under a budget, without a price;
            several currencies under a budget; a budget that no look fits, with the price of the cheapest.
    """
    _check(budget, count, together, beam)
    shelves = shelves_of(candidates, priced=budget is not None)
    gains, limits = gains_of(list(shelves.values())), limits_of(list(shelves.values()), budget)
    found: list[Ints] = []
    while len(found) < count:
        different = limits._replace(before=np.array(found)) if found else limits
        rows = search(gains.weighted(together), different, beam)
        if rows is None:
            break
        found.append(rows)
    if not found:
        raise too_dear(limits, budget, list(shelves.values()))
    return sorted((_look(shelves, gains, rows, together) for rows in found), key=lambda look: -look.score)


def _check(budget: float | None, count: int, together: float, beam: int) -> None:
    if budget is not None and not 0 <= budget < math.inf:
        raise UsageError(f"got the budget {budget}; expected a number of at least 0")
    if not 0 <= together <= 1:
        raise UsageError(f"got together={together}; expected 0 (only the scene counts) to 1 (only the other products)")
    if count < 1 or beam < 1:
        raise UsageError(f"got count={count} and beam={beam}; expected at least 1 of each")


def _look(shelves: Mapping[str, Hits], gains: Gains, rows: Ints, together: float) -> Look:
    products = {name: hits.products[row] for (name, hits), row in zip(shelves.items(), rows, strict=True)}
    fit, match = gains.of(rows)
    prices = [product.price for product in products.values() if product.price is not None]
    currencies = {product.currency for product in products.values()}
    known = len(prices) == len(products) and len(currencies) == 1
    total = round(math.fsum(prices), 6) if known else None
    score = (1 - together) * fit + together * match
    return Look(products, score, fit, match, total, currencies.pop() if known else None)
