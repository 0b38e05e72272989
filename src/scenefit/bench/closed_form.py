"""The closed form of the recipe `default` against the matrix products that it cannot do without (torch)."""

from __future__ import annotations

import time

import torch
from torch import Tensor

from scenefit.bench.drawn import Drawn
from scenefit.bench.memory import peak_bytes
from scenefit.bench.train import Turn
from scenefit.config import recipe
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.training.closed_form import fit_closed_form
from scenefit.training.closed_form_inputs import CHUNK, SAMPLE
from scenefit.training.contrast import ContrastData
from scenefit.training.views import KEPT, WHOLE

SKETCHED, SKETCHES = KEPT + 32, 3
"""Directions that a sketch of a wide view follows, and how often it passes over the sample, there and back."""


def closed_form_turn(features: DatasetFeatures, sizes: Drawn) -> Turn:
    """Fit the closed form to all pairs, then take the reference; tell the process's peak memory before the reference.

    The seconds are those of the fit; opening the features of the pairs and finding their negatives is told apart.
    """
    start = time.perf_counter()
    data = ContrastData(features, features.dataset.split_rows("train"))
    opened, worked = time.perf_counter(), time.process_time()
    fit_closed_form(data, recipe("default").embedding)
    done, cpu = time.perf_counter(), time.process_time() - worked
    facts = {"threads": torch.get_num_threads(), "peak, GB": peak_bytes() / 1e9, "opening, s": opened - start}
    facts["CPU, s"] = cpu
    return Turn(done - opened, products_alone(sizes), facts)


@torch.no_grad()
def products_alone(sizes: Drawn) -> float:
    """Time the matrix products of the same sizes on one random chunk in memory, as often as the pairs have chunks.

    These are: the covariances of three views and their decomposition, or three sketches of a wide one; the
    projections of scenes, crops and products; the cross-covariances, of which one is decomposed. No ridge is tried.
    """
    scene, product = (torch.randn(CHUNK, width) / 100 for width in widths(sizes))
    pairs, products = _sampled(sizes.pairs), _sampled(sizes.products)
    start = time.perf_counter()
    views = [_view(*given) for given in ((scene, pairs), (product, products), (product, pairs))]
    for at in range(0, sizes.products, CHUNK):
        product[: sizes.products - at] @ views[1]
    cross = _cross(scene, product, views, sizes.pairs)
    torch.linalg.svd(cross)
    return time.perf_counter() - start


def widths(sizes: Drawn) -> tuple[int, int]:
    """Give the inputs of a scene (pooled, halves, mean and deviation of the regions), and those of a product."""
    return 3 * sizes.pooled + 2 * sizes.regions, sizes.pooled + 2 * sizes.regions


def _sampled(rows: int) -> int:
    return -(-rows // -(-rows // SAMPLE))


def _view(inputs: Tensor, rows: int) -> Tensor:
    """Find directions (X, k) of a sample of so many rows, made of chunks (B, X)."""
    if inputs.shape[1] <= WHOLE:
        square = torch.zeros(inputs.shape[1], inputs.shape[1])
        for at in range(0, rows, CHUNK):
            square.addmm_(inputs[: rows - at].T, inputs[: rows - at])
        vectors: Tensor = torch.linalg.eigh(square)[1]
        return vectors[:, : min(KEPT, rows)].contiguous()
    directions = torch.randn(inputs.shape[1], min(SKETCHED, rows)) / 100
    for _ in range(SKETCHES):
        followed = torch.zeros_like(directions)
        for at in range(0, rows, CHUNK):
            followed.addmm_(inputs[: rows - at].T, inputs[: rows - at] @ directions)
        directions = followed
    torch.linalg.eigh(directions.T @ directions)
    return directions[:, :KEPT].contiguous()


def _cross(scene: Tensor, product: Tensor, views: list[Tensor], pairs: int) -> Tensor:
    """Sum up what scenes have in common with photos (k, m) and with crops (k, c), and crops with both."""
    k, m, c = (view.shape[1] for view in views)
    photos, photo = torch.zeros(k, m), torch.randn(CHUNK, m)
    crops, squares, across = torch.zeros(k, c), torch.zeros(c, c), torch.zeros(c, m)
    for at in range(0, pairs, CHUNK):
        rows = slice(0, pairs - at)
        x, shown = scene[rows] @ views[0], product[rows] @ views[2]
        photos.addmm_(x.T, photo[rows])
        crops.addmm_(x.T, shown)
        squares.addmm_(shown.T, shown)
        across.addmm_(shown.T, photo[rows])
    return photos
