"""Figures as text, the same on the terminal, in Markdown and in reports."""

from __future__ import annotations

from collections.abc import Mapping


def interval(estimate: Mapping[str, float | None], digits: int = 3) -> str:
    """Write a value with its interval, as `Estimate.as_json` gives them.

    >>> interval({"value": 0.5914, "low": 0.5796, "high": 0.6031})
    '.591 [.580, .603]'
    >>> interval({"value": None, "low": None, "high": None})
    '-'
    """
    value, low, high = (number(estimate[name], digits) for name in ("value", "low", "high"))
    return value if estimate["value"] is None else f"{value} [{low}, {high}]"


def number(value: float | None, digits: int = 3) -> str:
    """Write a number without the zero before its point.

    >>> number(-0.0412), number(0.0412, 2), number(1.0), number(None)
    ('-.041', '.04', '1.000', '-')
    """
    if value is None:
        return "-"
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text
