"""What every store checks before it keeps a change or looks something up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from scenefit.catalog.columns import check_product
from scenefit.catalog.stores import Store
from scenefit.errors import CatalogError, FingerprintError
from scenefit.features.backbone import Backbone
from scenefit.model.folder import Model
from scenefit.types import Array, Floats, Product

_NEVER = re.compile("[\0\ud800-\udfff]")


def check_model(catalog: Store, model: Model) -> None:
    """Refuse a catalog whose vectors are another model's.

    Raises:
        FingerprintError: they are.
    """
    if catalog.model != model.fingerprint:
        raise FingerprintError(
            f"the catalog's vectors were made by the model {catalog.model[:12]}, not by {model.fingerprint[:12]}; open "
            "it with that model, or let this one serve it: scenefit catalog switch"
        )


def check_backbone(model: Model, backbone: Backbone) -> None:
    """Refuse a backbone on which a model was not trained.

    Raises:
        FingerprintError: it was not.
    """
    if backbone.fingerprint != model.backbone_fingerprint:
        raise FingerprintError(
            f"got the backbone {backbone.fingerprint[:12]}; the model was trained on "
            f"{model.backbone_fingerprint[:12]}: open it by model.backbone()"
        )


def stored_vectors(products: Sequence[Product], vectors: Floats, dimensions: int) -> Array:
    """Check products and their vectors, and round these to what is stored: (n, d + 1), float16.

    Raises:
        CatalogError: see `stores.Store.upsert`.
    """
    if vectors.shape != (len(products), dimensions):
        raise CatalogError(
            f"got vectors of the shape {vectors.shape} for {len(products)} products; expected "
            f"{(len(products), dimensions)}: were they made by this catalog's model?"
        )
    seen: set[str] = set()
    for product in products:
        check_product(product)
        if product.id in seen:
            raise CatalogError(f"got the product {product.id!r} twice in one change; give it once")
        seen.add(product.id)
    with np.errstate(over="ignore"):
        stored = vectors.astype(np.float16)
    if len(bad := np.flatnonzero(~np.isfinite(stored).all(axis=1))):
        raise CatalogError(f"the vector of the product {products[int(bad[0])].id!r} is not finite as fp16")
    return stored


def storable(text: str) -> bool:
    r"""Say whether a database can hold a text: it has no NUL and is valid Unicode.

    >>> storable("shoe"), storable("shoe\0"), storable("\ud800")
    (True, False, False)
    """
    return not _NEVER.search(text)


def possible(ids: Iterable[str]) -> list[str]:
    r"""Leave out the ids that no product can have, and repeated ones.

    >>> possible(["a", "a", "\ud800"])
    ['a']
    """
    return [name for name in dict.fromkeys(ids) if storable(name)]
