"""The demo from start to end: looks, catalog, figures, recommendations for several scenes of each domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from scenefit.catalog.loading.build import LoadOptions, build_catalog
from scenefit.data.dataset import Dataset
from scenefit.data.lookbook.generate import write_lookbook
from scenefit.data.lookbook.truth import deciding_regions, read_truth
from scenefit.demo.measure import DemoFigures, measure
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.model.folder import Model
from scenefit.recommend.recommender import Recommender
from scenefit.results import Recommendations
from scenefit.types import Box, Progress, Table, silent

DOMAINS = ("fashion", "home")
SCENES, PRODUCTS = 150, 40
RATIO = (40.0, 10.0, 50.0)
SHOWN, K = 6, 5
CURRENCY = "EUR"


@dataclass(frozen=True)
class Example:
    """A scene with an item taken out, what the model recommends in its place, and what is true."""

    category: str
    result: Recommendations
    region: Box
    compatible: frozenset[str]
    worn: str


@dataclass(frozen=True)
class DomainDemo:
    """What the demo shows of one domain, and the folder that holds its `looks` and its `catalog`."""

    name: str
    folder: Path
    figures: DemoFigures
    examples: list[Example]


Trainer = Callable[[Dataset, Model, Path], Model]


def bundled_model() -> Model:
    """Open the model that comes with the package: for the demo and the tests, not for real photos."""
    return Model(Path(str(files("scenefit").joinpath("bundled"))))


def run_demo(
    folder: Path,
    seed: int,
    *,
    train: Trainer | None = None,
    progress: Progress = silent,
) -> list[DomainDemo]:
    """Run the demo in every domain; looks and catalog are written to `folder/<domain>`.

    Args:
        folder: where to write; what an earlier demo wrote there is replaced.
        seed: of the looks.
        train: makes a model in a folder from a dataset and the bundled model; None keeps the bundled one.
        progress: told as the work goes on.
    """
    return [_run_domain(folder / name, name, seed, train, progress) for name in DOMAINS]


def _run_domain(folder: Path, name: str, seed: int, train: Trainer | None, progress: Progress) -> DomainDemo:
    looks, catalog = folder / "looks", folder / "catalog"
    write_lookbook(looks, (name,), SCENES, PRODUCTS, seed, RATIO, overwrite=True, progress=progress)
    dataset, model = Dataset.open(looks), bundled_model()
    model = train(dataset, model, folder / "model") if train else model
    options = LoadOptions(currency=CURRENCY)
    build_catalog(model, dataset, catalog, overwrite=True, options=options, progress=progress)
    backbone = model.backbone(threads=1)
    compute_features(dataset, backbone, dataset.split_rows("test"), progress=progress)
    figures = measure(model, DatasetFeatures.open(dataset, backbone))
    return DomainDemo(name, folder, figures, _examples(dataset, Recommender.open(catalog)))


def _examples(dataset: Dataset, recommender: Recommender) -> list[Example]:
    """Recommend for the first test scene of as many categories as are shown."""
    chosen = dict[str, int]()
    for row in dataset.split_rows("test"):
        category, scene = dataset.pairs["category"][row], dataset.pairs["scene"][row]
        if category not in chosen and scene not in {dataset.pairs["scene"][other] for other in chosen.values()}:
            chosen[category] = int(row)
    rows = list(chosen.values())[:SHOWN]
    truth = read_truth(dataset, np.array(rows))
    return [_example(dataset, recommender, truth, row) for row in rows]


def _example(dataset: Dataset, recommender: Recommender, truth: Table, row: int) -> Example:
    scene, category = dataset.pairs["scene"][row], dataset.pairs["category"][row]
    photo = dataset.folder / dataset.scenes["image"][dataset.pair_scene[row]]
    result = recommender.recommend(photo, [category], k=K, box=Box(*dataset.boxes[row].tolist()))
    goes = (truth["scene"] == scene) & (truth["category"] == category) & truth["compatible"].astype(np.bool_)
    compatible = frozenset(truth["product"][goes].tolist())
    region = deciding_regions(truth)[scene, category]
    return Example(category, result, region, compatible, dataset.pairs["product"][row])
