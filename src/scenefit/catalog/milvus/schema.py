"""The two collections of a catalog on Milvus, and products to rows and back.

`scenefit_products` has one row a product. Milvus knew no missing values before 2.5, so beside each field that may be
missing stands a boolean `has_...`; the field is then empty or 0. `scenefit_catalog` says what Milvus cannot: each row
is a fact of its own (the model, a category, an attribute's kind), so that two writers do not undo each other's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenefit.catalog.columns import Columns, Kind
from scenefit.catalog.milvus.server import Server
from scenefit.errors import ArtifactError, CatalogError
from scenefit.types import Array, Product

PRODUCTS, ABOUT, FORMAT = "scenefit_products", "scenefit_catalog", "1"
OPTIONAL = ("title", "price", "currency", "url", "image", "content")
FIELDS = ("id", "category", "in_stock", "attributes", *OPTIONAL, *(f"has_{name}" for name in OPTIONAL))
TEXT_BYTES = JSON_BYTES = 65_535
REQUEST_BYTES = 8_000_000


@dataclass(frozen=True)
class About:
    """What a catalog is.

    Attributes:
        longest: no vector is longer; 0 where there is none.
    """

    model: str
    dimensions: int
    kinds: Columns
    categories: tuple[str, ...]
    longest: float


def create(server: Server, fingerprint: str, dimensions: int) -> None:
    """Make the collections of an empty catalog."""
    text = {"datatype": server.types.VARCHAR, "max_length": TEXT_BYTES}
    number, yes_or_no = {"datatype": server.types.DOUBLE}, {"datatype": server.types.BOOL}
    fields: dict[str, dict[str, Any]] = {
        "id": text | {"is_primary": True},
        "category": text | {"is_partition_key": server.partitions},
        "in_stock": yes_or_no,
        "attributes": {"datatype": server.types.JSON},
    }
    for name in OPTIONAL:
        fields |= {f"has_{name}": yes_or_no, name: number if name == "price" else text}
    server.create(PRODUCTS, fields, dimensions)
    server.create(ABOUT, {"id": text | {"is_primary": True}, "value": text}, 2)  # Milvus wants a vector everywhere
    put_facts(server, {"dimensions": str(dimensions), "model": fingerprint, "format": FORMAT})


def put_facts(server: Server, facts: Mapping[str, str]) -> None:
    """Keep what is known of a catalog."""
    if facts:
        rows = [{"id": name, "value": value, "vector": [0.0, 0.0]} for name, value in facts.items()]
        server.call("upsert", ABOUT, rows)


def read_facts(server: Server) -> dict[str, str]:
    """Read what is known of a catalog, as it is kept; nothing of one that is half-made."""
    return {row["id"]: row["value"] for page in server.pages(ABOUT, ("id", "value"), 1000) for row in page}


def read_about(server: Server) -> About:
    """Read what is known of a catalog.

    Raises:
        ArtifactError: it is of another version.
    """
    facts = read_facts(server)
    if facts.get("format") != FORMAT:
        raise ArtifactError(
            f"the catalog at {server.address.shown} has the format {facts.get('format')}; this version reads {FORMAT}: "
            "build the catalog again"
        )
    kinds: dict[str, Kind] = _those(facts, "attribute/")  # type: ignore[assignment]
    powers = [int(power) for power in _those(facts, "length/")]
    categories = tuple(sorted(_those(facts, "category/")))
    longest = 2.0 ** max(powers) if powers else 0.0
    return About(facts["model"], int(facts["dimensions"]), kinds, categories, longest)


def _those(facts: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name[len(prefix) :]: value for name, value in sorted(facts.items()) if name.startswith(prefix)}


def facts_of(products: Sequence[Product], kinds: Columns, vectors: Array) -> dict[str, str]:
    """Give what is to be known of a catalog that holds some products too."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1).tolist()
    facts = {f"attribute/{name}": kind for name, kind in kinds.items()} | {
        f"length/{math.frexp(length)[1]}": "" for length in lengths
    }
    return facts | {f"category/{product.category}": "" for product in products}


def as_row(product: Product, vector: Array) -> dict[str, Any]:
    """Give the row of a product and its vector, shape (d + 1,), float16.

    Raises:
        CatalogError: its attributes are more than Milvus can hold.
    """
    attributes = dict(product.attributes)
    size = len(json.dumps(attributes, ensure_ascii=False).encode())
    numbers = [value for value in attributes.values() if isinstance(value, int)]
    if size > JSON_BYTES or any(not -(2**63) <= number < 2**63 for number in numbers):
        raise CatalogError(
            f"the product {product.id!r} has attributes of {size:,} bytes as JSON, the largest whole number among them "
            f"{max(map(abs, numbers), default=0):.3g}; Milvus holds {JSON_BYTES:,} bytes and whole numbers of 64 bits"
        )
    row: dict[str, Any] = {"id": product.id, "category": product.category, "in_stock": bool(product.in_stock)}
    for name in OPTIONAL:
        value, empty = getattr(product, name), 0.0 if name == "price" else ""
        row |= {f"has_{name}": value is not None, name: empty if value is None else value}
    return row | {"price": float(row["price"]), "attributes": attributes, "vector": vector.astype(np.float32)}


def as_product(row: Mapping[str, Any]) -> Product:
    """Make a product of a row."""
    optional = {name: row[name] if row[f"has_{name}"] else None for name in OPTIONAL}
    return Product(row["id"], row["category"], in_stock=row["in_stock"], attributes=row["attributes"], **optional)


def requests(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cut rows into some that a server takes in one request."""
    some: list[dict[str, Any]] = []
    room = REQUEST_BYTES
    for row in rows:
        size = _size(row)
        if some and size > room:
            yield some
            some, room = [], REQUEST_BYTES
        some.append(row)
        room -= size
    if some:
        yield some


def _size(row: Mapping[str, Any]) -> int:
    """Give more bytes than a row has on its way."""
    texts = sum(4 * len(value) for value in row.values() if isinstance(value, str))
    return int(texts + row["vector"].nbytes + 8 * len(str(row["attributes"])) + 200)
