"""Worker threads with a bounded number of places: the event loop waits for them and is never blocked by them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter
from typing import Any, TypeVar

from starlette.requests import Request

from scenefit.service.faults import ClientGoneError, Fault, busy
from scenefit.service.metrics import Metrics
from scenefit.service.tickets import Ticket

T = TypeVar("T")


class Meter:
    """Counts something that all requests share, up to a bound; safe to use from several threads."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self.used = 0

    def take(self, count: int = 1) -> bool:
        """Take some, all or none; say whether it was there."""
        with self._lock:
            if self.used + count > self._most:
                return False
            self.used += count
            return True

    def give(self, count: int = 1) -> None:
        """Give some back."""
        with self._lock:
            self.used -= count

    @property
    def full(self) -> bool:
        """Whether nothing is left."""
        return self.used >= self._most


class Lane:
    """Threads that work for requests of one kind; requests beyond its places are turned away at once."""

    def __init__(
        self, name: str, workers: int, places: int, seconds: float, turns: threading.Semaphore, metrics: Metrics
    ) -> None:
        self.name, self.places, self._seconds, self._metrics = name, Meter(places), seconds, metrics
        self._turns = turns
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=f"scenefit-{name}")

    def check(self) -> None:
        """Turn a request away before its body is read.

        Raises:
            Fault: 503, no place is free.
        """
        if self.places.full:
            self._metrics.rejected("busy")
            raise busy("the service has as many requests as it can answer in time")

    async def run(self, request: Request, work: Callable[[], T], done: Callable[[], None]) -> T:
        """Do work for a request in a thread; when the client goes away or the time is up, its place is free again.

        Args:
            request: its body has been read.
            work: what to do; stages that it enters look at the ticket.
            done: called when the thread is through with it, or will never begin.

        Raises:
            Fault: 503, no place is free; 504, the time is up.
            ClientGoneError: the client went away.
        """
        if not self.places.take():
            done()
            self.check()
            raise busy("the service has as many requests as it can answer in time")
        ticket = Ticket(self._seconds, self._turns)
        future = self._threads.submit(self._work, ticket, work)
        future.add_done_callback(lambda _: self._leave(done))
        try:
            return await _first(request, future, self._seconds)
        except TimeoutError:
            self._metrics.rejected("too slow")
            raise Fault(504, "too_slow", "the answer took too long", {"Retry-After": "1"}) from None
        finally:
            if not future.done():
                ticket.cancel()
                future.cancel()

    def _work(self, ticket: Ticket, work: Callable[[], T]) -> T:
        start = perf_counter()
        try:
            return ticket.call(work)
        finally:
            if ticket.stages:
                rest = perf_counter() - start - sum(ticket.stages.values())
                self._metrics.spent("search", max(0.0, rest))

    def _leave(self, done: Callable[[], None]) -> None:
        self.places.give()
        done()

    def close(self) -> None:
        """Let the threads finish."""
        self._threads.shutdown(cancel_futures=True)


async def _first(request: Request, future: Future[T], seconds: float) -> T:
    """Wait for a thread's result, while the client is there and the time is not up.

    Raises:
        ClientGoneError: the client went away.
        TimeoutError: the time is up.
    """
    result = asyncio.wrap_future(future)
    gone = asyncio.ensure_future(_gone(request))
    either: set[asyncio.Future[Any]] = {result, gone}
    try:
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if result.done() and not isinstance(result.exception(), ClientGoneError):
            return result.result()
        if gone.done():
            raise ClientGoneError
        raise TimeoutError  # the thread may have seen it first
    finally:
        gone.cancel()
        result.cancel()


async def _gone(request: Request) -> None:
    """Return when the client goes away; what it still sends is thrown away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
