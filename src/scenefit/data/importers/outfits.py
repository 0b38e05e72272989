"""Outfits of Li et al. 2020, collages with a box around each item, become a dataset folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from scenefit import artifacts
from scenefit.data.importers.collage import read_item
from scenefit.data.importers.entries import Pair
from scenefit.data.importers.fitb import Questions
from scenefit.data.importers.intake import ImportReport, Intake
from scenefit.data.importers.pictures import Picture, find_images
from scenefit.data.importers.records import read_lines, shown, text_of
from scenefit.data.importers.signatures import is_signature, picture_url
from scenefit.data.importers.writing import Splitting, write_intake
from scenefit.data.splits import SPLITS
from scenefit.errors import DataError, UsageError
from scenefit.types import Progress, silent

HEADER = ("image_signature", "bounding_x", "bounding_y", "bounding_width", "bounding_height", "label")
ABOUT = {
    "name": "Complete the Look outfits",
    "source": "Li et al. 2020, arXiv 2006.10792",
    "licence": "The pictures belong to their owners and are for research only; do not pass them on.",
}


def import_outfits(
    records: Sequence[Path],
    images: Sequence[Path],
    out: Path,
    *,
    fitb: Path | None = None,
    by_file: bool = False,
    val: float = 10,
    splits: Path | None = None,
    ratio: tuple[float, float, float] = (80, 10, 10),
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """Import outfits: lines of `image_signature, bounding_x, bounding_y, bounding_width, bounding_height, label`.

    Each item becomes a pair: its part of the collage, cut out, is the product, the collage is the scene, from which
    removal takes the item. `fitb` is a file of fill-in-the-blank questions (`questions.parquet` in the dataset).

    Args:
        records: files of lines separated by tabs, a header first or none.
        images: the folders with the collages, named by signature.
        out: the dataset folder to make.
        fitb: a JSON array of questions.
        by_file: whether the split of a file's scenes is in its name: train, val or test.
        val: percent of the training scenes that become val, when `by_file` and no file is of val.
        splits: a file of `scene_id split` lines, instead of `ratio`.
        ratio: shares of train, val and test.
        seed: of the draw of the splits.
        overwrite: whether a dataset at `out` is replaced.
        progress: is told how far it is.

    Raises:
        DataError: a file cannot be read, or no record can be used.
        UsageError: `out` exists and `overwrite` is false, or the name of a file says no split.
    """
    artifacts.check_free(out, overwrite)
    named = {path: _split_of(path) if by_file else None for path in records}
    if by_file and splits is not None:
        raise UsageError("got --by-file and --splits; the splits come from one of them")
    questions = None if fitb is None else Questions(fitb)
    intake, found = Intake(), find_images(images)
    for path, split in named.items():
        for number, line in _rows(path):
            where = ({"file": path.name} if len(named) > 1 else {}) | {"line": number}
            _take(intake, line, found, where, split)
    drawn = Splitting(splits, ratio, seed, val if by_file and "val" not in named.values() else None)

    def extra(folder: Path) -> Sequence[str]:
        return [] if questions is None else questions.write(intake, folder)

    return write_intake(intake, out, drawn, ABOUT, records, overwrite=overwrite, progress=progress, extra=extra)


def _split_of(path: Path) -> str:
    named = [split for split in SPLITS if split in re.split(r"[^a-z]+", path.stem.lower())]
    if len(named) != 1:
        raise UsageError(f"got --by-file and {path.name}; expected a name with one of {', '.join(SPLITS)} in it")
    return named[0]


def _rows(path: Path) -> Iterator[tuple[int, bytes]]:
    """Give the lines but the header."""
    for number, line in read_lines(path, "records file"):
        words = shown(line).split()
        if number == 1 and tuple(words) == HEADER:  # separated by spaces in the published files
            continue
        if number == 1 and not is_signature((words or [""])[0]):
            raise DataError(f"{path} begins with {shown(line)!r}; expected the columns {', '.join(HEADER)}")
        yield number, line


def _take(intake: Intake, line: bytes, found: dict[str, Path], where: dict[str, Any], split: str | None) -> None:
    intake.report.records += 1
    text = text_of(line)
    if text is None:
        return intake.reject("not UTF-8 text, or longer than 1 MiB", **where, record=shown(line))
    fields = text.rstrip("\r\n").split("\t")
    if len(fields) != len(HEADER):
        return intake.reject(f"expected {len(HEADER)} fields separated by tabs", **where, record=shown(line))
    item = read_item(*fields)
    if isinstance(item, str):
        return intake.reject(item, **where, record=shown(line))
    intake.add_product(item.product(found), {**where, "record": shown(line)})
    picture = Picture(item.signature, found.get(item.signature), picture_url(item.signature))
    return intake.add_pair(Pair(item.signature, item.id, item.box, where), picture, shown(line), split)
