"""What a scene wants, learned from the pairs: the minimum of the objective, the strength, the graph that serves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor

from scenefit.training.triplet_data import TripletData
from scenefit.training.wanted import STRENGTHS, choose_strength, fit, fit_wanted, logistic, signed_root, write_wanted

N, D, K = 120, 6, 3


def drawn(seed: int = 0) -> tuple[Tensor, Tensor]:
    """Give inputs (N, D) and categories (N,) that depend on them."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(N, D))
    category = (inputs @ rng.normal(size=(D, K)) + rng.gumbel(size=(N, K))).argmax(axis=1)
    return torch.tensor(inputs, dtype=torch.float32), torch.tensor(category)


def gradient(inputs: Tensor, category: Tensor, weight: Tensor, bias: Tensor, strength: float) -> list[float]:
    """The derivative of the objective by each weight and bias, written as loops in float64."""
    x, w, b = (tensor.double().numpy() for tensor in (inputs, weight, bias))
    out = [[strength * D / N * w[k, d] for d in range(D)] + [0.0] for k in range(K)]
    for n in range(N):
        powers = [np.exp(sum(w[k, d] * x[n, d] for d in range(D)) + b[k]) for k in range(K)]
        for k in range(K):
            wrong = powers[k] / sum(powers) - (int(category[n]) == k)
            for d in range(D):
                out[k][d] += wrong * x[n, d] / N
            out[k][D] += wrong / N
    return [value for row in out for value in row]


@pytest.mark.parametrize("strength", [8.0, 0.25])
def test_stands_at_the_minimum(strength: float) -> None:
    inputs, category = drawn()
    weight, bias = logistic(inputs, category, strength, torch.zeros(K, D + 1))
    assert gradient(inputs, category, weight, bias, strength) == pytest.approx([0.0] * (K * (D + 1)), abs=3e-3)
    assert max(map(abs, gradient(inputs, category, 0 * weight, 0 * bias, strength))) > 0.1


def test_strength_follows_what_there_is_to_learn() -> None:
    inputs, category = drawn()
    scenes, chance = torch.arange(N), torch.tensor(np.random.default_rng(1).integers(K, size=N))
    assert choose_strength(inputs, chance, scenes, K) == max(STRENGTHS)
    assert choose_strength(inputs, inputs[:, :K].argmax(dim=1), scenes, K) < 0.1
    assert choose_strength(inputs, category, 0 * scenes, K) == 1  # one scene: nothing to hold out


def test_scenes_are_held_out_whole() -> None:
    """Were copies of a scene's pairs left in training, no penalty at all would look best."""
    rng = np.random.default_rng(2)
    inputs = torch.tensor(rng.normal(size=(20, 40)), dtype=torch.float32).repeat(5, 1)
    category, scenes = torch.tensor(rng.integers(K, size=20)).repeat(5), torch.arange(20).repeat(5)
    assert choose_strength(inputs, category, scenes, K) > 1
    assert choose_strength(inputs, category, torch.arange(100).reshape(20, 5).T.reshape(-1), K) < 0.1


def test_inputs_that_say_nothing_give_the_frequencies() -> None:
    category = torch.tensor([0] * 60 + [1] * 30 + [2] * 10)
    for inputs in (torch.zeros(100, D), torch.ones(100, D)):
        got = fit(inputs.clone(), category, torch.arange(100), K)(signed_root(inputs[:1]))
        torch.testing.assert_close(got, torch.tensor([[0.6, 0.3, 0.1]]), atol=2e-3, rtol=0)


def test_a_shift_and_a_scale_of_an_input_change_nothing() -> None:
    """The inputs are standardised, and the weights take that back."""
    inputs, category = drawn()
    scale, shift = torch.logspace(-1, 1, D), torch.linspace(-5, 5, D)
    moved = inputs * scale + shift
    plain, other = (fit(x.clone(), category, torch.arange(N), K) for x in (inputs, moved))
    logits = [x @ model.weight.T + model.bias for x, model in ((inputs, plain), (moved, other))]
    torch.testing.assert_close(*(each.softmax(dim=1) for each in logits), atol=2e-2, rtol=0)


def test_signed_root() -> None:
    assert signed_root(torch.tensor([4.0, -9.0, 0.0])).tolist() == [2, -3, 0]


def test_knows_the_category_that_the_scene_lacks(data: TripletData) -> None:
    """The drawn looks lack either trousers or shoes, so that a scene tells which."""
    before = torch.random.get_rng_state()
    model = fit_wanted(data)
    assert torch.equal(torch.random.get_rng_state(), before)
    pooled = torch.from_numpy(data.features.scenes.read("pooled", data.train.feature))
    got = model(pooled)
    torch.testing.assert_close(got.sum(dim=1), torch.ones(len(pooled)))
    names = np.array(data.categories)[got.argmax(dim=1).numpy()]
    assert (names == data.features.dataset.products["category"][data.train.product]).mean() > 0.9


def test_the_graph_gives_what_the_module_gives_and_is_the_same_every_time(data: TripletData, tmp_path: Path) -> None:
    for name in ("first.onnx", "second.onnx"):
        write_wanted(data, tmp_path / name)
    assert (tmp_path / "first.onnx").read_bytes() == (tmp_path / "second.onnx").read_bytes()
    session = onnxruntime.InferenceSession(tmp_path / "first.onnx")
    for rows in (1, 7):
        pooled = np.random.default_rng(rows).normal(size=(rows, data.products.shape[1])).astype(np.float32)
        (got,) = session.run(["wanted"], {"pooled": pooled})
        np.testing.assert_allclose(got, fit_wanted(data)(torch.from_numpy(pooled)), atol=1e-5)
