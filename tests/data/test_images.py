"""What decode and inspect make of pictures that are good."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, features

from scenefit.data.images import decode, inspect
from scenefit.types import Pixels

PICTURE: Pixels = np.random.default_rng(0).integers(0, 256, (37, 49, 3), dtype=np.uint8)
STORED: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: np.rot90,
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}
"""How a camera held in each of the EXIF orientations stores an upright picture."""


def _encoded(pixels: Pixels | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(np.ascontiguousarray(pixels))
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("WEBP", {"lossless": True})],
)
def test_every_exif_orientation_comes_upright(
    kind: str, options: dict[str, Any], orientation: int, tmp_path: Path
) -> None:
    data = _encoded(STORED[orientation](PICTURE), kind, exif=_exif(orientation), **options)
    np.testing.assert_array_equal(decode(data), PICTURE)
    path = tmp_path / "picture"
    path.write_bytes(data)
    assert (inspect(path).height, inspect(path).width) == PICTURE.shape[:2]


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("size", [None, (30, 20)])
def test_a_turned_jpeg_comes_upright_also_at_a_smaller_scale(orientation: int, size: tuple[int, int] | None) -> None:
    upright = np.repeat(np.repeat(np.eye(3, dtype=np.uint8)[[[0, 1], [2, 0]]] * 255, 120, 0), 80, 1)
    data = _encoded(STORED[orientation](upright), "JPEG", quality=95, exif=_exif(orientation))
    pixels = decode(data, size=size).astype(int)
    assert pixels.shape[:2] == (size or (240, 160))
    height, width = pixels.shape[:2]
    quarters = pixels[[[height // 4], [3 * height // 4]], [width // 4, 3 * width // 4]]
    assert np.abs(quarters - upright[[[60], [180]], [40, 120]].astype(int)).max() < 12


def test_odd_exif_does_not_cost_the_picture() -> None:
    turned = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    unit_as_text = struct.pack("<HHI4s", 0x0128, 2, 4, b"odd\0")
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + turned + unit_as_text + bytes(4)
    assert decode(_encoded(PICTURE, "JPEG", exif=exif)).shape == (49, 37, 3)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_exif_that_cannot_be_read_leaves_the_picture_as_it_is(kind: str) -> None:
    assert decode(_encoded(PICTURE, kind, exif=b"Exif\0\0no TIFF header")).shape == (37, 49, 3)


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_a_grey_picture_has_three_equal_channels(mode: str) -> None:
    grey = Image.fromarray(PICTURE).convert(mode)
    pixels = decode(_encoded(grey))
    expected = np.asarray(grey.convert("L"))
    assert all((pixels[..., channel] == expected).all() for channel in range(3))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(kind: str) -> None:
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    assert np.abs(decode(_encoded(cyan, kind)).astype(int) - [0, 255, 255]).max() <= 3


def test_alpha_is_laid_on_white() -> None:
    image = Image.new("RGBA", (3, 1), (200, 100, 0, 255))
    image.putpixel((1, 0), (200, 100, 0, 0))
    image.putpixel((2, 0), (200, 100, 0, 51))  # a fifth of the colour, four fifths of white
    assert decode(_encoded(image)).tolist() == [[[200, 100, 0], [255, 255, 255], [244, 224, 204]]]


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_palette_entry_is_laid_on_white(kind: str) -> None:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([10, 20, 30, 200, 100, 0])
    image.putpixel((1, 0), 1)
    assert decode(_encoded(image, kind, transparency=1)).tolist() == [[[10, 20, 30], [255, 255, 255]]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("top", [65535, 200])
def test_sixteen_bits_are_scaled_not_clipped(kind: str, top: int) -> None:
    deep = np.linspace(0, top, 64 * 4).round().astype(np.uint16).reshape(4, 64)
    pixels = decode(_encoded(Image.fromarray(deep), kind))
    np.testing.assert_array_equal(pixels, np.repeat(np.round(deep / 257).astype(np.uint8)[..., None], 3, axis=2))


def test_numbers_that_are_none_become_black() -> None:
    floats = np.array([[0, 128, 255, np.nan, -5]], np.float32)
    assert decode(_encoded(Image.fromarray(floats), "TIFF"))[0, :, 0].tolist() == [0, 128, 255, 0, 0]


@pytest.mark.parametrize(("kind", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})])
def test_an_animation_gives_its_first_frame(kind: str, options: dict[str, Any]) -> None:
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "lime", "blue")]
    data = _encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, **options)
    assert Image.open(io.BytesIO(data)).n_frames == 3  # type: ignore[attr-defined]
    assert (decode(data) == (255, 0, 0)).all()


@pytest.mark.parametrize("kind", ["JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_every_format_is_read(kind: str) -> None:
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow is built without AVIF")
    pages = {"save_all": True, "append_images": [Image.new("RGB", (24, 18))]} if kind == "MPO" else {}
    pixels = decode(_encoded(Image.new("RGB", (24, 18), (250, 20, 20)), kind, **pages))
    assert pixels.shape == (18, 24, 3)
    assert np.abs(pixels.astype(int) - (250, 20, 20)).max() <= 8


def test_inspect_gives_the_hash_of_the_bytes_and_the_size(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(_encoded(PICTURE, "JPEG"))
    facts = inspect(path)
    assert facts.content == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (facts.width, facts.height) == (49, 37)
