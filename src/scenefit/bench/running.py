"""The service as a process of its own: started on a free port of this machine, watched, stopped."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from scenefit.bench.load import Connections, get
from scenefit.bench.memory import resident_of, worked_seconds
from scenefit.errors import ServiceError

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/")
START, STOP = 120.0, 60.0
"""Seconds that it may take to be ready, and to stop."""
LOOK = 0.05


@dataclass(frozen=True)
class Running:
    """A service that runs."""

    port: int
    process: subprocess.Popen[bytes]

    def ask(self, path: str) -> tuple[int, bytes]:
        """Get an address; give the status, 0 without an answer, and the body."""

        async def once() -> tuple[int, bytes]:
            connections = Connections(self.port)
            found = await connections.ask(get(path))
            connections.close()
            return found

        return asyncio.run(once())

    @property
    def resident(self) -> int | None:
        """The memory that it holds, in bytes; None where it has ended, or where the system does not tell."""
        return resident_of(self.process.pid)

    @property
    def worked(self) -> float | None:
        """The seconds that the cores worked for it; None as for the memory."""
        return worked_seconds(self.process.pid)

    @property
    def well(self) -> bool:
        """Whether the process is there and answers."""
        return self.process.poll() is None and self.ask("/healthz")[0] == 200


@contextmanager
def running(options: Sequence[str]) -> Iterator[Running]:
    """Run `scenefit serve` with options, on a free port of this machine, until it has done the first inference.

    Raises:
        ServiceError: it ends, or does not become ready.
    """
    command = [sys.executable, "-m", "scenefit", "serve", *options, "--host", "127.0.0.1", "--port", "0"]
    with TemporaryDirectory(prefix="scenefit-bench-") as folder:
        said = Path(folder, "said")
        with said.open("wb") as to, subprocess.Popen(command, stdout=to, stderr=to) as process:  # noqa: S603  our own
            try:
                yield _ready(process, said)
            finally:
                process.terminate()
                _end(process)


def _ready(process: subprocess.Popen[bytes], said: Path) -> Running:
    until = time.monotonic() + START
    while process.poll() is None and time.monotonic() < until:
        if found := ADDRESS.search(said.read_text("utf-8", "replace")):
            service = Running(int(found[1]), process)
            if service.ask("/readyz")[0] == 200:
                return service
        time.sleep(LOOK)
    if process.poll() is None:
        raise ServiceError(
            f"the service was not ready after {START:.0f} s; choose a smaller catalog or a calmer machine"
        )
    last = said.read_text("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
    raise ServiceError(f"the service did not start: {last[0].removeprefix('error: ')}")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        process.kill()
