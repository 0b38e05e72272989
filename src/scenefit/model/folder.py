"""The model folder, read without torch: heads and backbone as ONNX, and what the model knows of its training.

MODEL/config.json            the manifest: recipe, categories, sizes, fingerprints of backbone and dataset
MODEL/scene.onnx             pooled, regions, halves -> one query vector and one attention map a category
MODEL/product.onnx           pooled, statistics -> one unit vector; both sides take only those inputs that they need
MODEL/wanted.onnx            pooled -> how much each category is wanted; an older model lacks it
MODEL/backbone/              the exported backbone
MODEL/model.safetensors      the heads' weights, to train on
MODEL/seen_products.parquet  the products that the training saw, and the prior of each
MODEL/memory.npy             what is remembered of their scenes, (S, d), float16; absent where nothing is
MODEL/calibration.json       the probabilities of its distances; absent where it was trained without validation pairs
MODEL/history.jsonl          one line an epoch
MODEL/README.md              the model card
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime

from scenefit import artifacts
from scenefit.errors import ArtifactError, UsageError
from scenefit.features.backbone import Backbone, open_session
from scenefit.model.calibration import Calibration, read_calibration
from scenefit.model.compatibility import with_prior
from scenefit.model.seen_products import MEMORY, SEEN_FILE, SeenProducts
from scenefit.types import Bools, Floats, ProductFeatures, SceneFeatures, Table

MANIFEST = "config.json"
WANTED = "wanted.onnx"
SEALED = (
    "model.safetensors",
    "scene.onnx",
    "product.onnx",
    SEEN_FILE,
    "backbone/backbone.json",
    "backbone/backbone.onnx",
    WANTED,
)
CALIBRATION = "calibration.json"
CHUNK = 1024


class Model:
    """A trained model, ready to embed scenes and products.

    Attributes:
        categories: the categories it can be asked for, in the order of its outputs.
        fingerprint: SHA-256 of its weights, its configuration and its parents.
        embedding_size: d.
        calibration: the probabilities of its distances; None where it has none.
    """

    def __init__(self, folder: Path) -> None:
        """Open a model folder.

        Raises:
            ArtifactError: the folder is half-written, damaged or not a model.
        """
        about = artifacts.read_manifest(folder, MANIFEST, "model")
        self.folder, self.about = folder, about
        self.fingerprint = str(about["fingerprint"])
        self.backbone_fingerprint = str(about["parents"]["backbone"])
        self.categories: list[str] = list(about["categories"])
        self.embedding_size = int(about["sizes"]["embedding"])
        self.grid = int(about["backbone"]["grid"])
        self.calibration = self._calibration()
        self._scene = _side(folder / "scene.onnx", SceneFeatures._fields)
        self._product = _side(folder / "product.onnx", ProductFeatures._fields)
        self._wanted = open_session(folder / WANTED, threads=1) if WANTED in about["files"] else None

    def _calibration(self) -> Calibration | None:
        if CALIBRATION not in self.about["files"]:
            return None
        return read_calibration(self.folder / CALIBRATION, self.categories, self.embedding_size + 1)

    def backbone(self, threads: int = 0) -> Backbone:
        """Open the backbone that the model was trained on."""
        return Backbone(self.folder / "backbone", threads)

    def category_row(self, category: str) -> int:
        """Find a category among the model's.

        Raises:
            UsageError: the model was not trained on it.
        """
        try:
            return self.categories.index(category)
        except ValueError:
            raise UsageError(
                f"got the category {category!r}; this model knows {', '.join(map(repr, self.categories))}"
            ) from None

    def embed_scenes(self, features: SceneFeatures) -> tuple[Floats, Floats]:
        """Give the query vectors and attention maps of scenes for every category.

        Args:
            features: of B scenes; regions of shape (B, R, C) or (B, R * C), R = grid * grid.

        Returns:
            queries: shape (B, K, d), float32, K categories; the distance to a unit vector p is 2 - q . p.
            attention: shape (B, K, R), float32; sums to one over the regions.
        """
        regions = features.regions.reshape(len(features.pooled), self.grid**2, -1)
        queries, attention = _run(self._scene, features._replace(regions=regions))
        return queries, attention

    def embed_products(self, features: ProductFeatures) -> Floats:
        """Give the unit vectors of P products, shape (P, d), float32."""
        starts = range(0, len(features.pooled), CHUNK)
        parts = [_run(self._product, features.some(slice(start, start + CHUNK)))[0] for start in starts]
        return np.concatenate(parts) if parts else np.empty((0, self.embedding_size), np.float32)

    def wanted(self, pooled: Floats) -> Floats | None:
        """Give the probability of each category to be the one that a scene lacks; None where the model cannot say.

        Args:
            pooled: shape (B, D), float32.

        Returns:
            shape (B, K), float32, in the order of `categories`; each row sums to one.
        """
        if self._wanted is None:
            return None
        probabilities: Floats = self._wanted.run(None, {"pooled": pooled})[0]
        return probabilities

    def vectors(self, products: Table, features: ProductFeatures) -> Floats:
        """Give the vectors of a catalog's products, shape (P, d + 1), float32: embedding, memory, and the prior.

        Args:
            products: their table, with `id` and `content`.
            features: of the same products.
        """
        vectors, rows = self.embed_products(features), self._seen.rows(products)
        if self._seen.memory is not None:
            vectors[rows >= 0] += self._seen.memory[rows[rows >= 0]]
        return with_prior(vectors, self.prior(products))

    @cached_property
    def _seen(self) -> SeenProducts:
        return SeenProducts.read(self.folder, self.embedding_size, MEMORY in self.about["files"])

    def seen(self, products: Table) -> Bools:
        """Say for each row of a product table whether the training saw it, by its id or by its picture."""
        return np.asarray(self._seen.rows(products) >= 0)

    def prior(self, products: Table) -> Floats:
        """Give the prior of each row of a product table, shape (P,), float32: what speaks for it in any scene.

        A product is found by its id, else by its picture; one that the training never saw has 0. It counts against
        the distance (`compatibility.with_prior`).
        """
        return np.append(self._seen.prior, 0.0)[self._seen.rows(products)].astype(np.float32)


def _side(graph: Path, known: Sequence[str]) -> onnxruntime.InferenceSession:
    """Open one side of a model.

    Raises:
        ArtifactError: it asks for a feature that is not known.
    """
    session = open_session(graph, threads=1)
    unknown = [given.name for given in session.get_inputs() if given.name not in known]
    if unknown:
        raise ArtifactError(f"{graph} asks for {unknown}; expected some of {list(known)}: make the model again")
    return session


def _run(side: onnxruntime.InferenceSession, features: SceneFeatures | ProductFeatures) -> list[Floats]:
    """Run one side of a model on those features that it asks for."""
    outputs: list[Floats] = side.run(None, {given.name: getattr(features, given.name) for given in side.get_inputs()})
    return outputs
