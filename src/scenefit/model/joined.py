"""The model of the recipe `default`: a closed form and networks side by side, still one vector a side (torch)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from scenefit.model.contrast import ContrastiveLook
from scenefit.model.influence import as_attention, attended_influence, statistics_influence
from scenefit.model.neighbours import Neighbours


class ClosedFormLook(nn.Module):
    """The closed form: q(s, c) = l + n(l, c) with l = A x_s + b_c, and f_p = B y_p + b.

    x_s (B, X) are a scene's pooled features, halves, and the mean and standard deviation of its regions; y_p (P, Y) a
    product's pooled features and statistics; n what near scenes of the training were paired with, if that helps.
    """

    def __init__(self, scene: int, product: int, embedding: int, categories: int) -> None:
        super().__init__()
        self.scene = nn.Linear(scene, embedding, bias=False)
        self.product = nn.Linear(product, embedding)
        self.categories = nn.Embedding(categories, embedding)
        self.neighbours: Neighbours | None = None

    def query(self, scene: Tensor, category: Tensor, own: Tensor | None = None) -> Tensor:
        """Give the query vectors (B, K, d) of scenes (B, X) for categories (K,) or (B, K).

        `own` (B,) are the scenes' numbers where they may be among the training scenes: none is its own neighbour.
        """
        query: Tensor = self.scene(scene)[:, None] + self.categories(category)
        return query if self.neighbours is None else query + self.neighbours(query, category, own)


Looks = Sequence[tuple[Tensor, Tensor]]
"""What `ContrastiveLook.look` gives, network by network: embedded regions (B, R, e) and attention (B, K, R)."""


class Parts(NamedTuple):
    """What is joined: the closed form, the networks, and how much it and they together count."""

    closed_form: ClosedFormLook
    networks: Sequence[ContrastiveLook]
    weights: tuple[float, float]


class Scene(NamedTuple):
    """The features of scenes: pooled (B, D), regions (B, R, C) and halves (B, H)."""

    pooled: Tensor
    regions: Tensor
    halves: Tensor


def scene_inputs(pooled: Tensor, regions: Tensor, halves: Tensor) -> Tensor:
    """Put side by side what the closed form reads of scenes: (B, D), (B, R, C) and (B, H) become (B, D + H + 2 C)."""
    mean = regions.mean(dim=1)
    deviation = (regions - mean[:, None]).square().mean(dim=1).sqrt()
    return torch.cat([pooled, halves, mean, deviation], dim=1)


class JoinedLook(nn.Module):
    """All parts' vectors side by side, turned into d numbers by a linear map a side.

    Side by side, a sum of inner products is one inner product: nothing is lost of "one vector is enough". `weights`
    (2,) tell how much the closed form and the networks count. `query_map` (T, d) and `product_map` (T, d), T the length
    of all parts' vectors, keep of that product what differs most over the training scenes and the catalog. `variance`
    (d,) is that of the products' vectors within categories, memory included, which are uncorrelated.
    """

    weights: Tensor
    query_map: Tensor
    product_map: Tensor
    variance: Tensor
    networks: Sequence[ContrastiveLook]

    def __init__(self, parts: Parts, embedding: int) -> None:
        super().__init__()
        self.closed_form = parts.closed_form
        self.networks = nn.ModuleList(parts.networks)  # type: ignore[assignment]
        self.sizes = (self.closed_form.product.out_features, sum(network.sizes.embedding for network in self.networks))
        self.register_buffer("weights", torch.tensor(parts.weights))
        self.register_buffer("query_map", torch.zeros(sum(self.sizes), embedding))
        self.register_buffer("product_map", torch.zeros(sum(self.sizes), embedding))
        self.register_buffer("variance", torch.zeros(embedding))

    def joined_queries(self, scene: Scene, category: Tensor, own: Tensor | None = None) -> tuple[Tensor, Looks]:
        """Give all parts' query vectors (B, K, T), weighed, and what each network saw.

        Args:
            scene: pooled features (B, D), regions (B, R, C) and halves (B, H).
            category: rows of categories, (K,) or (B, K).
            own: shape (B,), the scenes' numbers where they may be of the training; see `ClosedFormLook.query`.
        """
        looks = [network.look(scene.regions, category) for network in self.networks]
        queries = [self.weights[0] * self.closed_form.query(scene_inputs(*scene), category, own)]
        for network, (embedded, attention) in zip(self.networks, looks, strict=True):
            f_scene = network.embed(scene.pooled)
            queries.append(self.weights[1] * network.queries(f_scene, embedded, attention, category))
        return torch.cat(queries, dim=-1), looks

    def attention(self, regions: Tensor, queries: Tensor, looks: Looks, category: Tensor) -> Tensor:
        """Tell which cells the scores come from that queries give the catalog; shape (B, K, R).

        What a cell adds is the covariance, over products, of what their scores lose without it with the scores; see
        `influence`. The pooled features, the halves and the near scenes stay as they are.

        Args:
            regions: shape (B, R, C).
            queries: shape (B, K, T), those of `joined_queries`.
            looks: what it gave beside them.
            category: as it was given.
        """
        score = (queries @ self.query_map * self.variance) @ self.query_map.T  # (B, K, T)
        sizes = [self.sizes[0], *(network.sizes.embedding for network in self.networks)]
        first, *others = torch.split(score, sizes, dim=-1)
        statistics = self.closed_form.scene.weight[:, -2 * regions.shape[2] :]  # the last of `scene_inputs`
        found = self.weights[0] * statistics_influence(regions, first @ statistics)
        for network, part, look in zip(self.networks, others, looks, strict=True):
            found = found + self.weights[1] * attended_influence(*look, network.category_map.back(part, category))
        return as_attention(found)

    def joined_products(self, pooled: Tensor, statistics: Tensor) -> Tensor:
        """Give all parts' product vectors (P, T)."""
        first = self.closed_form.product(torch.cat([pooled, statistics], dim=1))
        return torch.cat([first, *(network.embed(pooled) for network in self.networks)], dim=-1)


class JoinedScene(nn.Module):
    """Pooled (B, D), regions (B, R, C), halves (B, H) -> queries (B, K, d), attention (B, K, R) of all K categories."""

    all: Tensor

    def __init__(self, model: JoinedLook) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("all", torch.arange(model.closed_form.categories.num_embeddings))

    def forward(self, pooled: Tensor, regions: Tensor, halves: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Give the query vectors and the attention of every category."""
        scene = Scene(pooled, regions, pooled[:, :0] if halves is None else halves)
        queries, looks = self.model.joined_queries(scene, self.all)
        return queries @ self.model.query_map, self.model.attention(regions, queries, looks, self.all)


class JoinedProduct(nn.Module):
    """Pooled (P, D) and statistics (P, 2 C) -> vectors (P, d)."""

    def __init__(self, model: JoinedLook) -> None:
        super().__init__()
        self.model = model

    def forward(self, pooled: Tensor, statistics: Tensor) -> Tensor:
        """Give the products' vectors."""
        return self.model.joined_products(pooled, statistics) @ self.model.product_map
