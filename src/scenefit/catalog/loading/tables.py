"""A shop's products in a table: CSV, JSON lines or Parquet, read row by row; a bad row is set aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scenefit.catalog.columns import NAME, RESERVED, Columns, Kind
from scenefit.catalog.loading.listed import Listed, SetAside
from scenefit.catalog.loading.table_kinds import find_kinds, read_attribute
from scenefit.data.importers.records import is_text
from scenefit.data.importers.table_rows import CSV, Row, read_table_rows
from scenefit.data.importers.table_values import (
    URL,
    FaultyRowError,
    find_inside,
    is_absent,
    product_details,
    relative_path,
    text_id,
)
from scenefit.errors import DataError, UsageError
from scenefit.types import Product

REQUIRED = ("id", "category", "image")
KNOWN = (*REQUIRED, "title", "price", "currency", "in_stock", "url")


@dataclass(frozen=True)
class TableOptions:
    """How a table's columns are read.

    Attributes:
        columns: the table's own name of a column, where it has another: `{"id": "sku"}`.
        kinds: of attributes that are not what their values look like: `{"size": "text"}`.
        without: columns of the table that are left out.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    kinds: Columns = field(default_factory=dict)
    without: frozenset[str] = frozenset()


class ProductTable:
    """The products of a table: `id`, `category`, `image`, and where they are there `title`, `price`, `currency`,
    `in_stock`, `url`; each other column is an attribute. An image is a path that starts at the table's folder and
    stays in it, or an http(s) address.

    Attributes:
        total: the number of rows.
        kinds: of the attributes.
    """  # noqa: D205

    def __init__(self, path: Path, options: TableOptions | None = None, known: Columns | None = None) -> None:
        """Go through a table once, to count its rows and find the kinds of its attributes.

        Args:
            path: as `read_table_rows` takes it.
            options: how its columns are read.
            known: what the catalog has already; an attribute keeps its kind.

        Raises:
            DataError: the table cannot be read, lacks a column, or has one whose name no filter could name.
            UsageError: a column is named twice, or an attribute is to have another kind than in the catalog.
        """
        self.path, self._options, self.total = path, options or TableOptions(), 0
        self._name = _names(self._options)
        fixed = _fixed(known or {}, self._options.kinds)
        self._seen: set[str] = set()
        self.kinds: dict[str, Kind] = find_kinds(self._attributes(), fixed, path.suffix.lower() in CSV)
        lacking = sorted({*self._options.columns, *self._options.kinds} - self._seen)
        if lacking and self.total:
            names = [self._options.columns.get(name, name) for name in lacking]
            raise DataError(f"no row of {path} has {', '.join(map(repr, names))}; check --column and --kind")

    def __iter__(self) -> Iterator[Listed | SetAside]:
        for row in self._rows():
            if row.fault is not None:
                yield SetAside(row.number, None, row.fault)
                continue
            id_ = None
            try:
                id_ = text_id(row.values, "id")
                yield self._listed(row.number, id_, row.values)
            except FaultyRowError as fault:
                yield SetAside(row.number, id_, str(fault))

    def _rows(self) -> Iterator[Row]:
        """Give the rows with their values under our names."""
        required = [self._options.columns.get(name, name) for name in REQUIRED]
        for row in read_table_rows(self.path, required):
            if row.fault is None:
                values = {self._name.get(k, k): v for k, v in row.values.items() if k not in self._options.without}
                yield row._replace(values=values)
            else:
                yield row

    def _attributes(self) -> Iterator[dict[str, Any]]:
        for row in self._rows():
            self.total += 1
            if row.fault is None:
                for name in row.values:
                    if name not in self._seen:
                        self._check_name(name)
                        self._seen.add(name)
                yield {name: value for name, value in row.values.items() if name not in KNOWN}

    def _check_name(self, name: str) -> None:
        if name not in KNOWN and (not NAME.fullmatch(name) or name.lower() in {*RESERVED, "missing"}):
            raise DataError(
                f"{self.path} has the column {name[:80]!r}; a filter could not name it: leave it out with --without "
                f"{name[:80]!r}, or name it anew with --column NEW={name[:80]!r} (letters, digits and underscores)"
            )

    def _listed(self, number: int, id_: str | None, values: Mapping[str, Any]) -> Listed:
        if id_ is None:
            raise FaultyRowError("id: expected text, or a whole number")
        category = values.get("category")
        if not is_text(category):
            raise FaultyRowError("category: expected a category's name")
        image, picture = self._picture(values.get("image"))
        product = Product(
            id_, str(category).strip(), image=image, currency=_text(values, "currency"), url=_page(values)
        )
        details = {name: value for name, value in product_details(values).items() if value is not None}
        return Listed(number, replace(product, **details, attributes=self._read(values)), picture)

    def _read(self, values: Mapping[str, Any]) -> dict[str, Any]:
        there = {name: value for name, value in values.items() if name not in KNOWN and not is_absent(value)}
        return {name: read_attribute(name, value, self.kinds.get(name, "text")) for name, value in there.items()}

    def _picture(self, name: Any) -> tuple[str, Path | str]:
        """Give what a row says of its picture, and where that is."""
        if not is_text(name):
            raise FaultyRowError("image: expected the path of a picture, or its URL")
        name = str(name).strip()
        if URL.fullmatch(name):
            return name, name
        file = find_inside("image", self.path.parent, relative_path("image", name, "the table's folder"))
        if file is None:
            raise FaultyRowError("image: picture missing")
        return name, file


def _names(options: TableOptions) -> dict[str, str]:
    """Give our name of each column that has another in the table."""
    names = {theirs: ours for ours, theirs in options.columns.items()}
    if len(names) < len(options.columns):
        raise UsageError("got --column with one column of the table for two; name each column once")
    return names


def _fixed(known: Columns, kinds: Columns) -> dict[str, Kind]:
    for name, kind in kinds.items():
        if known.get(name, kind) != kind:
            raise UsageError(f"got --kind {name}={kind}; in this catalog {name} is a {known[name]}")
    return {**known, **kinds}


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    if is_absent(value):
        return None
    if not is_text(value):
        raise FaultyRowError(f"{name}: expected text")
    return str(value).strip()


def _page(values: Mapping[str, Any]) -> str | None:
    page = _text(values, "url")
    if page is not None and not URL.fullmatch(page):
        raise FaultyRowError("url: expected an http(s) URL")
    return page
