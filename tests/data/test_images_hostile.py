"""Nothing but an ImageError comes of bytes that were damaged or made up."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from scenefit.data.images import decode
from scenefit.errors import ImageError

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 18, 3), dtype=np.uint8))


def _encoded(kind: str, image: Image.Image = NOISE, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _valid() -> dict[str, bytes]:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a photo"
    flat, deep = NOISE.convert("P"), Image.fromarray(np.arange(400, dtype=np.uint16).reshape(20, 20) * 160)
    return {
        "jpeg": _encoded("JPEG", exif=exif),
        "jpeg progressive": _encoded("JPEG", progressive=True),
        "jpeg cmyk": _encoded("JPEG", NOISE.convert("CMYK")),
        "mpo": _encoded("MPO", save_all=True, append_images=[NOISE]),
        "png": _encoded("PNG", exif=exif),
        "png palette": _encoded("PNG", flat, transparency=3),
        "png 16": _encoded("PNG", deep),
        "gif": _encoded("GIF", flat, save_all=True, append_images=[flat.rotate(90)], transparency=0),
        "tiff": _encoded("TIFF", exif=exif),
        "tiff lzw": _encoded("TIFF", compression="tiff_lzw"),
        "tiff jpeg": _encoded("TIFF", compression="jpeg"),
        "tiff float": _encoded("TIFF", NOISE.convert("F")),
        "webp": _encoded("WEBP", exif=exif),
        "bmp": _encoded("BMP"),
    }


VALID = _valid()
EDITS = st.lists(
    st.tuples(st.sampled_from(["flip", "set", "cut", "drop", "insert"]), st.integers(0, 1 << 16), st.integers(0, 255)),
    min_size=1,
    max_size=6,
)


def _edited(data: bytes, edits: list[tuple[str, int, int]]) -> bytes:
    for kind, place, value in edits:
        at = place % (len(data) + 1)
        here = data[at] if at < len(data) else 0
        middle = {"flip": bytes([here ^ 1 << value % 8]), "set": bytes([value]), "insert": data[at : at + 1] * 3}
        rest = {"cut": b"", "drop": data[at + 1 + value % 16 :]}.get(kind, data[at + 1 :])
        data = data[:at] + middle.get(kind, b"") + rest
    return data


def _only_image_errors(data: bytes, size: tuple[int, int] | None) -> None:
    try:
        pixels = decode(data, size=size)
    except ImageError as error:
        assert re.search(r"expected one of|at most|truncated or damaged|that are accepted", str(error))
    else:
        assert pixels.dtype == np.uint8
        assert pixels.shape == ((*size, 3) if size else (*pixels.shape[:2], 3))


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of metadata that it passes over
@pytest.mark.parametrize("name", VALID)
@settings(derandomize=True, deadline=None, max_examples=60)
@given(edits=EDITS, size=st.sampled_from([None, (8, 8), (5, 40)]))
def test_a_damaged_picture_decodes_or_is_refused(
    name: str, edits: list[tuple[str, int, int]], size: tuple[int, int] | None
) -> None:
    _only_image_errors(VALID[name], size)
    _only_image_errors(_edited(VALID[name], edits), size)


MAGIC = [
    b"",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"II*\0\x08\0\0\0",
    b"MM\0*",
    b"RIFF\x40\0\0\0WEBP",
    b"BM",
]


@settings(derandomize=True, deadline=None, max_examples=300)
@given(magic=st.sampled_from(MAGIC), rest=st.binary(max_size=200), size=st.sampled_from([None, (8, 8)]))
def test_random_bytes_are_refused_or_decode(magic: bytes, rest: bytes, size: tuple[int, int] | None) -> None:
    _only_image_errors(magic + rest, size)
