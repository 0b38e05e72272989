"""The figures of the attention study, on maps whose figures are known and against loops."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from scenefit.errors import UsageError
from scenefit.evaluation.attention import attention_on, effective_cells
from scenefit.evaluation.attention_figures import StudiedPairs, attention_study
from scenefit.types import WHOLE, Box, Floats

N, G = 60, 5
RNG = np.random.default_rng(0)
CATEGORIES = RNG.choice(np.array(["Bags", "Rugs", "Shoes"], object), N)
SCENES = RNG.integers(0, 25, N)
VIEWS = [WHOLE if pair % 2 else Box(0, 0.25, 1, 1) for pair in range(N)]
REGIONS = [None if pair % 5 == 0 else Box(0.1, 0.1 + pair / 100, 0.6, 0.9) for pair in range(N)]
REGIONS[1] = Box(0.2, 0.2, 0.4, 0.4)
REGIONS[2] = Box(0.2, 0, 0.4, 0.25)  # outside its view
GROUPS = np.where(CATEGORIES == "Rugs", "home", "fashion").astype(object)
PAIRS = StudiedPairs(CATEGORIES, SCENES, VIEWS, REGIONS, GROUPS)


def drawn(power: float) -> Floats:
    weights = RNG.exponential(size=(N, G, G)) ** power
    return (weights / weights.sum(axis=(1, 2), keepdims=True)).astype(np.float32)


MAPS = {"attention": drawn(3), "spectral residual": drawn(1), "activation energy": drawn(0.5)}
EVEN = np.full((N, G, G), 1 / G**2, np.float32)


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    return attention_study(MAPS, PAIRS)


def parts(method: dict[str, Any]) -> dict[str, tuple[dict[str, Any], list[int]]]:
    """Every part of a method's figures, with its pairs."""
    everything = {"all": (method["all"], list(range(N)))}
    for kind, labels in (("by_category", CATEGORIES), ("by_group", GROUPS)):
        assert sorted(method[kind]) == sorted(set(labels))
        for name, part in method[kind].items():
            everything[name] = (part, [pair for pair in range(N) if labels[pair] == name])
    return everything


@pytest.mark.parametrize("name", MAPS)
def test_every_part_by_loops(result: dict[str, Any], name: str) -> None:
    maps = MAPS[name]
    for part, pairs in parts(result["methods"][name]).values():
        assert part["pairs"] == len(pairs)
        cells = [effective_cells(maps[pair]) for pair in pairs]
        assert part["effective_cells"]["value"] == pytest.approx(sum(cells) / len(cells))
        mean = sum(maps[pair].astype(float) for pair in pairs) / len(pairs)
        assert np.array(part["mean_map"]) == pytest.approx(mean)
        seen = [(pair, REGIONS[pair]) for pair in pairs]
        shares = [attention_on(maps[pair], box, VIEWS[pair]) for pair, box in seen if box is not None]
        shares = [(on, area) for on, area in shares if area > 0]
        region = part["region"]
        assert region["pairs"] == len(shares) < len(pairs)
        on, area = (sum(column) / len(shares) for column in zip(*shares, strict=True))
        assert (region["share"]["value"], region["area"]["value"]) == pytest.approx((on, area))
        assert region["ratio_of_means"]["value"] == pytest.approx(on / area)
        assert region["times_area"]["value"] == pytest.approx(sum(on / area for on, area in shares) / len(shares))
        for other, figure in part["likeness"].items():
            alike = [np.corrcoef(maps[pair].ravel(), MAPS[other][pair].ravel())[0, 1] for pair in pairs]
            assert (figure["value"], figure["pairs"]) == (pytest.approx(sum(alike) / len(alike)), len(pairs))


def test_methods_are_set_beside_the_baselines_but_not_themselves(result: dict[str, Any]) -> None:
    likenesses = {name: sorted(method["all"]["likeness"]) for name, method in result["methods"].items()}
    assert likenesses == {
        "attention": ["activation energy", "spectral residual"],
        "spectral residual": ["activation energy"],
        "activation energy": ["spectral residual"],
    }
    alone = attention_study({"attention": MAPS["attention"]}, PAIRS)["methods"]["attention"]["all"]
    assert alone["likeness"] == {}


def test_counts_and_json(result: dict[str, Any]) -> None:
    assert (result["pairs"], result["scenes"], result["seed"]) == (N, len(set(SCENES.tolist())), 0)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_intervals_hold_the_values_and_follow_the_seed(result: dict[str, Any]) -> None:
    for part, _ in parts(result["methods"]["attention"]).values():
        figures = [part["effective_cells"], *part["likeness"].values()]
        figures += [part["region"][name] for name in ("share", "area", "times_area", "ratio_of_means")]
        for figure in figures:
            assert figure["low"] < figure["value"] < figure["high"]
    assert attention_study(MAPS, PAIRS) == result
    other = attention_study(MAPS, PAIRS, seed=1)["methods"]["attention"]["all"]["effective_cells"]
    mine = result["methods"]["attention"]["all"]["effective_cells"]
    assert other["value"] == mine["value"]
    assert other["low"] != mine["low"]


def test_groups_differ_by_the_difference_of_their_means(result: dict[str, Any]) -> None:
    for method in result["methods"].values():
        (difference,) = method["differences"]
        means = {name: part["effective_cells"]["value"] for name, part in method["by_group"].items()}
        assert (difference["first"], difference["second"]) == ("fashion", "home")
        figure = difference["effective_cells"]
        assert figure["value"] == pytest.approx(means["fashion"] - means["home"])
        assert figure["low"] < figure["value"] < figure["high"]


def test_a_difference_that_is_there_is_found() -> None:
    """Half of the scenes have all on one cell, the others on two."""
    maps = np.zeros((N, G, G), np.float32)
    wide = SCENES % 2 == 1
    maps[:, 2, 2] = np.where(wide, 0.5, 1)
    maps[:, 0, 0] = np.where(wide, 0.5, 0)
    groups = np.where(wide, "wide", "narrow").astype(object)
    (difference,) = attention_study({"mine": maps}, replace(PAIRS, groups=groups))["methods"]["mine"]["differences"]
    figure = difference["effective_cells"]
    assert [figure["value"], figure["low"], figure["high"]] == pytest.approx([-1, -1, -1])


def test_no_groups_no_regions() -> None:
    method = attention_study(MAPS, replace(PAIRS, regions=None, groups=None))["methods"]["attention"]
    assert (method["by_group"], method["differences"], method["all"]["region"]) == ({}, [], None)


def test_even_attention_falls_on_a_region_as_its_area_and_resembles_nothing() -> None:
    part = attention_study({**MAPS, "attention": EVEN}, PAIRS)["methods"]["attention"]["all"]
    assert part["effective_cells"]["value"] == pytest.approx(G**2)
    region = part["region"]
    assert [region[name]["value"] for name in ("times_area", "ratio_of_means")] == pytest.approx([1, 1])
    nothing = {"pairs": 0, "value": None, "low": None, "high": None}
    assert part["likeness"] == {"spectral residual": nothing, "activation energy": nothing}


def test_one_flat_map_is_left_out_of_the_likeness_and_counted() -> None:
    maps = MAPS["attention"].copy()
    maps[7] = EVEN[7]
    figure = attention_study({**MAPS, "attention": maps}, PAIRS)["methods"]["attention"]["all"]["likeness"]
    alike = [np.corrcoef(maps[i].ravel(), MAPS["activation energy"][i].ravel())[0, 1] for i in range(N) if i != 7]
    assert figure["activation energy"]["pairs"] == N - 1
    assert figure["activation energy"]["value"] == pytest.approx(math.fsum(alike) / (N - 1))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"scenes": SCENES[1:]}, "got 59 scenes of 60 pairs; expected one for each"),
        ({"views": VIEWS[:3]}, "got 3 views of 60 pairs"),
        ({"regions": []}, "got 0 regions of 60 pairs"),
        ({"groups": GROUPS[:0]}, "got 0 groups of 60 pairs"),
    ],
)
def test_pairs_of_several_lengths(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        attention_study(MAPS, replace(PAIRS, **changed))


def test_no_pairs() -> None:
    with pytest.raises(UsageError, match="got no pairs; an attention study needs at least one"):
        attention_study({}, StudiedPairs(CATEGORIES[:0], SCENES[:0], []))


def test_maps_of_several_grids() -> None:
    maps = {"attention": EVEN, "activation energy": np.full((N, 2, 2), 0.25, np.float32)}
    with pytest.raises(UsageError, match=r"different grids, \{'attention': 5, 'activation energy': 2\}; expected one"):
        attention_study(maps, PAIRS)


def test_maps_that_are_no_attention_are_named() -> None:
    with pytest.raises(UsageError, match=r"60 of 60 'activation energy' maps, first number 0, that are not attention"):
        attention_study({**MAPS, "activation energy": EVEN * 2}, PAIRS)
