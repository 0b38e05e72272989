"""Small pictures of products, made once and kept in memory up to a bound."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from pathlib import Path
from time import perf_counter

from PIL import Image

from scenefit.data.images import decode, read_bytes
from scenefit.service.decoding import Decoding
from scenefit.service.metrics import Metrics

SIZES = (160, 320, 640)
QUALITY = 82


class Thumbnails:
    """The least recently asked for goes first; safe to use from several threads."""

    def __init__(self, most: int, decoding: Decoding, metrics: Metrics) -> None:
        """Take how many bytes are kept."""
        self._most, self._decoding, self._metrics = most, decoding, metrics
        self._lock, self.size = threading.Lock(), 0
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    def get(self, path: Path, content: str, size: int) -> bytes:
        """Give a picture as a JPEG whose longer side is at most `size` pixels.

        Args:
            path: of the picture.
            content: the SHA-256 of its bytes, by which the JPEG is kept.
            size: one of `SIZES`.

        Raises:
            ImageError: it cannot be read.
        """
        with self._lock:
            if found := self._kept.get((content, size)):
                self._kept.move_to_end((content, size))
                return found
        start = perf_counter()
        data = read_bytes(path)
        with self._decoding.hold(data):
            made = _made(data, size)
        self._metrics.spent("thumbnail", perf_counter() - start)
        self._keep((content, size), made)
        return made

    def _keep(self, name: tuple[str, int], made: bytes) -> None:
        with self._lock:
            if name not in self._kept and len(made) <= self._most:
                self._kept[name] = made
                self.size += len(made)
            while self.size > self._most:
                _, dropped = self._kept.popitem(last=False)
                self.size -= len(dropped)


def _made(data: bytes, size: int) -> bytes:
    image = Image.fromarray(decode(data))
    image.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
