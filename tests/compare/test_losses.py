"""Each loss against a loop over its formula; a good triplet costs less than the same one swapped (error 9)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from scenefit.compare import blog, bpr_dae, ctl, ibr, siamese
from scenefit.compare.mistaken_networks import AttendsFarthest, AttendsOverBatch, PositiveAttends
from scenefit.model.heads import CompleteTheLook, Sizes
from scenefit.model.network import Batch, Network

Loss = Callable[[Any, Batch], Tensor]


def ctl_network(kind: type[CompleteTheLook]) -> Callable[[Sizes], Network]:
    return lambda sizes: kind(sizes, dropout=0.0)


def guided(sign: int) -> Callable[[Sizes], Network]:
    return lambda sizes: blog.ProductGuided(sizes._replace(regions=sizes.pooled), sign)


TRAINED: dict[str, tuple[Callable[[Sizes], Network], Loss]] = {
    "ibr": (ibr.LowRankMahalanobis, ibr.likelihood_loss),
    "siamese": (siamese.Siamese, siamese.contrastive_loss),
    "bpr-dae": (bpr_dae.DualAutoEncoder, bpr_dae.ranking_loss),
    "ctl-global": (ctl_network(ctl.GlobalOnly), ctl.hinge),
    "ctl-local": (ctl_network(ctl.LocalOnly), ctl.hinge),
    "ctl-no-category": (ctl_network(ctl.NoCategory), ctl.hinge),
    "ctl-paper": (ctl_network(CompleteTheLook), ctl.hinge),
    "blog": (guided(1), blog.hinge),
    "blog-corrected": (guided(-1), blog.hinge),
    "error-1": (ctl_network(AttendsFarthest), ctl.hinge),
    "error-2": (ctl_network(PositiveAttends), ctl.hinge),
    "error-4": (ctl_network(AttendsOverBatch), ctl.hinge),
}


def for_network(name: str, batch: Batch) -> Batch:
    """The blog's regions are views, as wide as the pooled features."""
    return batch._replace(regions=torch.rand(5, 16, 12)) if name.startswith("blog") else batch


@pytest.mark.parametrize("name", TRAINED)
def test_a_good_triplet_costs_less_than_the_swapped_one(name: str, batch: Batch, sizes: Sizes) -> None:
    """The loss is trained down on triplets; swapped, the same triplets must cost more, each of them ranked right."""
    torch.manual_seed(0)
    build, loss = TRAINED[name]
    model, batch = build(sizes), for_network(name, batch)
    swapped = batch._replace(positive=batch.negative, negative=batch.positive)
    adam = torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(150):
        adam.zero_grad()
        cost = loss(model, batch)
        cost.backward()  # type: ignore[no-untyped-call]
        adam.step()
    model.eval()
    with torch.no_grad():
        assert float(loss(model, batch)) < float(loss(model, swapped))
        both = torch.stack([model.embed(batch.positive), model.embed(batch.negative)], dim=1)
        good, bad = model.distances(batch.scene, batch.regions, batch.category, both).T
    assert bool((good < bad).all())


@pytest.mark.parametrize("name", TRAINED)
def test_products_stand_for_themselves(name: str, batch: Batch, sizes: Sizes) -> None:
    """The distance to a product is the same among others, alone, and for each scene alone."""
    torch.manual_seed(0)
    model, batch = TRAINED[name][0](sizes).eval(), for_network(name, batch)
    products = model.embed(torch.cat([batch.positive, batch.negative]))
    whole = model.distances(batch.scene, batch.regions, batch.category, products)
    assert whole.shape == (5, 10)
    each = model.distances(batch.scene, batch.regions, batch.category, products.expand(5, -1, -1))
    torch.testing.assert_close(each, whole)
    for column in range(10):
        alone = model.distances(batch.scene, batch.regions, batch.category, products[column : column + 1])
        torch.testing.assert_close(alone[:, 0], whole[:, column])
    for row in range(5):
        own = (part[row : row + 1] for part in batch[:3])
        same = torch.allclose(model.distances(*own, products)[0], whole[row], atol=1e-6)
        assert same != (name == "error-4")  # softmax over the batch makes scenes depend on each other


def distances(model: Network, batch: Batch) -> list[tuple[float, float]]:
    both = torch.stack([model.embed(batch.positive), model.embed(batch.negative)], dim=1)
    pairs = model.distances(batch.scene, batch.regions, batch.category, both).tolist()
    return [(good, bad) for good, bad in pairs]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_likelihood_of_ibr(batch: Batch, sizes: Sizes) -> None:
    torch.manual_seed(0)
    model = ibr.LowRankMahalanobis(sizes)
    c = float(model.threshold.detach())
    weight = model.project.weight.detach().tolist()
    total = 0.0
    for good, bad in distances(model, batch):
        total += -math.log(sigmoid(c - good)) - math.log(1 - sigmoid(c - bad))
    assert float(ibr.likelihood_loss(model, batch).detach()) == pytest.approx(total / 5, rel=1e-5)
    scene, product = (x / x.norm() for x in (batch.scene[0], batch.positive[0]))
    apart = (scene - product).tolist()
    by_hand = sum(sum(w * x for w, x in zip(row, apart, strict=True)) ** 2 for row in weight)
    assert distances(model, batch)[0][0] == pytest.approx(by_hand, rel=1e-4)


def test_contrastive_loss_of_siamese(batch: Batch, sizes: Sizes) -> None:
    torch.manual_seed(0)
    model = siamese.Siamese(sizes).eval()
    total = sum(good + max(0.0, 1 - math.sqrt(bad)) ** 2 for good, bad in distances(model, batch))
    assert float(siamese.contrastive_loss(model, batch).detach()) == pytest.approx(total / 5, rel=1e-4)


def test_ranking_loss_of_bpr_dae(batch: Batch, sizes: Sizes) -> None:
    torch.manual_seed(0)
    model = bpr_dae.DualAutoEncoder(sizes).eval()
    total = sum(-math.log(sigmoid(bad - good)) for good, bad in distances(model, batch)) / 5
    for part, side in ((batch.scene, model.scenes), (batch.positive, model.products), (batch.negative, model.products)):
        for row in part:
            unit = row / row.norm()
            back = side.decode(side.encode(unit))
            total += (
                bpr_dae.RECONSTRUCTION
                * sum(((a - b) ** 2) for a, b in zip(back.tolist(), unit.tolist(), strict=True))
                / 5
            )
    assert float(bpr_dae.ranking_loss(model, batch).detach()) == pytest.approx(total, rel=1e-4)
