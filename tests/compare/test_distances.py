"""Each network's distance against the formula it stands for, written as loops."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from scenefit.compare import blog, ctl
from scenefit.compare.mistaken_networks import AttendsFarthest, PositiveAttends
from scenefit.model.heads import CompleteTheLook, Sizes
from scenefit.model.network import Batch


def squared(left: Tensor, right: Tensor) -> float:
    return sum((a - b) ** 2 for a, b in zip(left.tolist(), right.tolist(), strict=True))


def softmax(logits: list[float]) -> list[float]:
    total = sum(math.exp(logit) for logit in logits)
    return [math.exp(logit) / total for logit in logits]


def parts(model: CompleteTheLook, batch: Batch, row: int, key: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """f_s, f_p, the f_i, the h_i and e_c of one pair."""
    f_s, f_p = model.embed(batch.scene)[row], model.embed(batch.positive)[row]
    f, h = (normalize(part(batch.regions[row]), dim=-1) for part in (model.local, model.attending))
    return f_s, f_p, f, h, normalize(model.categories.weight[key], dim=0)


@pytest.mark.parametrize("kind", [ctl.GlobalOnly, ctl.LocalOnly, ctl.NoCategory, CompleteTheLook, AttendsFarthest])
def test_ctl_and_its_ablations(kind: type[CompleteTheLook], batch: Batch, sizes: Sizes) -> None:
    torch.manual_seed(0)
    model = kind(sizes, 0.0).eval()
    with torch.no_grad():
        got = model.distances(batch.scene, batch.regions, batch.category, model.embed(batch.positive))
        for row, category in enumerate(batch.category.tolist()):
            f_s, f_p, f, h, e = parts(model, batch, row, 0 if kind is ctl.NoCategory else category)
            sign = 1 if kind is AttendsFarthest else -1
            weights = softmax([sign * squared(h_i, e) for h_i in h])
            overall, local = squared(f_s, f_p), sum(a * squared(f_i, f_p) for a, f_i in zip(weights, f, strict=True))
            expected = {ctl.GlobalOnly: overall, ctl.LocalOnly: local}.get(kind, (overall + local) / 2)
            assert float(got[row, row]) == pytest.approx(expected, abs=1e-5)


def test_plus_distance_is_the_same_family_when_the_key_is_learned(batch: Batch, sizes: Sizes) -> None:
    """softmax(+|h - e|^2) is softmax(-|h + e|^2): a category learned with the other sign undoes error 1."""
    torch.manual_seed(0)
    wrong, right = AttendsFarthest(sizes, 0.0).eval(), CompleteTheLook(sizes, 0.0).eval()
    state = wrong.state_dict()
    right.load_state_dict({**state, "categories.weight": -state["categories.weight"]})
    arguments = (batch.scene, batch.regions, batch.category)
    products = right.embed(batch.positive)
    torch.testing.assert_close(wrong.distances(*arguments, products), right.distances(*arguments, products))


def test_positive_as_key(batch: Batch, sizes: Sizes) -> None:
    torch.manual_seed(0)
    model = PositiveAttends(sizes, 0.0).eval()
    with torch.no_grad():
        query, good, bad = model.triplets(*batch[:5])
        for row in range(5):
            f_s, f_p, f, h, _ = parts(model, batch, row, 0)
            weights = softmax([-squared(h_i, f_p) for h_i in h])
            expected = f_s + sum(a * f_i for a, f_i in zip(weights, f, strict=True))
            torch.testing.assert_close(query[row], expected)
        torch.testing.assert_close(good, model.embed(batch.positive))
        torch.testing.assert_close(bad, model.embed(batch.negative))


@pytest.mark.parametrize("sign", [1, -1])
def test_product_guided(sign: int, batch: Batch, sizes: Sizes) -> None:
    torch.manual_seed(0)
    model = blog.ProductGuided(sizes, sign).eval()
    views = torch.rand(5, 16, 12)
    with torch.no_grad():
        products = model.embed(batch.positive)
        got = model.distances(batch.scene, views, batch.category, products)
        good, bad = model.triplet_distances(batch._replace(regions=views))
        for row in range(5):
            f_s = normalize(model.shared(batch.scene), dim=-1)[row]
            f, h = (normalize(part(views[row]), dim=-1) for part in (model.local, model.attending))
            f_p, h_p = products[row].chunk(2)
            f_n = model.embed(batch.negative)[row].chunk(2)[0]
            weights = softmax([sign * squared(h_i, h_p) for h_i in h])
            for value, other in ((got[row, row], f_p), (good[row], f_p), (bad[row], f_n)):
                local = sum(a * squared(f_i, other) for a, f_i in zip(weights, f, strict=True))
                assert float(value) == pytest.approx((squared(f_s, other) + local) / 2, abs=1e-5)
