"""A comparison as rows of text: for the terminal, for Markdown, for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scenefit.evaluation.text import interval, number

COLUMNS = ("method", "binary accuracy", "top-1", "top-10", "top 10 %", "MRR", "seen", "unseen")
MISTAKE_COLUMNS = ("error", "what", "as reported", "as measured here", "ctl-paper")
REFERENCE = "ctl-paper"
MATRICES = {
    "binary_accuracy": "binary accuracy",
    "top_10": "top-10",
    "unseen_products": "binary accuracy on products unseen in training",
}
"""The paired differences that are shown, and their names."""

Estimate = Mapping[str, float | None]


def rows(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Give a row of `COLUMNS` for each method that was ranked, the errors left out."""
    return [
        (
            name,
            interval(m["ranked"]["binary_accuracy"]),
            number(m["ranked"]["top_1"]["value"]),
            interval(m["ranked"]["top_10"]),
            number(m["ranked"]["top_10_percent"]["value"]),
            number(m["ranked"]["mrr"]["value"]),
            number(m["ranked"]["seen_products"]["binary_accuracy"]["value"]),
            number(m["ranked"]["unseen_products"]["binary_accuracy"]["value"]),
        )
        for name, m in result["methods"].items()
        if m["ranked"] and not is_mistake(name)
    ]


def is_mistake(name: str) -> bool:
    """Say whether a method is one of the published errors switched on."""
    return name.startswith("error-")


def mistakes_of(result: Mapping[str, Any]) -> list[str]:
    """Name the published errors that were measured, the re-implementation among them."""
    return [name for name in result["methods"] if is_mistake(name) or name == "blog"]


def as_reported(method: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a method's figures as its author would report them."""
    found: Mapping[str, Any] = method["reported"] or method["ranked"]
    return found


def mistake_rows(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Give a row of `MISTAKE_COLUMNS` for each error: binary accuracy as reported, and as measured here."""
    right = result["methods"].get(REFERENCE)
    reference = interval(right["ranked"]["binary_accuracy"]) if right else "-"
    return [
        (
            name,
            m["what"],
            interval(as_reported(m)["binary_accuracy"]),
            interval(m["ranked"]["binary_accuracy"]) if m["ranked"] else "-",
            reference,
        )
        for name, m in {name: result["methods"][name] for name in mistakes_of(result)}.items()
    ]


def difference_rows(result: Mapping[str, Any], metric: str) -> list[tuple[str, ...]]:
    """Give a matrix: each cell is the row's method minus the column's, in points, with its interval."""
    table = result["differences"][metric]
    names = [name for name in table if not is_mistake(name)]
    return [(one, *("" if one == other else points(table[one].get(other)) for other in names)) for one in names]


def points(estimate: Estimate | None) -> str:
    """Write a difference in points.

    >>> points({"value": 0.0412, "low": 0.0301, "high": 0.0533})
    '+4.1 [3.0, 5.3]'
    """
    if estimate is None or estimate["value"] is None:
        return "-"
    value, low, high = (100 * float(estimate[name] or 0) for name in ("value", "low", "high"))
    return f"{value:+.1f} [{low:.1f}, {high:.1f}]"


def title(result: Mapping[str, Any]) -> str:
    """Say what was compared, in a line."""
    protocol, dataset = result["protocol"], result["dataset"]
    first = next(m["ranked"] for m in result["methods"].values() if m["ranked"])
    how = f"{protocol['folds']}-fold cross-validation" if protocol["folds"] else f"split {protocol['split']}"
    seeds = len(protocol["seeds"])
    return (
        f"{dataset['name']}: {first['n']} pairs, {how}, {seeds} seed{'s' if seeds > 1 else ''}, "
        f"{dataset['products']} products"
    )


def markdown(result: Mapping[str, Any]) -> str:
    """Write the tables as Markdown."""
    parts = [f"# {title(result)}", "95 % intervals, bootstrap over scenes; means over the seeds."]
    parts.append(_table(COLUMNS, rows(result)))
    if mistakes := mistake_rows(result):
        parts += ["## Published errors, each switched on alone: binary accuracy", _table(MISTAKE_COLUMNS, mistakes)]
    for metric, what in MATRICES.items():
        cells = difference_rows(result, metric)
        parts += [f"## Row minus column, {what}, points, paired", _table(("", *(row[0] for row in cells)), cells)]
    return "\n\n".join(parts) + "\n"


def _table(columns: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
