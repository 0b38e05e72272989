"""Real small comparisons: of drawn looks, of generated looks with their truth, and over folds; trained briefly."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from scenefit.compare import ctl, mistakes
from scenefit.compare.comparison import _about
from scenefit.compare.methods import choose
from scenefit.compare.prepare import prepare
from scenefit.compare.record import read_records
from scenefit.compare.results import comparison
from scenefit.compare.run import Plan, run_job
from scenefit.config import recipe
from scenefit.data.dataset import Dataset
from scenefit.data.lookbook.generate import write_lookbook
from scenefit.demo.run import bundled_model
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.pages.comparison.parts import Compared

QUICK = replace(recipe("ctl-paper"), hidden=64, embedding=16, epochs=4, batch_size=16, learning_rate=5e-3)
COMMAND = "scenefit compare 'some looks' --backbone network"


def compare_quickly(dataset: Path, backbone: Path, names: Sequence[str], seeds: int = 1, folds: int = 0) -> Compared:
    """Compare as `scenefit compare` does, in this process and with a few epochs; runs are left beside the dataset."""
    opened, methods, network = Dataset.open(dataset), choose(names), Backbone(backbone, threads=1)
    prepare(opened, backbone, None, methods)
    plan = Plan(dataset, backbone, None, tuple(method.name for method in methods), tuple(range(seeds)), folds)
    with pytest.MonkeyPatch.context() as patch:
        for module in (ctl, mistakes):
            patch.setattr(module, "PAPER", QUICK)
        folders = [run_job(plan, job, dataset.parent / "runs" / job.name) for job in plan.jobs()]
    records = [record for folder in folders for record in read_records(folder)]
    result = {**_about(opened, network, plan, []), **comparison(opened, methods, records)}
    return Compared(result, records, DatasetFeatures.open(opened, network), COMMAND)


@pytest.fixture(scope="session")
def drawn(dataset_folder: Path, backbone_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """The drawn looks with two seeds, published errors among the methods; read it only."""
    folder = Path(shutil.copytree(dataset_folder, tmp_path_factory.mktemp("drawn") / "dataset"))
    names = ("random", "popularity", "raw", "ibr", "ctl-global", "ctl-paper", "error-1", "error-2", "error-5")
    return compare_quickly(folder, backbone_folder, names, seeds=2)


@pytest.fixture(scope="session")
def folded(dataset_folder: Path, backbone_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """The drawn looks over two folds; read it only."""
    folder = Path(shutil.copytree(dataset_folder, tmp_path_factory.mktemp("folded") / "dataset"))
    return compare_quickly(folder, backbone_folder, ("random", "raw", "ctl-paper"), folds=2)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """Generated looks, whose truth is known; read it only."""
    folder = tmp_path_factory.mktemp("generated") / "looks"
    write_lookbook(folder, ("fashion",), 30, 8, 5, (50, 10, 40))
    names = ("random", "popularity", "raw", "oracle", "ctl-paper")
    return compare_quickly(folder, bundled_model().folder / "backbone", names)
