"""Searching a catalog folder against reading its vectors once, on drawn products."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from scenefit.bench.drawn_catalog import PRICES, DrawnCatalog, sizes_of
from scenefit.catalog.filters.parse import parse_filter
from scenefit.catalog.local import schema
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.stores import Query
from scenefit.model.folder import Model
from scenefit.types import Array, Progress, silent

LEFT = 0.01
"""The share of the products that the filter leaves."""
BLOCK = 10_000
CPU, QUIET = ", CPU", ", quiet"
"""The seconds that the thread worked, and their lowest tenth: what they are while others leave the machine alone."""
ROUNDING = 1e-12
"""Less than any difference that is not one of the order of a sum in float64."""


def bench_search(
    sizes: DrawnCatalog, folder: Path, model: Model, k: int, runs: int, progress: Progress = silent
) -> dict[str, Any]:
    """Make a catalog of drawn products if it is not there, then measure it in a process of its own.

    Args:
        sizes: of the catalog.
        folder: where it is, or is put.
        model: whose catalog it becomes; it embeds nothing.
        k: products asked for.
        runs: searches of each category, at least 1.
        progress: told of the drawing.
    """
    start = time.perf_counter()
    sizes.make(folder, model, progress)
    made = time.perf_counter() - start
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        found = pool.submit(measure, folder, k, runs).result()
    return {**asdict(sizes), "k": k, "runs": runs, "made in, s": made, **found}


def measure(folder: Path, k: int, runs: int) -> dict[str, float]:
    """Open a drawn catalog, and search it; the process should be new, so that what it holds is the catalog's."""
    from scenefit.bench.memory import resident_bytes

    sizes, before = sizes_of(folder), resident_bytes()[0]
    start, worked = time.perf_counter(), time.process_time()
    with closing(LocalCatalog(folder)) as store:
        facts = {"open, s": time.perf_counter() - start, "open, CPU s": time.process_time() - worked}
        facts |= {f"first {name}": value for name, value in _first(store, sizes, k).items()}
        memory = dict(zip(("resident, MB", "peak, MB"), resident_bytes(), strict=True))
        facts |= {name: size / 1e6 for name, size in {"resident before, MB": before, **memory}.items()}
        return facts | _timed(store, sizes, k, runs) | {"recall": _recall(store, sizes, k)}


def _first(store: LocalCatalog, sizes: DrawnCatalog, k: int) -> dict[str, float]:
    """Time the first search of each category, and the first with a filter, which reads a column."""
    start = time.perf_counter()
    for category in range(sizes.categories):
        store.search(_query(sizes, category, 0, k))
    done = time.perf_counter()
    store.search(_query(sizes, 0, 0, k, _where(store)))
    return {"searches, ms each": (done - start) * 1e3 / sizes.categories, "filter, s": time.perf_counter() - done}


def _query(sizes: DrawnCatalog, category: int, run: int, k: int, where: Any = None) -> Query:
    return Query(sizes.name(category), sizes.queries(category, 1, seed=run)[0], k, where)


def _where(store: LocalCatalog) -> Any:
    low, high = PRICES
    return parse_filter(f"price<{low + LEFT * (high - low)}", store.columns())


def _timed(store: LocalCatalog, sizes: DrawnCatalog, k: int, runs: int) -> dict[str, float]:
    """Time the ways in turn, category after category, so that none finds its bytes in a cache."""
    floors, where = [_bytes(store.folder, sizes, category) for category in range(sizes.categories)], _where(store)
    copied = np.empty_like(max(floors, key=len))
    seconds: dict[str, list[float]] = {}
    for run in range(runs):
        for category, floor in enumerate(floors):
            plain, filtered = (_query(sizes, category, run, k, each) for each in (None, where))
            hits = _clock(seconds, "search", store.search, plain)
            _clock(seconds, "largest", floor.max)
            _clock(seconds, "fetch", store.get, [each.id for each in hits.products])
            _clock(seconds, "copy", np.copyto, copied[: len(floor)], floor)
            _clock(seconds, "filtered", store.search, filtered)
        queries = [_query(sizes, category, run, k) for category in range(sizes.categories)]
        _clock(seconds, "all", lambda queries: [store.search(each) for each in queries], queries)
    medians = {name: statistics.median(values) * 1e3 for name, values in seconds.items()}
    cpu = {name: values for name, values in seconds.items() if name.endswith(CPU)}
    return _summary(medians | {name.replace(CPU, QUIET): np.percentile(times, 10) * 1e3 for name, times in cpu.items()})


def _bytes(folder: Path, sizes: DrawnCatalog, category: int) -> Array:
    """Read the stored vectors of a category one after another, as numbers of 64 bits; what fills none is left out."""
    with closing(schema.connect(folder)) as connection:
        found = connection.execute(
            "SELECT vector FROM vectors_1 WHERE category = ? ORDER BY row", (sizes.name(category),)
        )
        stored = np.frombuffer(bytearray().join(vector for (vector,) in found), np.uint8)
    numbers: Array = stored[: len(stored) // 8 * 8].view(np.uint64).copy()
    return numbers


def _clock(seconds: dict[str, list[float]], name: str, way: Callable[..., Any], *given: Any) -> Any:
    """Time a way by the clock, and by what this thread worked, which a busy machine stretches less."""
    start, worked = time.perf_counter(), time.thread_time()
    found = way(*given)
    spent = time.thread_time() - worked
    seconds.setdefault(name, []).append(time.perf_counter() - start)
    seconds.setdefault(f"{name}{CPU}", []).append(spent)
    return found


def _summary(medians: Mapping[str, float]) -> dict[str, float]:
    """Give times in ms, of the clock and of the CPU, and the ratios that count.

    >>> times = {"search": 3.0, "largest": 2.0, "copy": 4.0, "fetch": 0.1, "filtered": 1.0, "all": 30.0}
    >>> found = _summary({f"{name}{mark}": value for name, value in times.items() for mark in ("", CPU, QUIET)})
    >>> found["ratio"], found["all categories / one"], found["filtered / not"]
    (1.5, 10.0, 0.3333333333333333)
    """
    found = {f"{name}, ms": value for name, value in medians.items()}
    for mark in ("", CPU, QUIET):
        floor = min(medians[f"largest{mark}"], medians[f"copy{mark}"])
        found |= {
            f"floor{mark}, ms": floor,
            f"ratio{mark}": medians[f"search{mark}"] / floor,
            f"all categories / one{mark}": medians[f"all{mark}"] / medians[f"search{mark}"],
            f"filtered / not{mark}": medians[f"filtered{mark}"] / medians[f"search{mark}"],
        }
    return found


def _recall(store: LocalCatalog, sizes: DrawnCatalog, k: int) -> float:
    """Give the share of the products found that float64 brute force over the stored vectors puts first too."""
    good = asked = 0
    for category in range(sizes.categories):
        query = _query(sizes, category, 0, k)
        scores = _brute(store.folder, query)
        least = np.partition(scores, len(scores) - k)[len(scores) - k] if k < len(scores) else scores.min()
        hits = store.search(query)
        good += int((hits.scores >= least - ROUNDING).sum())
        asked += min(k, len(scores))
    return good / asked


def _brute(folder: Path, query: Query) -> Array:
    """Compute the scores of all products of a category, shape (P,), float64."""
    scores = []
    with closing(schema.connect(folder)) as connection:
        cursor = connection.execute("SELECT vector FROM vectors_1 WHERE category = ?", (query.category,))
        while found := cursor.fetchmany(BLOCK):
            vectors = np.frombuffer(b"".join(vector for (vector,) in found), np.float16).reshape(len(found), -1)
            scores.append(np.einsum("nd,d->n", vectors.astype(np.float64), query.vector.astype(np.float64)))
    return np.concatenate(scores)
