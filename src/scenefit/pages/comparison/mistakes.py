"""The published errors in a comparison's report: what their authors would report, and what the model is worth."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from scenefit.compare.results import METRICS, runs_of
from scenefit.compare.table import REFERENCE, as_reported, mistakes_of
from scenefit.evaluation.bootstrap import SceneBootstrap
from scenefit.evaluation.text import interval
from scenefit.pages.comparison.markup import table
from scenefit.pages.comparison.notes import WHAT
from scenefit.pages.comparison.parts import Compared
from scenefit.pages.comparison.tables import Estimate, axis_of, forest
from scenefit.pages.comparison.words import verdict

METRIC = "binary_accuracy"


def mistakes_table(compared: Compared) -> str:
    """Write a row for each published error: as reported, as measured here, and what that did."""
    names = mistakes_of(compared.result)
    right = compared.ranked.get(REFERENCE)
    every = [reported(compared, name) for name in names] + [m for name in names if (m := measured(compared, name))]
    low, high = axis_of([*every, *([right[METRIC]] if right else [])])
    apart = reported_minus_right(compared)
    body = []
    for name in names:
        own, here = reported(compared, name), measured(compared, name)
        told = verdict(apart.get(name), compared.minus(name, REFERENCE), _unpaired(compared, own)) if right else "-"
        drawn = _drawn(own, here, right[METRIC] if right else None, low, high)
        what = f"<b>{name}</b> {escape(compared.result['methods'][name]['what'])}<small>{WHAT.get(name, '')}</small>"
        body.append((what, drawn, interval(own), interval(here) if here else "cannot be", told))
    return table(("error", "", "as reported", "as measured here", f"beside {REFERENCE}"), body, "mistakes")


def reported(compared: Compared, name: str) -> Estimate:
    """Give the accuracy of a method as its author would report it."""
    found: Estimate = as_reported(compared.result["methods"][name])[METRIC]
    return found


def measured(compared: Compared, name: str) -> Estimate | None:
    """Give the accuracy of a method as everything is measured here; None where its training saw what is asked."""
    ranked = compared.result["methods"][name]["ranked"]
    found: Estimate | None = ranked[METRIC] if ranked else None
    return found


def reported_minus_right(compared: Compared) -> dict[str, Mapping[str, float]]:
    """Give what each author would report minus the right model's accuracy, paired, where the pairs are the same."""
    right = compared.runs.get(REFERENCE)
    found: dict[str, Mapping[str, float]] = {}
    for name, runs in ({**compared.runs, **runs_of(compared.records, "reported")} if right else {}).items():
        if right and runs.pairs.tolist() == right.pairs.tolist():
            difference = runs.mean(METRICS[METRIC]) - right.mean(METRICS[METRIC])
            bootstrap = SceneBootstrap(compared.dataset.pair_scene[right.pairs], 0)
            found[name] = {key: float(value or 0) for key, value in bootstrap.estimate(difference).as_json().items()}
    return {name: found[name] for name in found if name in mistakes_of(compared.result)}


def _unpaired(compared: Compared, own: Estimate) -> float:
    return float(own["value"] or 0) - compared.accuracy(REFERENCE)


def _drawn(own: Estimate, here: Estimate | None, right: Estimate | None, low: float, high: float) -> str:
    """Draw what is reported, hollow, over what is measured; a line stands at the right model."""
    at = "" if right is None else f"{(float(right['value'] or 0) - low) / (high - low):.2%}"
    line = f'<i class="right" style="left:{at}"></i>' if at else ""
    measured_ = forest(here, low, high) if here else ""
    return f'<div class="both">{line}{forest(own, low, high, kind="hollow")}{measured_}</div>'
