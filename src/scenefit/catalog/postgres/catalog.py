"""The catalog on PostgreSQL with pgvector.

Search is exact: the server sums in float32, and what may come out on top is summed again here in float64. An address
with `?ef_search=N` asks for approximate search in an HNSW index for each category instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from scenefit.catalog.checks import possible, storable, stored_vectors
from scenefit.catalog.columns import FIXED, Columns
from scenefit.catalog.postgres import schema
from scenefit.catalog.postgres.connection import Connection, read_address
from scenefit.catalog.postgres.search import as_array, search
from scenefit.catalog.stores import Hits, Query, check_filter, check_query, unknown_category
from scenefit.errors import CatalogError, UsageError
from scenefit.types import Floats, Product

if TYPE_CHECKING:
    import psycopg

_FIELDS = ", ".join(schema.FIELDS)
_MARKS = ", ".join(["%s"] * len(schema.FIELDS))
_REPLACED = ", ".join(f"{name} = excluded.{name}" for name in (*schema.FIELDS[1:], "embedding"))
_UPSERT = (
    f"INSERT INTO scenefit_products ({_FIELDS}, embedding) VALUES ({_MARKS}, %s) "  # noqa: S608 - our own names
    f"ON CONFLICT (id) DO UPDATE SET {_REPLACED}"
).encode()


class PostgresCatalog:
    """A catalog that `postgres.schema.create_postgres` has made; any number of processes read and write it.

    Safe to use from several threads: calls wait for each other.
    """

    def __init__(self, url: str) -> None:
        """Open a catalog; with `?ef_search=N` in its address, N in [1, 1000], its missing HNSW indexes are made.

        Raises:
            CatalogError: it cannot be reached, is not there, or the user may not make the indexes.
            MissingExtraError: the extra `postgres` is not installed.
        """
        self._server = Connection(read_address(url))
        try:
            with self._server.using() as connection:
                self._model, self._dimensions = schema.read_catalog(connection, self._server.address.place)
            if self._server.address.ef_search is not None:
                self._index()
        except BaseException:
            self._server.close()
            raise

    @property
    def model(self) -> str:
        """The fingerprint of the model whose vectors are searched."""
        return self._model

    @property
    def dimensions(self) -> int:
        """The length of its vectors, d + 1."""
        return self._dimensions

    def columns(self) -> Columns:
        """Give what products can be filtered by."""
        with self._server.using() as connection:
            found = connection.execute("SELECT name, kind FROM scenefit_attributes ORDER BY name").fetchall()
        return {**FIXED, **dict(found)}

    def counts(self) -> dict[str, int]:
        """Count the products of each category; the categories are sorted."""
        statement = "SELECT category, count(*) FROM scenefit_products GROUP BY category ORDER BY category"
        with self._server.using() as connection:
            return dict(connection.execute(statement).fetchall())

    def get(self, ids: Sequence[str]) -> list[Product]:
        """Give the products of some ids, in their order; those that are not there are left out."""
        found = self._found(_FIELDS, ids)
        return [schema.as_product(found[name]) for name in ids if name in found]

    def vectors(self, ids: Sequence[str]) -> Floats:
        """Give the stored vectors of some ids, shape (n, d + 1), float32.

        Raises:
            UsageError: an id is not in the catalog.
        """
        found = self._found("id, embedding", ids)
        if missing := [name for name in ids if name not in found]:
            raise UsageError(f"got the product {missing[0]!r}; it is not in this catalog")
        return self._stack([found[name] for name in ids])

    def search(self, query: Query) -> Hits:
        """Find the k products of a category with the largest inner product; exactly, or nearly so with `ef_search`.

        Raises:
            UsageError: the catalog holds no such category, or k, the vector or the filter cannot be taken.
        """
        check_query(query, self.dimensions, self.model)
        if query.where is not None:
            check_filter(query.where, self.columns())
        known = storable(query.category)
        with self._server.using() as connection:
            hits = search(connection, query, self._server.address.ef_search) if known else None
        if hits is None or (not hits.products and query.category not in self.counts()):
            raise unknown_category(query.category, self.counts())
        return hits

    def picture(self, product: Product) -> None:
        """A server keeps no pictures: give None."""

    def upsert(self, products: Sequence[Product], vectors: Floats) -> None:
        """Insert products, or replace those of the same id, all or none; `vectors` has shape (n, d + 1).

        Raises:
            CatalogError: a product or a vector cannot be held, the connection is lost, or the server refuses.
        """
        from pgvector import HalfVector
        from psycopg.types.json import Jsonb

        stored = stored_vectors(products, vectors, self.dimensions)
        rows = [
            (*(getattr(product, name) for name in schema.FIELDS[:-1]), Jsonb(dict(product.attributes)), HalfVector(row))
            for product, row in zip(products, stored, strict=True)
        ]
        with self._changing() as connection:
            schema.learn(connection, products, stored)
            connection.cursor().executemany(_UPSERT, rows)
            if self._server.address.ef_search is not None:
                schema.index(connection, {product.category for product in products})

    def delete(self, ids: Sequence[str]) -> int:
        """Delete products, all or none; gives how many there were."""
        with self._changing() as connection:
            return connection.execute("DELETE FROM scenefit_products WHERE id = ANY(%s)", (possible(ids),)).rowcount

    def scan(self, size: int = 1000) -> Iterator[tuple[list[Product], Floats]]:
        """Give all products with their stored vectors, in the order of their ids, some at a time."""
        statement = f"SELECT {_FIELDS}, embedding FROM scenefit_products WHERE id > %s ORDER BY id LIMIT %s"  # noqa: S608
        last = ""
        while True:
            with self._server.using() as connection:
                found = connection.cursor(binary=True).execute(statement.encode(), (last, size)).fetchall()
            if not found:
                return
            last = found[-1][0]
            yield [schema.as_product(row[:-1]) for row in found], self._stack(found)

    def close(self) -> None:
        """Let go of the connection."""
        self._server.close()

    @contextmanager
    def _changing(self) -> Iterator[psycopg.Connection[Any]]:
        """Be the one writer for one transaction.

        Raises:
            CatalogError: what was opened is not there any more.
        """
        place = self._server.address.place
        with self._server.changing() as connection:
            found = schema.read_catalog(connection, place, lock=True)
            if found != (self.model, self.dimensions):
                raise CatalogError(f"the catalog at {place} now holds vectors of the model {found[0]}; open it again")
            yield connection

    def _index(self) -> None:
        """Make the HNSW indexes that are missing."""
        with self._server.using() as connection:
            categories = [name for (name,) in connection.execute("SELECT category FROM scenefit_categories").fetchall()]
            missing = schema.without_index(connection, categories)
        if missing:
            with self._changing() as connection:
                schema.index(connection, missing)

    def _found(self, columns: str, ids: Sequence[str]) -> dict[str, Any]:
        """Give some columns, the id first, of the products that are there, by id."""
        statement = f"SELECT {columns} FROM scenefit_products WHERE id = ANY(%s)"  # noqa: S608 - our own names
        with self._server.using() as connection:
            rows = connection.cursor(binary=True).execute(statement.encode(), (possible(ids),)).fetchall()
        return {row[0]: row for row in rows}

    def _stack(self, rows: Sequence[Any]) -> Floats:
        return as_array([row[-1] for row in rows], self.dimensions)
