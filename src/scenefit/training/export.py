"""Trained heads become a model folder that serves without torch."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from scenefit import artifacts
from scenefit.config import TrainConfig
from scenefit.data.tables import write_table
from scenefit.features.backbone import Backbone
from scenefit.features.export import export_onnx
from scenefit.model.folder import CALIBRATION, MANIFEST, PRIOR, SEALED, SEEN, WANTED, Model
from scenefit.model.heads import CompleteTheLook, ProductSide, SceneSide
from scenefit.training.calibrate import calibrate
from scenefit.training.card import model_card
from scenefit.training.history import write_history
from scenefit.training.loop import Trained
from scenefit.training.triplet_data import SplitPairs, TripletData
from scenefit.training.wanted import write_wanted
from scenefit.types import Doubles


def write_model(
    out: Path,
    trained: Trained[CompleteTheLook],
    data: TripletData,
    backbone: Backbone,
    config: TrainConfig,
    overwrite: bool = False,
    prior: Doubles | None = None,
    validation: SplitPairs | None = None,
) -> None:
    """Write the model folder, aside then renamed; its probabilities are calibrated on the `validation` pairs.

    `prior` has shape (len(data.pool),): what speaks for each product that training saw, whatever the scene; None for
    nothing.

    Raises:
        UsageError: `out` exists and `overwrite` is false.
    """
    about = _about(trained, data, backbone, config)
    parents = {"backbone": backbone.fingerprint, "dataset": data.features.dataset.fingerprint}
    with artifacts.written_folder(out, overwrite) as folder:
        save_file(trained.model.state_dict(), folder / "model.safetensors")
        _export_sides(trained.model, backbone.grid**2, folder)
        write_wanted(data, folder / WANTED)
        shutil.copytree(backbone.folder, folder / "backbone")
        _write_seen(data, prior, folder / "seen_products.parquet")
        write_history(folder / "history.jsonl", trained.history)
        mark = artifacts.seal(folder, MANIFEST, "model", SEALED, parents, about)
        calibration = calibrate(Model(folder), data, validation) if validation else None  # as it will serve
        if calibration:
            artifacts.write_json(folder / CALIBRATION, calibration.as_json())
            mark = artifacts.seal(folder, MANIFEST, "model", (*SEALED, CALIBRATION), parents, about)
        (folder / "README.md").write_text(model_card(about, parents, mark, calibration), "utf-8")


def _about(
    trained: Trained[CompleteTheLook], data: TripletData, backbone: Backbone, config: TrainConfig
) -> dict[str, Any]:
    dataset = data.features.dataset
    return {
        "recipe": config.recipe,
        "categories": data.categories,
        "sizes": trained.model.sizes._asdict(),
        "backbone": {"name": backbone.name, "grid": backbone.grid},
        "dataset": {"name": dataset.about.get("name"), "licence": dataset.about.get("licence")},
        "training": config.as_json(),
        "trained": {
            "pairs": len(data.train.product),
            "set_aside": data.train.set_aside,
            "scenes": len(np.unique(data.train.scene)),
            "products": len(np.unique(data.train.product)),
            "epochs": len(trained.history),
            "best_epoch": trained.best_epoch,
            "validation_accuracy": _best(trained)["validation_accuracy"],
        },
    }


def _best(trained: Trained[CompleteTheLook]) -> Mapping[str, Any]:
    return trained.history[trained.best_epoch - 1]


def _export_sides(model: CompleteTheLook, cells: int, folder: Path) -> None:
    pooled, regions = torch.zeros(2, model.sizes.pooled), torch.zeros(2, cells, model.sizes.regions)
    scene = {"pooled": pooled, "regions": regions}
    export_onnx(SceneSide(model).eval(), scene, ["queries", "attention"], folder / "scene.onnx")
    export_onnx(ProductSide(model).eval(), {"pooled": pooled}, ["embedding"], folder / "product.onnx")


def _write_seen(data: TripletData, prior: Doubles | None, path: Path) -> None:
    """List every product that a gradient may have come from, the positives and the pool of negatives; its prior."""
    products = data.features.dataset.products
    table = {name: products[name][data.pool] for name in SEEN}
    write_table(path, table | {"prior": np.zeros(len(data.pool)) if prior is None else prior}, SEEN | PRIOR)
