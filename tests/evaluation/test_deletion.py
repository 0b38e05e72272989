"""Deletion and insertion with a small trained model, beside its evaluation."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from scenefit.catalog.gallery import embed_dataset
from scenefit.evaluation.deletion import deletion, draw_pairs
from scenefit.evaluation.deletion_curves import ORDERS
from scenefit.evaluation.deletion_figures import MEASURES, MODES
from scenefit.evaluation.masking import steps
from scenefit.evaluation.metrics import binary_accuracy
from scenefit.evaluation.protocol import Bench, ModelScorer
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.folder import Model
from scenefit.types import Ints


@pytest.fixture(scope="module")
def rows(features: DatasetFeatures) -> Ints:
    return features.dataset.split_rows("test")


@pytest.fixture(scope="module")
def result(model: Model, features: DatasetFeatures, rows: Ints) -> dict[str, Any]:
    return deletion(model, features, rows, pairs=4)


def test_counts(result: dict[str, Any], features: DatasetFeatures) -> None:
    assert (result["pairs"], result["scenes"], result["view"], result["failed"]) == (4, 4, "cropped", [])
    assert (result["grid"], result["steps"], result["blur"]) == (features.grid, steps(features.grid).tolist(), 0.25)
    assert result["spread"] > 0
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    for mode in MODES:
        assert list(result[mode]) == list(MEASURES)
        assert all(list(result[mode][measure]) == list(ORDERS) == result["orders"] for measure in MEASURES)


def test_all_orders_start_and_end_alike(result: dict[str, Any]) -> None:
    for measure in MEASURES:
        ends = {
            (round(curve[start], 9), round(curve[end], 9))
            for mode, start, end in (("deletion", 0, -1), ("insertion", -1, 0))
            for curve in (part["curve"] for part in result[mode][measure].values())
        }
        assert len(ends) == 1
    curve = result["deletion"]["agreement"]["attention"]["curve"]
    assert curve[0] == pytest.approx(1) and curve[-1] < 1


def test_the_unmasked_view_scores_as_the_evaluation_does(
    result: dict[str, Any], model: Model, features: DatasetFeatures, rows: Ints
) -> None:
    """The store keeps features in fp16, so nearly."""
    bench = Bench.of(features, rows, model.categories, True, 0)
    chosen = draw_pairs(features.dataset.pair_scene[bench.pairs], 4, 0)
    bench = replace(bench, pairs=bench.pairs[chosen], feature_rows=bench.feature_rows[chosen])
    scorer = ModelScorer(model, embed_dataset(model, features), features, bench.pairs, bench.feature_rows)
    margins, owns, variances = [], [], []
    for products, part in bench.by_category():
        for row, distances in zip(part, scorer.distances(part, products).astype(np.float64), strict=True):
            pair = bench.pairs[row]
            scene = features.dataset.pair_scene[pair]
            negatives = ~bench.positives.contain(np.full(len(products), scene), products)
            own = distances[products == features.dataset.pair_product[pair]][0]
            margins.append(distances[negatives].mean() - own)
            owns.append(own)
            variances.append(np.append(distances[negatives], own).var())
    first = {measure: result["deletion"][measure]["attention"]["curve"][0] for measure in MEASURES}
    spread = math.sqrt(np.mean(variances))
    exact = binary_accuracy(bench.measure(scorer).placing).mean()
    assert result["spread"] == pytest.approx(spread, rel=0.01)
    assert first["margin"] == pytest.approx(np.mean(margins) / spread, abs=0.02)
    assert first["distance"] == pytest.approx(np.mean(owns), abs=5e-3)
    assert first["binary_accuracy"] == pytest.approx(exact, abs=0.02)
