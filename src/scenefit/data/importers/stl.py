"""Shop-the-Look records, their category files and folders of pictures become a dataset folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scenefit import artifacts
from scenefit.data.importers.entries import Pair, Product
from scenefit.data.importers.intake import ImportReport, Intake
from scenefit.data.importers.items import write_items
from scenefit.data.importers.pictures import Picture, find_images
from scenefit.data.importers.records import box_fault, is_text, read_json, read_records, short_names
from scenefit.data.importers.signatures import is_signature, picture_url
from scenefit.data.importers.writing import Splitting, write_intake
from scenefit.errors import DataError
from scenefit.types import Progress, silent

ABOUT = {
    "name": "Shop the Look",
    "source": "Kang et al. 2019, arXiv 1812.01748",
    "licence": "The pictures belong to their owners and are for research only; do not pass them on.",
}
Paths = Path | Sequence[Path]


def import_stl(
    records: Paths,
    categories: Paths,
    images: Paths,
    out: Path,
    *,
    splits: Path | None = None,
    ratio: tuple[float, float, float] = (80, 10, 10),
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """Import Shop-the-Look records: `{"product": sig, "scene": sig, "bbox": [left, top, right, bottom]}`.

    A picture is found by its signature anywhere under `images`, with or without a picture's suffix. What cannot be
    used is written to `rejected.jsonl` with its reason, pictures that are not at hand to `missing.jsonl`; boxes of the
    scenes whose products have no picture, to `items.parquet` too. A pair that stands twice with different boxes becomes
    one whose box holds both, so that removal takes the product out wherever it shows.

    Args:
        records: one file or several, of JSON lines or one array each.
        categories: one file or several, an object of product signature -> category path each.
        images: the folders with the pictures.
        out: the dataset folder to make.
        splits: a file of `scene_id split` lines, instead of `ratio`.
        ratio: shares of train, val and test.
        seed: of the draw of the splits.
        overwrite: whether a dataset at `out` is replaced.
        progress: is told how far it is.

    Raises:
        DataError: a file cannot be read, or no record can be used.
        UsageError: `out` exists and `overwrite` is false.
    """
    artifacts.check_free(out, overwrite)
    intake = Intake(short_names)
    named = [(path, _read_categories(path)) for path in listed(categories)]
    found = find_images(listed(images))
    for path, content in named:
        _take_categories(intake, content, found, {"file": path.name} if len(named) > 1 else {})
    files = listed(records)
    for path in files:
        for number, record in read_records(path):
            where = {"file": path.name, "line": number} if len(files) > 1 else {"line": number}
            _take(intake, record, found, where)
    return write_intake(
        intake,
        out,
        Splitting(splits, ratio, seed),
        ABOUT,
        files,
        overwrite=overwrite,
        progress=progress,
        extra=lambda folder: write_items(intake, folder),
    )


def listed(paths: Paths) -> list[Path]:
    """Give one path or several as a list."""
    return [paths] if isinstance(paths, Path) else list(paths)


def signed_picture(signature: str, found: dict[str, Path]) -> Picture:
    """Give the picture of a signature."""
    return Picture(signature, found.get(signature), picture_url(signature))


def _read_categories(path: Path) -> dict[str, Any]:
    content = read_json(path, "category file")
    if not isinstance(content, dict):
        raise DataError(f"the category file {path} holds a {type(content).__name__}; expected an object of ids")
    return content


def _take_categories(intake: Intake, content: dict[str, Any], found: dict[str, Path], where: dict[str, str]) -> None:
    for product, category in content.items():
        if not is_signature(product):
            intake.reject("category file: expected a signature of 32 hex digits", **where, product=product)
        elif not is_text(category):
            intake.reject("category file: expected a category's name", **where, product=product)
        else:
            picture = signed_picture(product, found)
            intake.add_product(Product(product, category, picture), {**where, "product": product})


def _take(intake: Intake, record: Any, found: dict[str, Path], where: dict[str, Any]) -> None:
    intake.report.records += 1
    fault = _fault(record)
    if fault is None and record["product"] not in intake.products:
        fault = "product: not in the category file"
    if fault is not None:
        return intake.reject(fault, **where, record=record)
    left, top, right, bottom = map(float, record["bbox"])
    pair = Pair(record["scene"], record["product"], (left, top, right, bottom), where)
    return intake.add_pair(pair, signed_picture(pair.scene, found), record)


def _fault(record: Any) -> str | None:
    """Say what is wrong with a record on its own, None when nothing is."""
    if not isinstance(record, dict):
        return "not a JSON object"
    for side in ("scene", "product"):
        if not is_signature(record.get(side)):
            return f"{side}: expected a signature of 32 hex digits"
    box = record.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(type(side) in (int, float) for side in box):
        return "bbox: expected four numbers"
    fault = box_fault(*box)
    return None if fault is None else f"bbox: {fault}"
