"""The recipe `default` in a comparison: one training gives the whole and its parts, each a method of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scenefit.compare import default
from scenefit.compare.methods import METHODS, choose
from scenefit.compare.record import Record, read_records
from scenefit.compare.results import comparison
from scenefit.compare.run import Job, Plan, run_job
from scenefit.compare.table import rows
from scenefit.compare.task import Fitted, Task
from scenefit.config import TrainConfig

NAMES = ["default-networks", "default-content", "default-novel", "default"]


@pytest.fixture
def fitted(task: Task, quick: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> Fitted:
    monkeypatch.setattr(default, "recipe", lambda _: replace(quick, recipe="default", networks=2))
    return default.fit_recipe(task)


@pytest.mark.parametrize("asked", [("default",), ("default-novel",), tuple(NAMES)])
def test_one_training_for_all(asked: tuple[str, ...]) -> None:
    plan = Plan(Path(), Path(), None, ("raw", *asked), (0, 1))
    assert plan.jobs() == [Job("default", -1, 0), Job("default", -1, 1), Job("raw", -1, 0), Job("raw", -1, 1)]


def test_derived_methods_are_those_that_the_training_gives(fitted: Fitted) -> None:
    derived = [method for method in METHODS.values() if method.of]
    assert [method.name for method in derived] == [*fitted.variants] == NAMES[:-1]
    assert {method.of for method in derived} == {"default"}
    assert {method.fit for method in derived} == {METHODS["default"].fit}


def test_what_each_part_adds(fitted: Fitted, task: Task) -> None:
    scorers = {**fitted.variants, "default": fitted.scorer}
    products = np.flatnonzero(task.features.product_rows >= 0)
    pairs = np.arange(len(task.bench.pairs))
    networks, content, novel, whole = (scorers[name].distances(pairs, products) for name in NAMES)  # type: ignore[union-attr]
    prior = novel - whole  # the same in every scene, and none for products without training pairs
    np.testing.assert_allclose(prior, np.broadcast_to(prior[0], prior.shape), atol=1e-4)
    known = np.isin(products, task.dataset.pair_product[task.features.usable(task.rows("train"))])
    np.testing.assert_allclose(prior[:, ~known], 0, atol=1e-6)
    np.testing.assert_allclose((novel - content)[:, ~known], 0, atol=1e-6)
    assert np.abs(networks - content).max() > 0.01
    assert fitted.scorer is not None
    assert networks.min() >= 2 - 2 * 2 - 1e-5  # two networks: a query of length 2 each, a unit vector each


def test_rows_of_one_run(
    task: Task, quick: TrainConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fitted: Fitted
) -> None:
    plan = Plan(task.dataset.folder, task.backbone.folder, None, ("default",), (0,), split="val")
    records = read_records(run_job(plan, Job("default", -1, 0), tmp_path / "run"))
    assert sorted(record.method for record in records) == sorted(NAMES)
    for record in records:
        scorer = {**fitted.variants, "default": fitted.scorer}[record.method]
        assert scorer is not None
        better = task.bench.measure(scorer).placing.better
        assert record.placings["better"].tolist() == better.tolist()
        assert set(record.tops["method"]) == {record.method}
        assert len(record.tops["pair"]) == 6 * len(better)
    assert_compared(task, records)


def assert_compared(task: Task, records: list[Record]) -> None:
    result = comparison(task.dataset, choose(NAMES), records)
    assert [row[0] for row in rows(result)] == NAMES
    for one in NAMES:
        assert sorted([one, *result["differences"]["binary_accuracy"][one]]) == sorted(NAMES)
