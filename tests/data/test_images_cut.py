"""Boxes and sizes: what decode cuts out of a picture and how it resizes it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from scenefit.data.images import decode
from scenefit.types import Box, Pixels

PICTURE: Pixels = np.random.default_rng(0).integers(0, 256, (37, 49, 3), dtype=np.uint8)


def _encoded(pixels: Pixels, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def _smooth(height: int, width: int) -> Pixels:
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [np.sin(rows / 61 + phase) + np.cos(columns / 97 - phase) for phase in (0, 1, 2)]
    return (127 + 60 * np.stack(waves, axis=-1)).astype(np.uint8)


@pytest.mark.parametrize("box", [Box(0, 0, 1, 1), Box(0.1, 0.4, 0.9, 0.8)])
def test_a_jpeg_at_a_smaller_scale_is_close_to_a_plain_decode(box: Box) -> None:
    data = _encoded(_smooth(900, 1200), "JPEG", quality=90)
    left, top, right, bottom = (round(side * length) for side, length in zip(box, (1200, 900) * 2, strict=True))
    plain = Image.open(io.BytesIO(data)).convert("RGB").crop((left, top, right, bottom)).resize((64, 48), 2)
    difference = np.abs(decode(data, size=(48, 64), box=box).astype(int) - np.asarray(plain).astype(int))
    assert difference.mean() < 2
    assert difference.max() < 8


@pytest.mark.parametrize(
    ("box", "size", "axis"),
    [
        (Box(0, 0, 1, 1), (240, 20), 0),
        (Box(0, 0, 1, 1), (20, 240), 1),
        (Box(0, 0.1, 1, 0.3), (48, 20), 0),
        (Box(0.6, 0, 0.8, 1), (20, 48), 1),
    ],
)
def test_a_jpeg_at_a_smaller_scale_keeps_the_detail_that_its_size_can_show(
    box: Box, size: tuple[int, int], axis: int
) -> None:
    stripes = np.indices((960, 960))[axis] // 4 % 2 * 255
    data = _encoded(np.repeat(stripes[..., None], 3, axis=2).astype(np.uint8), "JPEG", quality=95)
    contrast = decode(data, size=size, box=box).std()
    assert contrast > 60  # a scale smaller by two would leave grey


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.data())
def test_a_box_on_pixel_edges_cuts_exactly_those_pixels(data: st.DataObject) -> None:
    height, width = PICTURE.shape[:2]
    left, right = sorted(data.draw(st.lists(st.integers(0, width), min_size=2, max_size=2, unique=True)))
    top, bottom = sorted(data.draw(st.lists(st.integers(0, height), min_size=2, max_size=2, unique=True)))
    box = Box(left / width, top / height, right / width, bottom / height)
    np.testing.assert_array_equal(decode(_encoded(PICTURE), box=box), PICTURE[top:bottom, left:right])


def test_a_box_smaller_than_a_pixel_still_gives_one() -> None:
    box = Box(0.999, 0.999, 0.9991, 0.9991)
    np.testing.assert_array_equal(decode(_encoded(PICTURE), box=box), PICTURE[-1:, -1:])


@pytest.mark.parametrize("size", [(8, 8), (12, 30), (90, 70)])
@pytest.mark.parametrize("resample", [0, 1, 2, 3])
def test_a_resized_box_shows_nothing_of_what_lies_outside(size: tuple[int, int], resample: int) -> None:
    box = Box(7 / 49, 5 / 37, 33 / 49, 25 / 37)
    others = np.full_like(PICTURE, 255)
    others[5:25, 7:33] = PICTURE[5:25, 7:33]
    pixels = decode(_encoded(PICTURE), size=size, box=box, resample=resample)
    assert pixels.shape == (*size, 3)
    np.testing.assert_array_equal(pixels, decode(_encoded(others), size=size, box=box, resample=resample))


@pytest.mark.parametrize("size", [(37, 49), (20, 20), (111, 98)])
def test_the_whole_picture_is_resized_to_height_and_width(size: tuple[int, int]) -> None:
    expected = Image.fromarray(PICTURE).resize(size[::-1], Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(decode(_encoded(PICTURE), size=size), np.asarray(expected))
