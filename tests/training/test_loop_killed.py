"""A training run that is killed, as by a power cut, goes on to the same weights as one that was not."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from scenefit.config import TrainConfig
from scenefit.model.heads import CompleteTheLook, Sizes
from scenefit.training.loop import Trained, train
from scenefit.training.loss import triplet_loss
from scenefit.training.triplet_data import TripletData

CODE = """
import json, sys
from pathlib import Path
import numpy as np
import torch
from scenefit.config import TrainConfig
from scenefit.data.dataset import Dataset
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.heads import CompleteTheLook, Sizes
from scenefit.training.loop import train
from scenefit.training.loss import triplet_loss
from scenefit.training.triplet_data import TripletData

dataset, backbone, work, config = sys.argv[1:]
torch.set_num_threads(1)
config = TrainConfig.from_json(json.loads(config))
features = DatasetFeatures.open(Dataset.open(Path(dataset)), Backbone(Path(backbone), threads=1))
data = TripletData(features, features.dataset.split_rows("train"))
validation = data.validation(np.flatnonzero(features.dataset.pairs["split"] == "val"))
sizes = Sizes(64, 48, config.hidden, config.embedding, 2)
train(
    data,
    validation,
    lambda: CompleteTheLook(sizes, config.dropout),
    lambda model, batch: triplet_loss(*model.triplets(*batch[:5]), config.margin),
    config,
    Path(work),
    progress=lambda what, done, total: print(done, flush=True),
)
"""


def run(data: TripletData, config: TrainConfig, work: Path) -> Trained[CompleteTheLook]:
    work.mkdir(exist_ok=True)
    validation = data.validation(np.flatnonzero(data.features.dataset.pairs["split"] == "val"))
    sizes = Sizes(64, 48, config.hidden, config.embedding, 2)
    return train(
        data,
        validation,
        lambda: CompleteTheLook(sizes, config.dropout),
        lambda model, batch: triplet_loss(*model.triplets(*batch[:5]), config.margin),
        config,
        work,
    )


def test_killed_in_the_middle(data: TripletData, quick: TrainConfig, backbone_folder: Path, tmp_path: Path) -> None:
    config, work = replace(quick, epochs=40, patience=40), tmp_path / "work"
    work.mkdir()
    arguments = [str(data.features.dataset.folder), str(backbone_folder), str(work), json.dumps(config.as_json())]
    process = subprocess.Popen([sys.executable, "-c", CODE, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while (line := process.stdout.readline()).strip() != "7":
        assert line, "it ended before it could be killed"
    process.kill()
    assert process.wait() == -9
    process.stdout.close()
    assert 7 <= len((work / "history.jsonl").read_text().splitlines()) < 40
    got, whole = run(data, config, work), run(data, config, tmp_path / "whole")
    assert got.history == whole.history
    assert got.best_epoch == whole.best_epoch
    weights = whole.model.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in got.model.state_dict().items())
