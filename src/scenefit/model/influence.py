"""Which cells of a scene a query comes from: the derivative of a score by the weight of each cell (torch).

Give each of the R cells a weight w_i, 1 at first. Means over the cells, standard deviations and attention become
weighted ones; the derivative of a score by w_i is the influence of cell i on it (the infinitesimal jackknife, Jaeckel
1972). Over all cells it sums to 0.
"""

from __future__ import annotations

import torch
from torch import Tensor

FAINT = 1e-12
"""The least that a cell's attention is before it is made to sum to one, so that a scene of equal cells has even
attention, and the least that a deviation divides by. A least, not a summand: exporters drop so small a summand."""


def statistics_influence(regions: Tensor, score: Tensor) -> Tensor:
    """Follow scores of the mean and the standard deviation of each channel.

    Args:
        regions: shape (B, R, C).
        score: shape (B, K, 2 C), what one more of each mean and of each deviation adds to K scores.

    Returns:
        shape (B, K, R): with mean m, variance v and deviation s, (r_i - m) / R and ((r_i - m)^2 - v) / 2 s R, scored.
    """
    away = regions - regions.mean(dim=1, keepdim=True)
    variance = away.square().mean(dim=1, keepdim=True)
    moved = (away.square() - variance) / (2 * variance.sqrt()).clamp(min=FAINT)
    return score @ torch.cat([away, moved], dim=2).transpose(1, 2) / regions.shape[1]


def attended_influence(embedded: Tensor, attention: Tensor, score: Tensor) -> Tensor:
    """Follow scores of the attended sum a = sum of a_i f_i.

    Args:
        embedded: shape (B, R, d), f_i.
        attention: shape (B, K, R), a_i.
        score: shape (B, K, d), what one more of each number of a adds to K scores.

    Returns:
        shape (B, K, R): a_i (f_i - a), scored.
    """
    worth = score @ embedded.transpose(1, 2)
    return attention * (worth - (attention * worth).sum(dim=-1, keepdim=True))


def as_attention(influence: Tensor) -> Tensor:
    """Give the share of each cell, (B, K, R), in all that raises a score; what lowers it has none."""
    share = influence.clamp(min=FAINT)
    return share / share.sum(dim=-1, keepdim=True)
