"""The pieces of HTML that the parts of a comparison's report are made of."""

from __future__ import annotations

from collections.abc import Sequence


def percent(value: float | None, digits: int = 1) -> str:
    """Write a share as a percentage, as HTML.

    >>> percent(0.604), percent(None)
    ('60.4&nbsp;%', '-')
    """
    return "-" if value is None else f"{value * 100:.{digits}f}&nbsp;%"


def table(head: Sequence[str], body: Sequence[Sequence[str]], kind: str = "") -> str:
    """Write a table; its cells are HTML, those of each row's first column its heading."""
    columns = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    rows = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in body
    )
    return (
        f'<div class="table"><table class="{kind}"><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def note(text: str) -> str:
    """Write a note under a table, of HTML."""
    return f'<p class="note">{text}</p>'


def described(facts: Sequence[tuple[str, str]], kind: str = "") -> str:
    """Write facts and what they mean, both HTML."""
    told = "".join(f"<dt>{fact}</dt><dd>{meaning}</dd>" for fact, meaning in facts)
    return f'<dl class="{kind}">{told}</dl>'


def figure(content: str, caption: str, kind: str = "") -> str:
    """Put a caption under what a figure shows; both are HTML."""
    return f'<figure class="{kind}">{content}<figcaption>{caption}</figcaption></figure>'


def listed(names: Sequence[str]) -> str:
    """Name several things in a sentence.

    >>> listed(["raw", "ibr", "siamese"])
    'raw, ibr and siamese'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
