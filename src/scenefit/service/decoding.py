"""Pictures are decoded a few at a time, so that memory stays within a bound whatever is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from scenefit.data.images import dimensions
from scenefit.errors import ImageError
from scenefit.service.tickets import CURRENT


class Decoding:
    """Bounds how many pictures, and how many pixels, are decoded at one time."""

    def __init__(self, pictures: int, most: int, together: int) -> None:
        """Take how many pictures at one time, the pixels of one, and those of all together."""
        self._free, self._most, self._pixels = pictures, most, together
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, data: bytes) -> Iterator[None]:
        """Wait until a picture may be decoded.

        Raises:
            ImageError: it is not a picture, or has too many pixels.
            ClientGoneError: nobody waits for it any more.
        """
        width, height = dimensions(data)
        count, ticket = width * height, CURRENT.get()
        if count > self._most:
            raise ImageError(f"the picture has {width}x{height} pixels; at most {self._most} are accepted")
        with self._changed:
            while not self._free or self._pixels < count:
                self._changed.wait(0.1)
                if ticket:
                    ticket.check()
            self._free, self._pixels = self._free - 1, self._pixels - count
        try:
            yield
        finally:
            with self._changed:
                self._free, self._pixels = self._free + 1, self._pixels + count
                self._changed.notify_all()
