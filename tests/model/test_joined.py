"""The joined model: one inner product is the sum of its parts', and ONNX gives what torch gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor

from scenefit.features.export import export_onnx
from scenefit.model.contrast import ContrastiveLook
from scenefit.model.heads import SceneSide, Sizes
from scenefit.model.joined import ClosedFormLook, JoinedLook, JoinedProduct, JoinedScene, Parts, Scene, scene_inputs

D, R, C, K, E = 6, 9, 3, 4, 5
T = 3 * E


def scenes(n: int, halves: int = 2 * D) -> Scene:
    generator = torch.Generator().manual_seed(n)
    pooled, regions, more = (torch.randn(n, *shape, generator=generator) for shape in ((D,), (R, C), (halves,)))
    return Scene(pooled, regions, more)


def products(n: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(n)
    return torch.randn(n, D, generator=generator), torch.rand(n, 2 * C, generator=generator)


def drawn(d: int, halves: int = 2 * D, weights: tuple[float, float] = (2.0, 0.25)) -> JoinedLook:
    """Give a model with random weights and maps."""
    torch.manual_seed(0)
    linear = ClosedFormLook(D + halves + 2 * C, D + 2 * C, E, K)
    networks = [ContrastiveLook(Sizes(D, C, 8, E, K), 0.3) for _ in range(2)]
    for network in networks:  # as after some training
        network.train().embed(torch.randn(50, D))
        network.train().embed_regions(torch.randn(50, R, C))
        torch.nn.init.normal_(network.category_map.second)
    look = JoinedLook(Parts(linear, networks, weights), d)
    look.query_map.copy_(torch.randn(T, d))
    look.product_map.copy_(torch.randn(T, d))
    look.variance.copy_(torch.rand(d) + 0.5)
    return look.eval().requires_grad_(False)


def test_what_the_closed_form_reads_of_a_scene() -> None:
    scene = scenes(4)
    got = scene_inputs(*scene)
    assert got.shape == (4, D + 2 * D + 2 * C)
    for i in range(4):
        regions = np.asarray(scene.regions[i])
        expected = [scene.pooled[i], scene.halves[i], regions.mean(axis=0), regions.std(axis=0)]
        np.testing.assert_allclose(got[i], np.concatenate(expected), rtol=1e-4, atol=1e-6)
    assert scene_inputs(*scenes(4, halves=0)).shape == (4, D + 2 * C)


def test_the_closed_form_is_linear() -> None:
    look = drawn(4).closed_form
    x, y = torch.randn(7, D + 2 * D + 2 * C), torch.randn(3, D + 2 * C)
    for categories in (torch.tensor([2, 0]), torch.tensor([[2, 0]] * 7)):
        query = look.query(x, categories)
        assert query.shape == (7, 2, E)
        expected = x @ look.scene.weight.T + look.categories.weight[0]
        torch.testing.assert_close(query[:, 1], expected)
    torch.testing.assert_close(look.product(y), y @ look.product.weight.T + look.product.bias)


def test_side_by_side_inner_products_add_up() -> None:
    """One vector is enough: the parts' inner products, weighed, are one."""
    look, scene, product = drawn(4), scenes(5), products(7)
    queries, looks = look.joined_queries(scene, torch.arange(K))
    attention = look.attention(scene.regions, queries, looks, torch.arange(K))
    vectors = look.joined_products(*product)
    assert (queries.shape, vectors.shape, attention.shape) == ((5, K, T), (7, T), (5, K, R))
    linear = (
        look.closed_form.query(scene_inputs(*scene), torch.arange(K))
        @ look.closed_form.product(torch.cat(product, dim=1)).T
    )
    networks = torch.zeros_like(linear)
    for network in look.networks:
        query, _ = SceneSide(network)(scene.pooled, scene.regions)
        networks += query @ network.embed(product[0]).T
        own = network.query(network.embed(scene.pooled), scene.regions, torch.tensor([1, 0, 3, 3, 2]))
        torch.testing.assert_close(own, query[torch.arange(5), torch.tensor([1, 0, 3, 3, 2])])
    torch.testing.assert_close(queries @ vectors.T, 2 * linear + 0.25 * networks, rtol=1e-4, atol=1e-4)
    own, _ = look.joined_queries(scene, torch.tensor([[1], [0], [3], [3], [2]]))
    torch.testing.assert_close(own[:, 0], queries[torch.arange(5), torch.tensor([1, 0, 3, 3, 2])])


def test_attention_is_what_each_cell_adds_to_the_spread_of_the_scores() -> None:
    """Against each cell made the mean of all, one by one: what sum_j variance_j q_j q_j(without it) loses."""
    look, scene = drawn(4).double(), Scene(*(part.double() for part in scenes(2)))
    queries, attention = JoinedScene(look)(*scene)
    looks = [network.look(scene.regions, torch.arange(K)) for network in look.networks]

    def without(cells: Tensor, i: int | None) -> Tensor:
        changed = cells.clone()
        if i is not None:
            changed[:, i] = cells.mean(dim=1)
        return changed

    def score(i: int | None) -> Tensor:
        regions = without(scene.regions, i)
        statistics = [regions.mean(dim=1), regions.std(dim=1, correction=0)]
        inputs = torch.cat([scene.pooled, scene.halves, *statistics], dim=1)
        parts = [look.weights[0] * look.closed_form.query(inputs, torch.arange(K))]
        for network, (embedded, attended) in zip(look.networks, looks, strict=True):
            seen = network.embed(scene.pooled)[:, None] + attended @ without(embedded, i)
            parts.append(look.weights[1] * network.category_map(seen, torch.arange(K)))
        return (torch.cat(parts, dim=-1) @ look.query_map * queries * look.variance).sum(dim=-1)

    lost = torch.stack([score(None) - score(i) for i in range(R)], dim=-1).clamp(min=0)
    torch.testing.assert_close(attention, lost / lost.sum(dim=-1, keepdim=True), rtol=1e-6, atol=1e-9)
    assert (attention > 0.3).any() and (attention < 1e-6).any()


@pytest.mark.parametrize("halves", [0, 2 * D])
def test_the_exported_scene_side_gives_what_torch_gives(halves: int, tmp_path: Path) -> None:
    """With halves and without; that of products is compared where a whole model is trained."""
    look = drawn(4, halves)
    example = {name: value for name, value in scenes(2, halves)._asdict().items() if value.shape[1]}
    export_onnx(JoinedScene(look).eval(), example, ["queries", "attention"], tmp_path / "scene.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "scene.onnx")
    assert [given.name for given in session.get_inputs()] == [*example]
    for n in (1, 6):
        scene = scenes(n, halves)
        expected = JoinedScene(look)(*list(scene)[: len(example)])
        got = session.run(None, {name: np.asarray(getattr(scene, name)) for name in example})
        assert (got[0].shape, got[1].shape) == ((n, K, 4), (n, K, R))
        for values, wanted in zip(got, expected, strict=True):
            np.testing.assert_allclose(values, wanted, rtol=1e-4, atol=1e-4)
    blank = {name: np.ones_like(getattr(scenes(2, halves), name)) for name in example}
    np.testing.assert_allclose(session.run(["attention"], blank)[0], 1 / R, rtol=1e-4)


def test_the_sides_are_the_joined_vectors_through_their_maps() -> None:
    look, scene, (pooled, statistics) = drawn(4), scenes(3), products(5)
    queries, attention = JoinedScene(look)(*scene)
    whole, looks = look.joined_queries(scene, torch.arange(K))
    torch.testing.assert_close(queries, whole @ look.query_map)
    torch.testing.assert_close(attention, look.attention(scene.regions, whole, looks, torch.arange(K)))
    vectors = JoinedProduct(look)(pooled, statistics)
    torch.testing.assert_close(vectors, look.joined_products(pooled, statistics) @ look.product_map)


def test_the_weights_go_to_disk_and_come_back() -> None:
    look, other = drawn(4), JoinedLook(Parts(drawn(4).closed_form, drawn(4).networks, (2.0, 0.25)), 4)
    assert not other.query_map.any() and not other.product_map.any()
    other.load_state_dict(look.state_dict())
    expected, got = (JoinedScene(model.eval())(*scenes(3)) for model in (look, other))
    torch.testing.assert_close(got, expected)
