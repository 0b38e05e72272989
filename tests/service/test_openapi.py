"""The OpenAPI document, and requests made of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from starlette.testclient import TestClient

schemathesis = pytest.importorskip("schemathesis")


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
    document = schemathesis.openapi.from_dict(service.get("/openapi.json").json())
    operations = [found.ok() for found in document.get_all_operations()]
    assert len(operations) > 14
    for operation in operations:
        if operation.method in ("get", "post") and operation.path != "/v1/products/bulk":
            ask(service, operation)


def ask(service: TestClient, operation: Any) -> None:
    """Send requests made for one route; each is answered as the document says."""

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        request = case.as_transport_kwargs(base_url="http://127.0.0.1")
        if isinstance(request.get("data"), bytes):
            request["content"] = request.pop("data")
        names = ("method", "url", "params", "data", "files", "content", "json", "headers")
        answer = service.request(**{name: request[name] for name in names if request.get(name) is not None})
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert set(answer.json()) == {"error"}

    check()
