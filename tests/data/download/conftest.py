"""Fixtures of the download tests: a real HTTP server that misbehaves on request, and runs against it."""

from __future__ import annotations

import asyncio
import io
import json
import ssl
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scenefit.data.download.lists import DownloadReport
from scenefit.data.download.run import download_missing
from scenefit.data.download.settings import DownloadSettings
from scenefit.data.importers.writing import MISSING

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Answers each path as it was told, in a thread of its own, and keeps count of what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.active = self.most_active = self.port = 0
        self._answers: dict[str, list[Answer]] = {}
        self._tasks: set[asyncio.Task[None] | None] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    @staticmethod
    def reply(body: bytes = b"", status: str = "200 OK", length: int | None = None, **headers: str) -> bytes:
        """Give an answer's bytes; `length` is what Content-Length says, whatever the body has."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def answer(self, path: str, *answers: Answer) -> str:
        """Say what a path answers, time after time, the last for ever; give its URL."""
        self._answers[path] = list(answers)
        return self.url(path)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    @property
    def times_asked(self) -> Counter[str]:
        return Counter(self.asked)

    def start(self, tls: ssl.SSLContext | None = None) -> None:
        self._thread.start()
        opening = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        waiting = [task for task in self._tasks if task is not None]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())  # held here: the loop itself forgets them
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._one(head.decode("ascii"), writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._tasks.discard(asyncio.current_task())

    async def _one(self, head: str, writer: asyncio.StreamWriter) -> None:
        first, *lines = head.split("\r\n")
        path = first.split(" ")[1]
        self.asked.append(path)
        self.headers.append({line.partition(": ")[0]: line.partition(": ")[2] for line in lines if line})
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        answers = self._answers.get(path, [self.reply(status="404 Not Found")])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        try:
            if not isinstance(answer, bytes):
                await answer(writer)
        finally:
            self.active -= 1  # before the last byte: the next request may come right after it
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        if not isinstance(answer, bytes) or b"Connection: close" in answer:
            raise EOFError


@pytest.fixture
def new_server() -> Iterator[Callable[..., Server]]:
    """Start servers."""
    started: list[Server] = []

    def start(tls: ssl.SSLContext | None = None) -> Server:
        server = Server()
        server.start(tls)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def server(new_server: Callable[..., Server]) -> Server:
    """A server on 127.0.0.1."""
    return new_server()


@pytest.fixture(scope="session")
def photo() -> Callable[..., bytes]:
    """Draw a picture's file: its format, and a seed."""

    def draw(kind: str = "JPEG", seed: int = 0) -> bytes:
        file = io.BytesIO()
        noise = np.random.default_rng(seed).integers(0, 256, (24, 18, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((90, 120)).save(file, kind)
        return file.getvalue()

    return draw


@pytest.fixture
def quick() -> Callable[..., DownloadSettings]:
    """Settings without pauses that let 127.0.0.1 through, with changes."""

    def settings(**changes: Any) -> DownloadSettings:
        usual = {"delay": 0, "backoff": 0.01, "longest_wait": 5, "tries": 3, "allow_hosts": frozenset({"127.0.0.1"})}
        return DownloadSettings(**{**usual, **changes})

    return settings


@pytest.fixture
def dataset(tmp_path: Path) -> Callable[[list[str]], Path]:
    """A folder that lacks the pictures of URLs; the n-th has the id n in hex."""

    def write(urls: list[str]) -> Path:
        folder = tmp_path / "looks"
        folder.mkdir(exist_ok=True)
        records = (json.dumps({"id": f"{n:032x}", "url": url}) + "\n" for n, url in enumerate(urls))
        (folder / MISSING).write_text("".join(records))
        return folder

    return write


@pytest.fixture
def download(
    dataset: Callable[[list[str]], Path], quick: Callable[..., DownloadSettings]
) -> Callable[..., DownloadReport]:
    """Fetch the pictures of URLs."""
    return lambda *urls, **changes: download_missing(dataset([*urls]), settings=quick(**changes))


@pytest.fixture
def failure(download: Callable[..., DownloadReport]) -> Callable[..., tuple[str, str]]:
    """Fetch one URL, which must fail and leave nothing; give the reason and the detail."""

    def fetch(url: str, **changes: Any) -> tuple[str, str]:
        report = download(url, **changes)
        assert [path.name for path in report.images.iterdir()] == ["failures.jsonl"]
        (one,) = report.failures
        assert json.loads((report.images / "failures.jsonl").read_text()) == one
        assert (one["id"], one["url"]) == (f"{0:032x}", url)
        return one["reason"], one.get("detail", "")

    return fetch
