"""One request's work in a thread: until when it may go on, whether anyone waits for it, and where its time went."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
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

    def __init__(self, seconds: float) -> None:
        self._deadline = monotonic() + seconds
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
            return future.result(self.remaining)
        except (CancelledError, TimeoutError):
            raise ClientGoneError from None
        finally:
            future.cancel()
            with self._lock:
                self._waits_for = None

    def cancel(self) -> None:
        """Say that nobody waits any more."""
        with self._lock:
            self._gone = True
            if self._waits_for is not None:
                self._waits_for.cancel()

    def call(self, work: Callable[[], T]) -> T:
        """Do the work, in this thread."""
        self.check()
        token = CURRENT.set(self)
        try:
            return work()
        finally:
            CURRENT.reset(token)


CURRENT: ContextVar[Ticket | None] = ContextVar("ticket", default=None)
"""The ticket of the request that a thread works for."""
