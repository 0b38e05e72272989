"""The pictures that records name: where each is at hand, whether it is whole, and cutting items out of collages."""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from scenefit.data.images import ImageFacts, corners, decode, inspect, read_bytes
from scenefit.data.importers.records import SIGNATURE
from scenefit.errors import DataError, ImageError
from scenefit.types import Box, Progress

SUFFIX = r"\.(?i:jpe?g|png|webp|gif|bmp|tiff?|avif)"
NO_PICTURE = "no picture"
QUALITY = 95
"""Of the JPEG files of what is cut out."""


@dataclass(frozen=True)
class Picture:
    """A picture that a record names.

    `id`, 32 hex digits, names its file in the dataset; `path` is None where it is not at hand, `url` where it has no
    address. With a `box` it is a part of the file at `path`, to be cut out at the import.
    """

    id: str
    path: Path | None = None
    url: str | None = None
    box: Box | None = None

    @property
    def image(self) -> str:
        """Its path in the dataset."""
        suffix = "" if self.path is None else self.path.suffix.lower()
        if self.box is not None:
            suffix = ".jpg"
        return f"images/{self.id[:2]}/{self.id}{suffix if re.fullmatch(SUFFIX, suffix) else ''}"


def picture_id(name: str) -> str:
    """Name a picture by its path or address: the first 32 hex digits of its SHA-256.

    >>> picture_id("photos/look1.jpg")
    '21cce0b5ce4a15e55b4b9a6700ad7f93'
    """
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def find_images(folders: Sequence[Path], name: str = SIGNATURE.pattern) -> dict[str, Path]:
    """Find picture files by their name without suffix, a regular expression, never through a symbolic link.

    Of two with the same name the one in the earlier folder is taken.

    Raises:
        DataError: one of `folders` is no folder.
    """
    pattern = re.compile(rf"({name})((\.[0-9A-Za-z]+)*{SUFFIX})?")
    found: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise DataError(f"--images {folder} is not a folder; expected the folder that holds the pictures")
        for root, inside, names in os.walk(folder):
            inside.sort()
            for file in sorted(names):
                if picture := pattern.fullmatch(file):
                    found.setdefault(picture[1], Path(root, file))
    return found


def check_pictures(pictures: Iterable[Picture], folder: Path, progress: Progress) -> dict[str, ImageFacts | str]:
    """Decode every picture; write those that are cut out into a dataset folder.

    Returns:
        by the id of the picture its facts, or why it cannot be used: `NO_PICTURE` where it is not at hand.
    """
    files: dict[Path | None, list[Picture]] = defaultdict(list)
    for picture in pictures:
        files[picture.path].append(picture)
    checked: dict[str, ImageFacts | str] = {picture.id: NO_PICTURE for picture in files.pop(None, [])}
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for done, some in enumerate(pool.map(lambda item: _check_file(item[0], item[1], folder), files.items()), 1):
            checked |= some
            progress("checking pictures", done, len(files))
    return checked


def _check_file(path: Path | None, pictures: list[Picture], folder: Path) -> dict[str, ImageFacts | str]:
    """Check the pictures of one file."""
    assert path is not None  # noqa: S101  those without a file were taken out before
    try:
        facts: dict[str, ImageFacts | str] = {p.id: inspect(path) for p in pictures if p.box is None}
        cut = [picture for picture in pictures if picture.box is not None]
        return facts | (_cut_out(path, cut, folder) if cut else {})
    except ImageError as error:
        return {picture.id: str(error) for picture in pictures}


def _cut_out(path: Path, pictures: Sequence[Picture], folder: Path) -> dict[str, ImageFacts]:
    """Write parts of a picture as files of their own."""
    try:
        pixels = decode(read_bytes(path))
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from None
    facts = {}
    for picture in pictures:
        assert picture.box is not None  # noqa: S101  only those with a box come here
        left, top, right, bottom = corners(picture.box, pixels.shape[1], pixels.shape[0])
        data = io.BytesIO()
        Image.fromarray(pixels[top:bottom, left:right]).save(data, "JPEG", quality=QUALITY, subsampling=0)
        target = folder / picture.image
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data.getvalue())
        facts[picture.id] = ImageFacts(hashlib.sha256(data.getvalue()).hexdigest(), right - left, bottom - top)
    return facts
