"""Scenes cut in views: that the pieces tile the crop, and that each is what the backbone gives for that piece."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from scenefit.data.dataset import Dataset
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures, compute_features, scene_crops
from scenefit.features.view_features import ViewFeatures, compute_views, views
from scenefit.types import Box, Crop


def test_views_tile_the_crop() -> None:
    box = Box(0.1, 0.2, 0.9, 0.8)
    parts = [view.box for view in views(Crop(Path("scene.jpg"), "", box))]
    assert len(parts) == 16
    assert sum(part.area for part in parts) == pytest.approx(box.area)
    corners = [(part.left, part.top) for part in parts]
    assert corners == sorted(corners, key=lambda corner: (corner[1], corner[0]))
    assert (parts[0].left, parts[0].top) == (0.1, 0.2)
    assert (parts[-1].right, parts[-1].bottom) == pytest.approx((0.9, 0.8))
    for left, right in pairwise(parts[:4]):
        assert left.right == pytest.approx(right.left)


@pytest.mark.parametrize("cropped", [True, False])
def test_each_view_is_what_the_backbone_gives(dataset: Dataset, backbone_folder: Path, cropped: bool) -> None:
    backbone, pairs = Backbone(backbone_folder, threads=1), np.array([0, 1, 2])
    compute_features(dataset, backbone, pairs, cropped=cropped)
    features = DatasetFeatures.open(dataset, backbone)
    report = compute_views(features, backbone, pairs, cropped=cropped)
    assert (report.computed, report.reused, report.failed) == (32 if not cropped else 48, 0, [])
    assert compute_views(features, backbone, pairs, cropped=cropped).computed == 0
    seen = ViewFeatures.of(features, backbone, cropped)
    rows = seen.scene_rows(pairs, cropped)
    assert rows.tolist() == features.scene_rows(pairs, cropped).tolist()
    pooled, regions, halves = seen.scene_features(rows)
    assert regions.shape == (3, 16, 64)
    np.testing.assert_array_equal(pooled, features.scene_features(rows).pooled)
    np.testing.assert_array_equal(halves, features.scene_features(rows).halves)
    for pair, found in zip(pairs, regions, strict=True):
        (crop,) = scene_crops(dataset, np.array([pair]), cropped)
        assert crop is not None
        for view, vector in zip(views(crop), found, strict=True):
            pixels = backbone.pixels(view.path.read_bytes(), view.box)
            np.testing.assert_allclose(vector, backbone.run(pixels[None]).pooled[0], atol=2e-3)


def test_scenes_without_their_views_are_not_used(dataset: Dataset, backbone_folder: Path) -> None:
    backbone, pairs = Backbone(backbone_folder, threads=1), np.array([0, 1, 2, 3])
    compute_features(dataset, backbone, pairs)
    features = DatasetFeatures.open(dataset, backbone)
    compute_views(features, backbone, pairs[:2], cropped=True)
    seen = ViewFeatures.of(features, backbone, cropped=True)
    assert (seen.scene_rows(pairs) >= 0).tolist() == [True, True, False, False]
    assert seen.usable(pairs).tolist() == [0, 1]
    assert seen.scene_rows(np.array([70])).tolist() == [-1]
