"""One picture's bytes from its address to a file: redirects by hand, retries, and limits of time and size."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

import httpcore2

from scenefit import __version__
from scenefit.data.download.addresses import Address, FetchError, NoAnswerError
from scenefit.data.download.answers import chunks, header, network, onward
from scenefit.data.download.hosts import Host, retry_after
from scenefit.data.download.network import CheckedBackend
from scenefit.data.download.settings import DownloadSettings


class Fetcher:
    """An HTTP client that asks each host politely and reaches checked addresses only; no proxy, cookies or decoding."""

    def __init__(self, settings: DownloadSettings) -> None:
        self._settings = settings
        self._everywhere = asyncio.Semaphore(settings.connections)
        self._hosts: dict[str, Host] = {}
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpcore2.default_ssl_context(),
            max_connections=settings.connections,
            keepalive_expiry=5.0,
            network_backend=CheckedBackend(settings.allow_hosts),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    async def fetch(self, address: Address, to: Path) -> None:
        """Write what the address holds to a file, trying again where that may help.

        After a FetchError the file may be absent or hold a part; it is never larger than `max_bytes`.

        Raises:
            FetchError: the bytes cannot be had.
            OSError: the file cannot be written.
        """
        allowance = _Allowance(self._settings.total_timeout)
        for tried in range(1, self._settings.tries + 1):
            try:
                return await self._follow(address, to, allowance)
            except FetchError as fault:
                if not fault.again or tried == self._settings.tries:
                    raise
            wait = min(self._settings.backoff * 2 ** (tried - 1), self._settings.longest_wait)
            await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311  spreads the tries; no secret
        return None

    async def _follow(self, address: Address, to: Path, allowance: _Allowance) -> None:
        for _ in range(self._settings.redirects + 1):
            host = self._host(address.host)
            async with host.turn(), allowance.spent():
                further = await self._get(address, host, to)
            if further is None:
                return
            address = further
        raise FetchError("redirected too often", f"more than {self._settings.redirects} times")

    def _host(self, name: str) -> Host:
        if name not in self._hosts:
            self._hosts[name] = Host(self._settings, self._everywhere)
        return self._hosts[name]

    async def _get(self, address: Address, host: Host, to: Path) -> Address | None:
        """Make one request; give the address that it redirects to, None once the file is written."""
        heard: tuple[int | None, float | None] | None = None
        try:
            async with self._answer(address) as response:
                heard = response.status, retry_after(header(response, b"retry-after"))
                if response.status != 200:
                    return onward(response, address)
                await self._save(response, to)
                return None
        except (NoAnswerError, asyncio.CancelledError):  # cancelled: its time is over
            heard = None, None
            raise
        finally:
            if heard is not None:
                host.heard(*heard)

    @asynccontextmanager
    async def _answer(self, address: Address) -> AsyncIterator[httpcore2.Response]:
        headers: dict[bytes | str, bytes | str] = {
            "Host": address.authority,
            "User-Agent": f"scenefit/{__version__}",
            "Accept": "image/*",
            "Accept-Encoding": "identity",
        }
        connect, read = self._settings.connect_timeout, self._settings.read_timeout
        timeouts = {"connect": connect, "read": read, "write": read}
        request = httpcore2.Request("GET", address.url, headers=headers, extensions={"timeout": timeouts})
        with network():
            response = await self._pool.handle_async_request(request)
        try:
            yield response
        finally:
            with suppress(NoAnswerError), network():
                await response.aclose()

    async def _save(self, response: httpcore2.Response, to: Path) -> None:
        encoding = header(response, b"content-encoding").strip().lower()
        if encoding not in ("", "identity"):
            raise FetchError("encoded", f"Content-Encoding {encoding[:80]}, though none was asked for")
        limit, size = self._settings.max_bytes, 0
        length = header(response, b"content-length")
        if length.isdecimal() and float(length) > limit:
            raise FetchError("larger than the limit", f"{length[:40]} bytes; at most {limit} are taken")
        async with aclosing(chunks(response)) as body:
            with to.open("wb") as file:
                async for chunk in body:
                    size += len(chunk)
                    if size > limit:
                        raise FetchError("larger than the limit", f"more than the {limit} bytes that are taken")
                    file.write(chunk)


class _Allowance:
    """The time on the wire that one picture has left, in seconds."""

    def __init__(self, seconds: float) -> None:
        self._whole = self._left = seconds

    @asynccontextmanager
    async def spent(self) -> AsyncIterator[None]:
        began = monotonic()
        try:
            async with asyncio.timeout(self._left):
                yield
        except TimeoutError:
            raise FetchError("too slow", f"not whole after {self._whole:g} s on the wire") from None
        finally:
            self._left -= monotonic() - began
