"""The tables of a catalog on PostgreSQL: made, read, and what is learned as products come.

    scenefit_catalog      one row: format, fingerprint of the model, d + 1
    scenefit_attributes   the kind of each attribute
    scenefit_categories   the length of the longest vector of each, which bounds what float32 loses
    scenefit_products     the products, their vectors as halfvec; texts sort by code point, as in Python
    scenefit_hnsw_...     an HNSW index for each category, where a catalog was opened for approximate search

They stand in the first schema of the connection's search path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from scenefit.catalog.columns import merge_kinds
from scenefit.catalog.postgres.connection import Connection, extension_version, read_address
from scenefit.errors import CatalogError, FingerprintError
from scenefit.types import Array, Product

if TYPE_CHECKING:
    import psycopg

FORMAT = "1"
MOST_DIMENSIONS = 4000
FIELDS = tuple(field.name for field in fields(Product))
_TABLES = """
CREATE TABLE scenefit_catalog (format text NOT NULL, model text NOT NULL, dimensions integer NOT NULL);
CREATE TABLE scenefit_attributes (name text COLLATE "C" PRIMARY KEY, kind text NOT NULL);
CREATE TABLE scenefit_categories (category text COLLATE "C" PRIMARY KEY, longest double precision NOT NULL);
CREATE TABLE scenefit_products (
    id text COLLATE "C" PRIMARY KEY, category text COLLATE "C" NOT NULL, title text COLLATE "C",
    price double precision, currency text COLLATE "C", in_stock boolean NOT NULL, url text COLLATE "C", image text,
    content text, attributes jsonb NOT NULL, embedding halfvec({dimensions:d}) NOT NULL
);
CREATE INDEX scenefit_category ON scenefit_products (category)
"""


def create_postgres(url: str, fingerprint: str, dimensions: int) -> None:
    """Make an empty catalog for the vectors of a model, of length d + 1; harmless where it is already there.

    Raises:
        FingerprintError: a catalog of another model is there.
        CatalogError: the server cannot be reached, lacks pgvector or refuses.
    """
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        raise CatalogError(f"got vectors of {dimensions} numbers; pgvector indexes 1 to {MOST_DIMENSIONS:,}")
    server = Connection(read_address(url))
    try:
        with server.changing() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('scenefit_catalog'))")
            if not _there(connection):
                _make(connection, server.address.place, fingerprint, dimensions)
            found = read_catalog(connection, server.address.place)
    finally:
        server.close()
    if found != (fingerprint, dimensions):
        raise FingerprintError(
            f"{server.address.place} holds the catalog of the model {found[0]} with vectors of {found[1]} numbers; "
            f"expected {fingerprint} with {dimensions}: give the new model a database or schema of its own"
        )


def _there(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute("SELECT to_regclass('scenefit_catalog') IS NOT NULL").fetchone()
    return bool(found and found[0])


def _make(connection: psycopg.Connection[Any], place: str, fingerprint: str, dimensions: int) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise CatalogError(f"the database {place} has the encoding {encoding}; expected UTF8: make another database")
    if not extension_version(connection, place):
        _add_extension(connection, place)
        extension_version(connection, place)
    for statement in _TABLES.format(dimensions=dimensions).split(";"):
        connection.execute(statement.encode())
    connection.execute("INSERT INTO scenefit_catalog VALUES (%s, %s, %s)", (FORMAT, fingerprint, dimensions))


def _add_extension(connection: psycopg.Connection[Any], place: str) -> None:
    import psycopg

    try:
        connection.execute("CREATE EXTENSION vector")
    except psycopg.Error as error:
        raise CatalogError(
            f"{place} has no pgvector, and it could not be added ({error.diag.message_primary}); install pgvector on "
            "the server, then let an administrator run there: CREATE EXTENSION vector"
        ) from None


def read_catalog(connection: psycopg.Connection[Any], place: str, *, lock: bool = False) -> tuple[str, int]:
    """Give the fingerprint of the model and d + 1; with `lock` other writers wait until this transaction ends.

    Raises:
        CatalogError: there is no catalog, or one of another format.
    """
    if not _there(connection):
        raise CatalogError(f"{place} holds no catalog; make one there first, or name the database that holds it")
    end = " FOR UPDATE" if lock else ""
    found = connection.execute(b"SELECT format, model, dimensions FROM scenefit_catalog" + end.encode()).fetchone()
    if found is None or found[0] != FORMAT:
        raise CatalogError(f"the catalog at {place} has a format that this version does not read; make it again")
    return str(found[1]), int(found[2])


def learn(connection: psycopg.Connection[Any], products: Sequence[Product], stored: Array) -> None:
    """Keep the kinds of the products' attributes, and how long the vectors (n, d + 1) of each category are.

    Raises:
        CatalogError: an attribute is of another kind in this catalog.
    """
    known = dict(connection.execute("SELECT name, kind FROM scenefit_attributes").fetchall())
    kinds = known
    for product in products:
        kinds = merge_kinds(kinds, product)
    new = [(name, kind) for name, kind in kinds.items() if name not in known]
    longest: dict[str, float] = {}
    for product, length in zip(products, np.linalg.norm(stored.astype(np.float64), axis=1).tolist(), strict=True):
        longest[product.category] = max(longest.get(product.category, 0.0), length)
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO scenefit_attributes VALUES (%s, %s)", new)
        cursor.executemany(
            "INSERT INTO scenefit_categories AS known VALUES (%s, %s) ON CONFLICT (category) "
            "DO UPDATE SET longest = excluded.longest WHERE known.longest < excluded.longest",
            list(longest.items()),
        )


def as_product(row: Sequence[Any]) -> Product:
    """Make a product of the values of `FIELDS`; jsonb has lost whether a number was whole or only large.

    >>> as_product(["p", "Shoes", None, None, None, True, None, None, None, {"n": 10**300}]).attributes
    {'n': 1e+300}
    """
    attributes = {name: _number(value) if type(value) is int else value for name, value in row[-1].items()}
    return Product(**dict(zip(FIELDS, [*row[:-1], attributes], strict=True)))


def _number(value: int) -> float:
    return value if abs(value) <= 2**53 else float(value)


def without_index(connection: psycopg.Connection[Any], categories: Iterable[str]) -> list[str]:
    """Give those categories that have no HNSW index."""
    names = {_index_name(category): category for category in categories}
    statement = "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL"
    return [names[name] for (name,) in connection.execute(statement, (sorted(names),)).fetchall()]


def index(connection: psycopg.Connection[Any], categories: Iterable[str]) -> None:
    """Make the HNSW indexes that categories do not have yet."""
    from psycopg import sql

    statement = "CREATE INDEX {} ON scenefit_products USING hnsw (embedding halfvec_ip_ops) WHERE category = {}"
    for category in without_index(connection, categories):
        name = sql.Identifier(_index_name(category))
        connection.execute(sql.SQL(statement).format(name, sql.Literal(category)))


def _index_name(category: str) -> str:
    return f"scenefit_hnsw_{hashlib.sha256(category.encode()).hexdigest()[:32]}"
