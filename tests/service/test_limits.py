"""Beyond its bounds the service says so at once, and gives back what a request held."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image
from service_parts import Gated, Start, fault, state
from starlette.testclient import TestClient

from scenefit.recommend.recommender import Recommender
from scenefit.service.faults import ClientGoneError
from scenefit.service.keys import new_key
from scenefit.service.tickets import Ticket

JPEG = {"content-type": "image/jpeg"}


def post(client: TestClient, photo: bytes, **headers: str) -> Any:
    return client.post("/v1/recommend?k=1", content=photo, headers={**JPEG, **headers})


def until(true: Callable[[], bool]) -> None:
    for _ in range(6000):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError("waited a minute")


def talk(client: TestClient, receive: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Send a photo request by ASGI itself; give what is sent back."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"image/jpeg")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/recommend",
        "raw_path": b"/v1/recommend",
        "headers": headers,
    }
    scope |= {"query_string": b"", "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80)}

    async def run() -> None:
        await client.app(scope, receive, send)

    asyncio.run(run())
    return sent


def test_beyond_the_places_requests_are_turned_away_before_their_body_is_read(
    start: Start, behind_gate: Recommender, gated: Gated, photo: bytes
) -> None:
    client = start(behind_gate, places=2, workers=1)
    places = state(client).photos.places
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(post, client, photo) for _ in range(2)]
        until(lambda: places.used == 2)
        answer = post(client, photo)
        fault(answer, 503, "busy")
        assert answer.headers["retry-after"] == "1"

        async def never_read() -> Any:
            raise AssertionError("the body is not read")

        assert talk(client, never_read)[0]["status"] == 503
        assert client.get("/v1/categories").status_code == 200  # of another lane
        assert client.get("/readyz").status_code == 503
        gated.gate.set()
        assert [one.result().status_code for one in waiting] == [200, 200]
    assert places.used == 0 and state(client)._held.used == 0
    assert 'scenefit_rejections_total{reason="busy"} 2.0' in client.get("/metrics").text


def test_a_client_that_goes_away_frees_its_place(
    start: Start, behind_gate: Recommender, gated: Gated, photo: bytes
) -> None:
    client = start(behind_gate, places=2, workers=1)
    service = state(client)

    async def messages() -> Any:
        if not hasattr(messages, "sent"):
            messages.sent = True  # type: ignore[attr-defined]
            return {"type": "http.request", "body": photo, "more_body": False}
        while not len(service.batcher):
            await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    assert gated.began.wait(60)
    assert talk(client, messages) == []
    until(lambda: service.photos.places.used == 0)
    assert service._held.used == 0
    gated.gate.set()
    assert post(client, photo).status_code == 200
    assert gated.batches == [1, 1]  # the photo of the one that went was not looked at
    assert 'status="499"' in client.get("/metrics").text


def test_a_client_that_goes_while_it_sends_holds_nothing(start: Start, recommender: Recommender) -> None:
    client = start(recommender)

    async def messages() -> Any:
        if not hasattr(messages, "sent"):
            messages.sent = True  # type: ignore[attr-defined]
            return {"type": "http.request", "body": b"x" * 1000, "more_body": True}
        return {"type": "http.disconnect"}

    assert talk(client, messages) == [] and state(client)._held.used == 0


@pytest.mark.parametrize("settings", [{"stall_seconds": 0.05}, {"body_seconds": 0.05}])
def test_a_body_that_does_not_come_is_not_waited_for(
    start: Start, recommender: Recommender, settings: dict[str, float]
) -> None:
    client = start(recommender, **settings)

    async def messages() -> Any:
        await asyncio.sleep(0 if settings.get("body_seconds") else 60)
        return {"type": "http.request", "body": b"x", "more_body": True}

    sent = talk(client, messages)
    assert sent[0]["status"] == 408 and state(client)._held.used == 0


def test_an_answer_that_takes_too_long(start: Start, behind_gate: Recommender, gated: Gated, photo: bytes) -> None:
    client = start(behind_gate, seconds=0.2)
    fault(post(client, photo), 504, "too_slow")
    until(lambda: state(client).photos.places.used == 0)
    gated.gate.set()


def test_bodies_are_bounded_each_and_together(start: Start, recommender: Recommender, photo: bytes) -> None:
    client = start(recommender, body_bytes=20_000, held_bytes=20_000, bulk_bytes=1000)
    assert len(photo) < 10_000
    fault(post(client, b"x" * 20_001), 413, "body_too_large")
    chunked = client.post("/v1/recommend", content=(b"x" * 5000 for _ in range(5)), headers=JPEG)
    fault(chunked, 413, "body_too_large")
    fault(client.post("/v1/products/bulk", json={"delete": ["x" * 1000]}), 413, "body_too_large")
    state(client)._held.take(20_000 - len(photo) + 1)
    fault(post(client, photo), 503, "busy")
    state(client)._held.give(20_000 - len(photo) + 1)
    assert post(client, photo).status_code == 200 and state(client)._held.used == 0


def test_a_key_has_its_share(start: Start, behind_gate: Recommender, gated: Gated, photo: bytes) -> None:
    (one, first), (other, second) = new_key("a", "read"), new_key("b", "read")
    client = start(behind_gate, keys=(first, second), per_key=1)
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(post, client, photo, authorization=f"Bearer {one}")]
        until(lambda: state(client).photos.places.used == 1)
        fault(client.get("/v1/categories", headers={"authorization": f"Bearer {one}"}), 429, "too_many")
        assert client.get("/v1/categories", headers={"authorization": f"Bearer {other}"}).status_code == 200
        gated.gate.set()
        assert waiting[0].result().status_code == 200
    assert client.get("/v1/categories", headers={"authorization": f"Bearer {one}"}).status_code == 200


def test_pixels_are_bounded_each_and_together(start: Start, recommender: Recommender) -> None:
    client = start(recommender, pixels=100_000, held_pixels=100_000)
    for size, status in (((400, 251), 422), ((400, 250), 200)):
        out = io.BytesIO()
        Image.new("RGB", size, "red").save(out, "PNG")
        answer = client.post("/v1/recommend", content=out.getvalue(), headers={"content-type": "image/png"})
        assert answer.status_code == status, answer.text
    with ThreadPoolExecutor(4) as threads:  # they wait for each other, and are all answered
        assert {one.status_code for one in threads.map(lambda _: post(client, out.getvalue()), range(4))} == {200}
    assert state(client).decoding.pixels.used == 0


def test_a_board_is_bounded(start: Start, recommender: Recommender, photo: bytes) -> None:
    client = start(recommender, photos=2)
    fault(client.post("/v1/recommend", files=[("photo", ("a", photo))] * 3), 422, "option")


def test_a_ticket_says_when_nobody_waits() -> None:
    ticket = Ticket(60, threading.Semaphore(1))
    assert ticket.call(lambda: 5) == 5 and ticket.remaining > 0
    ticket.cancel()
    with pytest.raises(ClientGoneError):
        ticket.call(lambda: 5)
