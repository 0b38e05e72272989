"""The targets of the closed form, half a product's photo, half what the scene shows of it; their covariance (torch)."""

from __future__ import annotations

from typing import NamedTuple, Self

import torch
from torch import Tensor

from scenefit.training.closed_form_inputs import Space
from scenefit.training.closed_form_sums import FOLDS, Accumulated, Kept, total

MIX, ITEM_WEIGHT = 0.5, 0.5


class Cross(NamedTuple):
    """What scenes go together with, of all folds but one, before any whitening, means of categories taken out.

    Weighed sums over `pairs` pairs: scenes with photos (k, m), and with what they show, mapped by T (k, m); the squares
    (m,) of photos and of what T makes of their crops. `map` is T (c, m); without crops it and what it makes are 0.
    """

    photo: Tensor
    shown: Tensor
    map: Tensor
    photo_square: Tensor
    mapped_square: Tensor
    pairs: Tensor

    @classmethod
    def of(cls, sums: Accumulated, without: int | None = None) -> Self:
        """Add up what was accumulated."""
        photos, crops, items = (total(part, without) for part in (sums.photos, sums.crops, sums.items))
        maps, photo, pairs = total(sums.maps, without), photos.centred(), photos.pairs.sum()
        if not float(crops.pairs.sum()):
            return cls(photo, torch.zeros_like(photo), torch.zeros_like(maps.across), maps.photo, maps.photo, pairs)
        map_ = maps.fitted()
        mapped = (map_.T @ maps.square @ map_).diagonal()
        return cls(
            (1 - MIX) * photo,
            (MIX * crops.centred() + ITEM_WEIGHT * items.centred()) @ map_,
            map_,
            maps.photo,
            mapped,
            pairs,
        )

    def scale(self, white: Tensor) -> Tensor:
        """Give s, which makes what T makes as long as photos once whitened by `white` (m,); 0-dimensional."""
        mapped: Tensor = (self.mapped_square * white**2).sum().clamp(min=1e-12)
        return ((self.photo_square * white**2).sum() / mapped).sqrt()

    def covariance(self, space: Space, ridge: float) -> Tensor:
        """Give C in the whitened views, shape (k, m)."""
        white = space.product.whitening(ridge)
        across = self.photo + self.scale(white) * self.shown
        return space.scene.whitening(ridge)[:, None] * across * white / self.pairs


def targets(sums: Accumulated, cross: Cross, white: Tensor, without: int | None = None) -> tuple[Kept, Tensor]:
    """Give the pairs and items that were kept, of all folds but one, and their whitened, weighed targets (N, m).

    `cross` is of the same folds.
    """
    kept = Kept.together(sums.kept)
    kept = kept.some(kept.scene_row % FOLDS != (-1 if without is None else without))
    if not cross.map.any():
        kept = kept.some(kept.product >= 0)
        return kept, kept.photo * white
    shown = kept.crop @ cross.map * cross.scale(white)
    pair = (kept.product >= 0)[:, None]
    return kept, torch.where(pair, (1 - MIX) * kept.photo + MIX * shown, ITEM_WEIGHT * shown) * white
