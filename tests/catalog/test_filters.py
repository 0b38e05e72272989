"""The filter language: what it says becomes a tree, what it does not is refused at its place."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scenefit.catalog.columns import FIXED, Columns
from scenefit.catalog.filters.parse import Filter, parse_filter
from scenefit.catalog.filters.tree import And, Comparison, Membership, Missing, Node, Not, Op, Or
from scenefit.errors import FilterError
from scenefit.types import Value

COLUMNS: Columns = {**FIXED, "brand": "text", "heel_cm": "number", "vegan": "boolean"}
CHEAP = Comparison("price", "<", 80.0)
IN_STOCK = Comparison("in_stock", "=", True)
BRANDS = Membership("brand", ("a", "b"))
GOOD: dict[str, Node] = {
    'price<80 and in_stock and brand in ("a","b")': And((CHEAP, IN_STOCK, BRANDS)),
    "price < 8e1": CHEAP,
    "price<80.0": CHEAP,
    "\n price\t<\r80 ": CHEAP,
    "price<.5": Comparison("price", "<", 0.5),
    "price<5.": Comparison("price", "<", 5.0),
    "heel_cm>=-1.5E-2": Comparison("heel_cm", ">=", -0.015),
    "price == 3": Comparison("price", "=", 3.0),
    "price != 3": Comparison("price", "!=", 3.0),
    "price > 3 or price <= 2": Or((Comparison("price", ">", 3.0), Comparison("price", "<=", 2.0))),
    "vegan": Comparison("vegan", "=", True),
    "vegan = FALSE": Comparison("vegan", "=", False),
    "vegan != true": Comparison("vegan", "!=", True),
    "vegan in (true, False)": Membership("vegan", (True, False)),
    "price in (1, 2.5)": Membership("price", (1.0, 2.5)),
    "brand NOT IN ('a', \"b\")": Not(BRANDS),
    "not brand in ('a', 'b')": Not(BRANDS),
    "brand is missing": Missing("brand"),
    "brand Is Not Missing": Not(Missing("brand")),
    "not not vegan": Not(Not(Comparison("vegan", "=", True))),
    "in_stock or vegan and price<80": Or((IN_STOCK, And((Comparison("vegan", "=", True), CHEAP)))),
    "(in_stock or vegan) and price<80": And((Or((IN_STOCK, Comparison("vegan", "=", True))), CHEAP)),
    "not in_stock and price<80": And((Not(IN_STOCK), CHEAP)),
    "not (in_stock and price<80)": Not(And((IN_STOCK, CHEAP))),
    "(in_stock and price<80) and vegan": And((And((IN_STOCK, CHEAP)), Comparison("vegan", "=", True))),
    "((price<80))": CHEAP,
    'brand = "and"': Comparison("brand", "=", "and"),
    'brand = ""': Comparison("brand", "=", ""),
    r"""brand = "a \"b\" \\ c" """: Comparison("brand", "=", r'a "b" \ c'),
    r"""brand = 'it\'s "x" \" '""": Comparison("brand", "=", """it's "x" " """),
    'brand = "Ünïcode ü 靴\n"': Comparison("brand", "=", "Ünïcode ü 靴\n"),
}
BAD = {
    "": r"^the filter, at character 1: got the end; expected a column, not, or \($",
    "  ": "at character 3.*got the end",
    "and": "at character 1: got 'and'; expected a column",
    "price<": "at character 7, after 'price<': got the end; expected a number$",
    "price<80 and": "at character 13.*got the end; expected a column",
    "price<80 vegan": "at character 10, after 'price<80 ': got 'vegan'; expected and, or, or the end$",
    "prise<80": "at character 1: got the column 'prise'; expected 'price', or another of the catalog's columns: id, ",
    "Price<80": "got the column 'Price'; expected 'price'",
    "in_stock and colour='x'": "at character 14.*got the column 'colour'; expected one of the catalog's columns: id, ",
    "price": "at character 6.*got the end; expected after the number price: = != < <= > >= in, not in, is missing",
    "brand and vegan": "got 'and'; expected after the text brand: = != in",
    "brand < 'x'": "at character 7.*got '<'; expected after the text brand: = != in, not in, is missing",
    "vegan > 1": "got '>'; expected after the boolean vegan: nothing, or = != in",
    "price = '80'": "at character 9.*got \"'80'\"; expected a number$",
    "price < brand": "got 'brand'; expected a number$",
    "price = true": "got 'true'; expected a number$",
    "brand = 80": "at character 9.*got '80'; expected a text in quotes$",
    "brand = red": "got 'red'; expected a text in quotes$",
    "vegan = 1": "got '1'; expected true or false$",
    "vegan = 'true'": "expected true or false$",
    "80 > price": "got '80'; expected a column",
    "brand in ('a', 1)": "at character 16.*got '1'; expected a text in quotes$",
    "brand in ()": r"got '\)'; expected a text in quotes$",
    "brand in ('a',)": r"got '\)'; expected a text in quotes$",
    "brand in 'a'": r"""got "'a'"; expected \( after in$""",
    "brand in ('a' 'b')": r"""got "'b'"; expected , or \)$""",
    "brand in ('a'": r"got the end; expected , or \)$",
    "brand not missing": "got 'missing'; expected in, as not follows a column$",
    "brand is null": "got 'null'; expected missing or not missing$",
    "brand is not null": "got 'null'; expected missing$",
    "(price<80": r"at character 10.*got the end; expected and, or, or \)$",
    "price<80)": r"got '\)'; expected and, or, or the end$",
    "price < 1 < 2": "got '<'; expected and, or, or the end$",
    "price <> 3": "at character 8.*got '>'; expected a number$",
    "price ! 3": "at character 7, after 'price ': got '!'; expected a column, a number, a text in straight quotes",
    "price < +3": r"got '\+'; expected",
    "price < 1_000": "at character 10.*got '_000'; expected and, or, or the end",
    "price < 1.2.3": "got '.3'; expected and, or, or the end",
    "price < nan": "got 'nan'; expected a number$",
    "price < 1e999": "got '1e999'; expected a number of at most 1.7e308$",
    "in_stock && vegan": "at character 10.*got '&'",
    "brand = “a”": "got '“'; expected .* a text in straight quotes",
    "brand = 'a": "at character 9.*got a text without its closing quote; expected ' at its end$",
    "brand = \"a'": 'got a text without its closing quote; expected " at its end$',
    "brand = 'a\\": "after a backslash one of",
    r"brand = 'a\n'": r"""at character 11.*got '\\\\n'; expected after a backslash one of " ' \\$""",
    "brand = 'a\0'": r"at character 11.*got '\\x00'; expected a text without NUL and of valid Unicode$",
    "brand = '\ud800'": r"got '\\ud800'; expected a text without NUL",
    "größe = 1": "at character 3, after 'gr': got 'ö'; expected a column",
    "price;drop table products": "at character 6.*got ';'",
    "vegan and " * 400: "at character 4001, after 'vegan and vegan and vegan and ': got the end; expected a column",
    "vegan or " * 445: "^got a filter of 4,005 characters; expected at most 4,000$",
    "(" * 4000: r"at character 51.*got '\('; expected at most 50 of not and \( inside one another$",
    "not " * 1000: "at character 201.*got 'not'; expected at most 50 of not",
    "not(" * 1000: "expected at most 50 of not",
    "a" * 4000: r"got the column 'a{77}\.\.\.'; expected",
    "'" * 3999: "at character 3999.*got a text without its closing quote; expected ' at its end$",
    "price<" + "9" * 3000: r"got '9{77}\.\.\.'; expected a number of at most 1.7e308",
    f"price in ({','.join('1' * 1001)})": "at character 2011.*got '1'; expected at most 1,000 in a list$",
}


@pytest.mark.parametrize(("text", "root"), GOOD.items())
def test_what_the_language_says_becomes_a_tree(text: str, root: Node) -> None:
    found = parse_filter(text, COLUMNS)
    assert found.root == root
    assert found.text == text


@pytest.mark.parametrize(("text", "message"), BAD.items(), ids=[text[:30] for text in BAD])
def test_what_it_does_not_say_is_refused_at_its_place(text: str, message: str) -> None:
    with pytest.raises(FilterError, match=message) as refused:
        parse_filter(text, COLUMNS)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 1000


def test_a_filter_knows_the_kinds_of_the_columns_that_it_names() -> None:
    found = parse_filter("brand='a' and not (vegan or brand is missing)", COLUMNS)
    assert found.kinds == {"brand": "text", "vegan": "boolean"}


def test_as_much_as_is_allowed_is_read() -> None:
    assert parse_filter("(" * 50 + "vegan" + ")" * 50, COLUMNS).root == Comparison("vegan", "=", True)
    assert parse_filter("not " * 50 + "vegan", COLUMNS)
    members = parse_filter(f"price in ({','.join('1' * 1000)})", COLUMNS).root
    assert isinstance(members, Membership)
    assert len(members.values) == 1000
    row = parse_filter("a" + " or a" * 799, {"a": "boolean"}).root
    assert isinstance(row, Or)
    assert len(row.parts) == 800


def test_many_columns_are_not_all_listed() -> None:
    many: Columns = {**FIXED, **{f"attribute_{n}": "text" for n in range(5000)}}
    with pytest.raises(FilterError, match=r"attribute_12 and 4987 more$"):
        parse_filter("quux = 1", many)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
LITERALS: dict[str, st.SearchStrategy[Value]] = {"text": TEXTS, "number": NUMBERS, "boolean": st.booleans()}
OPS: dict[str, tuple[Op, ...]] = {
    "text": ("=", "!="),
    "boolean": ("=", "!="),
    "number": ("=", "!=", "<", "<=", ">", ">="),
}


def _tests_of(column: str) -> st.SearchStrategy[Node]:
    kind = COLUMNS[column]
    members = st.lists(LITERALS[kind], min_size=1, max_size=4).map(tuple)
    return st.one_of(
        st.builds(Comparison, st.just(column), st.sampled_from(OPS[kind]), LITERALS[kind]),
        st.builds(Membership, st.just(column), members),
        st.just(Missing(column)),
    )


def _grown(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, parts)


TREES = st.recursive(st.one_of(*map(_tests_of, ("brand", "price", "in_stock"))), _grown, max_leaves=8)


def _written(node: Node, choose: random.Random) -> str:
    """Write a tree in one of the ways in which it can be."""
    if isinstance(node, (And, Or)):
        parts = [_within(part, type(node), choose) for part in node.parts]
        return choose.choice([" and ", "\nAND  "] if isinstance(node, And) else [" or ", " Or "]).join(parts)
    if isinstance(node, Not):
        if isinstance(node.part, Missing) and choose.random() < 0.5:
            return f"{node.part.column} is not MISSING"
        if isinstance(node.part, Membership) and choose.random() < 0.5:
            return f"{node.part.column} not in {_listed(node.part, choose)}"
        return f"not {_within(node.part, Not, choose)}"
    if isinstance(node, Missing):
        return f"{node.column} IS missing"
    if isinstance(node, Membership):
        return f"{node.column} in{_listed(node, choose)}"
    if node.value is True and node.op == "=" and choose.random() < 0.5:
        return node.column
    return f"{node.column}{choose.choice(['=', ' == ']) if node.op == '=' else node.op}{_literal(node.value, choose)}"


def _within(part: Node, whole: type, choose: random.Random) -> str:
    looser = {Not: (And, Or), And: (And, Or), Or: (Or,)}[whole]
    bare = _written(part, choose)
    return f"({bare})" if isinstance(part, looser) or choose.random() < 0.1 else bare


def _listed(node: Membership, choose: random.Random) -> str:
    return "(" + choose.choice([",", " , "]).join(_literal(value, choose) for value in node.values) + ")"


def _literal(value: Value, choose: random.Random) -> str:
    if isinstance(value, bool):
        return choose.choice([str(value), str(value).lower()])
    if isinstance(value, float):
        return repr(value)
    quote = choose.choice("'\"")
    return quote + str(value).replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


@given(TREES, st.randoms(use_true_random=False))
def test_a_tree_that_is_written_is_read_as_it_was(tree: Node, choose: random.Random) -> None:
    assert parse_filter(_written(tree, choose), COLUMNS).root == tree


SCRAPS = ["price", "in_stock", "brand", "<", ">=", "=", "!=", "80", "-1e9", "'a'", '"', "'", "\\", "(", ")", ",", "is"]
SOUP = st.lists(st.sampled_from([*SCRAPS, "and", "or", "not", "in", "missing", "true", " ", "x"]), max_size=30)


@given(st.text(st.characters(), max_size=60) | SOUP.map(" ".join) | SOUP.map("".join))
@example("\ud800")
@example("price in (" * 399)
@example("not (not in_stock or " * 190)
def test_any_text_is_a_filter_or_refused_as_one(text: str) -> None:
    try:
        assert isinstance(parse_filter(text, COLUMNS), Filter)
    except FilterError as refused:
        str(refused).encode()
