"""The tables of a comparison's report: the methods, their paired differences, the trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from scenefit.compare.table import COLUMNS, points, rows
from scenefit.evaluation.text import number
from scenefit.pages.comparison.markup import table
from scenefit.pages.comparison.parts import CEILING, Compared, crosses
from scenefit.pages.comparison.words import level_with_best

Estimate = Mapping[str, float | None]
FACTS = ("best_epoch", "epochs", "validation_accuracy", "total_seconds")


def methods_table(compared: Compared) -> str:
    """Write the figures of each method beside a drawing of its accuracy: mean, interval, and each seed."""
    low, high = axis_of([m["binary_accuracy"] for m in compared.ranked.values()])
    level = level_with_best(compared) if compared.best else []
    body = []
    for name, *cells in rows(compared.result):
        ranked = compared.ranked[name]
        kind = "best" if name == compared.best else ""
        drawn = forest(ranked["binary_accuracy"], low, high, ranked["by_seed"], kind)
        body.append((_method(compared, name, level), drawn, *cells))
    axis = f'<span class="axis"><i>{low:.2f}</i><i>{high:.2f}</i></span>'
    return table(("method", axis, *COLUMNS[1:]), body, "methods")


def _method(compared: Compared, name: str, level: Sequence[str]) -> str:
    mark = {compared.best: ' <em class="tag">best</em>', CEILING: ' <em class="tag">ceiling</em>'}.get(name, "")
    mark = mark or (' <em class="tag">level with the best</em>' if name in level else "")
    return f"<b>{name}</b>{mark}<small>{escape(compared.result['methods'][name]['what'])}</small>"


def axis_of(estimates: Sequence[Estimate]) -> tuple[float, float]:
    """Give an axis that holds chance and every interval, in whole twentieths."""
    numbers = [0.45, 0.55, *(float(estimate[end] or 0.5) for estimate in estimates for end in ("low", "high"))]
    return float(np.floor(min(numbers) * 20) / 20), float(np.ceil(max(numbers) * 20) / 20)


def forest(estimate: Estimate, low: float, high: float, seeds: Sequence[float] = (), kind: str = "") -> str:
    """Draw an estimate on an axis from low to high: its interval, its value, chance, and a tick for each seed."""

    def at(value: float | None) -> float:
        return (float(value or 0) - low) / (high - low) * 100

    start, end = at(estimate["low"]), at(estimate["high"])
    ticks = "".join(f'<i class="seed" style="left:{at(seed):.2f}%"></i>' for seed in seeds) if len(seeds) > 1 else ""
    return (
        f'<div class="forest {kind}"><i class="chance" style="left:{at(0.5):.2f}%"></i>'
        f'<i class="bar" style="left:{start:.2f}%;width:{end - start:.2f}%"></i>{ticks}'
        f'<i class="dot" style="left:{at(estimate["value"]):.2f}%"></i></div>'
    )


def differences_table(compared: Compared, metric: str) -> str:
    """Write the matrix of paired differences, row minus column, the most accurate first; coloured where it is sure."""
    names = compared.order
    found = [compared.minus(one, other, metric) for one in names for other in names if one != other]
    most = max((abs(difference["value"]) for difference in found if difference), default=1.0) or 1.0
    body = [
        (name, *(_difference(compared.minus(name, other, metric), most, name == other) for other in names))
        for name in names
    ]
    return table(("", *(f"<span>{name}</span>" for name in names)), body, "matrix")


def _difference(difference: Mapping[str, float] | None, most: float, same: bool) -> str:
    if same or difference is None:
        return '<div class="same">&middot;</div>' if same else '<div class="level">no pairs in common</div>'
    value, ends = points(difference).split(" ", 1)
    if crosses(difference):
        return f'<div class="level">{value}<small>{ends}</small></div>'
    kind, strength = ("plus" if difference["value"] > 0 else "minus"), 0.12 + 0.5 * abs(difference["value"]) / most
    return f'<div class="sure {kind}" style="--a:{strength:.2f}"><b>{value}</b><small>{ends}</small></div>'


def trainings_table(compared: Compared) -> str:
    """Write what each method's trainings said: accuracy of each seed, their spread, epochs, seconds."""
    methods = compared.result["methods"]
    trained = {name: method for name, method in methods.items() if any("epochs" in run for run in method["runs"])}
    body = [(f"<b>{name}</b>", *_training(method)) for name, method in trained.items()]
    head = ("method", "accuracy with each seed", "spread", "epoch kept", "of", "validation", "seconds a run")
    return table(head, body, "trainings") if body else ""


def _training(method: Mapping[str, Any]) -> tuple[str, ...]:
    seeds = (method["ranked"] or method["reported"])["by_seed"]
    spread = f"{np.std(seeds, ddof=1) * 100:.1f}" if len(seeds) > 1 else "-"
    facts = {key: [run[key] for run in method["runs"] if key in run] for key in FACTS}
    epochs, of, accuracy, seconds = (facts[key] for key in FACTS)
    return (
        " ".join(number(seed) for seed in seeds),
        spread,
        _range(epochs),
        _range(of),
        number(float(np.mean(accuracy))) if accuracy else "-",
        f"{np.mean(seconds):.0f}" if seconds else "-",
    )


def _range(numbers: Sequence[int]) -> str:
    """Write whole numbers by their least and most.

    >>> _range([4, 9, 7]), _range([3, 3]), _range([])
    ('4-9', '3', '-')
    """
    if not numbers:
        return "-"
    least, most = min(numbers), max(numbers)
    return str(least) if least == most else f"{least}-{most}"
