"""Which categories a scene wants, learned from the pairs: the category of the product that was taken out (torch).

Multinomial logistic regression with an L2 penalty, from the scene's pooled features without the product. The same
pairs give the same weights: nothing is drawn.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear

from scenefit.features.export import export_onnx
from scenefit.training.triplet_data import TripletData

STRENGTHS = tuple(2.0**power for power in range(3, -7, -1))
"""Of the penalty, per input: the standardised inputs then give logits whose variance is 1 / strength beforehand."""
HELD, CHOOSING = 5, 10_000
"""Every fifth scene is held out to choose the strength, of so many pairs at most."""
CHUNK = 1024


class Wanted(nn.Module):
    """Pooled (B, D) -> the probability that each of K categories is the wanted one (B, K)."""

    weight: Tensor
    bias: Tensor

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)

    def forward(self, pooled: Tensor) -> Tensor:
        """Give the probabilities; each row sums to one."""
        return linear(signed_root(pooled), self.weight, self.bias).softmax(dim=-1)


def write_wanted(data: TripletData, path: Path) -> None:
    """Learn from the training pairs what a scene wants, and write it as ONNX: `pooled` -> `wanted`."""
    pooled = torch.zeros(2, data.products.shape[1])
    export_onnx(fit_wanted(data).eval(), {"pooled": pooled}, ["wanted"], path)


def fit_wanted(data: TripletData) -> Wanted:
    """Fit the training pairs of some triplets, on their device; the result is on the CPU."""
    dataset, row = data.features.dataset, {name: i for i, name in enumerate(data.categories)}
    names = dataset.products["category"][data.train.product].tolist()
    category = torch.tensor([row[name] for name in names], device=data.device)
    pooled = torch.from_numpy(data.features.scenes.read("pooled", data.train.feature)).to(data.device)
    scenes = torch.from_numpy(np.unique(data.train.scene, return_inverse=True)[1]).to(data.device)
    for part in torch.split(pooled, CHUNK):
        part.copy_(signed_root(part))
    return fit(pooled, category, scenes, len(row))


def fit(inputs: Tensor, category: Tensor, scenes: Tensor, categories: int) -> Wanted:
    """Fit inputs (N, D), which are standardised in place, to categories (N,); the scenes are numbered (N,) from 0."""
    mean, spread = inputs.mean(dim=0), inputs.std(dim=0, correction=0)
    spread += 1e-3 * spread.square().mean().sqrt().clamp(min=1e-12)  # an input that hardly varies is not blown up
    inputs.sub_(mean).div_(spread)
    some = slice(None, None, -(-len(inputs) // CHOOSING))
    strength = choose_strength(inputs[some], category[some], scenes[some], categories)
    weight, bias = logistic(inputs, category, strength, torch.zeros(categories, inputs.shape[1] + 1).to(inputs))
    weight /= spread
    return Wanted(weight.cpu(), (bias - weight @ mean).cpu())


def choose_strength(inputs: Tensor, category: Tensor, scenes: Tensor, categories: int) -> float:
    """Go from strong to weak as long as the log loss on the held-out scenes falls; 1 where none can be held out."""
    held = scenes % HELD == HELD - 1
    if not held.any():
        return 1.0
    best, lowest = 1.0, math.inf
    start = torch.zeros(categories, inputs.shape[1] + 1).to(inputs)
    for strength in STRENGTHS:
        weight, bias = logistic(inputs[~held], category[~held], strength, start)
        loss = float(cross_entropy(linear(inputs[held], weight, bias), category[held]))
        if loss >= lowest:
            break
        best, lowest, start = strength, loss, torch.column_stack([weight, bias])
    return best


def logistic(inputs: Tensor, category: Tensor, strength: float, start: Tensor) -> tuple[Tensor, Tensor]:
    """Minimise the mean log loss plus strength * D / 2N * |W|^2 by L-BFGS, from (K, D + 1); give W (K, D), b (K,)."""
    weight, bias = start[:, :-1].clone().requires_grad_(), start[:, -1].clone().requires_grad_()
    penalty = strength * inputs.shape[1] / (2 * len(inputs))
    solver = torch.optim.LBFGS(
        [weight, bias], max_iter=100, tolerance_grad=1e-5, tolerance_change=1e-5, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        solver.zero_grad()
        loss = cross_entropy(linear(inputs, weight, bias), category) + penalty * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    solver.step(closure)  # type: ignore[no-untyped-call]
    return weight.detach(), bias.detach()


def signed_root(pooled: Tensor) -> Tensor:
    """Take the square root of each size and keep the sign: a few large features then do not drown the others."""
    return pooled.sign() * pooled.abs().sqrt()
