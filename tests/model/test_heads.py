"""The heads: shapes, unit vectors, what is shared, and what the attention does not see."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from scenefit.model.heads import CompleteTheLook, Dropout, ProductSide, SceneSide, Sizes

SIZES = Sizes(pooled=12, regions=8, hidden=16, embedding=6, categories=3)
B, R = 5, 9


@pytest.fixture
def model() -> CompleteTheLook:
    torch.manual_seed(0)
    return CompleteTheLook(SIZES, dropout=0.5)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def batch() -> dict[str, Any]:
    return {
        "scene": drawn(B, 12, seed=1),
        "regions": drawn(B, R, 8, seed=2),
        "category": torch.tensor([0, 1, 2, 1, 0]),
        "positive": drawn(B, 12, seed=3),
        "negative": drawn(B, 12, seed=4),
    }


def test_head_is_that_of_the_paper(model: CompleteTheLook) -> None:
    for head, inputs in ((model.shared, 12), (model.local, 8), (model.attending, 8)):
        assert [type(layer) for layer in head] == [nn.Linear, nn.BatchNorm1d, nn.ReLU, Dropout, nn.Linear]
        assert (head[0].in_features, head[0].out_features, head[4].out_features) == (inputs, 16, 6)
        assert head[3].rate == 0.5


@pytest.mark.parametrize("training", [True, False])
def test_shapes_and_unit_vectors(model: CompleteTheLook, training: bool) -> None:
    model.train(training)
    query, positive, negative = model.triplets(**batch())
    assert query.shape == positive.shape == negative.shape == (B, 6)
    for vectors in (positive, negative):
        torch.testing.assert_close(vectors.norm(dim=-1), torch.ones(B))
    assert float(query.detach().norm(dim=-1).max()) <= 2 + 1e-5
    embedded, attention = model.look(batch()["regions"], torch.arange(3))
    assert (embedded.shape, attention.shape) == ((B, R, 6), (B, 3, R))
    torch.testing.assert_close(embedded.norm(dim=-1), torch.ones(B, R))
    torch.testing.assert_close(attention.sum(dim=-1), torch.ones(B, 3))


def test_scenes_and_products_share_one_head(model: CompleteTheLook) -> None:
    model.eval()
    given = batch() | {"scene": batch()["positive"]}
    query, positive, _ = model.triplets(**given)
    embedded, attention = model.look(given["regions"], given["category"][:, None])
    torch.testing.assert_close(query - (attention @ embedded)[:, 0], positive)


def test_products_do_not_change_the_attention(model: CompleteTheLook) -> None:
    """Error 2: the scene's side is the same whatever the products are."""
    model.eval()
    first = model.triplets(**batch())[0]
    other = model.triplets(**batch() | {"positive": drawn(B, 12, seed=9), "negative": drawn(B, 12, seed=8)})[0]
    assert torch.equal(first, other)
    changed = model.triplets(**batch() | {"category": torch.tensor([1, 2, 0, 0, 1])})[0]
    assert not torch.isclose(first, changed).all(dim=1).any()


def test_scene_does_not_depend_on_its_neighbours_in_the_batch(model: CompleteTheLook) -> None:
    model.eval()
    whole = model.triplets(**batch())
    for row in range(B):
        alone = model.triplets(**{name: value[row : row + 1] for name, value in batch().items()})
        for got, expected in zip(alone, whole, strict=True):
            torch.testing.assert_close(got[0], expected[row])


def test_both_sides_together_are_the_model(model: CompleteTheLook) -> None:
    model.eval()
    given = batch()
    queries, attention = SceneSide(model)(given["scene"], given["regions"])
    assert (queries.shape, attention.shape) == ((B, 3, 6), (B, 3, R))
    query, positive, _ = model.triplets(**given)
    torch.testing.assert_close(queries[torch.arange(B), given["category"]], query)
    torch.testing.assert_close(ProductSide(model)(given["positive"]), positive)


def test_category_embeddings_are_normalised(model: CompleteTheLook) -> None:
    model.eval()
    before = model.look(batch()["regions"], torch.arange(3))[1]
    with torch.no_grad():
        model.categories.weight *= 7
    torch.testing.assert_close(model.look(batch()["regions"], torch.arange(3))[1], before)
    keys = normalize(model.attending(batch()["regions"].flatten(0, 1)), dim=-1).reshape(B, R, 6)
    nearest = (keys @ normalize(model.categories.weight, dim=-1).T).argmax(dim=1)
    assert torch.equal(before.argmax(dim=-1), nearest)


def test_every_weight_gets_a_gradient(model: CompleteTheLook) -> None:
    query, positive, negative = model.train().triplets(**batch())
    ((query * positive).sum() - (query * negative).sum()).backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert bool(weight.grad.any()) or name.endswith("0.bias"), name  # BatchNorm cancels the bias before it


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean(rate: float) -> None:
    torch.manual_seed(0)
    units = torch.rand(400, 503) + 1
    dropped = Dropout(rate).train()(units)
    kept = dropped != 0
    torch.testing.assert_close(1 - float(kept.double().mean()), rate, atol=0.005, rtol=0)
    torch.testing.assert_close(float(dropped.mean()), float(units.mean()), atol=0.02, rtol=0)
    scale = (dropped / units)[kept]
    torch.testing.assert_close(scale, torch.full_like(scale, float(scale[0])))
    for axis in (0, 1):  # no row and no column is spared
        torch.testing.assert_close(
            kept.double().mean(axis), torch.full((units.shape[1 - axis],), 1 - rate).double(), atol=0.15, rtol=0
        )


def test_dropout_is_drawn_anew_and_rests_when_serving() -> None:
    layer, units = Dropout(0.5), torch.ones(8, 9)
    assert not torch.equal(layer(units), layer(units))
    assert layer.eval()(units) is units
    assert Dropout(0.0).train()(units) is units
