"""Another system's candidates: tables of ids and pictures, and plain lists of ids; what cannot be read is set aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scenefit.catalog.loading.listed import Listed, SetAside
from scenefit.data.importers.records import is_text, read_lines, read_records, text_of
from scenefit.data.importers.table_rows import CSV, JSON, PARQUET, Row, read_table_rows
from scenefit.data.importers.table_values import (
    FaultyRowError,
    find_inside,
    is_absent,
    product_details,
    relative_path,
    text_id,
)
from scenefit.errors import DataError
from scenefit.types import Product

TEXT = ".txt"


def read_candidates(table: Path, category: str) -> Iterator[Listed | SetAside]:
    """Read a table with the columns `id` and `image`; `title`, `price`, `currency`, `in_stock` where it has them.

    Args:
        table: as `read_table_rows` takes it; an image is a path that starts at the table's folder and stays in it.
        category: what all candidates are.

    Raises:
        DataError: the table cannot be read, or lacks a column.
    """
    return once(_candidates(table, category))


def _candidates(table: Path, category: str) -> Iterator[Listed | SetAside]:
    for row in read_table_rows(table, ("id", "image")):
        if row.fault is not None:
            yield SetAside(row.number, None, row.fault)
            continue
        name = None
        try:
            name = _id(row.values)
            yield Listed(row.number, *_product(table.parent, name, category, row.values))
        except FaultyRowError as fault:
            yield SetAside(row.number, name, str(fault))


def _product(folder: Path, name: str, category: str, values: Mapping[str, Any]) -> tuple[Product, Path]:
    image, currency = values.get("image"), values.get("currency")
    if not is_text(image):
        raise FaultyRowError("image: expected the path of a picture")
    image = str(image).strip()
    try:
        path = relative_path("image", image, "the table's folder")
    except FaultyRowError:
        raise FaultyRowError("image: expected a path that stays inside the table's folder") from None
    if (file := find_inside("image", folder, path)) is None:
        raise FaultyRowError("image: picture missing")
    details = {key: value for key, value in product_details(values).items() if value is not None}
    unit = None if is_absent(currency) else str(currency).strip()
    return Product(name, category, image=image, currency=unit, **details), file


def read_ids(path: Path) -> Iterator[str | SetAside]:
    """Read ids: one a line of a .txt file, a JSON array, or the column `id` of a table; counted without blank lines.

    Raises:
        DataError: the file cannot be read, is of another kind, or a table without the column.
    """
    for number, row in enumerate(_id_rows(path), 1):
        try:
            if row.fault is not None:
                raise FaultyRowError(row.fault)
            yield _id(row.values)
        except FaultyRowError as fault:
            yield SetAside(number, None, str(fault))


def _id_rows(path: Path) -> Iterator[Row]:
    kind = path.suffix.lower()
    if kind in JSON:
        for number, record in read_records(path):
            yield Row(number, record if isinstance(record, dict) else {"id": record})
    elif kind in (*CSV, *PARQUET):
        yield from read_table_rows(path, ("id",), ("id",))
    elif kind in ("", TEXT):
        for number, line in read_lines(path, "list of ids"):
            yield Row(number, {"id": (text_of(line) or "").strip()})
    else:
        raise DataError(f"got the list of ids {path}; expected a file {', '.join((TEXT, *CSV, *JSON, *PARQUET))}")


def _id(values: Mapping[str, Any]) -> str:
    name = text_id(values, "id")
    if name is None:
        raise FaultyRowError("id: expected text, or a whole number")
    return name


def once(candidates: Iterable[Listed | SetAside]) -> Iterator[Listed | SetAside]:
    """Set those aside whose id was listed before."""
    known: set[str] = set()
    for one in candidates:
        if isinstance(one, Listed) and one.product.id in known:
            yield SetAside(one.number, one.product.id, "id: listed before")
            continue
        if isinstance(one, Listed):
            known.add(one.product.id)
        yield one
