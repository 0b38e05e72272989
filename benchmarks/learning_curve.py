"""The accuracy over the number of training pairs: every method on the same nested parts of the training split.

Usage: python benchmarks/learning_curve.py DATASET --backbone DIR [--sizes 250,500,1000,2000,all] [--seeds 3]
       [--folds 5] [--methods ctl-paper,closed-form,default-novel,default] [--epochs ctl-paper=8,default=3]
       [--work DIR] [--out curve.json] [--workers N]

Scenes are added in a seeded order until a size is reached, and as large a share of the validation scenes with them.
What is tested stays whole: the test split, or with --folds every scene, a fold at a time. Differences are paired, with
intervals from the bootstrap over scenes of the mean over seeds.
With --epochs each network of a method is trained for at most so many passes: of very many pairs a few are enough.
Checkpoints of a training and, once it is done, its accuracies stand in the folder --work: the same command goes on.
Results of another dataset, backbone or settings of a recipe are not taken for these; remove the folder where other code
made it.
The features must be there: run `scenefit features DATASET --backbone DIR --items` first.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from scenefit import artifacts
from scenefit.compare.methods import METHODS
from scenefit.compare.task import Task
from scenefit.config import RECIPES
from scenefit.data.dataset import Dataset
from scenefit.data.splits import fold_splits
from scenefit.evaluation.bootstrap import SceneBootstrap
from scenefit.evaluation.metrics import binary_accuracy
from scenefit.evaluation.text import interval
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures


class Job(NamedTuple):
    """One training; `size` 0 takes all pairs, `folds` 0 the dataset's own splits, `epochs` 0 the recipe's."""

    folder: str
    backbone: str
    method: str
    size: int
    seed: int
    folds: int
    fold: int
    epochs: int

    @property
    def name(self) -> str:
        """Its folder among the work."""
        return "-".join(map(str, self[2:]))


def part(dataset: Dataset, pairs: int, seed: int) -> Dataset:
    """Keep so many training pairs, whole scenes of them, and the same share of the validation pairs."""
    split = dataset.pairs["split"].copy()
    share = pairs / (split == "train").sum()
    for name in ("train", "val"):
        rows = np.flatnonzero(split == name)
        scenes = np.unique(dataset.pair_scene[rows])
        place = np.empty(len(dataset.scenes["id"]), np.int64)
        place[scenes] = np.random.default_rng([seed, len(scenes)]).permutation(len(scenes))
        order = rows[np.argsort(place[dataset.pair_scene[rows]], kind="stable")]
        split[order[round(share * len(rows)) :]] = "unused"
    return replace(dataset, pairs={**dataset.pairs, "split": split})


def run(job: Job, work: Path) -> tuple[Job, dict[str, dict[int, float]]]:
    """Train once, or find what was; give the accuracy of each test pair for the method and those derived from it."""
    done = work / f"{job.name}.json"
    if not done.exists():
        (work / job.name).mkdir(parents=True, exist_ok=True)
        artifacts.write_json(done, measured(job, work / job.name))
        shutil.rmtree(work / job.name)
    found = json.loads(done.read_text("utf-8"))
    return job, {name: {int(pair): value for pair, value in right.items()} for name, right in found.items()}


def measured(job: Job, work: Path) -> dict[str, dict[int, float]]:
    """Train in the folder `work`, and measure."""
    import torch

    torch.set_num_threads(1)
    opened = Backbone(Path(job.backbone), threads=1)
    dataset = Dataset.open(Path(job.folder))
    if job.folds:
        splits = fold_splits(dataset.scenes["content"][dataset.pair_scene], job.fold, job.folds, 0)
        dataset = replace(dataset, pairs={**dataset.pairs, "split": splits})
    smaller = part(dataset, job.size, job.seed) if job.size else dataset
    task = Task.of(DatasetFeatures.open(smaller, opened), opened, "test", job.seed, work)
    fitted = METHODS[job.method].fit(replace(task, epochs=job.epochs or None))
    scorers = {job.method: fitted.scorer, **fitted.variants}
    right = {name: binary_accuracy(task.bench.measure(s).placing) for name, s in scorers.items() if s}
    pairs = task.bench.pairs.tolist()
    return {name: dict(zip(pairs, values.tolist(), strict=True)) for name, values in right.items()}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("dataset", type=Path)
    options.add_argument("--backbone", required=True, help="An exported backbone (a folder with backbone.onnx).")
    options.add_argument("--sizes", default="250,500,1000,2000,all")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--folds", type=int, default=0, help="Test all scenes, a fold at a time; 0: the test split.")
    options.add_argument("--methods", default="ctl-paper,closed-form,default-novel,default")
    options.add_argument("--epochs", default="", help="At most so many passes: METHOD=N,METHOD=N.")
    options.add_argument("--work", type=Path, default=Path("curve"))
    options.add_argument("--out", type=Path, default=Path("curve.json"))
    options.add_argument("--workers", type=int, default=os.cpu_count())
    given = options.parse_args()
    dataset, methods = Dataset.open(given.dataset), given.methods.split(",")
    sizes = [0 if size == "all" else int(size) for size in given.sizes.split(",")]
    parents = [dataset.fingerprint, Backbone(Path(given.backbone), threads=1).fingerprint]
    mark = artifacts.fingerprint([*parents, {name: recipe.as_json() for name, recipe in RECIPES.items()}])[:16]
    trained = dict.fromkeys(METHODS[method].trained_as for method in methods)
    places = range(given.folds or 1)
    epochs = {name: int(count) for name, count in (part_.split("=") for part_ in given.epochs.split(",") if part_)}
    jobs = [
        Job(str(given.dataset), given.backbone, method, size, seed, given.folds, fold, epochs.get(method, 0))
        for size in sizes
        for seed in range(given.seeds)
        for fold in places
        for method in trained
    ]
    found: dict[tuple[int, str], list[dict[int, float]]] = defaultdict(lambda: [{} for _ in range(given.seeds)])
    with ProcessPoolExecutor(given.workers, multiprocessing.get_context("spawn")) as pool:
        for job, right in pool.map(partial(run, work=given.work / mark), jobs):
            for name, values in right.items():
                found[job.size, name][job.seed].update(values)
            print(*job[2:], {name: round(float(np.mean([*v.values()])), 4) for name, v in right.items()}, flush=True)
    table: list[dict[str, Any]] = []
    for size in sizes:
        pairs = sorted(set.intersection(*(set(run_) for method in methods for run_ in found[size, method])))
        bootstrap = SceneBootstrap(dataset.pair_scene[np.array(pairs)], 0)
        means = {m: np.mean([[run_[p] for p in pairs] for run_ in found[size, m]], axis=0) for m in methods}
        row: dict[str, Any] = {"pairs": size or "all", "tested": len(pairs)}
        row |= {m: bootstrap.estimate(values).as_json() for m, values in means.items()}
        row |= {f"{m} - {methods[0]}": bootstrap.estimate(means[m] - means[methods[0]]).as_json() for m in methods[1:]}
        table.append(row)
        print(row["pairs"], *(f"{name} {interval(row[name])}" for name in means))
    given.out.write_text(json.dumps(table, indent=1), "utf-8")


if __name__ == "__main__":
    main()
