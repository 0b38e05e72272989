"""The calibration that a training writes: of the distances that are served, and without a trace in the weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scenefit.catalog.gallery import embed_dataset
from scenefit.config import TrainConfig
from scenefit.data.dataset import Dataset
from scenefit.errors import TrainingError
from scenefit.evaluation.protocol import Bench, ModelScorer
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.calibration_fit import Sample, fit_curves
from scenefit.model.folder import CALIBRATION, Model
from scenefit.training import calibrate as module
from scenefit.training.calibrate import calibrate
from scenefit.training.run import train_model
from scenefit.training.triplet_data import SplitPairs, TripletData
from scenefit.types import Floats, SceneFeatures


@pytest.fixture(scope="module")
def model(model_folder: Path) -> Model:
    return Model(model_folder)


@pytest.fixture
def validation(data: TripletData, features: DatasetFeatures) -> SplitPairs:
    return data.validation(features.dataset.split_rows("val"))


def test_it_is_that_of_the_distances_that_are_evaluated_and_served(model: Model, features: DatasetFeatures) -> None:
    """Fitted anew to what the evaluation's scorer gives for the validation pairs, each curve is the stored one."""
    stored = model.calibration
    assert stored is not None
    bench = Bench.of(features, features.dataset.split_rows("val"), model.categories, True, 0)
    scorer = ModelScorer(model, embed_dataset(model, features), features, bench.pairs, bench.feature_rows)
    samples = {}
    for products, rows in bench.by_category():
        relative = scorer.relative_distances(rows, products, stored)
        positive, eligible = bench.truth(products, rows)
        name = str(features.dataset.products["category"][products[0]])
        samples[name] = Sample.of(relative[np.arange(len(rows)), positive], relative, eligible)
    pooled, curves = fit_curves([samples], model.categories)
    assert (pooled.scale, pooled.offset) == pytest.approx((stored.pooled.scale, stored.pooled.offset), rel=1e-3)
    for name, curve in curves.items():
        expected = stored.curves[name]
        assert (curve.scale, curve.offset, curve.pairs) == pytest.approx(
            (expected.scale, expected.offset, expected.pairs), rel=1e-3
        )


def test_its_mean_products_are_those_of_the_whole_gallery(model: Model, features: DatasetFeatures) -> None:
    assert model.calibration is not None
    gallery = embed_dataset(model, features)
    for name, centre in model.calibration.centres.items():
        np.testing.assert_allclose(centre, gallery.vectors[gallery.rows(name)].mean(axis=0), atol=1e-5)


def test_the_parts_it_is_done_in_do_not_matter(
    model: Model, data: TripletData, validation: SplitPairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = calibrate(model, data, validation)
    monkeypatch.setattr(module, "CHUNK", 2)
    parts = calibrate(model, data, validation)
    assert whole is not None and parts is not None
    assert whole.pooled.pairs == len(validation.product) == 16
    np.testing.assert_allclose(
        [parts.pooled.scale, parts.pooled.offset], [whole.pooled.scale, whole.pooled.offset], rtol=1e-4
    )


def test_the_card_and_the_file_say_the_same(model: Model) -> None:
    assert model.calibration is not None
    error = json.loads((model.folder / CALIBRATION).read_text())["calibration_error"]
    assert (error["before"], error["after"]) == (model.calibration.error_before, model.calibration.error_after)
    card = (model.folder / "README.md").read_text()
    assert f"calibrated on 16 validation pairs; expected calibration error {error['before']:.3f} before" in card


def test_without_validation_pairs_there_is_none(
    model: Model, data: TripletData, dataset: Dataset, backbone_folder: Path, quick: TrainConfig, tmp_path: Path
) -> None:
    none = np.empty(0, np.int64)
    assert calibrate(model, data, SplitPairs(none, none, none, none, 0)) is None
    splits = dataset.pairs["split"]
    dataset.pairs["split"] = np.where(splits == "val", "test", splits)
    out = tmp_path / "model"
    train_model(dataset, Backbone(backbone_folder, threads=1), replace(quick, epochs=1), out, device="cpu")
    assert Model(out).calibration is None
    assert not (out / CALIBRATION).exists()
    assert "probability | none (no validation pairs)" in (out / "README.md").read_text()


def test_distances_that_are_not_finite_are_refused(model: Model, data: TripletData, validation: SplitPairs) -> None:
    class Broken(Model):
        def embed_scenes(self, features: SceneFeatures) -> tuple[Floats, Floats]:
            queries, attention = super().embed_scenes(features)
            return queries * np.float32("nan"), attention

    with pytest.raises(TrainingError, match="distances that are not finite; train with a lower learning rate"):
        calibrate(Broken(model.folder), data, validation)
