"""One request's work in a thread: until when it may go on, whether anyone waits for it, and where its time went.

As many threads as there are turns work at one time, the others wait: where all would, the event loop could not answer.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from time import monotonic
from typing import TypeVar

from scenefit.service.faults import ClientGoneError

T = TypeVar("T")


class Ticket:
    """Made when a request's work is handed to a thread.

    Attributes:
        stages: seconds spent in each stage.
    """

    def __init__(self, seconds: float, turns: threading.Semaphore) -> None:
        self._deadline, self._turns = monotonic() + seconds, turns
        self._lock = threading.Lock()
        self._gone = False
        self._waits_for: Future[object] | None = None
        self.stages: dict[str, float] = defaultdict(float)

    @property
    def remaining(self) -> float:
        """Seconds left, 0 where the time is up or nobody waits any more."""
        return 0.0 if self._gone else max(0.0, self._deadline - monotonic())

    def check(self) -> None:
        """Stop the work where nobody waits for it any more.

        Raises:
            ClientGoneError: so it is.
        """
        if not self.remaining:
            raise ClientGoneError

    def wait(self, future: Future[T]) -> T:
        """Wait for another thread's result; give up when nobody waits for it any more.

        Raises:
            ClientGoneError: so it is.
        """
        with self._lock:
            self._waits_for = future  # type: ignore[assignment]  # only ever cancelled
        try:
            self.check()
            with self.paused():
                return future.result(self.remaining)
        except (CancelledError, TimeoutError):
            raise ClientGoneError from None
        finally:
            future.cancel()
            with self._lock:
                self._waits_for = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let others have this thread's turn while it waits for something."""
        self._turns.release()
        try:
            yield
        finally:
            self._turns.acquire()

    def cancel(self) -> None:
        """Say that nobody waits any more."""
        with self._lock:
            self._gone = True
            if self._waits_for is not None:
                self._waits_for.cancel()

    def call(self, work: Callable[[], T]) -> T:
        """Do the work, in this thread, when it is its turn."""
        self.check()
        with self._turns:
            self.check()
            token = CURRENT.set(self)
            try:
                return work()
            finally:
                CURRENT.reset(token)


CURRENT: ContextVar[Ticket | None] = ContextVar("ticket", default=None)
"""The ticket of the request that a thread works for."""


def paused() -> AbstractContextManager[None]:
    """Let others have this thread's turn while it waits for something; nothing where it works for no request."""
    ticket = CURRENT.get()
    return nullcontext() if ticket is None else ticket.paused()
