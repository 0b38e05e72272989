"""Pictures become features: decoding and inference overlapped, written to the store batch by batch."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from scenefit.data.images import read_bytes
from scenefit.errors import ImageError, UsageError
from scenefit.features.backbone import Backbone
from scenefit.features.statistics import statistics
from scenefit.features.store import FeatureStore, Key, crop_key
from scenefit.types import Crop, Floats, Pixels, Progress, silent

BATCH = 16


@dataclass
class ExtractReport:
    """How many crops were computed, found in the store, and failed; `failed` lists (picture, reason)."""

    computed: int = 0
    reused: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)

    def add(self, more: ExtractReport) -> None:
        """Count another report in."""
        self.computed += more.computed
        self.reused += more.reused
        self.failed += more.failed


@dataclass(frozen=True)
class Shard:
    """One part of the work, `index` of `count`, the first being 1.

    >>> Shard.parse("2/8")
    Shard(index=2, count=8)
    """

    index: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `i/n`.

        Raises:
            UsageError: not two numbers with 1 <= i <= n.
        """
        index, _, count = text.partition("/")
        if not (index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
            raise UsageError(f"got --shard {text!r}; expected i/n with 1 <= i <= n, such as 2/8")
        return cls(int(index), int(count))

    def holds(self, key: Key) -> bool:
        """Say whether a crop belongs to this part."""
        return int.from_bytes(key[:4]) % self.count == self.index - 1

    @property
    def name(self) -> str:
        """The segment that this part writes to."""
        return f"{self.index}-of-{self.count}"


ALL = Shard()


@dataclass
class _Batch:
    keys: list[Key]
    features: dict[str, Floats]
    failed: list[tuple[str, str]]


def extract(
    backbone: Backbone,
    store: FeatureStore,
    table: str,
    crops: Sequence[Crop],
    *,
    shard: Shard = ALL,
    workers: int | None = None,
    progress: Progress = silent,
) -> ExtractReport:
    """Compute the features of crops that a table of the store lacks.

    Each worker thread decodes a batch and runs the network on one core, so that decoding and inference overlap
    and no core waits; `backbone` must have been opened with `threads=1`. A picture that cannot be read, or that
    changed since its content hash was taken, is set aside.
    """
    with store.writer(table, shard.name) as writer:
        held = store.table(table)
        wanted = {key: crop for crop in crops if shard.holds(key := crop_key(crop))}
        lacking = [(key, crop) for key, crop in wanted.items() if key not in held]
        report = ExtractReport(reused=len(wanted) - len(lacking))
        for batch in compute(backbone, lacking, workers or os.cpu_count() or 1):
            if batch.keys:
                writer.append(batch.keys, batch.features)
            report.computed += len(batch.keys)
            report.failed += batch.failed
            progress(f"features of {table}", report.computed + len(report.failed), len(lacking))
    return report


def compute(backbone: Backbone, wanted: Sequence[tuple[Key, Crop]], workers: int) -> Iterator[_Batch]:
    """Compute batches in several threads; give them in order, with a bounded number in flight."""
    pending: deque[Future[_Batch]] = deque()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            for start in range(0, len(wanted), BATCH):
                pending.append(pool.submit(_compute_batch, backbone, wanted[start : start + BATCH]))
                if len(pending) > workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def _compute_batch(backbone: Backbone, items: Sequence[tuple[Key, Crop]]) -> _Batch:
    batch = _Batch([], {}, [])
    pixels: list[Pixels] = []
    for key, crop in items:
        try:
            pixels.append(backbone.pixels(read_unchanged(crop), crop.box))
            batch.keys.append(key)
        except ImageError as error:
            batch.failed.append((str(crop.path), str(error)))
    if pixels:
        found = backbone.run(np.stack(pixels))
        batch.features = {**found._asdict(), "statistics": statistics(found.regions)}
    return batch


def read_unchanged(crop: Crop) -> bytes:
    """Read a crop's picture file.

    Raises:
        ImageError: as `read_bytes`, or the file's content is no longer the crop's.
    """
    data = read_bytes(crop.path)
    if hashlib.sha256(data).hexdigest() != crop.content:
        raise ImageError(f"{crop.path} changed since the import; import the dataset again")
    return data
