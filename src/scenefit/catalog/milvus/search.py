"""Search on Milvus, made exact: it sums in float32, and what may come out on top is summed again in float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scenefit.catalog.checks import possible
from scenefit.catalog.filters.milvus import literal, milvus_condition
from scenefit.catalog.local.nearest import MARGIN
from scenefit.catalog.local.shelf import ROUNDING
from scenefit.catalog.milvus.schema import FIELDS, PRODUCTS, as_product
from scenefit.catalog.milvus.server import MOST, Server
from scenefit.catalog.stores import Hits, Query
from scenefit.types import Doubles, Floats

ALL = (*FIELDS, "vector")
PAGE = 1000


def search(server: Server, query: Query, longest: float) -> Hits:
    """Find the k best products of a category, where no vector of the catalog is longer than `longest`."""
    rows = _candidates(server, query, longest)
    vectors = stacked([row["vector"] for row in rows], len(query.vector))
    scores = _scores(vectors, query)
    order = sorted(range(len(rows)), key=lambda i: (-scores[i], rows[i]["id"]))[: query.k]
    return Hits([as_product(rows[i]) for i in order], scores[order], vectors[order])


def stacked(vectors: Sequence[Any], dimensions: int) -> Floats:
    """Give the vectors of n rows as an array, shape (n, d + 1), float32."""
    return np.array(vectors, np.float32).reshape(len(vectors), dimensions)


def _candidates(server: Server, query: Query, longest: float) -> list[dict[str, Any]]:
    """Give rows among which are the k best and all that equal the k-th.

    Of as many as Milvus gives in one answer; where that is too few to be sure, of all that fit.
    """
    condition, asked = _condition(query), query.k + MARGIN
    room = ROUNDING * float(np.linalg.norm(query.vector.astype(np.float64))) * longest
    while asked <= MOST:
        (hits,) = server.call("search", PRODUCTS, [query.vector.tolist()], condition, asked, output_fields=list(ALL))
        rows = [{**hit["entity"], "id": hit["id"]} for hit in hits]
        scores = _scores(stacked([row["vector"] for row in rows], len(query.vector)), query)
        if len(rows) < asked or np.partition(scores, -query.k)[-query.k] > hits[-1]["distance"] + room:
            return rows
        asked *= 4
    return [row for page in server.pages(PRODUCTS, ALL, PAGE, condition) for row in page]


def _condition(query: Query) -> str:
    parts = [f"category == {literal(query.category)}"]
    if excluded := possible(query.exclude):
        parts.append(f"id not in {literal(excluded)}")
    if query.where is not None:
        parts.append(milvus_condition(query.where))
    return " and ".join(parts)


def _scores(vectors: Floats, query: Query) -> Doubles:
    scores: Doubles = np.einsum("nd,d->n", vectors.astype(np.float64), query.vector.astype(np.float64))
    return scores
