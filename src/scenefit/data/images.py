"""The one decoder: a picture file, trusted in nothing, becomes 8-bit RGB; or an ImageError says why not."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps

from scenefit.errors import ImageError
from scenefit.types import WHOLE, Box, Pixels

MAX_BYTES = 64 << 20
MAX_PIXELS = 80_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


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
    with open(descriptor, "rb") as file:  # noqa: PTH123
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise ImageError(f"{path} is not a regular file; expected a picture")
        if not 0 < facts.st_size <= MAX_BYTES:
            raise ImageError(f"{path} has {facts.st_size} bytes; expected 1 to {MAX_BYTES}")
        return file.read(MAX_BYTES)


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
        try:
            return _pixels(image, size, box, resample)
        except (OSError, ValueError, SyntaxError, EOFError, OverflowError, ZeroDivisionError) as error:
            raise ImageError(f"the picture cannot be decoded ({error}); it is truncated or damaged") from None


def inspect(path: Path) -> ImageFacts:
    """Check that a picture decodes to its end; give its content hash and size.

    Raises:
        ImageError: as `read_bytes` and `decode`.

    """
    data = read_bytes(path)
    with _opened(data) as image:
        width, height = _upright_size(image)
    try:
        decode(data, size=(8, 8))
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from None
    return ImageFacts(hashlib.sha256(data).hexdigest(), width, height)


def _opened(data: bytes) -> ImageFile.ImageFile:
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError(f"the picture has far more than the {MAX_PIXELS} pixels that are accepted") from None
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError, TypeError) as error:
        kind = "a PDF document" if data[:5] == b"%PDF-" else "not a picture that can be read"
        raise ImageError(f"got {kind} ({type(error).__name__}); expected one of {', '.join(FORMATS)}") from None
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(f"the picture has {image.width}x{image.height} pixels; at most {MAX_PIXELS} are accepted")
    return image


def _upright_size(image: Image.Image) -> tuple[int, int]:
    turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    return (image.height, image.width) if turned else (image.width, image.height)


def _pixels(image: ImageFile.ImageFile, size: tuple[int, int] | None, box: Box, resample: int) -> Pixels:
    if size is not None and image.format in ("JPEG", "MPO"):
        least = max(size[0] / (box.bottom - box.top), size[1] / (box.right - box.left))
        image.draft("RGB", (round(least), round(least)))
    upright = _rgb(ImageOps.exif_transpose(image))
    corners = _corners(box, upright.width, upright.height)
    if size is not None:
        upright = upright.resize(size[::-1], Image.Resampling(resample), box=corners, reducing_gap=2.0)
    elif box != WHOLE:
        upright = upright.crop(corners)
    return np.asarray(upright)


def _corners(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Give whole pixels, at least one each way."""
    left, top = min(int(box.left * width), width - 1), min(int(box.top * height), height - 1)
    return left, top, max(left + 1, round(box.right * width)), max(top + 1, round(box.bottom * height))


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I") or image.mode == "F":
        deep = np.asarray(image).astype(np.float64)
        image = Image.fromarray((deep / (257 if deep.max(initial=0) > 255 else 1)).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")
