"""Intervals over scenes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scenefit.evaluation.bootstrap import Estimate, SceneBootstrap

VALUES = np.random.default_rng(0).random(60)
SCENES = np.arange(60)


def test_value_is_the_mean_inside_its_interval() -> None:
    got = SceneBootstrap(SCENES, seed=0).estimate(VALUES)
    assert got.value == pytest.approx(VALUES.mean())
    assert got.low < got.value < got.high
    error = VALUES.std() / math.sqrt(60)
    assert (got.high - got.low) / 2 == pytest.approx(1.96 * error, rel=0.1)


def test_two_pairs_of_a_scene_go_together() -> None:
    """One right, one wrong in each scene: whatever scenes are drawn, the mean is one half."""
    got = SceneBootstrap(SCENES.repeat(2), seed=0).estimate(np.tile([0.0, 1.0], 60))
    assert (got.value, got.low, got.high) == (0.5, 0.5, 0.5)


def test_more_pairs_of_the_same_scenes_tell_no_more() -> None:
    once, thrice = SceneBootstrap(SCENES, seed=0), SceneBootstrap(SCENES.repeat(3), seed=0)
    expected = once.estimate(VALUES)
    got = thrice.estimate(VALUES.repeat(3))
    assert [got.value, got.low, got.high] == pytest.approx([expected.value, expected.low, expected.high])


def test_scenes_may_come_in_any_order_under_any_number() -> None:
    order = np.random.default_rng(1).permutation(60)
    names = np.sort(np.random.default_rng(2).choice(10**6, 60, replace=False))
    expected = SceneBootstrap(SCENES, seed=3).estimate(VALUES)
    got = SceneBootstrap(names[order], seed=3).estimate(VALUES[order])
    assert [got.value, got.low, got.high] == pytest.approx([expected.value, expected.low, expected.high])


def test_covers_the_truth_where_pairs_of_a_scene_agree() -> None:
    """200 datasets of 40 scenes, the five pairs of one nearly alike: about 95 % of the intervals hold the truth."""
    rng, scenes, covered = np.random.default_rng(4), np.arange(40).repeat(5), 0
    for seed in range(200):
        values = rng.normal(size=40).repeat(5) + 0.1 * rng.normal(size=200)
        got = SceneBootstrap(scenes, seed).estimate(values)
        covered += got.low <= 0 <= got.high
    assert 0.88 <= covered / 200 <= 0.99


def test_seeds() -> None:
    first, again, other = (SceneBootstrap(SCENES, seed).estimate(VALUES) for seed in (5, 5, 6))
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)


def test_every_metric_sees_the_same_draws() -> None:
    """So that differences are paired: a constant gain has no interval of its own."""
    bootstrap = SceneBootstrap(SCENES, seed=0)
    first, better = bootstrap.estimate(VALUES), bootstrap.estimate(VALUES + 0.25)
    assert (better.low - first.low, better.high - first.high) == pytest.approx((0.25, 0.25))
    gain = bootstrap.estimate(VALUES + 0.25 - VALUES)
    assert (gain.low, gain.high) == pytest.approx((0.25, 0.25))


def test_chosen_pairs_alone_count() -> None:
    chosen = np.flatnonzero(VALUES > 0.5)
    got = SceneBootstrap(SCENES, seed=0).estimate(VALUES, chosen)
    assert got.value == pytest.approx(VALUES[chosen].mean())
    assert 0.5 < got.low < got.value < got.high
    one = SceneBootstrap(SCENES, seed=0).estimate(VALUES, np.array([7]))
    assert [one.value, one.low, one.high] == pytest.approx([VALUES[7]] * 3)


@pytest.mark.parametrize("scenes", [SCENES, SCENES[:0]])
def test_nothing_to_estimate_from(scenes: np.ndarray) -> None:
    got = SceneBootstrap(scenes, seed=0).estimate(VALUES[: len(scenes)], np.empty(0, np.int64))
    assert math.isnan(got.value)
    assert got.as_json() == {"value": None, "low": None, "high": None}


def test_ratio_of_means() -> None:
    """Of means over all pairs, not the mean of ratios; a constant ratio has no interval."""
    above = VALUES * np.random.default_rng(5).random(60)
    bootstrap = SceneBootstrap(SCENES, seed=0)
    got = bootstrap.ratio(above, VALUES)
    assert got.value == pytest.approx(sum(above) / sum(VALUES))
    assert got.low < got.value < got.high
    same = bootstrap.ratio(VALUES * 3, VALUES, np.arange(20))
    assert [same.value, same.low, same.high] == pytest.approx([3, 3, 3])
    assert bootstrap.ratio(VALUES, np.ones(60)) == bootstrap.estimate(VALUES)


def test_difference_of_groups_without_common_scenes() -> None:
    first, second = np.arange(20), np.arange(20, 60)
    got = SceneBootstrap(SCENES, seed=0).difference(VALUES, first, second)
    assert got.value == pytest.approx(VALUES[:20].mean() - VALUES[20:].mean())
    error = math.sqrt(VALUES[:20].var() / 20 + VALUES[20:].var() / 40)
    assert (got.high - got.low) / 2 == pytest.approx(1.96 * error, rel=0.1)


def test_difference_of_groups_of_the_same_scenes_is_paired() -> None:
    values = np.concatenate([VALUES + 0.25, VALUES])
    got = SceneBootstrap(np.tile(SCENES, 2), seed=0).difference(values, np.arange(60), np.arange(60, 120))
    assert [got.value, got.low, got.high] == pytest.approx([0.25, 0.25, 0.25])


def test_difference_from_nothing() -> None:
    got = SceneBootstrap(SCENES, seed=0).difference(VALUES, np.arange(60), np.empty(0, np.int64))
    assert got.as_json() == {"value": None, "low": None, "high": None}


def test_no_number_has_no_interval() -> None:
    got = SceneBootstrap(SCENES, seed=0).estimate(np.where(SCENES == 7, np.nan, VALUES))
    assert got.as_json() == {"value": None, "low": None, "high": None}


def test_shown() -> None:
    assert str(Estimate(0.58951, 0.5, 0.61)) == "0.590 [0.500, 0.610]"
    assert Estimate(0.5, 0.25, 0.75).as_json() == {"value": 0.5, "low": 0.25, "high": 0.75}
