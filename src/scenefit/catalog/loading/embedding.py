"""Pictures of products become a model's vectors, batch by batch."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from scenefit.features.backbone import Backbone
from scenefit.features.extract import compute
from scenefit.features.store import crop_key
from scenefit.model.folder import Model
from scenefit.types import Array, Crop, Floats, Product, ProductFeatures

T = TypeVar("T")


class Shown(NamedTuple, Generic[T]):
    """Something that stands for a product, the product with its picture's content, and the picture."""

    of: T
    product: Product
    picture: Path


class Embedded(NamedTuple, Generic[T]):
    """A batch: what was embedded, its vectors (n, d + 1), float32, and what was not, with the reason."""

    done: list[T]
    vectors: Floats
    failed: list[tuple[T, str]]


def joined(features: Sequence[ProductFeatures]) -> ProductFeatures:
    """Put features of some products, at least one, behind each other."""
    pooled, statistics = (np.concatenate(parts) for parts in zip(*features, strict=True))
    return ProductFeatures(pooled, statistics)


def product_vectors(model: Model, products: Sequence[Product], features: ProductFeatures) -> Floats:
    """Give the vectors of products that have a picture's content, shape (n, d + 1), float32."""
    table: dict[str, Array] = {
        "id": np.array([product.id for product in products], object),
        "content": np.array([product.content for product in products], object),
    }
    return model.vectors(table, features)


def embed(model: Model, backbone: Backbone, shown: Sequence[Shown[T]]) -> Iterator[Embedded[T]]:
    """Run the backbone on pictures, each content once, and the model on what it gives; `backbone` has one thread."""
    of: dict[bytes, list[Shown[T]]] = defaultdict(list)
    crops: dict[bytes, Crop] = {}
    for one in shown:
        crop = Crop(one.picture, str(one.product.content))
        of[key := crop_key(crop)].append(one)
        crops.setdefault(key, crop)
    key_of = {str(crop.path): key for key, crop in crops.items()}
    for batch in compute(backbone, list(crops.items()), os.cpu_count() or 1):
        failed = [(one.of, reason) for path, reason in batch.failed for one in of[key_of[path]]]
        places = [(one, row) for row, key in enumerate(batch.keys) for one in of[key]]
        if not places:
            yield Embedded([], np.empty((0, model.embedding_size + 1), np.float32), failed)
            continue
        rows = np.array([row for _, row in places])
        features = ProductFeatures(batch.features["pooled"], batch.features["statistics"]).some(rows)
        vectors = product_vectors(model, [one.product for one, _ in places], features)
        yield Embedded([one.of for one, _ in places], vectors, failed)
