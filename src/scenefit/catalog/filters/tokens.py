"""The words, numbers, quoted texts and signs of a filter, and errors that point at one of them."""

from __future__ import annotations

import math
import re
from typing import Literal, NamedTuple

from scenefit.errors import FilterError

LONGEST_FILTER = 4_000
_TOKEN = re.compile(
    r"""(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<text>"(?:[^"\\]|\\["'\\])*"|'(?:[^'\\]|\\["'\\])*')
    |(?P<sign><=|>=|==|!=|[=<>(),])""",
    re.VERBOSE,
)
_OPENED = re.compile(r"""(["'])(?:(?!\1)[^\\]|\\["'\\])*""")
_SPACE = re.compile(r"\s*")
_NEVER = re.compile("[\0\ud800-\udfff]")
_AROUND = 30


class Token(NamedTuple):
    """One of them.

    Attributes:
        text: as it is written; empty at the end of the filter.
        at: where it begins, from 0.
    """

    kind: Literal["word", "number", "text", "sign", "end"]
    text: str
    at: int

    @property
    def name(self) -> str:
        """What it is, for a message.

        >>> Token("end", "", 5).name, Token("sign", "<=", 5).name
        ('the end', "'<='")
        """
        return repr(self.text if len(self.text) <= 80 else f"{self.text[:77]}...") if self.text else "the end"

    def says(self, *words: str) -> bool:
        """Tell whether it is one of some words or signs; whether they are capitals makes no difference."""
        return self.kind in ("word", "sign") and self.text.lower() in words


def tokens(text: str) -> list[Token]:
    """Cut a filter into its tokens; the last is the end.

    Raises:
        FilterError: it is too long, or holds what is none of them.

    >>> [token.text for token in tokens("price<-8.5 and not brand='a b'")]
    ['price', '<', '-8.5', 'and', 'not', 'brand', '=', "'a b'", '']
    """
    if len(text) > LONGEST_FILTER:
        raise FilterError(f"got a filter of {len(text):,} characters; expected at most {LONGEST_FILTER:,}")
    found = []
    at = _past_spaces(text, 0)
    while at < len(text):
        found.append(_token(text, at))
        at = _past_spaces(text, at + len(found[-1].text))
    return [*found, Token("end", "", at)]


def _past_spaces(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _token(text: str, at: int) -> Token:
    match = _TOKEN.match(text, at)
    if match is None:
        raise _unreadable(text, at)
    word, number, quoted, _ = match.groups()
    if word:
        return Token("word", word, at)
    if number:
        return Token("number", number, at)
    return Token("text" if quoted else "sign", match.group(), at)


def _unreadable(text: str, at: int) -> FilterError:
    opened = _OPENED.match(text, at)
    if opened is None:
        return refusal(text, at, repr(text[at]), "a column, a number, a text in straight quotes, an operator or ( ) ,")
    if opened.end() == len(text):
        return refusal(text, at, "a text without its closing quote", f"{text[at]} at its end")
    wrong = repr(text[opened.end() : opened.end() + 2])
    return refusal(text, opened.end(), wrong, r"""after a backslash one of " ' \ """.strip())


def number_of(text: str, token: Token) -> float:
    """Read a number.

    Raises:
        FilterError: it is not finite.
    """
    number = float(token.text)
    if not math.isfinite(number):
        raise refusal(text, token.at, token.name, "a number of at most 1.7e308")
    return number


def text_of(text: str, token: Token) -> str:
    r"""Read a quoted text.

    Raises:
        FilterError: it holds what no product can: a NUL, or half a surrogate pair.

    >>> text_of("", Token("text", r"'a \'b\' \\ c'", 0))
    "a 'b' \\ c"
    """
    bad = _NEVER.search(token.text)
    if bad:
        raise refusal(text, token.at + bad.start(), repr(bad.group()), "a text without NUL and of valid Unicode")
    return re.sub(r"\\(.)", r"\1", token.text[1:-1])


def refusal(text: str, at: int, got: str, expected: str) -> FilterError:
    """Make the error that points at a place of a filter.

    >>> raise refusal("price ! 3", 6, "'!'", "an operator")
    Traceback (most recent call last):
    ...
    scenefit.errors.FilterError: the filter, at character 7, after 'price ': got '!'; expected an operator
    """
    before = text[max(0, at - _AROUND) : at]
    after = f", after {before!r}" if before else ""
    return FilterError(f"the filter, at character {at + 1}{after}: got {got}; expected {expected}")
