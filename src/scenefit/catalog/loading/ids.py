"""A set of ids that may outgrow memory."""

from __future__ import annotations

import sqlite3
from typing import Self


class Ids:
    """Ids of products, kept in a temporary file of SQLite that nobody else sees.

    >>> ids = Ids()
    >>> ids.add("a"), ids.add("a"), "a" in ids, "b" in ids, len(ids)
    (True, False, True, False, 1)
    """

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._file.execute("BEGIN")

    def add(self, id_: str) -> bool:
        """Add an id; say whether it is new."""
        return self._file.execute("INSERT OR IGNORE INTO ids VALUES (?)", (id_,)).rowcount == 1

    def __contains__(self, id_: str) -> bool:
        return self._file.execute("SELECT 1 FROM ids WHERE id = ?", (id_,)).fetchone() is not None

    def __len__(self) -> int:
        return int(self._file.execute("SELECT count(*) FROM ids").fetchone()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
