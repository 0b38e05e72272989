"""Feature extraction against ONNX Runtime alone."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from scenefit.data.dataset import Dataset
from scenefit.errors import UsageError
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import product_crops
from scenefit.features.extract import BATCH, compute
from scenefit.features.store import Key, crop_key
from scenefit.types import Crop, Pixels, Progress, silent


def bench_features(
    dataset: Dataset, backbone: Backbone, images: int, runs: int, progress: Progress = silent
) -> dict[str, Any]:
    """Measure decode + resize + inference and bare inference in turn; give the medians and their ratio.

    Bare inference is run two ways, and the faster one is the reference: one session whose run uses all threads, and
    as many single-threaded runs side by side. Both see the same batch size and number of threads as the whole path.

    Args:
        dataset: whose product pictures are read.
        backbone: opened with `threads=1`.
        images: pictures a run, at least one batch.
        runs: at least 1.
        progress: told of each run.
    """
    threads = os.cpu_count() or 1
    wanted = [(crop_key(crop), crop) for crop in product_crops(dataset)[:images]]
    if len(wanted) < BATCH:
        raise UsageError(f"got {len(wanted)} pictures; at least {BATCH} are needed for one batch")
    pixels = np.stack([backbone.pixels(crop.path.read_bytes()) for _, crop in wanted[:BATCH]])
    batches = len(wanted) // BATCH
    whole = Backbone(backbone.folder, threads)
    ways: dict[str, Callable[[], object]] = {
        "whole path": lambda: _extract(backbone, wanted[: batches * BATCH], threads),
        "bare, one run on all threads": lambda: [whole.run(pixels) for _ in range(batches)],
        "bare, one run a thread": lambda: side_by_side(backbone, pixels, batches, threads),
    }
    rates = _rates(ways, batches * BATCH, runs, progress)
    bare = [max(pair) for pair in zip(*list(rates.values())[1:], strict=True)]
    ratios = [rate / best for rate, best in zip(rates["whole path"], bare, strict=True)]
    medians = {f"{name}, images/s": statistics.median(values) for name, values in rates.items()}
    spread = {"ratio, lowest": min(ratios), "ratio, highest": max(ratios)}
    facts = {
        "backbone": backbone.name,
        "images": batches * BATCH,
        "batch": BATCH,
        "threads": threads,
        "runs": runs,
    }
    return {**facts, **medians, "ratio": statistics.median(ratios), **spread}


def _rates(ways: dict[str, Callable[[], object]], images: int, runs: int, progress: Progress) -> dict[str, list[float]]:
    """Time the ways in turn, after one warm-up of each."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if run:
                rates[name].append(images / (time.perf_counter() - start))
        progress("runs", run, runs)
    return rates


def _extract(backbone: Backbone, wanted: list[tuple[Key, Crop]], threads: int) -> None:
    for _ in compute(backbone, wanted, threads):
        pass


def side_by_side(backbone: Backbone, pixels: Pixels, batches: int, threads: int) -> None:
    """Run a backbone, opened with `threads=1`, on pixels (B, H, W, 3) as often as asked, in several threads."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: backbone.run(pixels), range(batches)))
