"""The columns that products can be filtered by: those of every catalog, and the attributes of this one."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Literal

from scenefit.errors import CatalogError
from scenefit.types import Product, Value

Kind = Literal["text", "number", "boolean"]
Columns = Mapping[str, Kind]
FIXED: Columns = {
    "id": "text",
    "category": "text",
    "title": "text",
    "price": "number",
    "currency": "text",
    "in_stock": "boolean",
    "url": "text",
}
RESERVED = {*FIXED, "image", "content", "vector", "row", "version", "and", "or", "not", "in", "is", "true", "false"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
LONGEST_TEXT = 10_000


def kind_of(value: Value) -> Kind:
    """Name the kind of an attribute's value.

    >>> kind_of(True), kind_of(3), kind_of("red")
    ('boolean', 'number', 'text')
    """
    return "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def check_product(product: Product) -> None:
    """Refuse a product that a catalog cannot hold.

    Raises:
        CatalogError: an empty id or category, a text that is too long or holds a NUL, a price or number that is not
            finite or below 0, or an attribute's name that a filter could not name.
    """
    for name in ("id", "category"):
        if not getattr(product, name).strip():
            raise CatalogError(f"got a product with an empty {name}; expected some text")
    values = {name: getattr(product, name) for name in (*FIXED, "image", "content")} | dict(product.attributes)
    for name, value in values.items():
        _check_value(product.id, name, value)
    if product.price is not None and product.price < 0:
        raise CatalogError(f"product {product.id!r} has the price {product.price}; expected 0 or more")
    for name in product.attributes:
        if not NAME.fullmatch(name) or name.lower() in {*RESERVED, "missing"}:
            raise CatalogError(
                f"product {product.id!r} has the attribute {name[:80]!r}; expected letters, digits and underscores, at "
                "most 63, not beginning with a digit, and no word of the filter's own"
            )


def _check_value(product: str, name: str, value: Value | None) -> None:
    if isinstance(value, str) and (len(value) > LONGEST_TEXT or "\0" in value or not _encodable(value)):
        raise CatalogError(
            f"product {product[:80]!r} has a {name} of {len(value)} characters; expected at most {LONGEST_TEXT}, "
            "without NUL and of valid Unicode"
        )
    if isinstance(value, float | int) and not abs(value) <= sys.float_info.max:
        raise CatalogError(f"product {product!r} has a {name} that is not finite; expected a number within 1.7e308")


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def merge_kinds(known: Columns, product: Product) -> dict[str, Kind]:
    """Give the attributes of a catalog that holds a product too.

    Raises:
        CatalogError: an attribute is of another kind there.

    >>> merge_kinds({"brand": "text"}, Product("a", "Shoes", attributes={"heel_cm": 4}))
    {'brand': 'text', 'heel_cm': 'number'}
    """
    merged = dict(known)
    for name, value in product.attributes.items():
        kind = kind_of(value)
        if merged.setdefault(name, kind) != kind:
            raise CatalogError(
                f"product {product.id!r} has the {kind} {value!r} as its {name}; in this catalog {name} is a "
                f"{merged[name]}"
            )
    return merged
