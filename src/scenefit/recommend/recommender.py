"""Recommends the products of a catalog for photos."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from scenefit.catalog.loading.listed import SetAside
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.looks.compose import compose
from scenefit.catalog.opening import open_store
from scenefit.catalog.stores import Store
from scenefit.errors import UsageError
from scenefit.features.backbone import Backbone
from scenefit.model.folder import Model
from scenefit.recommend.likeness import most_like
from scenefit.recommend.ranker import Ranker
from scenefit.recommend.rankings import rank_all
from scenefit.recommend.rerank import Reranked, rerank_known
from scenefit.recommend.scenes import Photo, see
from scenefit.recommend.served import Served
from scenefit.recommend.wishes import Wishes
from scenefit.results import Recommendation, Recommendations
from scenefit.types import Box


class Recommender:
    """Recommends products of a catalog for photos; safe to use from several threads.

    When a catalog folder switches to another model, the next call opens that one and goes on with it.

    >>> Recommender.open("catalog").recommend("photo.jpg", ["Shoes"], k=3)  # doctest: +SKIP
    """

    def __init__(self, store: Store, model: Model, backbone: Backbone) -> None:
        """Put a catalog and the model of its vectors together.

        Raises:
            FingerprintError: the vectors are of another model, or the model of another backbone.
        """
        self.store = store
        self._served = Served(Ranker(store, model, backbone))

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
    def model(self) -> Model:
        """The model that serves the catalog now."""
        return self._served.ranker.model

    @property
    def backbone(self) -> Backbone:
        """The backbone of that model."""
        return self._served.ranker.backbone

    @property
    def categories(self) -> list[str]:
        """The categories that the model knows and the catalog holds, sorted."""
        return self._served.ranker.categories

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
            looks: compose so many different looks of one product a category, that go with each other too; a category
                that was not asked for and has no product that may come is left out.
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

        def answer(now: Ranker) -> Recommendations:
            seen = see(now.model, now.backbone, photo, box)
            wanted = now.wanted(seen)
            names = now.asked(wanted, categories, suggested)
            rankings, candidates = rank_all(now, seen, names, k, wishes, looks=looks > 0)
            if not categories:
                candidates = {name: hits for name, hits in candidates.items() if hits.products}
            composed = compose(candidates, budget=budget, count=looks, together=wishes.together) if looks else []
            found = [now.pictured(look) for look in composed]
            return Recommendations(seen.name, now.model.fingerprint, seen.view, rankings, wanted, found)

        return self._served.answer(answer)

    def suggest(self, photo: Photo | Sequence[Photo], box: Box | None = None) -> list[tuple[str, float]] | None:
        """Say how likely each category of the catalog is to be what a scene lacks, the most wanted first.

        The model's other categories have their share of the probability too. None where the model cannot say.

        Raises:
            ImageError: a photo is not accepted.
            UsageError: the box leaves too little of the photo.
        """
        now = self._served.ranker
        wanted = now.wanted(see(now.model, now.backbone, photo, box))
        return None if wanted is None else list(wanted.items())

    def rerank(
        self,
        photo: Photo | Sequence[Photo],
        category: str,
        ids: Sequence[str | SetAside],
        *,
        box: Box | None = None,
        novelty: float = 0.0,
    ) -> Reranked:
        """Rank another system's candidates among the catalog's products for a photo.

        Args:
            photo: as in `recommend`.
            category: what the candidates are.
            ids: of the candidates, as `candidates.read_ids` gives them too; what the catalog has not is set aside.
            box: around the item to replace.
            novelty: in [0, 1], the share of the products' prior that is taken away.

        Raises:
            ImageError: a photo is not accepted.
            UsageError: an unknown category, novelty out of range, or a box that leaves too little of the photo.
        """
        if isinstance(ids, str):
            raise UsageError("got one text where several ids are expected; give a list of ids")
        return self._served.answer(lambda now: rerank_known(now, photo, category, ids, box=box, novelty=novelty))

    def similar(
        self, id: str, k: int = 10, *, where: str | None = None, exclude: Collection[str] = ()
    ) -> list[Recommendation]:
        """Find the products of its category that are most like a product of the catalog; no scene has a part in it.

        Args:
            id: of a product in the catalog; neither it nor its near-duplicates come back.
            k: at least 1; so many come wherever so many fit.
            where: a filter, as `price<80 and in_stock`.
            exclude: ids that may not come.

        Returns:
            the most like first; `distance` is 1 - the cosine (`likeness.most_like`), in [0, 2]; no probability.

        Raises:
            UsageError: the product is not in the catalog, k is below 1, or the filter cannot be read.
        """

        def answer(now: Ranker) -> list[Recommendation]:
            hits = most_like(self.store, id, k, where=now.filter(where), exclude=exclude, model=now.model.fingerprint)
            return [
                Recommendation(product, place, 1 - float(cosine), image=self.store.picture(product))
                for place, (product, cosine) in enumerate(zip(hits.products, hits.scores, strict=True), 1)
            ]

        return self._served.answer(answer)


def _wishes(wishes: Wishes | None, more: dict[str, Any]) -> Wishes:
    if unknown := sorted(set(more) - set(Wishes.__dataclass_fields__)):
        raise UsageError(f"got the option {unknown[0]!r}; expected some of {sorted(Wishes.__dataclass_fields__)}")
    if wishes is not None and more:
        raise UsageError(f"got wishes and {sorted(more)} beside them; expected one of the two")
    return wishes or Wishes(**more)
