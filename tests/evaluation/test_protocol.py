"""The protocol against loops: which pairs, which negatives, which gallery."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from scenefit.data.dataset import Dataset
from scenefit.errors import DataError
from scenefit.evaluation import protocol
from scenefit.evaluation.metrics import binary_accuracy
from scenefit.evaluation.protocol import Bench, baselines
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.baselines import Random
from scenefit.types import Array, Ints

BOTH = ["Pants", "Shoes"]


class Drawn:
    """A scorer that gives small whole numbers drawn at random, so that many products tie."""

    def __init__(self, pairs: int, products: int) -> None:
        self.table = np.random.default_rng(0).integers(0, 6, (pairs, products))

    def distances(self, pairs: Ints, products: Ints) -> Array:
        return np.asarray(self.table[pairs][:, products])


def changed(features: DatasetFeatures, keep: Array, extra: list[tuple[int, int]] | None = None) -> DatasetFeatures:
    """Keep some pairs, and let scenes go with further products: (row of a pair, row of a product)."""
    old = features.dataset
    pairs = {name: column[keep] for name, column in old.pairs.items()}
    for pair, product in extra or []:
        more = {name: column[[pair]].copy() for name, column in old.pairs.items()}
        more["product"][0], more["category"][0] = (old.products[name][product] for name in ("id", "category"))
        pairs = {name: np.concatenate([pairs[name], more[name]]) for name in pairs}
    dataset = Dataset(old.folder, old.about, old.scenes, old.products, pairs)
    return DatasetFeatures(dataset, features.store, features.grid)


def everything(features: DatasetFeatures) -> Ints:
    return np.arange(len(features.dataset.pair_scene))


def bench_of(features: DatasetFeatures, known: list[str] | None = None, cropped: bool = True) -> Bench:
    return Bench.of(features, everything(features), known or BOTH, cropped, seed=0)


def by_loops(bench: Bench, table: Array) -> list[tuple[int, int, int]]:
    """Count better, tied and eligible for each pair, product by product."""
    dataset = bench.features.dataset
    goes = set(zip(dataset.pairs["scene"], dataset.pairs["product"], strict=True))
    out = []
    for row, pair in enumerate(bench.pairs):
        scene, own = dataset.pairs["scene"][pair], dataset.pairs["product"][pair]
        own_distance = table[row, dataset.products["id"].tolist().index(own)]
        better = tied = eligible = 0
        for product, name in enumerate(dataset.products["id"]):
            if dataset.products["category"][product] != dataset.pairs["category"][pair] or (scene, name) in goes:
                continue
            eligible += 1
            better += int(table[row, product] < own_distance)
            tied += int(table[row, product] == own_distance)
        out.append((better, tied, eligible))
    return out


def test_ranks_among_every_product_of_the_category_but_the_other_positives(features: DatasetFeatures) -> None:
    """Errors 6 and 7; the gallery holds the products that stand in no pair."""
    dataset = features.dataset
    without = dataset.pair_product != dataset.pair_product[4]
    same = np.flatnonzero(dataset.product_category == dataset.product_category[dataset.pair_product[0]])
    spread = changed(features, without, [(0, int(product)) for product in same[:4]])
    bench = bench_of(spread)
    scorer = Drawn(len(bench.pairs), 24)
    placing = bench.measure(scorer).placing
    expected = by_loops(bench, scorer.table)
    assert list(zip(*(column.tolist() for column in placing), strict=True)) == expected
    assert min(placing.eligible) < 10
    assert max(placing.eligible) == 11


def test_parts_of_a_category_change_nothing(features: DatasetFeatures, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of(features)
    scorer = Drawn(len(bench.pairs), 24)
    whole = bench.measure(scorer).placing
    monkeypatch.setattr(protocol, "CHUNK", 7)
    for got, expected in zip(bench.measure(scorer).placing, whole, strict=True):
        assert got.tolist() == expected.tolist()


def test_both_views_hold_the_same_pairs(features: DatasetFeatures) -> None:
    cropped, whole = bench_of(features), bench_of(features, cropped=False)
    assert cropped.pairs.tolist() == whole.pairs.tolist()
    assert not set(cropped.feature_rows) & set(whole.feature_rows)


def test_what_cannot_be_evaluated_is_set_aside_and_counted(features: DatasetFeatures) -> None:
    dataset = features.dataset
    pants = int((dataset.pairs["category"] == "Pants").sum())
    known = bench_of(features, ["Pants", "Hats"])
    assert (len(known.pairs), known.set_aside) == (pants, len(dataset.pair_scene) - pants)
    every_pants = [(0, int(row)) for row in np.flatnonzero(dataset.products["category"] == "Pants")]
    full = changed(features, np.arange(len(dataset.pair_scene)) != 0, every_pants)
    of_the_scene = full.dataset.pair_scene == dataset.pair_scene[0]
    assert bench_of(full).set_aside == (of_the_scene & (full.dataset.pairs["category"] == "Pants")).sum() >= 12
    none = replace(features, dataset=replace(dataset, scenes=dataset.scenes | {"content": dataset.scenes["id"]}))
    with pytest.raises(DataError, match=r"none of the 80 pairs can be evaluated; they need features, a category that"):
        bench_of(none)


def test_random_is_one_half_and_k_of_n(features: DatasetFeatures) -> None:
    bench = bench_of(features)
    measures = bench.measure(Random())
    assert binary_accuracy(measures.placing).tolist() == [0.5] * len(bench.pairs)
    summary = measures.summary()
    assert summary["binary_accuracy"] == summary["sampled_binary_accuracy"] == {"value": 0.5, "low": 0.5, "high": 0.5}
    chances = measures.placing.eligible + 1
    for k in (1, 5, 10, 20):
        assert summary["top_k"][str(k)]["value"] == pytest.approx(np.minimum(1, k / chances).mean())
    assert summary["mrr"]["value"] == pytest.approx(np.mean([sum(1 / np.arange(1, n + 1)) / n for n in chances]))


def test_popularity_is_that_of_the_training_split(features: DatasetFeatures) -> None:
    dataset = features.dataset
    counts = baselines(bench_of(features))["popularity"].counts  # type: ignore[attr-defined]
    for product, name in enumerate(dataset.products["id"]):
        here = (dataset.pairs["product"] == name) & (dataset.pairs["split"] == "train")
        assert counts[product] == here.sum()
    assert counts.sum() < len(dataset.pair_scene)


def test_raw_features_compare_the_view_with_the_products(features: DatasetFeatures) -> None:
    bench = bench_of(features)
    got = baselines(bench)["raw features"].distances(np.array([3, 0]), np.array([5, 1, 2]))
    for i, pair in enumerate((3, 0)):
        scene = features.scenes.read("pooled", bench.feature_rows[[pair]])[0]
        for j, product in enumerate((5, 1, 2)):
            other = features.products[product]
            difference = scene / np.linalg.norm(scene) - other / np.linalg.norm(other)
            assert got[i, j] == pytest.approx(float(difference @ difference), abs=1e-5)


def test_no_scene_stands_in_two_splits(features: DatasetFeatures) -> None:
    """Error 5."""
    dataset = features.dataset
    scenes = [set(dataset.pairs["scene"][dataset.split_rows(split)]) for split in ("train", "val", "test")]
    assert all(not first & second for first, second in pairwise([*scenes, scenes[0]]))
