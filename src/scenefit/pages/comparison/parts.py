"""What a comparison's report tells of, and the method that it looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from scenefit.compare.record import Record
from scenefit.compare.results import Runs, runs_of
from scenefit.compare.table import REFERENCE, is_mistake
from scenefit.data.check import CheckReport, check_dataset
from scenefit.data.dataset import Dataset
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.types import Floats, Ints, Table

CEILING = "oracle"
UNTRAINED = ("random", "popularity", "raw", CEILING)


@dataclass(frozen=True)
class Compared:
    """What a report tells of.

    Attributes:
        result: the content of `comparison.json`.
        records: the runs.
        features: those that the methods were given, of the dataset compared on.
        command: the command that repeats it.

    """

    result: Mapping[str, Any]
    records: Sequence[Record]
    features: DatasetFeatures
    command: str

    @property
    def dataset(self) -> Dataset:
        """The dataset compared on."""
        return self.features.dataset

    @cached_property
    def check(self) -> CheckReport:
        """What the dataset's tables say of it; its pictures are not read."""
        return check_dataset(self.dataset, pictures=False)

    @cached_property
    def ranked(self) -> dict[str, Mapping[str, Any]]:
        """The figures of each method that was ranked, the published errors left out."""
        methods = self.result["methods"]
        return {name: m["ranked"] for name, m in methods.items() if m["ranked"] and not is_mistake(name)}

    @cached_property
    def runs(self) -> dict[str, Runs]:
        """The placings of every method that was ranked."""
        return runs_of(self.records, "ranked")

    @cached_property
    def order(self) -> list[str]:
        """The methods of `ranked`, the most accurate first."""
        return sorted(self.ranked, key=self.accuracy, reverse=True)

    @cached_property
    def best(self) -> str | None:
        """The most accurate method, the ceiling apart; None where there is no other."""
        return next((name for name in self.order if name != CEILING), None)

    @cached_property
    def shown(self) -> Shown | None:
        """The method that is looked at: the paper's, or else the best that can be searched; None where none can."""
        can = [name for name in self.order if self.result["methods"][name]["searchable"]]
        learned = [name for name in can if name not in UNTRAINED]
        name = REFERENCE if REFERENCE in can else next(iter([*learned, *can]), None)
        return None if name is None else Shown.of(name, self.records)

    def accuracy(self, name: str) -> float:
        """Give the binary accuracy of a method of `ranked`."""
        return float(self.ranked[name]["binary_accuracy"]["value"])

    def minus(self, one: str, other: str, metric: str = "binary_accuracy") -> Mapping[str, float] | None:
        """Give the paired difference of two methods; None where they did not rank the same pairs, or there is none."""
        found: Mapping[str, float] | None = self.result["differences"][metric].get(one, {}).get(other)
        return found if found and found["value"] is not None else None


@dataclass(frozen=True)
class Shown:
    """The rankings of one method with its first seed, over all folds; N pairs.

    Attributes:
        name: of the method.
        placings: one value a pair: pair, better, tied, eligible, seen.
        tops: the rows of the first products: pair, position, product, distance.
        attention: shape (N, R), where it looked; None if it does not.

    """

    name: str
    seed: int
    placings: Table
    tops: Table
    attention: Floats | None

    @classmethod
    def of(cls, name: str, records: Sequence[Record]) -> Shown:
        """Join the folds of a method's first seed."""
        own = [record for record in records if record.method == name]
        own = [record for record in own if record.seed == min(other.seed for other in own)]
        ranked = [record.placings["measure"] == "ranked" for record in own]
        placings = {
            column: np.concatenate([record.placings[column][rows] for record, rows in zip(own, ranked, strict=True)])
            for column in own[0].placings
        }
        tops = {column: np.concatenate([record.tops[column] for record in own]) for column in own[0].tops}
        maps = [record.attention for record in own if record.attention is not None]
        return cls(name, own[0].seed, placings, tops, np.concatenate(maps) if len(maps) == len(own) else None)

    @property
    def pairs(self) -> Ints:
        """Shape (N,): the ranked pairs, as rows of the dataset's table."""
        return np.asarray(self.placings["pair"], np.int64)


def crosses(difference: Mapping[str, float]) -> bool:
    """Say whether a difference's interval holds zero."""
    return difference["low"] <= 0 <= difference["high"]
