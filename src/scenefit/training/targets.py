"""The targets of the closed form, half a product's photo, half what the scene shows of it; their covariance (torch)."""

from __future__ import annotations

import torch
from torch import Tensor

from scenefit.training.closed_form_inputs import Space
from scenefit.training.closed_form_sums import FOLDS, Accumulated, Kept, total

MIX, ITEM_WEIGHT = 0.5, 0.5


def cross_covariance(sums: Accumulated, space: Space, ridge: float, without: int | None = None) -> Tensor:
    """Give C in the whitened views, shape (k, m), over all folds but one."""
    photos, crops, items = (total(part, without) for part in (sums.photos, sums.crops, sums.items))
    white = space.product.whitening(ridge)
    across = photos.centred()
    if float(crops.pairs.sum()):
        smooth = smoothing(sums, white, without)
        across = (1 - MIX) * across + MIX * crops.centred() @ smooth + ITEM_WEIGHT * items.centred() @ smooth
    return space.scene.whitening(ridge)[:, None] * across * white / photos.pairs.sum()


def targets(sums: Accumulated, white: Tensor, without: int | None = None) -> tuple[Kept, Tensor]:
    """Give the pairs and items that were kept, of all folds but one, and their whitened, weighed targets (N, m)."""
    kept = Kept.together(sums.kept)
    kept = kept.some(kept.scene_row % FOLDS != (-1 if without is None else without))
    if not float(total(sums.crops, without).pairs.sum()):
        kept = kept.some(kept.product >= 0)
        return kept, kept.photo * white
    shown = kept.crop @ smoothing(sums, white, without)
    pair = (kept.product >= 0)[:, None]
    return kept, torch.where(pair, (1 - MIX) * kept.photo + MIX * shown, ITEM_WEIGHT * shown) * white


def smoothing(sums: Accumulated, white: Tensor, without: int | None = None) -> Tensor:
    """Give s T, from the view of a crop to that of a product (c, m), before the whitening `white` of the product."""
    of = total(sums.maps, without)
    map_ = of.fitted()
    mapped = (map_.T @ of.square @ map_).diagonal()
    scale = ((of.photo * white**2).sum() / (mapped * white**2).sum().clamp(min=1e-12)).sqrt()
    smooth: Tensor = scale * map_
    return smooth
