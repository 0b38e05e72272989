"""What `evaluate` reports, and that it measures what is served."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit.catalog.gallery import embed_dataset
from scenefit.data.dataset import Dataset
from scenefit.data.removal import remove_product
from scenefit.errors import DataError
from scenefit.evaluation.attention import effective_cells
from scenefit.evaluation.attention_study import stored_maps
from scenefit.evaluation.evaluate import evaluate
from scenefit.evaluation.protocol import Bench, ModelScorer
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.folder import Model
from scenefit.recommend.recommender import Recommender
from scenefit.recommend.wishes import Wishes
from scenefit.types import WHOLE, Box


@pytest.fixture(scope="module")
def result(model: Model, features: DatasetFeatures) -> dict[str, Any]:
    return evaluate(model, features, "test")


@pytest.mark.parametrize("cropped", [True, False])
def test_what_is_measured_is_what_is_served(
    model: Model, features: DatasetFeatures, catalog_folder: Path, cropped: bool
) -> None:
    """The distances of the evaluation are those of the recommender, for the same photo and the same box."""
    dataset = features.dataset
    bench = Bench.of(features, dataset.split_rows("test"), model.categories, cropped, seed=0)
    scorer = ModelScorer(model, embed_dataset(model, features), features, bench.pairs, bench.feature_rows)
    recommender = Recommender.open(catalog_folder)
    for row in range(0, len(bench.pairs), 3):
        pair = bench.pairs[row]
        category = dataset.pairs["category"][pair]
        products = np.flatnonzero(dataset.products["category"] == category)
        measured = dict(
            zip(dataset.products["id"][products], scorer.distances(np.array([row]), products)[0], strict=True)
        )
        photo, box = dataset.folder / dataset.scenes["image"][dataset.pair_scene[pair]], Box(*dataset.boxes[pair])
        served = recommender.recommend(
            photo, [category], k=100, box=box if cropped else None, wishes=Wishes(duplicates=True)
        )
        assert served.view == (remove_product(box) if cropped else WHOLE)
        got = {product.id: product.distance for product in served.rankings[category].products}
        assert got == pytest.approx(measured, abs=5e-3)  # the store keeps features in fp16
        assert np.ptp(list(got.values())) > 0.05


def test_counts(result: dict[str, Any], features: DatasetFeatures, model: Model) -> None:
    dataset = features.dataset
    rows = dataset.split_rows("test")
    assert result["n"] == len(rows) == sum(part["n"] for part in result["by_category"].values())
    assert result["scenes"] == len(set(dataset.pairs["scene"][rows]))
    assert (result["set_aside"], result["gallery"], result["view"], result["split"]) == (0, 24, "cropped", "test")
    assert (result["model"], result["dataset"]) == (model.fingerprint, dataset.fingerprint)
    assert sorted(result["baselines"]) == ["popularity", "random", "raw features"]


def test_effective_cells_are_those_of_the_stored_maps(
    result: dict[str, Any], features: DatasetFeatures, model: Model
) -> None:
    maps = stored_maps(model, features, features.dataset.split_rows("test"))["attention"]
    cells = [effective_cells(map_) for map_ in maps]
    assert result["attention"]["cells"] == maps[0].size
    assert result["attention"]["effective_cells"]["value"] == pytest.approx(sum(cells) / len(cells))


def test_seen_and_unseen_products_part_the_pairs(result: dict[str, Any], features: DatasetFeatures) -> None:
    dataset = features.dataset
    trained = set(dataset.pairs["product"][dataset.pairs["split"] == "train"])
    expected = sum(dataset.pairs["product"][row] in trained for row in dataset.split_rows("test"))
    seen, unseen = result["seen_products"], result["unseen_products"]
    assert (seen["n"], unseen["n"]) == (expected, result["n"] - expected)
    for name in ("binary_accuracy", "mrr"):
        parts = sum(part["n"] * part[name]["value"] for part in (seen, unseen) if part["n"])
        assert parts / result["n"] == pytest.approx(result[name]["value"])
    by_category = result["by_category"].values()
    total = sum(part["n"] * part["top_k"]["5"]["value"] for part in by_category)
    assert total / result["n"] == pytest.approx(result["top_k"]["5"]["value"])


def test_figures_are_shares_in_their_order(result: dict[str, Any]) -> None:
    for part in (result, *result["by_category"].values(), *result["baselines"].values()):
        tops = [part["top_k"][k] for k in ("1", "5", "10", "20")]
        for figure in (part["binary_accuracy"], part["mrr"], *tops, *part["top_percent"].values()):
            assert 0 <= figure["low"] <= figure["value"] <= figure["high"] <= 1
        assert [top["value"] for top in tops] == sorted(top["value"] for top in tops)
        assert tops[-1]["value"] == 1
    assert list(result["top_percent"]) == ["1", "5", "10"]


def test_model_is_set_beside_chance(model: Model, features: DatasetFeatures) -> None:
    """On the pairs that it was trained on; the few test pairs here would tell little."""
    train = evaluate(model, features, "train")
    assert train["binary_accuracy"]["low"] > 0.6
    assert train["baselines"]["random"]["binary_accuracy"]["value"] == 0.5


def test_seed_moves_the_intervals_and_not_the_values(
    result: dict[str, Any], model: Model, features: DatasetFeatures
) -> None:
    assert evaluate(model, features, "test") == result
    other = evaluate(model, features, "test", seed=1)
    assert other["binary_accuracy"]["value"] == result["binary_accuracy"]["value"]
    assert other["binary_accuracy"] != result["binary_accuracy"]


def test_uncropped_is_another_measure_of_the_same_pairs(
    result: dict[str, Any], model: Model, features: DatasetFeatures
) -> None:
    whole = evaluate(model, features, "test", cropped=False)
    assert (whole["n"], whole["view"]) == (result["n"], "uncropped")
    assert whole["binary_accuracy"]["value"] != result["binary_accuracy"]["value"]
    assert whole["baselines"]["random"] == result["baselines"]["random"]
    assert whole["baselines"]["popularity"] == result["baselines"]["popularity"]


def test_nothing_unseen(model: Model, features: DatasetFeatures) -> None:
    train = evaluate(model, features, "train")
    assert (train["unseen_products"]["n"], train["seen_products"]["n"]) == (0, train["n"])
    assert train["unseen_products"]["mrr"] == {"value": None, "low": None, "high": None}


def test_empty_split(model: Model, features: DatasetFeatures) -> None:
    pairs = features.dataset.pairs
    kept = {name: column[pairs["split"] != "test"] for name, column in pairs.items()}
    dataset: Dataset = replace(features.dataset, pairs=kept)
    with pytest.raises(DataError, match=r"has no pairs in the split 'test'; import it with another --ratio"):
        evaluate(model, replace(features, dataset=dataset), "test")
