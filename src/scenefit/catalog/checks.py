"""What every store checks before it keeps a change or looks something up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from scenefit.catalog.columns import check_product
from scenefit.errors import CatalogError
from scenefit.types import Array, Floats, Product

_NEVER = re.compile("[\0\ud800-\udfff]")


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
