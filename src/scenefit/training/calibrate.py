"""The calibration of a model, from the validation pairs and by the path that serves: the ONNX sides of its folder."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scenefit.errors import TrainingError
from scenefit.model.calibration import Calibration, mean_product, relative_distances
from scenefit.model.calibration_fit import Sample, fit_calibration
from scenefit.model.compatibility import distance_matrix, with_novelty
from scenefit.model.folder import Model
from scenefit.training.triplet_data import SplitPairs, TripletData
from scenefit.types import Floats, Ints

FOLDS = 5
CHUNK = 512


def calibrate(model: Model, data: TripletData, pairs: SplitPairs) -> Calibration | None:
    """Fit the probabilities of a model on validation pairs against all their eligible negatives.

    Args:
        model: written already; a calibration that it has is not looked at.
        data: of the dataset that it was trained on.
        pairs: those of `data.validation`.

    Returns:
        None without pairs.

    Raises:
        TrainingError: the model gives distances that are not finite.
    """
    if not len(pairs.product):
        return None
    parts = {name: _part(model, data, name) for name in model.categories}
    folds: list[dict[str, Sample]] = [{} for _ in range(FOLDS)]
    for name, part in parts.items():
        own = np.isin(pairs.product, part.products)
        for i, fold in enumerate(folds):
            if len(rows := np.flatnonzero(own & (pairs.scene % FOLDS == i))):
                fold[name] = Sample.together([_sample(model, data, pairs, some, part) for some in _chunks(rows)])
    return fit_calibration(folds, {name: part.centre for name, part in parts.items()})


def recentred(calibration: Calibration, model: Model, data: TripletData) -> Calibration:
    """Give the same probabilities of relative distances, which are now those to another model's mean products."""
    return replace(calibration, centres={name: _part(model, data, name).centre for name in model.categories})


@dataclass(frozen=True)
class _Part:
    """A category: its row in the model, its products (rows of the dataset), their vectors (P, e) and the mean."""

    row: int
    products: Ints
    vectors: Floats
    centre: Floats


def _part(model: Model, data: TripletData, name: str) -> _Part:
    features, dataset = data.features, data.features.dataset
    products = np.flatnonzero((dataset.products["category"] == name) & (features.product_rows >= 0))
    table = {column: values[products] for column, values in dataset.products.items()}
    vectors = model.vectors(table, features.product_features.some(products))
    return _Part(model.category_row(name), products, vectors, mean_product(vectors))


def _chunks(rows: Ints) -> list[Ints]:
    return np.array_split(rows, -(-len(rows) // CHUNK))


def _sample(model: Model, data: TripletData, pairs: SplitPairs, rows: Ints, part: _Part) -> Sample:
    """Give the relative distances of some pairs of a category, and of their negatives."""
    queries, _ = model.embed_scenes(data.features.scene_features(pairs.feature[rows]))
    weighed = with_novelty(queries[:, part.row])
    distances = relative_distances(distance_matrix(weighed, part.vectors), weighed, part.centre)
    if not np.isfinite(distances).all():
        raise TrainingError("the trained model gives distances that are not finite; train with a lower learning rate")
    own = distances[np.arange(len(rows)), np.searchsorted(part.products, pairs.product[rows])]
    eligible = ~data.positives.contain(pairs.scene[rows][:, None], part.products[None])
    return Sample.of(own, distances, eligible)
