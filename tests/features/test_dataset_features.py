"""The features of a dataset's pairs and products: which crops, found by row, and what is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scenefit.data.dataset import Dataset
from scenefit.data.removal import remove_products
from scenefit.errors import ArtifactError
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures, compute_features, product_crops, scene_crops
from scenefit.features.extract import Shard
from scenefit.features.statistics import as_product
from scenefit.features.store import FeatureStore, crop_key
from scenefit.types import WHOLE


@pytest.fixture(scope="module")
def backbone(backbone_folder: Path) -> Backbone:
    return Backbone(backbone_folder, threads=1)


def every(dataset: Dataset) -> np.ndarray:
    return np.arange(len(dataset.pair_scene))


def keys(dataset: Dataset, cropped: bool) -> list[bytes]:
    return [crop_key(crop) for crop in scene_crops(dataset, every(dataset), cropped) if crop]


def with_boxes(dataset: Dataset, boxes: dict[int, tuple[float, float, float, float]]) -> Dataset:
    """Put other boxes into some pairs of an opened dataset."""
    for row, box in boxes.items():
        for side, value in zip(("left", "top", "right", "bottom"), box, strict=True):
            dataset.pairs[side][row] = value
    return dataset


def test_the_product_is_out_of_the_scene(dataset: Dataset) -> None:
    """Error 3: a scene that still shows its product."""
    boxes = dataset.boxes
    for crop, (left, top, right, bottom) in zip(scene_crops(dataset, every(dataset), True), boxes, strict=True):
        assert crop is not None
        view = crop.box
        assert view.right <= left or view.left >= right or view.bottom <= top or view.top >= bottom
        assert crop.box != WHOLE


def test_cropped_and_whole_have_different_keys(dataset: Dataset) -> None:
    cropped, whole = keys(dataset, True), keys(dataset, False)
    assert not set(cropped) & set(whole)
    assert len(set(whole)) == len(dataset.scenes["id"])
    assert len(set(cropped)) == len(every(dataset))


def test_pairs_with_one_view_share_its_crop(dataset: Dataset) -> None:
    first, second = np.flatnonzero(dataset.pair_scene == dataset.pair_scene[0])[:2]
    spread = with_boxes(dataset, {first: (0.1, 0.6, 0.6, 0.9), second: (0.3, 0.6, 0.8, 0.7)})
    assert len(set(keys(spread, True))) == len(every(dataset)) - 1


def test_both_views_hold_the_same_pairs(dataset: Dataset, backbone: Backbone) -> None:
    """A box that covers nearly all of the scene is left out of the whole view too."""
    filled = with_boxes(dataset, {3: (0.05, 0.05, 0.95, 0.95), 8: (0.0, 0.1, 0.9, 0.9)})
    kept = remove_products(filled.boxes)[1]
    assert np.flatnonzero(~kept).tolist() == [3, 8]
    for cropped in (True, False):
        compute_features(filled, backbone, every(filled), cropped=cropped)
    features = DatasetFeatures.open(filled, backbone)
    for cropped in (True, False):
        assert features.usable(every(filled), cropped).tolist() == np.flatnonzero(kept).tolist()
        assert features.scene_rows(np.array([3, 8]), cropped).tolist() == [-1, -1]


def test_features_of_a_pair_are_those_of_its_view(dataset: Dataset, backbone: Backbone) -> None:
    rows = np.array([7, 0, 5])
    report = compute_features(dataset, backbone, rows)
    assert (report.computed, report.reused) == (len(dataset.products["id"]) + 3, 0)
    features = DatasetFeatures.open(dataset, backbone)
    assert (features.scene_rows(every(dataset)) >= 0).sum() == 3
    found = features.scene_features(features.scene_rows(rows))
    assert (found.regions.shape, found.halves.shape) == ((3, 49, 48), (3, 128))
    crops = [crop for crop in scene_crops(dataset, rows, True) if crop]
    expected = backbone.run(np.stack([backbone.pixels(crop.path.read_bytes(), crop.box) for crop in crops]))
    for got, values in zip(found, expected, strict=True):
        np.testing.assert_allclose(got, values, rtol=2e-3, atol=1e-3)


def test_features_of_a_product_are_those_of_its_picture(dataset: Dataset, backbone: Backbone) -> None:
    compute_features(dataset, backbone, every(dataset)[:0])
    features = DatasetFeatures.open(dataset, backbone)
    pixels = np.stack([backbone.pixels(crop.path.read_bytes()) for crop in product_crops(dataset)])
    for got, values in zip(features.product_features, as_product(backbone.run(pixels)), strict=True):
        np.testing.assert_allclose(got, values, rtol=2e-3, atol=1e-3)
    np.testing.assert_array_equal(features.products, features.product_features.pooled)
    assert features.product_features.statistics.shape == (len(dataset.products["id"]), 96)


def test_a_store_of_other_columns_is_refused(dataset: Dataset, backbone: Backbone) -> None:
    """As stores were before there were halves and statistics."""
    folder = dataset.folder / "features" / backbone.fingerprint[:16]
    FeatureStore(folder, backbone.fingerprint, {"scenes": {"pooled": 64, "regions": 2352}, "products": {"pooled": 64}})
    with pytest.raises(ArtifactError, match="holds columns of another shape than this backbone gives; remove it"):
        DatasetFeatures.open(dataset, backbone)


def test_a_product_that_vanished_takes_its_pairs_along(dataset: Dataset, backbone: Backbone) -> None:
    product = int(dataset.pair_product[0])
    crop = product_crops(dataset)[product]
    crop.path.unlink()
    scene = dataset.folder / dataset.scenes["image"][dataset.pair_scene[1]]
    Image.new("RGB", (50, 50)).save(scene)
    report = compute_features(dataset, backbone, every(dataset))
    assert {path for path, _ in report.failed} == {str(crop.path), str(scene)}
    features = DatasetFeatures.open(dataset, backbone)
    assert np.flatnonzero(features.product_rows < 0).tolist() == [product]
    assert not features.products[product].any()
    assert not features.product_features.statistics[product].any()
    lost = (dataset.pair_product == product) | (dataset.pair_scene == dataset.pair_scene[1])
    assert features.usable(every(dataset)).tolist() == np.flatnonzero(~lost).tolist()


def test_shards_together_are_the_whole(dataset: Dataset, backbone: Backbone) -> None:
    reports = [compute_features(dataset, backbone, every(dataset), shard=Shard(i, 2)) for i in (1, 2)]
    assert sum(report.computed for report in reports) == len(dataset.products["id"]) + len(every(dataset))
    features = DatasetFeatures.open(dataset, backbone)
    assert len(features.usable(every(dataset))) == len(every(dataset))
    assert (features.product_rows >= 0).all()
