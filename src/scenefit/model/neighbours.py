"""What the training scenes nearest to a scene were paired with, as one more term of the query (torch)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, pad

TEMPERATURE = 0.2
SAME_CATEGORY = 2.0
"""What a pair of the category asked for has ahead of the others, in the exponent."""


class Anchors(NamedTuple):
    """Training pairs to look among: keys (N, d) and values (N, d), categories and scenes (N,), and key scales (d,)."""

    keys: Tensor
    values: Tensor
    category: Tensor
    scene: Tensor
    scale: Tensor


class Neighbours(nn.Module):
    """A kernel regression (Nadaraya 1964, Watson 1964) from the closed form's query to the products of near scenes.

    With keys k_j of the training pairs, their values v_j and categories c_j, all centred by category:

        n(q, c) = sum_j w_j v_j,   w = softmax over j of ( cos(scale * q, k_j) / TEMPERATURE + SAME_CATEGORY [c_j = c] )
    """

    keys: Tensor
    values: Tensor
    category: Tensor
    scene: Tensor
    scale: Tensor

    def __init__(self, anchors: Anchors) -> None:
        super().__init__()
        for name, value in anchors._asdict().items():
            self.register_buffer(name, value)

    def forward(self, query: Tensor, category: Tensor, own: Tensor | None = None) -> Tensor:
        """Give what near scenes ask for.

        Args:
            query: shape (B, K, d), the closed form's centred queries.
            category: of each query, (K,) or (B, K).
            own: shape (B,), the scenes that the queries are of, whose pairs are left out; None where they are new.

        Returns:
            Shape (B, K, d).
        """
        near = normalize(query * self.scale, dim=-1) @ (self.keys.T / TEMPERATURE)
        near = near + SAME_CATEGORY * (category[..., None] == self.category)
        if own is None:
            return near.softmax(dim=-1) @ self.values
        away = near.masked_fill((own[:, None] == self.scene)[:, None], -torch.inf)
        return away.softmax(dim=-1).nan_to_num() @ self.values  # 0 where there is no other scene

    def padded(self, width: int) -> Neighbours:
        """Give the same with d = `width`, filled up with zeros."""
        keys, values, scale = (pad(part, (0, width - part.shape[-1])) for part in (self.keys, self.values, self.scale))
        return Neighbours(Anchors(keys, values, self.category, self.scene, scale))
