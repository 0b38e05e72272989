"""The recipe `default` and its parts (torch)."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import Tensor

from scenefit.compare.closed import VectorScorer
from scenefit.compare.networks import sizes_of
from scenefit.compare.task import Fitted, Task
from scenefit.config import recipe
from scenefit.model.baselines import Scorer
from scenefit.model.compatibility import with_novelty, with_prior
from scenefit.model.joined import JoinedLook, Scene
from scenefit.training.contrast import ContrastData
from scenefit.training.default import fit_default
from scenefit.training.joined_vectors import joined_products
from scenefit.training.joining import Learned, part_weights
from scenefit.types import Floats


def fit_recipe(task: Task) -> Fitted:
    """Fit it whole; its variants lack parts of it."""
    start = time.perf_counter()
    config = task.settings(recipe("default"))
    data = ContrastData(task.features, task.rows("train"))
    validation = data.validation(task.rows("val"))
    fitted = fit_default(data, validation, sizes_of(data, task, config), config, task.work)
    facts = {**fitted.facts(), "seconds": round(time.perf_counter() - start, 1)}
    learned, known = (fitted.chosen, data) if task.ranks_validation else (fitted.learned, fitted.data)
    look = learned.look
    queries, attention = _scenes(task, data, look)
    with torch.no_grad():
        products = joined_products(look, data)
    scorers = _scorers(queries, products, known, learned)
    return Fitted(scorers.pop("default"), attention=attention, facts=facts, variants=scorers)


def _scorers(queries: Tensor, products: Tensor, data: ContrastData, learned: Learned) -> dict[str, Scorer]:
    """Give the methods that one fit gives, by name.

    Args:
        queries: shape (N, T), all parts' query vectors of the bench's pairs, weighed.
        products: shape (P, T), all parts' vectors of the dataset's products.
        data: its `pool` are the products with memory and prior.
        learned: what was fitted.

    """
    look = learned.look
    first = look.sizes[0]  # T numbers are those of the closed form, then those of the networks
    scale = part_weights(look).clamp(min=1e-9)
    query, content = (np.asarray(side) for side in (queries @ look.query_map, products @ look.product_map))
    whole = _with_memory(content, data, learned)
    return {
        "default-networks": VectorScorer(np.asarray((queries / scale)[:, first:]), np.asarray(products[:, first:])),
        "default-content": VectorScorer(query, content),
        "default-novel": VectorScorer(with_novelty(query, 1.0), whole),
        "default": VectorScorer(with_novelty(query), whole),
    }


@torch.no_grad()
def _scenes(task: Task, data: ContrastData, look: JoinedLook) -> tuple[Tensor, Floats]:
    """Give all parts' query vectors (N, T), weighed, and the attention (N, R) of the bench's pairs."""
    bench = task.bench
    category = data.trained_category(task.dataset.product_category[task.dataset.pair_product[bench.pairs]])
    queries: list[Tensor] = []
    attention: list[Tensor] = []
    for start in range(0, len(bench.pairs), 256):
        here = slice(start, start + 256)
        found = data.features.scene_features(bench.feature_rows[here])
        scene = Scene(*(torch.from_numpy(part) for part in found))
        query, looks = look.joined_queries(scene, category[here, None])
        queries.append(query[:, 0])
        attention.append(look.attention(scene.regions, query, looks, category[here, None])[:, 0])
    return torch.cat(queries), torch.cat(attention).numpy()


def _with_memory(content: Floats, data: ContrastData, learned: Learned) -> Floats:
    """Give the vectors of all products, with memory and prior, from those without."""
    vectors, prior = content.copy(), np.zeros(len(content), np.float32)
    vectors[data.pool] += learned.memory
    prior[data.pool] = learned.prior
    return with_prior(vectors, prior)
