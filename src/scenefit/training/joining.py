"""Closed form and network become one model; what it remembers of products, and their prior, are weighed (torch)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from scenefit.model.contrast import ContrastiveLook
from scenefit.model.joined import JoinedLook, LinearLook, Parts, Scene
from scenefit.training.logit import Contest, fit_weights
from scenefit.training.triplet_data import SplitPairs, TripletData
from scenefit.training.views import group_means
from scenefit.types import Doubles, Floats, Ints

KEEP = 2.0
"""A product's memory counts n / (n + KEEP) after n pairs."""
START_PARTS, START_WHOLE = (0.5, 0.5), (1.0, 0.5, 1.0)
CHUNK = 256


@dataclass(frozen=True)
class Learned:
    """A joined model; for each product of `data.pool`, its memory (S, d), float32, and prior (S,).

    `weights` tells how much each part counts, once its scores are divided by their spread.
    """

    look: JoinedLook
    memory: Floats
    prior: Doubles
    weights: dict[str, float]


@torch.no_grad()
def join(
    data: TripletData,
    validation: SplitPairs,
    linear: LinearLook,
    networks: Sequence[ContrastiveLook],
    embedding: int,
    seed: int,
) -> Learned:
    """Weigh closed form, networks and what is known of products on the validation pairs; make one model of all."""
    contest = Contest.of(data, validation, seed)
    look = JoinedLook(Parts(linear, networks, (1.0, 1.0)), embedding)
    products = within(joined_products(look, data), data)
    train, held = joined_queries(look, data, data.train), joined_queries(look, data, validation, contest.rows)
    parts, spreads = _weigh_parts(look, train, held, products, contest)
    look.weights = (float(parts[0] / spreads[0]), float(parts[1] / spreads[1]))
    scale = torch.cat([torch.full((size,), weight) for size, weight in zip(look.sizes, look.weights, strict=True)])
    train, held = train * scale, held * scale
    look.query_map, look.product_map = compress(train - _centre(train, data), products, embedding)
    learned = _weigh_products(
        look, data, contest, train @ look.query_map, held @ look.query_map, products @ look.product_map
    )
    names = {"closed_form": round(float(parts[0]), 4), "networks": round(float(parts[1]), 4)}
    return replace(learned, weights={**names, **learned.weights})


def _weigh_parts(
    look: JoinedLook, train: Tensor, held: Tensor, products: Tensor, contest: Contest
) -> tuple[Tensor, Tensor]:
    """Give the weight of each part, (2,), once its scores are divided by their spread, (2,)."""
    scores, spreads = [], []
    for query, other, product in zip(
        *(torch.split(values, [*look.sizes], dim=1) for values in (held, train, products)), strict=True
    ):
        spread = (other.square().mean(dim=0) @ product.square().mean(dim=0)).sqrt().clamp(min=1e-9)
        scores.append(matched(query, product, contest.candidates) / spread)
        spreads.append(spread)
    weights = fit_weights(torch.stack(scores, dim=-1), contest.eligible, torch.tensor(START_PARTS))
    return weights, torch.stack(spreads)


def _weigh_products(
    look: JoinedLook, data: TripletData, contest: Contest, train: Tensor, held: Tensor, products: Tensor
) -> Learned:
    """Weigh content, memory and popularity."""
    memory, counts = remember(data, train - _centre(train, data))
    full = torch.zeros(len(products), memory.shape[1])
    full[torch.from_numpy(data.pool)] = memory
    popularity = torch.zeros(len(products))
    popularity[torch.from_numpy(data.pool)] = torch.from_numpy(np.log(np.maximum(counts, 1))).float()
    content, remembered = (matched(held, side, contest.candidates) for side in (products, full))
    expected = float((train.square().mean(dim=0) @ memory.square().mean(dim=0)).sqrt())
    spread, recall = _spread(content, 1.0), _spread(remembered[remembered != 0], expected)
    scores = torch.stack(
        [content / spread, remembered / recall, popularity[torch.from_numpy(contest.candidates)]], dim=-1
    )
    weights = fit_weights(scores, contest.eligible, torch.tensor(START_WHOLE))
    factor = max(float(weights[0]), 1e-3) / spread
    look.query_map *= factor
    names = dict(zip(("content", "memory", "popularity"), (round(float(w), 4) for w in weights), strict=True))
    remembers = np.asarray(memory * float(weights[1]) / recall / factor)
    return Learned(look, remembers, np.asarray(popularity[torch.from_numpy(data.pool)].double() * weights[2]), names)


def _spread(scores: Tensor, otherwise: float) -> float:
    """Give the standard deviation of scores; something else where there are too few, or all are the same."""
    return (float(scores.std()) if scores.numel() > 1 else 0.0) or otherwise or 1.0


def remember(data: TripletData, queries: Tensor) -> tuple[Tensor, Ints]:
    """Sum up the scenes that each product of the pool was paired with.

    Args:
        data: the triplets.
        queries: shape (N, d), the centred query vectors of the training pairs.

    Returns:
        memory: shape (S, d): sum of C^-1 q over the product's pairs / (n + KEEP), C the queries' covariance; 0 without.
        counts: shape (S,), n.
    """
    place = torch.from_numpy(np.searchsorted(data.pool, data.train.product))
    covariance = queries.T @ queries / len(queries)
    ridge = 0.1 * covariance.trace() / len(covariance)
    white = torch.linalg.solve(covariance + ridge * torch.eye(len(covariance)), queries.T).T
    sums = torch.zeros(len(data.pool), queries.shape[1]).index_add_(0, place, white)
    counts = torch.bincount(place, minlength=len(data.pool))
    return sums / (counts[:, None] + KEEP), counts.numpy()


def compress(queries: Tensor, products: Tensor, embedding: int) -> tuple[Tensor, Tensor]:
    """Find maps (T, d) of both sides whose inner product is closest to that of the whole vectors (T numbers).

    Over independent draws of centred queries (N, T) and products (P, T): with covariances Q = L L^T and F = M M^T the
    singular vectors of L^T M give the best maps of d numbers (Eckart and Young).
    """
    left, right = (_root(values.double()) for values in (queries, products))
    u, s, vt = torch.linalg.svd(left.T @ right)
    d = min(embedding, int((s > 1e-9 * s[0]).sum()))
    root = s[:d].sqrt()
    maps = [torch.linalg.pinv(side.T) @ part * root for side, part in ((left, u[:, :d]), (right, vt[:d].T))]
    return tuple(torch.nn.functional.pad(m.float(), (0, embedding - d)).contiguous() for m in maps)  # type: ignore[return-value]


def _root(values: Tensor) -> Tensor:
    """Give L (T, T) with L L^T the second moments of values (N, T)."""
    w, v = torch.linalg.eigh(values.T @ values / len(values))
    root: Tensor = v * w.clamp(min=0).sqrt()
    return root


def matched(queries: Tensor, products: Tensor, candidates: Ints) -> Tensor:
    """Give the inner products of queries (n, d) with each one's candidates (n, m), rows of products; (n, m)."""
    parts = [
        torch.einsum(
            "nd,nmd->nm", queries[start : start + CHUNK], products[torch.from_numpy(candidates[start : start + CHUNK])]
        )
        for start in range(0, len(candidates), CHUNK)
    ]
    return torch.cat(parts) if parts else torch.zeros(candidates.shape)


def joined_queries(look: JoinedLook, data: TripletData, pairs: SplitPairs, rows: Ints | None = None) -> Tensor:
    """Give the joined query vectors (n, T) of pairs, each for its own category."""
    rows = np.arange(len(pairs.product)) if rows is None else rows
    look.eval()
    parts = []
    for some in (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)):
        found = data.features.scene_features(pairs.feature[some])
        category = data.trained_category(data.features.dataset.product_category[pairs.product[some]]).cpu()
        scene = Scene(*(torch.from_numpy(part) for part in found))
        parts.append(look.joined_queries(scene, category[:, None])[0][:, 0])
    return torch.cat(parts) if parts else torch.zeros(0, sum(look.sizes))


def joined_products(look: JoinedLook, data: TripletData) -> Tensor:
    """Give the joined vectors (P, T) of all products of the dataset."""
    look.eval()
    found = data.features.product_features
    parts = []
    for start in range(0, len(found.pooled), 4 * CHUNK):
        some = found.some(slice(start, start + 4 * CHUNK))
        parts.append(look.joined_products(*(torch.from_numpy(part) for part in some)))
    return torch.cat(parts)


def within(products: Tensor, data: TripletData) -> Tensor:
    """Take out the mean of each category; products without a picture become 0. No order within a category changes."""
    category = torch.from_numpy(data.features.dataset.product_category)
    there = torch.from_numpy(data.features.product_rows >= 0)
    means = group_means(products[there], category[there], int(category.max()) + 1)
    return (products - means[category]) * there[:, None]


def _centre(queries: Tensor, data: TripletData) -> Tensor:
    category = data.trained_category(data.features.dataset.product_category[data.train.product]).cpu()
    return group_means(queries, category, len(data.categories))[category]
