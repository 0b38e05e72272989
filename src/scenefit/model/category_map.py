"""What a category asks of a scene: a linear map of query vectors for each category, learned (torch)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

RANK = 32


class CategoryMap(nn.Module):
    """Turn q into q + (q A_c) B_c, A_c (d, r) and B_c (r, d) of category c; nothing changes before training.

    What goes with a scene differs by category: shoes may match what trousers contrast with. The attention alone tells
    categories apart by where they look, not by what they look for.
    """

    def __init__(self, categories: int, embedding: int, rank: int = RANK) -> None:
        super().__init__()
        self.first = nn.Parameter(0.1 * torch.randn(categories, embedding, rank))
        self.second = nn.Parameter(torch.zeros(categories, rank, embedding))

    def forward(self, queries: Tensor, category: Tensor) -> Tensor:
        """Map query vectors (B, K, d) of the categories in rows (K,) or (B, K)."""
        return queries + _each(queries, self.first[category], self.second[category])

    def back(self, score: Tensor, category: Tensor) -> Tensor:
        """Give what one more of each number before the map adds, from what one more after it adds: (B, K, d)."""
        return score + _each(score, self.second[category].mT, self.first[category].mT)


def _each(vectors: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Multiply vectors (B, K, d) with their own matrices, (K, d, r) and (K, r, d) or with B before."""
    return (vectors.unsqueeze(-2) @ first @ second).squeeze(-2)
