"""What is sent to harm: never a defect, never a path, never more than the limits."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from service_parts import fault
from starlette.testclient import TestClient

PNG = {"content-type": "image/png"}


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that claims a size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def saved(kind: str, size: tuple[int, int] = (64, 64)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (png(7000, 7200, b""), 422, "photo"),
        (png(100_000, 100_000), 422, "photo"),
        (png(2**31 - 1, 2**31 - 1), 422, "photo"),
        (png(0, 0), 422, "photo"),
        (png(64, 64, b"\0" * 100), 422, "photo"),
        (saved("JPEG")[:300], 422, "photo"),
        (b"\xff\xd8\xff", 422, "photo"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8 ", 422, "photo"),
        (saved("GIF"), 415, "picture_type"),
        (saved("TIFF"), 415, "picture_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 415, "picture_type"),
        (b"%PDF-1.7", 415, "picture_type"),
        (b"PK\x03\x04", 415, "picture_type"),
        (b"", 415, "picture_type"),
    ],
)
def test_pictures_that_are_none(service: TestClient, data: bytes, status: int, code: str) -> None:
    fault(service.post("/v1/recommend", content=data, headers=PNG), status, code)
    fault(service.post("/v1/recommend", files={"photo": ("a.png", data)}), status, code)


def test_a_picture_that_is_something_else_besides_is_a_picture(service: TestClient) -> None:
    data = saved("JPEG") + b"<script>alert(1)</script>PK\x03\x04"
    assert service.post("/v1/recommend?k=1", content=data, headers=PNG).status_code == 200


BOUNDARY = "multipart/form-data; boundary=B"
PHOTO = b'--B\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/form-data", b"--B--", 400),
        ("multipart/form-data; boundary=", b"--B--", 400),
        (f"multipart/form-data; boundary={'b' * 300}", b"--B--", 400),
        (BOUNDARY, b"", 400),
        (BOUNDARY, b"--B", 400),
        (BOUNDARY, b"--B--", 422),
        (BOUNDARY, b"rubbish\r\n--B--", 400),
        (BOUNDARY, PHOTO, 400),
        (BOUNDARY, b"--B\r\nno end of head--B--", 400),
        (BOUNDARY, b"--B\r\nContent-Type: x\r\n\r\ndata\r\n--B--", 400),
        (BOUNDARY, b"--B\r\n" + b"A: b\r\n" * 1000 + b"\r\n\r\n--B--", 400),
        (BOUNDARY, (PHOTO + b"x\r\n") * 40 + b"--B--", 413),
        (
            BOUNDARY,
            b'--B\r\nContent-Disposition: form-data; name="options"\r\n\r\n' + b"x" * 70_000 + b"\r\n--B--",
            413,
        ),
        (BOUNDARY, b'--B\r\nContent-Disposition: form-data; name="options"\r\n\r\n\xff\r\n--B--', 400),
        (BOUNDARY, b'--B\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--B--', 422),
        (
            BOUNDARY,
            b'--B\r\nContent-Disposition: form-data; name="../x"; filename="/etc/passwd"\r\n\r\n1\r\n--B--',
            422,
        ),
    ],
)
def test_forms_that_are_none(service: TestClient, kind: str, body: bytes, status: int) -> None:
    answer = service.post("/v1/recommend", content=body, headers={"content-type": kind})
    fault(answer, status, {400: "bad_request", 413: "body_too_large", 422: "option"}[status])


@pytest.mark.parametrize(
    "path", ["../settings.py", "%2e%2e/settings.py", "..%2Fapp.py", "/etc/passwd", "", "a\0.js", "."]
)
def test_no_address_leads_out_of_the_page(service: TestClient, path: str) -> None:
    answer = service.get(f"/static/{path.replace(chr(0), '%00')}")
    assert answer.status_code == 404 and "import" not in answer.text


ids = st.text(max_size=30)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
OPTIONS = (
    "categories",
    "k",
    "where",
    "exclude",
    "novelty",
    "box",
    "liked",
    "looks",
    "budget",
    "attention",
    "suggested",
)
quiet = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def sound(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert set(answer.json()) == {"error"} and "/tmp" not in answer.text


@quiet
@given(options=st.dictionaries(st.sampled_from(OPTIONS) | st.text(max_size=8), anything, max_size=4))
def test_options_of_any_kind(service: TestClient, options: Any) -> None:
    import json

    files = {"photo": ("a", saved("PNG", (8, 8))), "options": (None, json.dumps(options))}
    sound(service.post("/v1/recommend", files=files))


@quiet
@given(
    text=st.text(max_size=60)
    | st.from_regex(r"(price|title|in_stock|x)( ?[<>=!]+ ?[0-9a\"']+)( and .*)?", fullmatch=True)
)
def test_filters_of_any_kind(service: TestClient, text: str) -> None:
    params = {"where": text, "k": 1}
    sound(service.post("/v1/recommend", params=params, content=saved("PNG", (8, 8)), headers=PNG))


@quiet
@given(body=st.binary(max_size=300), kind=st.sampled_from([BOUNDARY, "image/png", "application/json", "x"]))
def test_bodies_of_any_kind(service: TestClient, body: bytes, kind: str) -> None:
    for path in ("/v1/recommend", "/v1/score", "/v1/rerank"):
        sound(service.post(path, content=body, headers={"content-type": kind}))
    sound(service.put("/v1/products/x", content=body, headers={"content-type": kind}))


@quiet
@given(name=ids, query=st.dictionaries(st.sampled_from(["id", "k", "where", "size", "v"]), st.text(max_size=20)))
def test_addresses_of_any_kind(service: TestClient, name: str, query: dict[str, str]) -> None:
    from urllib.parse import quote

    part = quote(name, safe="", errors="surrogatepass") or "x"
    sound(service.get(f"/v1/products/{part}"))
    sound(service.get(f"/v1/products/{part}/picture", params=query))
    sound(service.get("/v1/similar", params=query))
