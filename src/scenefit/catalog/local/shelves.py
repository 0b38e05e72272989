"""All categories of a catalog in memory, kept as the SQLite file says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from scenefit.catalog.local.schema import meta
from scenefit.catalog.local.shelf import Shelf, narrow
from scenefit.types import Array, Floats, Ints

CHUNK = 10_000
NOWHERE = -1


class Shelves:
    """What is in memory of one model's vectors.

    A category has two shelves: one for the products whose vectors end in zeros beyond the last full lanes, as those
    without a prior do, which is scanned faster; and one for the others.

    Attributes:
        number: of the model (`models.number`).
        version: the last change that is in here.
    """

    def __init__(self, number: int, dimensions: int, version: int = -1) -> None:
        """Make the shelves of a model, empty; `fill` and `refresh` fill them."""
        self.number, self.dimensions, self.version = number, dimensions, version
        self._shelves: list[Shelf] = []
        self._first: dict[str, int] = {}  # of a category: the place of its first shelf
        self._shelf = np.empty(0, np.int32)  # of a row: the place of its shelf
        self._position = np.empty(0, np.int32)  # of a row on its shelf

    def read(self, connection: sqlite3.Connection) -> None:
        """Read all vectors of the model into empty shelves; inside `schema.reading`."""
        table = f"vectors_{self.number:d}"
        for rows, categories, vectors in self._stored(connection, f"{table} ORDER BY row", ()):
            self._take(rows, categories, vectors)
        self.version = int(meta(connection)["version"])

    def refresh(self, connection: sqlite3.Connection) -> list[int] | None:
        """Take up the changes since `version`; inside `schema.reading`.

        Returns:
            the rows that changed; None where too much was forgotten meanwhile, so that all must be read again.
        """
        known = meta(connection)
        if int(known["active"]) != self.number or int(known["pruned"]) > self.version:
            return None
        changed = [row for (row,) in connection.execute("SELECT row FROM deleted WHERE version > ?", (self.version,))]
        for row in changed:
            self._remove(row)
        # the index is named, or SQLite may pass over all products to give them in order
        since = f"products INDEXED BY products_version CROSS JOIN vectors_{self.number:d} USING (row) WHERE version > ?"
        for rows, categories, vectors in self._stored(connection, since, (self.version,)):
            self._take(rows, categories, vectors)
            changed += rows.tolist()
        self.version = int(known["version"])
        return changed

    def shelf(self, category: str, second: int) -> Shelf:
        """Give the first or the second shelf of a category, which is made if it is new."""
        return self._shelves[self._place(category) + second]

    def fill(self, category: str, second: int, rows: Ints, stored: Array, largest: float) -> None:
        """Fill an empty shelf, see `Shelf.fill`."""
        self.shelf(category, second).fill(rows, stored, largest)
        self._note(self._place(category) + second, rows, np.arange(len(rows)))

    def listed(self) -> list[tuple[str, Shelf]]:
        """Give all shelves, those of a category side by side, with its name."""
        return [
            (category, shelf) for category, first in self._first.items() for shelf in self._shelves[first : first + 2]
        ]

    def of(self, category: str) -> list[Shelf]:
        """Give the shelves of a category that hold products."""
        first = self._first.get(category)
        return [] if first is None else [shelf for shelf in self._shelves[first : first + 2] if len(shelf)]

    def counts(self) -> dict[str, int]:
        """Count the products of each category that has some; the categories are sorted."""
        counts = {category: sum(map(len, self.of(category))) for category in sorted(self._first)}
        return {category: count for category, count in counts.items() if count}

    def where(self, row: int) -> tuple[Shelf, int] | None:
        """Find a row's shelf and position."""
        if row >= len(self._shelf) or self._shelf[row] == NOWHERE:
            return None
        return self._shelves[self._shelf[row]], int(self._position[row])

    def vectors(self, rows: Sequence[int]) -> Floats:
        """Read the vectors of rows that are here, shape (n, d + 1), float32."""
        places, positions = self._shelf[rows], self._position[rows]
        found = np.zeros((len(rows), self.dimensions), np.float32)
        for place in set(places.tolist()) - {NOWHERE}:
            on_it = places == place
            found[on_it] = self._shelves[place].vectors(positions[on_it])
        return found

    def _stored(
        self, connection: sqlite3.Connection, which: str, values: Sequence[int]
    ) -> Iterator[tuple[Ints, Sequence[str], Array]]:
        table = f"vectors_{self.number:d}"
        cursor = connection.execute(f"SELECT row, {table}.category, vector FROM {which}", values)  # noqa: S608
        while found := cursor.fetchmany(CHUNK):
            rows, categories, vectors = zip(*found, strict=True)
            yield np.array(rows, np.int64), categories, _stack(vectors, self.dimensions)

    def _take(self, rows: Ints, categories: Sequence[str], vectors: Array) -> None:
        """Put each row where it belongs, whether it is new, stays on its shelf or comes from another."""
        ends = vectors[:, narrow(self.dimensions) :].view(np.uint16)
        places = np.fromiter(map(self._place, categories), np.int64, len(rows)) + ends.any(axis=1)
        self._make_room(int(rows.max()) + 1)
        stays = self._shelf[rows] == places
        for row in rows[~stays].tolist():
            self._remove(row)
        for place in np.unique(places).tolist():
            here, new = (np.flatnonzero((places == place) & which) for which in (stays, ~stays))
            self._shelves[place].replace(self._position[rows[here]], vectors[here])
            if len(new):
                self._note(place, rows[new], self._shelves[place].add(rows[new], vectors[new]))

    def _place(self, category: str) -> int:
        """Give the place of a category's first shelf; a new category gets its two."""
        if category not in self._first:
            self._first[category] = len(self._shelves)
            self._shelves += [Shelf(self.dimensions, narrow(self.dimensions)), Shelf(self.dimensions)]
        return self._first[category]

    def _note(self, place: int, rows: Ints, positions: Ints) -> None:
        """Remember where rows are."""
        self._make_room(int(rows.max(initial=-1)) + 1)
        self._shelf[rows], self._position[rows] = place, positions

    def _make_room(self, end: int) -> None:
        if (short := end - len(self._shelf)) > 0:
            short = max(short, len(self._shelf) // 4, 1024)
            self._shelf = np.concatenate([self._shelf, np.full(short, NOWHERE, np.int32)])
            self._position = np.concatenate([self._position, np.zeros(short, np.int32)])

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
