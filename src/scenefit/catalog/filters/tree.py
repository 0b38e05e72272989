"""What a filter says, as a tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scenefit.types import Value

Op = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True)
class Comparison:
    """A column beside a literal; numbers are floats, and only they know an order. False where the value is missing."""

    column: str
    op: Op
    value: Value


@dataclass(frozen=True)
class Membership:
    """A column's value is one of 1 to 1,000 literals of its kind. False where the value is missing."""

    column: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Missing:
    """A product has no value in a column."""

    column: str


@dataclass(frozen=True)
class And:
    """All of two or more."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """At least one of two or more."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    """True where its part is false."""

    part: Node


Node = Comparison | Membership | Missing | And | Or | Not
