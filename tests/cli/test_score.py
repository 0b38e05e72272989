"""`scenefit score` from end to end, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scenefit.cli import run


@pytest.fixture
def product(path: Any, looks: Path) -> Path:
    best = path.printed["recommend"]["categories"]["Shoes"][0]
    return looks / "images" / f"{best['id']}.jpg"


def command(path: Any, product: Path, *more: str) -> list[str]:
    return ["score", str(path.model), str(path.photo), str(product), "--category", "Shoes", *more]


def test_it_prints_what_recommend_does(path: Any, product: Path, capsys: pytest.CaptureFixture[str]) -> None:
    best = path.printed["recommend"]["categories"]["Shoes"][0]
    assert run(command(path, product, "--json")) == 0
    got = json.loads(capsys.readouterr().out)
    names = ["scene", "product", "category", "model", "view", "distance", "threshold", "probability", "goes"]
    assert list(got) == names
    assert (got["category"], got["model"], got["view"]) == ("Shoes", path.printed["train"]["fingerprint"], [0, 0, 1, 1])
    assert got["distance"] == pytest.approx(best["distance"], abs=5e-3)
    assert got["probability"] == pytest.approx(best["probability"], abs=5e-3)
    assert got["goes"] == (got["probability"] >= 0.5) == (got["distance"] <= got["threshold"])


def test_a_box_is_taken_out(path: Any, product: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command(path, product, "--box", "0.2,0.6,0.8,0.9", "--json")) == 0
    assert json.loads(capsys.readouterr().out)["view"] == [0, 0, 1, 0.6]


def test_a_table_for_people(
    path: Any, product: Path, uncalibrated_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command(path, product)) == 0
    shown = capsys.readouterr()
    assert "probability" in shown.out and "go together" in shown.out and shown.err == ""
    plain = ["score", str(uncalibrated_folder), str(path.photo), str(product), "--category", "Shoes"]
    assert run(plain) == 0
    assert "has no calibration.json, so no probability: train it with validation pairs" in capsys.readouterr().err
    assert run([*plain, "--json"]) == 0
    got = json.loads(capsys.readouterr().out)
    assert (got["threshold"], got["probability"], got["goes"]) == (None, None, None)


def test_a_recommendation_shows_it_or_a_dash(path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recommend", str(path.catalog), str(path.photo), "--category", "Shoes", "-k", "1"]) == 0
    best = path.printed["recommend"]["categories"]["Shoes"][0]
    assert f"{best['probability']:.2f}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"--category": "Rugs"}, "got the category 'Rugs'; this model knows 'Pants', 'Shoes'"),
        ({"--box": "0,0,1"}, "expected left,top,right,bottom as fractions"),
        ({"--box": "0,0,1,1"}, "leaves less than 20% of the photo on every side"),
        ({"model": "nowhere"}, "nowhere: no such folder; expected a scenefit model"),
        ({"product": "nothing.jpg"}, "nothing.jpg: no such picture"),
        ({"scene": "nothing.jpg"}, "nothing.jpg: no such picture"),
        ({"--category": None}, "Missing option '--category'"),
    ],
)
def test_mistakes_are_one_line(
    path: Any, product: Path, change: dict[str, str | None], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"model": str(path.model), "scene": str(path.photo), "product": str(product), "--category": "Shoes"}
    given |= change  # type: ignore[arg-type]
    options = [word for name, value in given.items() if name[0] == "-" and value for word in (name, value)]
    assert run(["score", given["model"], given["scene"], given["product"], *options]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err and len(shown.err.strip().splitlines()) == 1
