"""The accuracy over the number of training pairs: every method on the same nested parts of the training split.

Usage: python benchmarks/learning_curve.py DATASET --backbone DIR [--sizes 250,500,1000,2000,all] [--seeds 3]
       [--methods ctl-paper,closed-form,default-novel,default] [--out curve.json] [--workers N]

Scenes are added in a seeded order until a size is reached, and as large a share of the validation scenes with them. The
test split stays whole; differences are paired, with intervals from the bootstrap over scenes of the mean over seeds.
The features must be there: run `scenefit features DATASET --backbone DIR --items` first.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from scenefit.compare.methods import METHODS
from scenefit.compare.task import Task
from scenefit.data.dataset import Dataset
from scenefit.evaluation.bootstrap import SceneBootstrap
from scenefit.evaluation.metrics import binary_accuracy
from scenefit.evaluation.text import interval
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures

Job = tuple[str, str, str, int, int]


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


def run(job: Job) -> tuple[Job, dict[str, list[float]], list[int]]:
    """Train once; give the accuracy of each test pair for the method and those derived from it, and the pairs."""
    folder, backbone, method, size, seed = job
    import torch

    torch.set_num_threads(1)
    opened = Backbone(Path(backbone), threads=1)
    dataset = Dataset.open(Path(folder))
    smaller = part(dataset, size, seed) if size else dataset
    with tempfile.TemporaryDirectory() as work:
        task = Task.of(DatasetFeatures.open(smaller, opened), opened, "test", seed, Path(work))
        fitted = METHODS[method].fit(task)
        scorers = {method: fitted.scorer, **fitted.variants}
        values = {name: binary_accuracy(task.bench.measure(s).placing).tolist() for name, s in scorers.items() if s}
    return job, values, task.bench.pairs.tolist()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("dataset", type=Path)
    options.add_argument("--backbone", required=True, help="An exported backbone (a folder with backbone.onnx).")
    options.add_argument("--sizes", default="250,500,1000,2000,all")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--methods", default="ctl-paper,closed-form,default-novel,default")
    options.add_argument("--out", type=Path, default=Path("curve.json"))
    options.add_argument("--workers", type=int, default=os.cpu_count())
    given = options.parse_args()
    dataset, methods = Dataset.open(given.dataset), given.methods.split(",")
    sizes = [0 if size == "all" else int(size) for size in given.sizes.split(",")]
    trained = dict.fromkeys(METHODS[method].trained_as for method in methods)
    jobs = [(str(given.dataset), given.backbone, m, n, s) for n in sizes for m in trained for s in range(given.seeds)]
    found: dict[tuple[int, str], list[dict[int, float]]] = {}
    with ProcessPoolExecutor(given.workers, multiprocessing.get_context("spawn")) as pool:
        for job, values, pairs in pool.map(run, jobs):
            for name, accuracy in values.items():
                found.setdefault((job[3], name), []).append(dict(zip(pairs, accuracy, strict=True)))
            print(job[2:], {name: round(float(np.mean(v)), 4) for name, v in values.items()}, flush=True)
    table = []
    for size in sizes:
        pairs = sorted(set.intersection(*(set(run_) for method in methods for run_ in found[size, method])))
        bootstrap = SceneBootstrap(dataset.pair_scene[np.array(pairs)], 0)
        means = {m: np.mean([[run_[p] for p in pairs] for run_ in found[size, m]], axis=0) for m in methods}
        row = {"pairs": size or "all", "tested": len(pairs)}
        row |= {m: bootstrap.estimate(values).as_json() for m, values in means.items()}
        row |= {f"{m} - {methods[0]}": bootstrap.estimate(means[m] - means[methods[0]]).as_json() for m in methods[1:]}
        table.append(row)
        print(row["pairs"], *(f"{name} {interval(row[name])}" for name in means))
    given.out.write_text(json.dumps(table, indent=1), "utf-8")


if __name__ == "__main__":
    main()
