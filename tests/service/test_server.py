"""A real server, asked through `scenefit.Client`."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from drawn_looks import signature
from PIL import Image
from service_parts import Gated, until

from scenefit import Client
from scenefit.errors import CatalogError, FilterError, ImageError, ServiceError, UsageError
from scenefit.recommend.recommender import Recommender
from scenefit.service.app import create_app
from scenefit.service.examples import Example
from scenefit.service.keys import new_key
from scenefit.service.server import bind, server_of
from scenefit.service.settings import ServiceConfig


class Running:
    """A server in a thread."""

    def __init__(self, recommender: Recommender, examples: tuple[Example, ...] = (), **settings: Any) -> None:
        config = ServiceConfig(port=0, **settings)
        self.listener = bind(config)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = server_of(create_app(recommender, config, examples), config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]})
        self.thread.start()
        until(lambda: self.server.started)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(60)
        assert not self.thread.is_alive()
        self.listener.close()

    def raw(self, data: bytes) -> bytes:
        """Send bytes; give all that comes until the connection is closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(data)
            got = b""
            while part := connection.recv(65536):
                got += part
            return got


@pytest.fixture
def running(own: Path, photo: bytes, looks: Path) -> Iterator[Running]:
    recommender = Recommender.open(own)
    example = Example("One", looks / "images" / f"{signature('scene 1')}.jpg", "drawn")
    server = Running(recommender, (example,), head_seconds=0.5, head_bytes=8192)
    yield server
    server.stop()
    recommender.store.close()


def test_every_route_through_the_client(running: Running, photo: bytes, shoe: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(photo)
    with Client(running.url) as client:
        assert client.healthy()
        until(client.ready)
        found = client.recommend(tmp_path / "photo.jpg", categories=["Shoes"], k=3)
        first = found["categories"]["Shoes"][0]["id"]
        assert client.rerank(photo, "Shoes", [first, "nothing"])["unknown"] == ["nothing"]
        assert len(client.looks([photo, photo], 2)) == 2
        client.suggest_categories(photo)
        assert client.score(photo, shoe, "Shoes", box=(0.2, 0.8, 0.8, 1))["distance"] > 0
        assert client.score(photo, product_id=first)["goes"] in (True, False)
        assert client.similar(first, 2)[0]["id"] != first
        assert {one["name"] for one in client.categories()["categories"]} == {"Pants", "Shoes"}
        assert client.put_product("a/b", shoe, category="Shoes", price=3.5)["price"] == 3.5
        assert client.product("a/b")["category"] == "Shoes"
        assert Image.open(io.BytesIO(client.picture("a/b", 160))).format == "JPEG"
        told = client.bulk([{"id": "c", "category": "Shoes", "picture": shoe}], delete=["a/b"])
        assert (told["added"], told["deleted"], told["set_aside"]) == (1, 1, [])
        client.delete_product("c")
        assert client.examples()[0]["name"] == "One" and client.example(0)[:2] == b"\xff\xd8"
        assert "openapi" in client.openapi()
        figures = client.metrics()
    for name in ("decode", "queue", "backbone", "search", "thumbnail"):
        assert f'scenefit_stage_seconds_count{{stage="{name}"}}' in figures
    assert (
        'scenefit_catalog_products{category="Shoes"} 12.0' in figures and 'scenefit_age_seconds{of="model"}' in figures
    )
    assert 'route="/v1/products/{id}/picture"' in figures and "a/b" not in figures


def test_errors_are_of_the_tree(running: Running, photo: bytes) -> None:
    client = Client(running.url)
    with pytest.raises(FilterError, match=r"docs/filters.md"):
        client.recommend(photo, where="price <")
    with pytest.raises(UsageError, match="Hats"):
        client.recommend(photo, categories=["Hats"])
    with pytest.raises(ImageError, match="JPEG"):
        client.recommend(b"no picture")
    with pytest.raises(CatalogError, match="Hats"):
        client.put_product("x", photo, category="Hats")
    with pytest.raises(UsageError, match="not in the catalog"):
        client.product("nothing")
    with pytest.raises(UsageError, match="http"):
        Client("file:///etc/passwd")
    client.close()


def test_a_refused_key_and_a_service_that_is_not_there(recommender: Recommender) -> None:
    server = Running(recommender, keys=(new_key("a", "read")[1],))
    client = Client(server.url, "wrong", timeout=20)
    with pytest.raises(ServiceError, match="Bearer") as refused:
        client.categories()
    assert (refused.value.status, refused.value.code) == (401, "key")
    server.stop()
    with pytest.raises(ServiceError, match="does it run") as gone:
        client.categories()
    assert gone.value.status == 0 and not client.healthy()
    client.close()


def test_stopping_answers_what_is_under_way(behind_gate: Recommender, gated: Gated, photo: bytes) -> None:
    server = Running(behind_gate, runs=1)
    client = Client(server.url)
    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(client.recommend, photo, k=1) for _ in range(3)]
        service = server.server.config.app.state.service
        until(lambda: len(service.batcher) >= 3)
        stopping = threads.submit(server.stop)
        until(lambda: server.listener.fileno() == -1 or server.server.should_exit)
        gated.gate.set()
        assert all(answer.result(60)["categories"] for answer in answers)
        stopping.result(60)
    with pytest.raises(ServiceError):
        client.categories()
    client.close()


def test_heads_that_are_too_long_or_no_heads(running: Running) -> None:
    for data in (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000, b"rubbish\r\n\r\n", b"GET /" + b"x" * 20_000):
        got = running.raw(data)
        assert got.startswith(b"HTTP/1.1 400") and b'{"error":{"code":"bad_request"' in got


@pytest.mark.parametrize(
    "head", [b"", b"GET / HTTP/1.1\r\nHost:", b"GET /healthz HTTP/1.1\r\nHost: [::1]\r\n\r\nGET /"]
)
def test_a_head_that_does_not_come_is_not_waited_for(running: Running, head: bytes) -> None:
    with contextlib.suppress(ConnectionResetError):
        assert running.raw(head).count(b"HTTP/1.1 200") == head.count(b"healthz")


def test_a_body_that_nobody_reads_ends(recommender: Recommender) -> None:
    server = Running(recommender, stall_seconds=0.3)
    head = b"POST /v1/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n"
    with contextlib.suppress(ConnectionResetError):
        assert server.raw(head).startswith(b"HTTP/1.1 404")
    server.stop()


def test_too_many_connections(recommender: Recommender) -> None:
    server = Running(recommender, connections=1)
    with socket.create_connection(("127.0.0.1", server.port)), pytest.raises(ServiceError):
        Client(server.url).categories()
    server.stop()


def test_a_port_that_is_taken(recommender: Recommender) -> None:
    server = Running(recommender)
    with pytest.raises(UsageError, match="--port"):
        bind(ServiceConfig(port=server.port))
    with pytest.raises(UsageError, match="--host"):
        bind(ServiceConfig(host="203.0.113.7", keys=(new_key("a", "read")[1],)))
    server.stop()
