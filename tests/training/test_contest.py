"""Of which products a validation pair's positive has to be ahead, when parts are weighed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from scenefit.features.dataset_features import DatasetFeatures
from scenefit.training import logit
from scenefit.training.logit import Contest
from scenefit.training.triplet_data import SplitPairs, TripletData


@pytest.fixture
def data(planted: Callable[..., DatasetFeatures]) -> TripletData:
    """Forty products of two categories, of which one has no picture; scene 1 goes with three Pants and a shoe."""
    features = planted(100)
    dataset = features.dataset
    more = {name: column[[2, 2]].copy() for name, column in dataset.pairs.items()}
    pants = [i for i in range(0, 40, 2) if i != dataset.pair_product[2]]
    more["product"] = dataset.products["id"][pants[:2]]
    pairs = {name: np.concatenate([column, more[name]]) for name, column in dataset.pairs.items()}
    changed = replace(features, dataset=replace(dataset, pairs=pairs))
    changed.product_rows[pants[5]] = -1
    return TripletData(changed, changed.dataset.split_rows("train"))


@pytest.fixture
def pairs(data: TripletData) -> SplitPairs:
    """The pairs of validation, and one of scene 1."""
    own = np.flatnonzero(data.train.scene == 1)[:1]
    validation = data.validation(np.flatnonzero(data.features.dataset.pairs["split"] == "val"))
    columns = zip(list(vars(validation).values())[:4], list(vars(data.train).values())[:4], strict=True)
    return SplitPairs(*(np.concatenate([ours, theirs[own]]) for ours, theirs in columns), 0)


def test_the_positive_comes_first_and_stands_against_its_category(data: TripletData, pairs: SplitPairs) -> None:
    contest = Contest.of(data, pairs, 0)
    assert contest.rows.tolist() == list(range(len(pairs.product)))
    assert contest.candidates[:, 0].tolist() == pairs.product.tolist()
    assert contest.eligible[:, 0].all()
    category, there = data.features.dataset.product_category, data.features.product_rows >= 0
    known = set(
        zip(data.features.dataset.pair_scene.tolist(), data.features.dataset.pair_product.tolist(), strict=True)
    )
    for row, candidates, eligible in zip(contest.rows, contest.candidates, contest.eligible, strict=True):
        scene, own = int(pairs.scene[row]), int(pairs.product[row])
        expected = {
            other
            for other in range(40)
            if category[other] == category[own] and there[other] and (scene, other) not in known
        }
        got = candidates[1:][eligible[1:]].tolist()
        assert set(got) == expected and len(got) == len(expected)
    assert contest.eligible[-1].sum() < contest.eligible[contest.candidates[:, 0] % 2 == 0].sum(axis=1).max()


def test_at_most_so_many_pairs_and_candidates(
    data: TripletData, pairs: SplitPairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logit, "PAIRS", 7)
    monkeypatch.setattr(logit, "CANDIDATES", 5)
    contest = Contest.of(data, pairs, 0)
    assert contest.candidates.shape == contest.eligible.shape == (7, 6)
    assert contest.rows.tolist() == sorted({*contest.rows.tolist()})
    other = Contest.of(data, pairs, 1)
    assert contest.rows.tolist() != other.rows.tolist()
    again = Contest.of(data, pairs, 0)
    assert all(np.array_equal(a, b) for a, b in zip(contest, again, strict=True))


def test_of_no_pairs_there_is_none(data: TripletData) -> None:
    contest = Contest.of(data, data.none(), 0)
    assert (len(contest.rows), contest.candidates.shape) == (0, (0, 501))
