"""What one request may take: its key's share, the bytes of its body, the time in which they come."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from time import monotonic
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from scenefit.service.faults import ClientGoneError, Fault, busy, too_large
from scenefit.service.lanes import Lane, Meter
from scenefit.service.metrics import Metrics
from scenefit.service.settings import ServiceConfig

T = TypeVar("T")
CLOSE = {"Connection": "close"}


class KeyShares:
    """How many requests of each key are under way."""

    def __init__(self, most: int, metrics: Metrics) -> None:
        self._most, self._metrics = most, metrics
        self._now: Counter[str] = Counter()

    @contextmanager
    def one(self, name: str) -> Iterator[None]:
        """Count a request of a key, on the event loop; a request without a key has no share to keep to.

        Raises:
            Fault: 429, the key has as many as it may.
        """
        if name and self._now[name] >= self._most:
            self._metrics.rejected("key busy")
            raise busy(f"this key has {self._most} requests under way", 429, "too_many")
        self._now[name] += 1
        try:
            yield
        finally:
            self._now[name] -= 1
            if not self._now[name]:
                del self._now[name]


class Stay:
    """A request from its head to its answer; what it holds is given back when the handler and its thread are done."""

    def __init__(self, request: Request, lane: Lane, held: Meter, metrics: Metrics, config: ServiceConfig) -> None:
        self._request, self._lane, self._held, self._metrics, self._config = request, lane, held, metrics, config
        self._lock, self._users, self._bytes = threading.Lock(), 1, 0

    async def body(self, most: int) -> bytes:
        """Read the body.

        Raises:
            Fault: 413, more than `most` bytes; 408, too slow; 503, all bodies together are too large.
            ClientGoneError: the client went away.
        """
        declared = self._request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > most:
            raise self._too_large(most)
        try:
            return await self._read(most)
        except TimeoutError:
            self._metrics.rejected("slow body")
            raise Fault(408, "body_too_slow", "the body of the request came too slowly", CLOSE) from None
        except ClientDisconnect:
            raise ClientGoneError from None

    async def _read(self, most: int) -> bytes:
        body, until = bytearray(), monotonic() + self._config.body_seconds
        async with aclosing(self._request.stream()) as stream:
            while True:
                async with asyncio.timeout(min(self._config.stall_seconds, until - monotonic())):
                    chunk = await anext(stream, b"")
                if not chunk:
                    break
                if len(body) + len(chunk) > most:
                    raise self._too_large(most)
                self._hold(len(chunk))
                body += chunk
        return bytes(body)

    def _hold(self, count: int) -> None:
        if not self._held.take(count):
            self._metrics.rejected("bodies")
            raise busy("the service holds as many bytes as it may")
        self._bytes += count

    def _too_large(self, most: int) -> Fault:
        self._metrics.rejected("body too large")
        return too_large(f"the body is too large; at most {most} bytes are accepted")

    async def run(self, work: Callable[[], T]) -> T:
        """Do work in a thread of the lane (`Lane.run`)."""
        with self._lock:
            self._users += 1
        return await self._lane.run(self._request, work, self.leave)

    def leave(self) -> None:
        """Give back what is held, if nobody else uses it."""
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._held.give(self._bytes)
