"""What a look is searched in: candidates as gains, prices and the budget as limits."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping

import numpy as np

from scenefit.catalog.looks.search import Gains, Limits
from scenefit.catalog.ranking import centred_units, take
from scenefit.catalog.stores import Hits
from scenefit.errors import UsageError
from scenefit.types import Doubles

LIMITLESS = sys.float_info.max
ROUNDING = 1 + 1e-9
"""Prices are binary fractions: three times 0.1 fits a budget of 0.3."""


def shelves_of(candidates: Mapping[str, Hits], priced: bool) -> dict[str, Hits]:
    """Give what can be chosen from: all, or with `priced` only what has a price.

    Raises:
        UsageError: no category, or nothing of one can be chosen.
    """
    if not candidates:
        raise UsageError("got no category to compose a look of; expected at least one")
    shelves = {name: _with_price(hits) if priced else hits for name, hits in candidates.items()}
    for name, hits in shelves.items():
        if not candidates[name].products:
            raise UsageError(f"no product of {name!r} is left to choose from; leave the category out or filter less")
        if not hits.products:
            raise UsageError(f"no candidate of {name!r} has a price; a budget needs them: leave the category out")
    return shelves


def _with_price(hits: Hits) -> Hits:
    return take(hits, np.flatnonzero([product.price is not None for product in hits.products]))


def gains_of(shelves: list[Hits]) -> Gains:
    """Compute fits and matches, each in units of its spread over all candidates."""
    fits = [hits.scores - hits.scores.mean() for hits in shelves]
    units = [centred_units(hits.vectors) for hits in shelves]
    matches = [[before @ units[c].T for before in units[:c]] for c in range(len(units))]
    fit, match = _spread(fits), _spread([table for row in matches for table in row])
    return Gains([each / fit for each in fits], [[table / match for table in row] for row in matches])


def _spread(arrays: list[Doubles]) -> float:
    """Give the root of the mean square, 1 where there is nothing or all is 0."""
    values = np.concatenate([np.zeros(0), *(array.ravel() for array in arrays)])
    root = float(np.sqrt(np.square(values).mean())) if len(values) else 0.0
    return root if root > 1e-12 else 1.0


def limits_of(shelves: list[Hits], budget: float | None) -> Limits:
    """Give the limits of the first look: compared with one that has no product, it shares none.

    Raises:
        UsageError: several currencies under a budget.
    """
    before = np.full((1, len(shelves)), -1)
    if budget is None:
        return Limits([np.zeros(len(hits.products)) for hits in shelves], LIMITLESS, before, len(shelves) // 2)
    currencies = sorted({str(product.currency or "none") for hits in shelves for product in hits.products})
    if len(currencies) > 1:
        raise UsageError(
            f"got prices in the currencies {', '.join(currencies)} under one budget; filter the candidates by one of "
            "them, as in currency='EUR'"
        )
    prices = [np.array([product.price for product in hits.products], np.float64) for hits in shelves]
    return Limits(prices, budget * ROUNDING, before, len(shelves) // 2)


def too_dear(limits: Limits, budget: float | None, shelves: list[Hits]) -> UsageError:
    """Say that no look fits the budget, and what the cheapest costs; all have one currency."""
    unit = f" {shelves[0].products[0].currency or ''}".rstrip()
    cheapest = math.fsum(prices.min() for prices in limits.prices)
    return UsageError(
        f"no look of these candidates fits the budget {budget:g}{unit}: the cheapest costs {cheapest:.2f}{unit}; raise "
        "the budget, leave a category out, or ask for candidates at a lower price"
    )
