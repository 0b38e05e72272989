"""Views: a few hundred whitened numbers of a scene or a product, from blocks of frozen features (torch)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

KEPT = 512
"""At most so many directions of a view."""
WHOLE = 3072
"""Up to so many inputs the covariance is decomposed whole; above, its first directions are found by random sketches."""


class View(NamedTuple):
    """z = (x - mean) @ directions: uncorrelated directions in falling order of their variance.

    `mean` (X,), `directions` (X, k), `variance` (k,) of z, `average` the mean variance of all X inputs once scaled.
    """

    mean: Tensor
    directions: Tensor
    variance: Tensor
    average: float

    def __call__(self, inputs: Tensor) -> Tensor:
        """Turn inputs (N, X) into z (N, k)."""
        return (inputs - self.mean) @ self.directions

    def whitening(self, ridge: float) -> Tensor:
        """Give the factor of each direction, shape (k,): 1 / sqrt(variance + ridge * average)."""
        return (self.variance + ridge * self.average).rsqrt()


def fit_view(inputs: Tensor, widths: Sequence[int], groups: Tensor | None = None) -> View:
    """Fit a view to a sample of inputs (N, X), made of blocks of the given widths.

    Each block is scaled to a total variance of 1, so that a wide block does not drown a narrow one.

    Args:
        inputs: shape (N, X), float32.
        widths: of the blocks; their sum is X.
        groups: shape (N,), whose means are taken out of the variance, as the categories of products.
    """
    mean = inputs.mean(dim=0)
    centred = inputs - (mean if groups is None else group_means(inputs, groups)[groups])
    variance = centred.square().mean(dim=0)
    totals = torch.stack([part.sum() for part in torch.split(variance, list(widths))])
    scale = totals.clamp(min=1e-12).rsqrt().repeat_interleave(torch.tensor(list(widths), device=inputs.device))
    centred *= scale
    values, vectors = _principal(centred, min(KEPT, inputs.shape[1], len(inputs)))
    return View(mean, scale[:, None] * vectors, values, len(widths) / inputs.shape[1])


def _principal(centred: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Give the first k variances (k,) and directions (X, k) of centred inputs (N, X)."""
    n, x = centred.shape
    if x <= WHOLE:
        values, vectors = torch.linalg.eigh(centred.T @ centred / n)
        return values.flip(0)[:k].clamp(min=0), vectors.flip(1)[:, :k].contiguous()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _, s, v = torch.svd_lowrank(centred, q=min(k + 32, n), niter=2)
    return s[:k].square() / n, v[:, :k].contiguous()


def group_means(values: Tensor, groups: Tensor, count: int | None = None) -> Tensor:
    """Give the mean of values (N, X) in each group, shape (G, X); that of all where a group is empty."""
    count = int(groups.max()) + 1 if count is None else count
    sums = torch.zeros(count, values.shape[1], dtype=values.dtype, device=values.device).index_add_(0, groups, values)
    sizes = torch.bincount(groups, minlength=count)
    return torch.where(sizes[:, None] > 0, sums / sizes.clamp(min=1)[:, None], values.mean(dim=0))


def within(values: Tensor, groups: Tensor) -> Tensor:
    """Take out of values (N, X) the mean of each group; what is of none, -1, becomes 0."""
    known = groups >= 0
    means = group_means(values[known], groups[known], int(groups.max()) + 1)
    return (values - means[groups]) * known[:, None]
