"""The OpenAPI document, and requests made of it."""

from __future__ import annotations

import random_requests
from starlette.testclient import TestClient


def test_it_says_what_each_route_takes(service: TestClient) -> None:
    found = service.get("/openapi.json").json()
    routes = {(method.upper(), path) for path, of in found["paths"].items() for method in of}
    for path in ("recommend", "looks", "suggest-categories", "rerank", "score", "products/bulk"):
        assert ("POST", f"/v1/{path}") in routes
    for method in ("GET", "PUT", "DELETE"):
        assert (method, "/v1/products/{id}") in routes
    body = found["paths"]["/v1/recommend"]["post"]["requestBody"]["content"]
    assert set(body) == {"multipart/form-data", "image/jpeg", "image/png", "image/webp"}
    fields = body["multipart/form-data"]["schema"]["properties"]
    assert fields["photo"]["items"]["format"] == "binary" and fields["options"]["contentSchema"]["examples"]
    similar = found["paths"]["/v1/similar"]["get"]["parameters"]
    assert {one["name"]: one["required"] for one in similar} == {
        "id": True,
        "k": False,
        "where": False,
        "exclude": False,
    }
    for of in found["paths"].values():
        for operation in of.values():
            assert {"4XX", "5XX"} <= set(operation["responses"])


def test_requests_made_of_it(service: TestClient) -> None:
    operations = random_requests.operations_of(service)
    assert len(operations) > 14
    for operation in operations:
        if operation.method in ("get", "post") and operation.path != "/v1/products/bulk":
            assert sum(random_requests.ask(service, operation, 10).values()) >= 1
