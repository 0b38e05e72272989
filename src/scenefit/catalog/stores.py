"""What every catalog can do, whether a folder or a server."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from scenefit.catalog.columns import Columns
from scenefit.catalog.filters.parse import Filter
from scenefit.errors import FilterError, FingerprintError, UsageError
from scenefit.types import Doubles, Floats, Product


class Hits(NamedTuple):
    """Products found, the best first; equal ones in the order of their ids.

    Attributes:
        products: m of them.
        scores: shape (m,), float64: the inner product q . f_p of the query with the product's stored vector.
        vectors: shape (m, d + 1), float32: the stored vectors, with the prior last.
    """

    products: list[Product]
    scores: Doubles
    vectors: Floats


@dataclass(frozen=True)
class Query:
    """What is searched for.

    Attributes:
        category: one of the catalog's.
        vector: shape (d + 1,), float32: a query vector and the prior's weight (`model.compatibility.with_novelty`).
        k: at least 1; fewer come back where fewer fit.
        where: which products may come back; applied before the ranking, so that there are k wherever k fit.
        exclude: ids that may not come back.
        model: the fingerprint of the model that made the vector; empty where the caller has seen to that.
    """

    category: str
    vector: Floats
    k: int = 10
    where: Filter | None = None
    exclude: Collection[str] = ()
    model: str = ""


class Store(Protocol):
    """A catalog: products with the vectors that one model made of them.

    A change is acknowledged when its call returns: it is then kept, and every reader sees it within a second.
    """

    @property
    def model(self) -> str:
        """The fingerprint of the model whose vectors are searched."""

    @property
    def dimensions(self) -> int:
        """The length of its vectors, d + 1."""

    def columns(self) -> Columns:
        """Give what products can be filtered by: `columns.FIXED` and the attributes, in the order of their names."""

    def counts(self) -> dict[str, int]:
        """Count the products of each category; the categories are sorted."""

    def get(self, ids: Sequence[str]) -> list[Product]:
        """Give the products of some ids, in their order; those that are not there are left out."""

    def vectors(self, ids: Sequence[str]) -> Floats:
        """Give the stored vectors of some ids, shape (n, d + 1), float32.

        Raises:
            UsageError: an id is not in the catalog.
        """

    def search(self, query: Query) -> Hits:
        """Find the k products of a category with the largest inner product.

        Raises:
            UsageError: the catalog holds no such category, or the vector has another length.
        """

    def picture(self, product: Product) -> Path | None:
        """Say where a product's picture lies on this machine; None where it does not."""

    def upsert(self, products: Sequence[Product], vectors: Floats) -> None:
        """Insert products, or replace those of the same id, all or none; `vectors` has shape (n, d + 1).

        Raises:
            CatalogError: a product that cannot be held (`columns.check_product`), two of one id, an attribute of
                another kind than in the catalog, or a vector that is not finite or of another length.
        """

    def delete(self, ids: Sequence[str]) -> int:
        """Delete products, all or none; gives how many there were."""

    def scan(self, size: int = 1000) -> Iterator[tuple[list[Product], Floats]]:
        """Give all products with their stored vectors, in the order of their ids, some at a time."""

    def close(self) -> None:
        """Let go of files and connections."""


def check_query(query: Query, dimensions: int, model: str) -> None:
    """Refuse a query that no store can answer.

    Raises:
        FingerprintError: another model made its vector than those of the store.
        UsageError: k is below 1, or the vector is not finite or has another length than (d + 1,).
    """
    if query.model not in ("", model):
        raise FingerprintError(
            f"got a query of the model {query.model[:12]}; this catalog's vectors are of {model[:12]}: open it again"
        )
    if query.k < 1:
        raise UsageError(f"got k={query.k}; expected at least 1")
    if query.vector.shape != (dimensions,) or not np.isfinite(query.vector).all():
        raise UsageError(
            f"got a query vector of the shape {query.vector.shape}; expected {(dimensions,)}, all finite: was it made "
            "by this catalog's model?"
        )


def unknown_category(category: str, counts: Mapping[str, int]) -> UsageError:
    """Say that a store has no such category, and which it has."""
    names = ", ".join(map(repr, counts))
    return UsageError(f"got the category {category!r}; this catalog has {names or 'no products'}")


def check_filter(where: Filter, columns: Columns) -> None:
    """Refuse a filter that was read for a catalog of other columns.

    Raises:
        FilterError: a column is not there, or of another kind.
    """
    for name, kind in where.kinds.items():
        if columns.get(name) != kind:
            raise FilterError(
                f"got a filter on the {kind} {name}, which is {columns.get(name, 'nothing')} in this catalog; read the "
                "filter with the columns of this catalog"
            )
