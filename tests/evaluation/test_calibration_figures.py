"""What `evaluate` reports of the probabilities, against the probabilities that are served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit.catalog.gallery import embed_dataset
from scenefit.catalog.loading.build import build_catalog
from scenefit.evaluation import protocol
from scenefit.evaluation.calibration_figures import measure_calibration
from scenefit.evaluation.evaluate import evaluate
from scenefit.evaluation.protocol import Bench, ModelScorer
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.folder import Model
from scenefit.recommend.recommender import Recommender
from scenefit.types import Box


def measured(model: Model, features: DatasetFeatures, split: str = "test") -> dict[str, Any]:
    bench = Bench.of(features, features.dataset.split_rows(split), model.categories, True, 0)
    scorer = ModelScorer(model, embed_dataset(model, features), features, bench.pairs, bench.feature_rows)
    assert model.calibration is not None
    return measure_calibration(bench, scorer, model.calibration)


def test_figures_are_those_of_the_probabilities_that_are_served(
    model: Model, features: DatasetFeatures, tmp_path: Path
) -> None:
    """From the recommender's probabilities of every product, pair by pair."""
    dataset = features.dataset
    build_catalog(model, dataset, tmp_path / "catalog")
    recommender = Recommender.open(tmp_path / "catalog")
    right, brier = [], []
    for pair in dataset.split_rows("test"):
        category, scene = dataset.pairs["category"][pair], dataset.pairs["scene"][pair]
        photo = dataset.folder / dataset.scenes["image"][dataset.pair_scene[pair]]
        found = recommender.recommend(photo, [category], k=100, box=Box(*dataset.boxes[pair]), duplicates=True)
        given = {product.id: product.probability or 0.0 for product in found.rankings[category].products}
        own = given[dataset.pairs["product"][pair]]
        known = set(dataset.pairs["product"][dataset.pairs["scene"] == scene])
        others = [p for id_, p in given.items() if id_ not in known]
        right.append(((own >= 0.5) + np.mean([p < 0.5 for p in others])) / 2)
        brier.append(((1 - own) ** 2 + np.mean([p**2 for p in others])) / 2)
    got = measured(model, features)
    assert got["accuracy"]["value"] == pytest.approx(np.mean(right), abs=0.02)  # the store keeps features in fp16
    assert got["brier"]["value"] == pytest.approx(np.mean(brier), abs=2e-3)


def test_bins_and_categories_hold_every_pair(model: Model, features: DatasetFeatures) -> None:
    got = measured(model, features)
    bins = got["reliability"]
    assert sum(part["weight"] for part in bins) == pytest.approx(1)
    assert [part["probability"] for part in bins] == sorted(part["probability"] for part in bins)
    assert sum(part["weight"] * part["share"]["value"] for part in bins) == pytest.approx(0.5)
    error = sum(part["weight"] * abs(part["share"]["value"] - part["probability"]) for part in bins)
    assert got["calibration_error"]["value"] == pytest.approx(error)
    parts = got["by_category"].values()
    assert sum(part["n"] for part in parts) == 16
    assert sum(part["n"] * part["accuracy"]["value"] for part in parts) / 16 == pytest.approx(got["accuracy"]["value"])
    assert {part["threshold"] for part in parts} == {c.threshold for c in model.calibration.curves.values()}  # type: ignore[union-attr]


def test_what_is_known_is_told_better_calibrated(model: Model, features: DatasetFeatures) -> None:
    """On the pairs that it was calibrated on: the Brier score is what the fit lowers, more or less."""
    got = measured(model, features, "val")
    assert got["brier"]["value"] < got["plain"]["brier"]["value"]


def test_parts_do_not_matter(model: Model, features: DatasetFeatures, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = measured(model, features)
    monkeypatch.setattr(protocol, "CHUNK", 3)
    for name in ("accuracy", "brier", "calibration_error"):
        assert measured(model, features)[name]["value"] == pytest.approx(whole[name]["value"])


def test_evaluate_holds_it_or_says_that_there_is_none(
    model: Model, features: DatasetFeatures, uncalibrated_folder: Path
) -> None:
    assert evaluate(model, features, "test")["calibration"] == measured(model, features)
    assert evaluate(Model(uncalibrated_folder), features, "test")["calibration"] is None
