"""Tables: Parquet files read and written through DuckDB, checked against one schema."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from scenefit.errors import DataError
from scenefit.types import Array, Table

SCENES = {"id": "VARCHAR", "image": "VARCHAR", "content": "VARCHAR", "width": "INTEGER", "height": "INTEGER"}
PRODUCTS = {
    "id": "VARCHAR",
    "category": "VARCHAR",
    "image": "VARCHAR",
    "content": "VARCHAR",
    "width": "INTEGER",
    "height": "INTEGER",
    "title": "VARCHAR?",
    "price": "DOUBLE?",
    "in_stock": "BOOLEAN?",
}
PAIRS = {
    "scene": "VARCHAR",
    "product": "VARCHAR",
    "category": "VARCHAR",
    "left": "DOUBLE?",
    "top": "DOUBLE?",
    "right": "DOUBLE?",
    "bottom": "DOUBLE?",
    "split": "VARCHAR",
}
QUESTIONS = {
    "question": "INTEGER",
    "scene": "VARCHAR",
    "product": "VARCHAR",
    "category": "VARCHAR",
    "right": "BOOLEAN",
}
ITEMS = {
    "scene": "VARCHAR",
    "category": "VARCHAR",
    "left": "DOUBLE",
    "top": "DOUBLE",
    "right": "DOUBLE",
    "bottom": "DOUBLE",
}
TRUTH = {
    "scene": "VARCHAR",
    "category": "VARCHAR",
    "product": "VARCHAR",
    "score": "DOUBLE",
    "compatible": "BOOLEAN",
    "anchor": "VARCHAR",
    "left": "DOUBLE",
    "top": "DOUBLE",
    "right": "DOUBLE",
    "bottom": "DOUBLE",
}
"""Column -> DuckDB type; a type that ends in ? may be absent (None) in a row."""


def write_table(path: Path, table: Table, columns: Mapping[str, str]) -> None:
    """Write columns as Parquet, in the order and with the types of `columns`.

    Raises:
        DataError: a column is missing, or a value is not of its column's type.
        OSError: the file cannot be written, as on a full disk.
    """
    missing = [name for name in columns if name not in table]
    if missing:
        raise DataError(f"{path.name} lacks the columns {missing}; expected {list(columns)}")
    types = ", ".join(f'CAST("{name}" AS {kind.rstrip("?")}) AS "{name}"' for name, kind in columns.items())
    with duckdb.connect() as connection:
        connection.register("given", {name: table[name] for name in columns})
        try:
            connection.execute(f"COPY (SELECT {types} FROM given) TO {quoted(str(path))} (FORMAT parquet)")  # noqa: S608
        except (duckdb.ConversionException, duckdb.InvalidInputException) as error:
            raise DataError(f"{path.name} cannot hold these values: {str(error).splitlines()[0]}") from None
        except duckdb.IOException as error:
            raise os_error(error, path) from None


def read_table(path: Path, columns: Mapping[str, str], only: tuple[str, Array] | None = None) -> Table:
    """Read a Parquet file's columns; an absent value comes as None (text) or NaN (numbers).

    Args:
        path: the file.
        columns: those to read, with their types.
        only: a column and the values that it has in the rows to read; None reads all rows.

    Raises:
        DataError: not Parquet, a column missing or of another type, or a value absent that may not be.
    """
    with _opened(path) as (connection, source, found):
        _check_columns(path, found, columns)
        where = ""
        if only:
            connection.register("wanted", {"value": only[1]})
            where = f"WHERE {_names(only[:1])} IN (SELECT value FROM wanted)"  # noqa: S608
        table = connection.execute(f"SELECT {_names(columns)} FROM {source} {where}").fetchnumpy()  # noqa: S608
    return {name: _plain(path, name, columns[name], column) for name, column in table.items()}


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Read a Parquet file of any schema row by row: those of `columns` that it has, as Python values, None if absent.

    Raises:
        DataError: not Parquet.
    """
    with _opened(path) as (connection, source, found):
        names = [name for name in columns if name in found]
        rows = connection.execute(f"SELECT {_names(names)} FROM {source}")  # noqa: S608
        while some := rows.fetchmany(1000):
            yield from (dict(zip(names, row, strict=True)) for row in some)


def column_names(path: Path) -> list[str]:
    """Name the columns of a Parquet file.

    Raises:
        DataError: not Parquet.
    """
    with _opened(path) as (_, _, found):
        return list(found)


def metadata(path: Path) -> dict[str, str]:
    """Read what a Parquet file says beside its columns.

    Raises:
        DataError: not Parquet.
    """
    with _opened(path) as (connection, _, _):
        found = connection.execute("SELECT key, value FROM parquet_kv_metadata(?)", [_no_pattern(path)]).fetchall()
    return {key.decode(errors="replace"): value.decode(errors="replace") for key, value in found}


@contextmanager
def _opened(path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, str, dict[str, str]]]:
    """Give a connection, what to select from, and the type of each column."""
    source = f"read_parquet({quoted(_no_pattern(path))}, hive_partitioning = false)"
    with duckdb.connect() as connection:
        try:
            found = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608
            yield connection, source, {name: kind for name, kind, *_ in found}
        except duckdb.Error as error:
            raise DataError(f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}") from None


def _no_pattern(path: Path) -> str:
    return re.sub(r"([*?[])", r"[\1]", str(path))  # a folder's name is no glob pattern


def _names(columns: Iterable[str]) -> str:
    return ", ".join('"' + name.replace('"', '""') + '"' for name in columns)


def quoted(text: str) -> str:
    """Write a text for DuckDB's SQL.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def os_error(error: duckdb.IOException, path: Path) -> OSError:
    """Give the system's error that DuckDB names only in its text."""
    text = str(error).splitlines()[0]
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES):
        if os.strerror(number) in text:
            return OSError(number, os.strerror(number), str(path))
    return OSError(errno.EIO, text, str(path))


def _check_columns(path: Path, found: Mapping[str, str], columns: Mapping[str, str]) -> None:
    for name, kind in columns.items():
        if name not in found:
            raise DataError(f"{path} has the columns {list(found)}; expected {name!r} among them")
        if found[name] != kind.rstrip("?"):
            raise DataError(f"{path}: column {name!r} is {found[name]}; expected {kind.rstrip('?')}")


def _plain(path: Path, name: str, kind: str, column: np.ndarray) -> np.ndarray:
    absent = np.ma.getmaskarray(column) if isinstance(column, np.ma.MaskedArray) else None
    if absent is None or not absent.any():
        return np.asarray(column)
    if not kind.endswith("?"):
        raise DataError(f"{path}: column {name!r} has {int(absent.sum())} absent values; it must have none")
    plain = np.asarray(column).astype(np.float64 if kind.startswith("DOUBLE") else object)
    plain[absent] = np.nan if kind.startswith("DOUBLE") else None
    return plain
