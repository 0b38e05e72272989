"""Scenes cut in 4 x 4 views, each through the backbone: the regions of the variant of a re-implementation."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures, scene_crops
from scenefit.features.extract import ExtractReport, extract
from scenefit.features.store import FeatureStore, FeatureTable, crop_key
from scenefit.types import Box, Crop, Ints, Progress, SceneFeatures, silent

SIDE = 4
"""Views each way."""


def views(crop: Crop) -> list[Crop]:
    """Cut a crop into `SIDE` x `SIDE` equal views, rows from the top.

    >>> from pathlib import Path
    >>> views(Crop(Path("scene.jpg"), "", Box(0.0, 0.0, 1.0, 0.8)))[5].box
    Box(left=0.25, top=0.2, right=0.5, bottom=0.4)
    """
    box = crop.box
    across, down = np.linspace(box.left, box.right, SIDE + 1), np.linspace(box.top, box.bottom, SIDE + 1)
    corners = product(range(SIDE), range(SIDE))
    return [
        Crop(crop.path, crop.content, Box(*map(float, (across[i], down[j], across[i + 1], down[j + 1]))))
        for j, i in corners
    ]


def view_store(features: DatasetFeatures, backbone: Backbone) -> FeatureStore:
    """Open the store of the views: beside that of the dataset's features."""
    folder = features.store.folder
    tables = {"views": {"pooled": backbone.pooled_size}}
    return FeatureStore(folder.with_name(f"{folder.name}-views"), backbone.fingerprint, tables)


def compute_views(
    features: DatasetFeatures, backbone: Backbone, pair_rows: Ints, *, cropped: bool, progress: Progress = silent
) -> ExtractReport:
    """Compute what the store lacks of the views of the pairs' scenes."""
    crops = [crop for crop in scene_crops(features.dataset, pair_rows, cropped) if crop is not None]
    wanted = [view for crop in crops for view in views(crop)]
    return extract(backbone, view_store(features, backbone), "views", wanted, progress=progress)


@dataclass(frozen=True)
class ViewFeatures(DatasetFeatures):
    """As `DatasetFeatures`, but the regions of a scene are the pooled features of its views, (B, 16, D).

    `view_rows` has shape (S, 16): for each row of the store's scenes the rows of its views, -1 where one is lacking.
    """

    table: FeatureTable
    view_rows: Ints

    @classmethod
    def of(cls, features: DatasetFeatures, backbone: Backbone, cropped: bool) -> ViewFeatures:
        """Find the views of the scenes of all pairs."""
        table = view_store(features, backbone).table("views")
        pairs = np.arange(len(features.dataset.pair_scene))
        rows = features.scene_rows(pairs, cropped)
        known = np.full((max(int(rows.max(initial=0)) + 1, 1), SIDE * SIDE), -1, np.int64)
        for row, crop in zip(rows.tolist(), scene_crops(features.dataset, pairs, cropped), strict=True):
            if row >= 0 and crop is not None:
                known[row] = table.rows([crop_key(view) for view in views(crop)])
        return cls(features.dataset, features.store, SIDE, table, known)

    def scene_rows(self, pair_rows: Ints, cropped: bool = True) -> Ints:
        """Find the scenes whose views are all there; -1 for the others."""
        rows = super().scene_rows(pair_rows, cropped)
        whole = (self.view_rows[rows.clip(0, len(self.view_rows) - 1)] >= 0).all(axis=1)
        return np.where((rows >= 0) & (rows < len(self.view_rows)) & whole, rows, -1)

    def scene_features(self, rows: Ints) -> SceneFeatures:
        """Read scenes; the regions are the pooled features of their views, (B, 16, D)."""
        views_ = self.view_rows[rows]
        regions = self.table.read("pooled", views_.ravel()).reshape(*views_.shape, -1)
        return SceneFeatures(self.scenes.read("pooled", rows), regions, self.scene_halves(rows))
