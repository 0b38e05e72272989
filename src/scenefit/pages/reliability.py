"""A self-contained page on the probabilities of a model: the reliability plot, and figures in all and by category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from scenefit.evaluation.text import interval, number
from scenefit.pages.comparison.markup import figure, percent, table
from scenefit.pages.plots import STAND_INS, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Bins = Sequence[Mapping[str, Any]]
FIGURES = {"calibration_error": "expected calibration error", "brier": "Brier score", "accuracy": "told right"}


def reliability_page(result: Mapping[str, Any]) -> str:
    """Write the page of what `evaluation.evaluate` gives for a calibrated model, as one HTML document.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    measured = result["calibration"]
    error, plain = (measured["calibration_error"]["value"], measured["plain"]["calibration_error"]["value"])
    template = Template(files("scenefit.pages").joinpath("reliability.html").read_text("utf-8"))
    return template.substitute(
        headline=f"Over {result['n']} pairs of {result['scenes']} scenes, each against its negatives one to one, the "
        f"probabilities are {percent(error)} off on average; without calibration {percent(plain)}.",
        plot=_plot(measured),
        figures=table(("", "calibrated", "not calibrated"), [_row(measured, name) for name in FIGURES]),
        chance=f"True probabilities would show a calibration error of about {number(measured['by_chance'])}: so few "
        "pairs stray by chance. An interval of the error lies high, since resampling adds chance to chance.",
        categories=table(
            ("category", "pairs", "told right", "Brier score", "goes up to"),
            [_category(name, part) for name, part in measured["by_category"].items()],
        ),
        **{name: escape(str(result[name])[:12]) for name in ("model", "dataset", "split", "view")},
    )


def _row(measured: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    return FIGURES[name], interval(measured[name]), interval(measured["plain"][name])


def _category(name: str, part: Mapping[str, Any]) -> tuple[str, ...]:
    figures = interval(part["accuracy"]), interval(part["brier"]), number(part["threshold"])
    return escape(name), str(part["n"]), *figures


def _plot(measured: Mapping[str, Any]) -> str:
    bins, plain = measured["reliability"], measured["plain"]["reliability"]
    told = "; ".join(f"{number(b['probability'], 2)}: {number(b['share']['value'], 2)}" for b in bins)
    caption = (
        "Pairs that do go together, over the probability that the model gave, in bins of equal weight; on the dotted "
        "line both are the same. Full: calibrated; hollow: not."
    )
    return figure(
        reliability_plot("reliability", bins, plain, f"Share that goes together by probability: {told}"), caption
    )


def reliability_plot(name: str, bins: Bins, plain: Bins, says: str) -> str:
    """Draw the share of positives over the mean probability of each bin, with intervals; `plain` hollow behind.

    Args:
        name: of the plot; its ids begin with it.
        bins: each with "probability" and the estimate "share".
        plain: the same without calibration.
        says: the plot in words, for those who cannot see it.

    Returns:
        an SVG element.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=STAND_INS["dim"], linewidth=1, linestyle=":")
        _marks(axes, plain, "not calibrated", "s1", "card")
        _marks(axes, bins, "calibrated", "s0", "s0")
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability given", ylabel="share that goes together")
        axes.set_aspect("equal")
        axes.legend(loc="upper left")

    return svg(name, draw, 5.2, says)


def _marks(axes: Axes, bins: Bins, name: str, colour: str, face: str) -> None:
    x = [part["probability"] for part in bins]
    value, low, high = ([part["share"][end] for part in bins] for end in ("value", "low", "high"))
    axes.vlines(x, low, high, color=STAND_INS[colour], linewidth=1.6, alpha=0.5)
    (line,) = axes.plot(x, value, "o", label=name, color=STAND_INS[colour], gid=f"marks-{name}")
    line.set(markerfacecolor=STAND_INS[face], markeredgewidth=1.4, markersize=5.5)
