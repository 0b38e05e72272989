"""Politeness to one host: few requests at once, a pause between them, slower after a no, none after a stop."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from time import monotonic

from scenefit.data.download.addresses import FetchError
from scenefit.data.download.settings import DownloadSettings

REFUSALS = (403, 429)
NAP = 1.0
"""Longest sleep, in seconds, before looking again whether the host was stopped meanwhile."""


class Host:
    """What is known of one host, and when it may be asked again."""

    def __init__(self, settings: DownloadSettings, everywhere: asyncio.Semaphore) -> None:
        """Take the settings, and what counts the requests to all hosts."""
        self._settings = settings
        self._everywhere = everywhere
        self._slots = asyncio.Semaphore(settings.per_host)
        self._delay = settings.delay
        self._next = 0.0
        self._refusals = 0
        self._silences = 0
        self._stopped: tuple[str, str] | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold the right to one request.

        Raises:
            FetchError: the host is asked no more.
        """
        async with self._slots:
            while True:
                await self._rest()
                async with self._everywhere:
                    if self._start():
                        yield
                        return

    async def _rest(self) -> None:
        self._check()
        while (left := self._next - monotonic()) > 0:
            await asyncio.sleep(min(left, NAP))
            self._check()

    def _start(self) -> bool:
        """Begin a request, unless another began while this one waited for a place among those to all hosts."""
        self._check()
        now = monotonic()
        if now < self._next:
            return False
        self._next = now + self._delay
        return True

    def _check(self) -> None:
        if self._stopped is not None:
            raise FetchError(*self._stopped)

    def heard(self, status: int | None, wait: float | None = None) -> None:
        """Learn what a request came to.

        Args:
            status: the HTTP status of the answer, None where none came or it was cut short.
            wait: seconds that the host asked to wait (Retry-After).
        """
        silent = status is None or status >= 500
        self._silences = self._silences + 1 if silent else 0
        if status in REFUSALS:
            self._refusals += 1
            self._delay = min(max(2 * self._delay, self._settings.backoff), self._settings.longest_wait)
            self._pause(self._delay)
        elif not silent:
            self._refusals, self._delay = 0, self._settings.delay
        if wait is not None and (silent or status in REFUSALS):
            self._pause(wait)
        if self._refusals >= self._settings.stop_after:
            self._stop("host asked to stop", f"{self._refusals} answers 403 or 429 in a row")
        if self._silences >= self._settings.give_up_after:
            self._stop("host does not answer", f"{self._silences} tries in a row timed out, broke off or gave HTTP 5xx")

    def _pause(self, seconds: float) -> None:
        if seconds > self._settings.longest_wait:
            self._stop("host asked to stop", f"Retry-After: {seconds:.0f} s")
        else:
            self._next = max(self._next, monotonic() + seconds)

    def _stop(self, reason: str, detail: str) -> None:
        self._stopped = self._stopped or (reason, detail)


def retry_after(text: str) -> float | None:
    """Read a Retry-After header: seconds from now, at least 0; None where it says nothing that can be read.

    >>> retry_after("120"), retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), retry_after("soon")
    (120.0, 0.0, None)
    """
    if text.strip().isdecimal():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.UTC)
    return max(0.0, (when - datetime.datetime.now(datetime.UTC)).total_seconds())
