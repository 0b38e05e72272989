"""The learning curve's trainings: bounded, and kept, so that the same command goes on."""

from __future__ import annotations

from pathlib import Path

import learning_curve
import numpy as np
import pytest

from scenefit.compare.methods import METHODS
from scenefit.compare.task import Task
from scenefit.config import recipe
from scenefit.evaluation.metrics import binary_accuracy
from scenefit.features.dataset_features import DatasetFeatures, compute_features


def job(task: Task, method: str, epochs: int = 0) -> learning_curve.Job:
    compute_features(task.dataset, task.backbone, task.dataset.split_rows("test"))
    return learning_curve.Job(str(task.dataset.folder), str(task.backbone.folder), method, 0, 0, 0, 0, epochs)


def test_what_is_done_is_not_done_again(task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = job(task, "raw")
    kept = tmp_path / "kept"
    _, found = learning_curve.run(asked, kept)
    there = Task.of(DatasetFeatures.open(task.dataset, task.backbone), task.backbone, "test", 0, tmp_path)
    scorer = METHODS["raw"].fit(there).scorer
    assert scorer is not None
    expected = binary_accuracy(there.bench.measure(scorer).placing)
    assert found == {"raw": dict(zip(there.bench.pairs.tolist(), expected.tolist(), strict=True))}
    monkeypatch.setattr(learning_curve, "measured", None)
    assert learning_curve.run(asked, kept) == (asked, found)
    assert [entry.name for entry in kept.iterdir()] == [f"{asked.name}.json"]


def test_at_most_so_many_epochs(task: Task, tmp_path: Path) -> None:
    found = learning_curve.measured(job(task, "ctl-paper", 1), tmp_path)
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 1
    assert 0 <= np.mean([*found["ctl-paper"].values()]) <= 1


def test_settings_of_a_task_are_the_recipes_but_for_seed_and_epochs(task: Task) -> None:
    paper = recipe("ctl-paper")
    assert task.settings(paper) == paper
    bounded = Task(task.features, task.backbone, task.bench, 5, task.work, epochs=3).settings(paper)
    assert (bounded.seed, bounded.epochs, bounded.patience) == (5, 3, paper.patience)
