"""The hinge triplet loss (torch)."""

from __future__ import annotations

from torch import Tensor

from scenefit.model.compatibility import distance


def triplet_loss(query: Tensor, positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """Compute the mean of max(0, d(s, p+) - d(s, p-) + margin) (Kang et al. 2019, section 4.3).

    Args:
        query: shape (B, d), query vectors.
        positive: shape (B, d), unit vectors of products that go with the scenes.
        negative: shape (B, d), unit vectors of products of the same categories that do not.
        margin: in squared distance, at least 0.

    Returns:
        a scalar, at least 0.

    >>> import torch
    >>> scene, good, bad = torch.tensor([[2.0, 0.0]]), torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    >>> float(triplet_loss(scene, good, bad, 0.2)) < float(triplet_loss(scene, bad, good, 0.2))
    True
    """
    return (distance(query, positive) - distance(query, negative) + margin).clamp(min=0).mean()
