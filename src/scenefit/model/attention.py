"""Attention over the regions of a scene, by category (torch)."""

from __future__ import annotations

from torch import Tensor


def attention_weights(regions: Tensor, categories: Tensor) -> Tensor:
    """Compute a_ci = softmax over i of -|h_i - e_c|^2 (Kang et al. 2019).

    The key is the category alone, never a product: a product would leak the label. Both sides are unit vectors, so
    the logits lie in [-4, 0]: a region can weigh at most e^4 times another.

    Args:
        regions: shape (B, R, d), unit vectors h_i.
        categories: shape (C, d) for C categories of every scene, or (B, C, d); unit vectors e_c.

    Returns:
        shape (B, C, R); sums to one over the regions.
    """
    logits = 2 * (categories @ regions.transpose(-1, -2)) - 2  # -|h - e|^2 = 2 h.e - 2
    return logits.softmax(dim=-1)
