"""Another system's candidates in the order of a scene: all of them ranked, or set aside with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scenefit.catalog.loading.embedding import Shown, embed
from scenefit.catalog.loading.listed import Listed, SetAside
from scenefit.catalog.local.pictures import content_of
from scenefit.catalog.ranking import take
from scenefit.catalog.stores import Hits, Store
from scenefit.errors import ImageError, UsageError
from scenefit.features.backbone import Backbone
from scenefit.model.compatibility import with_novelty
from scenefit.model.folder import Model
from scenefit.recommend.ranker import Ranker, recommendations
from scenefit.recommend.scenes import Photo, see
from scenefit.results import Recommendation
from scenefit.types import Box, Floats, Product

BAD = "image: not a good picture"


class Reranked(NamedTuple):
    """Candidates in the order of a scene.

    Attributes:
        products: the best first, of equal ones by id; all that could be ranked.
        set_aside: the others, each with the reason; in the order in which they were given.
        view: the part of the (first) photo that was used.
    """

    products: list[Recommendation]
    set_aside: list[SetAside]
    view: Box


def rerank(
    model: Model,
    backbone: Backbone,
    photo: Photo | Sequence[Photo],
    category: str,
    candidates: Iterable[Listed | SetAside],
    *,
    box: Box | None = None,
    novelty: float = 0.0,
) -> Reranked:
    """Rank candidates that come with pictures; each different picture is embedded once.

    Args:
        model: opened.
        backbone: `model.backbone(threads=1)`.
        photo: as `Recommender.recommend` takes it.
        category: what the candidates are.
        candidates: with their pictures as files, of different ids (`candidates.read_candidates`).
        box: around the item of the photo to replace.
        novelty: in [0, 1], the share of the products' prior that is taken away.

    Raises:
        ImageError: the photo is not accepted.
        UsageError: an unknown category, novelty out of range, or a box that leaves too little of the photo.
    """
    row = model.category_row(category)
    seen = see(model, backbone, photo, box)
    vector = with_novelty(seen.queries[row][None], novelty)[0]
    aside: list[SetAside] = []
    shown = list(_shown(candidates, aside))
    done: list[Listed] = []
    vectors: list[Floats] = [np.empty((0, len(vector)), np.float32)]
    for batch in embed(model, backbone, shown):
        done += batch.done
        vectors.append(batch.vectors)
        aside += [SetAside(one.number, one.product.id, BAD, reason) for one, reason in batch.failed]
    hits = _ordered([one.product for one in done], np.concatenate(vectors), vector)
    files = {one.product.id: Path(one.picture) for one in done}
    found = recommendations(model, category, vector, hits, [files[product.id] for product in hits.products])
    return Reranked(found, sorted(aside, key=lambda row: row.number), seen.view)


def _shown(candidates: Iterable[Listed | SetAside], aside: list[SetAside]) -> Iterator[Shown[Listed]]:
    """Give candidates with the content of their pictures; the others go to `aside`."""
    for one in candidates:
        if isinstance(one, SetAside):
            aside.append(one)
            continue
        try:
            known = replace(one, product=replace(one.product, content=content_of(Path(one.picture))))
        except ImageError as error:
            aside.append(SetAside(one.number, one.product.id, BAD, str(error)))
        else:
            yield Shown(known, known.product, Path(known.picture))


def rerank_known(
    ranker: Ranker,
    photo: Photo | Sequence[Photo],
    category: str,
    ids: Sequence[str | SetAside],
    *,
    box: Box | None = None,
    novelty: float = 0.0,
) -> Reranked:
    """Rank products of a catalog, given by their ids; no picture of theirs is read.

    Raises:
        FingerprintError: the catalog switched to another model meanwhile.
        ImageError: the photo is not accepted.
        UsageError: an unknown category, novelty out of range, or a box that leaves too little of the photo.
    """
    seen = see(ranker.model, ranker.backbone, photo, box)
    vector = ranker.vector(seen, category, novelty)
    aside: list[SetAside] = []
    names = list(_names(ids, aside))
    products, vectors = _stored(ranker.store, [name for _, name in names])
    ranker.check_model()
    of = {product.id: product.category for product in products}
    for number, name in names:
        if name not in of:
            aside.append(SetAside(number, name, "id: not in this catalog"))
        elif of[name] != category:
            aside.append(SetAside(number, name, "category: another than asked for", of[name]))
    rows = [row for row, product in enumerate(products) if product.category == category]
    hits = _ordered([products[row] for row in rows], vectors[rows], vector)
    return Reranked(ranker.ranked(category, vector, hits), sorted(aside, key=lambda row: row.number), seen.view)


def _stored(store: Store, ids: Sequence[str]) -> tuple[list[Product], Floats]:
    """Read those of some products that are there, with their vectors; again if one is deleted in between."""
    products = store.get(ids)
    try:
        return products, store.vectors([product.id for product in products])
    except UsageError:
        return _stored(store, [product.id for product in products])


def _names(ids: Sequence[str | SetAside], aside: list[SetAside]) -> Iterator[tuple[int, str]]:
    """Give ids with their numbers from 1, each once; the others go to `aside`."""
    known: set[str] = set()
    for number, one in enumerate(ids, 1):
        if isinstance(one, SetAside):
            aside.append(one)
        elif one in known:
            aside.append(SetAside(number, one, "id: listed before"))
        else:
            known.add(one)
            yield number, one


def _ordered(products: Sequence[Product], vectors: Floats, query: Floats) -> Hits:
    """Score products by their vectors (n, d + 1); the best first, of equal ones by id."""
    scores = np.einsum("nd,d->n", vectors.astype(np.float64), query.astype(np.float64))
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], products[i].id))
    return take(Hits(list(products), scores, vectors), np.array(order, np.int64))
