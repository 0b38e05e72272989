"""The model that serves a catalog now: when the catalog folder switches to another, it is opened in its place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.errors import ArtifactError, FingerprintError
from scenefit.model.folder import Model
from scenefit.recommend.ranker import Ranker

TRIES = 3
T = TypeVar("T")


class Served:
    """Answers questions with the model that the catalog has at that moment; safe to use from several threads."""

    def __init__(self, ranker: Ranker) -> None:
        self._ranker = ranker
        self._lock = threading.Lock()

    @property
    def ranker(self) -> Ranker:
        """The catalog with its model; a model that a catalog folder switched to is opened.

        Raises:
            FingerprintError: a server switched to another model.
        """
        if not self._ranker.up_to_date:
            with self._lock:
                if not self._ranker.up_to_date:
                    self._ranker = self._next(self._ranker)
        return self._ranker

    def answer(self, question: Callable[[Ranker], T]) -> T:
        """Answer a question by one model from start to end, anew where the catalog switched meanwhile.

        Raises:
            FingerprintError: a server switched to another model.
        """
        for _ in range(TRIES - 1):
            try:
                return question(self.ranker)
            except ArtifactError:  # a FingerprintError, or a model's folder that went with the next switch
                if not isinstance(self._ranker.store, LocalCatalog) or self._ranker.up_to_date:
                    raise
        return question(self.ranker)

    @staticmethod
    def _next(old: Ranker) -> Ranker:
        """Open the model that serves the catalog now; a backbone that is the same goes on."""
        store = old.store
        if not isinstance(store, LocalCatalog):
            raise FingerprintError(
                f"the server's vectors are of the model {store.model[:12]} now, this catalog was opened with "
                f"{old.model.fingerprint[:12]}: open it again with the folder of the new model"
            )
        model = Model(store.model_folder)
        same = model.backbone_fingerprint == old.backbone.fingerprint
        return Ranker(store, model, old.backbone if same else old.backbone.opened(model.folder / "backbone"))
