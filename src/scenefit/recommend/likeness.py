"""Products like a given one: of the same category, by the cosine of what differs from the category's mean."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from scenefit.catalog.filters.parse import Filter
from scenefit.catalog.ranking import distinct, take
from scenefit.catalog.stores import Hits, Query, Store
from scenefit.errors import UsageError
from scenefit.types import Array, Doubles, Floats

POOL = 1000
"""A category of up to so many products is ranked as a whole; of a larger one those that a search finds."""


def most_like(
    store: Store, name: str, k: int = 10, *, where: Filter | None = None, exclude: Collection[str] = (), model: str = ""
) -> Hits:
    """Find the products of its category that are most like a product; neither itself nor its near-duplicates.

    The likeness is the cosine of the vectors less the mean of the category, the prior apart: what all shoes share makes
    no two shoes alike. In a category of more than `POOL` products the mean is that of the `POOL` best and the `POOL`
    worst for the product's own vector, and the likeness chooses among the `POOL` best for what differs from it.

    Args:
        store: the catalog.
        name: the id of a product in it.
        k: at least 1; fewer come back where fewer fit.
        where: which products may come.
        exclude: ids that may not come.
        model: the fingerprint of the model that the store must have; empty for any.

    Returns:
        the most like first, of equal ones by id; `scores` are the cosines in [-1, 1].

    Raises:
        UsageError: k is below 1, or the product is not in the catalog.
        FingerprintError: the store's vectors are of another model.
    """
    if k < 1:
        raise UsageError(f"got k={k}; expected at least 1")
    if not (of_id := store.get([name])):
        raise UsageError(f"got the product {name!r}; it is not in this catalog")
    product, own = of_id[0], store.vectors([name])
    centre = _centre(store, product.category, own[0], model)
    found = store.search(Query(product.category, _query(own[0, :-1] - centre), POOL, where, {*exclude, name}, model))
    cosines = _cosines(found.vectors, own[0], centre)
    order = np.array(sorted(range(len(cosines)), key=lambda i: (-cosines[i], found.products[i].id)), np.int64)
    ranked = take(found._replace(scores=cosines), order)
    with_own = Hits([product, *ranked.products], np.append(1.0, ranked.scores), np.vstack([own, ranked.vectors]))
    return take(with_own, distinct(with_own, k + 1)[1:])


def _centre(store: Store, category: str, own: Floats, model: str) -> Doubles:
    """Give the mean of a category's vectors, or an estimate of it, shape (d,)."""
    best = store.search(Query(category, _query(own[:-1]), POOL, model=model)).vectors
    mean: Doubles = best[:, :-1].mean(axis=0, dtype=np.float64)
    if len(best) < POOL:
        return mean
    worst = store.search(Query(category, _query(-own[:-1]), POOL, model=model)).vectors
    both: Doubles = (mean + worst[:, :-1].mean(axis=0, dtype=np.float64)) / 2
    return both


def _query(content: Array) -> Floats:
    """Give a query vector that the prior has no weight in, shape (d + 1,)."""
    return np.append(content, 0).astype(np.float32)


def _cosines(vectors: Floats, own: Floats, centre: Doubles) -> Doubles:
    """Compute the cosine of each vector with `own`, both less the centre; 0 where one has no length."""
    these, that = vectors[:, :-1] - centre, own[:-1] - centre
    lengths = np.linalg.norm(these, axis=1) * np.linalg.norm(that)
    products = np.einsum("pd,d->p", these, that)
    cosines: Doubles = np.divide(products, lengths, out=np.zeros_like(lengths), where=lengths > 1e-9)
    return cosines
