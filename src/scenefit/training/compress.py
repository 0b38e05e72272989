"""The best linear maps of two sides to fewer numbers, as far as their inner products go (torch)."""

from __future__ import annotations

import torch
from torch import Tensor

FAINT = 1e-8
"""A direction that a sample does not show counts as if it had this share of the greatest second moment."""


def compress(queries: Tensor, products: Tensor, embedding: int) -> tuple[Tensor, Tensor]:
    """Find maps (T, d) of both sides whose inner product is closest to that of the whole vectors (T numbers).

    Over independent draws of centred queries (N, T) and products (P, T): with covariances Q = L L^T and F = M M^T the
    singular vectors of L^T M give the best maps of d numbers (Eckart and Young).
    """
    left, right = (_root(values.double()) for values in (queries, products))
    u, s, vt = torch.linalg.svd(left.T @ right)
    d = min(embedding, int((s > 1e-9 * s[0]).sum()))
    root = s[:d].sqrt()
    query, product = (torch.linalg.pinv(side.T) @ part * root for side, part in ((left, u[:, :d]), (right, vt[:d].T)))
    return _padded(query, embedding), _padded(product, embedding)


def _root(values: Tensor) -> Tensor:
    """Give L (T, T) with L L^T the second moments of values (N, T); of few values they would hang on rounding."""
    w, v = torch.linalg.eigh(values.T @ values / len(values))
    root: Tensor = v * w.clamp(min=FAINT * float(w[-1])).sqrt()
    return root


def _padded(map_: Tensor, width: int) -> Tensor:
    return torch.nn.functional.pad(map_.float(), (0, width - map_.shape[1])).contiguous()
