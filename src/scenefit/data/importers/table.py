"""A table of one's own, CSV, JSON lines or Parquet, and its pictures become a dataset folder."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path, PurePosixPath
from typing import Any

from scenefit import artifacts
from scenefit.data.importers.entries import Pair, Product, Sides
from scenefit.data.importers.intake import ImportReport, Intake
from scenefit.data.importers.pictures import Picture, find_images, picture_id
from scenefit.data.importers.records import box_fault, is_text, number_of
from scenefit.data.importers.table_rows import read_table_rows
from scenefit.data.importers.writing import Splitting, write_intake
from scenefit.data.splits import SPLITS
from scenefit.types import Progress, silent

REQUIRED = ("scene", "product", "category")
BOX = ("left", "top", "right", "bottom")
COLUMNS = (*REQUIRED, *BOX, "product_id", "scene_id", "title", "price", "in_stock", "split")
LICENCE = "As the owner of the pictures says."
EXACT = 2.0**53
"""Whole numbers below it are exact as floats."""
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
URL = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)


class FaultyRowError(Exception):
    """What is wrong with a record; never leaves this module."""


def import_table(
    table: Path,
    images: Sequence[Path],
    out: Path,
    *,
    splits: Path | None = None,
    ratio: tuple[float, float, float] = (80, 10, 10),
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """Import a table with a row for each pair: `scene`, `product` (pictures), `category`, and more where it is known.

    A picture is a path relative to one of the folders `images`, which it never leaves, or an http(s) URL, whose file
    is found there by the first 32 hex digits of the URL's SHA-256. A row without a scene is a product of the catalog
    that goes with none. A row without `left`, `top`, `right`, `bottom` has its product outside the scene. Ids that are
    not given are made from the path or the URL.

    Raises:
        DataError: the table cannot be read, lacks a column, or no record can be used.
        UsageError: `out` exists and `overwrite` is false.
    """
    artifacts.check_free(out, overwrite)
    intake, places = Intake(), _Places(list(images), find_images(images))
    for number, values, fault in read_table_rows(table, REQUIRED, COLUMNS):
        intake.report.records += 1
        try:
            if fault is not None:
                raise FaultyRowError(fault)
            _take(intake, number, values, places)
        except FaultyRowError as error:
            intake.reject(str(error), line=number, record=values)
    about = {"name": table.stem, "source": table.name, "licence": LICENCE}
    splitting = Splitting(splits, ratio, seed)
    return write_intake(intake, out, splitting, about, [table], overwrite=overwrite, progress=progress)


def _take(intake: Intake, number: int, values: Mapping[str, Any], places: _Places) -> None:
    category = values.get("category")
    if not is_text(category):
        raise FaultyRowError("category: expected a category's name")
    picture = places.picture("product", values.get("product"))
    product = Product(_id(values, "product_id") or picture.id, str(category).strip(), picture, **_details(values))
    box, split, scene = _box(values), _split(values), _scene(values, places)
    if scene is None and box is not None:
        raise FaultyRowError("box: given without a scene")
    if not intake.add_product(product, {"line": number, "record": values}) or scene is None:
        return
    pair = Pair(_id(values, "scene_id") or scene.id, product.id, box, {"line": number})
    intake.add_pair(pair, scene, values, split)


@dataclass(frozen=True)
class _Places:
    """Where pictures are: in folders by their path, or anywhere in them by the id of their URL."""

    folders: list[Path]
    found: Mapping[str, Path]

    def picture(self, side: str, name: Any) -> Picture:
        """Find a picture by what a record says of it."""
        if not is_text(name):
            raise FaultyRowError(f"{side}: expected the path of a picture, or its URL")
        name = str(name).strip()
        if URL.fullmatch(name):
            return Picture(picture_id(name), self.found.get(picture_id(name)), name)
        path = PurePosixPath(name)
        if "://" in name or path.is_absolute() or ".." in path.parts or "\\" in name:
            raise FaultyRowError(f"{side}: expected a path that stays inside --images, or an http(s) URL")
        for folder in self.folders:
            if file := _inside(side, folder, path):
                return Picture(picture_id(str(path)), file)
        raise FaultyRowError(f"{side}: picture missing")


def _inside(side: str, folder: Path, path: PurePosixPath) -> Path | None:
    """Give the file at a path inside a folder, None where there is none."""
    place = folder
    try:
        for part in path.parts:
            place /= part
            if place.is_symlink():
                raise FaultyRowError(f"{side}: its path leads through a symbolic link")
        return place if place.is_file() else None
    except OSError:  # as for a name that is too long
        return None


def _scene(values: Mapping[str, Any], places: _Places) -> Picture | None:
    return None if _absent(values.get("scene")) else places.picture("scene", values["scene"])


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or (type(value) is float and isnan(value))


def _id(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    if _absent(value):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        value = int(value)  # as where a column of whole numbers has absent ones
    text = str(value) if type(value) in (int, str) else None
    if not is_text(text):
        raise FaultyRowError(f"{name}: expected text, or a whole number")
    return str(text).strip()


def _box(values: Mapping[str, Any]) -> Sides | None:
    sides = [None if _absent(values.get(name)) else values[name] for name in BOX]
    if all(side is None for side in sides):
        return None
    left, top, right, bottom = (number_of(side) for side in sides)
    if left is None or top is None or right is None or bottom is None:
        raise FaultyRowError("box: expected four numbers, left, top, right and bottom, or none of them")
    if fault := box_fault(left, top, right, bottom):
        raise FaultyRowError(f"box: {fault}")
    return left, top, right, bottom


def _split(values: Mapping[str, Any]) -> str | None:
    split = values.get("split")
    if _absent(split):
        return None
    if split not in SPLITS:
        raise FaultyRowError(f"split: expected one of {', '.join(SPLITS)}")
    return str(split)


def _details(values: Mapping[str, Any]) -> dict[str, Any]:
    """Read what a product may say of itself; absent is None."""
    title, price, in_stock = (
        None if _absent(values.get(name)) else values[name] for name in ("title", "price", "in_stock")
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
