"""The published errors: each is in the method that names it, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from scenefit.compare import ctl, mistakes
from scenefit.compare.methods import METHODS
from scenefit.compare.networks import NetworkScorer, fit_network
from scenefit.compare.task import Fitted, Task
from scenefit.config import TrainConfig
from scenefit.data.triplets import NegativeSampler
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.types import Bools, Ints

Drawn = list[tuple[Ints, Ints, Bools]]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch, quick: TrainConfig) -> None:
    """Train for a second."""
    for module in (ctl, mistakes):
        monkeypatch.setattr(module, "PAPER", quick)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, task: Task) -> Iterator[Drawn]:
    """What negatives are drawn: their categories, the positives' categories, whether they are other positives."""
    draws: Drawn = []
    draw = NegativeSampler.draw
    known = {*zip(task.dataset.pair_scene.tolist(), task.dataset.pair_product.tolist(), strict=True)}

    def recorded(self: NegativeSampler, scenes: Ints, products: Ints, rng: np.random.Generator) -> Ints:
        negatives = draw(self, scenes, products, rng)
        category = task.dataset.product_category
        own = scenes if scenes.max() < len(task.dataset.scenes["id"]) else task.dataset.pair_scene[scenes]
        others = np.array([pair in known for pair in zip(own.tolist(), negatives.tolist(), strict=True)])
        draws.append((category[negatives], category[products], others))
        return negatives

    monkeypatch.setattr(NegativeSampler, "draw", recorded)
    yield draws


def ranked(fitted: Fitted, task: Task) -> Ints:
    assert fitted.scorer is not None
    return task.bench.measure(fitted.scorer).placing.better


def test_the_right_model_draws_right(task: Task, drawn: Drawn) -> None:
    METHODS["ctl-paper"].fit(task)
    assert all((negative == positive).all() and not others.any() for negative, positive, others in drawn)


def test_other_categories(task: Task, drawn: Drawn) -> None:
    fitted = METHODS["error-7"].fit(task)
    assert any((negative != positive).any() for negative, positive, _ in drawn)
    assert fitted.reported is not None
    bench, scorer = fitted.reported
    placing, own = bench.measure(scorer).placing, task.bench.measure(scorer).placing
    gallery = len(task.dataset.products["id"])
    scenes = task.dataset.pair_scene
    for i, pair in enumerate(bench.pairs):
        positives = len({*task.dataset.pair_product[scenes == scenes[pair]].tolist()})
        assert placing.eligible[i] == gallery - positives
    assert (own.eligible < placing.eligible).all()
    assert (own.better <= placing.better).all()


def test_other_positives(task: Task) -> None:
    """The looks are given a second pair of trousers each, so that there are other positives of the category."""
    dataset = task.dataset
    pants = np.flatnonzero(dataset.pairs["category"] == "Pants")
    of_pants = np.flatnonzero(dataset.products["category"] == "Pants")
    second = {name: column[pants].copy() for name, column in dataset.pairs.items()}
    shifted = of_pants[(np.searchsorted(of_pants, dataset.pair_product[pants]) + 1) % len(of_pants)]
    second["product"] = dataset.products["id"][shifted]
    pairs = {name: np.concatenate([dataset.pairs[name], second[name]]) for name in dataset.pairs}
    features = replace(task.features, dataset=replace(dataset, pairs=pairs))
    twofold = Task.of(features, task.backbone, "val", 0, task.work)
    fitted = METHODS["error-6"].fit(twofold)
    assert fitted.reported is not None
    bench, scorer = fitted.reported
    reported, own = bench.measure(scorer).placing, ranked(fitted, twofold)
    assert bench.pairs.tolist() == twofold.bench.pairs.tolist()
    of_pants_too = pairs["category"][bench.pairs] == "Pants"
    right = twofold.bench.measure(scorer).placing
    assert (reported.eligible - right.eligible == of_pants_too).all()
    assert ((reported.better >= own) & (reported.better <= own + of_pants_too)).all()


def test_split_by_pair(task: Task) -> None:
    fitted = METHODS["error-5"].fit(task)
    assert fitted.scorer is None
    assert fitted.reported is not None
    mixed = fitted.reported[0].features.dataset
    scene_of = np.array([name.split("#")[0] for name in mixed.pairs["scene"]])
    splits = {scene: {*mixed.pairs["split"][scene_of == scene].tolist()} for scene in set(scene_of.tolist())}
    assert any(len(found) > 1 for found in splits.values())
    assert {*mixed.pairs["split"].tolist()} == {"train", "val", "test"}
    (task.work / "other").mkdir()
    other = METHODS["error-5"].fit(replace(task, seed=1, work=task.work / "other")).reported
    assert other is not None
    assert other[0].pairs.tolist() == fitted.reported[0].pairs.tolist()  # so that the mean over seeds is of one set
    assert mixed.pairs["product"].tolist() == task.dataset.pairs["product"].tolist()


def test_positive_as_key_leaks_only_when_reported(task: Task, quick: TrainConfig) -> None:
    fitted = METHODS["error-2"].fit(task)
    assert fitted.reported is not None
    leak = fitted.reported[1]
    assert isinstance(leak, mistakes.LabelLeak)
    rows, products = np.arange(len(task.bench.pairs)), np.arange(len(task.dataset.products["id"]))
    with torch.no_grad():
        reported = leak.distances(rows, products)
        assert isinstance(fitted.scorer, NetworkScorer)
        own = fitted.scorer.distances(rows, products)
    positive = task.dataset.pair_product[task.bench.pairs]
    np.testing.assert_allclose(reported[rows, positive], own[rows, positive], atol=1e-5)
    assert not np.allclose(reported, own, atol=1e-4)


def test_product_left_in(task: Task) -> None:
    compute_features(task.dataset, task.backbone, np.arange(len(task.dataset.pair_scene)), cropped=False)
    task = replace(task, features=DatasetFeatures.open(task.dataset, task.backbone))
    fitted = METHODS["error-3"].fit(task)
    assert fitted.reported is not None
    assert isinstance(fitted.scorer, NetworkScorer)
    reported = fitted.reported[1]
    assert isinstance(reported, NetworkScorer)
    pairs = task.bench.pairs
    assert reported.scene_rows.tolist() == task.features.scene_rows(pairs, cropped=False).tolist()
    assert fitted.scorer.scene_rows.tolist() == task.features.scene_rows(pairs).tolist()


def test_turned_loss_ranks_worse_than_chance(task: Task, monkeypatch: pytest.MonkeyPatch, quick: TrainConfig) -> None:
    def shares(name: str) -> float:
        (task.work / name).mkdir()
        own = replace(task, work=task.work / name)
        placing = task.bench.measure(METHODS[name].fit(own).scorer).placing  # type: ignore[arg-type]
        return float(np.mean(placing.better / placing.eligible))

    for module in (ctl, mistakes):
        monkeypatch.setattr(module, "PAPER", replace(quick, epochs=12))
    none = replace(task.dataset, pairs={**task.dataset.pairs, "split": task.dataset.pairs["split"].copy()})
    none.pairs["split"][none.pairs["split"] == "val"] = "test"  # without validation the last epoch is taken
    task = Task.of(replace(task.features, dataset=none), task.backbone, "test", 0, task.work)
    assert shares("error-9") > 0.5 > shares("ctl-paper")


def test_scene_for_each_pair(task: Task) -> None:
    alone = mistakes.scene_for_each_pair(task.dataset)
    assert len(set(alone.pairs["scene"].tolist())) == len(alone.scenes["id"]) == len(task.dataset.pair_scene)
    assert alone.scenes["content"][alone.pair_scene].tolist() == (
        task.dataset.scenes["content"][task.dataset.pair_scene].tolist()
    )


def test_attention_is_that_of_the_network(task: Task, quick: TrainConfig) -> None:
    model, data, _ = fit_network(task, quick, lambda sizes: ctl.build(ctl.LocalOnly, sizes), ctl.hinge)
    maps = NetworkScorer(model, data, task.bench.pairs).attention()
    assert maps is not None
    assert maps.shape == (len(task.bench.pairs), 49)
    np.testing.assert_allclose(maps.sum(axis=1), 1, rtol=1e-5)
