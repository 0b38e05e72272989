"""The two kinds of plot in the report of a comparison: curves with bands, and dots with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scenefit.pages.plots import STAND_INS, apart, label, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Estimate = Mapping[str, float | None]
TICKS = (1, 2, 3, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Line:
    """A curve with its band, estimates by x; `colour` is one of `plots.COLOURS`, `dash` a line style of matplotlib."""

    name: str
    colour: str
    points: Mapping[int, Estimate]
    dash: str = "-"
    width: float = 1.5


@dataclass(frozen=True)
class Dots:
    """A mark with its interval in each row; a row without an estimate, or without its value, stays empty."""

    name: str
    colour: str
    rows: Sequence[Estimate | None]
    hollow: bool = False


def curves(name: str, lines: Sequence[Line], top: float, across: str, up: str, says: str) -> str:
    """Draw curves over a logarithmic axis, each with its band and, at its end, its name.

    Args:
        name: of the plot; its ids begin with it.
        lines: the curves, all over the same x, at least 1; their values and intervals in [0, 1].
        top: the most that they reach, so that plots side by side have one axis.
        across: what the horizontal axis counts.
        up: what the vertical axis tells.
        says: the plot in words, for those who cannot see it.

    Returns:
        an SVG element.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """

    def draw(axes: Axes) -> None:
        xs = sorted(lines[0].points)
        axes.set_xscale("log")
        axes.set_xticks([x for x in TICKS if x in xs], [str(x) for x in TICKS if x in xs])
        axes.set_xticks([], minor=True)
        for line in lines:
            _curve(axes, line, xs)
        axes.set(xlim=(xs[0], xs[-1]), ylim=(0, 1.04 * top or 1), xlabel=across, ylabel=up)
        _names(axes, lines, xs[-1])

    return svg(name, draw, 4.0, says)


def _ends(estimates: Iterable[Estimate], end: str) -> list[float]:
    return [float(estimate[end] or 0) for estimate in estimates]


def _curve(axes: Axes, line: Line, xs: Sequence[int]) -> None:
    value, low, high = (_ends([line.points[x] for x in xs], end) for end in ("value", "low", "high"))
    colour = STAND_INS[line.colour]
    axes.fill_between(xs, low, high, color=colour, alpha=0.14, linewidth=0, gid=f"band-{line.name}")
    axes.plot(xs, value, color=colour, linestyle=line.dash, linewidth=line.width, gid=f"curve-{line.name}")


def _names(axes: Axes, lines: Sequence[Line], last: int) -> None:
    """Write each line's name at its end, moved apart where they would lie over each other."""
    order = sorted(lines, key=lambda line: _ends([line.points[last]], "value"))
    ends = _ends([line.points[last] for line in order], "value")
    beside = axes.get_yaxis_transform()
    top = axes.get_ylim()[1]
    for line, end, height in zip(order, ends, apart(ends, 0.056 * top, top), strict=True):
        colour, bold = STAND_INS[line.colour], "bold" if line.width > 2 else "normal"
        axes.plot([1.005, 1.03], [end, height], color=colour, linewidth=0.8, transform=beside, clip_on=False)
        axes.text(1.04, height, label(line.name), color=colour, fontweight=bold, va="center", transform=beside)


def dots(name: str, rows: Sequence[str], series: Sequence[Dots], across: str, says: str) -> str:
    """Draw marks with their intervals, a row for each label; a dotted line stands at chance, 0.5.

    Args:
        name: of the plot; its ids begin with it.
        rows: the labels, from the top.
        series: the marks, each with one place for every row.
        across: what the horizontal axis tells.
        says: the plot in words, for those who cannot see it.

    Returns:
        an SVG element.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """

    def draw(axes: Axes) -> None:
        axes.axvline(0.5, color=STAND_INS["dim"], linewidth=1, linestyle=":")
        for place, marks in enumerate(series):
            _marks(axes, marks, (place - (len(series) - 1) / 2) * 0.64 / len(series))
        axes.set_yticks(range(len(rows)), [label(row) for row in rows])
        axes.set(ylim=(len(rows) - 0.45, -0.55), xlabel=across)
        axes.grid(visible=False, axis="y")
        beside = {"ncols": len(series), "handlelength": 1.2, "handletextpad": 0.3, "columnspacing": 1.0}
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0, borderpad=0.4, **beside)

    return svg(name, draw, 1.0 + len(rows) * (0.18 + 0.11 * len(series)), says)


def _marks(axes: Axes, marks: Dots, shift: float) -> None:
    known = [(row + shift, e) for row, e in enumerate(marks.rows) if e is not None and e["value"] is not None]
    heights = [height for height, _ in known]
    value, low, high = (_ends([estimate for _, estimate in known], end) for end in ("value", "low", "high"))
    colour = STAND_INS[marks.colour]
    axes.hlines(heights, low, high, color=colour, linewidth=1.6, alpha=0.5)
    face = STAND_INS["card"] if marks.hollow else colour
    (line,) = axes.plot(value, heights, "o", label=label(marks.name), gid=f"marks-{marks.name}", color=colour)
    line.set(markerfacecolor=face, markeredgewidth=1.4, markersize=5.5)
