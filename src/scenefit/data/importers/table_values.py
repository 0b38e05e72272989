"""What the values of a table's record mean: ids, paths of pictures, titles, prices; or what is wrong with one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isnan
from pathlib import Path, PurePosixPath
from typing import Any

from scenefit.data.importers.records import is_text, number_of

EXACT = 2.0**53
"""Whole numbers below it are exact as floats."""
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
URL = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)


class FaultyRowError(Exception):
    """What is wrong with a record: the column, and what was expected; it ends that record alone."""


def relative_path(side: str, name: str, where: str) -> PurePosixPath:
    """Read the path of a picture.

    Raises:
        FaultyRowError: it is none that stays inside the folder `where`.
    """
    path = PurePosixPath(name)
    if "://" in name or path.is_absolute() or ".." in path.parts or "\\" in name:
        raise FaultyRowError(f"{side}: expected a path that stays inside {where}, or an http(s) URL")
    return path


def find_inside(side: str, folder: Path, path: PurePosixPath) -> Path | None:
    """Give the file at a path inside a folder, None where there is none.

    Raises:
        FaultyRowError: the path leads through a symbolic link.
    """
    place = folder
    try:
        for part in path.parts:
            place /= part
            if place.is_symlink():
                raise FaultyRowError(f"{side}: its path leads through a symbolic link")
        return place if place.is_file() else None
    except OSError:  # as for a name that is too long
        return None


def is_absent(value: Any) -> bool:
    """Say whether a record has nothing there: no value, blank text, or a float that is no number."""
    return value is None or (isinstance(value, str) and not value.strip()) or (type(value) is float and isnan(value))


def text_id(values: Mapping[str, Any], name: str) -> str | None:
    """Read an id, of text or a whole number; None where there is none.

    Raises:
        FaultyRowError: it is neither.
    """
    value = values.get(name)
    if is_absent(value):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        value = int(value)  # as where a column of whole numbers has absent ones
    text = str(value) if type(value) in (int, str) else None
    if not is_text(text):
        raise FaultyRowError(f"{name}: expected text, or a whole number")
    return str(text).strip()


def product_details(values: Mapping[str, Any]) -> dict[str, Any]:
    """Read what a product may say of itself; absent is None.

    Raises:
        FaultyRowError: a title that is no text, a price below 0 or that is no number, or a word that is no yes or no.
    """
    title, price, in_stock = (
        None if is_absent(values.get(name)) else values[name] for name in ("title", "price", "in_stock")
    )
    if title is not None:
        title = " ".join(title.split()) if isinstance(title, str) else title
        if not is_text(title):
            raise FaultyRowError("title: expected text")
    if price is not None and ((price := number_of(price)) is None or price < 0):
        raise FaultyRowError("price: expected a number, such as 19.90")
    if in_stock is not None and (in_stock := WORDS.get(str(in_stock).strip().lower())) is None:
        raise FaultyRowError("in_stock: expected true or false")
    return {"title": title, "price": price, "in_stock": in_stock}
