"""The maps that a study reads, against the parts that serve, and what it sets aside."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit.data.dataset import Dataset
from scenefit.data.images import decode
from scenefit.data.lookbook.generate import write_lookbook
from scenefit.data.lookbook.truth import deciding_regions, read_truth
from scenefit.data.removal import remove_product
from scenefit.demo.measure import measure
from scenefit.demo.run import bundled_model
from scenefit.errors import DataError, FingerprintError, UsageError
from scenefit.evaluation.attention_study import deciding_boxes, stored_maps, study, view_saliency
from scenefit.evaluation.saliency import spectral_residual
from scenefit.features.dataset_features import DatasetFeatures, compute_features, scene_crops
from scenefit.features.store import FeatureStore
from scenefit.model.folder import Model
from scenefit.types import WHOLE, Box, Ints


def everything(features: DatasetFeatures) -> Ints:
    return np.arange(len(features.dataset.pair_scene))


@pytest.mark.parametrize("cropped", [True, False])
def test_maps_are_those_that_are_served(model: Model, features: DatasetFeatures, cropped: bool) -> None:
    dataset, pairs = features.dataset, everything(features)[::9]
    maps = stored_maps(model, features, pairs, cropped)
    backbone = model.backbone(threads=1)
    for row, pair in enumerate(pairs):
        photo = (dataset.folder / dataset.scenes["image"][dataset.pair_scene[pair]]).read_bytes()
        view = remove_product(Box(*dataset.boxes[pair])) if cropped else WHOLE
        found = backbone.run(backbone.pixels(photo, view)[None])
        _, attention = model.embed_scenes(found)
        own = attention[0, model.category_row(dataset.pairs["category"][pair])]
        assert maps["attention"][row].ravel() == pytest.approx(own, abs=2e-3)  # the store keeps features in fp16
        energy = (found.regions[0] ** 2).sum(axis=1)
        assert maps["activation energy"][row].ravel() == pytest.approx(energy / energy.sum(), rel=1e-2)


def test_saliency_is_of_the_view_without_the_product(features: DatasetFeatures) -> None:
    dataset, pairs = features.dataset, everything(features)[:3]
    told: list[tuple[str, int, int]] = []
    crops = [crop for crop in scene_crops(dataset, pairs, True) if crop is not None]
    rows, maps, failed = view_saliency(crops, 7, lambda *now: told.append(now))
    assert (rows.tolist(), failed) == ([0, 1, 2], [])
    for pair, map_ in zip(pairs, maps, strict=True):
        photo = (dataset.folder / dataset.scenes["image"][dataset.pair_scene[pair]]).read_bytes()
        pixels = decode(photo, (64, 64), remove_product(Box(*dataset.boxes[pair])))
        assert map_.tolist() == spectral_residual(pixels[None], 7)[0].tolist()
    assert told == [("spectral residual", done, 3) for done in (1, 2, 3)]


def test_study(model: Model, features: DatasetFeatures) -> None:
    dataset, rows = features.dataset, everything(features)
    result = study(model, features, rows, groups={"Pants": "legs", "Shoes": "feet"})
    assert json.loads(json.dumps(result)) == json.loads(json.dumps(result, allow_nan=False))
    assert (result["model"], result["dataset"]) == (model.fingerprint, dataset.fingerprint)
    assert (result["view"], result["grid"], result["pairs"], result["set_aside"]) == ("cropped", 7, len(rows), 0)
    assert sorted(result["methods"]) == ["activation energy", "attention", "spectral residual"]
    for method in result["methods"].values():
        assert method["all"]["region"] is None
        assert 1 <= method["all"]["effective_cells"]["value"] <= 49
        assert np.sum(method["all"]["mean_map"]) == pytest.approx(1, abs=1e-4)
        counts = {name: part["pairs"] for name, part in method["by_category"].items()}
        assert counts == {name: int((dataset.pairs["category"] == name).sum()) for name in ("Pants", "Shoes")}
        assert method["by_group"]["legs"] == method["by_category"]["Pants"]
        assert [(part["first"], part["second"]) for part in method["differences"]] == [("feet", "legs")]


def test_uncropped_is_another_view_of_the_same_pairs(model: Model, features: DatasetFeatures) -> None:
    cropped, whole = (study(model, features, everything(features), cropped=view) for view in (True, False))
    assert (whole["view"], whole["pairs"]) == ("uncropped", cropped["pairs"])
    for name, method in whole["methods"].items():
        assert method["all"]["mean_map"] != cropped["methods"][name]["all"]["mean_map"]


@pytest.fixture
def copied(features: DatasetFeatures, tmp_path: Path) -> DatasetFeatures:
    """The features beside a copy of the pictures that a test may spoil."""
    folder = Path(shutil.copytree(features.dataset.folder, tmp_path / "dataset"))
    return replace(features, dataset=Dataset.open(folder))


def test_a_spoilt_picture_is_set_aside_and_listed(model: Model, copied: DatasetFeatures) -> None:
    dataset, rows = copied.dataset, everything(copied)
    changed, gone = (dataset.folder / dataset.scenes["image"][row] for row in (0, 1))
    changed.write_bytes(gone.read_bytes())
    gone.unlink()
    result = study(model, copied, rows)
    spoilt = int((dataset.pair_scene < 2).sum())
    assert (result["pairs"], result["set_aside"], len(result["failed"])) == (len(rows) - spoilt, 0, spoilt)
    reasons = dict(result["failed"])
    assert reasons[str(gone)] == f"{gone}: no such picture"
    assert reasons[str(changed)] == f"{changed} changed since the import; import the dataset again"
    kept = study(model, copied, rows[dataset.pair_scene >= 2])
    assert kept["methods"] == result["methods"]


def test_pairs_that_the_model_or_the_store_does_not_know_are_set_aside(model: Model, features: DatasetFeatures) -> None:
    rows = everything(features)
    shoes = int((features.dataset.pairs["category"] == "Shoes").sum())
    knowing_less = Model(model.folder)
    knowing_less.categories = ["Pants"]
    result = study(knowing_less, features, rows)
    assert (result["set_aside"], sorted(result["methods"]["attention"]["by_category"])) == (shoes, ["Pants"])
    knowing_less.categories = ["Skirts"]
    with pytest.raises(DataError, match=rf"none of the {len(rows)} pairs can be studied; .* knows \(Skirts\)"):
        study(knowing_less, features, rows)
    store = FeatureStore(features.store.folder.with_name("empty"), features.store.fingerprint, features.store.tables)
    with pytest.raises(DataError, match="they need features, a category that the model knows"):
        study(model, replace(features, store=store), rows)


def test_features_of_another_backbone(model: Model, features: DatasetFeatures, tmp_path: Path) -> None:
    other = replace(features, store=FeatureStore(tmp_path / "store", "f" * 64, features.store.tables))
    with pytest.raises(FingerprintError, match=r"got features of the backbone f{12}; the model was trained on"):
        study(model, other, everything(features))


def test_a_category_without_a_group(model: Model, features: DatasetFeatures) -> None:
    with pytest.raises(UsageError, match=r"got no group for \['Pants'\]; expected one for each category"):
        study(model, features, everything(features), groups={"Shoes": "fashion"})


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, DatasetFeatures]:
    """The bundled model, and its features of a few generated rooms."""
    model, out = bundled_model(), tmp_path_factory.mktemp("drawn") / "looks"
    write_lookbook(out, ("home",), scenes=12, products=8, ratio=(40, 10, 50))
    dataset, backbone = Dataset.open(out), model.backbone(threads=1)
    compute_features(dataset, backbone, dataset.split_rows("test"))
    return model, DatasetFeatures.open(dataset, backbone)


def test_the_region_of_generated_looks_is_the_item_that_decides(drawn: tuple[Model, DatasetFeatures]) -> None:
    model, features = drawn
    expected = measure(model, features)
    got: dict[str, Any] = study(model, features, features.dataset.split_rows("test"))
    region = got["methods"]["attention"]["all"]["region"]
    assert got["pairs"] == region["pairs"] == expected.pairs
    for name, figure in (
        ("share", expected.attention),
        ("area", expected.area),
        ("times_area", expected.concentration),
    ):
        assert region[name] == pytest.approx(figure.as_json())


def test_boxes_are_in_the_order_of_the_pairs(drawn: tuple[Model, DatasetFeatures], features: DatasetFeatures) -> None:
    dataset = drawn[1].dataset
    pairs = everything(drawn[1])[::-2]
    regions = deciding_regions(read_truth(dataset, pairs))
    assert deciding_boxes(dataset, pairs) == [
        regions[dataset.pairs["scene"][pair], dataset.pairs["category"][pair]] for pair in pairs
    ]
    assert deciding_boxes(features.dataset, everything(features)) is None
