"""Search on PostgreSQL: the server sums in float32, and what may come out on top is summed anew in float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from scenefit.catalog.checks import possible
from scenefit.catalog.filters.postgres import postgres_condition
from scenefit.catalog.postgres.schema import FIELDS, as_product
from scenefit.catalog.stores import Hits, Query
from scenefit.types import Array, Floats

if TYPE_CHECKING:
    import psycopg

MARGIN = 16
FEW = 20
"""The index is read for so many times as many as are asked for; where too few of them fit, all are compared."""
MOST = 2**31 - 1
ROUNDING = 2.0**-24
"""What a float32 loses, as a share of it; a sum of n products loses at most n + 1 times as much of the two lengths."""
_EXACT = "(embedding::vector({d:d}) <#> %s::vector({d:d}))"
_NEAR = "(embedding <#> %s::halfvec({d:d}))"
_SELECT = """
SELECT {fields}, embedding, (SELECT longest FROM scenefit_categories WHERE category = %s), {distance} AS distance
FROM scenefit_products WHERE category = %s AND id <> ALL(%s) AND {condition}
ORDER BY distance LIMIT %s
"""


class _Ask(NamedTuple):
    """A search as the server is asked: the query vector is made of length 1, so that nothing overflows there."""

    query: Query
    unit: Floats
    length: float


def search(connection: psycopg.Connection[Any], query: Query, ef_search: int | None) -> Hits:
    """Find the k products of a category with the largest inner product; where `ef_search` is given, nearly so."""
    exact = query.vector.astype(np.float64)
    length = float(np.linalg.norm(exact)) or 1.0
    ask = _Ask(query, (exact / length).astype(np.float32), length)
    if ef_search is not None:
        found = _nearly(connection, ask, ef_search)
        if len(found) == query.k + MARGIN:
            return _ranked(found, query)
    return _exactly(connection, ask)


def _exactly(connection: psycopg.Connection[Any], ask: _Ask) -> Hits:
    """Ask for more and more, until nothing that was not seen can equal the k-th."""
    from pgvector import Vector

    asked = ask.query.k + MARGIN
    while True:
        found = _select(connection, ask.query, _EXACT, Vector(ask.unit), asked)
        hits = _ranked(found, ask.query)
        if len(found) < asked:
            return hits
        *_, longest, distance = found[-1]
        if hits.scores[-1] > ask.length * (longest * (len(ask.unit) + 8) * ROUNDING - distance):
            return hits
        asked *= 4


def _nearly(connection: psycopg.Connection[Any], ask: _Ask, ef_search: int) -> list[Any]:
    """Go through the HNSW index; fewer than asked for come back where few products fit, which are best compared all."""
    from pgvector import HalfVector

    asked = ask.query.k + MARGIN
    options = {"ef_search": ef_search, "iterative_scan": "relaxed_order", "max_scan_tuples": min(FEW * asked, MOST)}
    setting = ", ".join(f"set_config('hnsw.{name}', '{value}', true)" for name, value in options.items())
    with connection.transaction():
        connection.execute(f"SELECT {setting}".encode())
        return _select(connection, ask.query, _NEAR, HalfVector(ask.unit), asked)


def _select(connection: psycopg.Connection[Any], query: Query, distance: str, vector: object, asked: int) -> list[Any]:
    condition, values = postgres_condition(query.where) if query.where is not None else ("true", [])
    text = _SELECT.format(fields=", ".join(FIELDS), distance=distance.format(d=len(query.vector)), condition=condition)
    chosen = [query.category, possible(query.exclude), *values]
    given = [query.category, vector, *chosen, min(asked, MOST)]
    cursor = connection.cursor(binary=True)  # a prepared plan would not know the category, and so not its index
    return cursor.execute(text.encode(), given, prepare=False).fetchall()


def _ranked(found: Sequence[Any], query: Query) -> Hits:
    """Sum anew in float64; keep the k best, equal ones in the order of their ids."""
    vectors = as_array([row[len(FIELDS)] for row in found], len(query.vector))
    scores = np.einsum("nd,d->n", vectors.astype(np.float64), query.vector.astype(np.float64))
    order = sorted(range(len(found)), key=lambda i: (-scores[i], found[i][0]))[: query.k]
    return Hits([as_product(found[i][: len(FIELDS)]) for i in order], scores[order], vectors[order])


def as_array(rows: Sequence[Any], dimensions: int) -> Floats:
    """Stack halfvecs: shape (n, d + 1), float32."""
    stacked: Array = np.array([row.to_numpy() for row in rows], np.float32).reshape(len(rows), dimensions)
    return stacked
