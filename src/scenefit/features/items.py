"""The parts of scenes that show one item: the products of the pairs, and items without a catalog photo."""

from __future__ import annotations

import numpy as np

from scenefit.data.dataset import Dataset
from scenefit.types import Box, Crop, Doubles, Ints


def pair_item_crops(dataset: Dataset, pair_rows: Ints) -> list[Crop | None]:
    """Give the part of the scene that shows each pair's product; None where a pair has no box."""
    return _crops(dataset, dataset.pair_scene[pair_rows], dataset.boxes[pair_rows])


def shown_item_crops(dataset: Dataset) -> list[Crop | None]:
    """Give the parts of the scenes that show the items of `Dataset.items`, in the order of the table; none is None."""
    return _crops(dataset, dataset.item_scene, dataset.item_boxes)


def _crops(dataset: Dataset, scenes: Ints, boxes: Doubles) -> list[Crop | None]:
    images, contents = dataset.scenes["image"][scenes], dataset.scenes["content"][scenes]
    return [
        None if np.isnan(box).all() else Crop(dataset.folder / image, content, Box(*box.tolist()))
        for image, content, box in zip(images, contents, boxes, strict=True)
    ]
