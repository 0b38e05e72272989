"""The heads of "Complete the Look" on frozen features (torch)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from scenefit.model.attention import attention_weights
from scenefit.model.compatibility import distance, query_vectors
from scenefit.model.network import Network


class Sizes(NamedTuple):
    """The sizes of a model: D pooled, C region channels, hidden units, d of the embedding, categories."""

    pooled: int
    regions: int
    hidden: int
    embedding: int
    categories: int


class Dropout(nn.Module):
    """Dropout whose mask costs a byte a unit; torch's own takes longer on a CPU than the layers around it.

    The rate is rounded to a 256th, and what is kept is scaled by the rounded rate.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.threshold = round(256 * rate)

    def forward(self, units: Tensor) -> Tensor:
        """Drop a share of the units in training; give them back as they are otherwise."""
        if not self.training or not self.threshold:
            return units
        words = torch.empty(-(-units.numel() // 8), dtype=torch.int64, device=units.device)
        draws = words.random_(torch.iinfo(torch.int64).min, None).view(torch.uint8)
        kept = draws[: units.numel()].view(units.shape) >= self.threshold
        return units * kept.to(units.dtype).mul_(256 / (256 - self.threshold))


def head(inputs: int, hidden: int, outputs: int, dropout: float) -> nn.Sequential:
    """Build g: Linear, BatchNorm, ReLU, Dropout, Linear; L2 normalisation follows where it is called."""
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.BatchNorm1d(hidden),
        nn.ReLU(),
        Dropout(dropout),
        nn.Linear(hidden, outputs),
    )


class CompleteTheLook(Network):
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
        """Embed pooled features (P, D) of products or scenes; unit vectors (P, d)."""
        return normalize(self.shared(pooled), dim=-1)

    def look(self, regions: Tensor, categories: Tensor) -> tuple[Tensor, Tensor]:
        """Embed regions (B, R, C) and attend to them for each of K categories, given as rows (K,) or (B, K).

        Returns:
            embedded: shape (B, R, d), unit vectors f_i.
            attention: shape (B, K, R).
        """
        embedded, keys = self.embed_regions(regions)
        wanted = normalize(self.categories(categories), dim=-1)
        return embedded, self.attend(keys, wanted)

    def embed_regions(self, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Embed regions (B, R, C): unit vectors f_i to compare and h_i to attend by, each (B, R, d)."""
        flat = regions.flatten(0, 1)  # (B * R, C)
        shape = (regions.shape[0], regions.shape[1], self.sizes.embedding)
        embedded, keys = (normalize(part(flat), dim=-1).reshape(shape) for part in (self.local, self.attending))
        return embedded, keys

    def attend(self, keys: Tensor, wanted: Tensor) -> Tensor:
        """Weigh the regions (B, R, d) for each of the wanted vectors (K, d) or (B, K, d); shape (B, K, R)."""
        return attention_weights(keys, wanted)

    def triplets(
        self, scene: Tensor, regions: Tensor, category: Tensor, positive: Tensor, negative: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Embed a batch of triplets: query vectors, positives and negatives, each (B, d).

        Scenes and products pass the shared head together, so that BatchNorm sees both, as it will when serving.
        """
        f_scene, f_positive, f_negative = self.embed(torch.cat([scene, positive, negative])).chunk(3)
        return self.query(f_scene, regions, category), f_positive, f_negative

    def query(self, f_scene: Tensor, regions: Tensor, category: Tensor) -> Tensor:
        """Give the query vectors (B, d) of embedded scenes (B, d), regions (B, R, C) and one category (B,) each."""
        embedded, attention = self.look(regions, category[:, None])
        return self.queries(f_scene, embedded, attention, category[:, None])[:, 0]

    def queries(self, f_scene: Tensor, embedded: Tensor, attention: Tensor, category: Tensor) -> Tensor:
        """Give the query vectors (B, K, d) from what `look` gives for categories in rows (K,) or (B, K)."""
        return query_vectors(f_scene, attention, embedded)

    def distances(self, scene: Tensor, regions: Tensor, category: Tensor, products: Tensor) -> Tensor:
        """Give the distances (B, K) to embedded products, as `Network.distances`."""
        return distance(self.query(self.embed(scene), regions, category)[:, None], products)


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
        return self.model.queries(self.model.embed(pooled), embedded, attention, self.all), attention


class ProductSide(nn.Module):
    """Pooled (B, D) -> unit vectors (B, d)."""

    def __init__(self, model: CompleteTheLook) -> None:
        super().__init__()
        self.model = model

    def forward(self, pooled: Tensor) -> Tensor:
        """Give the products' unit vectors."""
        return self.model.embed(pooled)
