"""All categories of a catalog in memory, kept as the SQLite file says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from scenefit.catalog.local_schema import meta
from scenefit.catalog.memory import Shelf
from scenefit.types import Array, Ints

CHUNK = 50_000
NOWHERE = -1


class Shelves:
    """What is in memory of one model's vectors.

    Attributes:
        number: of the model (`models.number`).
        version: the last change that is in here.
        moved: the rows that came, changed or went since the filter's columns were last told.
    """

    def __init__(self, connection: sqlite3.Connection, number: int, dimensions: int) -> None:
        """Read all vectors of a model; inside `local_schema.reading`."""
        self.number, self.dimensions = number, dimensions
        self.shelves: dict[str, Shelf] = {}
        self._names: list[str] = []
        self._shelf = np.full(0, NOWHERE, np.int16)  # of a row: the place of its category in `_names`
        self._position = np.empty(0, np.int32)  # of a row on its shelf
        for rows, categories, vectors in self._stored(connection):
            for category in dict.fromkeys(categories):
                of = np.array([name == category for name in categories])
                self._add(category, rows[of], vectors[of])
        self.version = int(meta(connection)["version"])

    def refresh(self, connection: sqlite3.Connection) -> list[int] | None:
        """Take up the changes since `version`; inside `local_schema.reading`.

        Returns:
            the rows that changed; None where too much was forgotten meanwhile, so that all must be read again.
        """
        known = meta(connection)
        if int(known["active"]) != self.number or int(known["pruned"]) > self.version:
            return None
        gone = [row for (row,) in connection.execute("SELECT row FROM deleted WHERE version > ?", (self.version,))]
        changed = connection.execute(
            f"SELECT row, products.category, vector FROM products JOIN vectors_{self.number:d} USING (row) "  # noqa: S608
            "WHERE version > ? ORDER BY row",
            (self.version,),
        ).fetchall()
        for row in gone:
            self._remove(row)
        for row, category, vector in changed:
            self._put(row, category, np.frombuffer(vector, np.float16))
        self.version = int(known["version"])
        return gone + [row for row, _, _ in changed]

    def where(self, row: int) -> tuple[Shelf, int] | None:
        """Find a row's shelf and position."""
        if row >= len(self._shelf) or self._shelf[row] == NOWHERE:
            return None
        return self.shelves[self._names[self._shelf[row]]], int(self._position[row])

    def _stored(self, connection: sqlite3.Connection) -> Iterator[tuple[Ints, list[str], Array]]:
        cursor = connection.execute(f"SELECT row, category, vector FROM vectors_{self.number:d} ORDER BY row")  # noqa: S608
        while found := cursor.fetchmany(CHUNK):
            rows, categories, vectors = zip(*found, strict=True)
            yield np.array(rows, np.int64), list(categories), _stack(vectors, self.dimensions)

    def _put(self, row: int, category: str, vector: Array) -> None:
        found = self.where(row)
        if found and found[0] is self.shelves.get(category):
            found[0].replace(found[1], vector)
            return
        self._remove(row)
        self._add(category, np.array([row]), vector[None])

    def _add(self, category: str, rows: Ints, vectors: Array) -> None:
        if category not in self.shelves:
            self.shelves[category] = Shelf(self.dimensions)
            self._names.append(category)
        positions = self.shelves[category].add(rows, vectors)
        if (short := int(rows.max()) + 1 - len(self._shelf)) > 0:
            short = max(short, len(self._shelf) // 4, 1024)
            self._shelf = np.concatenate([self._shelf, np.full(short, NOWHERE, np.int16)])
            self._position = np.concatenate([self._position, np.zeros(short, np.int32)])
        self._shelf[rows], self._position[rows] = self._names.index(category), positions

    def _remove(self, row: int) -> None:
        found = self.where(row)
        if found is None:
            return
        shelf, position = found
        moved = shelf.remove(position)
        if moved is not None:
            self._position[moved] = position
        self._shelf[row] = NOWHERE


def _stack(vectors: Sequence[Any], dimensions: int) -> Array:
    stacked: Array = np.frombuffer(b"".join(vectors), np.float16).reshape(len(vectors), dimensions)
    return stacked
