"""A whole training run: what the model folder holds, what is refused at once, what is seen."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from scenefit.config import TrainConfig
from scenefit.data.dataset import Dataset
from scenefit.data.importers.stl import import_stl
from scenefit.errors import DataError, UsageError
from scenefit.features.backbone import Backbone
from scenefit.model.folder import Model
from scenefit.training.run import train_model


class Stopped(BaseException):
    """Stands for Ctrl-C between two epochs."""


@pytest.fixture
def backbone(backbone_folder: Path) -> Backbone:
    return Backbone(backbone_folder, threads=1)


@pytest.fixture
def two_products(looks: Path, tmp_path: Path) -> Dataset:
    """One category of two products, of which one goes only with a scene that goes with the other too; all train."""
    records = [json.loads(line) for line in (looks / "records.json").read_text().splitlines()]
    scenes = sorted({record["scene"] for record in records})[:9]
    first, second = sorted({record["product"] for record in records})[:2]
    box = [0.2, 0.6, 0.8, 0.9]
    pairs = [{"scene": scene, "product": second, "bbox": box} for scene in scenes]
    pairs.append({"scene": scenes[0], "product": first, "bbox": box})
    (tmp_path / "records.json").write_text(json.dumps(pairs))
    (tmp_path / "categories.json").write_text(json.dumps({first: "Pants", second: "Pants"}))
    out = tmp_path / "two"
    import_stl(tmp_path / "records.json", tmp_path / "categories.json", looks / "images", out, ratio=(1, 0, 0))
    return Dataset.open(out)


def test_model_folder_tells_how_it_was_made(model_folder: Path) -> None:
    model, dataset = Model(model_folder), Dataset.open(model_folder.with_name("dataset"))
    history = [json.loads(line) for line in (model_folder / "history.jsonl").read_text().splitlines()]
    trained = model.about["trained"]
    assert (trained["pairs"], trained["scenes"], trained["set_aside"]) == (48, 24, 0)
    assert [epoch["epoch"] for epoch in history] == list(range(1, trained["epochs"] + 1))
    best = history[trained["best_epoch"] - 1]["validation_accuracy"]
    assert trained["validation_accuracy"] == best == max(epoch["validation_accuracy"] for epoch in history)
    assert model.about["training"]["hidden"] == 64
    assert not model_folder.with_name(".model.training").exists()
    card = (model_folder / "README.md").read_text()
    licence = dataset.about["licence"]
    for text in (model.fingerprint, dataset.fingerprint, "Pants, Shoes", "48 pairs: 24 scenes", f"{best:.3f}", licence):
        assert text in card


def test_a_stopped_run_goes_on_to_the_same_model(model_folder: Path, backbone: Backbone, tmp_path: Path) -> None:
    """The same seed gives the same model to the byte; the dataset and the checkpoint lie elsewhere."""
    dataset = Dataset.open(Path(shutil.copytree(model_folder.with_name("dataset"), tmp_path / "dataset")))
    config = TrainConfig.from_json(Model(model_folder).about["training"])
    out = tmp_path / "out"

    def stop(what: str, done: int, total: int) -> None:
        if (what, done) == ("epochs", 6):
            raise Stopped

    with pytest.raises(Stopped):
        train_model(dataset, backbone, config, out, device="cpu", progress=stop)
    assert not out.exists()
    assert (tmp_path / ".out.training" / "checkpoint.safetensors").exists()
    assert train_model(dataset, backbone, config, out, device="cpu") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dataset", "out"]
    for name in ("model.safetensors", "history.jsonl", "config.json", "README.md"):
        assert (out / name).read_bytes() == (model_folder / name).read_bytes()


def test_one_category_without_validation_and_with_a_lost_picture(
    two_products: Dataset, backbone: Backbone, quick: TrainConfig, tmp_path: Path
) -> None:
    lost = two_products.folder / two_products.scenes["image"][5]
    lost.unlink()
    config = replace(quick, epochs=2, patience=1)
    failed = train_model(two_products, backbone, config, tmp_path / "out", device="cpu")
    assert failed == [(str(lost), f"{lost}: no such picture")]
    model = Model(tmp_path / "out")
    trained = model.about["trained"]
    assert (trained["epochs"], trained["best_epoch"], trained["validation_accuracy"]) == (2, 2, None)
    assert "validation accuracy none (no validation pairs)" in (model.folder / "README.md").read_text()
    assert (trained["pairs"], trained["products"], trained["set_aside"]) == (7, 1, 3)
    assert model.categories == ["Pants"]
    assert model.seen(two_products.products).tolist() == [True, True]  # the other one as a negative
    queries, attention = model.embed_scenes(backbone.run(np.zeros((2, 224, 224, 3), np.uint8)))
    assert (queries.shape, attention.shape) == ((2, 1, 16), (2, 1, 49))


def test_a_place_that_is_taken_is_refused_before_anything_is_computed(
    dataset: Dataset, backbone: Backbone, quick: TrainConfig, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(UsageError, match="exists already; choose another place, or pass --overwrite to replace it"):
        train_model(dataset, backbone, quick, tmp_path / "out")
    assert not (dataset.folder / "features").exists()
    assert not (tmp_path / ".out.training").exists()


def test_no_training_pairs(dataset: Dataset, backbone: Backbone, quick: TrainConfig, tmp_path: Path) -> None:
    dataset.pairs["split"][:] = "test"
    with pytest.raises(DataError, match=r"has no pairs in the split 'train'; import it with another --ratio"):
        train_model(dataset, backbone, quick, tmp_path / "out")


def test_weights_are_those_of_the_heads(model_folder: Path) -> None:
    weights = load_file(model_folder / "model.safetensors")
    assert weights["categories.weight"].shape == (2, 16)
    assert {name.partition(".")[0] for name in weights} == {"shared", "local", "attending", "categories"}
    content = (model_folder / "model.safetensors").read_bytes()
    sealed = json.loads((model_folder / "config.json").read_text())["files"]["model.safetensors"]
    assert sealed == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
