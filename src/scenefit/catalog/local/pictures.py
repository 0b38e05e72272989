"""The pictures of a catalog folder: `images/AB/SHA256.SUFFIX`, each there whole and named by its content."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from scenefit.data.images import SUFFIXES, read_bytes, suffix_of
from scenefit.errors import ImageError

FOLDER, ASIDE = "images", ".aside"
CONTENT = re.compile(r"[0-9a-f]{64}")
REMEMBERED = 100_000


def content_of(path: Path) -> str:
    """Give the SHA-256 of a picture file's bytes, in hex.

    Raises:
        ImageError: it cannot be read (`images.read_bytes`).
    """
    return hashlib.sha256(read_bytes(path)).hexdigest()


class Pictures:
    """The pictures of one catalog folder."""

    def __init__(self, catalog: Path) -> None:
        self.folder = catalog / FOLDER
        self._found: dict[str, Path] = {}

    def find(self, content: str | None) -> Path | None:
        """Give the file of a content hash, None where there is none; nothing else of a record becomes a path."""
        if content is None or not CONTENT.fullmatch(content):
            return None
        if (known := self._found.get(content)) is not None and os.path.isfile(known):  # noqa: PTH113  much faster
            return known
        stem = self.folder / content[:2] / content
        places = (stem.with_suffix(f".{suffix}") for suffix in SUFFIXES.values())
        found = next((place for place in places if place.is_file() and not place.is_symlink()), None)
        if found is not None and len(self._found) < REMEMBERED:
            self._found[content] = found
        return found

    def keep(self, path: Path, content: str) -> Path:
        """Put a picture that has been decoded at its place: linked where the disk allows it, copied otherwise.

        Raises:
            ImageError: the file has another content by now.
        """
        if found := self.find(content):
            return found
        with path.open("rb") as file:
            start = file.read(16)
        place = self.folder / content[:2] / f"{content}.{suffix_of(start)}"
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = self.aside() / place.name
        try:
            _link_or_copy(path, aside, content)
            aside.replace(place)
        finally:
            aside.unlink(missing_ok=True)
        return place

    def aside(self) -> Path:
        """Give a folder on the same disk for files that are not at their place yet."""
        folder = self.folder / ASIDE
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def tidy(self) -> None:
        """Remove what a killed run left aside; the caller holds the right to write."""
        shutil.rmtree(self.folder / ASIDE, ignore_errors=True)

    def size(self) -> int:
        """Add up the bytes of the pictures."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())


def _link_or_copy(path: Path, aside: Path, content: str) -> None:
    with suppress(OSError, ImageError):
        os.link(path, aside, follow_symlinks=False)
        if content_of(aside) == content:
            return
    aside.unlink(missing_ok=True)
    data = read_bytes(path)
    if hashlib.sha256(data).hexdigest() != content:
        raise ImageError(f"{path} changed while it was read; run the same command again")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
