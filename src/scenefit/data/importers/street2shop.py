"""Exact Street2Shop, street photos with boxes and the shops' photos of the same items, becomes a dataset folder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenefit import artifacts
from scenefit.data.importers.entries import Pair, Product, Sides
from scenefit.data.importers.intake import ImportReport, Intake
from scenefit.data.importers.pictures import Picture, find_images, picture_id
from scenefit.data.importers.records import SIGNATURE, number_of, read_array, read_lines, shown, text_of
from scenefit.data.importers.writing import Splitting, write_intake
from scenefit.errors import DataError
from scenefit.types import Progress, silent

ABOUT = {
    "name": "Exact Street2Shop",
    "source": "Kiapour et al. 2015, Where to Buy It, ICCV",
    "licence": "The pictures belong to their owners and are for research only; do not pass them on.",
}
DIGITS = 9
NAME = rf"{SIGNATURE.pattern}|[0-9]{{1,{DIGITS}}}"
PLACES = (".", "photos", "json", "meta", "meta/json", "meta/meta/json")
SPLITS = ("test", "train")
"""In this order, so that a photo of both stays in test."""


def import_street2shop(
    meta: Path,
    images: Sequence[Path],
    out: Path,
    *,
    val: float = 10,
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """Import Exact Street2Shop: a street photo is the scene, a shop's photo of the item in its box the product.

    A photo is found under `images` by its number (`000004470.jpg`) or by the first 32 hex digits of the SHA-256 of its
    URL. Of a product's photos the first by number that is at hand is taken. The dataset's own splits are kept.

    Args:
        meta: the folder with `photos.txt` and the files `train_pairs_*.json`, `test_pairs_*.json`, `retrieval_*.json`,
            as they are unpacked or all in one place.
        images: the folders with the photos.
        out: the dataset folder to make.
        val: percent of the training scenes that become val.
        seed: of that draw.
        overwrite: whether a dataset at `out` is replaced.
        progress: is told how far it is.

    Raises:
        DataError: a file is missing or cannot be read, or no record can be used.
        UsageError: `out` exists and `overwrite` is false.
    """
    artifacts.check_free(out, overwrite)
    intake = Intake(pixels=True)
    photos = _read_photos(intake, _find(meta, "photos.txt")[0], images)
    pairs = {split: _find(meta, f"{split}_pairs_*.json") for split in SPLITS}
    for path in sorted({_retrieval(path) for paths in pairs.values() for path in paths}):
        _take_products(intake, path, photos)
    for split, paths in pairs.items():
        for path in paths:
            _take_pairs(intake, path, split, photos)
    splitting = Splitting(seed=seed, val=val)
    return write_intake(intake, out, splitting, ABOUT, [meta], overwrite=overwrite, progress=progress)


def _find(meta: Path, name: str) -> list[Path]:
    for place in PLACES:
        if found := sorted((meta / place).glob(name)):
            return found
    raise DataError(f"{meta} holds no {name}; expected the folder in which photos.tar and meta.zip were unpacked")


def _category(path: Path) -> str:
    return path.stem.rpartition("_")[2]


def _retrieval(pairs: Path) -> Path:
    return pairs.with_name(f"retrieval_{_category(pairs)}.json")


@dataclass(frozen=True)
class _Photos:
    """The photos by number: their URLs, and the files that are at hand by number or by id."""

    urls: Mapping[int, str]
    found: Mapping[str, Path]

    def picture(self, number: int) -> Picture:
        """Give a photo as a picture."""
        url = self.urls[number]
        named = f"{number:0{DIGITS}}"
        return Picture(picture_id(url), self.found.get(named) or self.found.get(picture_id(url)), url)


def _read_photos(intake: Intake, path: Path, images: Sequence[Path]) -> _Photos:
    urls: dict[int, str] = {}
    for line_number, line in read_lines(path, "list of photos"):
        number, _, url = (text_of(line) or "").strip().partition(",")
        if number.isascii() and number.isdecimal() and len(number) <= DIGITS and _is_url(url):
            urls[int(number)] = url
        else:
            intake.reject("photo: expected 'number,URL'", file=path.name, line=line_number, record=shown(line))
    found = find_images(images, NAME)
    return _Photos(urls, {name.zfill(DIGITS) if len(name) <= DIGITS else name: file for name, file in found.items()})


def _is_url(url: str) -> bool:
    return url.startswith(("http://", "https://")) and url.isprintable() and " " not in url


def _take_products(intake: Intake, path: Path, photos: _Photos) -> None:
    """Take the products of a category: each with one of its shop photos."""
    shown_on: dict[int, set[int]] = defaultdict(set)
    for number, entry in enumerate(read_array(path, "list of shop photos"), 1):
        fault = _fault(entry, photos)
        if fault is not None:
            intake.reject(fault, file=path.name, line=number, record=entry)
        else:
            shown_on[entry["product"]].add(entry["photo"])
    for product, numbers in shown_on.items():
        pictures = [photos.picture(number) for number in sorted(numbers)]
        chosen = next((picture for picture in pictures if picture.path), pictures[0])
        if chosen.path is None:
            intake.lacking |= {picture.id: str(picture.url) for picture in pictures}
        intake.add_product(
            Product(_id(path, product), _category(path), chosen), {"file": path.name, "product": product}
        )


def _take_pairs(intake: Intake, path: Path, split: str, photos: _Photos) -> None:
    for number, entry in enumerate(read_array(path, "list of pairs"), 1):
        intake.report.records += 1
        where = {"file": path.name, "line": number}
        fault, box = _fault(entry, photos), _box(entry)
        if fault is None and box is None:
            fault = "bbox: expected left, top, width and height in pixels"
        if fault is None and _id(path, entry["product"]) not in intake.products:
            fault = f"product: has no photo in {_retrieval(path).name}"
        if fault is not None:
            intake.reject(fault, **where, record=entry)
            continue
        pair = Pair(f"{entry['photo']:0{DIGITS}}", _id(path, entry["product"]), box, where)
        intake.add_pair(pair, photos.picture(entry["photo"]), entry, split)


def _id(path: Path, product: int) -> str:
    return f"{_category(path)}-{product}"


def _fault(entry: Any, photos: _Photos) -> str | None:
    if not isinstance(entry, dict):
        return "not a JSON object"
    for name in ("photo", "product"):
        if type(entry.get(name)) is not int or entry[name] < 0:
            return f"{name}: expected a whole number"
    return None if entry["photo"] in photos.urls else "photo: not in photos.txt"


def _box(entry: Any) -> Sides | None:
    box = entry.get("bbox") if isinstance(entry, dict) else None
    if not isinstance(box, dict):
        return None
    left, top, width, height = (number_of(box.get(name)) for name in ("left", "top", "width", "height"))
    if left is None or top is None or width is None or height is None:
        return None
    return left, top, left + width, top + height
