"""The recipe `default`: what the validation pairs choose, what is fitted again, and that it goes on where it stood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from scenefit.config import TrainConfig, recipe
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.contrast import ContrastiveLook
from scenefit.model.heads import Dropout, Sizes
from scenefit.training import default, loop
from scenefit.training.closed_form import ClosedForm
from scenefit.training.contrast import ContrastData
from scenefit.training.default import Default, common_epochs, fit_default
from scenefit.training.joining import Learned, Weights
from scenefit.training.loop import Trained, learning_rate
from scenefit.types import Progress, silent

CONFIG = replace(recipe("default"), hidden=16, embedding=8, epochs=3, networks=2, batch_size=32)
Fit = Callable[..., Default]


class Stopped(BaseException):
    """Stands for Ctrl-C between two epochs."""


@pytest.fixture
def features(planted: Callable[..., DatasetFeatures]) -> DatasetFeatures:
    return planted(60, seed=1)


@pytest.fixture
def fit(features: DatasetFeatures, tmp_path: Path) -> Fit:
    def run(
        config: TrainConfig = CONFIG, work: str = "work", validated: bool = True, progress: Progress = silent
    ) -> Default:
        data = ContrastData(features, features.dataset.split_rows("train"))
        rows = np.flatnonzero(features.dataset.pairs["split"] == "val")
        sizes = Sizes(6, 3, config.hidden, config.embedding, 2)
        validation = data.validation(rows if validated else rows[:0])
        return fit_default(data, validation, sizes, config, tmp_path / work, progress=progress)

    return run


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the closed form of the planted world, which is linear, count as worse than a network."""
    monkeypatch.setattr(ClosedForm, "accuracy", 0.0)


def assert_same(got: Learned, expected: Learned) -> None:
    """Equal to the last bit."""
    assert got.weights == expected.weights
    assert np.array_equal(got.memory, expected.memory) and np.array_equal(got.prior, expected.prior)
    weights = expected.look.state_dict()
    for name, value in got.look.state_dict().items():
        assert torch.equal(value, weights[name]), name


@pytest.mark.usefixtures("several")
def test_it_is_fitted_again_to_training_and_validation_pairs(fit: Fit, features: DatasetFeatures) -> None:
    fitted = fit()
    split = features.dataset.pairs["split"]
    assert fitted.data.train.pair.tolist() == np.flatnonzero(split != "test").tolist()
    both, train = (
        np.unique(features.dataset.pair_product[np.isin(split, parts)]) for parts in (["train", "val"], ["train"])
    )
    assert fitted.data.pool.tolist() == both.tolist()
    assert (len(fitted.learned.memory), len(fitted.chosen.memory)) == (len(both), len(train))
    assert len(both) > len(train)
    assert fitted.learned.weights == fitted.chosen.weights
    assert not torch.equal(fitted.learned.look.closed_form.scene.weight, fitted.chosen.look.closed_form.scene.weight)
    for ours, theirs in zip(fitted.learned.look.networks, fitted.chosen.look.networks, strict=True):
        assert not torch.equal(ours.categories.weight, theirs.categories.weight)
    assert not torch.equal(*(network.model.categories.weight for network in fitted.networks))
    facts = fitted.facts()
    assert facts["best_epochs"] == [network.best_epoch for network in fitted.networks]
    assert (facts["ridge"], facts["near_scenes"]) == (fitted.closed.ridge, fitted.closed.near)
    assert list(facts["weights"]) == list(Weights._fields)


def test_without_validation_pairs_nothing_is_chosen_and_nothing_fitted_again(fit: Fit, tmp_path: Path) -> None:
    fitted = fit(validated=False)
    assert fitted.chosen is fitted.learned
    assert fitted.learned.weights == Weights()
    assert [len(network.history) for network in fitted.networks] == [3, 3]
    assert sorted(folder.name for folder in (tmp_path / "work").iterdir()) == ["network-0", "network-1"]
    for values in (fitted.learned.memory, fitted.learned.prior, *fitted.learned.look.state_dict().values()):
        assert np.isfinite(np.asarray(values)).all()


def test_two_fits_are_equal(fit: Fit) -> None:
    first, again, other = fit(), fit(work="again"), fit(replace(CONFIG, seed=1), work="other")
    assert_same(again.learned, first.learned)
    assert_same(again.chosen, first.chosen)
    assert first.facts() == again.facts()
    assert not np.array_equal(other.learned.memory, first.learned.memory)


@pytest.mark.usefixtures("several")
def test_goes_on_to_the_same_model_wherever_it_is_stopped(fit: Fit) -> None:
    """In the first network, after it, in the second, and in both of those that are trained again."""
    steps: list[tuple[str, int]] = []
    whole = fit(progress=lambda what, done, total: steps.append((what, done)))
    assert steps == [("closed form", 0), ("closed form", 1), *[("epochs", epoch) for epoch in (1, 2, 3)] * 4]
    for left in (2, 1, 4, 5):

        def stop(what: str, done: int, total: int, left: list[int] = [left]) -> None:  # noqa: B006
            left[0] -= what == "epochs"
            if not left[0] and what == "epochs":
                raise Stopped

        with pytest.raises(Stopped):
            fit(work="stopped", progress=stop)
    seen: list[str] = []
    assert_same(fit(work="stopped", progress=lambda what, done, total: seen.append(what)).learned, whole.learned)
    assert seen == ["closed form", "closed form"]  # the epochs were all done


@pytest.mark.usefixtures("several")
def test_of_many_pairs_one_network_is_trained(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default, "MANY", 84)
    assert [_dropout(network) for network in fit().networks] == [CONFIG.dropout / 2]
    monkeypatch.setattr(default, "MANY", 85)
    assert [_dropout(network) for network in fit().networks] == [CONFIG.dropout] * 2


def _dropout(network: Trained[ContrastiveLook]) -> float:
    (layer,) = (part for part in network.model.local if isinstance(part, Dropout))
    return layer.rate


@pytest.mark.usefixtures("several")
def test_what_serves_is_trained_at_a_rate_that_falls_to_nothing(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []

    def noted(config: TrainConfig, epoch: int) -> float:
        rates.append(learning_rate(config, epoch))
        return rates[-1]

    monkeypatch.setattr(loop, "learning_rate", noted)
    monkeypatch.setattr(default, "COOLING", 2)
    fit()
    share = np.array([1, 1, 1] * 2 + [3 / 3, 2 / 3, 1 / 3] * 2)  # two networks of three epochs, and both again
    assert rates == pytest.approx(CONFIG.learning_rate * share)


def test_no_more_networks_are_trained_where_one_is_worse_than_the_closed_form(fit: Fit) -> None:
    fitted = fit()
    first = fitted.networks[0]
    assert first.history[first.best_epoch - 1]["validation_accuracy"] < fitted.closed.accuracy
    assert len(fitted.networks) == len(fitted.learned.look.networks) == 1
    assert len(fit(validated=False, work="other").networks) == 2  # nothing says which is better


def test_near_scenes_may_be_left_out(fit: Fit) -> None:
    with_them, without = fit().closed, fit(replace(CONFIG, near_scenes=False), work="without")
    assert len(with_them.shares) > 1 and list(without.closed.shares) == [0.0]
    assert without.closed.accuracy == with_them.shares[0.0] > 0.6
    assert without.learned.look.closed_form.neighbours is None


def history(*accuracies: float) -> list[dict[str, Any]]:
    return [{"epoch": i + 1, "validation_accuracy": accuracy} for i, accuracy in enumerate(accuracies)]


def test_how_long_to_train_again() -> None:
    """Where the mean of all, over three epochs, is highest; as many as every network has, and no fewer than a few."""
    rise, fall = [0.5 + 0.01 * i for i in range(12)], [0.6 - 0.01 * i for i in range(12)]
    assert common_epochs([history(*rise)], 8) == 12
    assert common_epochs([history(*fall)], 8) == 8
    assert common_epochs([history(*rise), history(*rise[:10])], 8) == 10
    assert common_epochs([history(*fall[:3])], 8) == 3
    lucky = [*[0.5] * 9, 0.9, 0.5, 0.5, 0.5]  # one peak of three epochs' mean, of which the first counts
    assert common_epochs([history(*lucky)], 8) == 9
    steady = [*[0.5] * 10, 0.7, 0.7, 0.7, 0.5]
    assert common_epochs([history(*steady)], 8) == 12
    assert common_epochs([history(*steady), history(*[0.7] * 10, *[0.1] * 4)], 8) == 8


def test_pairs_that_training_sets_aside_keep_their_product_in_the_pool(
    planted: Callable[..., DatasetFeatures], tmp_path: Path
) -> None:
    """Two shoes; every scene goes with one of them but the first, which goes with both and so makes no triplet."""
    features = planted(30)
    dataset = features.dataset
    shoes = np.flatnonzero(dataset.products["category"] == "Shoes")[:2]
    pairs = {name: column[dataset.pairs["category"] == "Shoes"].copy() for name, column in dataset.pairs.items()}
    pairs["product"][:] = dataset.products["id"][shoes[0]]
    pairs = {name: np.concatenate([column, column[:1]]) for name, column in pairs.items()}
    pairs["product"][-1] = dataset.products["id"][shoes[1]]
    changed = replace(features, dataset=replace(dataset, pairs=pairs))
    data = ContrastData(changed, changed.dataset.split_rows("train"))
    validation = data.validation(np.flatnonzero(pairs["split"] == "val"))
    assert (data.train.set_aside, data.pool.tolist(), len(validation.product)) == (2, shoes.tolist(), 5)
    fitted = fit_default(data, validation, Sizes(6, 3, 16, 8, 1), CONFIG, tmp_path / "work")
    assert fitted.data.pool.tolist() == shoes.tolist()
    assert len(fitted.data.train.product) == len(data.train.product) + 5
