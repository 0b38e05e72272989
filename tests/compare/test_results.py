"""Figures of a comparison: against loops over the placings, and what must not be mixed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit.compare.methods import choose
from scenefit.compare.record import Record, read_records
from scenefit.compare.results import comparison, runs_of
from scenefit.compare.run import Plan, run_jobs
from scenefit.compare.table import MISTAKE_COLUMNS, difference_rows, markdown, mistake_rows, points, rows
from scenefit.compare.task import Task
from scenefit.errors import DataError, UsageError
from scenefit.types import Ints


@pytest.fixture(scope="module")
def records(model_folder: Path, backbone_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """Two seeds of the untrained methods and of one that trains; read them only."""
    dataset = model_folder.with_name("dataset")
    plan = Plan(dataset, backbone_folder, None, ("random", "raw", "ibr"), (0, 1), split="val")
    folders = run_jobs(plan, tmp_path_factory.mktemp("records") / "out", workers=1)
    return [record for folder in folders for record in read_records(folder)]


@pytest.fixture
def result(task: Task, records: list[Record]) -> dict[str, Any]:
    about = {
        "dataset": {"name": "looks", "products": 24},
        "protocol": {"split": "val", "folds": 0, "seeds": [0, 1]},
    }
    return about | comparison(task.dataset, choose(["random", "raw", "ibr"]), records)


def by_hand(records: list[Record], method: str) -> dict[int, list[float]]:
    """Each pair's share of negatives that are farther, one value a seed."""
    values: dict[int, list[float]] = {}
    for record in records:
        if record.method == method:
            columns = (record.placings[name].tolist() for name in ("pair", "better", "tied", "eligible"))
            for pair, better, tied, eligible in zip(*columns, strict=True):
                values.setdefault(pair, []).append((eligible - better - tied / 2) / eligible)
    return values


@pytest.mark.parametrize("method", ["random", "raw", "ibr"])
def test_the_mean_over_pairs_and_seeds(result: dict[str, Any], records: list[Record], method: str) -> None:
    values = by_hand(records, method)
    figures = result["methods"][method]["ranked"]
    means = [sum(seeds) / len(seeds) for seeds in values.values()]
    assert figures["n"] == len(values)
    assert figures["binary_accuracy"]["value"] == pytest.approx(sum(means) / len(means))
    for seed in (0, 1):
        mean = sum(seeds[seed] for seeds in values.values()) / len(values)
        assert figures["by_seed"][seed] == pytest.approx(mean, abs=1e-6)
    assert figures["top_10"] == figures["curve"]["10"]


def test_paired_differences(task: Task, result: dict[str, Any], records: list[Record]) -> None:
    one, other = by_hand(records, "ibr"), by_hand(records, "raw")
    apart = np.array([sum(one[pair]) / 2 - sum(other[pair]) / 2 for pair in one])
    found = result["differences"]["binary_accuracy"]
    assert found["ibr"]["raw"]["value"] == pytest.approx(apart.mean())
    for end, opposite in (("value", "value"), ("low", "high")):
        assert found["ibr"]["raw"][end] == pytest.approx(-found["raw"]["ibr"][opposite])
    scenes = task.dataset.pair_scene[list(one)]
    draws = []
    rng = np.random.default_rng(0)
    for counts in rng.multinomial(len(set(scenes)), [1 / len(set(scenes))] * len(set(scenes)), size=1000):
        weight = dict(zip(sorted(set(scenes.tolist())), counts.tolist(), strict=True))
        weights = np.array([weight[scene] for scene in scenes.tolist()])
        draws.append(np.average(apart, weights=weights))
    assert found["ibr"]["raw"]["low"] == pytest.approx(np.quantile(draws, 0.025))


def with_seen(records: list[Record], seen: Ints) -> list[Record]:
    """Give the records as if training had seen the products of some pairs, 1, and not of others, 0."""
    return [Record(**{**vars(record), "placings": {**record.placings, "seen": seen}}) for record in records]


def test_differences_on_unseen_products(task: Task, records: list[Record]) -> None:
    one, other = by_hand(records, "ibr"), by_hand(records, "raw")
    apart = [sum(one[pair]) / 2 - sum(other[pair]) / 2 for pair in one]
    for seen, expected in ((np.arange(16) % 2, np.mean(apart[::2])), (np.ones(16, int), None)):
        result = comparison(task.dataset, choose(["ibr", "raw"]), with_seen(records, seen))
        found = result["differences"]["unseen_products"]["ibr"]["raw"]
        assert found["value"] == (expected and pytest.approx(expected))
        assert found["low"] is None if expected is None else found["low"] <= found["value"] <= found["high"]
        assert difference_rows(result, "unseen_products")[1][1] == ("-" if expected is None else points(found))


def test_seeds_must_have_ranked_the_same(records: list[Record]) -> None:
    short = {name: column[1:] for name, column in records[-1].placings.items()}
    broken = [*records[:-1], Record(**{**vars(records[-1]), "placings": short})]
    with pytest.raises(DataError, match=r"the seeds of \w+ did not rank the same pairs; remove its runs"):
        runs_of(broken, "ranked")


def test_tables(result: dict[str, Any]) -> None:
    assert [row[0] for row in rows(result)] == ["random", "raw", "ibr"]
    text = markdown(result)
    assert "# looks: 16 pairs, split val, 2 seeds, 24 products" in text
    assert "| random | .500 [.500, .500] |" in text
    matrix = difference_rows(result, "binary_accuracy")
    assert [row[0] for row in matrix] == ["random", "raw", "ibr"]
    assert [matrix[i][i + 1] for i in range(3)] == ["", "", ""]
    assert mistake_rows(result) == []
    assert len(MISTAKE_COLUMNS) == 5


def test_methods_by_name_and_group() -> None:
    everything = [method.name for method in choose(["all"])]
    assert everything == [method.name for method in choose(["errors", "field", "raw"])]
    assert len(everything) == len(set(everything)) == 27
    with pytest.raises(UsageError, match=r"got the methods \['clip'\]; expected some of \['field', 'errors', 'all'"):
        choose(["raw", "clip"])
    with pytest.raises(UsageError, match="expected some of"):
        choose([])
