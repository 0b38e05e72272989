"""Recommends the products of a catalog for photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from scenefit.catalog.filters import parse_filter
from scenefit.catalog.local import LocalCatalog
from scenefit.catalog.looks import compose
from scenefit.catalog.opening import open_store
from scenefit.catalog.ranking import rank
from scenefit.catalog.steering import steer
from scenefit.catalog.stores import Hits, Query, Store
from scenefit.errors import FingerprintError, UsageError
from scenefit.features.backbone import Backbone
from scenefit.model.compatibility import with_novelty
from scenefit.model.folder import Model
from scenefit.recommend.scenes import Photo, Seen, see
from scenefit.recommend.wishes import Wishes
from scenefit.results import Look, Ranking, Recommendation, Recommendations
from scenefit.types import Box, Floats

CANDIDATES, SAMPLE = 100, 300


class Recommender:
    """Recommends products of a catalog for photos; safe to use from several threads.

    >>> Recommender.open("catalog").recommend("photo.jpg", ["Shoes"], k=3)  # doctest: +SKIP
    """

    def __init__(self, store: Store, model: Model, backbone: Backbone) -> None:
        """Put a catalog and the model of its vectors together.

        Raises:
            FingerprintError: the vectors are of another model, or the model of another backbone.
        """
        if store.model != model.fingerprint:
            raise FingerprintError(
                f"the catalog's vectors were made by the model {store.model[:12]}, not by {model.fingerprint[:12]}; "
                "open it with that model, or let this one serve it: scenefit catalog switch"
            )
        if backbone.fingerprint != model.backbone_fingerprint:
            raise FingerprintError(
                f"got the backbone {backbone.fingerprint[:12]}; the model was trained on "
                f"{model.backbone_fingerprint[:12]}: open it by model.backbone()"
            )
        self.store, self.model, self.backbone = store, model, backbone

    @classmethod
    def open(cls, catalog: Path | str, model: Path | str | None = None) -> Recommender:
        """Open a catalog folder, or the URL of a server beside the folder of its model.

        Raises:
            ArtifactError: a folder is half-written, damaged or not what it should be.
            FingerprintError: the vectors were made by another model.
            UsageError: a server without a model.
        """
        store = open_store(str(catalog))
        folder = Path(model) if model else store.model_folder if isinstance(store, LocalCatalog) else None
        if folder is None:
            raise UsageError("a catalog on a server holds no model; give the folder of the one that made its vectors")
        opened = Model(folder)
        return cls(store, opened, opened.backbone())

    @property
    def categories(self) -> list[str]:
        """The categories that the model knows and the catalog holds, sorted."""
        return [name for name in self.store.counts() if name in self.model.categories]

    def recommend(
        self,
        photo: Photo | Sequence[Photo],
        categories: Sequence[str] | None = None,
        *,
        k: int = 10,
        box: Box | None = None,
        suggested: int | None = None,
        looks: int = 0,
        budget: float | None = None,
        wishes: Wishes | None = None,
        **more: Any,
    ) -> Recommendations:
        """Rank the products of each category for a photo; the network runs once, however many categories.

        Args:
            photo: a picture file, or its bytes; or several, a board, which steer the ranking together.
            categories: those asked for; None or empty for all, the most wanted first where the model can say.
            k: products a category, at least 1; so many come wherever so many fit.
            box: around the item to replace; the largest part of the photo without it is looked at.
            suggested: keep so many categories, the most wanted; only where none is asked for.
            looks: compose so many different looks of one product a category, that go with each other too.
            budget: the most that a look may cost; products without a price are then left out of looks.
            wishes: which products may come, and in what order; `diversity` has no part in looks.
            more: the fields of `Wishes` by name, in place of `wishes`: `where="price<80", diversity=0.3`.

        Raises:
            ImageError: a photo is not accepted.
            UsageError: an unknown category, an option out of range, a filter that cannot be read, a box that leaves
                too little of the photo, `suggested` beside categories or of a model that cannot say, a budget without
                looks or that none fits.
        """
        wishes = _wishes(wishes, more)
        if looks < 0 or (budget is not None and not looks):
            raise UsageError(f"got looks={looks} and budget={budget}; expected looks of at least 1 beside a budget")
        seen = see(self.model, self.backbone, photo, box)
        rankings, candidates = {}, {}
        for name in self._asked(seen, categories, suggested):
            query = self._query(seen, name, k, wishes)
            hits = rank(self.store, query, duplicates=wishes.duplicates, diversity=wishes.diversity)
            rankings[name] = Ranking(name, self._found(name, query.vector, hits), self._map(seen, name))
            if looks:
                candidates[name] = rank(self.store, replace(query, k=CANDIDATES), duplicates=wishes.duplicates)
        composed = [self._pictured(look) for look in compose(candidates, budget=budget, count=looks)] if looks else []
        return Recommendations(seen.name, self.model.fingerprint, seen.view, rankings, self._wanted(seen), composed)

    def suggest(self, photo: Photo | Sequence[Photo], box: Box | None = None) -> list[tuple[str, float]] | None:
        """Say how likely each category of the catalog is to be what a scene lacks, the most wanted first.

        The model's other categories have their share of the probability too. None where the model cannot say.

        Raises:
            ImageError: a photo is not accepted.
            UsageError: the box leaves too little of the photo.
        """
        wanted = self._wanted(see(self.model, self.backbone, photo, box))
        return None if wanted is None else list(wanted.items())

    def _asked(self, seen: Seen, categories: Sequence[str] | None, suggested: int | None) -> list[str]:
        """Give the categories to rank, those asked for or the most wanted."""
        if suggested is not None and (suggested < 1 or categories):
            raise UsageError(f"got suggested={suggested}; expected at least 1, and no categories beside it")
        if categories:
            return list(dict.fromkeys(categories))
        wanted = self._wanted(seen)
        if suggested is not None and wanted is None:
            raise UsageError("this model cannot say which categories a scene wants; name categories, or train it again")
        return list(self.categories if wanted is None else wanted)[:suggested]

    def _wanted(self, seen: Seen) -> dict[str, float] | None:
        if seen.wanted is None:
            return None
        found = {name: float(seen.wanted[self.model.category_row(name)]) for name in self.categories}
        return dict(sorted(found.items(), key=lambda each: -each[1]))

    def _query(self, seen: Seen, category: str, k: int, wishes: Wishes) -> Query:
        """Make the query of a category, steered by what is liked and disliked of it."""
        vector = with_novelty(seen.queries[self.model.category_row(category)][None], wishes.novelty)[0]
        where = parse_filter(wishes.where, self.store.columns()) if wishes.where else None
        query = Query(category, vector, k, where, wishes.exclude, self.model.fingerprint)
        liked, disliked = (self._vectors(ids, category) for ids in (wishes.liked, wishes.disliked))
        if not len(liked) and not len(disliked):
            return query
        shown = self.store.search(Query(category, vector, SAMPLE, model=self.model.fingerprint)).vectors
        return replace(query, vector=steer(vector, shown, liked, disliked))

    def _vectors(self, ids: Sequence[str], category: str) -> Floats:
        """Read the vectors of those products that are of a category; an unknown id is refused."""
        if not ids:
            return np.empty((0, self.store.dimensions), np.float32)
        vectors, of = self.store.vectors(ids), {product.id: product.category for product in self.store.get(ids)}
        chosen: Floats = vectors[[of.get(name) == category for name in ids]]
        return chosen

    def _found(self, category: str, query: Floats, hits: Hits) -> list[Recommendation]:
        distances = (2 - hits.scores).astype(np.float32)
        chances: Sequence[float | None] = [None] * len(distances)
        if self.model.calibration is not None:
            chances = self.model.calibration.probabilities(category, query[None], distances[None])[0].tolist()
        return [
            Recommendation(product, rank, float(distance), chance, self.store.picture(product))
            for rank, (product, distance, chance) in enumerate(zip(hits.products, distances, chances, strict=True), 1)
        ]

    def _pictured(self, look: Look) -> Look:
        images = {product.id: self.store.picture(product) for product in look.products.values()}
        return replace(look, images={name: image for name, image in images.items() if image is not None})

    def _map(self, seen: Seen, category: str) -> Floats:
        grid = self.model.grid
        return np.asarray(seen.attention[self.model.category_row(category)], np.float32).reshape(grid, grid)


def _wishes(wishes: Wishes | None, more: dict[str, Any]) -> Wishes:
    if unknown := sorted(set(more) - set(Wishes.__dataclass_fields__)):
        raise UsageError(f"got the option {unknown[0]!r}; expected some of {sorted(Wishes.__dataclass_fields__)}")
    if wishes is not None and more:
        raise UsageError(f"got wishes and {sorted(more)} beside them; expected one of the two")
    return wishes or Wishes(**more)
