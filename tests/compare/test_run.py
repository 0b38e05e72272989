"""Runs: what they leave, that a stopped comparison goes on, and that a seed gives the same twice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scenefit.compare.methods import METHODS
from scenefit.compare.record import FIRST, MANIFEST, Record, read_records
from scenefit.compare.run import Job, Plan, run_job, run_jobs
from scenefit.compare.task import Task
from scenefit.errors import ArtifactError
from scenefit.features.dataset_features import compute_features

QUICK = ("random", "popularity", "raw")


@pytest.fixture
def plan(task: Task) -> Plan:
    return Plan(task.dataset.folder, task.backbone.folder, None, QUICK, (0, 1), split="val")


def test_what_a_run_leaves(plan: Plan, task: Task, tmp_path: Path) -> None:
    (record,) = read_records(run_job(plan, Job("raw", -1, 0), tmp_path / "run"))
    assert (record.method, record.fold, record.seed, record.attention) == ("raw", -1, 0, None)
    scorer = METHODS["raw"].fit(task).scorer
    assert scorer is not None
    placing = task.bench.measure(scorer).placing
    assert record.placings["pair"].tolist() == task.bench.pairs.tolist()
    assert record.placings["better"].tolist() == placing.better.tolist()
    trained = {*task.dataset.pair_product[task.rows("train")].tolist()}
    seen = [product in trained for product in task.dataset.pair_product[task.bench.pairs]]
    assert record.placings["seen"].tolist() == seen
    assert_tops(record, task)
    assert not list(tmp_path.glob(".*"))


def assert_tops(record: Record, task: Task) -> None:
    scorer = METHODS[record.method].fit(task).scorer
    assert scorer is not None
    for row, pair in enumerate(task.bench.pairs):
        category = task.dataset.product_category[task.dataset.pair_product[pair]]
        products = np.flatnonzero(task.dataset.product_category == category)
        distances = scorer.distances(np.array([row]), products)[0]
        chosen = record.tops["pair"] == pair
        assert record.tops["position"][chosen].tolist() == list(range(FIRST))
        np.testing.assert_allclose(record.tops["distance"][chosen], np.sort(distances)[:FIRST], rtol=1e-6)
        assert set(record.tops["product"][chosen].tolist()) <= set(products.tolist())


def test_every_job_once_and_again_nothing(plan: Plan, tmp_path: Path) -> None:
    folders = run_jobs(plan, tmp_path / "out", workers=2)
    assert len(folders) == len(set(folders)) == 6
    times = [(folder / MANIFEST).stat().st_mtime_ns for folder in folders]
    told: list[tuple[str, int, int]] = []
    assert run_jobs(plan, tmp_path / "out", progress=lambda *what: told.append(what)) == folders
    assert [(folder / MANIFEST).stat().st_mtime_ns for folder in folders] == times
    assert told == [("runs", 6, 6)]


def test_other_folds_are_other_runs(plan: Plan, task: Task, tmp_path: Path) -> None:
    compute_features(task.dataset, task.backbone, np.arange(80))
    own = run_jobs(plan, tmp_path / "out", workers=1)
    folds = run_jobs(replace(plan, folds=2, seeds=(0,)), tmp_path / "out", workers=1)
    assert {folder.parent for folder in own}.isdisjoint(folder.parent for folder in folds)
    records = [record for folder in folds for record in read_records(folder)]
    raw = [record for record in records if record.method == "raw"]
    tested = np.concatenate([record.placings["pair"] for record in raw])
    assert len(tested) == len(set(tested.tolist())) == 80  # every pair once


def test_a_damaged_run_is_refused(plan: Plan, tmp_path: Path) -> None:
    folder = run_job(plan, Job("raw", -1, 0), tmp_path / "run")
    (folder / "tops.parquet").unlink()
    with pytest.raises(ArtifactError, match=r"tops\.parquet"):
        read_records(folder)


def test_killed_and_called_again(plan: Plan, tmp_path: Path) -> None:
    """Kill -9 amid the trainings: what was whole stays, the rest is done, and a seed gives the same."""
    command = [sys.executable, "-m", "scenefit", "compare", str(plan.dataset), "--backbone", str(plan.backbone)]
    command += ["--out", str(tmp_path / "out"), "--split", "val", "--seeds", "1", "--json", "--workers", "1"]
    command += ["--methods", "raw,ibr,siamese"]
    environment = {**os.environ, "SCENEFIT_CACHE": str(tmp_path / "cache")}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    runs = tmp_path / "out" / "runs"
    while not list(runs.glob("*/*/run.json")):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    process.kill()  # the command alone: its workers must end with it, or two would write one checkpoint
    process.wait()
    done = {path: path.stat().st_mtime_ns for path in runs.glob("*/*/run.json")}
    assert 0 < len(done) < 3
    resumed = json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
    assert all(path.stat().st_mtime_ns == when for path, when in done.items())
    assert not list(runs.glob("*/.*"))
    shutil.rmtree(tmp_path / "out")
    whole = json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
    for result in (whole, resumed):
        for method in result["methods"].values():
            del method["runs"]
    assert resumed == whole
