"""Plots inside pages: SVG by matplotlib (the extra `plots`), text as text, colours as the page's CSS variables.

So a plot is drawn once and follows its page from light to dark: matplotlib is told stand-ins for the colours.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from scenefit.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("ink", "dim", "line", "card", *(f"s{i}" for i in range(8)))
"""The CSS variables that a page with plots must set."""
STAND_INS = {name: f"#c0de{place:02x}" for place, name in enumerate(COLOURS)}
WIDTH = 5.6
"""Inches; with text of 10 points, so that it can be read at the width of a phone."""
LONGEST = 28
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "scenefit",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": STAND_INS["ink"],
    "axes.labelcolor": STAND_INS["dim"],
    "axes.edgecolor": STAND_INS["line"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": STAND_INS["line"],
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "xtick.color": STAND_INS["dim"],
    "ytick.color": STAND_INS["dim"],
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
}


def missing() -> str | None:
    """Say what to install where plots cannot be drawn; None where they can."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        return str(MissingExtraError("the report's plots", "plots"))
    return None


def svg(name: str, draw: Callable[[Axes], None], height: float, says: str) -> str:
    """Draw a plot.

    Args:
        name: of the plot; its ids begin with it, so that a page can hold several.
        draw: draws on axes, in colours of `STAND_INS`; names through `label`.
        height: in inches.
        says: the plot in words, for those who cannot see it.

    Returns:
        an SVG element.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("the report's plots", "plots") from None
    buffer = io.StringIO()
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # the reader's browser has the letter, or shows a box
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        draw(figure.subplots())
        figure.savefig(buffer, format="svg", transparent=True)
    return _for_pages(buffer.getvalue(), name, says)


def _for_pages(drawn: str, name: str, says: str) -> str:
    """Fit matplotlib's SVG into a page: ids of its own, the page's colours and font, no style or name of elsewhere."""
    tree = ElementTree.fromstring(drawn)  # noqa: S314  matplotlib wrote it
    for parent in list(tree.iter()):
        for child in [child for child in parent if child.tag.endswith(("}metadata", "}style"))]:
            parent.remove(child)
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
        given = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
        element.attrib.clear()
        element.attrib.update({key: _fitted(key, value, name) for key, value in given.items()})
    viewed = tree.attrib["viewBox"]
    tree.attrib.clear()
    tree.attrib.update({"class": "plot", "viewBox": viewed, "role": "img", "aria-label": says})
    return ElementTree.tostring(tree, "unicode")


def _fitted(key: str, value: str, name: str) -> str:
    match key:
        case "id":
            return f"{name}-{value}"
        case "href" | "clip-path":
            return value.replace("#", f"#{name}-")
        case "style":
            for colour, hexadecimal in STAND_INS.items():
                value = value.replace(hexadecimal, f"var(--{colour})")
            return "; ".join(part for part in value.split("; ") if not part.startswith("font-family"))
    return value


def label(text: str, longest: int = LONGEST) -> str:
    r"""Make a name fit for a plot: printable, on one line, not too long.

    >>> label("Dining Tables,\nChairs and Stools")
    'Dining Tables, Chairs and S…'
    """
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line if len(line) <= longest else line[: longest - 1] + "…"


def apart(values: Sequence[float], least: float, most: float) -> list[float]:
    """Move ascending values apart to a least distance, none above `most`; those that would meet keep their mean.

    >>> apart([0.0, 4.0, 4.0, 9.0], 2.0, 9.0)
    [0.0, 3.0, 5.0, 9.0]
    >>> apart([0.0, 9.0, 9.0], 2.0, 9.0)
    [0.0, 7.0, 9.0]
    """
    groups: list[list[float]] = []
    for value in values:
        groups.append([value])
        while len(groups) > 1 and _spread(groups[-1], least, most)[0] - _spread(groups[-2], least, most)[-1] < least:
            last = groups.pop()
            groups[-1] += last
    return [place for group in groups for place in _spread(group, least, most)]


def _spread(group: Sequence[float], least: float, most: float) -> list[float]:
    half = (len(group) - 1) / 2 * least
    first = min(sum(group) / len(group), most - half) - half
    return [first + place * least for place in range(len(group))]
