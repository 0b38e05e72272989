"""The sentences of a comparison's report that its figures write: the headline and what stands under it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from scenefit.compare.table import points
from scenefit.pages.comparison.markup import listed, percent
from scenefit.pages.comparison.parts import CEILING, UNTRAINED, Compared, crosses

CALLED = {"raw": "raw features"}
BESIDE = ("raw", "popularity")
"""The methods that the best is set beside in words."""
NAMED = 3


def headline(compared: Compared) -> str:
    """Say in a line which method is best and by how much, as HTML."""
    best = compared.best
    if best is None:
        return "No method was ranked that could be compared"
    share = percent(compared.accuracy(best))
    if len(compared.ranked) == 1:
        return f"{called(best)}: {share} binary accuracy"
    margins = [_margin(compared, best, other) for other in BESIDE if other in compared.ranked]
    told = " and ".join(margin for margin in margins if margin)
    return f"{_leads(compared, best)}: {share} binary accuracy{f', {told}' if told else ''}"


def _leads(compared: Compared, best: str) -> str:
    if best in UNTRAINED and set(compared.ranked) - set(UNTRAINED):
        return f"No trained method beats {called(best)}"
    level = [called(name) for name in level_with_best(compared) if name not in BESIDE]
    if not level:
        return f"{called(best)} is best"
    others = level if len(level) <= NAMED else [*level[: NAMED - 1], f"{len(level) - NAMED + 1} others"]
    return f"{called(best)} leads, level with {listed(others)}"


def level_with_best(compared: Compared) -> list[str]:
    """Name the methods whose paired difference from the best holds zero, the ceiling apart."""
    others = [name for name in compared.order if name not in (compared.best, CEILING)]
    differences = {name: compared.minus(str(compared.best), name) for name in others}
    return [name for name, difference in differences.items() if difference is None or crosses(difference)]


def _margin(compared: Compared, best: str, other: str) -> str:
    difference = compared.minus(best, other)
    if best == other or difference is None:
        return ""
    if crosses(difference):
        return f"not told apart from {called(other)}"
    return f"{difference['value'] * 100:.1f} points above {called(other)}"


def called(name: str) -> str:
    """Call a method by its name in a sentence, as HTML."""
    return CALLED.get(name) or _whole(escape(name))


def abstract(compared: Compared) -> list[str]:
    """Say in a few sentences what was found, with intervals; paragraphs of HTML."""
    best = compared.best
    if best is None:
        return []
    return [
        part for part in (_meaning(compared, best), _differences(compared, best), _first_ten(compared, best)) if part
    ]


def _meaning(compared: Compared, best: str) -> str:
    ranked = compared.ranked[best]
    text = (
        f"Shown a scene without the product, {called(best)} tells the true product from another of its category "
        f"{_share(ranked['binary_accuracy'])} of the time; chance is 50&nbsp;%."
    )
    if CEILING not in compared.ranked:
        return text
    ceiling = compared.accuracy(CEILING)
    way = (compared.accuracy(best) - 0.5) / (ceiling - 0.5) if ceiling > 0.5 else 0.0
    return (
        f"{text} The rule that made the looks, the ceiling, reaches {percent(ceiling)}: the method goes "
        f"{percent(way, 0)} of the way from chance to it."
    )


def _differences(compared: Compared, best: str) -> str:
    others = [name for name in BESIDE if name in compared.ranked and name != best]
    told = [
        f"{points(difference)} points over {called(name)}"
        for name in others
        if (difference := compared.minus(best, name)) is not None
    ]
    return f"Paired pair by pair, that is {listed(told)} (95&nbsp;% intervals, bootstrap over scenes)." if told else ""


def _first_ten(compared: Compared, best: str) -> str:
    values = {name: ranked["top_10"]["value"] for name, ranked in compared.ranked.items() if name != CEILING}
    first = max(values, key=lambda name: float(values[name]))
    chance = f" (at random {percent(values['random'])})" if "random" in values else ""
    text = f"The true product is among its first ten for {percent(values[best])} of the pairs{chance}"
    if first == best:
        return f"{text}, the most of all methods."
    difference = compared.minus(first, best, "top_10")
    sure = ", not told apart" if difference is None or crosses(difference) else f", {points(difference)} points"
    return f"{text}; {called(first)} has it there for {percent(values[first])}{sure}."


def _share(estimate: Mapping[str, float | None]) -> str:
    low, high = (float(estimate[end] or 0) * 100 for end in ("low", "high"))
    return f"{percent(estimate['value'])} [{low:.1f}, {high:.1f}]"


def verdict(reported: Mapping[str, float] | None, measured: Mapping[str, float] | None, right: float | None) -> str:
    """Say, as HTML, what an error did: to the figure that its author reports, and to the model.

    Args:
        reported: the reported accuracy minus the right model's, paired; None where the pairs differ.
        measured: the same for the accuracy measured here.
        right: the difference of the reported accuracy from the right model's, unpaired; None where there is none.

    >>> verdict({"value": 0.1, "low": 0.05, "high": 0.15}, {"value": -0.05, "low": -0.1, "high": 0.05}, 0.1)
    'flatters the figure: <span class="name">+10.0 [5.0, 15.0]</span>'
    """
    told = []
    if reported is not None and not crosses(reported):
        told.append(f"{'flatters' if reported['value'] > 0 else 'lowers'} the figure: {_whole(points(reported))}")
    if reported is None and right is not None:
        told.append(f"on other pairs: {right * 100:+.1f}")
    if measured is not None and not crosses(measured):
        told.append(f"{'harms' if measured['value'] < 0 else 'helps'} the model: {_whole(points(measured))}")
    return "<br>".join(told) or "no difference seen here"


def _whole(text: str) -> str:
    """Keep text on one line."""
    return f'<span class="name">{text}</span>'
