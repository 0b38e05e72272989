"""Reading records: JSON lines, a JSON array, or plain lines; one bad record never stops the rest."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from scenefit.errors import DataError

SIGNATURE = re.compile(r"[0-9a-f]{32}")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
MAX_LINE = 1 << 20
"""The longest line in bytes that is read; of a longer one the rest is passed over."""


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


def read_array(path: Path, what: str) -> list[Any]:
    """Parse a JSON file that holds an array.

    Raises:
        DataError: it cannot be read, is not JSON, or holds something else.
    """
    content = read_json(path, what)
    if not isinstance(content, list):
        raise DataError(f"the {what} {path} holds a {type(content).__name__}; expected an array")
    return content


def read_lines(path: Path, what: str) -> Iterator[tuple[int, bytes]]:
    """Give (number from 1, bytes) for each line that is not blank, without a byte order mark.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise DataError(f"the {what} {path} cannot be read: {error.strerror}") from None
    with file:
        number = 0
        while line := file.readline(MAX_LINE):
            number += 1
            whole = len(line) < MAX_LINE or line.endswith(b"\n")
            while not whole and (rest := file.readline(MAX_LINE)):
                whole = rest.endswith(b"\n")
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            if line.strip():
                yield number, line


def text_of(line: bytes) -> str | None:
    """Give the text of a line, None where it is not UTF-8 or `MAX_LINE` or longer."""
    try:
        return line.decode() if len(line) < MAX_LINE else None
    except UnicodeDecodeError:
        return None


def shown(line: bytes) -> str:
    """Give the start of a line as it can be shown."""
    return line[:200].decode("utf-8", "replace").rstrip("\r\n")


def read_records(path: Path) -> Iterator[tuple[int, Any]]:
    """Give (number from 1, record) for each record; a line that is not JSON comes as its text.

    Raises:
        DataError: the file cannot be read, or is an array that is not JSON.
    """
    what = "records file"
    for _, line in read_lines(path, what):
        if line.lstrip().startswith(b"["):
            yield from enumerate(read_array(path, what), 1)
            return
        break
    for number, line in read_lines(path, what):
        yield number, _record(line)


def _record(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return shown(line)


def is_text(value: Any) -> bool:
    """Say whether a value is text that can be stored and shown."""
    return isinstance(value, str) and bool(value.strip()) and not UNPRINTABLE.search(value)


def number_of(value: Any) -> float | None:
    """Give a number, or text that is one, as a float; None for anything else and for what is not finite.

    >>> number_of("0.25"), number_of(3), number_of("1_0"), number_of("nan"), number_of(True)
    (0.25, 3.0, None, None, None)
    """
    if isinstance(value, str) and not NUMBER.fullmatch(value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if abs(number) < float("inf") else None


def box_fault(left: float, top: float, right: float, bottom: float) -> str | None:
    """Say what is wrong with the sides of a box, None when nothing is."""
    if not (0 <= left <= 1 and 0 <= top <= 1 and 0 <= right <= 1 and 0 <= bottom <= 1):
        return "outside [0, 1]"
    return None if left < right and top < bottom else "left must be below right, and top below bottom"


def short_names(paths: set[str]) -> dict[str, str]:
    """Name each category by the last part of its path; by the whole path where two would be the same.

    >>> short_names({"Apparel|Clothing|Pants", "Apparel|Shoes"})["Apparel|Shoes"]
    'Shoes'
    """
    last = {path: path.rsplit("|", 1)[-1].strip() for path in paths}
    names = list(last.values())
    return {path: name if name and names.count(name) == 1 else path for path, name in last.items()}
