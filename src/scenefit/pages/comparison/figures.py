"""Which plots a comparison's report shows, and what is drawn in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scenefit.pages.comparison.markup import figure
from scenefit.pages.comparison.parts import CEILING, Compared
from scenefit.pages.comparison.plots import Dots, Line, curves, dots
from scenefit.pages.plots import label

FIXED = {CEILING: "ink", "random": "dim", "raw": "s1", "popularity": "s2"}
FREE = ("s3", "s4", "s5", "s6", "s7")
FULL = 0.9995
"""Where every curve has come this far, the plot ends: categories hold no more products."""


def top_k_figures(compared: Compared) -> str:
    """Draw the top-K curves: the methods of the field, and beside them the variants of the paper's."""
    variants = [name for name in compared.ranked if _is_variant(name)]
    field = [name for name in compared.ranked if name not in variants]
    lead = compared.shown.name if compared.shown else compared.best
    if len(variants) > 1:
        field += [name for name in variants if name == lead]
        variants = [name for name in compared.ranked if name == CEILING] + variants
        return _top_k(compared, "field", field, lead) + _top_k(compared, "variants", variants, lead)
    return _top_k(compared, "field", field + variants, lead)


def _is_variant(name: str) -> bool:
    return name.startswith(("ctl-", "blog"))


def _top_k(compared: Compared, name: str, methods: Sequence[str], lead: str | None) -> str:
    points = {method: {int(k): e for k, e in compared.ranked[method]["curve"].items()} for method in compared.ranked}
    last = _last({method: points[method] for method in compared.ranked})
    free = iter(FREE)
    lines = [
        Line(
            method,
            "s0" if method == lead else FIXED.get(method) or next(free, "dim"),
            {k: e for k, e in points[method].items() if k <= last},
            {CEILING: "--", "random": ":"}.get(method, "-"),
            2.4 if method == lead else 1.5,
        )
        for method in methods
    ]
    says = f"Top-K accuracy of {', '.join(methods)}"
    top = max(float(curve[last]["high"]) for curve in points.values())
    drawn = curves(f"top-k-{name}", lines, top, "K", "true product among the first K", says)
    what = {"field": "The methods of the field", "variants": "Variants of the paper's method"}
    return figure(drawn, f"{what[name]}. Bands: 95&nbsp;% intervals.")


def _last(points: Mapping[str, Mapping[int, Any]]) -> int:
    """Give the K at which the curves end: the last before all of them have come to one."""
    ks = sorted(next(iter(points.values())))
    open_ = [k for k in ks if any(curve[k]["value"] < FULL for curve in points.values())]
    return max([*open_, ks[2]])


def category_figure(compared: Compared) -> str:
    """Draw the accuracy by category of up to four methods: the ceiling, the one looked at, raw, popularity."""
    lead = compared.shown.name if compared.shown else compared.best
    chosen = [name for name in dict.fromkeys((CEILING, lead, "raw", "popularity")) if name in compared.ranked]
    parts = {name: compared.ranked[name]["by_category"] for name in chosen}
    first = parts[lead] if lead in parts else next(iter(parts.values()), {})
    order = sorted(first, key=lambda category: first[category]["binary_accuracy"]["value"], reverse=True)
    series = [
        Dots(name, "s0" if name == lead else FIXED[name], [_accuracy(parts[name].get(c)) for c in order])
        for name in chosen
    ]
    rows = [f"{label(category, 21)} ({first[category]['n']})" for category in order]
    drawn = dots("categories", rows, series, "binary accuracy", f"Binary accuracy by category of {', '.join(chosen)}")
    return figure(drawn, "By category; in brackets the pairs. Bars: 95&nbsp;% intervals; dotted: chance.")


def _accuracy(part: Mapping[str, Any] | None) -> Mapping[str, float | None] | None:
    found: Mapping[str, float | None] | None = part["binary_accuracy"] if part else None
    return found


def seen_figure(compared: Compared) -> str:
    """Draw the accuracy of every method on products that training saw and on those that it did not."""
    names = [name for name in compared.order if name != "random"]
    kinds = (("seen_products", "seen in training", False), ("unseen_products", "unseen", True))
    first = next(iter(compared.ranked.values()))
    series = [
        Dots(f"{what} ({first[kind]['n']})", "s0", [_accuracy(compared.ranked[name][kind]) for name in names], hollow)
        for kind, what, hollow in kinds
    ]
    drawn = dots(
        "seen", names, series, "binary accuracy", "Binary accuracy on products seen in training and unseen ones"
    )
    return figure(drawn, "Products that the training saw, and those that it did not; in brackets the pairs.")
