"""The rankings of all categories for a scene, and the candidates of whole looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scenefit.catalog.ranking import rank, take
from scenefit.catalog.stores import Hits, Query, Store
from scenefit.recommend.ranker import Ranker
from scenefit.recommend.scenes import Seen
from scenefit.recommend.wishes import Wishes
from scenefit.results import Ranking

CANDIDATES = 100
"""Looks are composed of so many products a category."""


def rank_all(
    now: Ranker, seen: Seen, categories: Sequence[str], k: int, wishes: Wishes, *, looks: bool
) -> tuple[dict[str, Ranking], dict[str, Hits]]:
    """Rank k products of each category; where `looks` are wanted, give what to compose them of too.

    Raises:
        UsageError: an unknown category, an option out of range, or a filter that cannot be read.
    """
    where = now.filter(wishes.where)
    rankings: dict[str, Ranking] = {}
    candidates: dict[str, Hits] = {}
    for name in categories:
        query = now.query(seen, name, k, wishes, where)
        if looks:
            candidates[name] = _best(now.store, query, CANDIDATES, wishes)
        if looks and not wishes.diversity and 1 <= k <= CANDIDATES:
            hits = _first(candidates[name], k)
        else:
            hits = rank(now.store, query, duplicates=wishes.duplicates, diversity=wishes.diversity)
        rankings[name] = now.ranking(seen, query, hits)
    return rankings, candidates


def _best(store: Store, query: Query, count: int, wishes: Wishes) -> Hits:
    return rank(store, replace(query, k=count), duplicates=wishes.duplicates)


def _first(hits: Hits, k: int) -> Hits:
    return take(hits, np.arange(min(k, len(hits.products))))
