"""Attention as `scenefit evaluate` shows it: over how many cells, and what masking them does (`--deletion`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scenefit.cli.output import OUT, show_failures, show_table
from scenefit.evaluation.deletion_figures import MODES
from scenefit.evaluation.text import interval, number

SHOWN = {
    "margin": "margin to the negatives, in standard deviations of the distances",
    "binary_accuracy": "binary accuracy",
    "agreement": "correlation of the distances with those of the unmasked view",
}


def show_attention(result: Mapping[str, Any], recipe: str) -> None:
    """Print the effective cells of an evaluation and, where it masked them, the areas under the curves."""
    attention = result["attention"]
    columns = ("method", f"effective cells of {attention['cells']}")
    show_table("attention", columns, [(recipe, interval(attention["effective_cells"], 1))])
    if masked := result.get("deletion"):
        _show_deletion(masked)


def _show_deletion(result: Mapping[str, Any]) -> None:
    show_failures(result["failed"])
    first = result["orders"][0]
    columns = ("cells taken by", *(head for mode in MODES for head in (mode, f"{first} minus it")))
    how = (
        f"{result['pairs']} pairs of {result['scenes']} scenes, cells masked (deletion: low is good) or alone shown "
        "(insertion: high is good); areas under the curves"
    )
    OUT.print(how, markup=False, highlight=False)
    for measure, title in SHOWN.items():
        show_table(title, columns, [(order, *_row(result, measure, order)) for order in result["orders"]])


def _row(result: Mapping[str, Any], measure: str, order: str) -> list[str]:
    parts = [result[mode][measure][order] for mode in MODES]
    cells = [(number(part["area"]["value"]), part.get("first_minus")) for part in parts]
    return [text for area, apart in cells for text in (area, interval(apart) if apart else "")]
