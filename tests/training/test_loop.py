"""The training loop: what it learns, what it draws, when it stops, and that it goes on where it stood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from scenefit.config import TrainConfig
from scenefit.data.triplets import NegativeSampler
from scenefit.errors import ArtifactError, UsageError
from scenefit.model.heads import CompleteTheLook, Sizes
from scenefit.training.loop import Trained, pick_device, train
from scenefit.training.loss import triplet_loss
from scenefit.training.triplet_data import TripletData
from scenefit.types import Ints

Run = Callable[..., Trained[CompleteTheLook]]


class Stopped(BaseException):
    """Stands for Ctrl-C between two epochs."""


@pytest.fixture
def run(data: TripletData, quick: TrainConfig, tmp_path: Path) -> Run:
    """Train on the drawn looks, each time in a new folder unless one is given."""

    def train_(
        config: TrainConfig = quick, work: Path | None = None, stop: int = 0, validated: bool = True
    ) -> Trained[CompleteTheLook]:
        def progress(what: str, done: int, total: int) -> None:
            if done == stop:
                raise Stopped

        rows = np.flatnonzero(data.features.dataset.pairs["split"] == "val")
        if work is None:
            work = tmp_path / str(len(list(tmp_path.iterdir())))
            work.mkdir()
        sizes = Sizes(64, 48, config.hidden, config.embedding, 2)
        return train(
            data,
            data.validation(rows if validated else rows[:0]),
            lambda: CompleteTheLook(sizes, config.dropout),
            lambda model, batch: triplet_loss(*model.triplets(*batch[:5]), config.margin),
            config,
            work,
            progress=progress,
        )

    return train_


def assert_same(got: Trained[CompleteTheLook], expected: Trained[CompleteTheLook]) -> None:
    """Equal to the last bit."""
    assert got.history == expected.history
    assert got.best_epoch == expected.best_epoch
    weights = expected.model.state_dict()
    for name, value in got.model.state_dict().items():
        assert torch.equal(value, weights[name]), name


def test_learns_the_drawn_rule(run: Run, quick: TrainConfig) -> None:
    trained = run(replace(quick, hidden=64, dropout=0.1, epochs=30, patience=30))
    assert [epoch["epoch"] for epoch in trained.history] == list(range(1, 31))
    assert trained.history[-1]["loss"] < 0.1 < trained.history[0]["loss"]
    late = [epoch["validation_accuracy"] for epoch in trained.history[-8:]]
    assert np.mean(late) > 0.7
    assert not trained.model.training


def test_seeds(run: Run, quick: TrainConfig) -> None:
    short = replace(quick, epochs=3)
    first, again, other = run(short), run(short), run(replace(short, seed=1))
    assert_same(again, first)
    assert not torch.equal(first.model.categories.weight, other.model.categories.weight)
    assert first.history != other.history


@pytest.mark.parametrize("stops", [(1,), (3, 4, 11), (19,)])
def test_goes_on_to_the_same_weights(run: Run, tmp_path: Path, stops: tuple[int, ...]) -> None:
    whole, work = run(), tmp_path / "work"
    work.mkdir()
    for stop in stops:
        with pytest.raises(Stopped):
            run(work=work, stop=stop)
    assert_same(run(work=work), whole)
    assert_same(run(work=work), whole)


def test_gives_the_weights_of_the_best_epoch(run: Run, quick: TrainConfig) -> None:
    still = replace(quick, learning_rate=1e-9, patience=3)
    whole = run(still)
    best = len(whole.history) - 3
    assert whole.history[best - 1]["validation_accuracy"] == max(e["validation_accuracy"] for e in whole.history)
    until = run(replace(still, epochs=best))
    assert whole.best_epoch == until.best_epoch == best
    assert_same(until, replace(whole, history=whole.history[:best]))


@pytest.mark.parametrize("patience", [1, 3])
def test_stops_when_nothing_gets_better(run: Run, quick: TrainConfig, patience: int) -> None:
    still = replace(quick, learning_rate=1e-9, patience=patience)
    trained = run(still)
    assert len(trained.history) == trained.best_epoch + patience < 20


def test_no_network_of_the_first_epochs_is_kept(run: Run, quick: TrainConfig) -> None:
    still = replace(quick, learning_rate=1e-9, patience=1)
    plain = run(still)
    fewest = len(plain.history) + 2
    trained = run(replace(still, fewest=fewest))
    assert plain.best_epoch < fewest <= trained.best_epoch == len(trained.history) - 1
    assert run(replace(still, fewest=9, epochs=2)).best_epoch == 2  # there are no more


def test_without_validation_pairs_every_epoch_runs(run: Run, quick: TrainConfig) -> None:
    trained = run(replace(quick, epochs=5, patience=1), validated=False)
    assert (len(trained.history), trained.best_epoch) == (5, 5)
    assert {epoch["validation_accuracy"] for epoch in trained.history} == {None}


def test_a_checkpoint_of_other_settings_is_not_taken(run: Run, quick: TrainConfig, tmp_path: Path) -> None:
    run(replace(quick, epochs=2), work=tmp_path)
    other = replace(quick, epochs=2, margin=0.3)
    assert_same(run(other, work=tmp_path), run(other))


def test_a_damaged_checkpoint_is_refused(run: Run, quick: TrainConfig, tmp_path: Path) -> None:
    run(replace(quick, epochs=1), work=tmp_path)
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match=r"checkpoint\.safetensors cannot be read .*remove it to train from the st"):
        run(replace(quick, epochs=1), work=tmp_path)


def test_negatives_are_drawn_afresh_and_validation_ones_are_not(
    run: Run, data: TripletData, quick: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors 6 and 7 too: never another positive of the scene, never another category."""
    drawn: dict[int, list[list[int]]] = {id(data.train_sampler): [], id(data.catalog_sampler): []}
    draw = NegativeSampler.draw

    def recorded(self: NegativeSampler, scenes: Ints, products: Ints, rng: np.random.Generator) -> Ints:
        negatives = draw(self, scenes, products, rng)
        category = data.features.dataset.product_category
        assert (category[negatives] == category[products]).all()
        assert not data.positives.contain(scenes, negatives).any()
        drawn[id(self)].append(negatives.tolist())
        return negatives

    monkeypatch.setattr(NegativeSampler, "draw", recorded)
    run(replace(quick, epochs=4))
    training, validation = drawn[id(data.train_sampler)], drawn[id(data.catalog_sampler)]
    assert len({tuple(epoch) for epoch in training}) == len(training) == 4
    assert len({tuple(epoch) for epoch in validation}) == 1
    assert {row for epoch in training for row in epoch} <= set(data.pool.tolist())


def test_devices() -> None:
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(UsageError, match="got --device 'tpu'; expected auto, cpu or cuda"):
        pick_device("tpu")


def test_cuda_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="got --device cuda, but torch sees no CUDA device; use --device cpu"):
        pick_device("cuda")
