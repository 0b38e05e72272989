"""The service under load, against its bare backbone on the same cores."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from itertools import count, cycle, islice
from typing import Any

import numpy as np

from scenefit.bench.features import side_by_side
from scenefit.bench.load import LOST, Answer, closed_loop, even, open_loop, post, random
from scenefit.bench.running import Running
from scenefit.errors import UsageError
from scenefit.features.backbone import Backbone
from scenefit.types import Doubles, Pixels, Progress, silent

BATCH = 8
"""Pictures in each run of the bare backbone."""
ROUNDS = 3
"""Pairs of bare inference and closed loop; the median ratio counts."""
EASY, HARD = 0.8, 3.0
"""Shares of the closed loop's throughput that open loops ask for."""
MINUTE = 60.0
OPTIONS = "k=5"


def bench_serve(
    service: Running,
    backbone: Backbone,
    clients: int = 16,
    seconds: float = 10.0,
    soak: float = 0.0,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Ask a service that runs for the products of its example photos, and measure the answers.

    Args:
        service: with examples.
        backbone: that of its model, opened with `threads=1`.
        clients: of the closed loop.
        seconds: of each measurement.
        soak: seconds of one more open loop, whose memory is told by the minute.
        progress: told of each measurement.

    Raises:
        UsageError: the service has no examples, or answers none of them.
    """
    photos = _photos(service)
    requests = [post(f"/v1/recommend?{OPTIONS}", photo) for photo in photos]
    pixels = np.stack([backbone.pixels(photo) for photo in islice(cycle(photos), BATCH)])
    steps = 6 if soak else 5
    progress("measurements", 0, steps)
    facts = {"backbone": backbone.name, "clients": clients, "seconds": seconds, "threads": os.cpu_count() or 1}
    found: dict[str, Any] = facts | _closed(service, requests, backbone, pixels, clients, seconds)
    progress("measurements", 2, steps)
    rate = found["closed loop"]["answers/s"]
    found["open loop at 80 %"] = _open(service, requests, even(EASY * rate, seconds))
    found["open loop at 80 %, random gaps"] = _open(service, requests, random(EASY * rate, seconds))
    progress("measurements", 4, steps)
    found["open loop at 3 times"] = _open(service, requests, even(HARD * rate, seconds))
    progress("measurements", 5, steps)
    if soak:
        found["soak"] = _soak(service, requests, EASY * rate, soak)
        progress("measurements", 6, steps)
    return {**found, "well at the end": service.well}


def _photos(service: Running) -> list[bytes]:
    found = []
    for number in count():
        status, body = service.ask(f"/v1/examples/{number}")
        if status != 200:
            break
        found.append(body)
    if not found:
        raise UsageError("the service has no example photos to ask for; name a folder of some by --examples")
    return found


def _closed(
    service: Running, requests: Sequence[bytes], backbone: Backbone, pixels: Pixels, clients: int, seconds: float
) -> dict[str, Any]:
    """Run bare inference and the closed loop in turn."""
    whole, share = Backbone(backbone.folder, 0), seconds / ROUNDS
    bare, rates, answers, before = list[tuple[float, float]](), list[float](), list[Answer](), service.worked
    for _ in range(ROUNDS):
        bare.append(_bare(whole, backbone, pixels, share))
        rate, some = asyncio.run(closed_loop(service.port, requests, clients, share))
        rates.append(rate)
        answers += some
    if not min(rates):
        raise UsageError(f"the service gave no answer; its statuses are {_statuses(answers)}; see its log")
    worked = None if before is None or service.worked is None else (service.worked - before) / len(answers)
    images, costs = (statistics.median(values) for values in zip(*bare, strict=True))
    ratios = [rate / reference for rate, (reference, _) in zip(rates, bare, strict=True)]
    spread = {"ratio": statistics.median(ratios), "ratio, lowest": min(ratios), "ratio, highest": max(ratios)}
    cpu = {"CPU ms an answer": worked and worked * 1e3, "ratio, CPU": worked and costs / worked}
    loop = {"answers/s": statistics.median(rates), **spread, **cpu, **_times(answers, 200)}
    reference = {"bare, images/s": images, "bare, CPU ms an image": costs * 1e3}
    return {**reference, "closed loop": {**loop, "statuses": _statuses(answers)}}


def _bare(whole: Backbone, single: Backbone, pixels: Pixels, seconds: float) -> tuple[float, float]:
    """Give the images per second of the faster way, one run on all threads or one run a thread, and the latter's CPU.

    The CPU is in seconds an image; a run on all threads also works while it waits.
    """
    threads = os.cpu_count() or 1
    ways = (
        lambda: [whole.run(pixels) for _ in range(threads)],
        lambda: side_by_side(single, pixels, threads, threads),
    )
    rates = []
    for way in ways:
        way()
        start, worked, runs = time.perf_counter(), time.process_time(), 0
        while not runs or time.perf_counter() - start < seconds / len(ways):
            way()
            runs += threads
        rates.append(runs * len(pixels) / (time.perf_counter() - start))
        cost = (time.process_time() - worked) / (runs * len(pixels))
    return max(rates), cost


def _open(service: Running, requests: Sequence[bytes], times: Doubles) -> dict[str, Any]:
    before, worked = service.resident, time.process_time()
    start = time.perf_counter()
    answers = asyncio.run(open_loop(service.port, requests, times))
    busy = (time.process_time() - worked) / (time.perf_counter() - start)
    statuses = _statuses(answers)
    found = {"asked": len(answers), "statuses": statuses, **_times(answers, 200)}
    found |= {"share of 503": statuses.get("503", 0) / len(answers), **_times(answers, 503)}
    found |= {"sent late, p99, ms": _percentile([one.late for one in answers], 99), "generator, cores": busy}
    return found | {"resident before, MB": _mb(before), "resident after, MB": _mb(service.resident)}


def _soak(service: Running, requests: Sequence[bytes], rate: float, seconds: float) -> dict[str, Any]:
    memory, answers, left = [_mb(service.resident)], list[Answer](), seconds
    while left > 0:
        answers += asyncio.run(open_loop(service.port, requests, even(rate, min(left, MINUTE))))
        memory.append(_mb(service.resident))
        left -= MINUTE
    return {"asked": len(answers), "statuses": _statuses(answers), **_times(answers, 200), "resident, MB": memory}


def _statuses(answers: Sequence[Answer]) -> dict[str, int]:
    """Count the answers by status; those that did not come are `lost`."""
    found = [one.status for one in answers]
    return {"lost" if status == LOST else str(status): found.count(status) for status in sorted(set(found))}


def _times(answers: Sequence[Answer], status: int) -> dict[str, float]:
    """Give the times of the answers of a status; nothing where there are none.

    >>> _times([Answer(200, 0.1, 0.0, 0.1), Answer(503, 0.9, 0.0, 0.9)], 200)
    {'200, p50, ms': 100.0, '200, p99, ms': 100.0, '200, p99 / p50': 1.0}
    """
    seconds = [one.seconds for one in answers if one.status == status]
    if not seconds:
        return {}
    half, most = (_percentile(seconds, share) for share in (50, 99))
    return {f"{status}, p50, ms": half, f"{status}, p99, ms": most, f"{status}, p99 / p50": most / half}


def _percentile(seconds: Sequence[float], share: float) -> float:
    return float(np.percentile(seconds, share)) * 1e3


def _mb(size: int | None) -> float | None:
    return None if size is None else size / 1e6
