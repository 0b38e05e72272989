"""Products are put, found at once, and gone at once."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from drawn_looks import colour, draw_product, signature
from PIL import Image
from service_parts import Start, fault, state
from starlette.testclient import TestClient

from scenefit.catalog.local.catalog import LocalCatalog


def drawn(hue: float) -> bytes:
    """A shoe that the training never saw."""
    out = io.BytesIO()
    draw_product("Shoes", colour(hue, 0.7)).save(out, "PNG")
    return out.getvalue()


def put(client: TestClient, name: str, fields: dict[str, Any], picture: bytes | None = None) -> Any:
    files = {"product": (None, json.dumps(fields))} | ({"picture": ("p", picture)} if picture else {})
    return client.put(f"/v1/products/{quote(name, safe='')}", files=files)


def ids(client: TestClient, photo: bytes, **options: Any) -> list[str]:
    answer = client.post(
        "/v1/recommend",
        params={"categories": "Shoes", "k": 100, **options},
        content=photo,
        headers={"content-type": "image/jpeg"},
    )
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["categories"]["Shoes"]]


def test_a_product_is_recommended_once_it_is_put_and_no_more_once_deleted(
    start: Start, own: Path, photo: bytes
) -> None:
    client = start(own)
    fields = {"category": "Shoes", "title": "Red", "price": 30, "currency": "EUR", "attributes": {"brand": "a", "x": 1}}
    answer = put(client, "new", {**fields, "url": "https://shop.example/new"}, drawn(0.02))
    assert answer.status_code == 201 and answer.json()["picture"].startswith("/v1/products/new/picture?v=")
    assert client.get("/v1/products/new").json() == answer.json()
    assert ids(client, photo, where='brand = "a"') == ["new"]
    assert client.delete("/v1/products/new").json()["deleted"] == 1
    assert ids(client, photo, where='brand = "a"') == []
    fault(client.delete("/v1/products/new"), 404, "not_found")
    fault(client.get("/v1/products/new"), 404, "not_found")


def test_its_vector_is_what_the_catalog_was_built_with(start: Start, own: Path, shoe: bytes) -> None:
    client = start(own)
    assert put(client, "copy", {"category": "Shoes"}, shoe).status_code == 201
    vectors = state(client).store.vectors(["copy", signature("Shoes 1")])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=2e-3)


def test_without_a_picture_the_one_that_is_there_stays(start: Start, own: Path) -> None:
    client, name = start(own), signature("Shoes 1")
    before = state(client).store.vectors([name])
    answer = put(client, name, {"category": "Shoes", "price": 12.5, "in_stock": False})
    assert answer.status_code == 200 and answer.json()["price"] == 12.5 and answer.json()["picture"]
    assert np.array_equal(state(client).store.vectors([name]), before)
    assert put(client, name, {"category": "Shoes"}, drawn(0.5)).json()["picture"] != answer.json()["picture"]
    assert not np.array_equal(state(client).store.vectors([name]), before)


@pytest.mark.parametrize("name", ["a/b", "a/picture", "ä ö", "50%", "a?b#c", "%2F", "../x", "...."])
def test_ids_of_any_kind_have_their_address(start: Start, own: Path, name: str) -> None:
    client = start(own)
    answer = put(client, name, {"category": "Shoes"}, drawn(0.3))
    assert answer.status_code == 201 and answer.json()["id"] == name
    assert client.get(answer.json()["picture"]).status_code == 200
    assert client.get(f"/v1/products/{quote(name, safe='')}").json()["id"] == name
    assert client.delete(f"/v1/products/{quote(name, safe='')}").status_code == 200
    assert {path.name for path in own.iterdir()} <= {
        *("catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "models", "images", "writer.lock"),
        *("writer.lock-journal", "rejected.jsonl"),
    }


@pytest.mark.parametrize(
    ("fields", "picture", "code"),
    [
        ({"category": "Hats"}, drawn(0), "product"),
        ({"category": "Shoes"}, None, "product"),
        ({"category": "Shoes", "price": -1}, drawn(0), "option"),
        ({"category": "Shoes", "price": "9"}, drawn(0), "option"),
        ({"title": "x"}, drawn(0), "option"),
        ({"category": "Shoes", "colour": "red"}, drawn(0), "option"),
        ({"category": "Shoes", "url": "javascript:alert(1)"}, drawn(0), "option"),
        ({"category": "Shoes", "attributes": {"bad name": 1}}, drawn(0), "product"),
        ({"category": "Shoes", "attributes": {"title": "x"}}, drawn(0), "product"),
        ({"category": "Shoes", "title": "nul\0"}, drawn(0), "product"),
        ({"category": "Shoes"}, drawn(0)[:200], "photo"),
    ],
)
def test_products_that_cannot_be_taken(
    start: Start, own: Path, fields: dict[str, Any], picture: bytes | None, code: str
) -> None:
    client = start(own)
    fault(put(client, "new", fields, picture), 422, code)
    fault(client.get("/v1/products/new"), 404, "not_found")


def test_ids_that_no_address_can_have(start: Start, own: Path) -> None:
    client = start(own)
    for name in ("%01", "%20", "x" * 501):
        answer = client.put(f"/v1/products/{name}", files={"product": (None, '{"category": "Shoes"}')})
        fault(answer, 422, "product")
    fault(client.get("/v1/products/%FF"), 404, "not_found")


def test_many_at_once(start: Start, own: Path, photo: bytes) -> None:
    client = start(own)
    new = [{"id": f"n{i}", "category": "Shoes", "picture": base64.b64encode(drawn(i / 20)).decode()} for i in range(11)]
    bad = [
        {"id": "b1", "category": "Hats", "picture": new[0]["picture"]},
        {"id": "b2", "category": "Shoes", "picture": "!"},
        {"id": "b3", "category": "Shoes", "picture": base64.b64encode(b"\xff\xd8\xff rubbish").decode()},
        {"id": "b4", "category": "Shoes"},
        {"id": "n1", "category": "Shoes", "picture": new[0]["picture"]},
        {"category": "Shoes"},
    ]
    gone = [signature("Shoes 0"), "nothing"]
    answer = client.post("/v1/products/bulk", json={"upsert": [*new, *bad], "delete": gone})
    told = answer.json()
    assert (told["added"], told["updated"], told["deleted"]) == (11, 0, 1)
    assert [one["id"] for one in told["set_aside"]] == ["b2", "n1", None, "b1", "b3", "b4"]
    assert all(ids(client, photo, where=f'id = "{one["id"]}"') == [one["id"]] for one in new)
    assert ids(client, photo, where=f'id = "{gone[0]}"') == []


def test_many_as_json_lines(start: Start, own: Path) -> None:
    client = start(own)
    lines = [{"id": signature("Shoes 1"), "category": "Shoes", "price": 5.0}, {"delete": signature("Shoes 2")}]
    body = "\n".join(map(json.dumps, lines)).encode()
    answer = client.post("/v1/products/bulk", content=body, headers={"content-type": "application/x-ndjson"})
    assert answer.json() == {"added": 0, "updated": 1, "deleted": 1, "set_aside": []}


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{}", "text/plain", 415, "bad_request"),
        (b"{", "application/json", 400, "bad_request"),
        (b"[]", "application/json", 400, "bad_request"),
        (b"[" * 100_000, "application/json", 400, "bad_request"),
        (b'{"upsert": 1}', "application/json", 422, "option"),
        (b'{"other": []}', "application/json", 422, "option"),
        (b'{"a": 1}\nx', "application/x-ndjson", 400, "bad_request"),
        (b"\xff\xfe", "application/json", 400, "bad_request"),
        (b'{"delete": "x"}\n' * 1001, "application/x-ndjson", 413, "body_too_large"),
    ],
)
def test_bulk_bodies_that_cannot_be_taken(
    start: Start, own: Path, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = start(own).post("/v1/products/bulk", content=body, headers={"content-type": kind})
    fault(answer, status, code)


def test_while_another_process_writes_it_says_so(start: Start, own: Path, photo: bytes) -> None:
    client, other = start(own), LocalCatalog(own)
    _ = other.writer
    fault(put(client, "new", {"category": "Shoes"}, drawn(0.1)), 409, "catalog_busy")
    fault(client.delete(f"/v1/products/{signature('Shoes 1')}"), 409, "catalog_busy")
    assert ids(client, photo)
    other.close()
    assert put(client, "new", {"category": "Shoes"}, drawn(0.1)).status_code == 201


def test_pictures_are_thumbnails_kept_in_memory(service: TestClient) -> None:
    address = f"/v1/products/{signature('Shoes 4')}/picture"
    answer = service.get(address, params={"size": 160})
    image = Image.open(io.BytesIO(answer.content))
    assert image.format == "JPEG" and max(image.size) == 160 and "max-age=60" in answer.headers["cache-control"]
    assert state(service).thumbnails.size >= len(answer.content)
    again = service.get(address, params={"size": 160}, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304 and not again.content and again.headers["etag"] == answer.headers["etag"]
    told = service.get(f"/v1/products/{signature('Shoes 4')}").json()["picture"]
    assert "immutable" in service.get(told, params={"v": told.rpartition("=")[2]}).headers["cache-control"]


def test_pictures_that_are_not_there(service: TestClient) -> None:
    address = f"/v1/products/{signature('Shoes 4')}/picture"
    fault(service.get(address, params={"size": 161}), 422, "option")
    fault(service.get(address, params={"v": "../x"}), 422, "option")
    for name in ("nothing", "..%2F..%2Fcatalog.sqlite", "%2e%2e%2fwriter.lock", "%00"):
        fault(service.get(f"/v1/products/{name}/picture"), 404, "not_found")


def test_memory_for_thumbnails_is_bounded(start: Start, own: Path) -> None:
    client = start(own, thumbnail_bytes=4000)
    for number in range(12):
        assert client.get(f"/v1/products/{signature(f'Shoes {number}')}/picture").status_code == 200
    assert 0 < state(client).thumbnails.size <= 4000
