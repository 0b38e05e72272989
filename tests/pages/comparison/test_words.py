"""The sentences that the figures write."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from scenefit.pages.comparison.parts import Compared
from scenefit.pages.comparison.words import abstract, headline, level_with_best, verdict

Interval = tuple[float, float, float]


def estimate(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}


def told(drawn: Compared, accuracy: dict[str, float], apart: dict[str, Interval], top: dict[str, float]) -> Compared:
    """Give a comparison with these figures; `apart` is the best method minus each other."""
    best = max(accuracy, key=lambda name: accuracy[name] if name != "oracle" else 0.0)
    methods: dict[str, Any] = {
        name: {
            "searchable": True,
            "ranked": {
                "binary_accuracy": estimate(value, value - 0.02, value + 0.02),
                "top_10": estimate(top.get(name, 0.1), 0, 1),
            },
        }
        for name, value in accuracy.items()
    }
    differences = {best: {name: estimate(*ends) for name, ends in apart.items()}}
    result = {"methods": methods, "differences": {"binary_accuracy": differences, "top_10": {}}}
    return replace(drawn, result=result)


SURE, LEVEL = (0.1, 0.05, 0.15), (0.01, -0.02, 0.04)


@pytest.mark.parametrize(
    ("accuracy", "apart", "expected"),
    [
        (
            {"raw": 0.5, "popularity": 0.52, "siamese": 0.6, "ctl-paper": 0.6532},
            {"raw": SURE, "popularity": (0.2, 0.1, 0.3), "siamese": SURE},
            "ctl-paper is best: 65.3 % binary accuracy, "
            "10.0 points above raw features and 20.0 points above popularity",
        ),
        (
            {"raw": 0.5, "siamese": 0.6, "ctl-paper": 0.65, "oracle": 0.9},
            {"raw": SURE, "siamese": LEVEL},
            "ctl-paper leads, level with siamese: 65.0 % binary accuracy, 10.0 points above raw features",
        ),
        (
            {"raw": 0.6, "ctl-paper": 0.65},
            {"raw": LEVEL},
            "ctl-paper is best: 65.0 % binary accuracy, not told apart from raw features",
        ),
        (
            {"raw": 0.5, "a": 0.61, "b": 0.62, "c": 0.63, "d": 0.64, "ctl-paper": 0.65},
            {"raw": SURE, **dict.fromkeys("abcd", LEVEL)},
            "ctl-paper leads, level with d, c and 2 others: 65.0 % binary accuracy, 10.0 points above raw features",
        ),
        (
            {"raw": 0.5, "popularity": 0.62, "ctl-paper": 0.6},
            {"raw": SURE, "ctl-paper": SURE},
            "No trained method beats popularity: 62.0 % binary accuracy, 10.0 points above raw features",
        ),
        (
            {"random": 0.5, "popularity": 0.62},
            {"random": SURE},
            "popularity is best: 62.0 % binary accuracy",
        ),
        ({"ctl-paper": 0.6}, {}, "ctl-paper: 60.0 % binary accuracy"),
        ({"oracle": 0.9}, {}, "No method was ranked that could be compared"),
    ],
)
def test_headline(drawn: Compared, accuracy: dict[str, float], apart: dict[str, Interval], expected: str) -> None:
    text = headline(told(drawn, accuracy, apart, {}))
    assert re.sub("<[^>]*>", "", text).replace("&nbsp;", " ") == expected


def test_the_ceiling_is_never_level_nor_best(drawn: Compared) -> None:
    compared = told(drawn, {"raw": 0.5, "oracle": 0.6, "ctl-paper": 0.6}, {"raw": SURE, "oracle": LEVEL}, {})
    assert compared.best == "ctl-paper"
    assert level_with_best(compared) == []


def test_abstract_tells_the_way_to_the_ceiling_and_who_is_first_in_the_first_ten(drawn: Compared) -> None:
    accuracy = {"random": 0.5, "raw": 0.5, "popularity": 0.52, "ctl-paper": 0.7, "oracle": 0.9}
    apart = {"raw": SURE, "popularity": SURE, "random": SURE}
    compared = told(drawn, accuracy, apart, {"popularity": 0.3, "ctl-paper": 0.2, "random": 0.05})
    text = re.sub("<[^>]*>", "", " ".join(abstract(compared))).replace("&nbsp;", " ")
    assert "70.0 % [68.0, 72.0] of the time" in text
    assert "reaches 90.0 %: the method goes 50 % of the way" in text
    assert "+10.0 [5.0, 15.0] points over raw features and +10.0 [5.0, 15.0] points over popularity" in text
    assert "first ten for 20.0 % of the pairs (at random 5.0 %)" in text and "has it there for 30.0 %" in text
    other = told(drawn, accuracy, apart, {"popularity": 0.1, "ctl-paper": 0.2, "random": 0.05})
    assert "the most of all methods" in " ".join(abstract(other))
    assert abstract(told(drawn, {"oracle": 0.9}, {}, {})) == []


@pytest.mark.parametrize(
    ("reported", "measured", "right", "expected"),
    [
        (estimate(*SURE), estimate(-0.1, -0.15, -0.05), 0.1, ["flatters the figure: +10.0", "harms the model: -10.0"]),
        (estimate(-0.1, -0.15, -0.05), estimate(*SURE), 0.1, ["lowers the figure: -10.0", "helps the model: +10.0"]),
        (estimate(*LEVEL), estimate(*LEVEL), 0.1, ["no difference seen here"]),
        (None, None, 0.0321, ["on other pairs: +3.2"]),
        (None, None, None, ["no difference seen here"]),
    ],
)
def test_verdict(reported: Any, measured: Any, right: float | None, expected: list[str]) -> None:
    parts = verdict(reported, measured, right).replace('<span class="name">', "").split("<br>")
    assert len(parts) == len(expected)
    assert all(part.startswith(text) for part, text in zip(parts, expected, strict=True))
