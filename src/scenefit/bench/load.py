"""A small load generator: requests with ready bytes over kept connections, in one event loop."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np

from scenefit.types import Doubles

PATIENCE = 60.0
"""Seconds after which an answer counts as lost; more than the service takes for any."""
LOST = 0
"""The status of a request without an answer."""
LEAD = 0.1
"""The share of a closed loop's time that is not counted: until every client has asked."""


class Answer(NamedTuple):
    """One answer: its status, its time from sending, when it was sent after its time, and when it came; seconds."""

    status: int
    seconds: float
    late: float
    at: float


class Connections:
    """Connections to one server on this machine, used again while it keeps them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; give the status and the body, or `LOST` where none comes."""
        writer, keep = None, False
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await self._take()
                writer.write(request)
                status, keep, body = await _read(reader)
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError):
            return LOST, b""
        finally:
            if writer and not keep:
                writer.close()
        self._idle += [(reader, writer)] * keep
        return status, body

    async def _take(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
        return await asyncio.open_connection("127.0.0.1", self._port)

    def close(self) -> None:
        """Let go of the connections that are idle."""
        for _, writer in self._idle:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> tuple[int, bool, bytes]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
    headers = dict(line.split(b": ", 1) for line in lines if line)
    body = await reader.readexactly(int(headers.get(b"content-length", 0)))
    return int(first.split()[1]), headers.get(b"connection") != b"close", body


def get(path: str) -> bytes:
    """Write a request without a body."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post(path: str, photo: bytes) -> bytes:
    """Write a request with a photo as its body; the service knows the type by how it begins."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\nContent-Length: {len(photo)}\r\n\r\n"
    )
    return head.encode() + photo


async def closed_loop(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> tuple[float, list[Answer]]:
    """Have clients ask one after another; give the good answers a second, and all answers.

    Args:
        port: of the server.
        requests: asked in turn.
        clients: how many ask at one time.
        seconds: how long they begin new requests.
    """
    connections, answers, order = Connections(port), list[Answer](), itertools.cycle(requests)
    start = perf_counter()

    async def client() -> None:
        while perf_counter() - start < seconds:
            answers.append(await _timed(connections, next(order), start))

    await asyncio.gather(*(client() for _ in range(clients)))
    connections.close()
    return _rate([one.at for one in answers if one.status == 200], seconds), answers


def _rate(times: Sequence[float], seconds: float) -> float:
    """Give the good answers a second between the lead and the end; over all the time where none came between.

    >>> _rate([0.5, 1.5, 2.5, 9.5, 12.0], 10.0), _rate([2.0], 1.0), _rate([], 1.0)
    (0.3333333333333333, 0.5, 0.0)
    """
    steady = sum(LEAD * seconds <= time <= seconds for time in times)
    return steady / (seconds * (1 - LEAD)) if steady else len(times) / max(times, default=1.0)


async def open_loop(port: int, requests: Sequence[bytes], times: Doubles) -> list[Answer]:
    """Send requests in turn, each at its time after the start, shape (N,), seconds, whether others are answered or not.

    All are waited for.
    """
    connections, start = Connections(port), perf_counter()

    async def one(request: bytes, time: float) -> Answer:
        await asyncio.sleep(time - (perf_counter() - start))
        return await _timed(connections, request, start, time)

    answers = await asyncio.gather(*map(one, itertools.cycle(requests), times.tolist()))
    connections.close()
    return list(answers)


async def _timed(connections: Connections, request: bytes, start: float, time: float | None = None) -> Answer:
    sent = perf_counter()
    status, _ = await connections.ask(request)
    done = perf_counter()
    return Answer(status, done - sent, 0.0 if time is None else sent - start - time, done - start)


def even(rate: float, seconds: float) -> Doubles:
    """Give evenly spaced times, shape (N,), seconds; at least one.

    >>> even(2.0, 2.0).tolist()
    [0.0, 0.5, 1.0, 1.5]
    """
    times: Doubles = np.arange(max(1, round(rate * seconds))) / rate
    return times


def random(rate: float, seconds: float, seed: int = 0) -> Doubles:
    """Give as many times with gaps drawn as those of people who know nothing of each other: exponential."""
    gaps = np.random.default_rng(seed).exponential(1 / rate, max(1, round(rate * seconds)))
    times: Doubles = np.cumsum(gaps)
    return times
