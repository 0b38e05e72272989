"""`scenefit train`: the recipes by their names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scenefit.cli import run
from scenefit.config import RECIPES


def test_train_follows_the_recipe_default_unless_told_otherwise(path: Any) -> None:
    printed = path.printed["train"]
    assert printed["recipe"] == "default"
    assert printed["categories"] == ["Pants", "Shoes"]
    assert set(printed["weights"]) == {"closed_form", "networks", "content", "memory", "popularity"}
    assert 1 <= len(printed["best_epochs"]) <= 3 and printed["ridge"] > 0 and 0 <= printed["near_scenes"] < 1


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_by_name(name: str, path: Any, network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A known one is followed as far as the place that is taken; an unknown one is refused first."""
    command = ["train", str(path.dataset), "--backbone", str(network), "--out", str(path.model)]
    assert run([*command, "--recipe", name]) == 2
    assert "exists already; choose another place, or pass --overwrite" in capsys.readouterr().err
    assert run([*command, "--recipe", f"{name}2"]) == 2
    expected = f"error: got the recipe '{name}2'; expected one of ['ctl-paper', 'default']\n"
    assert capsys.readouterr().err == expected


def test_help_names_the_recipes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert all(name in shown for name in RECIPES)
