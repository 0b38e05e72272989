"""A catalog as a plain dict, searched by brute force: what every store has to agree with."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from scenefit.catalog.columns import FIXED, Columns, Kind, check_product, merge_kinds
from scenefit.catalog.filters.tree import And, Comparison, Membership, Missing, Node, Not
from scenefit.catalog.stores import Hits, Query
from scenefit.errors import CatalogError, UsageError
from scenefit.types import Doubles, Floats, Product, Value

_TESTS: dict[str, Callable[[Value, Value], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def value_of(product: Product, column: str) -> Value | None:
    """Give what a product has in a column."""
    fixed: Value | None = getattr(product, column) if column in FIXED else product.attributes.get(column)
    return fixed


def fits(node: Node, product: Product) -> bool:
    """Say whether a filter lets a product through; any test of a missing value is false."""
    if isinstance(node, Not):
        return not fits(node.part, product)
    if isinstance(node, Comparison | Membership | Missing):
        value = value_of(product, node.column)
        if value is None or isinstance(node, Missing):
            return value is None and isinstance(node, Missing)
        return value in node.values if isinstance(node, Membership) else _TESTS[node.op](value, node.value)
    return (all if isinstance(node, And) else any)(fits(part, product) for part in node.parts)


class PlainStore:
    """A `Store` of two dicts; scores in float64 of vectors rounded to fp16, order: score falling, then id rising."""

    def __init__(self, dimensions: int, model: str = "model") -> None:
        self.model, self.dimensions = model, dimensions
        self.products: dict[str, Product] = {}
        self.stored: dict[str, Floats] = {}
        self.kinds: dict[str, Kind] = {}
        self.asked: list[int] = []
        """The k of each search."""

    def columns(self) -> Columns:
        return {**FIXED, **dict(sorted(self.kinds.items()))}

    def counts(self) -> dict[str, int]:
        return dict(sorted(Counter(product.category for product in self.products.values()).items()))

    def get(self, ids: Sequence[str]) -> list[Product]:
        return [self.products[each] for each in ids if each in self.products]

    def vectors(self, ids: Sequence[str]) -> Floats:
        unknown = [each for each in ids if each not in self.stored]
        if unknown:
            raise UsageError(f"got the products {unknown}; the catalog has none of them")
        return self._stack(ids)

    def _stack(self, ids: Sequence[str]) -> Floats:
        return np.array([self.stored[each] for each in ids], np.float32).reshape(len(ids), self.dimensions)

    def search(self, query: Query) -> Hits:
        if query.category not in self.counts():
            raise UsageError(f"got the category {query.category!r}; this catalog has {', '.join(self.counts())}")
        if query.vector.shape != (self.dimensions,):
            raise UsageError(f"got a query of shape {query.vector.shape}; expected ({self.dimensions},)")
        self.asked.append(query.k)
        ids = [each for each, product in self.products.items() if self._wanted(product, query)]
        scores = dict(zip(ids, self._scores(ids, query.vector).tolist(), strict=True))
        best = sorted(ids, key=lambda each: (-scores[each], each))[: query.k]
        return Hits(self.get(best), np.array([scores[each] for each in best]), self._stack(best))

    def _wanted(self, product: Product, query: Query) -> bool:
        where = query.where is None or fits(query.where.root, product)
        return product.category == query.category and product.id not in query.exclude and where

    def _scores(self, ids: Sequence[str], query: Floats) -> Doubles:
        return np.einsum("pd,d->p", self._stack(ids).astype(np.float64), query.astype(np.float64))

    def picture(self, product: Product) -> None:
        """Keep none."""

    def upsert(self, products: Sequence[Product], vectors: Floats) -> None:
        kinds: Columns = self.kinds
        for product in products:
            check_product(product)
            kinds = merge_kinds(kinds, product)
        if len({product.id for product in products}) < len(products):
            raise CatalogError("got two products of one id")
        if vectors.shape != (len(products), self.dimensions):
            raise CatalogError(f"got vectors of shape {vectors.shape}")
        with np.errstate(over="ignore"):
            rounded = vectors.astype(np.float16).astype(np.float32)
        if not np.isfinite(rounded).all():
            raise CatalogError("got a vector that is not finite")
        self.kinds = dict(kinds)
        self.products |= {product.id: product for product in products}
        self.stored |= {product.id: row for product, row in zip(products, rounded, strict=True)}

    def delete(self, ids: Sequence[str]) -> int:
        there = {each for each in ids if each in self.products}
        for each in there:
            del self.products[each], self.stored[each]
        return len(there)

    def scan(self, size: int = 1000) -> Iterator[tuple[list[Product], Floats]]:
        ids = sorted(self.products)
        for start in range(0, len(ids), size):
            part = ids[start : start + size]
            yield self.get(part), self._stack(part)

    def close(self) -> None:
        """Hold nothing."""
