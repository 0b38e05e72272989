"""The closed form of the recipe `default`, alone (torch)."""

from __future__ import annotations

import time

import numpy as np
import torch

from scenefit.compare.task import Fitted, Task
from scenefit.config import recipe
from scenefit.model.compatibility import distance_matrix
from scenefit.training.closed_form import fit_closed_form
from scenefit.training.closed_form_inputs import scenes, side_by_side
from scenefit.training.triplet_data import TripletData
from scenefit.types import Array, Floats, Ints


class VectorScorer:
    """Distances of query vectors (N, d), one for each pair of a bench, to product vectors (P, d) of the dataset."""

    def __init__(self, queries: Floats, products: Floats) -> None:
        self.queries, self.products = queries, products

    def distances(self, pairs: Ints, products: Ints) -> Array:
        """Compute the distances from the scenes of pairs (B,) to products (P,)."""
        return distance_matrix(self.queries[pairs], self.products[products])


@torch.no_grad()
def fit_closed(task: Task) -> Fitted:
    """Fit the closed form; without the product prior."""
    start = time.perf_counter()
    data = TripletData(task.features, task.rows("train"))
    fitted = fit_closed_form(data, recipe("default").embedding)
    seconds = time.perf_counter() - start
    product = task.dataset.product_category[task.dataset.pair_product[task.bench.pairs]]
    inputs = torch.cat(list(scenes(data, task.bench.feature_rows)))
    queries = fitted.look.query(inputs, data.trained_category(product)[:, None])[:, 0]
    products = fitted.look.product(side_by_side(data, task.features.product_features))
    facts = {
        "ridge": fitted.ridge,
        "held_out": fitted.ridges,
        "near_scenes": fitted.shares,
        "seconds": round(seconds, 1),
    }
    return Fitted(VectorScorer(np.asarray(queries), np.asarray(products)), facts=facts)
