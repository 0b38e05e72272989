"""Reading records and categories: JSON lines or one JSON array, one bad record never stopping the rest."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scenefit.errors import DataError

SIGNATURE = re.compile(r"[0-9a-f]{32}")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
MAX_LINE = 1 << 20


def read_json(path: Path, what: str) -> Any:
    """Parse a JSON file.

    Raises:
        DataError: it cannot be read or is not JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"the {what} {path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"the {what} {path} is not JSON: {error}") from None


def read_records(path: Path) -> Iterator[tuple[int, Any]]:
    """Give (number from 1, record) for each record; a line that is not JSON comes as its text.

    Raises:
        DataError: the file cannot be read, or is an array that is not JSON.
    """
    try:
        with path.open("rb") as file:
            start = file.read(1024).removeprefix(codecs.BOM_UTF8).lstrip()
    except OSError as error:
        raise DataError(f"the records file {path} cannot be read: {error.strerror}") from None
    if start.startswith(b"["):
        yield from enumerate(read_json(path, "records file"), 1)
        return
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE):
            number += 1
            whole = len(line) < MAX_LINE or line.endswith(b"\n")
            while not whole and (rest := file.readline(MAX_LINE)):
                whole = rest.endswith(b"\n")
            if line.strip():
                yield number, _record(line)


def _record(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line[:200].decode("utf-8", "replace").rstrip("\n")


def read_categories(path: Path) -> dict[str, Any]:
    """Read a category file: an object of product signature -> category path.

    Raises:
        DataError: the file cannot be read or is not such an object.
    """
    content = read_json(path, "category file")
    if not isinstance(content, dict):
        raise DataError(f"the category file {path} holds a {type(content).__name__}; expected an object of ids")
    return content


def short_names(paths: set[str]) -> dict[str, str]:
    """Name each category by the last part of its path; by the whole path where two would be the same.

    >>> short_names({"Apparel|Clothing|Pants", "Apparel|Shoes"})["Apparel|Shoes"]
    'Shoes'
    """
    last = {path: path.rsplit("|", 1)[-1].strip() for path in paths}
    names = list(last.values())
    return {path: name if name and names.count(name) == 1 else path for path, name in last.items()}


def is_category(path: Any) -> bool:
    """Say whether a category path is text that can be stored and shown."""
    return isinstance(path, str) and bool(path.strip()) and not UNPRINTABLE.search(path)


def pair_fault(record: Any) -> str | None:
    """Say what is wrong with a record on its own, None when nothing is."""
    if not isinstance(record, dict):
        return "not a JSON object"
    for side in ("scene", "product"):
        if not isinstance(record.get(side), str) or not SIGNATURE.fullmatch(record[side]):
            return f"{side}: expected a signature of 32 hex digits"
    box = record.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(type(side) in (int, float) for side in box):
        return "bbox: expected four numbers"
    left, top, right, bottom = box
    if not (0 <= left <= 1 and 0 <= top <= 1 and 0 <= right <= 1 and 0 <= bottom <= 1):
        return "bbox: outside [0, 1]"
    return None if left < right and top < bottom else "bbox: left must be below right, and top below bottom"
