"""The recipe `default` and its parts (torch)."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from scenefit.compare.closed import VectorScorer
from scenefit.compare.networks import sizes_of
from scenefit.compare.task import Fitted, Task
from scenefit.config import recipe
from scenefit.model.compatibility import with_novelty, with_prior
from scenefit.model.joined import Scene
from scenefit.training.contrast import ContrastData
from scenefit.training.default import Default, fit_default
from scenefit.training.joining import joined_products
from scenefit.types import Floats


def fit_recipe(task: Task) -> Fitted:
    """Fit it whole."""
    return _fitted(task, 0.0)


def fit_novel(task: Task) -> Fitted:
    """Fit it, and leave the product prior out of the ranking (`--novelty 1`)."""
    return _fitted(task, 1.0)


def _fitted(task: Task, novelty: float) -> Fitted:
    start = time.perf_counter()
    config = replace(recipe("default"), seed=task.seed)
    data = ContrastData(task.features, task.rows("train"))
    validation = data.validation(task.rows("val"))
    fitted = fit_default(data, validation, sizes_of(data, task, config), config, task.work)
    facts = {**fitted.facts(), "seconds": round(time.perf_counter() - start, 1)}
    queries, attention = _scenes(task, data, fitted)
    return Fitted(
        VectorScorer(with_novelty(queries, novelty), _products(data, fitted)), attention=attention, facts=facts
    )


@torch.no_grad()
def _scenes(task: Task, data: ContrastData, fitted: Default) -> tuple[Floats, Floats]:
    """Give the query vectors and the attention of the bench's pairs."""
    look, bench = fitted.learned.look, task.bench
    category = data.trained_category(task.dataset.product_category[task.dataset.pair_product[bench.pairs]])
    queries: list[Tensor] = []
    attention: list[Tensor] = []
    for start in range(0, len(bench.pairs), 256):
        here = slice(start, start + 256)
        found = data.features.scene_features(bench.feature_rows[here])
        query, weights = look.joined_queries(Scene(*(torch.from_numpy(part) for part in found)), category[here, None])
        queries.append(query[:, 0] @ look.query_map)
        attention.append(weights[:, 0])
    return torch.cat(queries).numpy(), torch.cat(attention).numpy()


@torch.no_grad()
def _products(data: ContrastData, fitted: Default) -> Floats:
    """Give the vectors of all products, with memory and prior."""
    vectors = np.asarray(joined_products(fitted.learned.look, data) @ fitted.learned.look.product_map)
    prior = np.zeros(len(vectors), np.float32)
    vectors[data.pool] += fitted.learned.memory
    prior[data.pool] = fitted.learned.prior
    return with_prior(vectors, prior)
