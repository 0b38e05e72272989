"""Whatever goes wrong has one shape; nothing of the inside is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from service_parts import Start, fault, state
from starlette.testclient import TestClient

from scenefit.errors import (
    ArtifactError,
    CatalogError,
    DataError,
    FilterError,
    ImageError,
    ScenefitError,
    UsageError,
)
from scenefit.service.faults import HINTS, fault_of

ROUTES = [
    ("POST", "/v1/recommend"),
    ("POST", "/v1/looks"),
    ("POST", "/v1/suggest-categories"),
    ("POST", "/v1/rerank"),
    ("POST", "/v1/score"),
    ("GET", "/v1/similar"),
    ("GET", "/v1/categories"),
    ("GET", "/v1/products/x"),
    ("PUT", "/v1/products/x"),
    ("DELETE", "/v1/products/x"),
    ("POST", "/v1/products/bulk"),
    ("GET", "/v1/products/x/picture"),
    ("GET", "/v1/examples"),
    ("GET", "/v1/examples/0"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/"),
    ("GET", "/static/app.js"),
    ("GET", "/openapi.json"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_another_method_is_refused(service: TestClient, method: str, path: str) -> None:
    answer = service.request("PATCH", path)
    fault(answer, 405, "method_not_allowed")
    assert method in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/x", "/v1", "/v1/", "/v1/products/", "/v1/products//picture", "/docs", "/redoc"])
def test_nothing_stands_there(service: TestClient, path: str) -> None:
    fault(service.get(path), 404, "not_found")


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[0] != "GET"])
def test_a_defect_tells_nothing(start: Start, own: Path, method: str, path: str, caplog: Any) -> None:
    client = start(own)

    def broken(*more: Any, **options: Any) -> Any:
        raise RuntimeError(f"a secret at {own}")

    state(client).photos.run = state(client).light.run = broken
    headers = {"content-type": "application/json"}
    message = fault(client.request(method, path, content=b"{}", headers=headers), 500, "internal")
    assert "secret" not in message and "a secret at" in caplog.text


@pytest.mark.parametrize("path", ["/v1/recommend", "/v1/looks", "/v1/suggest-categories", "/v1/rerank", "/v1/score"])
def test_a_body_of_another_type(service: TestClient, path: str) -> None:
    for kind in ("text/plain", "image/svg+xml", "application/x-www-form-urlencoded", ""):
        fault(service.post(path, content=b"x", headers={"content-type": kind}), 415, "picture_type")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ImageError("a"), 422, "photo"),
        (FilterError("a"), 422, "filter"),
        (UsageError("a"), 422, "option"),
        (ArtifactError("/secret"), 503, "catalog_changed"),
        (CatalogError("/secret"), 503, "unavailable"),
        (DataError("/secret"), 500, "internal"),
    ],
)
def test_errors_of_the_package(error: ScenefitError, status: int, code: str) -> None:
    found = fault_of(error)
    assert (found.status, found.code) == (status, code) and code in HINTS and "/secret" not in found.message


@pytest.mark.parametrize(
    ("option", "value", "code"), [("categories", "x" * 200, "option"), ("where", "y" * 3000, "filter")]
)
def test_long_messages_are_cut(service: TestClient, photo: bytes, option: str, value: str, code: str) -> None:
    headers = {"content-type": "image/jpeg"}
    answer = service.post("/v1/recommend", params={option: value}, content=photo, headers=headers)
    assert len(fault(answer, 422, code)) <= 600
