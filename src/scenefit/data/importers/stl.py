"""Shop-the-Look records, their category file and a folder of pictures become a dataset folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from scenefit import artifacts
from scenefit.data.importers.intake import ImportReport, Intake
from scenefit.data.importers.records import SIGNATURE, read_categories, read_records
from scenefit.errors import DataError
from scenefit.types import Progress, silent

PICTURE = re.compile(rf"({SIGNATURE.pattern})((\.[0-9A-Za-z]+)*\.(?i:jpe?g|png|webp|gif|bmp|tiff?|avif))?")


def import_stl(
    records: Path,
    categories: Path,
    images: Path,
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
    used is written to `rejected.jsonl` with its reason, signatures without a picture to `missing_images.txt`. A pair
    that stands twice with different boxes becomes one whose box holds both, so that removal takes the product out
    wherever it shows.

    Raises:
        DataError: a file cannot be read, or no record can be used.
        UsageError: `out` exists and `overwrite` is false.
    """
    artifacts.check_free(out, overwrite)
    intake = Intake(read_categories(categories), _find_images(images))
    for number, record in read_records(records):
        intake.take(number, record)
    intake.check_images(progress)
    intake.settle()
    if not intake.pairs:
        reasons = ", ".join(f"{reason}: {n}" for reason, n in intake.report.rejected.most_common(4))
        raise DataError(f"none of the {intake.report.records} records in {records} can be used ({reasons})")
    with artifacts.written_folder(out, overwrite) as folder:
        intake.write(folder, splits, ratio, seed)
    return intake.report


def _find_images(folder: Path) -> dict[str, Path]:
    """Find picture files by signature, never through a symbolic link."""
    if not folder.is_dir():
        raise DataError(f"--images {folder} is not a folder; expected the folder that holds the pictures")
    found: dict[str, Path] = {}
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if picture := PICTURE.fullmatch(name):
                found.setdefault(picture[1], Path(root, name))
    return found
