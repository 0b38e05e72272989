"""What the closed form sums up over the pairs, a chunk at a time, by fold of scenes (torch)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self, TypeVar

import numpy as np
import torch
from torch import Tensor

from scenefit.training.closed_form_inputs import CHUNK, Space, scenes, side_by_side, some_rows
from scenefit.training.triplet_data import TripletData
from scenefit.types import Bools, Ints

CROP_RIDGE, MAP_RIDGE = 10.0, 1.0
KEPT, FOLDS = 10_000, 5


class CrossSums(NamedTuple):
    """Sums over pairs: how many of each category (K,), scenes (K, k), targets (K, m), and their products (k, m)."""

    pairs: Tensor
    scene: Tensor
    target: Tensor
    product: Tensor

    @classmethod
    def zeros(cls, categories: int, k: int, m: int, device: torch.device) -> Self:
        """Start with nothing."""
        shapes: list[tuple[int, ...]] = [(categories,), (categories, k), (categories, m), (k, m)]
        return cls(*(torch.zeros(shape, device=device) for shape in shapes))

    def add(self, scene: Tensor, target: Tensor, category: Tensor) -> None:
        """Add pairs: views of scenes (B, k) and targets (B, m) of categories (B,)."""
        self.pairs.index_add_(0, category, torch.ones(len(scene), device=scene.device))
        self.scene.index_add_(0, category, scene)
        self.target.index_add_(0, category, target)
        self.product.addmm_(scene.T, target)

    def centred(self) -> Tensor:
        """Give the products with the means of each category taken out, shape (k, m)."""
        return self.product - (self.scene / self.pairs.clamp(min=1)[:, None]).T @ self.target


class MapSums(NamedTuple):
    """What the map from crops to photos is fitted to.

    Sums over pairs: of crops with crops (c, c), of crops with photos (c, m), of photos squared (m,).
    """

    square: Tensor
    across: Tensor
    photo: Tensor

    @classmethod
    def zeros(cls, c: int, m: int, device: torch.device) -> Self:
        """Start with nothing."""
        return cls(*(torch.zeros(shape, device=device) for shape in ((c, c), (c, m), (m,))))

    def add(self, crop: Tensor, photo: Tensor) -> None:
        """Add pairs: views of crops (B, c) and of photos (B, m)."""
        self.square.addmm_(crop.T, crop)
        self.across.addmm_(crop.T, photo)
        self.photo.add_(photo.square().sum(dim=0))

    def fitted(self) -> Tensor:
        """Give T (c, m), the ridge regression of photos on crops."""
        ridge = MAP_RIDGE * self.square.trace() / len(self.square)
        map_: Tensor = torch.linalg.solve(
            self.square + ridge * torch.eye(len(self.square)).to(self.square), self.across
        )
        return map_


class Kept(NamedTuple):
    """Some pairs and items as they are: views of scenes (N, k), photos (N, m) and crops (N, c), 0 where there is none.

    Categories, scenes and products are rows, each (N,); an item's product is -1.
    """

    scene: Tensor
    photo: Tensor
    crop: Tensor
    category: Tensor
    scene_row: Tensor
    product: Tensor

    @classmethod
    def together(cls, parts: Sequence[Kept]) -> Kept:
        """Put parts one after the other."""
        return cls(*(torch.cat(column) for column in zip(*parts, strict=True)))

    def some(self, rows: Tensor) -> Kept:
        """Keep some of them, by number or by mask."""
        return Kept(*(column[rows] for column in self))


@dataclass
class Accumulated:
    """The sums of each fold: of photos, crops and items, and those of the map from crops to photos.

    `kept` holds pairs and items as they are, at most `KEPT` of each. Scene i is of fold i % FOLDS.
    """

    photos: list[CrossSums]
    crops: list[CrossSums]
    items: list[CrossSums]
    maps: list[MapSums]
    kept: list[Kept] = field(default_factory=list)


Sums = TypeVar("Sums", CrossSums, MapSums)


def total(parts: Sequence[Sums], without: int | None = None) -> Sums:
    """Add up the folds but one."""
    kept = [part for i, part in enumerate(parts) if i != without]
    return type(kept[0])(*(torch.stack(column).sum(dim=0) for column in zip(*kept, strict=True)))


def accumulate(data: TripletData, space: Space) -> Accumulated:
    """Pass once over the training pairs and the items of their scenes."""
    k, m, c = space.scene.directions.shape[1], space.products.shape[1], space.crop.directions.shape[1]

    def folds(size: int) -> list[CrossSums]:
        return [CrossSums.zeros(len(data.categories), k, size, data.device) for _ in range(FOLDS)]

    maps = [MapSums.zeros(c, m, data.device) for _ in range(FOLDS)]
    sums = Accumulated(folds(m), folds(c), folds(c), maps)
    kept = some_rows(np.arange(len(data.train.product)), KEPT)
    for start in range(0, len(data.train.product), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(data.train.product)))
        _add_pairs(sums, data, space, rows, np.isin(rows, kept))
    _add_items(sums, data, space)
    return sums


def _add_pairs(sums: Accumulated, data: TripletData, space: Space, rows: Ints, kept: Bools) -> None:
    pairs = data.train
    x = space.scene(next(scenes(data, pairs.feature[rows])))
    product, scene = (torch.from_numpy(part[rows]).to(data.device) for part in (pairs.product, pairs.scene))
    y, category = space.products[product], space.product_category[product]
    items, shown = data.features.pair_items(pairs.pair[rows])
    has = torch.from_numpy(shown).to(data.device)
    c = space.crops(side_by_side(data, items), category) * space.crop.whitening(CROP_RIDGE)
    for i in range(FOLDS):
        here = scene % FOLDS == i
        sums.photos[i].add(x[here], y[here], category[here])
        sums.crops[i].add(x[here & has], c[here & has], category[here & has])
        sums.maps[i].add(c[here & has], y[here & has])
    some = torch.from_numpy(kept).to(data.device)
    sums.kept.append(Kept(x, y, c * has[:, None], category, scene, product).some(some))


def _add_items(sums: Accumulated, data: TripletData, space: Space) -> None:
    """Add the items without a catalog photo that stand in training scenes, beside a view of the scene."""
    items, scene, code = data.features.shown_items()
    order = np.argsort(data.train.scene, kind="stable")
    place = order[np.searchsorted(data.train.scene[order], scene).clip(max=len(order) - 1)]
    category = data.trained_category(code)
    good = np.flatnonzero((data.train.scene[place] == scene) & (category.cpu().numpy() >= 0))
    kept = good[some_rows(np.arange(len(good)), KEPT)]
    for start in range(0, len(good), CHUNK):
        rows = good[start : start + CHUNK]
        x = space.scene(next(scenes(data, data.train.feature[place[rows]])))
        c = space.crops(side_by_side(data, items.some(rows)), category[rows]) * space.crop.whitening(CROP_RIDGE)
        of_scene = torch.from_numpy(scene[rows]).to(data.device)
        for i in range(FOLDS):
            here = of_scene % FOLDS == i
            sums.items[i].add(x[here], c[here], category[rows][here])
        some = torch.from_numpy(np.isin(rows, kept)).to(data.device)
        none = torch.zeros(len(rows), space.products.shape[1]).to(x)
        shown = Kept(x, none, c, category[rows], of_scene, torch.full_like(of_scene, -1))
        sums.kept.append(shown.some(some))
