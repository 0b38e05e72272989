"""Changes of products: their pictures become the model's vectors, and all is seen at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from scenefit.catalog.columns import Columns, check_product, merge_kinds
from scenefit.catalog.loading.embedding import product_vectors
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.local.pictures import Pictures
from scenefit.errors import CatalogError, ImageError
from scenefit.features.backbone import Backbone
from scenefit.features.statistics import as_product
from scenefit.model.folder import Model
from scenefit.service.faults import Fault, busy
from scenefit.service.schemas import Fields
from scenefit.service.state import Service
from scenefit.service.tickets import paused
from scenefit.types import Floats, Product

CHUNK = 8
"""Products that are embedded and kept at once."""


@dataclass(frozen=True)
class Upsert:
    """A product to be put, and its picture; None keeps the one that is there."""

    product: Product
    picture: bytes | None


@dataclass
class Written:
    """What a change came to; `set_aside` are ids with the fault of each."""

    added: int = 0
    updated: int = 0
    deleted: int = 0
    set_aside: list[tuple[str, Fault]] = field(default_factory=list)


def product_of(name: str, fields: Fields) -> Product:
    """Make a product of what a request says of it.

    Raises:
        Fault: 422, its id could not be part of an address.
    """
    if name in (".", "..") or not name.strip() or len(name) > 500 or not name.isprintable():
        raise Fault(422, "product", "the id is not accepted; expected 1 to 500 characters that can be printed")
    values = {key: getattr(fields, key) for key in type(fields).model_fields if key in Product.__dataclass_fields__}
    return Product(**{**values, "id": name})


def put(service: Service, items: Sequence[Upsert]) -> Written:
    """Put products into the catalog; those that cannot be taken are set aside.

    Raises:
        Fault: 409, another process writes to the catalog; 503, it switched to another model meanwhile.
        CatalogError: it cannot be changed.
    """
    written = Written()
    with changing(service):
        model, backbone = service.now()
        columns = service.store.columns()
        for start in range(0, len(items), CHUNK):
            columns = _put_some(service, model, backbone, items[start : start + CHUNK], written, columns)
    return written


def delete(service: Service, names: Sequence[str]) -> int:
    """Take products out of the catalog; give how many there were.

    Raises:
        Fault: 409, another process writes to the catalog.
        CatalogError: it cannot be changed.
    """
    with changing(service):
        return service.store.delete(names)


@contextmanager
def changing(service: Service) -> Iterator[None]:
    """Hold the right to change the catalog; the others of this process wait for a while.

    Raises:
        Fault: 409, another process has it; 503, another request has it for too long.
    """
    with paused():
        mine = service.writing.acquire(timeout=service.config.seconds / 2)
    if not mine:
        raise busy("another request changes the catalog")
    try:
        if isinstance(service.store, LocalCatalog):
            with _or_busy():
                _ = service.store.writer
        yield
    finally:
        service.writing.release()


@contextmanager
def _or_busy() -> Iterator[None]:
    """Say that another process writes, without saying where."""
    try:
        yield
    except CatalogError:
        raise busy("another process writes to this catalog", 409, "catalog_busy") from None


def _put_some(
    service: Service, model: Model, backbone: Backbone, items: Sequence[Upsert], written: Written, columns: Columns
) -> Columns:
    """Put a few products; give the columns that the catalog has then."""
    before = {product.id: product for product in service.store.get([item.product.id for item in items])}
    ready: dict[str, tuple[Product, Floats]] = {}
    for item in items:
        try:
            columns = _checked(item, before, model, columns)
            ready[item.product.id] = _embedded(service, model, backbone, item, before)
        except Fault as fault:
            written.set_aside.append((item.product.id, fault))
    if ready:
        _keep(service, model, list(ready.values()))
        updated = sum(name in before for name in ready)
        written.updated, written.added = written.updated + updated, written.added + len(ready) - updated
    return columns


def _checked(item: Upsert, before: dict[str, Product], model: Model, columns: Columns) -> Columns:
    product = item.product
    if product.category not in model.categories:
        raise Fault(422, "product", f"category: {product.category[:80]!r} is none of the model's")
    if item.picture is None and product.id not in before:
        raise Fault(422, "product", "picture: expected for a product that is new")
    try:
        check_product(product)
        return merge_kinds(columns, product)
    except CatalogError as error:
        raise Fault(422, "product", str(error)) from None


def _embedded(
    service: Service, model: Model, backbone: Backbone, item: Upsert, before: dict[str, Product]
) -> tuple[Product, Floats]:
    """Give a product with the content of its picture, and its vector (1, d + 1)."""
    if item.picture is None:
        old = before[item.product.id]
        return replace(item.product, content=old.content, image=old.image), service.store.vectors([old.id])
    product = replace(item.product, content=hashlib.sha256(item.picture).hexdigest())
    try:
        features = as_product(backbone.run(backbone.pixels(item.picture)[None]))
    except ImageError as error:
        raise Fault(422, "photo", f"picture: {error}") from None
    _keep_picture(service, item.picture, str(product.content))
    return product, product_vectors(model, [product], features)


def _keep_picture(service: Service, data: bytes, content: str) -> None:
    """Put a picture that was decoded among those of a catalog folder; a server keeps none."""
    if not isinstance(service.store, LocalCatalog):
        return
    pictures = Pictures(service.store.folder)
    if pictures.find(content):
        return
    with NamedTemporaryFile(dir=pictures.aside(), delete=False) as file:
        file.write(data)
    try:
        pictures.keep(Path(file.name), content)
    finally:
        with suppress(OSError):
            Path(file.name).unlink()


def _keep(service: Service, model: Model, ready: Sequence[tuple[Product, Floats]]) -> None:
    if service.store.model != model.fingerprint:
        raise busy("the catalog switched to another model meanwhile", code="catalog_changed")
    service.store.upsert([product for product, _ in ready], np.concatenate([vector for _, vector in ready]))
