"""Processes that search a catalog folder while another one changes it: what they are served, and how long they wait.

Usage: python benchmarks/readers_and_writer.py DIR [--products 100000] [--readers 8] [--rate 1000] [--seconds 20]
       [--pause 0.05]

Makes a catalog of drawn products in DIR. For so many seconds the readers search alone, then as long beside a writer
that upserts products, new and old, and deletes some, ten times a second. Some of the new ones, the landmarks, have
such long vectors that a search for them finds them first, as long as they are there. Every search is held against the
writer's notes: a product that was deleted may not come back later than a second after its deletion had returned, and a
landmark has to be found a second after its upsert had. Each reader waits for `pause` between searches.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from contextlib import closing
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import numpy as np

from scenefit.bench.drawn_catalog import DrawnCatalog, sizes_of
from scenefit.catalog.filters.parse import parse_filter
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.local.schema import FILE
from scenefit.catalog.stores import Query
from scenefit.demo.run import bundled_model
from scenefit.types import Array, Floats

TICK, DELETED, LANDMARKS, LIVES, WITHIN = 0.1, 20, 2, 5, 1.0
"""Seconds between batches; products deleted and landmarks added in each; batches that one lives; seconds to be seen."""
LENGTH = 60.0
Events = list[tuple[float, list[str]]]


def landmark(dimensions: int) -> Floats:
    """Give the vector of landmarks."""
    direction = np.zeros(dimensions, np.float32)
    direction[:4] = LENGTH / 2
    return direction


def write(folder: Path, notes: Path, together: Barrier, seconds: float, rate: int) -> None:
    """Change the catalog until the end; note when each call began or had returned."""
    sizes, rng = sizes_of(folder), np.random.default_rng(0)
    batch, tick, last, log = int(rate * TICK), 0, sizes.products, 0
    alive, pool = list[list[str]](), [f"product-{row}" for row in range(sizes.products)]
    told: dict[str, Events] = {"removing": [], "removed": [], "adding": [], "added": []}
    with closing(LocalCatalog(folder)) as catalog:
        catalog.writer  # noqa: B018 - the right to write is taken
        together.wait()
        start = time.monotonic()
        while time.monotonic() < start + seconds:
            products, vectors = drawn(sizes, last, batch, rng)
            marks = [replace(products[i], id=f"mark-{tick}-{i}", category=sizes.name(0)) for i in range(LANDMARKS)]
            alive.append([mark.id for mark in marks])
            gone = [pool.pop(int(rng.integers(len(pool)))) for _ in range(DELETED)]
            gone += alive.pop(0) if len(alive) > LIVES else []
            told["adding"].append((time.monotonic(), alive[-1]))
            given = np.concatenate([vectors[LANDMARKS:], np.tile(landmark(sizes.dimensions), (LANDMARKS, 1))])
            catalog.upsert([*products[LANDMARKS:], *marks], given)
            told["added"].append((time.monotonic(), alive[-1]))
            told["removing"].append((time.monotonic(), gone))
            catalog.delete(gone)
            told["removed"].append((time.monotonic(), gone))
            last, tick, log = last + batch, tick + 1, max(log, Path(f"{folder / FILE}-wal").stat().st_size)
            time.sleep(max(0.0, start + tick * TICK - time.monotonic()))
        seen = {"upserts a second": tick * batch / (time.monotonic() - start), "largest log, MB": log / 1e6}
    notes.write_text(json.dumps({"told": told, **seen}))


def drawn(sizes: DrawnCatalog, last: int, count: int, rng: np.random.Generator) -> tuple[list[Any], Array]:
    """Draw products, half of them new, half in the place of one that the writer added before."""
    products, vectors = sizes.draw(last, last + count)
    olds = rng.integers(sizes.products, last + 1, count)
    rows = [last + i if i % 2 else int(olds[i]) for i in range(count)]
    ids = [f"added-{row}" for row in rows]
    fresh = {name: replace(product, id=name) for name, product in zip(ids, products, strict=True)}
    chosen = [ids.index(name) for name in fresh]
    return list(fresh.values()), vectors[chosen].astype(np.float32)


def read(folder: Path, notes: Path, together: Barrier, seconds: float, pause: float, number: int) -> None:
    """Search until the end; note for each search when it began and ended, and what it gave."""
    sizes, rng = sizes_of(folder), np.random.default_rng([1, number])
    begun = time.monotonic()
    with closing(LocalCatalog(folder)) as catalog:
        opened, found = time.monotonic() - begun, list[tuple[float, float, int, list[str]]]()
        where = parse_filter("price<50 and in_stock", catalog.columns())
        catalog.search(Query(sizes.name(0), sizes.queries(0, 1)[0], 20, where))
        together.wait()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            turn = len(found) % 3
            category = 0 if turn == 0 else int(rng.integers(sizes.categories))
            vector = landmark(sizes.dimensions) if turn == 0 else sizes.queries(category, 1, int(rng.integers(1000)))[0]
            query = Query(sizes.name(category), vector, 20, where if turn == 2 else None)
            start = time.monotonic()
            hits = catalog.search(query)
            found.append((start, time.monotonic(), turn, [product.id for product in hits.products]))
            time.sleep(pause)
    notes.write_text(json.dumps({"found": found, "opened": opened}))


def phase(folder: Path, readers: int, seconds: float, pause: float, rate: int) -> tuple[list[Any], Any]:
    """Let readers search for a while, beside a writer where the rate is not 0; give what they noted."""
    starter = multiprocessing.get_context("spawn")
    notes = [folder.with_name(f"{folder.name}-{rate}-{number}.json") for number in range(readers + 1)]
    together = starter.Barrier(readers + (rate > 0))
    jobs = [
        starter.Process(target=read, args=(folder, notes[i], together, seconds, pause, i), daemon=True)
        for i in range(readers)
    ]
    if rate:
        jobs.append(starter.Process(target=write, args=(folder, notes[-1], together, seconds, rate), daemon=True))
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
        assert job.exitcode == 0, "a process failed"
    given = [json.loads(path.read_text()) for path in notes if path.exists()]
    return given[:readers], given[readers:]


def served(found: list[Any], told: dict[str, Events]) -> dict[str, float]:
    """Hold what was found against what was told: how late deleted products came, and landmarks were missed."""
    gone = {name: moment for moment, names in told["removed"] for name in names}
    leaving = {name: moment for moment, names in told["removing"] for name in names}
    late = missed = 0.0
    checked = 0
    for start, end, turn, ids in found:
        late = max([late, *(start - gone[name] for name in ids if name in gone)])
        if turn != 0:
            continue
        for moment, names in told["added"]:
            for name in names:
                if moment < start and end < leaving.get(name, np.inf):
                    checked += 1
                    missed = max(missed, start - moment if name not in ids else 0)
    return {"deleted served, s": late, "landmark missed, s": missed, "landmarks looked for": checked}


def latencies(found: list[Any]) -> dict[str, float]:
    times = np.array([end - start for start, end, *_ in found]) * 1e3
    return {"searches": len(times), "p50, ms": float(np.median(times)), "p99, ms": float(np.percentile(times, 99))}


def measure(folder: Path, sizes: DrawnCatalog, given: argparse.Namespace) -> dict[str, Any]:
    sizes.make(folder, bundled_model())
    alone, _ = phase(folder, given.readers, given.seconds, given.pause, 0)
    beside, writers = phase(folder, given.readers, given.seconds, given.pause, given.rate)
    found = [one for reader in beside for one in reader["found"]]
    without = latencies([one for reader in alone for one in reader["found"]])
    during = latencies(found)
    ratios = {f"{name} ratio": during[f"{name}, ms"] / without[f"{name}, ms"] for name in ("p50", "p99")}
    told = writers[0].pop("told")
    return {"without": without, "with": during, **ratios, **writers[0], **served(found, told)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=Path)
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--pause", type=float, default=0.05)
    given = parser.parse_args()
    given.dir.mkdir(parents=True, exist_ok=True)
    sizes = DrawnCatalog(given.products, min(10, given.products), 129)
    found = measure(given.dir / "catalog", sizes, given)
    print(json.dumps(found))
    assert found["landmarks looked for"], "nothing was looked for; give more --seconds"
    assert found["deleted served, s"] < WITHIN, "a deleted product was served"
    assert found["landmark missed, s"] < WITHIN, "a new product was not found"


if __name__ == "__main__":
    main()
