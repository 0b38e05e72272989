"""Trained heads become a model folder that serves without torch."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from scenefit import artifacts
from scenefit.config import TrainConfig
from scenefit.data.tables import write_table
from scenefit.features.backbone import Backbone
from scenefit.features.export import export_onnx
from scenefit.model.folder import CALIBRATION, MANIFEST, SEALED, WANTED, Model
from scenefit.model.seen_products import MEMORY, PRIOR, SEEN, SEEN_FILE
from scenefit.training.calibrate import calibrate, recentred
from scenefit.training.card import model_card
from scenefit.training.history import write_history
from scenefit.training.made import Made
from scenefit.training.triplet_data import SplitPairs, TripletData
from scenefit.training.wanted import write_wanted


def write_model(
    out: Path,
    made: Made,
    data: TripletData,
    backbone: Backbone,
    config: TrainConfig,
    overwrite: bool = False,
    validation: SplitPairs | None = None,
) -> None:
    """Write the model folder, aside then renamed; its probabilities are calibrated on the `validation` pairs.

    Raises:
        UsageError: `out` exists and `overwrite` is false.
    """
    about = _about(made, data, backbone, config)
    parents = {"backbone": backbone.fingerprint, "dataset": data.features.dataset.fingerprint}
    with artifacts.written_folder(out, overwrite) as folder:
        files = _write_parts(folder, made, data, backbone)
        write_wanted(data, folder / WANTED)
        mark = artifacts.seal(folder, MANIFEST, "model", files, parents, about)
        calibration = None
        if validation and made.chosen:
            _write_parts(folder / "chosen", made.chosen, data, backbone)
            parts = [name for name in files if name != WANTED]
            artifacts.seal(folder / "chosen", MANIFEST, "model", parts, parents, about)
            calibration = calibrate(Model(folder / "chosen"), data, validation)
            calibration = calibration and recentred(calibration, Model(folder), data)
            shutil.rmtree(folder / "chosen")
        elif validation:
            calibration = calibrate(Model(folder), data, validation)  # as it will serve
        if calibration:
            artifacts.write_json(folder / CALIBRATION, calibration.as_json())
            mark = artifacts.seal(folder, MANIFEST, "model", (*files, CALIBRATION), parents, about)
        (folder / "README.md").write_text(model_card(about, parents, mark, calibration), "utf-8")


def _write_parts(folder: Path, made: Made, data: TripletData, backbone: Backbone) -> tuple[str, ...]:
    """Write all but the manifest and `WANTED`; name the files to seal, that among them."""
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_bytes(save(made.whole.state_dict()))  # save_file would bar other users
    _export_sides(made, data, folder)
    shutil.copytree(backbone.folder, folder / "backbone")
    _write_seen(data, made, folder)
    write_history(folder / "history.jsonl", made.history)
    return SEALED if made.memory is None else (*SEALED, MEMORY)


def _about(made: Made, data: TripletData, backbone: Backbone, config: TrainConfig) -> dict[str, Any]:
    dataset = data.features.dataset
    return {
        "recipe": config.recipe,
        "categories": data.categories,
        "sizes": {
            "pooled": backbone.pooled_size,
            "regions": backbone.region_size,
            "hidden": config.hidden,
            "embedding": config.embedding,
            "categories": len(data.categories),
        },
        "backbone": {"name": backbone.name, "grid": backbone.grid},
        "dataset": {"name": dataset.about.get("name"), "licence": dataset.about.get("licence")},
        "training": config.as_json(),
        "trained": {
            "pairs": len(data.train.product),
            "set_aside": data.train.set_aside,
            "scenes": len(np.unique(data.train.scene)),
            "products": len(np.unique(data.train.product)),
            "epochs": len(made.history),
            "best_epoch": made.best_epoch,
            "validation_accuracy": made.history[made.best_epoch - 1]["validation_accuracy"],
            **made.facts,
        },
    }


def _export_sides(made: Made, data: TripletData, folder: Path) -> None:
    scene = data.features.scene_features(data.train.feature[:2])
    product = data.features.product_features.some(slice(2))
    for side, inputs, example, outputs, name in (
        (made.scene, made.scene_inputs, scene, ["queries", "attention"], "scene.onnx"),
        (made.product, made.product_inputs, product, ["embedding"], "product.onnx"),
    ):
        given = {key: torch.zeros(getattr(example, key).shape) for key in inputs}
        export_onnx(side.eval(), given, outputs, folder / name)


def _write_seen(data: TripletData, made: Made, folder: Path) -> None:
    """List every product that a gradient may have come from, the positives and the pool of negatives; what is known."""
    products = data.features.dataset.products
    pool = data.pool if made.pool is None else made.pool
    table = {name: products[name][pool] for name in SEEN}
    prior = np.zeros(len(pool)) if made.prior is None else made.prior
    write_table(folder / SEEN_FILE, table | {"prior": prior}, SEEN | PRIOR)
    if made.memory is not None:
        np.save(folder / MEMORY, made.memory.astype(np.float16))  # as catalogs keep their vectors
