"""Which cells of a scene a query comes from: what a score loses where a cell is like the mean of all cells (torch).

That is occlusion (Zeiler and Fergus 2014) by an average cell, without a run of anything: means and standard deviations
over the cells change by a formula, and networks are held to the attention that they paid.
"""

from __future__ import annotations

import torch
from torch import Tensor

FAINT = 1e-12
"""The least that a cell's attention is before it is made to sum to one, so that a scene of equal cells has even
attention. A least, not a summand: exporters drop so small a summand."""


def statistics_influence(regions: Tensor, score: Tensor) -> Tensor:
    """Follow scores of the mean and the standard deviation of each channel.

    Args:
        regions: shape (B, R, C).
        score: shape (B, K, 2 C), what one more of each mean and of each deviation adds to K scores.

    Returns:
        shape (B, K, R): with mean m, variance v and a = r_i - m, the mean loses a / R and the deviation
        sqrt(v) - sqrt(v - a^2 (R + 1) / R^2), scored.
    """
    n = regions.shape[1]
    away = regions - regions.mean(dim=1, keepdim=True)
    variance = away.square().mean(dim=1, keepdim=True)
    without = (variance - away.square() * ((n + 1) / n**2)).clamp(min=0)
    return score @ torch.cat([away / n, variance.sqrt() - without.sqrt()], dim=2).transpose(1, 2)


def attended_influence(embedded: Tensor, attention: Tensor, score: Tensor) -> Tensor:
    """Follow scores of the attended sum, sum of a_i f_i.

    Args:
        embedded: shape (B, R, d), f_i.
        attention: shape (B, K, R), a_i.
        score: shape (B, K, d), what one more of each number of the sum adds to K scores.

    Returns:
        shape (B, K, R): a_i (f_i - mean of all f), scored.
    """
    worth = score @ embedded.transpose(1, 2)
    return attention * (worth - worth.mean(dim=-1, keepdim=True))


def as_attention(influence: Tensor) -> Tensor:
    """Give the share of each cell, (B, K, R), in all that raises a score; what lowers it has none."""
    share = influence.clamp(min=FAINT)
    return share / share.sum(dim=-1, keepdim=True)
