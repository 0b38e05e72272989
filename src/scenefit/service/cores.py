"""A backbone for several batches at one time: alone a run has all cores, beside others one core each."""

from __future__ import annotations

import threading
from pathlib import Path

from scenefit.features.backbone import Backbone
from scenefit.types import Pixels, SceneFeatures


class SharedCores(Backbone):
    """A backbone that may run in several threads; its network is in memory twice.

    A run on all cores is answered soonest, but its threads wait for each other, the longer the more else there is to
    do; runs on a core each get the most pictures done.
    """

    def __init__(self, inner: Backbone) -> None:
        self.folder, self.about, self.name, self.fingerprint = inner.folder, inner.about, inner.name, inner.fingerprint
        self.preprocessing, self.grid = inner.preprocessing, inner.grid
        self.pooled_size, self.region_size = inner.pooled_size, inner.region_size
        self.halves_size = inner.halves_size
        self._whole, self._single = inner, Backbone(inner.folder, threads=1)
        self._lock, self._running = threading.Lock(), 0

    def opened(self, folder: Path) -> Backbone:
        """Open another backbone, to be run as this one is."""
        return SharedCores(self._whole.opened(folder))

    def run(self, pixels: Pixels) -> SceneFeatures:
        """Run the network on pixels (B, H, W, 3), uint8."""
        with self._lock:
            backbone = self._single if self._running else self._whole
            self._running += 1
        try:
            return backbone.run(pixels)
        finally:
            with self._lock:
                self._running -= 1
