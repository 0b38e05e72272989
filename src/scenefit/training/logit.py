"""The conditional logit (McFadden 1974): how much each of a few scores counts in choosing the positive (torch)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from scenefit.training.triplet_data import SplitPairs, TripletData
from scenefit.types import Array, Bools, Ints

PAIRS, CANDIDATES = 2_000, 500
STRAY = 0.1
"""The share of pairs taken to be chance, any candidate as likely: a few such must not blunt a sharp score."""
FAITH = 8.0
"""How firmly the weights are held where they start: as much as so many pairs of middling information."""


class Contest(NamedTuple):
    """Some validation pairs, their positive and others of its category that are not known to go with the scene.

    `rows` (n,) of the validation pairs; `candidates` (n, m), rows of products, the positive first; `eligible` (n, m).
    """

    rows: Ints
    candidates: Ints
    eligible: Bools

    @classmethod
    def of(cls, data: TripletData, pairs: SplitPairs, seed: int) -> Contest:
        """Draw at most `PAIRS` pairs and, for each, at most `CANDIDATES` others from the catalog."""
        rng = np.random.default_rng([seed, 1])
        rows = np.sort(rng.permutation(len(pairs.product))[:PAIRS])
        category = data.features.dataset.product_category
        there = data.features.product_rows >= 0
        candidates = np.tile(pairs.product[rows][:, None], (1, CANDIDATES + 1))
        eligible = np.zeros(candidates.shape, np.bool_)
        eligible[:, 0] = True
        for code in np.unique(category[pairs.product[rows]]):
            here = np.flatnonzero(category[pairs.product[rows]] == code)
            others = rng.permutation(np.flatnonzero((category == code) & there))[:CANDIDATES]
            candidates[here, 1 : len(others) + 1] = others
            good = ~data.positives.contain(pairs.scene[rows[here]][:, None], others[None])
            eligible[here, 1 : len(others) + 1] = good
        return cls(rows, candidates, eligible)


def fit_weights(scores: Tensor, eligible: Array, start: Tensor) -> Tensor:
    """Fit weights that are not negative, drawn to where they start by a penalty.

    Maximises the sum over pairs i of log((1 - STRAY) p_i + STRAY / m_i), p_i = softmax_j(sum_k w_k scores_ijk) of the
    first of m_i candidates, less FAITH / 2 * sum_k (w_k - start_k)^2.

    Args:
        scores: shape (n, m, k), each of k scores with a spread of 1 or so; the positive is the first of m.
        eligible: shape (n, m).
        start: shape (k,).

    Returns:
        shape (k,), float32, at least 0; `start` where there are no pairs.
    """
    weights, free = start.double(), torch.ones(len(start), dtype=torch.bool)
    while len(scores) and free.any():
        fitted = _fit(scores[:, :, free].double(), torch.from_numpy(eligible), start[free].double())
        weights = torch.zeros(len(start), dtype=torch.float64).masked_scatter(free, fitted.clamp(min=0))
        if (fitted >= 0).all():
            break
        free = weights > 0  # the others stay at 0 and the rest is fitted again
    return weights.float()


def _fit(scores: Tensor, mask: Tensor, start: Tensor) -> Tensor:
    """Fit weights of any sign."""
    weights = start.clone().requires_grad_()
    by_chance = math.log(STRAY) - mask.sum(dim=1).log()
    solver = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        logits = (scores @ weights).masked_fill(~mask, -torch.inf)
        chosen = torch.logaddexp(math.log(1 - STRAY) + logits.log_softmax(dim=1)[:, 0], by_chance)
        loss = FAITH / 2 * (weights - start).square().sum() - chosen.sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    solver.step(closure)  # type: ignore[no-untyped-call]
    return weights.detach()
