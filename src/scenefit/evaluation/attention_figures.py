"""The figures of the attention study: how concentrated maps are, what they fall on, and what they resemble.

They are told for all pairs, by category, and by group (fashion and home), with intervals over scenes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from scenefit.errors import UsageError
from scenefit.evaluation.attention import check_maps, coverages, likeness, shares_on, spread
from scenefit.evaluation.bootstrap import SceneBootstrap
from scenefit.types import Array, Box, Doubles, Floats, Ints

SPECTRAL, ENERGY = SALIENCY = ("spectral residual", "activation energy")
"""The baselines that every method is compared with, by their names among the maps."""


@dataclass(frozen=True)
class StudiedPairs:
    """What N pairs have in common for every method.

    Attributes:
        categories: shape (N,), the name of each pair's category.
        scenes: shape (N,), each pair's scene, for the intervals.
        views: the part of the picture that each map lies over.
        regions: where each map ought to look, in fractions of the picture; None where that is not known.
        groups: shape (N,), a label of each pair, such as its domain; or None.
    """

    categories: Array
    scenes: Ints
    views: Sequence[Box]
    regions: Sequence[Box | None] | None = None
    groups: Array | None = None


def attention_study(maps: Mapping[str, Floats], pairs: StudiedPairs, *, seed: int = 0) -> dict[str, Any]:
    """Measure the maps of several methods over the same N pairs.

    Args:
        maps: by the method's name, shape (N, G, G), rows from the top, each summing to 1. Every method is compared
            with those named in `SALIENCY` that are there, and is measured as they are.
        pairs: the N pairs.
        seed: of the bootstrap over scenes.

    Returns:
        for JSON: `methods` holds by method `all`, `by_category`, `by_group` and `differences` between groups. A part
        has `pairs`, `effective_cells`, `mean_map` (G lists of G numbers), `region` (None where no pair has one in its
        view) and `likeness` by baseline. A figure has value, low and high, and `pairs` where it leaves some out.

    Raises:
        UsageError: there is no pair; maps or pairs are not of one length; or maps are not attention.
    """
    n = _check(maps, pairs)
    bootstrap = SceneBootstrap(pairs.scenes, seed)
    return {
        "pairs": n,
        "scenes": len(np.unique(pairs.scenes)),
        "seed": seed,
        "methods": {name: _Measured.of(name, maps, pairs, bootstrap).summary(pairs) for name in maps},
    }


def _check(maps: Mapping[str, Floats], pairs: StudiedPairs) -> int:
    n = len(pairs.categories)
    columns = {"scenes": pairs.scenes, "views": pairs.views, "regions": pairs.regions, "groups": pairs.groups}
    for name, column in columns.items():
        if column is not None and len(column) != n:
            raise UsageError(f"got {len(column)} {name} of {n} pairs; expected one for each")
    if not n:
        raise UsageError("got no pairs; an attention study needs at least one")
    for name, method in maps.items():
        check_maps(name, method, n)
    grids = {name: method.shape[1] for name, method in maps.items()}
    if len(set(grids.values())) > 1:
        raise UsageError(f"got maps of different grids, {grids}; expected one: compute them on the same features")
    return n


@dataclass(frozen=True)
class _Measured:
    """One method's maps (N, G, G), and what was measured on each, shape (N,)."""

    maps: Floats
    cells: Doubles
    on_region: Doubles
    area: Doubles
    likeness: Mapping[str, Doubles]
    bootstrap: SceneBootstrap

    @classmethod
    def of(cls, name: str, maps: Mapping[str, Floats], pairs: StudiedPairs, bootstrap: SceneBootstrap) -> _Measured:
        own = maps[name]
        masks = coverages(pairs.regions or [None] * len(own), pairs.views, own.shape[1])
        alike = {other: likeness(own, maps[other]) for other in SALIENCY if other in maps and other != name}
        return cls(own, spread(own), *shares_on(own, masks), alike, bootstrap)

    def summary(self, pairs: StudiedPairs) -> dict[str, Any]:
        groups = {} if pairs.groups is None else _rows_by(pairs.groups)
        return {
            "all": self._part(np.arange(len(self.cells))),
            "by_category": {name: self._part(rows) for name, rows in _rows_by(pairs.categories).items()},
            "by_group": {name: self._part(rows) for name, rows in groups.items()},
            "differences": [
                {
                    "first": first,
                    "second": second,
                    "effective_cells": self.bootstrap.difference(self.cells, groups[first], groups[second]).as_json(),
                }
                for first, second in combinations(groups, 2)
            ],
        }

    def _part(self, rows: Ints) -> dict[str, Any]:
        return {
            "pairs": len(rows),
            "effective_cells": self.bootstrap.estimate(self.cells, rows).as_json(),
            "mean_map": self.maps[rows].mean(axis=0, dtype=np.float64).tolist(),
            "region": self._region(rows[self.area[rows] > 0]),
            "likeness": {name: self._defined(values, rows) for name, values in self.likeness.items()},
        }

    def _region(self, rows: Ints) -> dict[str, Any] | None:
        if not len(rows):
            return None
        times = np.divide(self.on_region, self.area, out=np.zeros_like(self.area), where=self.area > 0)
        return {
            "pairs": len(rows),
            "share": self.bootstrap.estimate(self.on_region, rows).as_json(),
            "area": self.bootstrap.estimate(self.area, rows).as_json(),
            "times_area": self.bootstrap.estimate(times, rows).as_json(),
            "ratio_of_means": self.bootstrap.ratio(self.on_region, self.area, rows).as_json(),
        }

    def _defined(self, values: Doubles, rows: Ints) -> dict[str, Any]:
        rows = rows[~np.isnan(values[rows])]
        return {"pairs": len(rows), **self.bootstrap.estimate(values, rows).as_json()}


def _rows_by(labels: Array) -> dict[str, Ints]:
    return {str(name): np.flatnonzero(labels == name) for name in np.unique(labels)}
