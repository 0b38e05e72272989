"""What one run leaves: how each pair's product ranked, the first products of each ranking, where the model looked.

A run is one training; a method derived from it (`Fitted.variants`) has rows of its own and shares the rest.

RUN/run.json          the manifest: method, fold, seed, what the training said of itself, fingerprints
RUN/placings.parquet  one row a method, pair and measure
RUN/tops.parquet      the first products of each method's ranking of each pair
RUN/attention.npy     (N, R), float16, in the order of the ranked pairs; where the method attends
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from scenefit import artifacts
from scenefit.compare.task import Fitted, Task
from scenefit.data.tables import read_table, write_table
from scenefit.evaluation.protocol import Bench
from scenefit.model.baselines import Scorer
from scenefit.types import Array, Floats, Ints, Table

MANIFEST = "run.json"
FIRST = 6
"""Products kept of each ranking."""
PLACINGS = {
    "method": "VARCHAR",
    "measure": "VARCHAR",
    "pair": "BIGINT",
    "better": "BIGINT",
    "tied": "BIGINT",
    "eligible": "BIGINT",
    "seen": "BOOLEAN",
}
"""`measure` is "ranked" or, as its author would measure, "reported"; `seen` whether `Task.known` has the product."""
TOPS = {"method": "VARCHAR", "pair": "BIGINT", "position": "BIGINT", "product": "BIGINT", "distance": "DOUBLE"}


@dataclass
class TopRecorder:
    """A scorer that keeps the first products of each ranking as the distances pass by."""

    method: str
    scorer: Scorer
    pairs: Ints
    parts: list[Table] = field(default_factory=list)

    def distances(self, pairs: Ints, products: Ints) -> Array:
        """Give the distances of the scorer."""
        distances = self.scorer.distances(pairs, products)
        first = np.argsort(distances, axis=1, kind="stable")[:, :FIRST]  # (B, 6)
        count = first.shape[1]
        self.parts.append(
            {
                "method": np.full(first.size, self.method, object),
                "pair": np.repeat(self.pairs[pairs], count),
                "position": np.tile(np.arange(count), len(pairs)),
                "product": products[first].ravel(),
                "distance": np.take_along_axis(distances, first, axis=1).ravel().astype(np.float64),
            }
        )
        return distances


def write_record(folder: Path, task: Task, fitted: Fitted, about: Mapping[str, Any]) -> None:
    """Measure a fitted method and its variants on its bench and write what is left of the run, aside then renamed."""
    placings, tops = [], []
    own = {} if fitted.scorer is None else {about["method"]: fitted.scorer}
    for method, scorer in {**own, **fitted.variants}.items():
        recorder = TopRecorder(method, scorer, task.bench.pairs)
        placings.append(_placings(method, "ranked", task.bench, recorder, task))
        tops += recorder.parts
    if fitted.reported is not None:
        placings.append(_placings(about["method"], "reported", *fitted.reported, task))
    about = {**about, "variants": list(fitted.variants)}
    names = ["placings.parquet", "tops.parquet"]
    with artifacts.written_folder(folder) as aside:
        write_table(aside / names[0], _joined(placings, PLACINGS), PLACINGS)
        write_table(aside / names[1], _joined(tops, TOPS), TOPS)
        if fitted.attention is not None:
            names.append("attention.npy")
            np.save(aside / names[2], fitted.attention.astype(np.float16), allow_pickle=False)
        parents = {"dataset": task.dataset.fingerprint, "backbone": task.backbone.fingerprint}
        artifacts.seal(aside, MANIFEST, "comparison run", names, parents, about)


def _placings(method: str, measure: str, bench: Bench, scorer: Scorer, task: Task) -> Table:
    products = task.dataset.pair_product
    seen = np.isin(products[bench.pairs], products[task.features.usable(task.known)])
    placing = bench.measure(scorer).placing
    names = {name: np.full(len(seen), value, object) for name, value in (("method", method), ("measure", measure))}
    return {**names, "pair": bench.pairs, **placing._asdict(), "seen": seen}


def _joined(tables: list[Table], columns: Mapping[str, str]) -> Table:
    return {name: np.concatenate([table[name] for table in tables] or [np.empty(0)]) for name in columns}


@dataclass(frozen=True)
class Record:
    """A method of a run as it was written; `placings` and `tops` hold one array a column."""

    method: str
    fold: int
    seed: int
    facts: Mapping[str, Any]
    placings: Table
    tops: Table
    attention: Floats | None


def read_records(folder: Path) -> list[Record]:
    """Read a run: the method that was trained, then those derived from it, with the same facts and attention.

    Raises:
        ArtifactError: it is half-written or damaged.

    """
    about = artifacts.read_manifest(folder, MANIFEST, "comparison run")
    placings, tops = read_table(folder / "placings.parquet", PLACINGS), read_table(folder / "tops.parquet", TOPS)
    maps = folder / "attention.npy"
    attention = np.load(maps, allow_pickle=False).astype(np.float32) if "attention.npy" in about["files"] else None
    return [
        Record(name, about["fold"], about["seed"], about["facts"], _rows(placings, name), _rows(tops, name), attention)
        for name in (about["method"], *about["variants"])
    ]


def _rows(table: Table, method: str) -> Table:
    chosen = table["method"] == method
    return {name: column[chosen] for name, column in table.items()}
