"""Kill a catalog's writer with SIGKILL at random moments, and look at what is left, each time on the same catalog.

Usage: python benchmarks/catalog_torture.py DIR [--kills 50] [--longest 0.5] [--seed 0] [--modes load,stream,switch]

load: upserts of 100 new products each; stream: upserts and deletes of the same few hundred products; switch: products
change, a new model is registered, its vectors are put in two parts, it is activated, the oldest is dropped; again. The
vectors are drawn. The writer notes each call that has returned. After each kill the catalog has to open, SQLite to find
nothing wrong, another process to get the right to write at once, and products and vectors to be those of the calls that
had returned, with all or nothing of the one that had not.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import time
import zlib
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from scenefit import artifacts
from scenefit.catalog.local import models as local_models
from scenefit.catalog.local import schema as local_schema
from scenefit.catalog.local import snapshot
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.local.writer import Writer
from scenefit.catalog.stores import Query
from scenefit.demo.run import bundled_model
from scenefit.model.folder import MANIFEST, Model
from scenefit.types import Floats, Product

BATCH, FEW, MODELS = 100, 300, 3
CYCLE = ("change", "register", "half", "rest", "activate")


@dataclass(frozen=True)
class State:
    """What a catalog holds: the number of each product's last change, and which model serves."""

    products: dict[str, int]
    active: int = 0


def product(name: str, change: int) -> Product:
    """Give a product as a change made it; its picture changes less often than its title."""
    category = f"category {zlib.crc32(name.encode()) % 3}"
    return Product(name, category, title=f"change {change}", price=float(change), content=f"{name} {change // 20}")


def vectors(products: list[Product], model: int, size: int) -> Floats:
    """Draw what a model makes of some pictures, shape (n, size); half of them have no prior."""
    drawn = np.empty((len(products), size), np.float32)
    for i, each in enumerate(products):
        rng = np.random.default_rng([zlib.crc32(str(each.content).encode()), model])
        drawn[i] = rng.standard_normal(size)
        drawn[i, -1] *= rng.integers(2)
    return drawn


def names(mode: str, call: int) -> list[str]:
    """Name the products that a call upserts or deletes."""
    if mode == "load":
        return [f"product {call * BATCH + i}" for i in range(BATCH)]
    return [f"product {i}" for i in sorted(random.Random(call).sample(range(FEW), 40))]


def after(state: State, mode: str, call: int) -> State:
    """Give the state after one more call."""
    if mode == "switch" and CYCLE[call % len(CYCLE)] != "change":
        switched = CYCLE[call % len(CYCLE)] == "activate"
        return replace(state, active=(state.active + 1) % MODELS) if switched else state
    if mode == "stream" and call % 3 == 2:
        return replace(state, products={k: v for k, v in state.products.items() if k not in names(mode, call)})
    return replace(state, products=state.products | dict.fromkeys(names(mode, call), call))


def write(folder: Path, notes: Path, mode: str, call: int, active: int) -> None:
    """Make call after call, until killed; a note is written when each has returned."""
    models = [Model(folder.with_name(f"model{i}")) for i in range(MODELS)]
    file = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    catalog = LocalCatalog(folder)
    os.write(file, b"begin\n")
    while True:
        step = CYCLE[call % len(CYCLE)] if mode == "switch" else "change"
        if step == "change":
            change(catalog, mode, call, active)
        else:
            switch(catalog.writer, folder, models, step, active)
            active = (active + (step == "activate")) % MODELS
        os.write(file, b"%d\n" % call)
        call += 1


def change(catalog: LocalCatalog, mode: str, call: int, active: int) -> None:
    if mode == "stream" and call % 3 == 2:
        catalog.delete(names(mode, call))
    else:
        changed = [product(name, call) for name in names(mode, call)]
        catalog.upsert(changed, vectors(changed, active, catalog.dimensions))


def switch(writer: Writer, folder: Path, models: list[Model], step: str, active: int) -> None:
    """Take one step on the way from a model to the next."""
    target = (active + 1) % MODELS
    number = local_models.register(writer.connection, folder, models[target])
    if step == "activate":
        local_models.activate(writer.connection, number)
        local_models.forget(writer.connection, folder)
    elif step != "register":
        waiting = local_models.waiting(writer.connection, number, FEW // 2 if step == "half" else FEW)
        made = vectors([each for *_, each in waiting], target, models[target].embedding_size + 1)
        local_models.put_vectors(writer.connection, number, waiting, made.astype(np.float16))


def check(folder: Path, models: list[Model], allowed: list[State]) -> int:
    """Compare what is there with the states that may be; give the place of the one that it is."""
    with closing(local_schema.connect(folder)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with closing(LocalCatalog(folder)) as catalog:
        assert catalog.writer
        found = {each.id: (each, vector) for batch in catalog.scan() for each, vector in zip(*batch, strict=True)}
        there = State({name: int(str(each.title).split()[1]) for name, (each, _) in found.items()})
        there = replace(there, active=[model.fingerprint for model in models].index(catalog.model))
        assert there in allowed, "the catalog holds something else than it was told"
        expected = [product(name, change) for name, change in there.products.items()]
        assert [each for each, _ in found.values()] == expected
        drawn = vectors(expected, there.active, catalog.dimensions).astype(np.float16)
        assert np.array_equal([vector for _, vector in found.values()], drawn) or not found
        assert catalog.counts() == Counter(sorted(each.category for each in expected))
        for category, count in catalog.counts().items():
            query = Query(category, np.ones(catalog.dimensions, np.float32), count)
            assert len(catalog.search(query).products) == count
    return allowed.index(there)


def torture(folder: Path, mode: str, kills: int, longest: float, seed: int) -> dict[str, float]:
    """Kill so many writers; give what was seen."""
    models = [Model(folder.with_name(f"model{i}")) for i in range(MODELS)]
    local_models.create(folder, models[0])
    rng, state, call, acknowledged, unacknowledged, slowest = random.Random(seed), State({}), 0, 0, 0, 0.0
    starter = multiprocessing.get_context("forkserver")
    starter.set_forkserver_preload([write.__module__, "scenefit.catalog.local.catalog", "scenefit.demo.run"])
    for kill in range(kills):
        notes = folder.with_name(f"{mode}-{kill}")
        child = starter.Process(target=write, args=(folder, notes, mode, call, state.active), daemon=True)
        child.start()
        while not (notes.exists() and notes.stat().st_size):
            assert child.is_alive(), "the writer ended by itself"
            time.sleep(0.001)
        time.sleep(rng.uniform(0, longest))
        child.kill()
        child.join()
        for _ in [line for line in notes.read_text().splitlines() if line != "begin"]:
            state, call, acknowledged = after(state, mode, call), call + 1, acknowledged + 1
        start = time.perf_counter()
        kept = check(folder, models, [state, after(state, mode, call)])
        slowest = max(slowest, time.perf_counter() - start)
        if kept:
            state, call, unacknowledged = after(state, mode, call), call + 1, unacknowledged + 1
    seen = {"kills": kills, "calls acknowledged": acknowledged, "whole calls kept unacknowledged": unacknowledged}
    return seen | {"products": len(state.products), "slowest check, s": round(slowest, 2)}


def write_models(folder: Path) -> None:
    """Write models that differ in their fingerprints alone; nothing here looks at a picture."""
    bundled = bundled_model()
    apart = ("kind", "format", "fingerprint", "parents", "files")
    body = {name: value for name, value in bundled.about.items() if name not in apart}
    for i in range(MODELS):
        shutil.copytree(bundled.folder, folder / f"model{i}")
        files, parents = list(bundled.about["files"]), bundled.about["parents"]
        artifacts.seal(folder / f"model{i}", MANIFEST, "model", files, parents, body | {"copy": i})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=Path)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--longest", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--modes", default="load,stream,switch")
    given = parser.parse_args()
    given.dir.mkdir(parents=True)
    snapshot.LEAST = 1  # the file of the vectors is in the game on small catalogs too
    write_models(given.dir)
    for mode in given.modes.split(","):
        print(mode, json.dumps(torture(given.dir / mode, mode, given.kills, given.longest, given.seed)), flush=True)


if __name__ == "__main__":
    main()
