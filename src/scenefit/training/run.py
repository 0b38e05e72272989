"""A whole training run: dataset and backbone in, model folder out (torch)."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from scenefit import artifacts
from scenefit.config import TrainConfig
from scenefit.data.dataset import Dataset
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.model.heads import Sizes
from scenefit.training.export import write_model
from scenefit.training.loop import pick_device
from scenefit.training.made import DEFAULT, make, triplets_for
from scenefit.types import Progress, silent


def train_model(
    dataset: Dataset,
    backbone: Backbone,
    config: TrainConfig,
    out: Path,
    *,
    device: str = "auto",
    overwrite: bool = False,
    progress: Progress = silent,
) -> list[tuple[str, str]]:
    """Train on a dataset's training split and write a model folder; early stopping looks at its validation split.

    Checkpoints stand in `.<out>.training` beside `out` until the model is written.

    Returns:
        the pictures that were set aside: (path, reason).

    Raises:
        DataError: the training split is empty.
        TrainingError: no triplet can be made.
        UsageError: `out` exists and `overwrite` is false, or the device is not there.
    """
    artifacts.check_free(out, overwrite)
    chosen = pick_device(device)
    train_rows, validation_rows = dataset.split_rows("train"), np.flatnonzero(dataset.pairs["split"] == "val")
    wanted, shown = np.concatenate([train_rows, validation_rows]), config.recipe == DEFAULT
    report = compute_features(dataset, backbone, wanted, cropped=config.cropped, items=shown, progress=progress)
    features = DatasetFeatures.open(dataset, backbone)
    data = triplets_for(config.recipe)(features, train_rows, chosen, cropped=config.cropped)
    sizes = Sizes(backbone.pooled_size, backbone.region_size, config.hidden, config.embedding, len(data.categories))
    work = out.with_name(f".{out.name}.training")
    work.mkdir(parents=True, exist_ok=True)
    validation = data.validation(validation_rows)
    made = make(data, validation, sizes, config, work, progress)
    write_model(out, made, data, backbone, config, overwrite, validation=validation)
    shutil.rmtree(work)
    return report.failed
