"""What a method is given to learn from and to rank, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from scenefit.config import TrainConfig
from scenefit.data.dataset import Dataset
from scenefit.evaluation.protocol import Bench
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.baselines import Scorer
from scenefit.types import Floats, Ints


@dataclass(frozen=True)
class Task:
    """One training run and its measurement.

    Attributes:
        features: of a dataset whose pairs carry the splits of this run.
        backbone: that gave them, opened with one thread.
        bench: the pairs to rank; `pairs` of a `Scorer` count its rows.
        seed: of every draw.
        work: a folder of this run alone, for checkpoints.
        twice: the same backbone with its inputs normalised twice, for the method that needs it.
        epochs: at most so many passes over the pairs in each training of a network; None for the recipe's own.
    """

    features: DatasetFeatures
    backbone: Backbone
    bench: Bench
    seed: int
    work: Path
    twice: Backbone | None = None
    epochs: int | None = None

    @classmethod
    def of(
        cls,
        features: DatasetFeatures,
        backbone: Backbone,
        split: str,
        seed: int,
        work: Path,
        twice: Backbone | None = None,
    ) -> Task:
        """Set a task: learn from the splits train and val, rank the pairs of `split`.

        Raises:
            DataError: the split is empty, or none of its pairs can be ranked.
        """
        dataset = features.dataset
        bench = Bench.of(features, dataset.split_rows(split), trained_categories(features), True, 0)
        return cls(features, backbone, bench, seed, work, twice)

    @property
    def dataset(self) -> Dataset:
        """The dataset with the splits of this run."""
        return self.features.dataset

    def rows(self, split: str) -> Ints:
        """Give the rows of the pairs in a split; there may be none."""
        return np.flatnonzero(self.dataset.pairs["split"] == split)

    def settings(self, recipe: TrainConfig) -> TrainConfig:
        """Give a recipe's settings with this task's seed and, where it sets them, its epochs."""
        return replace(recipe, seed=self.seed, epochs=self.epochs or recipe.epochs)

    @property
    def ranks_validation(self) -> bool:
        """Whether validation pairs are ranked, so that nothing may be fitted to them."""
        return bool(np.isin(self.bench.pairs, self.rows("val")).any())

    @property
    def known(self) -> Ints:
        """The rows of the pairs that a method may be fitted to: those of train, and of val unless they are ranked."""
        parts = [self.rows("train")] if self.ranks_validation else [self.rows("train"), self.rows("val")]
        return np.concatenate(parts)


@dataclass(frozen=True)
class Fitted:
    """A trained method: how it ranks, and how its author would have measured that, where that differs.

    Attributes:
        scorer: ranks the pairs of the task's bench; None where the training has seen what the bench asks for.
        reported: the bench and the scorer of its author.
        attention: shape (N, R), float32, where it looked in the scene of each pair of the bench; None if it does not.
        facts: what the training says of itself.
        variants: what else the same training gives, by the name of the derived `Method`: its scorer on the same bench.

    """

    scorer: Scorer | None
    reported: tuple[Bench, Scorer] | None = None
    attention: Floats | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    variants: Mapping[str, Scorer] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """A method by name.

    Attributes:
        name: as on the command line.
        what: one line for the reader of a table.
        fit: learns from a task.
        searchable: whether a query vector and a product vector are all that its distance needs.
        needs: what must be computed before: "views" (scenes cut in 4 x 4), "twice" (inputs normalised twice),
            "uncropped" (scenes with their product), "truth" (generated looks), "items"
            (crops of what scenes show), "split" (the dataset's own splits, no folds).
        of: the method whose training gives this one too, as one of `Fitted.variants`; "" where it has its own. Both
            have the same `fit`.
    """

    name: str
    what: str
    fit: Callable[[Task], Fitted]
    searchable: bool = True
    needs: frozenset[str] = frozenset()
    of: str = ""

    @property
    def trained_as(self) -> str:
        """The name of the method that is trained for it."""
        return self.of or self.name


def trained_categories(features: DatasetFeatures) -> list[str]:
    """Name the categories with two products or more among the training pairs."""
    dataset = features.dataset
    products = np.unique(dataset.pair_product[features.usable(dataset.split_rows("train"))])
    names, counts = np.unique(dataset.products["category"][products].astype(str), return_counts=True)
    return [str(name) for name in names[counts > 1]]
