"""What a model remembers of products: added to their vectors, found by id or picture, refused where it is not whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from scenefit import artifacts
from scenefit.catalog.gallery import embed_dataset
from scenefit.data.dataset import Dataset
from scenefit.errors import ArtifactError
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.folder import SEALED, Model
from scenefit.model.seen_products import MEMORY
from scenefit.types import Array, Floats, Table

D = 16
Remember = Callable[[Array], Path]


@pytest.fixture
def remembering(model_folder: Path, tmp_path: Path) -> Remember:
    """Give the trained model a memory, and seal it again."""
    copy = Path(shutil.copytree(model_folder, tmp_path / "model"))

    def write(memory: Array) -> Path:
        np.save(copy / MEMORY, memory)
        about = json.loads((copy / "config.json").read_text())
        body = {key: about[key] for key in ("categories", "sizes", "backbone")}
        artifacts.seal(copy, "config.json", "model", (*SEALED, MEMORY), about["parents"], body)
        return copy

    return write


@pytest.fixture(scope="module")
def features(model_folder: Path) -> DatasetFeatures:
    dataset = Dataset.open(model_folder.with_name("dataset"))
    return DatasetFeatures.open(dataset, Model(model_folder).backbone(threads=1))


@pytest.fixture(scope="module")
def products(features: DatasetFeatures) -> Table:
    return features.dataset.products


def seen_rows(model_folder: Path, products: Table) -> list[int]:
    return np.flatnonzero(Model(model_folder).seen(products)).tolist()


def drawn(rows: int) -> Floats:
    return np.random.default_rng(0).normal(size=(rows, D)).astype(np.float32)


def test_without_a_memory_the_vectors_are_the_embeddings(
    model_folder: Path, features: DatasetFeatures, products: Table
) -> None:
    model = Model(model_folder)
    assert MEMORY not in model.about["files"]
    vectors = model.vectors(products, features.product_features)
    assert (vectors.shape, vectors.dtype) == ((24, D + 1), np.float32)
    np.testing.assert_array_equal(vectors[:, :-1], model.embed_products(features.product_features))
    assert not vectors[:, -1].any()


def test_memory_is_added_to_what_training_saw_and_to_nothing_else(
    model_folder: Path, remembering: Remember, features: DatasetFeatures, products: Table
) -> None:
    seen = seen_rows(model_folder, products)
    assert 0 < len(seen) < 24
    memory = drawn(len(seen))
    model = Model(remembering(memory))
    vectors, plain = (m.vectors(products, features.product_features) for m in (model, Model(model_folder)))
    unseen = [row for row in range(24) if row not in seen]
    np.testing.assert_array_equal(vectors[unseen], plain[unseen])
    np.testing.assert_allclose(vectors[seen, :-1] - plain[seen, :-1], memory, atol=1e-6)  # the table is in this order
    np.testing.assert_array_equal(model.embed_products(features.product_features), plain[:, :-1])
    np.testing.assert_array_equal(embed_dataset(model, features).vectors, vectors)


def test_a_product_is_remembered_by_its_picture_too(
    model_folder: Path, remembering: Remember, features: DatasetFeatures, products: Table
) -> None:
    """A shop that renamed its products has the same ones; another photo under another id is another product."""
    model = Model(remembering(drawn(len(seen_rows(model_folder, products)))))
    vectors = model.vectors(products, features.product_features)
    renamed = products | {"id": np.array([f"new {i}" for i in range(24)], object)}
    np.testing.assert_array_equal(model.vectors(renamed, features.product_features), vectors)
    others = renamed | {"content": np.array(["0" * 64] * 24, object)}
    plain = Model(model_folder).vectors(products, features.product_features)
    np.testing.assert_array_equal(model.vectors(others, features.product_features), plain)
    some = {name: column[5:8] for name, column in products.items()}
    np.testing.assert_allclose(
        model.vectors(some, features.product_features.some(slice(5, 8))), vectors[5:8], atol=1e-6
    )


def test_no_products(remembering: Remember, model_folder: Path, features: DatasetFeatures, products: Table) -> None:
    model = Model(remembering(drawn(len(seen_rows(model_folder, products)))))
    none = {name: column[:0] for name, column in products.items()}
    assert model.vectors(none, features.product_features.some(slice(0))).shape == (0, D + 1)


def test_a_damaged_memory_is_refused(remembering: Remember, model_folder: Path, products: Table) -> None:
    copy = remembering(drawn(len(seen_rows(model_folder, products))))
    content = bytearray((copy / MEMORY).read_bytes())
    content[-3] ^= 1
    (copy / MEMORY).write_bytes(content)
    with pytest.raises(ArtifactError, match=r"memory\.npy is not the file that was sealed .*make the model again"):
        Model(copy)
    (copy / MEMORY).unlink()
    with pytest.raises(ArtifactError, match=r"memory\.npy is missing; make the model again"):
        Model(copy)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda memory: memory[1:], r"float32 of shape \(\d+, 16\); expected float16 or float32 of shape .*: make the"),
        (lambda memory: memory[:, 1:], r"float32 of shape \(\d+, 15\); expected .* make the model again"),
        (lambda memory: memory.astype(np.float64), r"memory\.npy holds float64 of shape .* make the model again"),
        (lambda memory: memory / np.float32(0), r"memory\.npy holds values that are not finite numbers; make the mod"),
    ],
)
def test_a_memory_of_something_else_is_refused(
    spoil: Callable[[Floats], Array],
    message: str,
    remembering: Remember,
    model_folder: Path,
    features: DatasetFeatures,
    products: Table,
) -> None:
    with np.errstate(divide="ignore"):
        memory = spoil(drawn(len(seen_rows(model_folder, products))))
    model = Model(remembering(memory))
    with pytest.raises(ArtifactError, match=message):
        model.vectors(products, features.product_features)
