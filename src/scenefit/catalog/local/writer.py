"""Changes of a catalog folder: one process at a time, each change all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scenefit.catalog.checks import possible, stored_vectors
from scenefit.catalog.columns import merge_kinds
from scenefit.catalog.local import schema
from scenefit.errors import CatalogError
from scenefit.types import Floats, Product

LOCK = "writer.lock"
REMEMBERED = 100_000
"""So many deletions are kept for readers to take up; one that missed more reads the catalog anew."""
IN_ONE = 500
_UPSERT = (
    f"INSERT INTO products ({', '.join(schema.FIELDS)}, added, updated, version) "  # noqa: S608 - our own names
    f"VALUES ({', '.join('?' * len(schema.FIELDS))}, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in (*schema.FIELDS[1:], "updated", "version"))
    + " RETURNING row"
)


class Writer:
    """The right to change a catalog folder, held until `close` or until the process ends."""

    def __init__(self, folder: Path) -> None:
        """Take the right.

        Raises:
            CatalogError: another process holds it.
        """
        self._folder = folder
        self._lock = _hold(folder / LOCK)
        try:
            self.connection = schema.connect(folder)
        except BaseException:
            self._lock.close()
            raise

    def upsert(self, products: Sequence[Product], vectors: Floats) -> None:
        """Insert or replace products, all or none, with their vectors of the active model.

        Raises:
            CatalogError: see `stores.Store.upsert`; or the disk is full.
        """
        with schema.writing(self.connection):
            number, dimensions = self._active()
            stored = stored_vectors(products, vectors, dimensions)
            self._learn_attributes(products)
            version, moment = schema.next_version(self.connection), schema.now()
            others = [other for other in self.models() if other != number]
            rows = [self._put(product, others, version, moment) for product in products]
            self.connection.executemany(
                f"INSERT OR REPLACE INTO vectors_{number:d} VALUES (?, ?, ?)",  # noqa: S608
                ((row, each.category, one.tobytes()) for row, each, one in zip(rows, products, stored, strict=True)),
            )

    def delete(self, ids: Sequence[str]) -> int:
        """Delete products, all or none; gives how many there were."""
        with schema.writing(self.connection):
            rows = [row for some in parts(possible(ids)) for (row,) in self.connection.execute(*rows_of(some))]
            version = schema.next_version(self.connection)
            tables = ["products", *(f"vectors_{number:d}" for number in self.models())]
            for row in rows:
                for table in tables:
                    self.connection.execute(f"DELETE FROM {table} WHERE row = ?", (row,))  # noqa: S608
                self.connection.execute("INSERT INTO deleted VALUES (?, ?)", (row, version))
            self._forget()
        return len(rows)

    def models(self) -> dict[int, str]:
        """Give the fingerprints of the models that have vectors here, by number."""
        return dict(self.connection.execute("SELECT number, fingerprint FROM models ORDER BY number"))

    def close(self) -> None:
        """Give the right back."""
        self.connection.close()
        self._lock.close()

    def _active(self) -> tuple[int, int]:
        number = int(schema.meta(self.connection)["active"])
        found = self.connection.execute("SELECT dimensions FROM models WHERE number = ?", (number,)).fetchone()
        return number, int(found[0])

    def _learn_attributes(self, products: Sequence[Product]) -> None:
        known = dict(self.connection.execute("SELECT name, kind FROM attributes"))
        kinds = known
        for product in products:
            kinds = merge_kinds(kinds, product)
        new = [(name, kind) for name, kind in kinds.items() if name not in known]
        self.connection.executemany("INSERT INTO attributes VALUES (?, ?)", new)

    def _put(self, product: Product, others: Sequence[int], version: int, moment: float) -> int:
        """Write a product; what other models made of it stays where the picture does. Gives its row."""
        find, values = "SELECT content FROM products WHERE id = ?", (*schema.as_row(product), moment, moment, version)
        before = self.connection.execute(find, (product.id,)).fetchone() if others else None
        (row,) = self.connection.execute(_UPSERT, values).fetchone()
        same = product.content is not None and before == (product.content,)
        for other in others:
            if same:
                self.connection.execute(
                    f"UPDATE vectors_{other:d} SET category = ? WHERE row = ?",  # noqa: S608
                    (product.category, row),
                )
            else:  # it is made again before that model serves
                self.connection.execute(f"DELETE FROM vectors_{other:d} WHERE row = ?", (row,))  # noqa: S608
        return int(row)

    def _forget(self) -> None:
        """Forget the oldest deletions, and say up to which version they are forgotten."""
        (count,) = self.connection.execute("SELECT count(*) FROM deleted").fetchone()
        if count <= 2 * REMEMBERED:
            return
        (pruned,) = self.connection.execute(
            "SELECT version FROM deleted ORDER BY version DESC LIMIT 1 OFFSET ?", (REMEMBERED,)
        ).fetchone()
        self.connection.execute("DELETE FROM deleted WHERE version <= ?", (pruned,))
        schema.set_meta(self.connection, pruned=str(pruned))


def parts(values: Sequence[Any]) -> list[Sequence[Any]]:
    """Cut values, each once, into parts that fit into one SQL statement."""
    unique = list(dict.fromkeys(values))
    return [unique[start : start + IN_ONE] for start in range(0, len(unique), IN_ONE)]


def rows_of(ids: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Give the statement that finds the rows of some ids, and its values."""
    return f"SELECT row FROM products WHERE id IN ({', '.join('?' * len(ids))})", ids  # noqa: S608


def _hold(path: Path) -> sqlite3.Connection:
    """Lock a file until the connection is closed; SQLite's lock works on every system, and ends with the process.

    Raises:
        CatalogError: another process holds it.
    """
    lock = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        lock.execute("PRAGMA journal_mode = MEMORY")
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        raise CatalogError(
            f"{path.parent} is being written by another process, or cannot be written ({error}); a catalog has one "
            "writer: wait for it, or write through it"
        ) from None
    return lock
