"""Fill in the blank against slow oracles."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenefit.data.dataset import Dataset
from scenefit.data.tables import QUESTIONS
from scenefit.evaluation.bootstrap import DRAWS
from scenefit.evaluation.evaluate import evaluate
from scenefit.evaluation.fitb import Questions, answer_distances, fill_in_the_blank, measure_questions, right_answers
from scenefit.evaluation.protocol import Bench, ModelScorer, baselines
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.baselines import Random
from scenefit.model.compatibility import distance_matrix
from scenefit.model.folder import Model
from scenefit.types import Ints, Table

Asked = list[list[int | None]]


def chance_by_orders(distances: Sequence[int | None]) -> float:
    """The share of the orders of the answers, sorted by distance, in which the right one, the first, leads."""
    there = [i for i, distance in enumerate(distances) if distance is not None]
    orders = [sorted(order, key=lambda i: distances[i] or 0) for order in itertools.permutations(there)]
    return float(Fraction(sum(order[0] == 0 for order in orders), len(orders)))


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.lists(st.none() | st.integers(0, 3), min_size=3, max_size=3)),
        min_size=1,
        max_size=6,
    )
)
def test_ties_are_counted_in_expectation(drawn: list[tuple[int, list[int | None]]]) -> None:
    asked: Asked = [[right, *wrong] for right, wrong in drawn]
    distances = np.array([[np.nan if d is None else d for d in row] for row in asked], float)
    assert right_answers(distances) == pytest.approx([chance_by_orders(row) for row in asked])


def test_the_interval_is_the_bootstrap_over_scenes() -> None:
    rng = np.random.default_rng(1)
    distances = rng.integers(0, 4, (60, 4)).astype(float)
    scenes = rng.integers(0, 15, 60)
    got = fill_in_the_blank(distances, scenes, seed=3)
    points = [chance_by_orders(row) for row in distances.astype(int).tolist()]
    names = sorted(set(scenes.tolist()))
    draws = np.random.default_rng(3).multinomial(len(names), [1 / len(names)] * len(names), size=DRAWS)
    means = []
    for draw in draws:
        times = dict(zip(names, draw.tolist(), strict=True))
        taken = [point for point, scene in zip(points, scenes.tolist(), strict=True) for _ in range(times[scene])]
        means.append(sum(taken) / len(taken))
    assert got.value == pytest.approx(sum(points) / 60)
    assert (got.low, got.high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))


def test_random_is_right_one_time_in_four() -> None:
    assert right_answers(np.zeros((3, 4))).tolist() == [0.25] * 3


def asked_of(dataset: Dataset, rows: Ints, wrong: int = 3) -> Table:
    """Ask for the product of some pairs; the numbers of the questions run down, the right answer stands anywhere."""
    lines: list[tuple[Any, ...]] = []
    rng = np.random.default_rng(0)
    for number, row in enumerate(rows.tolist()):
        scene, product, category = (dataset.pairs[name][row] for name in ("scene", "product", "category"))
        same = dataset.products["id"][dataset.products["category"] == category]
        others = rng.choice(same[same != product], wrong - number % 2, replace=False).tolist()
        answers = rng.permutation([product, *others]).tolist()
        lines += [(1000 - number, scene, answer, category, answer == product) for answer in answers]
    return {name: np.array([line[i] for line in lines], object) for i, name in enumerate(QUESTIONS)}


def with_questions(features: DatasetFeatures, rows: Ints) -> DatasetFeatures:
    dataset = features.dataset
    return replace(features, dataset=replace(dataset, questions=asked_of(dataset, rows)))


@pytest.fixture
def asking(features: DatasetFeatures) -> DatasetFeatures:
    """Every third pair is asked for."""
    return with_questions(features, np.arange(0, 80, 3))


def test_every_method_is_asked_by_the_path_that_serves(asking: DatasetFeatures, model: Model) -> None:
    result = evaluate(model, asking, "all")["fitb"]
    dataset = asking.dataset
    catalog_vectors = model.embed_products(asking.product_features)
    ids = dataset.products["id"].tolist()
    points = []
    questions = dataset.questions
    assert questions is not None
    for number in dict.fromkeys(questions["question"].tolist()):
        here = np.flatnonzero(questions["question"] == number)
        right = next(row for row in here if questions["right"][row])
        scene, product = questions["scene"][right], questions["product"][right]
        pair = np.flatnonzero((dataset.pairs["scene"] == scene) & (dataset.pairs["product"] == product))
        queries, _ = model.embed_scenes(asking.scene_features(asking.scene_rows(pair)))
        query = queries[0, model.category_row(str(questions["category"][right]))]
        distance = {
            row: float(distance_matrix(query[None], catalog_vectors[[ids.index(questions["product"][row])]])[0, 0])
            for row in here
        }
        best = min(distance.values())
        near = [row for row in here if distance[row] <= best + 1e-6]
        points.append(1 / len(near) if right in near else 0.0)
    assert (result["n"], result["set_aside"]) == (27, 0) == (len(points), 0)
    assert result["accuracy"]["value"] == pytest.approx(np.mean(points))
    assert result["accuracy"]["low"] <= result["accuracy"]["value"] <= result["accuracy"]["high"]
    sizes = [4 - n % 2 for n in range(27)]
    assert result["baselines"]["random"]["value"] == pytest.approx(np.mean([1 / size for size in sizes]))
    assert set(result["baselines"]) == {"random", "popularity", "raw features"}


def test_distances_belong_to_their_answers(asking: DatasetFeatures, model: Model) -> None:
    dataset = asking.dataset
    bench = Bench.of(asking, np.arange(80), model.categories, True, 0)
    table = np.random.default_rng(5).integers(0, 50, (80, 24)).astype(float)

    class Drawn:
        def distances(self, pairs: Ints, products: Ints) -> Any:
            return table[pairs][:, products]

    questions = Questions.of(dataset)
    asked = np.array([bench.pairs.tolist().index(pair) for pair in questions.pair])
    got = answer_distances(bench, Drawn(), asked, questions.answers)
    assert got.shape == (27, 4)
    for row in range(27):
        assert dataset.pair_product[questions.pair[row]] == questions.answers[row, 0]
        for column in range(4):
            product = questions.answers[row, column]
            if product < 0:
                assert np.isnan(got[row, column])
            else:
                assert got[row, column] == table[asked[row], product]


def test_only_the_questions_of_the_split_are_asked(asking: DatasetFeatures, model: Model) -> None:
    dataset = asking.dataset
    counted = []
    for split in ("train", "val", "test"):
        result = evaluate(model, asking, split)["fitb"]
        assert result["n"] == np.isin(np.arange(0, 80, 3), dataset.split_rows(split)).sum()
        counted.append(result["n"])
    assert sum(counted) == 27


def test_what_cannot_be_asked_is_set_aside_and_counted(asking: DatasetFeatures, model: Model) -> None:
    every = np.arange(80)
    bench = Bench.of(asking, every, ["Pants"], True, 0)
    result = measure_questions(bench, every, Random(), {})
    assert result is not None
    pants = int((asking.dataset.pairs["category"][::3] == "Pants").sum())
    assert (result["n"], result["set_aside"]) == (pants, 27 - pants)
    lost = replace(Bench.of(asking, every, model.categories, True, 0), features=with_questions(asking, every[:1]))
    asked = measure_questions(lost, every, Random(), {})
    assert asked is not None and (asked["n"], asked["set_aside"]) == (1, 0)
    lost = replace(lost, features=with_questions(asking, every[:1]))
    lost.features.__dict__["product_rows"] = asking.product_rows.copy()
    wrong = Questions.of(lost.features.dataset).answers[0, 2]
    lost.features.product_rows[wrong] = -1
    result = measure_questions(lost, every, Random(), {"random": Random()})
    assert result == {"n": 0, "set_aside": 1, "accuracy": NOTHING, "baselines": {"random": NOTHING}}


NOTHING = {"value": None, "low": None, "high": None}


def test_a_dataset_without_questions_is_not_asked(features: DatasetFeatures, model: Model, tmp_path: Path) -> None:
    assert "fitb" not in evaluate(model, features, "test")
    bench = Bench.of(features, np.arange(80), model.categories, True, 0)
    scorer = ModelScorer.__new__(ModelScorer)
    assert measure_questions(bench, np.arange(80), scorer, baselines(bench)) is None
    assert Questions.of(features.dataset).answers.shape == (0, 1)
