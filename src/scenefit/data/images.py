"""The one decoder: a picture file, trusted in nothing, becomes 8-bit RGB; or an ImageError says why not."""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from scenefit.errors import ImageError
from scenefit.types import WHOLE, Box, Pixels

DECODER = 1
"""Raised whenever the same file may give other pixels; part of each backbone's fingerprint."""
MAX_BYTES = 64 << 20
MAX_PIXELS = 80_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
SUFFIXES = {
    rb"\xff\xd8\xff": "jpg",
    rb"\x89PNG\r\n\x1a\n": "png",
    rb"RIFF....WEBP": "webp",
    rb"GIF8[79]a": "gif",
    rb"BM": "bmp",
    rb"II|MM": "tiff",
    rb"....ftyp": "avif",
}
"""The suffix of each of `FORMATS`, by how its files begin."""
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its EXIF orientation; from 5 on, width and height change places."""


@dataclass(frozen=True)
class ImageFacts:
    """A picture's SHA-256 (hex, of the file's bytes) and its size in pixels as it is to be seen."""

    content: str
    width: int
    height: int


def read_bytes(path: Path) -> bytes:
    """Read a picture file of at most `MAX_BYTES`; only a regular file, never through a symbolic link.

    Raises:
        ImageError: absent, a link, not a regular file, empty or too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise ImageError(f"{path}: no such picture") from None
    except OSError as error:
        link = "; it is a symbolic link: give the picture itself" if path.is_symlink() else ""
        raise ImageError(f"{path} cannot be opened ({error.strerror}){link}") from None
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise ImageError(f"{path} is not a regular file; expected a picture")
        if not 0 < facts.st_size <= MAX_BYTES:
            raise ImageError(f"{path} has {facts.st_size} bytes; expected 1 to {MAX_BYTES}")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES)
    finally:
        os.close(descriptor)


def decode(data: bytes, size: tuple[int, int] | None = None, box: Box = WHOLE, resample: int = 2) -> Pixels:
    """Decode a picture, upright, cut it to a box and resize it.

    The first frame of an animation is taken; transparency is laid on white; 16 bits become 8; a JPEG is decoded
    at the smallest scale that still holds `size`.

    Args:
        data: the file's bytes.
        size: (height, width) in pixels to resize the box to, without regard to its proportions; None leaves it.
        box: the part of the upright picture.
        resample: Pillow's filter: 0 nearest, 1 Lanczos, 2 bilinear, 3 bicubic.

    Returns:
        shape (height, width, 3), uint8.

    Raises:
        ImageError: not a picture in one of `FORMATS`, over `MAX_PIXELS`, or truncated or damaged.
    """
    with _opened(data) as image:
        return _pixels(image, size, box, resample)


def inspect(path: Path) -> ImageFacts:
    """Check that a picture decodes to its end; give its content hash and size.

    Raises:
        ImageError: as `read_bytes` and `decode`.
    """
    data = read_bytes(path)
    try:
        with _opened(data) as image:
            width, height = image.size  # before a draft makes it smaller
            _pixels(image, (8, 8), WHOLE, 0)
            if _orientation(image) >= 5:
                width, height = height, width
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from None
    return ImageFacts(hashlib.sha256(data).hexdigest(), width, height)


def dimensions(data: bytes) -> tuple[int, int]:
    """Give the width and height that a picture claims to have, in pixels as they are stored; nothing is decoded.

    Raises:
        ImageError: not a picture in one of `FORMATS`, or over `MAX_PIXELS`.
    """
    with _opened(data) as image:
        return image.size


def suffix_of(start: bytes) -> str:
    """Give the suffix of one of `FORMATS` by how its file begins.

    >>> suffix_of(b"GIF89a...")
    'gif'
    """
    return next(suffix for begin, suffix in SUFFIXES.items() if re.match(begin, start, re.DOTALL))


@contextmanager
def _opened(data: bytes) -> Iterator[ImageFile.ImageFile]:
    """Open a picture; whatever a damaged one makes Pillow raise, here or in the block, becomes an ImageError."""
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError(f"the picture has more than the {MAX_PIXELS} pixels that are accepted") from None
    except Exception as error:  # noqa: BLE001  a decoder's plugin may raise anything
        kind = "a PDF document" if data[:5] == b"%PDF-" else "not a picture that can be read"
        raise ImageError(f"got {kind} ({type(error).__name__}); expected one of {', '.join(FORMATS)}") from None
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(f"the picture has {image.width}x{image.height} pixels; at most {MAX_PIXELS} are accepted")
    try:
        with image:
            yield image
    except Exception as error:  # noqa: BLE001  as above
        cause = str(error) or type(error).__name__
        raise ImageError(f"the picture cannot be decoded ({cause}); it is truncated or damaged") from None


def _orientation(image: ImageFile.ImageFile) -> int:
    """Give the EXIF orientation of a loaded picture, 1 where it says none or its EXIF is damaged."""
    try:
        value = image.getexif().get(ORIENTATION)
    except Exception:  # noqa: BLE001  the pixels are good all the same
        return 1
    return value if isinstance(value, int) and value in TURNS else 1


def _pixels(image: ImageFile.ImageFile, size: tuple[int, int] | None, box: Box, resample: int) -> Pixels:
    if size is not None and image.format in ("JPEG", "MPO"):
        least = max(size[0] / (box.bottom - box.top), size[1] / (box.right - box.left))
        image.draft("RGB", (round(least), round(least)))
    image.load()
    turn = TURNS.get(_orientation(image))
    upright = _rgb(image if turn is None else image.transpose(turn))
    if box != WHOLE:
        upright = upright.crop(corners(box, upright.width, upright.height))
    if size is not None:  # only now: a filter takes in what lies just outside the box that resize() is given
        upright = upright.resize(size[::-1], Image.Resampling(resample), reducing_gap=2.0)
    return np.asarray(upright)


def corners(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Give a box's sides in whole pixels, at least one apart; a side within a millionth of a pixel edge is on it."""
    left = min(int(box.left * width + 1e-6), width - 1)
    top = min(int(box.top * height + 1e-6), height - 1)
    return left, top, max(left + 1, round(box.right * width)), max(top + 1, round(box.bottom * height))


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I") or image.mode == "F":
        deep = np.nan_to_num(np.asarray(image).astype(np.float64))
        wide = image.mode.startswith("I;") or deep.max(initial=0) > 255
        image = Image.fromarray((deep / (257 if wide else 1)).round().clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")
