"""The best products of some shelves, exactly: candidates by faiss in float32, summed again in float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scenefit.catalog.local.shelf import Shelf
from scenefit.types import Bools, Doubles, Floats, Ints

MARGIN = 16


class Nearest(NamedTuple):
    """The best products, in no order: their rows (m,), scores (m,) in float64, and vectors (m, d + 1) in float32."""

    rows: Ints
    scores: Doubles
    vectors: Floats


def nearest(shelves: Sequence[tuple[Shelf, Bools | None]], query: Floats, k: int) -> Nearest:
    """Find the k best products and all that equal the k-th.

    Args:
        shelves: none of them empty; with each which positions may come back, shape (P,), None for all.
        query: shape (d + 1,), float32.
        k: at least 1.
    """
    exact = query.astype(np.float64)
    length = float(np.sqrt(exact @ exact)) or 1.0
    unit, asked = (exact / length).astype(np.float32), k + MARGIN  # of unit length, so that nothing overflows
    while True:
        found = [shelf.candidates(unit, asked, allowed) for shelf, allowed in shelves]
        best = _summed(shelves, [positions for positions, _ in found], exact)
        best, least = _cut(best, k)
        if least > length * max(limit for _, limit in found):
            return best
        asked *= 4


def _summed(shelves: Sequence[tuple[Shelf, Bools | None]], positions: Sequence[Ints], query: Doubles) -> Nearest:
    given = list(zip(shelves, positions, strict=True))
    vectors = np.concatenate([shelf.vectors(some) for (shelf, _), some in given])
    scores = np.einsum("nd,d->n", vectors.astype(np.float64), query)
    return Nearest(np.concatenate([shelf.rows[some] for (shelf, _), some in given]), scores, vectors)


def _cut(found: Nearest, k: int) -> tuple[Nearest, float]:
    """Keep the k best with all that equal the last, whose score is given too; infinite where all are kept."""
    if len(found.scores) <= k:
        return found, np.inf
    least = np.partition(found.scores, -k)[-k]
    keep = found.scores >= least
    return Nearest(found.rows[keep], found.scores[keep], found.vectors[keep]), float(least)
