"""The folder that pictures are fetched into: `ID[:2]/ID.SUFFIX`, each there whole and decoded or not at all."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scenefit.data.download.addresses import FetchError
from scenefit.data.images import inspect, suffix_of
from scenefit.data.importers.records import SIGNATURE
from scenefit.errors import ImageError, UsageError

ASIDE = ".downloading"
PICTURE = re.compile(rf"({SIGNATURE.pattern})\.(jpe?g|png|webp|gif|bmp|tiff?|avif)", re.IGNORECASE)


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """Hold a folder for this run alone; give an empty folder in it to write to, which goes when the block ends.

    Raises:
        UsageError: it is no folder, or another run holds it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (FileExistsError, NotADirectoryError):
        raise UsageError(f"--images {folder} is not a folder; expected one, or a free place to make it") from None
    try:
        _lock(descriptor, folder)
        aside = folder / ASIDE
        shutil.rmtree(aside, ignore_errors=True)  # what a killed run left
        aside.mkdir()
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"another download writes to {folder}; wait for it, or name another --images") from None


def pictures_in(folder: Path) -> set[str]:
    """Give the ids of the pictures that stand at their places."""
    files = (path for path in folder.glob("[0-9a-f][0-9a-f]/*") if path.is_file() and not path.is_symlink())
    return {picture[1] for picture in (PICTURE.fullmatch(path.name) for path in files) if picture}


def put(aside: Path, folder: Path, id_: str) -> None:
    """Check that a file is a whole picture and move it to its place, its suffix that of its true content.

    Raises:
        FetchError: it is none.
    """
    try:
        inspect(aside)
    except ImageError as error:
        raise FetchError("not a good picture", str(error).removeprefix(str(aside)).lstrip(": ")) from None
    with aside.open("rb") as file:
        start = file.read(16)
        os.fsync(file.fileno())
    place = folder / id_[:2] / f"{id_}.{suffix_of(start)}"
    place.parent.mkdir(exist_ok=True)
    aside.replace(place)
