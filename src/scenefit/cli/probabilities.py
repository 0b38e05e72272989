"""What `scenefit evaluate` shows of a model's probabilities, and the page of the reliability plot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scenefit.artifacts import written_file
from scenefit.cli.output import note, show_table
from scenefit.errors import MissingExtraError, UsageError
from scenefit.evaluation.text import interval, number
from scenefit.model.folder import CALIBRATION, Model
from scenefit.pages import plots
from scenefit.pages.reliability import reliability_page

FIGURES = ("calibration_error", "brier", "accuracy")


def check_reliability(model: Model, page: Path | None) -> None:
    """Refuse to promise a page that cannot be made.

    Raises:
        MissingExtraError: matplotlib is not installed.
        UsageError: the model is not calibrated.
    """
    if page is None:
        return
    if plots.missing():
        raise MissingExtraError("--reliability", "plots")
    if model.calibration is None:
        raise UsageError(
            f"{model.folder} has no {CALIBRATION}, so no probabilities to plot; train it on a dataset with validation "
            "pairs, or leave out --reliability"
        )


def write_reliability(result: Mapping[str, Any], page: Path | None) -> None:
    """Write the page that was asked for."""
    if page is None:
        return
    with written_file(page) as aside:
        aside.write_text(reliability_page(result), "utf-8")
    note(f"wrote {page}")


def show_probabilities(measured: Mapping[str, Any] | None) -> None:
    """Show the figures of the probabilities; nothing for a model without."""
    if measured is None:
        return
    title = f"probabilities, one negative to a pair; an error of {number(measured['by_chance'])} is chance"
    parts = {"calibrated": measured, "not": measured["plain"]}
    rows = [(name, *(interval(part[figure]) for figure in FIGURES)) for name, part in parts.items()]
    show_table(title, ("", "calibration error", "Brier score", "told right"), rows)
