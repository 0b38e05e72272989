"""Reads the tokens of a filter into its tree."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from scenefit.catalog.columns import Columns, Kind
from scenefit.catalog.filters.tokens import Token, number_of, refusal, text_of, tokens
from scenefit.catalog.filters.tree import And, Comparison, Membership, Missing, Node, Not, Op, Or
from scenefit.errors import FilterError
from scenefit.types import Value

DEEPEST = 50
MOST_MEMBERS = 1_000
_OPS: dict[str, Op] = {"=": "=", "==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_TESTS: dict[Kind, str] = {
    "number": "= != < <= > >= in, not in, is missing or is not missing",
    "text": "= != in, not in, is missing or is not missing",
    "boolean": "nothing, or = != in, not in, is missing or is not missing",
}
_LITERALS: dict[Kind, str] = {"number": "a number", "text": "a text in quotes", "boolean": "true or false"}
_WORDS = ("and", "or", "not", "in", "is", "true", "false", "missing")
_SHOWN = 20


def read_tree(text: str, columns: Columns) -> tuple[Node, dict[str, Kind]]:
    """Read a filter's tree, and the kinds of the columns that it names; see `filters.parse_filter`."""
    reader = _Reader(text, columns)
    root = reader.either()
    if reader.next.kind != "end":
        raise reader.refuse("and, or, or the end")
    return root, reader.kinds


class _Reader:
    """Reads the tokens from left to right; `next` is the first that is not read."""

    def __init__(self, text: str, columns: Columns) -> None:
        self.text = text
        self.columns = columns
        self.kinds: dict[str, Kind] = {}
        self.coming = iter(tokens(text))
        self.next = next(self.coming)
        self.depth = 0

    def refuse(self, expected: str) -> FilterError:
        return refusal(self.text, self.next.at, self.next.name, expected)

    def take(self) -> Token:
        taken = self.next
        self.next = next(self.coming, taken)
        return taken

    def took(self, *words: str) -> bool:
        """Take the next token if it is one of some words or signs."""
        return self.next.says(*words) and bool(self.take())

    def need(self, word: str, expected: str) -> None:
        if not self.took(word):
            raise self.refuse(expected)

    def either(self) -> Node:
        return self.joined("or", self.every, Or)

    def every(self) -> Node:
        return self.joined("and", self.negation, And)

    def joined(self, word: str, read: Callable[[], Node], join: type[And | Or]) -> Node:
        parts = [read()]
        while self.took(word):
            parts.append(read())
        return join(tuple(parts)) if len(parts) > 1 else parts[0]

    def negation(self) -> Node:
        if not self.next.says("not", "("):
            return self.test()
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.refuse(f"at most {DEEPEST} of not and ( inside one another")
        if self.took("not"):
            node: Node = Not(self.negation())
        else:
            self.take()
            node = self.either()
            self.need(")", "and, or, or )")
        self.depth -= 1
        return node

    def test(self) -> Node:
        column = self.column()
        kind = self.kinds[column]
        if self.took("is"):
            negated = self.took("not")
            self.need("missing", "missing" if negated else "missing or not missing")
            return Not(Missing(column)) if negated else Missing(column)
        if self.took("not"):
            self.need("in", "in, as not follows a column")
            return Not(Membership(column, self.members(kind)))
        if self.took("in"):
            return Membership(column, self.members(kind))
        return self.comparison(column, kind)

    def comparison(self, column: str, kind: Kind) -> Node:
        op = _OPS.get(self.next.text)
        if op is None and kind == "boolean":
            return Comparison(column, "=", True)
        if op is None or (op not in ("=", "!=") and kind != "number"):
            raise self.refuse(f"after the {kind} {column}: {_TESTS[kind]}")
        self.take()
        return Comparison(column, op, self.literal(kind))

    def members(self, kind: Kind) -> tuple[Value, ...]:
        self.need("(", "( after in")
        values = [self.literal(kind)]
        while self.took(","):
            if len(values) == MOST_MEMBERS:
                raise self.refuse(f"at most {MOST_MEMBERS:,} in a list")
            values.append(self.literal(kind))
        self.need(")", ", or )")
        return tuple(values)

    def literal(self, kind: Kind) -> Value:
        if kind == "number" and self.next.kind == "number":
            return number_of(self.text, self.take())
        if kind == "text" and self.next.kind == "text":
            return text_of(self.text, self.take())
        if kind == "boolean" and self.next.says("true", "false"):
            return self.take().says("true")
        raise self.refuse(_LITERALS[kind])

    def column(self) -> str:
        name = self.next.text
        if self.next.kind != "word" or self.next.says(*_WORDS):
            raise self.refuse("a column, not, or (")
        if name not in self.columns:
            raise refusal(self.text, self.next.at, f"the column {self.next.name}", _nearest(name, self.columns))
        self.kinds[name] = self.columns[name]
        return self.take().text


def _nearest(name: str, columns: Columns) -> str:
    """Name the column that was meant, and the first of those that there are."""
    spelled = {column.lower(): column for column in columns}
    near = difflib.get_close_matches(name.lower()[:63], spelled, 1)
    shown = ", ".join(list(columns)[:_SHOWN]) + (f" and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else "")
    return (f"{spelled[near[0]]!r}, or another of " if near else "one of ") + f"the catalog's columns: {shown}"
