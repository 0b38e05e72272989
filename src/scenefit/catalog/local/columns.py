"""What products are filtered by, in memory: each column is read when a filter first names it, then kept up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scenefit.catalog.columns import FIXED, Kind
from scenefit.catalog.filters.mask import Column
from scenefit.types import Array, Ints

CHUNK, IN_ONE = 10_000, 500
EMPTY: dict[Kind, tuple[type[np.generic], float]] = {
    "number": (np.float64, np.nan),
    "boolean": (np.int8, -1),
    "text": (np.int32, -1),
}


@dataclass
class _Stored:
    """One column of all rows of the SQLite file, by row; the words of a text by their codes."""

    kind: Kind
    values: Array
    codes: dict[str, int] = field(default_factory=dict)

    def put(self, rows: Sequence[int], values: Sequence[Any]) -> None:
        dtype, missing = EMPTY[self.kind]
        if (short := max(rows, default=-1) + 1 - len(self.values)) > 0:
            more = max(short, len(self.values) // 4)
            self.values = np.concatenate([self.values, np.full(more, missing, dtype)])
        if self.kind == "text":
            values = [None if v is None else self.codes.setdefault(v, len(self.codes)) for v in values]
        self.values[np.array(rows, np.int64)] = [missing if value is None else value for value in values]


class LocalColumns:
    """The columns of a catalog folder that filters have named so far."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._columns: dict[str, _Stored] = {}

    def read(self, name: str, kind: Kind, rows: Ints) -> Column:
        """Give a column of some rows; inside `schema.reading`."""
        if name not in self._columns:
            dtype, _ = EMPTY[kind]
            stored = _Stored(kind, np.empty(0, dtype))
            expression, values = _expressions([name])
            for found, column in _chunks(self._connection.execute(f"SELECT row{expression} FROM products", values)):  # noqa: S608
                stored.put(found, column)
            self._columns[name] = stored
        stored = self._columns[name]
        return Column(stored.kind, stored.values[rows], stored.codes)

    def update(self, rows: Iterable[int]) -> None:
        """Read some rows again, in every column that is in memory."""
        changed, names = list(rows), list(self._columns)
        expressions, values = _expressions(names)
        for start in range(0, len(changed) if names else 0, IN_ONE):
            some = changed[start : start + IN_ONE]
            statement = f"SELECT row{expressions} FROM products WHERE row IN ({', '.join('?' * len(some))})"  # noqa: S608
            for found, *columns in _chunks(self._connection.execute(statement, values + some)):
                for name, column in zip(names, columns, strict=True):
                    self._columns[name].put(found, column)


def _expressions(names: Iterable[str]) -> tuple[str, list[Any]]:
    """Give what stands in a statement for some columns, and its values; those of `FIXED` are our own names."""
    text = "".join(f", {name}" if name in FIXED else ", json_extract(attributes, ?)" for name in names)
    return text, [f'$."{name}"' for name in names if name not in FIXED]


def _chunks(cursor: sqlite3.Cursor) -> Iterator[list[list[Any]]]:
    while found := cursor.fetchmany(CHUNK):
        yield [list(column) for column in zip(*found, strict=True)]
