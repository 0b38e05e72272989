"""What read_bytes, decode and inspect refuse, each with its reason."""

from __future__ import annotations

import io
import os
import re
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scenefit.data.images import MAX_BYTES, decode, inspect, read_bytes
from scenefit.errors import ImageError

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 18, 3), dtype=np.uint8))


def _encoded(kind: str, image: Image.Image = NOISE, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _giant_png(side: int) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(10_000))  # a small part of the picture that the header promises
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


JPEG, PNG = (_encoded(kind, NOISE.resize((180, 240))) for kind in ("JPEG", "PNG"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has 0 bytes; expected 1 to 67108864"),
        (b"A line of text.\n", "got not a picture that can be read .*; expected one of JPEG, PNG"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "got a PDF document .*; expected one of JPEG, PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "got not a picture that can be read"),
        (JPEG[: len(JPEG) // 2], "cannot be decoded .*; it is truncated or damaged"),
        (PNG[: len(PNG) // 2], "cannot be decoded .*; it is truncated or damaged"),
        (JPEG[:40], "got not a picture|cannot be decoded"),
        (_giant_png(30_000), "more than the 80000000 pixels that are accepted"),
        (_giant_png(10_000), "more than the 80000000 pixels that are accepted"),
        (_giant_png(9_200), "has 9200x9200 pixels; at most 80000000 are accepted"),
    ],
    ids=["empty", "text", "pdf", "svg", "half-jpeg", "half-png", "header", "900MP", "100MP", "85MP"],
)
def test_content_that_is_no_good_picture_is_refused_by_name(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "given.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=rf"given\.jpg.*({message})"):
        inspect(path)


def test_a_giant_is_refused_where_warnings_are_no_errors() -> None:
    with warnings.catch_warnings(), pytest.raises(ImageError, match="has 10000x10000 pixels; at most 80000000"):
        warnings.simplefilter("ignore")
        decode(_giant_png(10_000))


def test_a_missing_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"none\.jpg: no such picture"):
        read_bytes(tmp_path / "none.jpg")


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real.jpg").write_bytes(JPEG)
    (tmp_path / "link.jpg").symlink_to("real.jpg")
    with pytest.raises(ImageError, match=r"link\.jpg cannot be opened .* symbolic link: give the picture itself"):
        read_bytes(tmp_path / "link.jpg")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=re.escape(f"{tmp_path} is not a regular file; expected a picture")):
        read_bytes(tmp_path)


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")  # opened plainly, it would wait for a writer for ever
    with pytest.raises(ImageError, match=r"pipe\.jpg is not a regular file; expected a picture"):
        read_bytes(tmp_path / "pipe.jpg")


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ImageError, match=r"huge\.jpg has 67108865 bytes; expected 1 to 67108864"):
        read_bytes(path)


def test_a_file_at_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES)
    assert len(read_bytes(path)) == MAX_BYTES
