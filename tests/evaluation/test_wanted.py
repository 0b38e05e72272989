"""The figures of what a scene wants, against loops over the pairs."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from scenefit.errors import UsageError
from scenefit.evaluation.evaluate import evaluate
from scenefit.evaluation.protocol import Bench
from scenefit.evaluation.wanted import FREQUENT, log_loss, measure_wanted
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.folder import Model
from scenefit.types import Floats


class Drawn:
    """Gives probabilities of four categories at random, the same for the same scene; some tie."""

    categories = ("Hats", "Pants", "Scarves", "Shoes")

    def category_row(self, category: str) -> int:
        return self.categories.index(category)

    def wanted(self, pooled: Floats) -> Floats:
        rows = [np.random.default_rng(int(abs(row[0]) * 1e4)).integers(1, 4, 4) for row in pooled]
        return np.array([row / row.sum() for row in rows], np.float32)


@pytest.fixture
def bench(model: Model, features: DatasetFeatures) -> Bench:
    return Bench.of(features, features.dataset.split_rows("all"), model.categories, True, seed=0)


def test_figures_are_those_of_the_definition(bench: Bench) -> None:
    model, dataset = Drawn(), bench.features.dataset
    got = measure_wanted(model, bench)  # type: ignore[arg-type]
    assert got is not None
    expected: dict[str, list[float]] = {"top_1": [], "top_3": [], "log_loss": []}
    for i, pair in enumerate(bench.pairs):
        given = model.wanted(bench.features.scenes.read("pooled", bench.feature_rows[i : i + 1]))[0].tolist()
        right = model.category_row(dataset.pairs["category"][pair])
        better, tied = (
            sum(f(p) for j, p in enumerate(given) if j != right) for f in (given[right].__lt__, given[right].__eq__)
        )
        for k in (1, 3):
            expected[f"top_{k}"].append(min(1, max(0, (k - better) / (tied + 1))))
        expected["log_loss"].append(-math.log(given[right]))
    assert got["n"] == len(bench.pairs) == 80
    for name, values in expected.items():
        assert got[name]["value"] == pytest.approx(sum(values) / 80, abs=1e-6)
        assert got[name]["low"] < got[name]["value"] < got[name]["high"]


def test_baseline_is_the_frequencies_of_the_training_pairs(bench: Bench) -> None:
    got = measure_wanted(Drawn(), bench)  # type: ignore[arg-type]
    assert got is not None
    pairs = bench.features.dataset.pairs
    counts = Counter(pairs["category"][pairs["split"] == "train"].tolist())
    total = sum(counts.values()) + 4
    expected = [-math.log((counts[name] + 1) / total) for name in pairs["category"]]
    baseline = got["baselines"][FREQUENT]
    assert baseline["log_loss"]["value"] == pytest.approx(sum(expected) / len(expected), abs=1e-9)
    assert baseline["top_3"]["value"] == 1  # of four categories, the two without a pair tie


def test_a_model_knows_more_than_the_frequencies(model: Model, features: DatasetFeatures) -> None:
    """The drawn scenes show what they lack."""
    wanted = evaluate(model, features, "test")["wanted"]
    baseline = wanted["baselines"][FREQUENT]
    assert wanted["log_loss"]["high"] < baseline["log_loss"]["low"]
    assert wanted["top_1"]["low"] > baseline["top_1"]["high"]


def test_a_model_that_cannot_say(model: Model, features: DatasetFeatures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_wanted", None)
    assert evaluate(model, features, "test")["wanted"] is None


def test_a_probability_of_nothing_costs_a_finite_loss() -> None:
    assert log_loss(np.array([[0.0, 1.0]]), np.array([0])).tolist() == pytest.approx([87.3], abs=0.1)


def test_novelty_takes_the_prior_away(model: Model, features: DatasetFeatures, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = evaluate(model, features, "test")
    rng = np.random.default_rng(0)
    monkeypatch.setattr(model, "prior", lambda products: rng.normal(size=len(products["id"])).astype(np.float32))
    with_prior = evaluate(model, features, "test")
    assert (plain["novelty"], with_prior["novelty"]) == (0, 0)
    assert with_prior["binary_accuracy"]["value"] < plain["binary_accuracy"]["value"]  # it is noise
    without = evaluate(model, features, "test", novelty=1.0)
    for name in ("binary_accuracy", "mrr", "top_k", "seen_products", "by_category"):
        assert without[name] == plain[name]
    with pytest.raises(UsageError, match=r"got the novelty 1\.5; expected 0"):
        evaluate(model, features, "test", novelty=1.5)
