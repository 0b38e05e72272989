"""What a product has of its region map: the mean and the standard deviation of each channel."""

from __future__ import annotations

import numpy as np

from scenefit.types import Floats, ProductFeatures, SceneFeatures


def statistics(regions: Floats) -> Floats:
    """Give the mean over the regions (B, R, C), then the standard deviation: shape (B, 2 C), float32.

    >>> statistics(np.array([[[1, 2], [3, 2]]], np.float32)).tolist()
    [[2.0, 2.0, 1.0, 0.0]]
    """
    return np.concatenate([regions.mean(axis=1), regions.std(axis=1)], axis=1)


def as_product(found: SceneFeatures) -> ProductFeatures:
    """Turn what a backbone gave of pictures, with regions (B, R, C), into the features of products."""
    return ProductFeatures(found.pooled, statistics(found.regions))
