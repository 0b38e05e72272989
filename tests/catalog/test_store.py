"""The catalog folder: what is built is what is opened, with the model that made it and no other."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit import artifacts
from scenefit.catalog.store import MANIFEST, Catalog, build_catalog, embed_dataset, open_catalog
from scenefit.data.dataset import Dataset
from scenefit.data.tables import PRODUCTS, read_table, write_table
from scenefit.errors import ArtifactError, DataError, FingerprintError, UsageError
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.folder import SEALED, Model

Spoil = Callable[[Path], None]


@pytest.fixture
def copy(catalog_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(catalog_folder, tmp_path / "catalog"))


def reseal(folder: Path, manifest: str = MANIFEST, kind: str = "catalog", **changes: Any) -> None:
    """Seal a folder again, so that nothing but its content is wrong."""
    about = json.loads((folder / manifest).read_text())
    body = {
        key: value for key, value in about.items() if key not in ("kind", "format", "fingerprint", "parents", "files")
    }
    artifacts.seal(folder, manifest, kind, list(about["files"]), about["parents"], body | changes)


def test_holds_every_product_with_its_vector(catalog_folder: Path, model_folder: Path) -> None:
    catalog, model = open_catalog(catalog_folder)
    dataset = Dataset.open(model_folder.with_name("dataset"))
    assert model.fingerprint == Model(model_folder).fingerprint == catalog.model
    for name in PRODUCTS:
        assert catalog.products[name].tolist() == pytest.approx(dataset.products[name].tolist(), nan_ok=True)
    assert catalog.vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(catalog.vectors[:, :-1], axis=1), 1, atol=1e-5)
    features = DatasetFeatures.open(dataset, model.backbone(threads=1))
    np.testing.assert_array_equal(catalog.vectors[:, :-1], model.embed_products(features.product_features))
    assert not catalog.vectors[:, -1].any()
    np.testing.assert_array_equal(catalog.vectors, embed_dataset(model, features).vectors)
    assert catalog.about is not None
    assert catalog.about["counts"] == {"Pants": 12, "Shoes": 12}


def test_rows_of_a_category_ascend(catalog_folder: Path) -> None:
    catalog, _ = open_catalog(catalog_folder)
    assert catalog.categories == ["Pants", "Shoes"]
    for name in catalog.categories:
        expected = [i for i, category in enumerate(catalog.products["category"]) if category == name]
        assert catalog.rows(name).tolist() == expected


def test_unknown_category(catalog_folder: Path) -> None:
    with pytest.raises(UsageError, match="got the category 'Hats'; this catalog has 'Pants', 'Shoes'"):
        open_catalog(catalog_folder)[0].rows("Hats")


def test_pictures_are_found_while_they_are_there(catalog_folder: Path, copy: Path) -> None:
    catalog, _ = open_catalog(catalog_folder)
    assert all((image := catalog.image(row)) is not None and image.is_file() for row in range(24))
    reseal(copy, images=str(copy / "gone"))
    assert open_catalog(copy)[0].image(0) is None


def test_features_that_lack_are_computed_and_failures_left_out(
    dataset: Dataset, model_folder: Path, tmp_path: Path
) -> None:
    gone = dataset.folder / dataset.products["image"][5]
    gone.unlink()
    report = build_catalog(Model(model_folder), dataset, tmp_path / "catalog")
    assert (report.computed, report.reused) == (23, 0)
    assert report.failed == [(str(gone), f"{gone}: no such picture")]
    catalog, _ = open_catalog(tmp_path / "catalog")
    assert catalog.products["id"].tolist() == np.delete(dataset.products["id"], 5).tolist()
    assert len(catalog.vectors) == 23


def test_a_place_that_is_taken(copy: Path, model_folder: Path, dataset: Dataset) -> None:
    with pytest.raises(UsageError, match="exists already; choose another place, or pass --overwrite to replace it"):
        build_catalog(Model(model_folder), dataset, copy)
    assert not (dataset.folder / "features").exists()
    (copy / "stray").touch()
    build_catalog(Model(model_folder), dataset, copy, overwrite=True)
    assert not (copy / "stray").exists()
    assert open_catalog(copy)[0].categories == ["Pants", "Shoes"]


def test_vectors_of_another_model(copy: Path) -> None:
    reseal(copy / "model", "config.json", "model", recipe="another")
    with pytest.raises(
        FingerprintError, match=r"has vectors of the model \w{12} beside the model \w{12}; build the cat"
    ):
        open_catalog(copy)


def climb(folder: Path) -> None:
    products = read_table(folder / "products.parquet", PRODUCTS)
    products["image"][3] = "images/../../secret.jpg"
    write_table(folder / "products.parquet", products, PRODUCTS)


def drop_a_vector(folder: Path) -> None:
    np.save(folder / "vectors.npy", np.load(folder / "vectors.npy")[1:])


def leave_out_the_prior(folder: Path) -> None:
    np.save(folder / "vectors.npy", np.load(folder / "vectors.npy")[:, :-1])


def double_the_precision(folder: Path) -> None:
    np.save(folder / "vectors.npy", np.load(folder / "vectors.npy").astype(np.float64))


def put_a_pickle(folder: Path) -> None:
    (folder / "vectors.npy").write_bytes(pickle.dumps([1, 2]))


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (climb, DataError, r"got the image path 'images/\.\./\.\./secret\.jpg'; expected a relative path inside"),
        (drop_a_vector, ArtifactError, r"float32 of shape \(23, 17\); expected float32 of shape \(24, 17\): build"),
        (leave_out_the_prior, ArtifactError, r"shape \(24, 16\); expected .* \(24, 17\): build the catalog again"),
        (double_the_precision, ArtifactError, r"float64 of shape \(24, 17\); expected float32"),
        (put_a_pickle, ArtifactError, r"cannot be read as an array \(the magic string .*\); build the catalog again"),
    ],
)
def test_content_that_is_not_taken(copy: Path, spoil: Spoil, error: type[Exception], message: str) -> None:
    spoil(copy)
    with pytest.raises(ArtifactError, match="is not the file that was sealed"):
        open_catalog(copy)
    reseal(copy)
    with pytest.raises(error, match=message):
        open_catalog(copy)


@pytest.mark.parametrize("name", [f"model/{name}" for name in SEALED[:3]])
def test_its_model_is_damaged(copy: Path, name: str) -> None:
    (copy / name).write_bytes(b"")
    with pytest.raises(ArtifactError, match=rf"{name} is not the file that was sealed"):
        open_catalog(copy)


def test_half_written(copy: Path) -> None:
    (copy / MANIFEST).unlink()
    with pytest.raises(ArtifactError, match=r"holds no catalog\.json: it is half-written or not a scenefit catalog"):
        open_catalog(copy)


def test_catalog_in_memory_knows_no_pictures() -> None:
    products = {"category": np.array(["A"], object), "image": np.array(["a.jpg"], object)}
    assert Catalog(products, np.ones((1, 1), np.float32), "").image(0) is None
