"""The models of a catalog folder: a new one's vectors are made beside the old ones, then it serves in one step."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from scenefit import artifacts
from scenefit.catalog.local import schema
from scenefit.errors import CatalogError, UsageError
from scenefit.model.folder import MANIFEST, Model
from scenefit.types import Array, Product

FOLDER = "models"


def create(folder: Path, model: Model, *, overwrite: bool = False) -> None:
    """Make an empty catalog that a model serves.

    Raises:
        UsageError: the folder exists and `overwrite` is false, or it is no catalog.
    """
    with artifacts.written_folder(folder, overwrite) as new:
        connection = schema.connect(new, create=True)
        number = register(connection, new, model)
        activate(connection, number)
        connection.close()


def register(connection: sqlite3.Connection, folder: Path, model: Model) -> int:
    """Copy a model into the catalog, if it is not there, and make room for its vectors; gives its number."""
    found = connection.execute("SELECT number FROM models WHERE fingerprint = ?", (model.fingerprint,)).fetchone()
    if found:
        return int(found[0])
    with schema.writing(connection):
        (number,) = connection.execute("SELECT 1 + coalesce(max(number), 0) FROM models").fetchone()
        with artifacts.written_folder(folder / FOLDER / str(number), overwrite=True) as copy:
            for name in (MANIFEST, *model.about["files"]):
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(model.folder / name, copy / name)
        row = (number, model.fingerprint, model.embedding_size + 1)
        connection.execute("INSERT INTO models VALUES (?, ?, ?)", row)
        connection.execute(
            f"CREATE TABLE vectors_{number:d} (row INTEGER PRIMARY KEY, category TEXT NOT NULL, vector BLOB NOT NULL)"
        )
    return int(number)


class Waiting(NamedTuple):
    """A product without a vector: its row, its version, itself."""

    row: int
    version: int
    product: Product


def waiting(connection: sqlite3.Connection, number: int, size: int, after: int = 0) -> list[Waiting]:
    """Give some products, behind a row, that have no vector of a model yet."""
    found = connection.execute(
        f"SELECT row, version, {', '.join(schema.FIELDS)} FROM products "  # noqa: S608
        f"WHERE row > ? AND row NOT IN (SELECT row FROM vectors_{number:d}) ORDER BY row LIMIT ?",
        (after, size),
    )
    return [Waiting(row, version, schema.as_product(fields)) for row, version, *fields in found]


def put_vectors(connection: sqlite3.Connection, number: int, rows: Sequence[Waiting], vectors: Array) -> None:
    """Keep the vectors (n, d + 1), float16, of products in `waiting`, but of those that have changed meanwhile."""
    with schema.writing(connection):
        for (row, version, product), vector in zip(rows, vectors, strict=True):
            connection.execute(
                f"INSERT OR REPLACE INTO vectors_{number:d} SELECT row, ?, ? FROM products "  # noqa: S608
                "WHERE row = ? AND version = ?",
                (product.category, vector.tobytes(), row, version),
            )


def activate(connection: sqlite3.Connection, number: int) -> None:
    """Let a model serve, in one step; what served before is remembered for `previous`.

    Raises:
        CatalogError: products have no vector of it.
    """
    with schema.writing(connection):
        (missing,) = connection.execute(
            f"SELECT count(*) FROM products WHERE row NOT IN (SELECT row FROM vectors_{number:d})"  # noqa: S608
        ).fetchone()
        if missing:
            raise CatalogError(
                f"{missing} products have no vector of the new model; the old one goes on serving: finish `scenefit "
                "catalog switch`, or remove those products"
            )
        before = schema.meta(connection).get("active", "")
        if before != str(number):
            schema.set_meta(connection, active=str(number), previous=before)
            schema.next_version(connection)


def previous(connection: sqlite3.Connection) -> int:
    """Give the number of the model that served before the active one.

    Raises:
        UsageError: there was none.
    """
    found = schema.meta(connection).get("previous")
    if not found:
        raise UsageError("this catalog has had one model only; there is none to go back to")
    return int(found)


def forget(connection: sqlite3.Connection, folder: Path) -> None:
    """Drop the models that neither serve nor served before, with their vectors."""
    known = schema.meta(connection)
    kept = {known.get("active"), known.get("previous")}
    numbers = [number for (number,) in connection.execute("SELECT number FROM models") if str(number) not in kept]
    for number in numbers:
        with schema.writing(connection):
            connection.execute("DELETE FROM models WHERE number = ?", (number,))
            connection.execute(f"DROP TABLE vectors_{number:d}")
        shutil.rmtree(folder / FOLDER / str(number), ignore_errors=True)
