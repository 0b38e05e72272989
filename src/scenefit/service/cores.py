"""A backbone for several batches at one time: alone a run has all cores, beside others one core each."""

from __future__ import annotations

import threading
from pathlib import Path

from scenefit.features.backbone import Backbone
from scenefit.service.wrapped import WrappedBackbone
from scenefit.types import Pixels, SceneFeatures


class SharedCores(WrappedBackbone):
    """A backbone that may run in several threads; its network is in memory twice.

    A run on all cores is answered soonest, but its threads wait for each other, the longer the more else there is to
    do; runs on a core each get the most pictures done.
    """

    def __init__(self, inner: Backbone) -> None:
        super().__init__(inner)
        self._single = Backbone(inner.folder, threads=1)
        self._lock, self._running = threading.Lock(), 0

    def opened(self, folder: Path) -> Backbone:
        """Open another backbone, to be run as this one is."""
        return SharedCores(self._inner.opened(folder))

    def run(self, pixels: Pixels) -> SceneFeatures:
        """Run the network on pixels (B, H, W, 3), uint8."""
        with self._lock:
            backbone = self._single if self._running else self._inner
            self._running += 1
        try:
            return backbone.run(pixels)
        finally:
            with self._lock:
                self._running -= 1
