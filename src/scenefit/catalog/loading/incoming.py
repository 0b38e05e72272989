"""The pictures of products that come in: read or fetched, and known by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scenefit.catalog.loading.listed import Listed, SetAside
from scenefit.catalog.local.pictures import Pictures, content_of
from scenefit.errors import ImageError
from scenefit.types import Product, ProductFeatures

if TYPE_CHECKING:  # recommending needs no downloader
    from scenefit.catalog.loading.fetch import PictureFetcher
    from scenefit.data.download.addresses import FetchError

BAD = "image: not a good picture"


@dataclass(frozen=True)
class Incoming:
    """A product with the content of its picture.

    Attributes:
        number: of its line or record.
        product: as it will stand in the catalog.
        before: as it stands there, None where it is new.
        picture: a file; None where it was not fetched because the catalog has it.
        features: of the picture, where they are at hand.
    """

    number: int
    product: Product
    before: Product | None
    picture: Path | None
    features: ProductFeatures | None = None

    @property
    def same_picture(self) -> bool:
        """Whether the catalog's vector is of this picture."""
        return self.before is not None and self.before.content == self.product.content

    def set_aside(self, error: ImageError) -> SetAside:
        """Say that its picture cannot be used."""
        return SetAside(self.number, self.product.id, BAD, str(error))


@dataclass(frozen=True)
class PictureReader:
    """Finds the pictures of products.

    Attributes:
        fetcher: for those that have an address.
        aside: a folder for what is fetched.
        pictures: those that the catalog keeps, None where it keeps none.
        refetch: fetch again what the catalog has from the same address.
    """

    fetcher: PictureFetcher
    aside: Path
    pictures: Pictures | None
    refetch: bool

    @contextmanager
    def read(self, listed: Sequence[Listed], before: Mapping[str, Product]) -> Iterator[Iterator[Incoming | SetAside]]:
        """Give products with the content of their pictures; what was fetched goes when the block ends.

        Args:
            listed: of different ids.
            before: those of them that the catalog has.
        """
        there = {one.product.id for one in listed if self._has(one, before.get(one.product.id))}
        urls = [one.picture for one in listed if isinstance(one.picture, str) and one.product.id not in there]
        files = {url: self.aside / hashlib.sha256(url.encode()).hexdigest() for url in urls}
        try:
            failed = self.fetcher.fetch(files) if files else {}
            yield (self._one(one, before.get(one.product.id), files, failed) for one in listed)
        finally:
            for file in files.values():
                file.unlink(missing_ok=True)

    def _one(
        self, one: Listed, old: Product | None, files: Mapping[str, Path], failed: Mapping[str, FetchError]
    ) -> Incoming | SetAside:
        if old is not None and self._has(one, old):
            return Incoming(one.number, replace(one.product, content=old.content), old, None)
        if fault := failed.get(str(one.picture)):
            return SetAside(one.number, one.product.id, f"image: {fault.reason}", fault.detail)
        return _known(one, files.get(str(one.picture)), old)

    def _has(self, one: Listed, old: Product | None) -> bool:
        """Say whether the catalog has the picture of this address, so that it need not be fetched."""
        if self.refetch or not isinstance(one.picture, str) or old is None or old.content is None:
            return False
        return old.image == one.picture and (self.pictures is None or self.pictures.find(old.content) is not None)


def _known(one: Listed, fetched: Path | None, old: Product | None) -> Incoming | SetAside:
    file = Path(one.picture) if fetched is None else fetched
    try:
        content = content_of(file)
    except ImageError as error:
        return SetAside(one.number, one.product.id, BAD, str(error))
    if one.product.content not in (None, content):
        return SetAside(one.number, one.product.id, "image: changed since the import", "import the dataset again")
    return Incoming(one.number, replace(one.product, content=content), old, file, one.features)
