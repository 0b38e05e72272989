"""One scene and one product: their distance, how likely they go together, and whether.

The distance is that of a catalog search, so a product that the training saw brings its prior, known by its picture.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scenefit.data.images import read_bytes
from scenefit.data.removal import remove_product
from scenefit.features.backbone import Backbone
from scenefit.features.statistics import as_product
from scenefit.model.calibration import GOES
from scenefit.model.compatibility import distance_matrix, with_novelty
from scenefit.model.folder import Model
from scenefit.recommend.scenes import Photo, look
from scenefit.types import WHOLE, Array, Box, Floats


@dataclass(frozen=True)
class Score:
    """What a model says of a scene and a product.

    Attributes:
        view: the part of the scene that was looked at.
        distance: small when they go together.
        threshold: the distance up to which a product of the category goes with this scene; None where the model is
            not calibrated, or its distances decide nothing in the category.
        probability: that they go together, where as many products do as do not; None where not calibrated.
    """

    view: Box
    distance: float
    threshold: float | None = None
    probability: float | None = None

    @property
    def goes(self) -> bool | None:
        """Whether they go together: from even odds on; None where the model is not calibrated."""
        return None if self.probability is None else self.probability >= GOES


def score_pair(
    model: Model, backbone: Backbone, scene: Photo, product: Photo, category: str, box: Box | None = None
) -> Score:
    """Score a product for a scene.

    Args:
        model: opened.
        backbone: `model.backbone()`.
        scene: a picture file of an outfit or a room, or its bytes.
        product: a picture file of the product alone, or its bytes.
        category: what the product is; one of the model's.
        box: around the item of the scene to replace; the largest part without it is looked at.

    Raises:
        ImageError: a picture is not accepted.
        UsageError: an unknown category, or a box that leaves too little of the scene.
    """
    model.category_row(category)
    return score_vector(model, backbone, scene, _vector(model, backbone, product), category, box)


def score_vector(
    model: Model, backbone: Backbone, scene: Photo, vector: Floats, category: str, box: Box | None = None
) -> Score:
    """Score a product that has a vector, shape (1, d + 1), float32, for a scene; otherwise as `score_pair`.

    Raises:
        ImageError: the scene's picture is not accepted.
        UsageError: an unknown category, or a box that leaves too little of the scene.
    """
    row = model.category_row(category)
    view = remove_product(box) if box else WHOLE
    queries, _ = model.embed_scenes(look(backbone, scene, view))
    query = with_novelty(queries[:, row])
    distances = distance_matrix(query, vector)
    calibration = model.calibration
    if calibration is None:
        return Score(view, float(distances[0, 0]))
    probability = calibration.probabilities(category, query, distances)[0, 0]
    return Score(view, float(distances[0, 0]), calibration.threshold(category, query[0]), float(probability))


def _vector(model: Model, backbone: Backbone, product: Photo) -> Floats:
    """Embed a product's picture, shape (1, e), with the prior of a product of the same picture."""
    features = as_product(look(backbone, product))
    data = product if isinstance(product, bytes) else read_bytes(Path(product))
    content: Array = np.array([hashlib.sha256(data).hexdigest()], object)
    return model.vectors({"id": np.array([None], object), "content": content}, features)
