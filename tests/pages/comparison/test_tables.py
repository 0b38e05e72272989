"""Tables: what is coloured, where bars stand, what the trainings said, what errors did."""

from __future__ import annotations

import re

import numpy as np
import pytest

from scenefit.compare.table import mistakes_of
from scenefit.evaluation.bootstrap import SceneBootstrap
from scenefit.evaluation.metrics import Placing, binary_accuracy
from scenefit.evaluation.text import number
from scenefit.pages.comparison.mistakes import measured, mistakes_table, reported, reported_minus_right
from scenefit.pages.comparison.parts import Compared
from scenefit.pages.comparison.tables import axis_of, differences_table, forest, methods_table, trainings_table
from scenefit.types import Doubles


def test_a_forest_stands_where_its_numbers_say() -> None:
    drawn = forest({"value": 0.6, "low": 0.55, "high": 0.7}, 0.4, 0.8, [0.59, 0.61])
    assert 'class="chance" style="left:25.00%"' in drawn
    assert 'class="bar" style="left:37.50%;width:37.50%"' in drawn
    assert 'class="dot" style="left:50.00%"' in drawn
    assert re.findall(r'class="seed" style="left:([\d.]+)%', drawn) == ["47.50", "52.50"]
    assert "seed" not in forest({"value": 0.6, "low": 0.55, "high": 0.7}, 0.4, 0.8, [0.6])


def test_an_axis_holds_chance_and_every_interval() -> None:
    assert axis_of([{"value": 0.6, "low": 0.52, "high": 0.71}]) == pytest.approx((0.45, 0.75))
    assert axis_of([{"value": 0.2, "low": 0.11, "high": 0.31}, {"value": 1.0, "low": 1.0, "high": 1.0}]) == (0.1, 1.0)


def test_the_best_is_marked_alone_and_its_equals_beside(drawn: Compared) -> None:
    page = methods_table(drawn)
    assert page.count('<em class="tag">best</em>') == 1
    assert page.count('class="forest best"') == 1
    row = next(row for row in page.split("<tr>") if ">best<" in row)
    assert f"<b>{drawn.best}</b>" in row
    assert page.count("<tr>") == len(drawn.ranked) + 1


@pytest.mark.parametrize("metric", ["binary_accuracy", "top_10"])
def test_what_is_sure_is_coloured_and_nothing_else(drawn: Compared, metric: str) -> None:
    page, names = differences_table(drawn, metric), drawn.order
    cells = re.findall(r'<div class="(sure plus|sure minus|level|same)"[^>]*>(.*?)</div>', page)
    assert len(cells) == len(names) ** 2
    for i, (kind, text) in enumerate(cells):
        one, other = names[i // len(names)], names[i % len(names)]
        if one == other:
            assert kind == "same"
            continue
        difference = drawn.minus(one, other, metric)
        assert difference is not None
        low, high = difference["low"], difference["high"]
        assert kind == ("sure plus" if low > 0 else "sure minus" if high < 0 else "level")
        assert f"{100 * difference['value']:+.1f}" in text and f"[{100 * low:.1f}, {100 * high:.1f}]" in text


def test_the_matrix_goes_by_accuracy(drawn: Compared) -> None:
    rows = re.findall(r'<th scope="row">([a-z-]+)</th>', differences_table(drawn, "top_10"))
    accuracy = [drawn.accuracy(name) for name in rows]
    assert accuracy == sorted(accuracy, reverse=True) and len(rows) == len(drawn.ranked)


def test_trainings_tell_each_seed_and_their_spread(drawn: Compared) -> None:
    page = trainings_table(drawn)
    assert "random" not in page and "popularity" not in page
    for name in ("ibr", "ctl-paper", "error-5"):
        row = next(row for row in page.split("<tr>") if f"<b>{name}</b>" in row)
        method = drawn.result["methods"][name]
        seeds = (method["ranked"] or method["reported"])["by_seed"]
        assert len(seeds) == 2
        assert f"<td>{number(seeds[0])} {number(seeds[1])}</td><td>{np.std(seeds, ddof=1) * 100:.1f}</td>" in row


def accuracy_of(compared: Compared, name: str, measure: str) -> dict[int, float]:
    """Give the accuracy of each pair, the mean over the seeds, one by one."""
    found: dict[int, list[float]] = {}
    for record in compared.records:
        if record.method == name:
            rows = np.flatnonzero(record.placings["measure"] == measure)
            placing = Placing(*(record.placings[column][rows] for column in Placing._fields))
            for pair, value in zip(record.placings["pair"][rows].tolist(), binary_accuracy(placing), strict=True):
                found.setdefault(pair, []).append(float(value))
    return {pair: float(np.mean(values)) for pair, values in sorted(found.items())}


def test_errors_are_set_beside_the_right_model_pair_by_pair(drawn: Compared) -> None:
    apart = reported_minus_right(drawn)
    assert set(apart) == {"error-1", "error-2"}  # error-5 tests other pairs
    right = accuracy_of(drawn, "ctl-paper", "ranked")
    for name, measure in (("error-1", "ranked"), ("error-2", "reported")):
        own = accuracy_of(drawn, name, measure)
        values: Doubles = np.array([own[pair] - right[pair] for pair in right])
        estimate = SceneBootstrap(drawn.dataset.pair_scene[[*right]], 0).estimate(values)
        assert apart[name] == pytest.approx(estimate.as_json())


def test_an_error_that_cannot_be_measured_is_told_as_such(drawn: Compared) -> None:
    assert mistakes_of(drawn.result) == ["error-1", "error-2", "error-5"]
    assert measured(drawn, "error-5") is None
    row = next(row for row in mistakes_table(drawn).split("<tr>") if "<b>error-5</b>" in row)
    difference = float(reported(drawn, "error-5")["value"] or 0) - drawn.accuracy("ctl-paper")
    assert "cannot be" in row and f"on other pairs: {difference * 100:+.1f}" in row
    assert row.count('class="forest') == 1
