"""What the closed form is chosen by: its accuracy on training scenes that were held out (torch)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from scenefit.training.closed_form_inputs import Space, some_rows
from scenefit.training.closed_form_sums import FOLDS, Accumulated, Kept
from scenefit.training.directions import Directions, scene_means
from scenefit.training.targets import Cross

SHARES = (0.0, 0.5, 0.8)
"""What near scenes may count for of a query, the rest the linear map."""
HELD, CANDIDATES = 2_000, 2_000


def plain_accuracy(sums: Accumulated, space: Space, ridges: Sequence[float]) -> dict[float, float]:
    """Give the share of its category's products that a held-out pair's own is ahead of, for each ridge."""
    right: dict[float, list[Tensor]] = {ridge: [] for ridge in ridges}
    means = scene_means(sums)
    for fold, some in _by_fold(_held(sums)):
        cross = Cross.of(sums, fold)
        for ridge in ridges:
            products = space.products * space.product.whitening(ridge)
            queries = (some.scene - means[some.category]) * space.scene.whitening(ridge)
            right[ridge].append(_right(queries @ cross.covariance(space, ridge), products, some, space))
    return _means(right)


def near_accuracy(
    sums: Accumulated, space: Space, ridge: float, embedding: int, shares: Sequence[float]
) -> dict[float, float]:
    """Give the accuracy of each share of near scenes."""
    held = _held(sums)
    right: dict[float, list[Tensor]] = {share: [] for share in shares}
    for fold, some in _by_fold(held):
        found = Directions.of(sums, space, ridge, embedding, fold)
        queries = found.queries(some)[:, None]
        near = found.neighbours(sums, 0.5)(queries, some.category[:, None])  # they weigh as much as the queries
        for share in shares:
            asked = (queries + share / (1 - share) * near)[:, 0]
            right[share].append(_right(asked, found.products, some, space))
    return _means(right)


def _means(right: dict[float, list[Tensor]]) -> dict[float, float]:
    return {choice: float(torch.cat(parts).mean()) if parts else 0.5 for choice, parts in right.items()}


def _held(sums: Accumulated) -> Kept:
    """Give some pairs to try things on, in their order."""
    kept = Kept.together(sums.kept)
    pairs = torch.nonzero(kept.product >= 0)[:, 0]
    return kept.some(pairs[torch.from_numpy(some_rows(np.arange(len(pairs)), HELD))])


def _by_fold(held: Kept) -> Iterator[tuple[int, Kept]]:
    """Give each fold with its pairs; none where the pairs are all of one fold, and nothing is left to learn from."""
    of = held.scene_row % FOLDS
    folds = of.unique().tolist()  # type: ignore[no-untyped-call]
    if len(folds) > 1:
        yield from ((fold, held.some(of == fold)) for fold in folds)


def _right(queries: Tensor, products: Tensor, held: Kept, space: Space) -> Tensor:
    """Give the share of its category's products that each held-out pair's own is ahead of, (n,)."""
    right = torch.full((len(queries),), 0.5, device=queries.device)
    for category in sorted(set(held.category.tolist())):
        rows = torch.nonzero(held.category == category)[:, 0]
        others = torch.nonzero(space.product_category == category)[:, 0]
        others = others[:: -(-len(others) // CANDIDATES)]
        own = (queries[rows] * products[held.product[rows]]).sum(dim=1, keepdim=True)
        scores = queries[rows] @ products[others].T
        ahead = (scores < own) * 1.0 + (scores == own) * 0.5
        right[rows] = ahead.masked_fill(others == held.product[rows][:, None], 0.5).mean(dim=1)
    return right
