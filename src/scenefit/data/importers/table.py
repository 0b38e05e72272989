"""A table of one's own, CSV, JSON lines or Parquet, and its pictures become a dataset folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenefit import artifacts
from scenefit.data.importers.entries import Pair, Product, Sides
from scenefit.data.importers.intake import ImportReport, Intake
from scenefit.data.importers.pictures import Picture, find_images, picture_id
from scenefit.data.importers.records import box_fault, is_text, number_of
from scenefit.data.importers.table_rows import read_table_rows
from scenefit.data.importers.table_values import (
    URL,
    FaultyRowError,
    find_inside,
    is_absent,
    product_details,
    relative_path,
    text_id,
)
from scenefit.data.importers.writing import Splitting, write_intake
from scenefit.data.splits import SPLITS
from scenefit.types import Progress, silent

REQUIRED = ("scene", "product", "category")
BOX = ("left", "top", "right", "bottom")
COLUMNS = (*REQUIRED, *BOX, "product_id", "scene_id", "title", "price", "in_stock", "split")
LICENCE = "As the owner of the pictures says."


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
    id_, details = text_id(values, "product_id") or picture.id, product_details(values)
    product = Product(id_, str(category).strip(), picture, **details)
    box, split, scene = _box(values), _split(values), _scene(values, places)
    if scene is None and box is not None:
        raise FaultyRowError("box: given without a scene")
    if not intake.add_product(product, {"line": number, "record": values}) or scene is None:
        return
    pair = Pair(text_id(values, "scene_id") or scene.id, product.id, box, {"line": number})
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
        path = relative_path(side, name, "--images")
        for folder in self.folders:
            if file := find_inside(side, folder, path):
                return Picture(picture_id(str(path)), file)
        raise FaultyRowError(f"{side}: picture missing")


def _scene(values: Mapping[str, Any], places: _Places) -> Picture | None:
    return None if is_absent(values.get("scene")) else places.picture("scene", values["scene"])


def _box(values: Mapping[str, Any]) -> Sides | None:
    sides = [None if is_absent(values.get(name)) else values[name] for name in BOX]
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
    if is_absent(split):
        return None
    if split not in SPLITS:
        raise FaultyRowError(f"split: expected one of {', '.join(SPLITS)}")
    return str(split)
