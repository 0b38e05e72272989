"""The vectors of a catalog folder in the order of memory, in one file: opening reads it in one go.

SQLite stays the truth. The file is written when a writer lets go of a catalog that has changed much; whoever opens it
reads the file, and takes up from SQLite what changed later. Its mark must be the one that SQLite remembers: after a
backup was put back, say, the file is of another state and is not taken. Without it all is read from SQLite.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from pathlib import Path
from typing import BinaryIO

import numpy as np

from scenefit.artifacts import written_file
from scenefit.catalog.local import schema
from scenefit.catalog.local.shelves import Shelves

FILE, FORMAT = "vectors.snapshot", 1
LEAST, STALE = 10_000, 0.02
"""Smaller catalogs need no file, and it is not written again before this share of the products has changed."""
LONGEST_HEAD = 100_000_000


def load(folder: Path, connection: sqlite3.Connection, number: int, dimensions: int) -> Shelves | None:
    """Read what was saved of a model's vectors; None where it is not there, or not of this catalog."""
    mark = schema.meta(connection).get("snapshot")
    if mark is None:
        return None
    try:
        with (folder / FILE).open("rb") as file:
            head = json.loads(file.readline(LONGEST_HEAD))
            if (head["mark"], head["number"], head["format"]) != (mark, number, FORMAT):
                return None
            return _shelves(file, head["shelves"], Shelves(number, dimensions, int(head["version"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _shelves(file: BinaryIO, listed: list[tuple[str, int, float]], shelves: Shelves) -> Shelves:
    """Fill shelves, of each category the two.

    Raises:
        ValueError: the file is shorter.
    """
    for place, (category, count, largest) in enumerate(listed):
        shelf = shelves.shelf(category, place % 2)
        rows = np.fromfile(file, np.int64, count)
        stored = np.fromfile(file, np.float16, count * shelf.lanes).reshape(count, shelf.lanes)
        shelves.fill(category, place % 2, rows, stored, largest)
    return shelves


def save(folder: Path, writing: sqlite3.Connection, shelves: Shelves) -> None:
    """Write shelves down; `writing` is the connection of the one who has the right to write."""
    mark, listed = secrets.token_hex(16), shelves.listed()
    head = {"format": FORMAT, "mark": mark, "number": shelves.number, "version": shelves.version}
    for left in folder.glob(f".{FILE}.*.partial"):  # of a process that was killed; there is one writer
        left.unlink(missing_ok=True)
    with written_file(folder / FILE) as aside, aside.open("wb") as file:
        sizes = [(category, len(shelf), shelf.largest) for category, shelf in listed]
        file.write(json.dumps(head | {"shelves": sizes}).encode() + b"\n")
        for _, shelf in listed:
            shelf.rows.tofile(file)
            shelf.stored.tofile(file)
    with schema.writing(writing):
        schema.set_meta(writing, snapshot=mark)


def wanted(folder: Path, connection: sqlite3.Connection, shelves: Shelves) -> bool:
    """Say whether opening would gain from writing these shelves down."""
    count = sum(shelves.counts().values())
    if count < LEAST:
        return False
    since = -1
    if (mark := schema.meta(connection).get("snapshot")) is not None:
        since = _version(folder / FILE, mark, shelves.number)
    changed = (
        "SELECT (SELECT count(*) FROM products WHERE version > ?1) + (SELECT count(*) FROM deleted WHERE version > ?1)"
    )
    return int(connection.execute(changed, (since,)).fetchone()[0]) > STALE * count


def _version(path: Path, mark: str, number: int) -> int:
    """Give the version of the file of a mark and a model, -1 where there is none."""
    try:
        with path.open("rb") as file:
            head = json.loads(file.readline(LONGEST_HEAD))
        return int(head["version"]) if (head["mark"], head["number"]) == (mark, number) else -1
    except (OSError, ValueError, KeyError, TypeError):
        return -1
