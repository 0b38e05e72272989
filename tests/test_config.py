"""The settings: what is unknown is refused, what is written comes back."""

from __future__ import annotations

import json

import pytest

from scenefit.config import RECIPES, TrainConfig, recipe
from scenefit.errors import UsageError


def test_settings_come_back_from_json() -> None:
    config = TrainConfig(recipe="mine", margin=0.3, hidden=7, cropped=False, seed=9)
    assert TrainConfig.from_json(json.loads(json.dumps(config.as_json()))) == config
    assert TrainConfig.from_json({}) == TrainConfig()


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(
        UsageError, match=r"got the settings \['depth', 'marign'\]; expected some of \['batch_size', .*"
    ):
        TrainConfig.from_json({"marign": 0.2, "depth": 3, "hidden": 4})


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_are_found_by_their_names(name: str) -> None:
    assert recipe(name).recipe == name
    assert recipe(name, seed=5).seed == 5


def test_the_recipe_of_the_paper() -> None:
    paper = recipe("ctl-paper")
    assert (paper.margin, paper.embedding, paper.cropped) == (0.2, 128, True)


def test_the_recipe_default() -> None:
    """It differs from the paper's in how it is trained, not in what it serves: vectors of one length, on a view cut."""
    ours, paper = recipe("default"), recipe("ctl-paper")
    assert (ours.embedding, ours.cropped) == (paper.embedding, paper.cropped)
    assert ours.networks > 1 == paper.networks


def test_unknown_recipe() -> None:
    with pytest.raises(UsageError, match=r"got the recipe 'ctl'; expected one of \['ctl-paper', 'default'\]"):
        recipe("ctl")
