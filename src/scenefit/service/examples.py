"""Example photos for those who have none at hand: a folder's, or the scenes that the demo drew beside its catalog."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from scenefit.data.dataset import Dataset
from scenefit.data.images import suffix_of
from scenefit.errors import ScenefitError, UsageError

MOST = 8
KINDS = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
CREDITS = "credits.json"
LOOKS = "looks"


class Example(NamedTuple):
    """A photo that may be tried."""

    name: str
    path: Path
    credit: str


def example_photos(catalog: str, folder: Path | None = None) -> list[Example]:
    """Find example photos.

    Args:
        catalog: a folder that has the dataset `looks` of the demo beside it, or not.
        folder: of pictures, with who is to be credited for each in `credits.json`, if it is there; instead of those.

    Raises:
        UsageError: the folder holds no picture, or a damaged `credits.json`.
    """
    return _in_folder(folder) if folder else _beside(Path(catalog))


def _in_folder(folder: Path) -> list[Example]:
    paths = [path for path in sorted(folder.glob("*")) if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")]
    if not paths:
        raise UsageError(f"{folder} holds no picture; expected a folder with .jpg, .png or .webp files")
    try:
        credits = json.loads((folder / CREDITS).read_text("utf-8")) if (folder / CREDITS).exists() else {}
        return [Example(path.stem, path, str(credits.get(path.name, ""))) for path in paths]
    except (ValueError, AttributeError, OSError) as error:
        raise UsageError(f'{folder / CREDITS} cannot be read ({error}); expected {{"photo.jpg": "who"}}') from None


def _beside(catalog: Path) -> list[Example]:
    """Give scenes of the demo that the bundled model was not tuned on."""
    with suppress(ScenefitError, OSError):
        dataset = Dataset.open(catalog.parent / LOOKS)
        rows = dict.fromkeys(dataset.pair_scene[dataset.split_rows("test")].tolist())
        images = [dataset.folder / dataset.scenes["image"][row] for row in rows]
        return [Example(f"Example {n}", path, "drawn by scenefit") for n, path in enumerate(images[:MOST], 1)]
    return []


def media_type(data: bytes) -> str | None:
    """Name the type of a picture that browsers show, by how it begins; None for anything else.

    >>> media_type(bytes([0xFF, 0xD8, 0xFF])), media_type(b"GIF89a")
    ('image/jpeg', None)
    """
    with suppress(StopIteration):
        return KINDS.get(suffix_of(data[:16]))
    return None
