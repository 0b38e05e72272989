"""One queue of pictures for all requests: what waits at the same time goes through the backbone together."""

from __future__ import annotations

import queue
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, perf_counter

import numpy as np

from scenefit.features.backbone import Backbone
from scenefit.service.decoding import Decoding
from scenefit.service.faults import busy
from scenefit.service.metrics import Metrics
from scenefit.service.tickets import CURRENT
from scenefit.service.wrapped import WrappedBackbone
from scenefit.types import WHOLE, Box, Pixels, SceneFeatures


@dataclass
class _Waiting:
    """Pixels (B, H, W, 3) that wait for a backbone."""

    backbone: Backbone
    pixels: Pixels
    future: Future[SceneFeatures] = field(default_factory=Future)


class Batcher:
    """Threads that run backbones on whatever waits, some pictures at a time.

    They wait for more only while another photo is being decoded, and for a few milliseconds at most.
    """

    def __init__(
        self, metrics: Metrics, batch: int = 2, seconds: float = 0.004, waiting: int = 64, runs: int = 1
    ) -> None:
        """Take how many pictures make a batch, how long to wait for them, how many may wait; batches at one time."""
        self._metrics, self._batch, self._seconds = metrics, batch, seconds
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(waiting)
        self._lock = threading.Lock()
        self._runs, self._threads = runs, list[threading.Thread]()
        self._decoding = 0

    def __len__(self) -> int:
        return self._queue.qsize()

    @contextmanager
    def expecting(self) -> Iterator[None]:
        """Say that pixels are on their way."""
        with self._lock:
            self._decoding += 1
        try:
            yield
        finally:
            with self._lock:
                self._decoding -= 1

    def submit(self, backbone: Backbone, pixels: Pixels) -> Future[SceneFeatures]:
        """Have a backbone run on pixels (B, H, W, 3), uint8; cancel the future where nobody waits for it any more.

        Raises:
            Fault: 503, too many wait already.
        """
        waiting = _Waiting(backbone, pixels)
        with self._lock:
            while len(self._threads) < self._runs:
                self._threads.append(threading.Thread(target=self._serve, name="scenefit-backbone", daemon=True))
                self._threads[-1].start()
        try:
            self._queue.put_nowait(waiting)
        except queue.Full:
            self._metrics.rejected("queue full")
            raise busy("as many pictures wait as can be looked at in time") from None
        return waiting.future

    def close(self) -> None:
        """Answer all that waits, then end the threads."""
        with self._lock:
            threads, self._threads = self._threads, []
        for _ in threads:
            self._queue.put(None)
        for thread in threads:
            thread.join()

    def _serve(self) -> None:
        while (first := self._queue.get()) is not None:
            found, last = self._gather(first)
            by_backbone: dict[Backbone, list[_Waiting]] = defaultdict(list)
            for waiting in found:
                if waiting.future.set_running_or_notify_cancel():
                    by_backbone[waiting.backbone].append(waiting)
            for backbone, some in by_backbone.items():
                self._run(backbone, some)
            if last:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """Take what waits, at least one picture; say whether the queue is at its end."""
        found, pictures, until = [first], len(first.pixels), monotonic() + self._seconds
        while pictures < self._batch:
            rest = until - monotonic()
            try:
                more = self._queue.get(timeout=rest) if self._decoding and rest > 0 else self._queue.get_nowait()
            except queue.Empty:
                break
            if more is None:
                return found, True
            found.append(more)
            pictures += len(more.pixels)
        return found, False

    def _run(self, backbone: Backbone, some: Sequence[_Waiting]) -> None:
        start = perf_counter()
        try:
            features = backbone.run(np.concatenate([waiting.pixels for waiting in some]))
        except Exception as error:  # noqa: BLE001  whoever waits is told
            for waiting in some:
                waiting.future.set_exception(error)
            return
        self._metrics.batch(len(features.pooled), perf_counter() - start)
        row = 0
        for waiting in some:
            rows = slice(row, row := row + len(waiting.pixels))
            waiting.future.set_result(SceneFeatures(*(part[rows] for part in features)))


class BatchedBackbone(WrappedBackbone):
    """A backbone whose runs go through a queue that all requests share; its decoding is bounded."""

    def __init__(self, inner: Backbone, batcher: Batcher, decoding: Decoding, metrics: Metrics) -> None:
        super().__init__(inner)
        self._batcher, self._decoding, self._metrics = batcher, decoding, metrics

    def opened(self, folder: Path) -> Backbone:
        """Open another backbone, behind the same queue."""
        return BatchedBackbone(self._inner.opened(folder), self._batcher, self._decoding, self._metrics)

    def pixels(self, data: bytes, box: Box = WHOLE) -> Pixels:
        """Decode a picture's box to the backbone's input, shape (H, W, 3), uint8, when it is its turn.

        Raises:
            ImageError: the picture is not accepted.
            ClientGoneError: nobody waits for it any more.
        """
        start = perf_counter()
        with self._batcher.expecting(), self._decoding.hold(data):
            found = super().pixels(data, box)
        self._note("decode", start)
        return found

    def run(self, pixels: Pixels) -> SceneFeatures:
        """Run the network on pixels (B, H, W, 3), uint8, together with those of other requests.

        Raises:
            Fault: too many wait already.
            ClientGoneError: nobody waits for it any more.
        """
        start, ticket = perf_counter(), CURRENT.get()
        future = self._batcher.submit(self._inner, pixels)
        found = future.result() if ticket is None else ticket.wait(future)
        self._note("queue", start)
        return found

    def _note(self, stage: str, start: float) -> None:
        seconds, ticket = perf_counter() - start, CURRENT.get()
        self._metrics.spent(stage, seconds)
        if ticket is not None:
            ticket.stages[stage] += seconds
