"""Train and measure every method, fold and seed; what is done is kept, so that a stopped run goes on (torch)."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from scenefit import artifacts
from scenefit.compare.methods import METHODS
from scenefit.compare.record import MANIFEST, PLACINGS, TOPS, write_record
from scenefit.compare.task import Task
from scenefit.data.dataset import Dataset
from scenefit.data.splits import fold_splits
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.types import Progress, silent


@dataclass(frozen=True)
class Plan:
    """What to compare.

    Attributes:
        dataset: the dataset's folder.
        backbone: the exported backbone's folder.
        twice: the folder of the same backbone with inputs normalised twice; None where no method needs it.
        methods: names of methods.
        seeds: the seeds.
        folds: parts of a cross-validation over scenes; 0 for the dataset's own splits.
        split: that is ranked, where the dataset's own splits are taken.

    """

    dataset: Path
    backbone: Path
    twice: Path | None
    methods: tuple[str, ...]
    seeds: tuple[int, ...]
    folds: int = 0
    split: str = "test"

    def jobs(self) -> list[Job]:
        """Give one job for each training, fold and seed, the long ones first; methods may share a training."""
        parts = range(self.folds) if self.folds else (-1,)
        trained = {METHODS[name].trained_as for name in self.methods}
        order = sorted(trained, key=list(METHODS).index, reverse=True)
        return [Job(method, part, seed) for method in order for part in parts for seed in self.seeds]


@dataclass(frozen=True)
class Job:
    """One training run; `fold` is -1 with the dataset's own splits."""

    method: str
    fold: int
    seed: int

    @property
    def name(self) -> str:
        """Its folder."""
        return f"{self.method}.seed-{self.seed}" + (f".fold-{self.fold}" if self.fold >= 0 else "")


def run_jobs(plan: Plan, out: Path, *, workers: int | None = None, progress: Progress = silent) -> list[Path]:
    """Do what is not done yet, each job in a process of its own with one thread; give the results' folders.

    A job's folder (`record.py`) appears when it is whole.
    """
    runs = out / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    mark = artifacts.fingerprint([Dataset.open(plan.dataset).fingerprint, Backbone(plan.backbone, 1).fingerprint])
    mark = artifacts.fingerprint([mark, plan.folds, plan.split, list(PLACINGS), list(TOPS)])[:16]
    jobs = plan.jobs()
    folders = {job: runs / mark / job.name for job in jobs}
    todo = [job for job in jobs if not (folders[job] / MANIFEST).exists()]
    for job in set(jobs) - set(todo):  # a kill may have come between the run and the removal of its checkpoints
        shutil.rmtree(_checkpoints(folders[job]), ignore_errors=True)
    progress("runs", len(jobs) - len(todo), len(jobs))
    for done, _ in enumerate(_in_processes(plan, todo, folders, workers), len(jobs) - len(todo) + 1):
        progress("runs", done, len(jobs))
    return [folders[job] for job in jobs]


def _in_processes(plan: Plan, todo: Sequence[Job], folders: dict[Job, Path], workers: int | None) -> Iterator[Path]:
    if not todo:
        return
    count = min(workers or os.cpu_count() or 1, len(todo))
    with ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _prepare_worker) as pool:
        futures = [pool.submit(run_job, plan, job, folders[job]) for job in todo]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _prepare_worker() -> None:
    """Take one thread; end when the process that started this one ends, killed or not."""
    import torch

    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101  it was spawned
    parent.join()
    os._exit(1)


@cache
def _opened(plan: Plan) -> tuple[DatasetFeatures, Backbone, Backbone | None]:
    backbone = Backbone(plan.backbone, threads=1)
    twice = Backbone(plan.twice, threads=1) if plan.twice else None
    return DatasetFeatures.open(Dataset.open(plan.dataset), backbone), backbone, twice


def run_job(plan: Plan, job: Job, folder: Path) -> Path:
    """Train and measure once, variants too; write the placing of each pair."""
    start = time.perf_counter()
    features, backbone, twice = _opened(plan)
    split = plan.split
    if job.fold >= 0:
        splits = fold_splits(features.dataset.scenes["content"][features.dataset.pair_scene], job.fold, plan.folds, 0)
        features, split = replace(features, dataset=_with_splits(features.dataset, splits)), "test"
    work = _checkpoints(folder)
    work.mkdir(parents=True, exist_ok=True)
    task = Task.of(features, backbone, split, job.seed, work, twice)
    fitted = METHODS[job.method].fit(task)
    facts = {**fitted.facts, "total_seconds": round(time.perf_counter() - start, 1)}
    write_record(folder, task, fitted, {"method": job.method, "fold": job.fold, "seed": job.seed, "facts": facts})
    shutil.rmtree(work)
    return folder


def _checkpoints(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.training")


def _with_splits(dataset: Dataset, splits: Any) -> Dataset:
    return replace(dataset, pairs={**dataset.pairs, "split": splits})
