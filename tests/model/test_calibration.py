"""Probabilities from distances, and the file that holds them: read again the same, or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenefit.errors import ArtifactError
from scenefit.model.calibration import Calibration, Curve, mean_product, read_calibration, sigmoid
from scenefit.model.compatibility import distance_matrix, with_novelty, with_prior
from scenefit.types import Floats

NAMES = ["Hats", "Shoes"]


def unit(shape: tuple[int, int], seed: int) -> Floats:
    vectors = np.random.default_rng(seed).normal(size=shape)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def products() -> Floats:
    return with_prior(unit((9, 4), 0), np.linspace(0, 1, 9, dtype=np.float32))


@pytest.fixture
def calibration(products: Floats) -> Calibration:
    curves = {"Hats": Curve(3.5, -0.25, 40), "Shoes": Curve(0.0, 0.5, 3)}
    centres = {"Hats": mean_product(products), "Shoes": np.zeros(5, np.float32)}
    return Calibration(curves, centres, Curve(2.0, 0.1, 43), 0.09, None)


@pytest.fixture
def written(calibration: Calibration, tmp_path: Path) -> Path:
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(calibration.as_json()))
    return path


def test_it_is_the_logistic_of_how_much_nearer_than_the_mean_product(
    calibration: Calibration, products: Floats
) -> None:
    queries = with_novelty(2 * unit((3, 4), 1), 0.25)
    got = calibration.probabilities("Hats", queries, distance_matrix(queries, products))
    for i, query in enumerate(queries):
        mean = np.mean([2 - query @ product for product in products])
        for j, product in enumerate(products):
            expected = 1 / (1 + np.exp(3.5 * (2 - query @ product - mean) + 0.25))
            assert got[i, j] == pytest.approx(expected, abs=1e-5)


def test_a_threshold_is_where_the_probability_is_one_half(calibration: Calibration) -> None:
    query = with_novelty(2 * unit((1, 4), 2))
    threshold = calibration.threshold("Hats", query[0])
    assert threshold is not None
    near, at, far = calibration.probabilities("Hats", query, np.array([[-0.01, 0, 0.01]], np.float32) + threshold)[0]
    assert near > 0.5 > far and at == pytest.approx(0.5, abs=1e-5)
    assert calibration.threshold("Shoes", query[0]) is None


@given(st.floats(0, 1e6), st.floats(-1e6, 1e6), st.lists(st.floats(-1e9, 1e9, width=32), min_size=2, max_size=20))
def test_a_farther_product_is_never_likelier(scale: float, offset: float, distances: list[float]) -> None:
    probabilities = Curve(scale, offset)(np.sort(np.array(distances)))
    assert (np.diff(probabilities) <= 0).all()
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_a_sigmoid_does_not_overflow() -> None:
    assert sigmoid(np.array([-1e308, -1.0, 0.0, 1.0, 1e308])).tolist() == pytest.approx(
        [0, 0.26894142, 0.5, 0.73105858, 1]
    )


def test_read_again_it_is_the_same(calibration: Calibration, written: Path) -> None:
    again = read_calibration(written, NAMES, 5)
    assert again.as_json() == calibration.as_json()
    assert again.curves == calibration.curves and again.pooled == calibration.pooled
    for name in NAMES:
        np.testing.assert_array_equal(again.centres[name], calibration.centres[name])


def _set(*keys: str) -> Callable[[Any, Any], None]:
    def change(content: Any, value: Any) -> None:
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return change


HATS = ("categories", "Hats")


@pytest.mark.parametrize(
    ("change", "value", "message"),
    [
        (_set(*HATS, "scale"), -0.1, "got -0.1; expected a number from 0 to"),
        (_set(*HATS, "scale"), float("nan"), "got nan; expected a number"),
        (_set("pooled", "scale"), float("inf"), "got inf; expected a number"),
        (_set(*HATS, "offset"), "0.5", "got '0.5'; expected a number"),
        (_set(*HATS, "offset"), True, "got True; expected a number"),
        (_set(*HATS, "offset"), 10**400, "expected a number"),
        (_set(*HATS, "pairs"), -1, "got -1 pairs; expected a whole number from 0 on"),
        (_set(*HATS, "pairs"), 1.5, "got 1.5 pairs"),
        (_set(*HATS, "centre"), [0.0] * 4, "a centre that is no list of 5 numbers"),
        (_set(*HATS, "centre"), "12345", "a centre that is no list of 5 numbers"),
        (_set(*HATS, "centre"), [0.0] * 4 + [None], "got None; expected a number"),
        (_set("categories"), {}, r"got the categories \[\]; the model has \['Hats', 'Shoes'\]"),
        (_set("categories"), ["Hats", "Shoes"], "got the categories"),
        (_set("calibration_error"), None, "TypeError"),
        (_set("calibration_error", "before"), 1.5, "got 1.5; expected a number from 0 to 1"),
        (_set("pooled"), {}, "KeyError"),
    ],
)
def test_what_no_calibration_gives_is_refused(written: Path, change: Any, value: Any, message: str) -> None:
    content = json.loads(written.read_text())
    change(content, value)
    written.write_text(json.dumps(content))
    with pytest.raises(ArtifactError, match=rf"calibration\.json is not a calibration .*{message}.*make the model"):
        read_calibration(written, NAMES, 5)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100000, '"\\ud800"', "1e999"])
def test_what_is_no_such_file_is_refused(written: Path, text: str) -> None:
    written.write_text(text)
    with pytest.raises(ArtifactError, match=r"calibration\.json is not a calibration"):
        read_calibration(written, NAMES, 5)


def test_another_models_is_refused(written: Path) -> None:
    with pytest.raises(ArtifactError, match="the model has"):
        read_calibration(written, ["Shoes", "Hats"], 5)
    with pytest.raises(ArtifactError, match="no list of 7 numbers"):
        read_calibration(written, NAMES, 7)
