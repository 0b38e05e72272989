"""What all requests of one app share."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import time

import numpy as np
from starlette.requests import Request

from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.errors import FingerprintError
from scenefit.features.backbone import Backbone
from scenefit.model.folder import MANIFEST, Model
from scenefit.recommend.recommender import Recommender
from scenefit.service.batching import BatchedBackbone, Batcher
from scenefit.service.cores import SharedCores
from scenefit.service.decoding import Decoding
from scenefit.service.examples import Example
from scenefit.service.lanes import Lane, Meter
from scenefit.service.limits import KeyShares, Stay
from scenefit.service.metrics import Metrics
from scenefit.service.security import key_of
from scenefit.service.settings import ServiceConfig
from scenefit.service.thumbnails import Thumbnails

LOG = logging.getLogger("scenefit.service")


class Service:
    """The recommender behind a shared backbone, the lanes, the figures.

    Attributes:
        recommender: its backbone is the batched one.
        photos: the lane of requests with photos; `light` that of the others.
        writing: held while products are changed.
        ready: whether the first inference is done.
    """

    def __init__(self, recommender: Recommender, config: ServiceConfig, examples: list[Example]) -> None:
        self.config, self.examples, self.metrics = config, examples, Metrics()
        runs = config.run_count
        self.batcher = Batcher(self.metrics, config.batch, config.batch_seconds, config.places, runs)
        self.decoding = Decoding(config.pixels, config.held_pixels)
        inner = SharedCores(recommender.backbone) if runs > 1 else recommender.backbone
        backbone = BatchedBackbone(inner, self.batcher, self.decoding, self.metrics)
        self.recommender = Recommender(recommender.store, recommender.model, backbone)
        self.store = recommender.store
        turns, seconds = threading.Semaphore(config.turn_count), config.seconds
        self.photos = Lane("photos", config.workers, config.places, seconds, turns, self.metrics)
        self.light = Lane("light", config.light_workers, config.light_places, seconds, turns, self.metrics)
        self.thumbnails = Thumbnails(config.thumbnail_bytes, self.decoding, self.metrics)
        self.writing, self.ready = threading.Lock(), False
        self._held, self._shares = Meter(config.held_bytes), KeyShares(config.per_key, self.metrics)
        self._watch()

    def _watch(self) -> None:
        self.metrics.watch("queue", lambda: len(self.batcher))
        self.metrics.watch("photo_places", lambda: self.photos.places.used)
        self.metrics.watch("light_places", lambda: self.light.places.used)
        self.metrics.watch("body_bytes", lambda: self._held.used)
        self.metrics.watch("thumbnail_bytes", lambda: self.thumbnails.size)

    @asynccontextmanager
    async def admit(self, request: Request, scope: str | None, lane: Lane) -> AsyncIterator[Stay]:
        """Let a request in whose key may do what it asks for, if there is room; `scope` of None asks for no key.

        Raises:
            Fault: 401 or 403, the key; 429, the key's share; 503, the lane is full.
        """
        name = "" if scope is None else key_of(request, self.config.keys, scope)
        with self._shares.one(name):
            lane.check()
            stay = Stay(request, lane, self._held, self.metrics, self.config)
            try:
                yield stay
            finally:
                stay.leave()

    def now(self) -> tuple[Model, Backbone]:
        """Give the model that serves the catalog now, with its backbone.

        Raises:
            FingerprintError: the catalog switched to another in between.
        """
        model, backbone = self.recommender.model, self.recommender.backbone
        if model.backbone_fingerprint != backbone.fingerprint:
            raise FingerprintError("the catalog switched to another model; ask again")
        return model, backbone

    def warm(self) -> None:
        """Do the first inference, and count the products."""
        model, backbone = self.now()
        size = backbone.preprocessing
        found = backbone.run(np.zeros((1, size.height, size.width, 3), np.uint8))
        model.embed_scenes(found)
        self.store.counts()
        self.ready = True
        self.metrics.ready()

    def ages(self) -> dict[str, float]:
        """Give the seconds since the model was made, and since a catalog folder changed."""
        files = {"model": self.recommender.model.folder / MANIFEST}
        if isinstance(self.store, LocalCatalog):
            files |= {"catalog": newest(self.store.folder)}
        return {name: max(0.0, time() - path.stat().st_mtime) for name, path in files.items()}

    def close(self) -> None:
        """Answer what is under way, then let go of the threads."""
        self.photos.close()
        self.light.close()
        self.batcher.close()


def newest(catalog: Path) -> Path:
    """Give the file of a catalog's database that changed last."""
    return max(catalog.glob("catalog.sqlite*"), key=lambda path: path.stat().st_mtime)


def service_of(request: Request) -> Service:
    """Give the service that a request came to."""
    found: Service = request.app.state.service
    return found
