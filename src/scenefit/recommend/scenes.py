"""Photos as the model sees them: one pass of the backbone each, then queries for every category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scenefit.catalog.steering import join_scenes
from scenefit.data.images import read_bytes
from scenefit.data.removal import remove_product
from scenefit.errors import ImageError, UsageError
from scenefit.features.backbone import Backbone
from scenefit.model.folder import Model
from scenefit.types import WHOLE, Box, Floats, SceneFeatures

Photo = Path | str | bytes
"""A picture file, or its bytes."""


@dataclass(frozen=True)
class Seen:
    """What a model makes of one photo, or of several as one.

    Attributes:
        name: of the first photo's file; empty where its bytes were given.
        view: the part of the first photo that was looked at.
        queries: shape (K, d), float32, a query vector for each of the model's categories.
        attention: shape (K, R), float32, where the model looked in the first photo.
        wanted: shape (K,), float32, how likely each category is the one that is lacking; None where it cannot say.
    """

    name: str
    view: Box
    queries: Floats
    attention: Floats
    wanted: Floats | None


def see(model: Model, backbone: Backbone, photos: Photo | Sequence[Photo], box: Box | None = None) -> Seen:
    """Look at a photo, or at several, whose queries and wants are joined to their means (`steering.join_scenes`).

    Raises:
        ImageError: a photo is not accepted.
        UsageError: no photo; a box beside several photos, or one that leaves too little.
    """
    several = [photos] if isinstance(photos, Photo) else list(photos)
    if not several or (box and len(several) > 1):
        raise UsageError(f"got {len(several)} photos and the box {box}; expected a photo, and a box of one photo alone")
    view = remove_product(box) if box else WHOLE
    parts = [look(backbone, photo, view) for photo in several]
    features = SceneFeatures(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    queries, attention = model.embed_scenes(features)
    wanted = model.wanted(features.pooled)
    joined = queries[0]
    if len(several) > 1:
        joined = np.stack([join_scenes(queries[:, row]) for row in range(queries.shape[1])])
    name = "" if isinstance(several[0], bytes) else str(several[0])
    return Seen(name, view, joined, attention[0], None if wanted is None else wanted.mean(axis=0))


def look(backbone: Backbone, photo: Photo, view: Box = WHOLE) -> SceneFeatures:
    """Give the backbone's features of a part of a picture file, or of its bytes, as one scene.

    Raises:
        ImageError: the picture is not accepted.
    """
    data = photo if isinstance(photo, bytes) else read_bytes(Path(photo))
    try:
        pixels = backbone.pixels(data, view)
    except ImageError as error:
        raise ImageError(str(error) if isinstance(photo, bytes) else f"{photo}: {error}") from None
    return backbone.run(pixels[None])
