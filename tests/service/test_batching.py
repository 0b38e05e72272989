"""Requests share the backbone; what each gets is what it would get alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from drawn_looks import signature
from service_parts import Gated, Start, state, until
from starlette.testclient import TestClient

from scenefit.catalog.loading.switch import switch
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.demo.run import bundled_model
from scenefit.features.backbone import Backbone
from scenefit.recommend.recommender import Recommender
from scenefit.service.batching import BatchedBackbone, Batcher
from scenefit.service.cores import SharedCores
from scenefit.service.metrics import Metrics

JPEG = {"content-type": "image/jpeg"}


def asked(client: TestClient, photo: bytes) -> Any:
    answer = client.post("/v1/recommend?k=12&categories=Shoes", content=photo, headers=JPEG)
    assert answer.status_code == 200, answer.text
    return [(one["id"], one["distance"]) for one in answer.json()["categories"]["Shoes"]]


def photos_of(looks: Path, count: int) -> list[bytes]:
    return [(looks / "images" / f"{signature(f'scene {number}')}.jpg").read_bytes() for number in range(count)]


def test_what_waits_goes_through_together_and_each_gets_its_own(
    start: Start, behind_gate: Recommender, gated: Gated, recommender: Recommender, looks: Path
) -> None:
    client, photos = start(behind_gate, batch=4), photos_of(looks, 6)
    assert gated.began.wait(60)  # the first inference holds the backbone
    with ThreadPoolExecutor(6) as threads:
        answers = [threads.submit(asked, client, photo) for photo in photos]
        until(lambda: len(state(client).batcher) >= 6)
        gated.gate.set()
        found = [answer.result() for answer in answers]
    assert gated.batches == [1, 4, 2]
    for photo, got in zip(photos, found, strict=True):
        alone = recommender.recommend(photo, ["Shoes"], k=12).rankings["Shoes"].products
        assert [name for name, _ in got] == [one.id for one in alone]
        np.testing.assert_allclose([distance for _, distance in got], [one.distance for one in alone], atol=1e-4)


def test_a_failure_is_told_to_all_that_share_the_batch(gated: Gated) -> None:
    batcher = Batcher(Metrics(), batch=2)
    wrong = np.zeros((1, 2, 2, 3), np.float64)
    gated.gate.set()
    futures = [batcher.submit(gated, wrong) for _ in range(3)]
    assert all(future.exception(60) is not None for future in futures)
    right = batcher.submit(gated, np.zeros((2, 224, 224, 3), np.uint8))
    assert len(right.result(60).pooled) == 2
    batcher.close()


def test_closing_answers_what_waits(gated: Gated) -> None:
    batcher = Batcher(Metrics(), batch=2)
    futures = [batcher.submit(gated, np.zeros((1, 224, 224, 3), np.uint8)) for _ in range(5)]
    closing = threading.Thread(target=batcher.close)
    closing.start()
    gated.gate.set()
    closing.join(60)
    assert all(future.done() for future in futures) and sum(gated.batches) == 5


def test_batches_run_side_by_side(gated: Gated) -> None:
    batcher = Batcher(Metrics(), batch=1, runs=3)
    futures = [batcher.submit(gated, np.zeros((1, 224, 224, 3), np.uint8)) for _ in range(4)]
    until(lambda: len(batcher) <= 1)
    assert not gated.batches  # three have begun, none is through
    gated.gate.set()
    batcher.close()
    assert all(len(future.result(60).pooled) == 1 for future in futures)


def test_a_run_beside_others_has_a_core_of_its_own_and_gives_the_same(gated: Gated, photo: bytes) -> None:
    shared, alone = SharedCores(gated), Backbone(gated.folder)
    pixels = alone.pixels(photo)[None]
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(shared.run, pixels)  # on all cores: the gate is in its way
        assert gated.began.wait(60)
        beside = shared.run(pixels)
        gated.gate.set()
        for found in (first.result(60), beside):
            np.testing.assert_allclose(found.pooled, alone.run(pixels).pooled, atol=1e-5)
    shared.run(pixels)
    assert gated.batches == [1, 1]


def test_a_picture_that_nobody_waits_for_is_left_out(gated: Gated) -> None:
    batcher = Batcher(Metrics(), batch=8)
    pixels = np.zeros((1, 224, 224, 3), np.uint8)
    first = batcher.submit(gated, pixels)
    assert gated.began.wait(60)
    rest = [batcher.submit(gated, pixels) for _ in range(3)]
    rest[1].cancel()
    gated.gate.set()
    assert all(len(future.result(60).pooled) == 1 for future in (first, rest[0], rest[2]))
    assert gated.batches == [1, 2]
    batcher.close()


def test_a_model_switched_in_the_catalog_is_taken_up_behind_the_same_queue(
    start: Start, own: Path, photo: bytes
) -> None:
    client = start(own)
    before = client.post("/v1/recommend?k=1", content=photo, headers=JPEG).json()
    catalog = LocalCatalog(own)
    catalog.delete([signature(f"Pants {number}") for number in range(12)])
    switch(catalog, bundled_model())  # of another backbone, too
    catalog.close()
    after = client.post("/v1/recommend?k=1", content=photo, headers=JPEG).json()
    assert after["model"] == bundled_model().fingerprint != before["model"] and list(after["categories"]) == ["Shoes"]
    assert isinstance(state(client).recommender.backbone, BatchedBackbone)
    name = after["categories"]["Shoes"][0]["id"]
    files = {"product": (None, '{"category": "Shoes", "price": 3}'), "picture": ("p", photo)}
    assert client.put(f"/v1/products/{name}", files=files).json()["price"] == 3
