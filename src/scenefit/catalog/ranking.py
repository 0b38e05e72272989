"""What is shown of a search: no product twice, and as varied as is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scenefit.catalog.stores import Hits
from scenefit.errors import UsageError
from scenefit.types import Doubles, Floats, Ints

if TYPE_CHECKING:
    from scenefit.catalog.stores import Query, Store

SAME = 0.995
"""Products are the same from this cosine on; docs/looks.md says what it was chosen by."""
MORE = 4
POOL = 5
"""Diversity chooses among so many times k products."""


def rank(store: Store, query: Query, *, duplicates: bool = False, diversity: float = 0.0) -> Hits:
    """Search, drop near-duplicates, and vary what is left.

    Four times as many products are asked for until enough differ or the category has no more that fit, so that k come
    back wherever k different ones fit.

    Args:
        store: where to search.
        query: what is searched for.
        duplicates: keep products that are the same but for their id (`distinct`).
        diversity: in [0, 1]; at 0 the order is that of the scores, at 1 the best product is followed by those that
            are least like the ones before (`vary`).

    Returns:
        at most k products; by score at diversity 0, else in the order in which they were chosen.

    Raises:
        UsageError: diversity or k is out of range, or what the store refuses.
    """
    if not 0 <= diversity <= 1:
        raise UsageError(f"got the diversity {diversity}; expected 0 (by score alone) to 1 (as varied as can be)")
    if query.k < 1:
        raise UsageError(f"got k={query.k}; expected at least 1")
    hits = _enough(store, query, query.k * (POOL if diversity else 1), duplicates)
    chosen = vary(hits, query.k, diversity) if diversity else np.arange(min(query.k, len(hits.products)))
    return take(hits, chosen)


def _enough(store: Store, query: Query, wanted: int, duplicates: bool) -> Hits:
    """Search for so many products, different ones unless `duplicates`; fewer where fewer fit."""
    asked = wanted
    while True:
        hits = store.search(replace(query, k=asked))
        kept = np.arange(len(hits.products)) if duplicates else distinct(hits, wanted)
        if len(kept) >= wanted or len(hits.products) < asked:
            return take(hits, kept[:wanted])
        asked *= MORE


def take(hits: Hits, rows: Ints) -> Hits:
    """Give some of the products found, in the order of `rows`."""
    return Hits([hits.products[row] for row in rows], hits.scores[rows], hits.vectors[rows])


def distinct(hits: Hits, most: int) -> Ints:
    """Find products of which no better one is a near-duplicate; at most `most`, shape (m,), ascending.

    Two are near-duplicates when their pictures have the same bytes (`Product.content`), or when their vectors, the
    prior apart, have a cosine of at least `SAME`. The first of the two stays. Vectors of length 0 are like no other.
    """
    units = _units(hits.vectors[:, :-1].astype(np.float64))
    contents = {content: code for code, content in enumerate(dict.fromkeys(one.content for one in hits.products))}
    codes = np.array([contents[one.content] if one.content else -row for row, one in enumerate(hits.products, 1)])
    kept: list[int] = []
    left = np.arange(len(units))
    while len(left) and len(kept) < most:
        best, left = left[0], left[1:]
        kept.append(int(best))
        left = left[(units[left] @ units[best] < SAME) & (codes[left] != codes[best])]
    return np.array(kept, np.int64)


def vary(hits: Hits, k: int, diversity: float) -> Ints:
    """Choose k products by maximal marginal relevance (Carbonell and Goldstein 1998); shape (min(k, m),).

    Each time the product with the largest (1 - diversity) r - diversity max s over those chosen before; of equal ones
    the first. r is the score, stretched to [0, 1] from the worst to the best of the m candidates; s = (1 + cosine) / 2
    of the vectors less the candidates' mean, the prior apart. Neither depends on the length of a model's vectors, on
    what all its products share or on the spread of its scores, so that the knob means the same in every model.
    """
    scores = hits.scores - hits.scores.min(initial=np.inf)
    gains = (1 - diversity) * scores / (scores.max(initial=0) or 1)
    units = centred_units(hits.vectors)
    nearest, chosen = np.zeros(len(gains)), np.empty(min(k, len(gains)), np.int64)
    for place in range(len(chosen)):
        chosen[place] = best = np.argmax(gains - diversity * nearest)
        gains[best] = -np.inf
        likeness = (1 + np.einsum("pd,d->p", units, units[best])) / 2  # row by row: equal vectors stay equal
        nearest = np.maximum(nearest, likeness)
    return chosen


def centred_units(vectors: Floats) -> Doubles:
    """Turn vectors (m, d + 1) of one category into unit vectors (m, d): the prior and the mean of all taken away."""
    content = vectors[:, :-1].astype(np.float64)
    return _units(content - content.mean(axis=0)) if len(content) else content


def _units(vectors: Doubles) -> Doubles:
    """Scale vectors (m, d) to length 1; those of length 0, up to rounding, become 0."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Doubles = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-9)
    return units
