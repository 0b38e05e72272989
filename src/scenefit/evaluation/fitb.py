"""Fill in the blank: the scene asks which of a few products it lacks; the share of questions answered right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenefit.data.dataset import Dataset
from scenefit.evaluation.bootstrap import Estimate, SceneBootstrap
from scenefit.evaluation.metrics import place, top_k
from scenefit.evaluation.protocol import Bench
from scenefit.model.baselines import Scorer
from scenefit.types import Doubles, Ints


@dataclass(frozen=True)
class Questions:
    """Q questions with A answers at most.

    Attributes:
        pair: shape (Q,), the row of the pair that each one asks for.
        answers: shape (Q, A), rows of products, the right one first; -1 where a question has fewer.
    """

    pair: Ints
    answers: Ints

    @classmethod
    def of(cls, dataset: Dataset) -> Questions:
        """Read the questions of a dataset; none where it asks none."""
        table = dataset.questions or {name: np.empty(0, object) for name in ("question", "scene", "product", "right")}
        product_row = {id_: row for row, id_ in enumerate(dataset.products["id"].tolist())}
        pairs = zip(dataset.pairs["scene"].tolist(), dataset.pairs["product"].tolist(), strict=True)
        pair_row = {key: row for row, key in enumerate(pairs)}
        answers: dict[int, list[int]] = {}
        asked: dict[int, int] = {}
        columns = (table[name].tolist() for name in ("question", "scene", "product", "right"))
        for question, scene, product, right in zip(*columns, strict=True):
            answers.setdefault(question, []).insert(0 if right else len(answers[question]), product_row[product])
            if right:
                asked[question] = pair_row[scene, product]
        rows = np.full((len(answers), max(map(len, answers.values()), default=1)), -1, np.int64)
        for row, products in zip(rows, answers.values(), strict=True):
            row[: len(products)] = products
        return cls(np.array([asked[question] for question in answers], np.int64), rows)


def right_answers(distances: Doubles) -> Doubles:
    """Give the chance of each question to be answered right: the nearest is taken, of equal ones any.

    Args:
        distances: shape (Q, A), the right answer first; NaN where a question has fewer answers.

    Returns:
        shape (Q,), in [0, 1].

    >>> right_answers(np.array([[0.1, 0.2, 0.3, 0.4], [0.2, 0.1, 0.3, 0.4], [0.2, 0.2, 0.5, np.nan]])).tolist()
    [1.0, 0.0, 0.5]
    """
    wrong = ~np.isnan(distances)
    wrong[:, 0] = False
    return top_k(place(distances, np.zeros(len(distances), np.int64), wrong), 1)


def fill_in_the_blank(distances: Doubles, scenes: Ints, seed: int = 0) -> Estimate:
    """Estimate the share of questions answered right, with an interval over scenes.

    Args:
        distances: as `right_answers` takes them.
        scenes: shape (Q,), the scene of each question.
        seed: of the bootstrap.
    """
    return SceneBootstrap(scenes, seed).estimate(right_answers(distances))


def answer_distances(bench: Bench, scorer: Scorer, asked: Ints, answers: Ints) -> Doubles:
    """Compute the distance of each answer from its scene.

    Args:
        bench: the pairs that are evaluated.
        scorer: gives the distances.
        asked: shape (Q,), the row in `bench.pairs` that each question asks for.
        answers: shape (Q, A), rows of products with features; -1 for none.

    Returns:
        shape (Q, A), float64; NaN for none.
    """
    out = np.full(answers.shape, np.nan)
    for products, rows in bench.by_category():
        here = np.flatnonzero(np.isin(asked, rows))
        if len(here):
            distances = scorer.distances(asked[here], products)
            columns = np.searchsorted(products, answers[here]).clip(max=len(products) - 1)
            out[here] = np.where(answers[here] >= 0, np.take_along_axis(distances, columns, axis=1), np.nan)
    return out


def measure_questions(
    bench: Bench, split_rows: Ints, scorer: Scorer, others: Mapping[str, Scorer]
) -> dict[str, Any] | None:
    """Measure a method and others on the questions about the pairs of a split; None where the dataset asks none.

    Returns:
        `n` questions, how many were `set_aside` for a pair that is not evaluated or an answer without features,
        the `accuracy`, and that of the `baselines`.
    """
    dataset = bench.features.dataset
    if dataset.questions is None:
        return None
    questions = Questions.of(dataset)
    row = {pair: row for row, pair in enumerate(bench.pairs.tolist())}
    asked = np.array([row.get(pair, -1) for pair in questions.pair.tolist()], np.int64)
    lacking = (bench.features.product_rows[questions.answers] < 0) & (questions.answers >= 0)
    of_split = np.isin(questions.pair, split_rows)
    good = np.flatnonzero(of_split & (asked >= 0) & ~lacking.any(axis=1))
    scenes = dataset.pair_scene[questions.pair[good]]

    def accuracy(method: Scorer) -> dict[str, float | None]:
        distances = answer_distances(bench, method, asked[good], questions.answers[good])
        return fill_in_the_blank(distances, scenes, bench.seed).as_json()

    return {
        "n": len(good),
        "set_aside": int(of_split.sum()) - len(good),
        "accuracy": accuracy(scorer),
        "baselines": {name: accuracy(method) for name, method in others.items()},
    }
