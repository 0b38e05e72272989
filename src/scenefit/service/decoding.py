"""Pictures are decoded a few at a time, so that memory stays within a bound whatever is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

from scenefit.data.images import dimensions
from scenefit.errors import ImageError
from scenefit.service.lanes import Meter
from scenefit.service.tickets import CURRENT, paused

WAIT = 0.005


class Decoding:
    """Bounds the pixels of one picture, and of all that are decoded at one time."""

    def __init__(self, most: int, together: int) -> None:
        """Take both bounds."""
        self._most, self.pixels = most, Meter(together)

    @contextmanager
    def hold(self, data: bytes) -> Iterator[None]:
        """Wait until a picture may be decoded.

        Raises:
            ImageError: it is not a picture, or has too many pixels.
            ClientGoneError: nobody waits for it any more.
        """
        width, height = dimensions(data)
        if width * height > self._most:
            raise ImageError(f"the picture has {width}x{height} pixels; at most {self._most} are accepted")
        while not self.pixels.take(width * height):
            with paused():
                sleep(WAIT)
            if ticket := CURRENT.get():
                ticket.check()
        try:
            yield
        finally:
            self.pixels.give(width * height)
