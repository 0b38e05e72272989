"""Filters: which products may be recommended, as `price<80 and in_stock and brand in ("a", "b")`.

    filter     = and-part {"or" and-part}
    and-part   = not-part {"and" not-part}
    not-part   = "not" not-part | "(" filter ")" | test
    test       = column ("=" | "==" | "!=") literal            a number, a text or a boolean
               | column ("<" | "<=" | ">" | ">=") number       a number column
               | column ["not"] "in" "(" literal {"," literal} ")"
               | column "is" ["not"] "missing"
               | column                                        a boolean column: it is true
    literal    = number | "text" | 'text' | "true" | "false"

`not` binds tighter than `and`, and `and` tighter than `or`. Inside quotes a backslash comes before a quote or a
backslash. Words of the language may be in capitals; columns are as the catalog spells them. A test of a missing value
is false, and so `not` of it is true.
"""

from __future__ import annotations

from dataclasses import dataclass

from scenefit.catalog.columns import Columns
from scenefit.catalog.filters.reader import read_tree
from scenefit.catalog.filters.tree import Node


@dataclass(frozen=True)
class Filter:
    """A filter that was read: make it with `parse_filter`, which has checked columns and literals.

    Attributes:
        text: as it was written.
        root: the tree.
        kinds: the columns that it names, and the kind of each.
    """

    text: str
    root: Node
    kinds: Columns


def parse_filter(text: str, columns: Columns) -> Filter:
    """Read a filter for a catalog that has some columns.

    Raises:
        FilterError: it is not of the language, names another column, tests one by a literal of another kind, is longer
            than 4,000 characters, nests `not` and parentheses more than 50 deep, or lists more than 1,000 literals.

    >>> found = parse_filter("price < 80 and not sale", {"price": "number", "sale": "boolean"})
    >>> found.root
    And(parts=(Comparison(column='price', op='<', value=80.0), Not(part=Comparison(column='sale', op='=', value=True))))
    >>> parse_filter("prize<80", {"price": "number"})
    Traceback (most recent call last):
    ...
    scenefit.errors.FilterError: the filter, at character 1: got the column 'prize'; expected 'price', or another of \
the catalog's columns: price
    """
    return Filter(text, *read_tree(text, columns))
