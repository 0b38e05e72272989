"""Requests made at random of the service's OpenAPI document by schemathesis, to every route, its changes included.

Usage: python benchmarks/random_requests.py CATALOG [--requests 10000] [--seed 0]

On a copy of a catalog folder. Ends with a table of the answers by route and status, and the memory before and after;
it fails with the first answer that is a 5XX other than 503, has another shape than the document says, or tells of a
path, a line of code or a trace.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from starlette.testclient import TestClient

from scenefit.bench.memory import resident_bytes
from scenefit.recommend.recommender import Recommender
from scenefit.service.app import create_app
from scenefit.service.examples import example_photos
from scenefit.service.settings import ServiceConfig

HERE = "http://127.0.0.1"
OURS = {Path(*Path(place).resolve().parts[:2]) for place in (gettempdir(), Path.home(), sys.prefix, __file__)}
"""The folders at the top of this machine that a path of ours could begin with."""
LEAK = re.compile("|".join([r"Traceback|site-packages|\.py\b", *(re.escape(f"{place}{os.sep}") for place in OURS)]))
FIELDS = ("method", "url", "params", "data", "files", "content", "json", "headers")


def operations_of(client: TestClient) -> list[Any]:
    """Give the operations of the document, each of which can make requests of itself."""
    document = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    return [found.ok() for found in document.get_all_operations()]


def ask(client: TestClient, operation: Any, requests: int, start: int = 0) -> Counter[int]:
    """Send requests made for one operation; count the answers by status."""
    found: Counter[int] = Counter()

    @seed(start)
    @settings(max_examples=requests, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        request = case.as_transport_kwargs(base_url=HERE)
        if isinstance(request.get("data"), bytes):
            request["content"] = request.pop("data")
        answer = client.request(**{name: request[name] for name in FIELDS if request.get(name) is not None})
        found[answer.status_code] += 1
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        if answer.status_code >= 400:
            assert set(answer.json()) == {"error"}, answer.text
            assert not LEAK.search(answer.text), answer.text

    check()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalog", type=Path)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        catalog = Path(shutil.copytree(given.catalog, Path(folder, "catalog")))
        recommender = Recommender.open(catalog)
        app = create_app(recommender, ServiceConfig(), example_photos(str(given.catalog), None))
        with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
            operations = operations_of(client)
            varied = [one for one in operations if {"parameters", "requestBody"} & one.definition.raw.keys()]
            before, rounds = resident_bytes()[0], -(-given.requests // len(varied))
            by_route = {
                f"{operation.method.upper()} {operation.path}": dict(ask(client, operation, rounds, given.seed))
                for operation in operations
            }
            memory = {"before, MB": before / 1e6, "after, MB": resident_bytes()[0] / 1e6}
        recommender.store.close()
    total = sum(sum(statuses.values()) for statuses in by_route.values())
    print(json.dumps({"requests": total, "answers": by_route, "resident": memory}, indent=2))


if __name__ == "__main__":
    main()
