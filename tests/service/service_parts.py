"""What the tests of the service share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from scenefit.features.backbone import Backbone
from scenefit.types import Pixels, SceneFeatures

HERE = "http://127.0.0.1"
Start = Callable[..., TestClient]


class Gated(Backbone):
    """A backbone that runs when the gate is open, and remembers how many pictures it saw at once."""

    def __init__(self, inner: Backbone) -> None:
        self.__dict__ |= vars(inner)
        self.gate, self.began, self.batches = threading.Event(), threading.Event(), list[int]()

    def run(self, pixels: Pixels) -> SceneFeatures:
        self.began.set()
        assert self.gate.wait(60)
        self.batches.append(len(pixels))
        return super().run(pixels)


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; fail after a minute."""
    end = monotonic() + 60
    while not holds():
        assert monotonic() < end, "waited for a minute in vain"
        sleep(0.01)


def state(client: TestClient) -> Any:
    """Give the service behind a client."""
    app = client.app
    assert isinstance(app, FastAPI)
    return app.state.service


def fault(answer: Any, status: int, code: str) -> str:
    """Check that an answer is a fault in the one shape; give its message."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error"}
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "hint"} and error["code"] == code and error["hint"], error
    assert "/tmp" not in answer.text and "Traceback" not in answer.text and ".py" not in answer.text
    return str(error["message"])
