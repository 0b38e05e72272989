"""The catalog in a folder: SQLite holds the truth, memory the vectors; one writer, many readers.

CATALOG/catalog.sqlite       products, their vectors of one model or more, what changed when
CATALOG/models/N/            the models that made the vectors, the active one among them
CATALOG/images/              pictures, each named by the SHA-256 of its bytes
CATALOG/vectors.snapshot     the vectors in the order of memory, for a fast opening; may be missing (`snapshot`)
CATALOG/writer.lock          held by the process that writes
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from scenefit.catalog.columns import FIXED, Columns
from scenefit.catalog.filters.mask import mask
from scenefit.catalog.local import schema, snapshot
from scenefit.catalog.local.columns import LocalColumns
from scenefit.catalog.local.details import Details
from scenefit.catalog.local.nearest import Nearest, nearest
from scenefit.catalog.local.pictures import Pictures
from scenefit.catalog.local.shelf import Shelf
from scenefit.catalog.local.shelves import Shelves
from scenefit.catalog.local.writer import Writer
from scenefit.catalog.stores import Hits, Query, check_filter, check_query, unknown_category
from scenefit.errors import ArtifactError, ScenefitError, UsageError
from scenefit.types import Bools, Floats, Product

MANY = 50_000
"""After so many changes at once, what filters read is read anew when it is next asked for."""


class LocalCatalog:
    """A catalog folder, opened for reading; the first change makes this process its writer.

    Safe to use from several threads: calls wait for each other.
    """

    def __init__(self, folder: Path) -> None:
        """Open a catalog folder and read its vectors into memory.

        Raises:
            ArtifactError: the folder is not a catalog, or of another version.
        """
        self.folder = folder
        self._connection = schema.connect(folder)
        self._lock = threading.RLock()
        self._writer: Writer | None = None
        self._pictures = Pictures(folder)
        with self._lock, schema.reading(self._connection):
            self._load()

    @property
    def model(self) -> str:
        """The fingerprint of the model whose vectors are searched."""
        with self._reading():
            return str(self._model)

    @property
    def dimensions(self) -> int:
        """The length of its vectors, d + 1."""
        return self._shelves.dimensions

    @property
    def model_folder(self) -> Path:
        """The folder of the active model."""
        with self._reading():
            return self.folder / "models" / str(self._shelves.number)

    def columns(self) -> Columns:
        """Give what products can be filtered by."""
        with self._reading():
            return self._columns_now()

    def counts(self) -> dict[str, int]:
        """Count the products of each category; the categories are sorted."""
        with self._reading():
            return self._shelves.counts()

    def get(self, ids: Sequence[str]) -> list[Product]:
        """Give the products of some ids, in their order; those that are not there are left out."""
        with self._reading():
            found = {product.id: product for _, product in self._details.of_ids(ids)}
        return [found[name] for name in ids if name in found]

    def vectors(self, ids: Sequence[str]) -> Floats:
        """Give the stored vectors of some ids, shape (n, d + 1), float32.

        Raises:
            UsageError: an id is not in the catalog.
        """
        with self._reading():
            row = {product.id: row for row, product in self._details.of_ids(ids)}
            if missing := [name for name in ids if name not in row]:
                raise UsageError(f"got the product {missing[0]!r}; it is not in this catalog")
            return self._shelves.vectors([row[name] for name in ids])

    def search(self, query: Query) -> Hits:
        """Find the k products of a category with the largest inner product, exactly.

        Raises:
            UsageError: the catalog holds no such category, or k or the vector cannot be taken.
        """
        with self._reading():
            rows, scores, vectors = self._best(query)
            return Hits(self._details.of_rows(rows.tolist()), scores, vectors)

    def picture(self, product: Product) -> Path | None:
        """Say where a product's picture lies in the folder; None where it has none."""
        return self._pictures.find(product.content)

    def upsert(self, products: Sequence[Product], vectors: Floats) -> None:
        """Insert products, or replace those of the same id, all or none; `vectors` has shape (n, d + 1).

        Raises:
            CatalogError: another process writes, a product or a vector cannot be held, or the disk is full.
        """
        with self._lock:
            self.writer.upsert(products, vectors)

    def delete(self, ids: Sequence[str]) -> int:
        """Delete products, all or none; gives how many there were.

        Raises:
            CatalogError: another process writes, or the disk is full.
        """
        with self._lock:
            return self.writer.delete(ids)

    @property
    def writer(self) -> Writer:
        """The right to write, taken when first asked for and kept until `close`.

        Raises:
            CatalogError: another process has it.
        """
        with self._lock:
            if self._writer is None:
                self._writer = Writer(self.folder)
            return self._writer

    @contextmanager
    def changing(self) -> Iterator[Writer]:
        """Hold the right to write for several steps; other threads of this process wait.

        Raises:
            CatalogError: another process has it.
        """
        with self._lock:
            yield self.writer

    def scan(self, size: int = 1000) -> Iterator[tuple[list[Product], Floats]]:
        """Give all products with their stored vectors, in the order of their ids, some at a time."""
        last = ""
        while True:
            with self._reading():
                found = self._connection.execute(
                    f"SELECT row, {', '.join(schema.FIELDS)} FROM products "  # noqa: S608
                    f"JOIN (SELECT row FROM vectors_{self._shelves.number:d}) USING (row) "
                    "WHERE id > ? ORDER BY id LIMIT ?",
                    (last, size),
                ).fetchall()
                if not found:
                    return
                vectors = self._shelves.vectors([row for row, *_ in found])
            products = [schema.as_product(fields) for _, *fields in found]
            last = products[-1].id
            yield products, vectors

    def close(self) -> None:
        """Let go of the files, and of the right to write."""
        with self._lock:
            if self._writer is not None:
                with suppress(OSError, sqlite3.Error, ScenefitError):  # it only makes the next opening faster
                    self._save(self._writer)
                self._writer.close()
            self._writer = None
            self._connection.close()

    def _save(self, writer: Writer) -> None:
        with self._reading():
            if snapshot.wanted(self.folder, self._connection, self._shelves):
                snapshot.save(self.folder, writer.connection, self._shelves)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """See one state of the catalog, the latest; memory is brought up to it."""
        with self._lock, schema.reading(self._connection):
            if int(schema.meta(self._connection)["version"]) != self._shelves.version:
                self._refresh()
            yield

    def _refresh(self) -> None:
        changed = self._shelves.refresh(self._connection)
        if changed is None:
            self._load()
            return
        self._details.forget(changed)
        if len(changed) > MANY:
            self._columns = LocalColumns(self._connection)
        elif changed:
            self._columns.update(changed)

    def _load(self) -> None:
        active = schema.meta(self._connection).get("active")
        found = self._connection.execute(
            "SELECT number, fingerprint, dimensions FROM models WHERE number = ?", (active,)
        ).fetchone()
        if found is None:
            raise ArtifactError(f"{self.folder} has no model; build the catalog again")
        number, self._model, dimensions = found
        self._shelves = self._read(int(number), int(dimensions))
        self._columns = LocalColumns(self._connection)
        self._details: Details = Details(self._connection)

    def _best(self, query: Query) -> Nearest:
        """Find the k best products, in their order; equal ones in the order of their ids."""
        found = nearest(self._asked(query), query.vector, query.k)
        order = np.argsort(-found.scores, kind="stable")
        if (np.diff(found.scores[order]) == 0).any():
            ids = self._details.ids(found.rows.tolist())
            order = np.array(sorted(order, key=lambda i: (-found.scores[i], ids[int(found.rows[i])])), np.int64)
        order = order[: query.k]
        return Nearest(found.rows[order], found.scores[order], found.vectors[order])

    def _read(self, number: int, dimensions: int) -> Shelves:
        """Read a model's vectors from the snapshot and what changed later; from SQLite alone where that cannot be."""
        shelves = snapshot.load(self.folder, self._connection, number, dimensions)
        if shelves is None or shelves.refresh(self._connection) is None:
            shelves = Shelves(number, dimensions)
            shelves.read(self._connection)
        return shelves

    def _asked(self, query: Query) -> list[tuple[Shelf, Bools | None]]:
        """Give the shelves of a query's category, and which of their products may come back; None for all."""
        shelves = self._shelves.of(query.category)
        if not shelves:
            raise unknown_category(query.category, self._shelves.counts())
        check_query(query, self.dimensions, self._model)
        return [(shelf, self._allowed(shelf, query)) for shelf in shelves]

    def _columns_now(self) -> Columns:
        return {**FIXED, **dict(self._connection.execute("SELECT name, kind FROM attributes ORDER BY name"))}

    def _allowed(self, shelf: Shelf, query: Query) -> Bools | None:
        if query.where is None and not query.exclude:
            return None
        allowed = np.ones(len(shelf), np.bool_)
        if query.where is not None:
            check_filter(query.where, self._columns_now())
            kinds = query.where.kinds
            allowed = mask(query.where, lambda name: self._columns.read(name, kinds[name], shelf.rows))
        for row in self._details.rows(query.exclude):
            if (found := self._shelves.where(row)) and found[0] is shelf:
                allowed[found[1]] = False
        return allowed
