"""Keys, origins, hosts, and what every answer tells the browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from service_parts import HERE, Start, fault
from starlette.testclient import TestClient

from scenefit.errors import UsageError
from scenefit.recommend.recommender import Recommender
from scenefit.service.keys import Key, find_key, new_key, read_keys
from scenefit.service.settings import ServiceConfig, read_settings

SHOP = "https://shop.example"


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def test_keys_have_scopes(start: Start, own: Path) -> None:
    made = {scope: new_key(scope, scope) for scope in ("read", "write", "metrics")}
    client = start(own, keys=tuple(key for _, key in made.values()), host="0.0.0.0")
    may = {"read": (200, 403, 403), "write": (200, 404, 200), "metrics": (403, 403, 200)}
    for scope, (secret, _) in made.items():
        got = (
            client.get("/v1/categories", headers=bearer(secret)).status_code,
            client.delete("/v1/products/nothing", headers=bearer(secret)).status_code,
            client.get("/metrics", headers=bearer(secret)).status_code,
        )
        assert got == may[scope], scope


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer x", "Basic eDp4", "Bearer \xff", "bearer a b"])
def test_without_a_known_key_nothing_is_told(start: Start, recommender: Recommender, header: str) -> None:
    _, key = new_key("a", "read")
    client = start(recommender, keys=(key,))
    headers = {"authorization": header.encode("latin-1")} if header else {}
    paths = ("/v1/categories", "/v1/similar?id=a", "/v1/products/a", "/v1/products/a/picture", "/metrics")
    for path in paths:
        answer = client.get(path, headers=headers)
        fault(answer, 401, "key")
        assert answer.headers["www-authenticate"] == "Bearer"
    fault(client.post("/v1/recommend", content=b"x", headers=headers), 401, "key")
    for path in ("/healthz", "/v1/examples", "/openapi.json"):
        assert client.get(path).status_code == 200


def test_pictures_may_be_public(start: Start, recommender: Recommender) -> None:
    client = start(recommender, keys=(new_key("a", "read")[1],), public_pictures=True)
    fault(client.get("/v1/products/nothing/picture"), 404, "not_found")


def test_keys_are_kept_hashed(tmp_path: Path) -> None:
    secret, key = new_key("shop", "read")
    file = tmp_path / "keys"
    file.write_text(f"# ours\n\n{key.line}\n")
    assert secret not in file.read_text() and read_keys(file) == (key,)
    assert find_key(read_keys(file), secret) == key and find_key(read_keys(file), secret + "x") is None
    assert new_key("shop", "read")[0] != secret and len(secret) > 43


@pytest.mark.parametrize("text", ["", "a read", "a read sha256:zz", f"a all sha256:{'0' * 64}", "é\xff"])
def test_a_file_of_keys_that_is_not_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys").write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=r"expected|no key"):
        read_keys(tmp_path / "keys")


def test_two_keys_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("".join(f"{new_key('a', 'read')[1].line}\n" for _ in range(2)))
    with pytest.raises(UsageError, match="line 2"):
        read_keys(tmp_path / "keys")


def test_beyond_this_machine_keys_are_needed() -> None:
    for host in ("0.0.0.0", "::", "192.168.0.7", "shop.example"):
        with pytest.raises(UsageError, match="no keys"):
            ServiceConfig(host=host)
        assert ServiceConfig(host=host, keys=(Key("a", "read", "0" * 64),)).host == host
    for host in ("localhost", "127.0.0.2", "::1"):
        assert ServiceConfig(host=host).keys == ()


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("places = 0", "above 0"),
        ('places = "8"', "such as 64"),
        ("places = true", "such as 64"),
        ("colour = 1", "colour"),
        ('keys = ["x"]', "keys"),
        ('cors = ["*"]', "https://shop.example"),
        ('cors = "https://a.example"', "list of texts"),
        ("pixels = 900000000", "pixels"),
        ("places =", "TOML"),
    ],
)
def test_settings_that_cannot_be_taken(tmp_path: Path, text: str, match: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(UsageError, match=match):
        ServiceConfig.from_json(read_settings(tmp_path / "a.toml"))


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", "/v1/categories", "/openapi.json"])
def test_every_answer_has_the_headers(service: TestClient, path: str) -> None:
    headers = service.get(path).headers
    policy = headers["content-security-policy"]
    for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in policy
    assert "unsafe" not in policy and headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer" and "access-control-allow-origin" not in headers
    assert "server" not in headers


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "a b", "localhost:x", "[::1", "0.0.0.0"]
)
def test_names_of_others_are_refused(service: TestClient, host: str) -> None:
    fault(service.get("/v1/categories", headers={"host": host}), 421, "host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000"])
def test_names_of_this_machine_are_taken(service: TestClient, host: str) -> None:
    assert service.get("/healthz", headers={"host": host}).status_code == 200


def test_pages_of_other_sites_may_send_nothing(start: Start, own: Path, photo: bytes) -> None:
    client, jpeg = start(own), {"content-type": "image/jpeg"}
    for origin in (SHOP, "null", "http://127.0.0.1:9"):
        fault(client.post("/v1/recommend", content=photo, headers={"origin": origin, **jpeg}), 403, "origin")
        fault(client.delete("/v1/products/x", headers={"origin": origin}), 403, "origin")
        asked = {"origin": origin, "access-control-request-method": "POST"}
        fault(client.options("/v1/recommend", headers=asked), 403, "origin")
    assert client.post("/v1/recommend", content=photo, headers={"origin": HERE, **jpeg}).status_code == 200


def test_opened_origins_may_ask_but_not_write(start: Start, own: Path, photo: bytes) -> None:
    client, jpeg = start(own, cors=(SHOP,)), {"content-type": "image/jpeg"}
    answer = client.post("/v1/recommend", content=photo, headers={"origin": SHOP, **jpeg})
    assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == SHOP
    assert "Origin" in answer.headers["vary"]
    asked = client.options("/v1/looks", headers={"origin": SHOP, "access-control-request-method": "POST"})
    assert asked.status_code == 204 and "Authorization" in asked.headers["access-control-allow-headers"]
    fault(client.delete("/v1/products/x", headers={"origin": SHOP}), 403, "origin")
    asked = client.options("/v1/products/x", headers={"origin": SHOP, "access-control-request-method": "PUT"})
    fault(asked, 403, "origin")
    wrong = client.post("/v1/recommend", content=b"x", headers={"origin": SHOP, **jpeg})
    fault(wrong, 415, "picture_type")
    assert wrong.headers["access-control-allow-origin"] == SHOP
    assert (
        "access-control-allow-origin" not in client.get("/healthz", headers={"origin": "https://evil.example"}).headers
    )


def test_a_bulk_change_needs_a_type_that_browsers_ask_for_first(start: Start, own: Path) -> None:
    answer = start(own).post("/v1/products/bulk", content=b'{"delete": ["x"]}', headers={"content-type": "text/plain"})
    fault(answer, 415, "bad_request")
