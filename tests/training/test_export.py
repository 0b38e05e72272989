"""What is written beside the heads: the prior of each product that training saw. All files may be read alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from scenefit.config import TrainConfig
from scenefit.features.backbone import Backbone
from scenefit.model.folder import Model
from scenefit.model.heads import CompleteTheLook, Sizes
from scenefit.training.export import write_model
from scenefit.training.loop import Trained
from scenefit.training.made import made_paper
from scenefit.training.triplet_data import TripletData


def test_the_prior_that_is_given_is_the_prior_that_serves(
    data: TripletData, backbone_folder: Path, quick: TrainConfig, tmp_path: Path
) -> None:
    backbone = Backbone(backbone_folder, threads=1)
    torch.manual_seed(0)
    sizes = Sizes(backbone.pooled_size, backbone.region_size, 8, 4, len(data.categories))
    history = [{"epoch": 1, "loss": 0.1, "validation_accuracy": None}]
    trained = Trained(CompleteTheLook(sizes, 0.0).eval(), history, 1)
    prior = np.random.default_rng(0).normal(size=len(data.pool))
    write_model(tmp_path / "model", replace(made_paper(trained), prior=prior), data, backbone, quick)
    products = data.features.dataset.products
    expected = np.zeros(len(products["id"]))
    expected[data.pool] = prior
    assert 0 < len(prior) < len(expected)
    np.testing.assert_allclose(Model(tmp_path / "model").prior(products), expected, rtol=1e-6)
    modes = {file.name: file.stat().st_mode for file in (tmp_path / "model").rglob("*") if file.is_file()}
    assert len(set(modes.values())) == 1, f"whoever may read one file of a model may read all: {modes}"
