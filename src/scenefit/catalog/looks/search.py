"""The search for a look: one row of each category, the gains largest, the price within a limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scenefit.types import Array, Doubles, Ints


class Gains(NamedTuple):
    """What products bring to a look of C categories.

    Attributes:
        fits: for each category c shape (n_c,): its products' scores for the scene.
        matches: `matches[c][b]`, b before c, shape (n_b, n_c): how products of both go with each other.
    """

    fits: list[Doubles]
    matches: list[list[Doubles]]

    def of(self, rows: Ints) -> tuple[float, float]:
        """Give the mean fit of a look (C,), and the mean match over its pairs, 0 where it has none."""
        fits = [fit[row] for fit, row in zip(self.fits, rows, strict=True)]
        pairs = [match[rows[b], rows[c]] for c, row in enumerate(self.matches) for b, match in enumerate(row)]
        return float(np.mean(fits)), float(np.mean(pairs)) if pairs else 0.0

    def weighted(self, together: float) -> Gains:
        """Scale both so that the sum over a look's products and pairs is its score."""
        fit, pairs = (1 - together) / len(self.fits), len(self.fits) * (len(self.fits) - 1) / 2
        matches = [[each * (together / pairs) for each in row] for row in self.matches]
        return Gains([each * fit for each in self.fits], matches)


class Limits(NamedTuple):
    """What a look may cost, and share with each of L looks before it.

    Attributes:
        prices: for each category c shape (n_c,).
        price: of all together at most.
        before: shape (L, C), the rows of those looks.
        shared: at most so many rows with each.
    """

    prices: list[Doubles]
    price: float
    before: Ints
    shared: int

    def cheapest(self) -> Doubles:
        """Give what the categories from c on cost at least when r rows more may be shared; shape (L, C + 1, r + 1).

        Infinite where it cannot be done. Each look is taken by itself: exact for one, a lower bound beside several.
        """
        looks, categories = self.before.shape
        rest = np.zeros((looks, categories + 1, self.shared + 1))
        for c in reversed(range(categories)):
            alike = self.before[:, c, None] == np.arange(len(self.prices[c]))  # (L, n_c)
            other = np.where(alike, np.inf, self.prices[c]).min(axis=1)
            same = np.where(alike, self.prices[c], np.inf).min(axis=1)
            sharing = np.pad(rest[:, c + 1, :-1], ((0, 0), (1, 0)), constant_values=np.inf)
            rest[:, c] = np.minimum(other[:, None] + rest[:, c + 1], same[:, None] + sharing)
        return rest


class _Beam(NamedTuple):
    """B beginnings of looks, the best first: `rows` (B, c), `gain` (B,), `cost` (B,), `shared` (B, L)."""

    rows: Ints
    gain: Doubles
    cost: Doubles
    shared: Ints


def search(gains: Gains, limits: Limits, beam: int) -> Ints | None:
    """Find the rows (C,) of the look with the largest gain that a beam of this width meets; None where it meets none.

    A beginning is kept only when the cheapest of what is to come completes it within the limits. So with at most one
    look before, there is always one at the end where there is one at all.
    """
    rest, looks = limits.cheapest(), len(limits.before)
    kept = _Beam(np.zeros((1, 0), np.int64), np.zeros(1), np.zeros(1), np.zeros((1, looks), np.int64))
    for c in range(len(gains.fits)):
        kept = _extended(kept, gains, limits, rest[:, c + 1], beam)
    return kept.rows[0] if len(kept.rows) else None


def _extended(kept: _Beam, gains: Gains, limits: Limits, rest: Doubles, beam: int) -> _Beam:
    """Add a product of the next category to each beginning; `rest` (L, r + 1) is what the categories after it cost."""
    c = kept.rows.shape[1]
    gain = kept.gain[:, None] + gains.fits[c] + _matches(gains.matches[c], kept.rows)
    cost = kept.cost[:, None] + limits.prices[c]
    alike = limits.before[:, c] == np.arange(len(limits.prices[c]))[:, None]  # (n_c, L)
    shared = kept.shared[:, None] + alike
    good = cost + _still(rest, limits.shared - shared) <= limits.price
    at = np.flatnonzero(good)
    at = at[np.argsort(-gain.ravel()[at], kind="stable")[:beam]]
    begun, row = np.divmod(at, gain.shape[1])
    rows = np.column_stack([kept.rows[begun], row])
    return _Beam(rows, gain[begun, row], cost[begun, row], shared[begun, row])


def _matches(tables: Sequence[Doubles], rows: Ints) -> Array:
    """Sum how each product of a category goes with each beginning (B, c); shape (B, n_c)."""
    return np.asarray(sum((table[rows[:, b]] for b, table in enumerate(tables)), start=np.zeros((len(rows), 1))))


def _still(rest: Doubles, left: Ints) -> Doubles:
    """Look up what is still to be paid, the most over looks, when so many rows (B, n, L) may be shared with each."""
    costs = np.where(left < 0, np.inf, rest[np.arange(len(rest)), np.maximum(left, 0)])
    return np.asarray(costs.max(axis=-1, initial=0))
