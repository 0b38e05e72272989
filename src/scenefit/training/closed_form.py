"""The closed form: regularised CCA of scenes and products, with targets smoothed by what the scene shows (torch).

Canonical correlation (Hotelling 1936), ridged and centred by category: x is the whitened view of a scene, y that of
its product; the singular vectors of C = E[(x - E x)(t - E t)^T] are the directions in which scenes and products go
together. The target of a pair is t = (1 - MIX) y + MIX s T k: k is the view of the part of the scene that shows the
product, known in training alone, T the ridge regression of y on k, s a scale that makes both as long. What the shop's
photo added is noise to the scene, and T k has none of it. Items without a catalog photo have the target s T k.

The sums are streamed: memory does not grow with the number of pairs. The ridge is chosen by cross-validation over
scenes within the training pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from scenefit.model.joined import LinearLook
from scenefit.training.closed_form_inputs import Space
from scenefit.training.closed_form_sums import Accumulated, CrossSums, Held, accumulate
from scenefit.training.triplet_data import TripletData
from scenefit.training.views import group_means

RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
MAP_RIDGE = 1.0
MIX, ITEM_WEIGHT = 0.5, 0.5
CANDIDATES = 2_000


@dataclass(frozen=True)
class ClosedForm:
    """The two linear maps, the ridge that was chosen, and the accuracy of each ridge on held-out training scenes."""

    look: LinearLook
    ridge: float
    accuracy: dict[float, float]


def fit_closed_form(data: TripletData, embedding: int, ridges: Sequence[float] = RIDGES) -> ClosedForm:
    """Fit the training pairs of some triplets with the best of some ridges; the same pairs give the same maps."""
    space = Space.of(data)
    sums = accumulate(data, space)
    accuracy = {ridge: _held_out(sums, space, ridge) if len(ridges) > 1 else 0.5 for ridge in ridges}
    ridge = max(accuracy, key=lambda value: accuracy[value])
    return ClosedForm(_look(sums, space, ridge, embedding), ridge, accuracy)


def cross_covariance(sums: Accumulated, space: Space, ridge: float, without: int | None = None) -> Tensor:
    """Give C in the whitened views, shape (k, m), over all folds but one."""
    photos, crops, items = (CrossSums.total(part, without) for part in (sums.photos, sums.crops, sums.items))
    white = space.product.whitening(ridge)
    total = photos.centred()
    if float(crops.pairs.sum()):
        smooth = _smoothing(sums, white)
        total = (1 - MIX) * total + MIX * crops.centred() @ smooth + ITEM_WEIGHT * items.centred() @ smooth
    return space.scene.whitening(ridge)[:, None] * total * white / photos.pairs.sum()


def _smoothing(sums: Accumulated, white: Tensor) -> Tensor:
    """Give s T, from the view of a crop to that of a product (m, m), before the whitening `white` of the product."""
    squares = sums.crop_square
    ridge = MAP_RIDGE * squares.trace() / len(squares)
    map_ = torch.linalg.solve(squares + ridge * torch.eye(len(squares)).to(squares), sums.crop_photo)
    mapped = (map_.T @ squares @ map_).diagonal()
    scale = ((sums.photo_square * white**2).sum() / (mapped * white**2).sum().clamp(min=1e-12)).sqrt()
    smooth: Tensor = scale * map_
    return smooth


def _held_out(sums: Accumulated, space: Space, ridge: float) -> float:
    """Give the accuracy on the scenes of each fold with the sums of the others."""
    held, right = Held(*(torch.cat(column) for column in zip(*sums.held, strict=True))), []
    products = space.products * space.product.whitening(ridge)
    means = _scene_means(sums)
    white = space.scene.whitening(ridge)
    for fold in range(len(sums.photos)):
        c = cross_covariance(sums, space, ridge, fold)
        for category in range(len(means)):
            rows = (held.fold == fold) & (held.category == category)
            if not rows.any():
                continue
            queries = ((held.scene[rows] - means[category]) * white) @ c  # (B, m)
            own = (queries * products[held.product[rows]]).sum(dim=1, keepdim=True)
            others = torch.nonzero(space.product_category == category)[:, 0]
            others = others[:: -(-len(others) // CANDIDATES)]
            scores = queries @ products[others].T
            ahead = (scores < own) * 1.0 + (scores == own) * 0.5
            right.append(ahead.masked_fill(others == held.product[rows][:, None], 0.5).mean(dim=1))
    return float(torch.cat(right).mean()) if right else 0.5


def _scene_means(sums: Accumulated) -> Tensor:
    """Give the mean view of the scenes of each category, shape (K, k); that of all where there is none."""
    total = CrossSums.total(sums.photos)
    overall = total.scene.sum(dim=0) / total.pairs.sum()
    return torch.where(total.pairs[:, None] > 0, total.scene / total.pairs.clamp(min=1)[:, None], overall)


def _look(sums: Accumulated, space: Space, ridge: float, embedding: int) -> LinearLook:
    """Turn the first singular vectors into linear maps of the features as they are; both sides of length 1 or so."""
    u, s, v = torch.linalg.svd(cross_covariance(sums, space, ridge))
    d = min(embedding, len(s))
    scene = space.scene.directions @ (space.scene.whitening(ridge)[:, None] * u[:, :d])  # (X, d)
    product = space.product.directions @ (space.product.whitening(ridge)[:, None] * v[:d].T * s[:d])
    products = space.products * space.product.whitening(ridge) @ (v[:d].T * s[:d])
    spread = _within(products, space.product_category).square().sum(dim=1).mean().sqrt().clamp(min=1e-12)
    means = _scene_means(sums) * space.scene.whitening(ridge) @ u[:, :d]
    look = LinearLook(len(scene), len(product), embedding, len(means))
    with torch.no_grad():
        for parameter in look.parameters():
            parameter.zero_()
        look.scene.weight[:d] = scene.T
        look.categories.weight[:, :d] = -(space.scene.mean @ scene) - means
        look.product.weight[:d] = product.T / spread
        look.product.bias[:d] = -(space.product.mean @ product) / spread
    return look.cpu().eval()


def _within(values: Tensor, category: Tensor) -> Tensor:
    known = category >= 0
    return values[known] - group_means(values[known], category[known])[category[known]]
