"""The recipe `default` from the pictures to a model that serves, and to the same model after it was stopped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from scenefit.catalog.gallery import embed_dataset
from scenefit.catalog.loading.build import build_catalog
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.config import recipe
from scenefit.data.dataset import Dataset
from scenefit.evaluation.evaluate import evaluate
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.model.contrast import ContrastiveLook
from scenefit.model.folder import CALIBRATION, SEALED, Model
from scenefit.model.heads import Sizes
from scenefit.model.joined import ClosedFormLook, JoinedLook, JoinedProduct, JoinedScene, Parts
from scenefit.model.neighbours import Anchors, Neighbours
from scenefit.model.seen_products import MEMORY
from scenefit.recommend.recommender import Recommender
from scenefit.training.contrast import ContrastData
from scenefit.training.held_out import SHARES
from scenefit.training.made import Made, make, triplets_for
from scenefit.training.run import train_model
from scenefit.training.triplet_data import TripletData
from scenefit.types import Progress, silent

CONFIG = replace(recipe("default"), hidden=32, embedding=16, epochs=3, networks=2)
SIZES = Sizes(64, 48, 32, 16, 2)


class Stopped(BaseException):
    """Stands for Ctrl-C between two epochs."""


@pytest.fixture(scope="module")
def folder(model_folder: Path, backbone_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of the recipe, trained on the drawn looks; `dataset` beside it. Read both only."""
    out = tmp_path_factory.mktemp("default") / "model"
    dataset = Dataset.open(Path(shutil.copytree(model_folder.with_name("dataset"), out.with_name("dataset"))))
    assert train_model(dataset, Backbone(backbone_folder, threads=1), CONFIG, out, device="cpu") == []
    return out


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return Model(folder)


@pytest.fixture(scope="module")
def drawn(folder: Path, model: Model) -> DatasetFeatures:
    dataset, backbone = Dataset.open(folder.with_name("dataset")), model.backbone(threads=1)
    compute_features(dataset, backbone, dataset.split_rows("test"))
    return DatasetFeatures.open(dataset, backbone)


@pytest.fixture
def remake(drawn: DatasetFeatures, tmp_path: Path) -> Callable[..., Made]:
    """Follow the recipe once more, but for writing the folder."""

    def run(progress: Progress = silent) -> Made:
        data = ContrastData(drawn, drawn.dataset.split_rows("train"))
        validation = data.validation(np.flatnonzero(drawn.dataset.pairs["split"] == "val"))
        return make(data, validation, SIZES, CONFIG, tmp_path / "work", progress)

    return run


def test_the_folder_holds_a_model_with_memory_and_probabilities(folder: Path, model: Model) -> None:
    assert sorted(model.about["files"]) == sorted((*SEALED, MEMORY, CALIBRATION))
    assert model.calibration is not None and model.calibration.pooled.pairs > 0
    assert sorted(path.name for path in folder.parent.iterdir()) == ["dataset", "model"]
    trained = model.about["trained"]
    assert (model.about["recipe"], trained["epochs"]) == ("default", 3)
    assert 1 <= len(trained["best_epochs"]) <= CONFIG.networks and trained["near_scenes"] in SHARES
    assert set(trained["weights"]) == {"closed_form", "networks", "content", "memory", "popularity"}
    assert trained["ridge"] > 0
    assert len((folder / "history.jsonl").read_text().splitlines()) == 3
    assert model.fingerprint in (folder / "README.md").read_text()
    assert "recipe `default`" in (folder / "README.md").read_text()


def test_what_is_served_is_what_torch_gives(folder: Path, model: Model, drawn: DatasetFeatures) -> None:
    weights = load_file(folder / "model.safetensors")
    widths = (weights[f"closed_form.{side}.weight"].shape[1] for side in ("scene", "product"))
    closed_form = ClosedFormLook(*widths, embedding=16, categories=2)
    if "closed_form.neighbours.keys" in weights:
        closed_form.neighbours = Neighbours(
            Anchors(*(weights[f"closed_form.neighbours.{name}"] for name in Anchors._fields))
        )
    look = JoinedLook(
        Parts(closed_form, [ContrastiveLook(SIZES, 0.5) for _ in model.about["trained"]["best_epochs"]], (1.0, 1.0)), 16
    )
    look.load_state_dict(weights)
    look.eval()
    scenes = drawn.scene_features(np.arange(5))
    with torch.no_grad():
        attention = JoinedScene(look)(*(torch.from_numpy(part) for part in scenes))[1]
        products = JoinedProduct(look)(*(torch.from_numpy(part) for part in drawn.product_features))
    queries, served = model.embed_scenes(scenes)
    assert queries.shape == (5, 2, 16)
    np.testing.assert_allclose(served, attention, atol=1e-5)
    expected = np.asarray(products)
    np.testing.assert_allclose(
        model.embed_products(drawn.product_features), expected, atol=1e-4 * np.abs(expected).max()
    )


def test_products_of_training_and_validation_are_remembered(model: Model, drawn: DatasetFeatures) -> None:
    dataset = drawn.dataset
    vectors = model.vectors(dataset.products, drawn.product_features)
    remembered = (vectors[:, :-1] != model.embed_products(drawn.product_features)).any(axis=1)
    counts = np.bincount(dataset.pair_product[dataset.pairs["split"] != "test"], minlength=24)
    assert remembered.tolist() == model.seen(dataset.products).tolist() == (counts > 0).tolist()
    assert counts.max() > 1
    slope = model.about["trained"]["weights"]["popularity"]
    np.testing.assert_allclose(vectors[:, -1], slope * np.log(np.maximum(counts, 1)), atol=1e-5)


def test_it_is_evaluated_and_serves(folder: Path, model: Model, drawn: DatasetFeatures, tmp_path: Path) -> None:
    result = evaluate(model, drawn, "test")
    assert result["n"] == 16 and 0 < result["binary_accuracy"]["value"] <= 1
    build_catalog(model, drawn.dataset, tmp_path / "catalog")
    catalog = LocalCatalog(tmp_path / "catalog")
    kept = Model(catalog.model_folder)
    assert kept.fingerprint == model.fingerprint
    gallery = embed_dataset(model, drawn)
    stored = catalog.vectors(gallery.products["id"].tolist())
    np.testing.assert_array_equal(stored, gallery.vectors.astype(np.float16))
    photo = drawn.dataset.folder / drawn.dataset.scenes["image"][3]
    shown = Recommender.open(tmp_path / "catalog").recommend(photo, k=5)
    assert sorted(shown.rankings) == ["Pants", "Shoes"]
    for ranking in shown.rankings.values():
        distances = [product.distance for product in ranking.products]
        assert distances == sorted(distances) and len(distances) == 5
        assert all(product.probability is not None and 0 < product.probability < 1 for product in ranking.products)
        assert float(ranking.attention.sum()) == pytest.approx(1, abs=1e-5)


def test_stopped_after_the_first_network_it_goes_on_to_the_same_bytes(
    folder: Path, remake: Callable[..., Made], tmp_path: Path
) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if (what, done) == ("epochs", total):
            raise Stopped

    with pytest.raises(Stopped):
        remake(stop)
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["network-0"]
    made = remake()
    save_file(made.whole.state_dict(), tmp_path / "model.safetensors")
    assert made.memory is not None
    np.save(tmp_path / MEMORY, made.memory.astype(np.float16))
    for name in ("model.safetensors", MEMORY):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    assert made.history == history


def test_probabilities_are_of_a_model_that_has_not_seen_the_validation_pairs(remake: Callable[..., Made]) -> None:
    made = remake()
    assert made.chosen is not None and made.chosen.chosen is None
    assert made.pool is not None and made.chosen.pool is not None
    assert len(made.chosen.pool) <= len(made.pool)
    assert made.scene_inputs == made.chosen.scene_inputs == ("pooled", "regions", "halves")
    assert not torch.equal(*(part.whole.state_dict()["query_map"] for part in (made, made.chosen)))


def test_a_recipe_has_its_kind_of_batches() -> None:
    assert triplets_for("default") is ContrastData
    assert triplets_for("ctl-paper") is TripletData
