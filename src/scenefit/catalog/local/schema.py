"""The SQLite file of a catalog folder: its tables, how it is opened, and rows to products and back."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scenefit.errors import ArtifactError, CatalogError
from scenefit.types import Product

FILE, FORMAT = "catalog.sqlite", "1"
BUSY_SECONDS = 30.0
FIELDS = ("id", "category", "title", "price", "currency", "in_stock", "url", "image", "content", "attributes")
_WRITER, _READER = json.JSONEncoder(sort_keys=True, ensure_ascii=False), json.JSONDecoder()
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE products (
    row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, category TEXT NOT NULL, title TEXT, price REAL,
    currency TEXT, in_stock INTEGER NOT NULL, url TEXT, image TEXT, content TEXT, attributes TEXT NOT NULL,
    added REAL NOT NULL, updated REAL NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX products_version ON products (version);
CREATE TABLE deleted (row INTEGER PRIMARY KEY, version INTEGER NOT NULL);
CREATE INDEX deleted_version ON deleted (version);
CREATE TABLE attributes (name TEXT PRIMARY KEY, kind TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE models (number INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, dimensions INTEGER NOT NULL);
"""
"""`version` counts the changes: a reader asks for the rows above the version that it has seen. The vectors of model N
are in `vectors_N (row, vector)`, fp16; meta's `active` is the N that is searched."""


def connect(folder: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the file of a catalog folder, in WAL mode, so that readers and the writer do not wait for each other.

    Raises:
        ArtifactError: it is not there, or no catalog that this version reads.
    """
    path = folder / FILE
    if not create and not path.is_file():
        raise ArtifactError(f"{folder} is not a catalog: it has no {FILE}; make one with `scenefit catalog build`")
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if create:
            _create(connection)
        found = meta(connection).get("format")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise ArtifactError(f"{path} cannot be read as a catalog ({error}); build it again") from None
    if found != FORMAT:
        connection.close()
        raise ArtifactError(f"{path} has the format {found}; this version reads {FORMAT}: build the catalog again")
    return connection


def _create(connection: sqlite3.Connection) -> None:
    with writing(connection):
        for statement in SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('format', ?), ('version', '0'), ('pruned', '0')", (FORMAT,))


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """See one state of the catalog for a while, whatever is written beside."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Change the catalog, all or nothing.

    Raises:
        CatalogError: the disk is full, or another writer does not let go.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError):
            raise CatalogError(
                f"the catalog could not be changed ({error}); nothing of this change was kept: make room, and try again"
            ) from None
        raise


def meta(connection: sqlite3.Connection) -> dict[str, str]:
    """Read what the catalog knows of itself."""
    return dict(connection.execute("SELECT key, value FROM meta"))


def set_meta(connection: sqlite3.Connection, **values: str) -> None:
    """Write what the catalog knows of itself."""
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())


def next_version(connection: sqlite3.Connection) -> int:
    """Count a change; inside `writing`."""
    statement = "UPDATE meta SET value = value + 1 WHERE key = 'version' RETURNING CAST(value AS INTEGER)"
    (version,) = connection.execute(statement).fetchone()
    return int(version)


def as_row(product: Product) -> tuple[Any, ...]:
    """Give the values of `FIELDS`."""
    return (*(getattr(product, name) for name in FIELDS[:-1]), _WRITER.encode(dict(product.attributes)))


def as_product(row: Sequence[Any]) -> Product:
    """Make a product of the values of `FIELDS`."""
    name, category, title, price, currency, in_stock, url, image, content, attributes = row
    known, _ = _READER.raw_decode(attributes)
    return Product(name, category, title, price, currency, bool(in_stock), url, image, content, known)


def now() -> float:
    """Give the time in seconds since 1970, as `added` and `updated` have it."""
    return time.time()
