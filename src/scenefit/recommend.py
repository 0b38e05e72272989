"""The one path from a photo to ranked products: command line, service and evaluation share it.

photo -> backbone -> pooled vector and regions -> a query vector for each category -> nearest products.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scenefit.catalog.search import search
from scenefit.catalog.store import Catalog, open_catalog
from scenefit.data.images import read_bytes
from scenefit.data.removal import remove_product
from scenefit.errors import FingerprintError, ImageError, UsageError
from scenefit.features.backbone import Backbone
from scenefit.model.compatibility import with_novelty
from scenefit.model.folder import Model
from scenefit.types import WHOLE, Box, Floats, Ranking, Recommendation, Recommendations, SceneFeatures


class Recommender:
    """Recommends products of a catalog for photos.

    >>> Recommender.open("catalog").recommend("photo.jpg", ["Shoes"], k=3)  # doctest: +SKIP
    """

    def __init__(self, catalog: Catalog, model: Model, backbone: Backbone) -> None:
        if catalog.model != model.fingerprint:
            raise FingerprintError(
                f"the catalog's vectors were made by the model {catalog.model[:12]}, not by {model.fingerprint[:12]}; "
                "build the catalog again with this model"
            )
        if backbone.fingerprint != model.backbone_fingerprint:
            raise FingerprintError(
                f"got the backbone {backbone.fingerprint[:12]}; the model was trained on "
                f"{model.backbone_fingerprint[:12]}: open it by model.backbone()"
            )
        self.catalog, self.model, self.backbone = catalog, model, backbone

    @classmethod
    def open(cls, folder: Path | str) -> Recommender:
        """Open a catalog folder with the model inside it.

        Raises:
            ArtifactError: the folder is half-written, damaged or not a catalog.
            FingerprintError: its vectors were made by another model.
        """
        catalog, model = open_catalog(Path(folder))
        return cls(catalog, model, model.backbone())

    @property
    def categories(self) -> list[str]:
        """The categories that the model knows and the catalog holds."""
        return [name for name in self.catalog.categories if name in self.model.categories]

    def recommend(
        self,
        photo: Path | str | bytes,
        categories: Sequence[str] | None = None,
        *,
        k: int = 10,
        box: Box | None = None,
        novelty: float = 0.0,
        suggested: int | None = None,
    ) -> Recommendations:
        """Rank the products of each category for a photo; the network runs once, however many categories.

        Args:
            photo: a picture file, or its bytes.
            categories: those asked for; None or empty for all, the most wanted first where the model can say.
            k: products a category, at least 1.
            box: around the item to replace; the largest part of the photo without it is looked at.
            novelty: in [0, 1]; 0 lets what was often chosen in training come sooner (the model's prior), 1 does not.
            suggested: keep so many categories, the most wanted; only where none is asked for.

        Raises:
            ImageError: the photo is not accepted.
            UsageError: an unknown category, k or `suggested` below 1, novelty out of range, a box that leaves too
                little of the photo, or `suggested` beside categories or of a model that cannot say.
        """
        if k < 1:
            raise UsageError(f"got k={k}; expected at least 1")
        if suggested is not None and (suggested < 1 or categories):
            raise UsageError(f"got suggested={suggested}; expected at least 1, and no categories beside it")
        asked = list(dict.fromkeys(categories or self.categories))
        rows = {name: self.model.category_row(name) for name in asked if len(self.catalog.rows(name))}
        view = remove_product(box) if box else WHOLE
        features = look(self.backbone, photo, view)
        wanted = self._wanted(features.pooled)
        if suggested is not None and wanted is None:
            raise UsageError("this model cannot say which categories a scene wants; name categories, or train it again")
        names = rows if categories else list(wanted or rows)[:suggested]
        queries, attention = (output[0] for output in self.model.embed_scenes(features))
        rankings = {name: self._rank(name, queries[rows[name]], attention[rows[name]], k, novelty) for name in names}
        name = "" if isinstance(photo, bytes) else str(photo)
        return Recommendations(name, self.model.fingerprint, view, rankings, wanted)

    def suggest(self, photo: Path | str | bytes, box: Box | None = None) -> list[tuple[str, float]] | None:
        """Say how likely each category of the catalog is to be what a scene lacks, the most wanted first.

        The model's other categories have their share of the probability too. None where the model cannot say.

        Raises:
            ImageError: the photo is not accepted.
            UsageError: the box leaves too little of the photo.
        """
        wanted = self._wanted(look(self.backbone, photo, remove_product(box) if box else WHOLE).pooled)
        return None if wanted is None else list(wanted.items())

    def _wanted(self, pooled: Floats) -> dict[str, float] | None:
        probabilities = self.model.wanted(pooled)
        if probabilities is None:
            return None
        found = {name: float(probabilities[0, self.model.category_row(name)]) for name in self.categories}
        return dict(sorted(found.items(), key=lambda each: -each[1]))

    def _rank(self, category: str, query: Floats, attention: Floats, k: int, novelty: float) -> Ranking:
        rows, distances = search(self.catalog, category, query, k, novelty)
        probabilities = self._probabilities(category, with_novelty(query[None], novelty), distances)
        products = self.catalog.products
        found = [
            Recommendation(
                id=products["id"][row],
                rank=rank,
                distance=float(distance),
                probability=probability,
                title=products["title"][row],
                image=self.catalog.image(int(row)),
            )
            for rank, (row, distance, probability) in enumerate(zip(rows, distances, probabilities, strict=True), 1)
        ]
        grid = self.model.grid
        return Ranking(category, found, np.asarray(attention, np.float32).reshape(grid, grid))

    def _probabilities(self, category: str, query: Floats, distances: Floats) -> Sequence[float | None]:
        calibration = self.model.calibration
        if calibration is None:
            return [None] * len(distances)
        chances: list[float] = calibration.probabilities(category, query, distances[None])[0].tolist()
        return chances


def look(backbone: Backbone, photo: Path | str | bytes, view: Box = WHOLE) -> SceneFeatures:
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
