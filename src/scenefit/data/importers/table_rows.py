"""Reading a table record by record: CSV, JSON lines or Parquet, values as given; a bad record stops nothing.

CSV is read line by line rather than by DuckDB, so that a bad line costs itself only and is named by its number.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scenefit.data.importers.records import MAX_LINE, read_lines, read_records, shown, text_of
from scenefit.data.tables import column_names, read_rows
from scenefit.errors import DataError

CSV, JSON, PARQUET = (".csv", ".tsv"), (".jsonl", ".ndjson", ".json"), (".parquet",)
DELIMITERS = ",;\t"


class Row(NamedTuple):
    """A record: its number (of its line, where it has one), its values by column, and what is wrong with its form."""

    number: int
    values: Any
    fault: str | None = None


def read_table_rows(path: Path, required: Sequence[str], columns: Sequence[str] | None = None) -> Iterator[Row]:
    """Read the records of a table; of their columns those in `columns`, or all.

    Args:
        path: a .csv or .tsv file with a header, in UTF-8, separated by comma, semicolon or tab; a .jsonl, .ndjson or
            .json file of one object a line or one array; or a .parquet file.
        required: the columns that the header of a CSV or Parquet file must name.
        columns: the columns to give, as text from CSV, as the values they are from the others.

    Raises:
        DataError: the file cannot be read, is of another kind, or lacks a column of `required`.
    """
    kind = path.suffix.lower()
    if kind in CSV:
        yield from _read_csv(path, required, columns)
    elif kind in JSON:
        for number, record in read_records(path):
            if isinstance(record, dict):
                yield Row(number, {k: v for k, v in record.items() if columns is None or k in columns})
            else:
                yield Row(number, record, "not a JSON object")
    elif kind in PARQUET:
        if not path.is_file():
            raise DataError(f"the table {path} cannot be read: no such file")
        _check_header(path, names := column_names(path), required)
        for number, values in enumerate(read_rows(path, columns or names), 1):
            yield Row(number, values)
    else:
        raise DataError(f"got the table {path}; expected a file {', '.join((*CSV, *JSON, *PARQUET))}")


def _check_header(path: Path, found: Sequence[str], required: Sequence[str]) -> None:
    lacking = [name for name in required if name not in found]
    if lacking:
        raise DataError(f"{path} has the columns {list(found)}; expected {', '.join(map(repr, lacking))} among them")
    twice = {name for name in found if found.count(name) > 1}
    if twice:
        raise DataError(f"{path} has the column {min(twice)!r} more than once")


def _read_csv(path: Path, required: Sequence[str], columns: Sequence[str] | None) -> Iterator[Row]:
    records = _csv_records(path)
    _, first = next(records, (0, b""))
    text = text_of(first) or ""
    delimiter = max(DELIMITERS, key=text.count)
    header = [name.strip() for name in _fields(text, delimiter) or []]
    _check_header(path, header, required)
    for number, line in records:
        whole = text_of(line)
        fields = None if whole is None else _fields(whole, delimiter)
        if fields is None:
            kind = "longer than 1 MiB or not UTF-8 text" if whole is None else "its quotes do not close as they should"
            yield Row(number, shown(line), f"not a line of CSV: {kind}")
        elif len(fields) != len(header):
            yield Row(number, shown(line), f"not a line of CSV: expected {len(header)} fields")
        else:
            values = dict(zip(header, fields, strict=True))
            yield Row(number, {name: values[name] for name in columns or header if name in values})


def _csv_records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Join the lines of each record: one whose quotes are open goes on in the next line.

    Where they never close, the line is a record by itself, so that the rest of the file is not lost with it.
    """
    lines = read_lines(path, "table")
    ahead: deque[tuple[int, bytes]] = deque()

    def following() -> tuple[int, bytes] | None:
        return ahead.popleft() if ahead else next(lines, None)

    while (first := following()) is not None:
        taken, size, quotes = [first], len(first[1]), first[1].count(b'"')
        while quotes % 2 and size < MAX_LINE and (line := following()) is not None:
            taken.append(line)
            size, quotes = size + len(line[1]), quotes + line[1].count(b'"')
        if quotes % 2:
            ahead.extendleft(reversed(taken[1:]))
            del taken[1:]
        yield first[0], b"".join(line for _, line in taken)


def _fields(text: str, delimiter: str) -> list[str] | None:
    try:
        (fields,) = csv.reader([text.rstrip("\r\n")], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return None
    return fields
