"""One run of a load: products come in some at a time, and what is ready is committed about every second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import numpy as np

from scenefit.catalog.loading.embedding import Shown, embed, joined, product_vectors
from scenefit.catalog.loading.incoming import Incoming, PictureReader
from scenefit.catalog.loading.listed import Listed, SetAside
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.local.pictures import Pictures
from scenefit.catalog.stores import Store
from scenefit.data.images import inspect
from scenefit.errors import ImageError
from scenefit.features.backbone import Backbone
from scenefit.model.folder import Model
from scenefit.types import Floats

SECONDS = 1.0
SHOWN = 5


@dataclass
class LoadReport:
    """What a load came to.

    Attributes:
        added: products that are new.
        updated: those that were there otherwise.
        unchanged: those that were there as they are.
        embedded: pictures that the model was asked about.
        removed: products that the source lacks, where it was synced.
        set_aside: rows that were not taken, counted by reason.
        first: some of them.
        not_removed: why nothing was removed though it was asked for.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    embedded: int = 0
    removed: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)
    first: list[SetAside] = field(default_factory=list)
    not_removed: str | None = None

    def put_aside(self, row: SetAside) -> None:
        """Count a row."""
        self.set_aside[row.reason] += 1
        if len(self.first) < SHOWN:
            self.first.append(row)


def picture_places(catalog: Store, stack: ExitStack) -> tuple[Pictures | None, Path]:
    """Give the pictures that a catalog keeps, if it does, and a folder for others.

    Raises:
        CatalogError: another process writes to the catalog.
    """
    if not isinstance(catalog, LocalCatalog):
        return None, Path(stack.enter_context(TemporaryDirectory(prefix="scenefit-")))
    _ = catalog.writer  # whoever writes may tidy up
    pictures = Pictures(catalog.folder)
    pictures.tidy()
    stack.callback(pictures.tidy)
    return pictures, pictures.aside()


class Loading:
    """Brings products into a catalog."""

    def __init__(
        self,
        catalog: Store,
        model: Model,
        backbone: Backbone,
        reader: PictureReader,
        report: LoadReport,
        set_aside: Callable[[SetAside], None],
    ) -> None:
        self._catalog, self._model, self._backbone, self._reader = catalog, model, backbone, reader
        self._report, self._set_aside = report, set_aside
        self._ready: list[Incoming] = []
        self._vectors: list[Floats] = []
        self._committed = monotonic()

    def take(self, listed: Sequence[Listed]) -> None:
        """Bring in some products of different ids; they are committed when this returns."""
        before = {product.id: product for product in self._catalog.get([one.product.id for one in listed])}
        fresh: list[Incoming] = []
        changed: list[Incoming] = []
        with self._reader.read(listed, before) as read:
            for one in read:
                if isinstance(one, SetAside):
                    self._set_aside(one)
                elif not one.same_picture:
                    fresh.append(one)
                elif self._keep_picture(one, decoded=False) and one.product != one.before:
                    changed.append(one)
                else:
                    self._report.unchanged += one.product == one.before
            if changed:
                self._add(changed, self._catalog.vectors([one.product.id for one in changed]))
            self._embed(fresh)
            self._commit()

    def _embed(self, fresh: Sequence[Incoming]) -> None:
        known = [(one, one.features) for one in fresh if one.features is not None]
        if known:
            features = joined([features for _, features in known])
            self._add(
                [one for one, _ in known], product_vectors(self._model, [one.product for one, _ in known], features)
            )
        rest = [Shown(one, one.product, one.picture) for one in fresh if one.features is None and one.picture]
        for batch in embed(self._model, self._backbone, rest):
            self._add(batch.done, batch.vectors)
            for one, reason in batch.failed:
                self._set_aside(one.set_aside(ImageError(reason)))
            if monotonic() - self._committed > SECONDS:
                self._commit()

    def _add(self, products: Sequence[Incoming], vectors: Floats) -> None:
        self._ready += products
        self._vectors += list(vectors)

    def _commit(self) -> None:
        """Keep the pictures, then the products."""
        kept = [row for row, one in enumerate(self._ready) if self._keep_picture(one, decoded=True)]
        if kept:
            done = [self._ready[row] for row in kept]
            self._catalog.upsert([one.product for one in done], np.stack([self._vectors[row] for row in kept]))
            self._report.added += sum(one.before is None for one in done)
            self._report.updated += sum(one.before is not None for one in done)
            self._report.embedded += sum(not one.same_picture for one in done)
        self._ready, self._vectors, self._committed = [], [], monotonic()

    def _keep_picture(self, one: Incoming, decoded: bool) -> bool:
        """Have the catalog keep a product's picture; say whether it is a good one."""
        pictures, content = self._reader.pictures, one.product.content
        if pictures is None or content is None or one.picture is None or pictures.find(content):
            return True
        try:
            if not decoded:
                inspect(one.picture)
            pictures.keep(one.picture, content)
        except ImageError as error:
            self._set_aside(one.set_aside(error))
            return False
        return True
