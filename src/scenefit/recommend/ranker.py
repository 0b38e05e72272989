"""One model with a catalog of its vectors: queries for a scene, and rankings of what a search found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from scenefit.catalog.filters.parse import Filter, parse_filter
from scenefit.catalog.model_checks import check_backbone, check_model
from scenefit.catalog.steering import steer
from scenefit.catalog.stores import Hits, Query, Store
from scenefit.errors import UsageError
from scenefit.features.backbone import Backbone
from scenefit.model.compatibility import with_novelty
from scenefit.model.folder import Model
from scenefit.recommend.scenes import Seen
from scenefit.recommend.wishes import Wishes
from scenefit.results import Look, Ranking, Recommendation
from scenefit.types import Floats

SAMPLE = 300


@dataclass(frozen=True)
class Ranker:
    """A catalog, the model of its vectors, and the backbone of that model.

    Raises:
        FingerprintError: the vectors are of another model, or the model of another backbone.
    """

    store: Store
    model: Model
    backbone: Backbone

    def __post_init__(self) -> None:
        self.check_model()
        check_backbone(self.model, self.backbone)

    @property
    def up_to_date(self) -> bool:
        """Whether the catalog's vectors are still this model's."""
        return self.store.model == self.model.fingerprint

    def check_model(self) -> None:
        """Refuse a catalog whose vectors are another model's.

        Raises:
            FingerprintError: they are.
        """
        check_model(self.store, self.model)

    @property
    def categories(self) -> list[str]:
        """The categories that the model knows and the catalog holds, sorted."""
        return [name for name in self.store.counts() if name in self.model.categories]

    def asked(
        self, wanted: dict[str, float] | None, categories: Sequence[str] | None, suggested: int | None
    ) -> list[str]:
        """Give the categories to rank: those asked for, or of those that `wanted` gives the most wanted.

        Raises:
            UsageError: `suggested` beside categories, below 1, or of a model that cannot say.
        """
        if suggested is not None and (suggested < 1 or categories):
            raise UsageError(f"got suggested={suggested}; expected at least 1, and no categories beside it")
        if categories:
            return list(dict.fromkeys(categories))
        if suggested is not None and wanted is None:
            raise UsageError("this model cannot say which categories a scene wants; name categories, or train it again")
        return list(self.categories if wanted is None else wanted)[:suggested]

    def wanted(self, seen: Seen) -> dict[str, float] | None:
        """Say how likely each category is to be what the scene lacks, the most wanted first; None if it cannot."""
        if seen.wanted is None:
            return None
        found = {name: float(seen.wanted[self.model.category_row(name)]) for name in self.categories}
        return dict(sorted(found.items(), key=lambda each: -each[1]))

    def filter(self, where: str | None) -> Filter | None:
        """Read a filter by the catalog's columns.

        Raises:
            FilterError: it cannot be read.
        """
        return parse_filter(where, self.store.columns()) if where else None

    def query(self, seen: Seen, category: str, k: int, wishes: Wishes, where: Filter | None) -> Query:
        """Make the query of a category, steered by what is liked and disliked of it; `where` is the filter, read.

        Raises:
            UsageError: an unknown category or product, or novelty out of range.
        """
        vector = self.vector(seen, category, wishes.novelty)
        query = Query(category, vector, k, where, wishes.exclude, self.model.fingerprint)
        liked, disliked = (self._vectors(ids, category) for ids in (wishes.liked, wishes.disliked))
        if not len(liked) and not len(disliked):
            return query
        shown = self.store.search(Query(category, vector, SAMPLE, model=self.model.fingerprint)).vectors
        return replace(query, vector=steer(vector, shown, liked, disliked))

    def vector(self, seen: Seen, category: str, novelty: float = 0.0) -> Floats:
        """Give a scene's query vector for a category, shape (d + 1,), float32."""
        vector: Floats = with_novelty(seen.queries[self.model.category_row(category)][None], novelty)[0]
        return vector

    def _vectors(self, ids: Sequence[str], category: str) -> Floats:
        """Read the vectors of those products that are of a category; an unknown id is refused."""
        if not ids:
            return np.empty((0, self.store.dimensions), np.float32)
        vectors, of = self.store.vectors(ids), {product.id: product.category for product in self.store.get(ids)}
        chosen: Floats = vectors[[of.get(name) == category for name in ids]]
        return chosen

    def ranking(self, seen: Seen, query: Query, hits: Hits) -> Ranking:
        """Make the ranking of a category, with where in the scene the model looked."""
        attention = seen.attention[self.model.category_row(query.category)]
        found = np.asarray(attention, np.float32).reshape(self.model.grid, self.model.grid)
        return Ranking(query.category, self.ranked(query.category, query.vector, hits), found)

    def ranked(self, category: str, vector: Floats, hits: Hits) -> list[Recommendation]:
        """Give products found by a query vector (d + 1,) as recommendations, in their order."""
        pictures = [self.store.picture(product) for product in hits.products]
        return recommendations(self.model, category, vector, hits, pictures)

    def pictured(self, look: Look) -> Look:
        """Say where the pictures of a look's products lie."""
        images = {product.id: self.store.picture(product) for product in look.products.values()}
        return replace(look, images={name: image for name, image in images.items() if image is not None})


def recommendations(
    model: Model, category: str, vector: Floats, hits: Hits, pictures: Sequence[Path | None]
) -> list[Recommendation]:
    """Give scored products their ranks, distances, pictures and, where the model is calibrated, probabilities."""
    distances = (2 - hits.scores).astype(np.float32)
    chances: Sequence[float | None] = [None] * len(distances)
    if model.calibration is not None:
        chances = model.calibration.probabilities(category, vector[None], distances[None])[0].tolist()
    found = zip(hits.products, distances.tolist(), chances, pictures, strict=True)
    return [Recommendation(product, rank, *rest) for rank, (product, *rest) in enumerate(found, 1)]
