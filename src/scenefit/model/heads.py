"""The heads of "Complete the Look" on frozen features (torch)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from scenefit.model.attention import attention_weights
from scenefit.model.compatibility import query_vectors


class Sizes(NamedTuple):
    """The sizes of a model: D pooled, C region channels, hidden units, d of the embedding, categories."""

    pooled: int
    regions: int
    hidden: int
    embedding: int
    categories: int


def head(inputs: int, hidden: int, outputs: int, dropout: float) -> nn.Sequential:
    """Build g: Linear, BatchNorm, ReLU, Dropout, Linear; L2 normalisation follows where it is called."""
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.BatchNorm1d(hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, outputs),
    )


class CompleteTheLook(nn.Module):
    """Scenes and categories become query vectors, products become unit vectors (Kang et al. 2019, section 4).

    One head g is shared by scenes and products; g_l embeds the regions, g_a the regions for the attention.
    """

    def __init__(self, sizes: Sizes, dropout: float) -> None:
        super().__init__()
        self.sizes = sizes
        self.shared = head(sizes.pooled, sizes.hidden, sizes.embedding, dropout)
        self.local = head(sizes.regions, sizes.hidden, sizes.embedding, dropout)
        self.attending = head(sizes.regions, sizes.hidden, sizes.embedding, dropout)
        self.categories = nn.Embedding(sizes.categories, sizes.embedding)

    def embed(self, pooled: Tensor) -> Tensor:
        """Embed pooled features (B, D) of products or scenes; unit vectors (B, d)."""
        return normalize(self.shared(pooled), dim=-1)

    def look(self, regions: Tensor, categories: Tensor) -> tuple[Tensor, Tensor]:
        """Embed regions (B, R, C) and attend to them for each of K categories, given as rows (K,) or (B, K).

        Returns:
            embedded: shape (B, R, d), unit vectors f_i.
            attention: shape (B, K, R).
        """
        flat = regions.flatten(0, 1)  # (B * R, C)
        shape = (regions.shape[0], regions.shape[1], self.sizes.embedding)
        embedded = normalize(self.local(flat), dim=-1).reshape(shape)
        keys = normalize(self.attending(flat), dim=-1).reshape(shape)
        wanted = normalize(self.categories(categories), dim=-1)
        return embedded, attention_weights(keys, wanted)

    def triplets(
        self, scene: Tensor, regions: Tensor, category: Tensor, positive: Tensor, negative: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Embed a batch of triplets: query vectors, positives and negatives, each (B, d).

        Scenes and products pass the shared head together, so that BatchNorm sees both, as it will when serving.
        """
        f_scene, f_positive, f_negative = self.embed(torch.cat([scene, positive, negative])).chunk(3)
        embedded, attention = self.look(regions, category[:, None])
        return query_vectors(f_scene, attention, embedded)[:, 0], f_positive, f_negative


class SceneSide(nn.Module):
    """Pooled (B, D) and regions (B, R, C) -> queries (B, K, d) and attention (B, K, R) for all K categories."""

    all: Tensor

    def __init__(self, model: CompleteTheLook) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("all", torch.arange(model.sizes.categories))

    def forward(self, pooled: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Give the query vectors and the attention of every category."""
        embedded, attention = self.model.look(regions, self.all)
        return query_vectors(self.model.embed(pooled), attention, embedded), attention


class ProductSide(nn.Module):
    """Pooled (B, D) -> unit vectors (B, d)."""

    def __init__(self, model: CompleteTheLook) -> None:
        super().__init__()
        self.model = model

    def forward(self, pooled: Tensor) -> Tensor:
        """Give the products' unit vectors."""
        return self.model.embed(pooled)
