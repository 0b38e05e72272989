"""The catalog folder: products, their vectors, and the model that made them.

CATALOG/catalog.json       the manifest; names the model, and the folder that holds the pictures
CATALOG/products.parquet   one row a product, in the order of the vectors
CATALOG/vectors.npy        shape (P, d + 1), float32: unit vectors, each with its product's prior
CATALOG/model/             the model, so that a catalog is all that serving needs
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from scenefit import artifacts
from scenefit.data.arrays import read_array
from scenefit.data.dataset import Dataset, check_image_path
from scenefit.data.tables import PRODUCTS, read_table, write_table
from scenefit.errors import FingerprintError, UsageError
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.features.extract import ExtractReport
from scenefit.model.folder import MANIFEST as MODEL_MANIFEST
from scenefit.model.folder import Model
from scenefit.types import Floats, Ints, Progress, Table, silent

MANIFEST = "catalog.json"


@dataclass(frozen=True)
class Catalog:
    """Products of several categories with one vector each.

    `products` holds the columns of `tables.PRODUCTS`; `vectors` has shape (P, d + 1), float32, in the same order: the
    unit vector f_p and the prior (`model.compatibility.with_prior`).
    """

    products: Table
    vectors: Floats
    model: str
    images: Path | None = None
    about: Mapping[str, Any] | None = None

    @cached_property
    def categories(self) -> list[str]:
        """The categories that hold a product, sorted."""
        return sorted(set(self.products["category"].tolist()))

    @cached_property
    def _rows(self) -> dict[str, Ints]:
        column = self.products["category"]
        return {name: np.flatnonzero(column == name) for name in self.categories}

    def rows(self, category: str) -> Ints:
        """Give the rows of a category's products, ascending.

        Raises:
            UsageError: the catalog holds no such category.
        """
        if category not in self._rows:
            raise UsageError(f"got the category {category!r}; this catalog has {', '.join(map(repr, self.categories))}")
        return self._rows[category]

    def image(self, row: int) -> Path | None:
        """Give the path of a product's picture, None where the catalog knows no folder of pictures."""
        return None if self.images is None else self.images / self.products["image"][row]


def embed_dataset(model: Model, features: DatasetFeatures) -> Catalog:
    """Make a catalog of a dataset's products in memory; those whose picture failed are left out."""
    keep = np.flatnonzero(features.product_rows >= 0)
    products = {name: column[keep] for name, column in features.dataset.products.items()}
    vectors = model.vectors(products, features.product_features.some(keep))
    return Catalog(products, vectors, model.fingerprint, features.dataset.folder)


def build_catalog(
    model: Model, dataset: Dataset, out: Path, *, overwrite: bool = False, progress: Progress = silent
) -> ExtractReport:
    """Write a catalog of a dataset's products; features that the dataset lacks are computed and kept there.

    Raises:
        UsageError: `out` exists and `overwrite` is false.
    """
    artifacts.check_free(out, overwrite)
    backbone = model.backbone(threads=1)
    report = compute_features(dataset, backbone, np.empty(0, np.int64), progress=progress)
    catalog = embed_dataset(model, DatasetFeatures.open(dataset, backbone))
    with artifacts.written_folder(out, overwrite) as folder:
        write_table(folder / "products.parquet", catalog.products, PRODUCTS)
        np.save(folder / "vectors.npy", catalog.vectors)
        for name in (MODEL_MANIFEST, *model.about["files"]):
            (folder / "model" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(model.folder / name, folder / "model" / name)
        parents = {"model": model.fingerprint, "dataset": dataset.fingerprint}
        counts = {name: len(catalog.rows(name)) for name in catalog.categories}
        about = {
            "images": str(dataset.folder.resolve()),
            "counts": counts,
            "dataset": dataset.about.get("name"),
        }
        artifacts.seal(folder, MANIFEST, "catalog", ["products.parquet", "vectors.npy"], parents, about)
    return report


def open_catalog(folder: Path) -> tuple[Catalog, Model]:
    """Open a catalog and its model.

    Raises:
        ArtifactError: the folder is half-written, damaged or not a catalog.
        FingerprintError: its vectors were made by another model than it holds.
    """
    about = artifacts.read_manifest(folder, MANIFEST, "catalog")
    model = Model(folder / "model")
    if about["parents"].get("model") != model.fingerprint:
        raise FingerprintError(
            f"{folder} has vectors of the model {str(about['parents'].get('model'))[:12]} beside the model "
            f"{model.fingerprint[:12]}; build the catalog again"
        )
    products = read_table(folder / "products.parquet", PRODUCTS)
    for image in products["image"].tolist():
        check_image_path(image)
    vectors = read_array(
        folder / "vectors.npy", (len(products["id"]), model.embedding_size + 1), "build the catalog again"
    )
    images = Path(about["images"])
    return Catalog(products, vectors, model.fingerprint, images if images.is_dir() else None, about), model
