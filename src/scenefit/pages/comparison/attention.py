"""Attention beside saliency in a comparison's report: maps of both, and their figures by category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from scenefit.evaluation.attention_figures import ENERGY, SALIENCY, SPECTRAL, StudiedPairs, attention_study
from scenefit.evaluation.attention_study import ATTENTION, deciding_boxes, view_saliency
from scenefit.evaluation.saliency import activation_energy
from scenefit.evaluation.text import interval, number
from scenefit.features.dataset_features import scene_crops
from scenefit.pages.comparison.markup import percent, table
from scenefit.pages.comparison.parts import Compared, Shown
from scenefit.pages.pictures import heat_uri
from scenefit.types import Crop, Floats, Ints, Progress, silent

MOST = 1000
"""Pairs that are studied; of more, as many are drawn with the seed 0."""


@dataclass(frozen=True)
class Maps:
    """N pairs, their views, and maps of each by name, shape (N, G, G)."""

    pairs: Ints
    views: list[Crop]
    maps: Mapping[str, Floats]


def maps_of(compared: Compared, shown: Shown, rows: Ints, progress: Progress = silent) -> Maps | None:
    """Gather attention and saliency of rows of `shown`; those whose picture cannot be read are left out.

    Returns:
        None where the method does not attend, or no picture is left.
    """
    if shown.attention is None:
        return None
    features = compared.features
    rows = rows[features.scene_rows(shown.pairs[rows]) >= 0]  # all, unless features were removed since
    pairs = shown.pairs[rows]
    crops = [
        crop for crop in scene_crops(features.dataset, pairs, True) if crop is not None
    ]  # none is: all have features
    read, spectral, _ = view_saliency(crops, features.grid, progress)
    if not len(read):
        return None
    own = shown.attention[rows[read]].reshape(-1, features.grid, features.grid)
    regions = features.scene_features(features.scene_rows(pairs[read])).regions
    maps = {ATTENTION: own, SPECTRAL: spectral, ENERGY: activation_energy(regions)}
    return Maps(pairs[read], [crops[row] for row in read], maps)


def studied(compared: Compared, shown: Shown, progress: Progress = silent) -> dict[str, Any] | None:
    """Measure the attention of at most `MOST` pairs, as `attention_study` does; None where there is none."""
    rows = np.sort(np.random.default_rng(0).permutation(len(shown.pairs))[:MOST])
    found = maps_of(compared, shown, rows, progress)
    if found is None:
        return None
    dataset, pairs = compared.dataset, found.pairs
    views, boxes = [crop.box for crop in found.views], deciding_boxes(dataset, pairs)
    pairs_of = StudiedPairs(dataset.pairs["category"][pairs], dataset.pair_scene[pairs], views, boxes)
    return attention_study(found.maps, pairs_of)


def attention_table(study: Mapping[str, Any], grid: int) -> str:
    """Write effective cells, likeness and, where the deciding item is known, what falls on it, by category."""
    methods = {name: {"all": part["all"], **part["by_category"]} for name, part in study["methods"].items()}
    truth = methods[ATTENTION]["all"]["region"] is not None
    body = [
        (escape(name) if name != "all" else "<b>all</b>", *_cells({m: methods[m][name] for m in methods}, truth))
        for name in methods[ATTENTION]
    ]
    head = ("", "mean map", "pairs", f"effective cells of {grid * grid}", *(f"likeness to {name}" for name in SALIENCY))
    regions = ("area of the deciding item", "attention on it", *(f"{name} on it" for name in SALIENCY)) if truth else ()
    return table((*head, *regions), body, "attention")


def _cells(parts: Mapping[str, Mapping[str, Any]], truth: bool) -> tuple[str, ...]:
    own = parts[ATTENTION]
    mean = np.array(own["mean_map"], np.float32)
    cells = (
        f'<img class="mean" alt="" src="{heat_uri(mean)}">',
        f"{own['pairs']:,}",
        _plain(own["effective_cells"]),
        *(interval(own["likeness"][name], 2) for name in SALIENCY),
    )
    return (*cells, *_on_region(parts)) if truth else cells


def _on_region(parts: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    regions = {name: parts[name]["region"] for name in (ATTENTION, *SALIENCY)}
    if regions[ATTENTION] is None:
        return ("-",) * len((*regions, "area"))
    shares = (percent(region["share"]["value"], 0) for region in regions.values())
    return percent(regions[ATTENTION]["area"]["value"], 0), *shares


def _plain(estimate: Mapping[str, float]) -> str:
    return f"{estimate['value']:.1f} [{estimate['low']:.1f}, {estimate['high']:.1f}]"


def attention_words(study: Mapping[str, Any], shown: Shown, grid: int) -> str:
    """Say in a few sentences where the method looks, as HTML."""
    every = {name: part["all"] for name, part in study["methods"].items()}
    own = every[ATTENTION]
    alike = " and ".join(f"{number(own['likeness'][name]['value'], 2)} with {name}" for name in SALIENCY)
    text = (
        f"{shown.name} spreads its attention over {_plain(own['effective_cells'])} of {grid * grid} cells. "
        f"Cell by cell it correlates {alike}, two baselines that know neither the category nor what goes with what."
    )
    if own["region"] is None:
        return text
    share, area = own["region"]["share"]["value"], own["region"]["area"]["value"]
    others = " and ".join(f"{percent(every[name]['region']['share']['value'], 0)} of the {name}" for name in SALIENCY)
    return (
        f"{text} {percent(share, 0)} of the attention falls on the item that decides, which covers {percent(area, 0)} "
        f"of the view; {others} does."
    )
