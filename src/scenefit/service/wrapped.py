"""A backbone in front of another one."""

from __future__ import annotations

from scenefit.features.backbone import Backbone


class WrappedBackbone(Backbone):
    """A backbone that has another one run; what is known of it is what is known of that one."""

    def __init__(self, inner: Backbone) -> None:
        self.folder, self.about, self.name, self.fingerprint = inner.folder, inner.about, inner.name, inner.fingerprint
        self.preprocessing, self.grid = inner.preprocessing, inner.grid
        self.pooled_size, self.region_size = inner.pooled_size, inner.region_size
        self.halves_size = inner.halves_size
        self._inner = inner
