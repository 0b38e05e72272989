"""The vectors of all parts of a joined model, for the pairs and the products of a dataset (torch)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from scenefit.model.joined import JoinedLook, Scene
from scenefit.training.triplet_data import SplitPairs, TripletData
from scenefit.training.views import group_means
from scenefit.types import Ints

KEEP = 8.0
"""A product's memory counts n / (n + KEEP) after n pairs."""
MEMORY_RIDGE = 0.3
"""What is added to the covariance of queries before it is inverted, as a share of their mean variance."""
CHUNK = 256


def joined_queries(look: JoinedLook, data: TripletData, pairs: SplitPairs, rows: Ints | None = None) -> Tensor:
    """Give the joined query vectors (n, T) of pairs, each for its own category; no scene is its own neighbour."""
    rows = np.arange(len(pairs.product)) if rows is None else rows
    look.eval()
    parts = []
    for some in (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)):
        found = data.features.scene_features(pairs.feature[some])
        category = data.trained_category(data.features.dataset.product_category[pairs.product[some]]).cpu()
        scene = Scene(*(torch.from_numpy(part) for part in found))
        own = torch.from_numpy(pairs.scene[some])
        parts.append(look.joined_queries(scene, category[:, None], own)[0][:, 0])
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


def centred(queries: Tensor, data: TripletData) -> Tensor:
    """Take out of the training pairs' query vectors (N, d) the mean of each category."""
    category = data.trained_category(data.features.dataset.product_category[data.train.product]).cpu()
    return queries - group_means(queries, category, len(data.categories))[category]


def spread(queries: Tensor, products: Tensor) -> Tensor:
    """Give the root mean square of the inner products of independent queries (N, d) and products (P, d).

    E (q . f)^2 = trace(E q q^T E f f^T).
    """
    moments = (values.T @ values / len(values) for values in (queries, products))
    return torch.mul(*moments).sum().clamp(min=0).sqrt().clamp(min=1e-9)


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
    ridge = MEMORY_RIDGE * covariance.trace() / len(covariance)
    white = torch.linalg.solve(covariance + ridge * torch.eye(len(covariance)), queries.T).T
    sums = torch.zeros(len(data.pool), queries.shape[1]).index_add_(0, place, white)
    counts = torch.bincount(place, minlength=len(data.pool))
    return sums / (counts[:, None] + KEEP), counts.numpy()


def matched(queries: Tensor, products: Tensor, candidates: Ints) -> Tensor:
    """Give the inner products of queries (n, d) with each one's candidates (n, m), rows of products; (n, m)."""
    starts = range(0, len(candidates), CHUNK)
    chosen = ((queries[i : i + CHUNK], products[torch.from_numpy(candidates[i : i + CHUNK])]) for i in starts)
    parts = [torch.einsum("nd,nmd->nm", query, product) for query, product in chosen]
    return torch.cat(parts) if parts else torch.zeros(candidates.shape)
