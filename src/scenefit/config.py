"""The settings of a stage, one frozen dataclass each; an unknown name is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from scenefit.errors import UsageError


@dataclass(frozen=True)
class TrainConfig:
    """How a model is trained.

    Attributes:
        recipe: the name of the recipe that these settings came from.
        margin: of the hinge triplet loss, in squared distance.
        embedding: length d of the embeddings.
        hidden: units of each head's hidden layer.
        dropout: share of hidden units dropped in training, in [0, 1); recipe `default` halves it where pairs are many.
        learning_rate: of Adam.
        cooling: over so many last of the `epochs` the learning rate falls to nothing; 0 keeps it.
        weight_decay: of Adam (L2).
        batch_size: triplets a step.
        epochs: at most so many passes over the pairs.
        fewest: no network of an epoch before this one is kept, unless there are no more.
        patience: stop after so many epochs without a better validation accuracy.
        validation_negatives: fixed negatives for each validation pair.
        networks: how many are trained, with seeds of their own, and joined (recipe `default`, where pairs are few).
        near_scenes: whether a query may ask near training scenes, where that helps (recipe `default`); they then go
            into the model, at most 20,000 x 2 d numbers.
        cropped: whether the product is removed from the scene; false only to show the leak.
        seed: of every draw.
    """

    recipe: str = "ctl-paper"
    margin: float = 0.2
    embedding: int = 128
    hidden: int = 512
    dropout: float = 0.5
    learning_rate: float = 1e-3
    cooling: int = 0
    weight_decay: float = 0.0
    batch_size: int = 64
    epochs: int = 60
    fewest: int = 1
    patience: int = 10
    validation_negatives: int = 50
    networks: int = 1
    near_scenes: bool = True
    cropped: bool = True
    seed: int = 0

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Build from a mapping.

        Raises:
            UsageError: a name is unknown.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise UsageError(f"got the settings {unknown}; expected some of {sorted(known)}")
        return cls(**values)

    def as_json(self) -> dict[str, Any]:
        """Give the settings as a mapping."""
        return asdict(self)


RECIPES = {
    "default": TrainConfig(recipe="default", weight_decay=1e-4, networks=3, fewest=8, patience=5),
    "ctl-paper": TrainConfig(),
}


def recipe(name: str, seed: int = 0) -> TrainConfig:
    """Give a recipe's settings.

    Raises:
        UsageError: the recipe is unknown.

    >>> recipe("ctl-paper").margin
    0.2
    """
    if name not in RECIPES:
        raise UsageError(f"got the recipe {name!r}; expected one of {sorted(RECIPES)}")
    return replace(RECIPES[name], seed=seed)
