"""Complete the Look trained by contrast: the paper's network where k = 1, a sharper look where it is more."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from scenefit.model.contrast import SHARPNESS, TEMPERATURE, ContrastiveLook
from scenefit.model.heads import CompleteTheLook, SceneSide, Sizes

SIZES = Sizes(8, 5, 16, 12, 3)


@pytest.fixture
def model() -> ContrastiveLook:
    torch.manual_seed(0)
    return ContrastiveLook(SIZES, 0.0).eval().requires_grad_(False)


@pytest.fixture
def scenes() -> tuple[Tensor, Tensor, Tensor]:
    """Pooled features (4, 8), regions (4, 9, 5) and categories (4,)."""
    torch.manual_seed(1)
    return torch.randn(4, 8), torch.randn(4, 9, 5), torch.tensor([0, 2, 1, 2])


def sharpened(model: ContrastiveLook, k: float) -> ContrastiveLook:
    model.log_sharpness.fill_(math.log(k))
    return model


def test_starts_at_its_factors(model: ContrastiveLook) -> None:
    assert float(model.log_sharpness.exp()) == pytest.approx(SHARPNESS)
    assert float(model.log_temperature.exp()) == pytest.approx(TEMPERATURE)


def test_with_k_of_1_it_is_the_network_of_the_paper(
    model: ContrastiveLook, scenes: tuple[Tensor, Tensor, Tensor]
) -> None:
    paper = CompleteTheLook(SIZES, 0.0).eval().requires_grad_(False)
    state = model.state_dict()  # before training the map by category changes nothing
    paper.load_state_dict({name: state[name] for name in paper.state_dict()})
    pooled, regions, _ = scenes
    queries, attention = SceneSide(paper)(pooled, regions)
    got = SceneSide(sharpened(model, 1))(pooled, regions)
    torch.testing.assert_close(got, (queries, attention))
    got = SceneSide(sharpened(model, 3))(pooled, regions)
    assert float((got[1] - attention).abs().max()) > 0.01


@pytest.mark.parametrize("k", [0.5, 2.0, 20.0])
def test_attention_is_the_softmax_of_minus_k_times_the_squared_distance(
    model: ContrastiveLook, scenes: tuple[Tensor, Tensor, Tensor], k: float
) -> None:
    _, keys = model.embed_regions(scenes[1])
    wanted = torch.nn.functional.normalize(model.categories.weight, dim=-1)
    distances = (keys[:, None] - wanted[:, None]).square().sum(dim=-1)  # (B, K, R)
    expected = torch.softmax(-k * distances, dim=-1)
    torch.testing.assert_close(sharpened(model, k).attend(keys, wanted), expected)


def test_a_larger_k_looks_more_sharply(model: ContrastiveLook, scenes: tuple[Tensor, Tensor, Tensor]) -> None:
    most, entropies = [], []
    for k in (0.1, 1, 4, 20, 500):
        _, attention = sharpened(model, k).look(scenes[1], torch.arange(3))
        torch.testing.assert_close(attention.sum(dim=-1), torch.ones(4, 3))
        most.append(float(attention.max(dim=-1).values.mean()))
        entropies.append(float(-(attention * attention.clamp(min=1e-30).log()).sum(dim=-1).mean()))
    assert most == sorted(most) and entropies == sorted(entropies, reverse=True)
    assert entropies[0] > 0.95 * math.log(9) and most[-1] > 0.9
    flat, sharp = (sharpened(model, k).look(scenes[1], torch.arange(3))[1] for k in (1, 20))
    ratios = [float((a.max(dim=-1).values / a.min(dim=-1).values).max()) for a in (flat, sharp)]
    assert ratios[0] < math.exp(4) < ratios[1]  # of the paper's a region weighs at most e^4 times another


def test_its_distance_is_2_less_an_inner_product(model: ContrastiveLook, scenes: tuple[Tensor, Tensor, Tensor]) -> None:
    products = model.embed(torch.randn(7, 8, generator=torch.Generator().manual_seed(2)))
    pooled, regions, category = scenes
    query = model.query(model.embed(pooled), regions, category)
    distances = model.distances(pooled, regions, category, products)
    torch.testing.assert_close(distances, 2 - query @ products.T)
    f_s, (f_i, attention) = model.embed(pooled), model.look(regions, category[:, None])
    hybrid = np.empty((4, 7))
    for b in range(4):
        for p in range(7):
            far = (f_i[b] - products[p]).square().sum(dim=-1) @ attention[b, 0]
            hybrid[b, p] = ((f_s[b] - products[p]).square().sum() + far) / 2
    np.testing.assert_allclose(distances, hybrid, rtol=1e-4, atol=1e-5)  # that of the paper


def test_logits_of_a_batch_are_the_same_inner_products_over_the_temperature(
    model: ContrastiveLook, scenes: tuple[Tensor, Tensor, Tensor]
) -> None:
    products = torch.randn(5, 8, generator=torch.Generator().manual_seed(2))
    expected = (2 - model.distances(*scenes, model.embed(products))) / TEMPERATURE
    torch.testing.assert_close(model.contrast(*scenes, products), expected)
