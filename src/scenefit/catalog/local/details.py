"""Products as the SQLite file has them; those found lately stay in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from scenefit.catalog.checks import possible
from scenefit.catalog.local import schema
from scenefit.catalog.local.writer import parts, rows_of
from scenefit.types import Product

REMEMBERED = 10_000


class Details:
    """The products of a catalog folder; all of it is called inside `schema.reading`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[int, Product] = {}

    def of_ids(self, ids: Iterable[str]) -> Iterator[tuple[int, Product]]:
        """Give the products of some ids that are there, with their rows, in no order."""
        return self._read("id", possible(ids))

    def of_rows(self, rows: Sequence[int]) -> list[Product]:
        """Give the products of rows, all of which are there."""
        if missing := [row for row in rows if row not in self._known]:
            self._known |= self._read("row", missing)
        found = [self._known[row] for row in rows]
        if len(self._known) > REMEMBERED:
            self._known.clear()
        return found

    def forget(self, rows: Iterable[int]) -> None:
        """Read some rows again when they are next asked for: they have changed."""
        for row in rows:
            self._known.pop(row, None)

    def ids(self, rows: Sequence[int]) -> dict[int, str]:
        """Give the ids of rows."""
        return dict(found for some in parts(rows) for found in self._execute("row, id", "row", some))

    def rows(self, ids: Collection[str]) -> list[int]:
        """Give the rows of some ids, of those that are there."""
        return [row for some in parts(possible(ids)) for (row,) in self._connection.execute(*rows_of(some))]

    def _read(self, column: str, values: Sequence[Any]) -> Iterator[tuple[int, Product]]:
        for some in parts(values):
            for row, *fields in self._execute(f"row, {', '.join(schema.FIELDS)}", column, some):
                yield row, schema.as_product(fields)

    def _execute(self, fields: str, column: str, values: Sequence[Any]) -> sqlite3.Cursor:
        marks = ", ".join("?" * len(values))
        statement = f"SELECT {fields} FROM products WHERE {column} IN ({marks})"  # noqa: S608  our own names
        return self._connection.execute(statement, values)
