"""A catalog on Milvus, for what outgrows one machine; or in a file of milvus-lite.

Milvus has no transactions. A change is checked whole before the first row is written, and it is acknowledged once all
of it is; but a reader beside may see a part of a large one, and an upsert that fails half-way leaves a part: the error
says so, and the same change given again completes it. Reading is strongly consistent: it sees what was acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scenefit.catalog.checks import possible, storable, stored_vectors
from scenefit.catalog.columns import FIXED, Columns, merge_kinds
from scenefit.catalog.filters.milvus import literal
from scenefit.catalog.milvus.schema import (
    ABOUT,
    FIELDS,
    PRODUCTS,
    as_product,
    as_row,
    create,
    facts_of,
    put_facts,
    read_about,
    read_facts,
    requests,
)
from scenefit.catalog.milvus.search import ALL, search, stacked
from scenefit.catalog.milvus.server import Server
from scenefit.catalog.stores import Hits, Query, check_filter, check_query, unknown_category
from scenefit.errors import CatalogError, FingerprintError, UsageError
from scenefit.types import Floats, Product


def create_milvus(location: str, fingerprint: str, dimensions: int) -> None:
    """Make an empty catalog for the vectors of a model, of length d + 1; harmless where it is already there.

    Raises:
        CatalogError: Milvus cannot be reached, or refuses.
        FingerprintError: a catalog of another model is there.
        MissingExtraError: pymilvus is not installed.
        UsageError: the location is not one of Milvus.
    """
    server = Server(location)
    try:
        there = [name for name in (ABOUT, PRODUCTS) if server.call("has_collection", name)]
        if ABOUT in there:
            server.call("load_collection", ABOUT)
        if ABOUT in there and read_facts(server):
            _check_same(server, fingerprint, dimensions)
            return
        for name in there:  # half-made, and so without a product
            server.call("drop_collection", name)
        create(server, fingerprint, dimensions)
    finally:
        server.close()


def _check_same(server: Server, fingerprint: str, dimensions: int) -> None:
    found = read_about(server)
    if (found.model, found.dimensions) != (fingerprint, dimensions):
        raise FingerprintError(
            f"{server.address.shown} holds the catalog of the model {found.model} with vectors of {found.dimensions} "
            f"numbers; expected {fingerprint} with {dimensions}: give the new model a database of its own"
        )


class MilvusCatalog:
    """A catalog in one database of a Milvus; of several threads and processes, save in a file: of one process."""

    def __init__(self, location: str) -> None:
        """Connect to a catalog that `create_milvus` made.

        Raises:
            ArtifactError: it is of another version.
            CatalogError: Milvus cannot be reached, or holds no catalog.
            MissingExtraError: pymilvus is not installed.
            UsageError: the location is not one of Milvus.
        """
        self._server = Server(location)
        try:
            for name in (ABOUT, PRODUCTS):
                if not self._server.call("has_collection", name):
                    raise CatalogError(f"there is no catalog at {self._server.address.shown}; build it first")
                self._server.call("load_collection", name)
            read_about(self._server)
        except BaseException:
            self._server.close()
            raise

    @property
    def model(self) -> str:
        """The fingerprint of the model whose vectors are searched."""
        return read_about(self._server).model

    @property
    def dimensions(self) -> int:
        """The length of its vectors, d + 1."""
        return read_about(self._server).dimensions

    def columns(self) -> Columns:
        """Give what products can be filtered by."""
        return {**FIXED, **read_about(self._server).kinds}

    def counts(self) -> dict[str, int]:
        """Count the products of each category; the categories are sorted."""
        counted = {name: self._count(name) for name in read_about(self._server).categories}
        return {name: count for name, count in counted.items() if count}

    def _count(self, category: str) -> int:
        (row,) = self._server.query(PRODUCTS, f"category == {literal(category)}", ["count(*)"])
        return int(row["count(*)"])

    def get(self, ids: Sequence[str]) -> list[Product]:
        """Give the products of some ids, in their order; those that are not there are left out."""
        found = {row["id"]: as_product(row) for row in self._server.with_ids(PRODUCTS, possible(ids), FIELDS)}
        return [found[name] for name in ids if name in found]

    def vectors(self, ids: Sequence[str]) -> Floats:
        """Give the stored vectors of some ids, shape (n, d + 1), float32.

        Raises:
            UsageError: an id is not in the catalog.
        """
        found = {row["id"]: row["vector"] for row in self._server.with_ids(PRODUCTS, possible(ids), ("id", "vector"))}
        if missing := [name for name in ids if name not in found]:
            raise UsageError(f"got the product {missing[0]!r}; it is not in this catalog")
        return stacked([found[name] for name in ids], self.dimensions)

    def search(self, query: Query) -> Hits:
        """Find the k products of a category with the largest inner product, exactly.

        Raises:
            UsageError: the catalog holds no such category, or k, the vector or the filter cannot be taken.
        """
        about = read_about(self._server)
        check_query(query, about.dimensions, about.model)
        if query.where is not None:
            check_filter(query.where, {**FIXED, **about.kinds})
        known = storable(query.category) and query.category in about.categories
        hits = search(self._server, query, about.longest) if known else None
        if hits is None or not (hits.products or self._count(query.category)):
            raise unknown_category(query.category, self.counts())
        return hits

    def picture(self, product: Product) -> None:
        """A server keeps no pictures: give None."""

    def upsert(self, products: Sequence[Product], vectors: Floats) -> None:
        """Insert products, or replace those of the same id; `vectors` has shape (n, d + 1).

        Raises:
            CatalogError: see `stores.Store.upsert`; then nothing was written. Or Milvus failed: some may be.
        """
        about = read_about(self._server)
        stored = stored_vectors(products, vectors, about.dimensions)
        kinds: Columns = about.kinds
        for product in products:
            kinds = merge_kinds(kinds, product)
        rows = [as_row(product, vector) for product, vector in zip(products, stored, strict=True)]
        put_facts(self._server, facts_of(products, kinds, stored))
        written = 0
        for some in requests(rows):
            try:
                self._server.call("upsert", PRODUCTS, some)
            except CatalogError as error:
                kept = f"{written:,} of {len(rows):,} products were kept, maybe {len(some):,} more"
                raise CatalogError(f"{error}; {kept}: give the same change again") from None
            written += len(some)

    def delete(self, ids: Sequence[str]) -> int:
        """Delete products; gives how many there were."""
        there = [row["id"] for row in self._server.with_ids(PRODUCTS, possible(ids), ("id",))]
        for start in range(0, len(there), 500):
            self._server.call("delete", PRODUCTS, filter=f"id in {literal(there[start : start + 500])}")
        return len(there)

    def scan(self, size: int = 1000) -> Iterator[tuple[list[Product], Floats]]:
        """Give all products with their stored vectors, in the order of their ids, some at a time."""
        for rows in self._server.pages(PRODUCTS, ALL, size):
            vectors = stacked([row["vector"] for row in rows], len(rows[0]["vector"]))
            yield [as_product(row) for row in rows], vectors

    def close(self) -> None:
        """Let go of the connection."""
        self._server.close()
