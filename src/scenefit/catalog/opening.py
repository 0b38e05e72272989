"""Opens a catalog by its location: a folder, or the URL of a server."""

from __future__ import annotations

import re
from pathlib import Path

from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.stores import Store
from scenefit.errors import UsageError


def open_store(location: str) -> Store:
    """Open a catalog folder, `postgresql://...` or `milvus://...`.

    Raises:
        ArtifactError: the folder is not a catalog.
        CatalogError: the server is out of reach, or holds no catalog.
        UsageError: a URL of another kind.
    """
    kind = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", location)
    if kind is None:
        return LocalCatalog(Path(location))
    if kind[1] in ("postgresql", "postgres"):
        from scenefit.catalog.postgres.catalog import PostgresCatalog

        return PostgresCatalog(location)
    if kind[1] == "milvus":
        from scenefit.catalog.milvus.catalog import MilvusCatalog

        return MilvusCatalog(location)
    raise UsageError(f"got a catalog at {kind[1]}://; expected a folder, postgresql:// or milvus://")
