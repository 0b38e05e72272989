"""`scenefit data lookbook`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from scenefit.cli import run
from scenefit.data.dataset import Dataset
from scenefit.data.lookbook.truth import read_truth

SMALL = ["--scenes", "4", "--products", "2"]


@pytest.mark.parametrize(("domain", "scenes", "categories"), [("fashion", 4, 9), ("home", 4, 8), ("both", 8, 17)])
def test_it_draws_and_prints_one_object(
    domain: str, scenes: int, categories: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "looks"
    assert run(["data", "lookbook", str(out), "--domain", domain, *SMALL, "--seed", "7", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    dataset = Dataset.open(out)
    assert result["counts"]["scenes"] == len(dataset.scenes["id"]) == scenes
    assert len(result["categories"]) == categories
    assert (result["dataset"], result["fingerprint"]) == (str(out), dataset.fingerprint)
    assert result["truth"] == len(read_truth(dataset, np.arange(len(dataset.pair_scene)))["scene"])
    assert dataset.about["seed"] == 7


def test_it_shows_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["data", "lookbook", str(tmp_path / "looks"), *SMALL, "--ratio", "50,25,25"]
    assert run(command) == 0
    shown = capsys.readouterr()
    for text in ("Sunglasses", "worn compatible", "drawn into", "rows of truth.parquet"):
        assert text in shown.out
    assert "compatible: the share" in shown.err
    assert set(Dataset.open(tmp_path / "looks").pairs["split"]) == {"train", "val", "test"}
    assert run(command) == 2
    assert run([*command, "--overwrite"]) == 0


def test_help_has_an_example_that_parses(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "lookbook", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    example = re.search(r"Example: scenefit (.+?) (?:Arguments|Options):", shown)
    assert example and example[1].startswith("data lookbook")
    for option in re.findall(r"--[a-z]+", example[1]):
        assert option in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--domain", "garden"], "got --domain 'garden'; expected fashion, home or both"),
        (["--scenes", "0"], "greater than or equal to 1"),
        (["--products", "1"], "greater than or equal to 2"),
        (["--seed", "-1"], "greater than or equal to 0"),
        (["--ratio", "1,2"], "got --ratio '1,2'; expected three shares"),
    ],
)
def test_each_mistake_is_told_in_one_line(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "lookbook", str(tmp_path / "looks"), *options]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert line.startswith("error: ") and re.search(message, line)
    assert not any(tmp_path.iterdir())
