"""Near scenes: a mean of what they were paired with, the nearer the more, and never a scene's own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from scenefit.model.neighbours import SAME_CATEGORY, TEMPERATURE, Anchors, Neighbours

N, D = 6, 3
CATEGORY, SCENE = torch.tensor([0, 1, 0, 1, 1, 0]), torch.tensor([7, 7, 8, 9, 10, 10])


def drawn() -> Neighbours:
    generator = torch.Generator().manual_seed(0)
    keys, values = (torch.randn(N, D, generator=generator) for _ in range(2))
    return Neighbours(Anchors(normalize(keys, dim=1), values, CATEGORY, SCENE, torch.tensor([2.0, 1.0, 0.5])))


def queries(n: int) -> Tensor:
    return torch.randn(n, 2, D, generator=torch.Generator().manual_seed(n))


def test_one_query_by_hand() -> None:
    near, query = drawn(), queries(1)
    scaled = query[0, 1] * near.scale
    logits = [
        float(scaled @ key) / float(scaled.norm()) / TEMPERATURE + SAME_CATEGORY * (c == 1)
        for key, c in zip(near.keys, CATEGORY.tolist(), strict=True)
    ]
    weights = torch.tensor(logits).exp() / torch.tensor(logits).exp().sum()
    torch.testing.assert_close(near(query, torch.tensor([0, 1]))[0, 1], weights @ near.values)


def test_categories_may_be_the_same_for_all_or_each_scene_s_own() -> None:
    near, query = drawn(), queries(4)
    torch.testing.assert_close(near(query, torch.tensor([1, 0])), near(query, torch.tensor([[1, 0]] * 4)))
    assert not torch.allclose(near(query, torch.tensor([1, 0])), near(query, torch.tensor([0, 1])))


def test_a_scene_is_not_its_own_neighbour() -> None:
    near, query = drawn(), queries(2)
    category = torch.tensor([[0, 1], [0, 1]])
    got = near(query, category, torch.tensor([7, 11]))
    others = Neighbours(Anchors(near.keys[2:], near.values[2:], CATEGORY[2:], SCENE[2:], near.scale))
    torch.testing.assert_close(got[0], others(query, category)[0])
    torch.testing.assert_close(got[1], near(query, category)[1])


def test_a_scene_with_no_other_scene_has_no_neighbour() -> None:
    near = drawn()
    alone = Neighbours(Anchors(near.keys[:2], near.values[:2], CATEGORY[:2], SCENE[:2], near.scale))
    assert not alone(queries(1), torch.tensor([0, 1]), torch.tensor([7])).any()


def test_the_length_of_a_query_does_not_count() -> None:
    near, query = drawn(), queries(3)
    torch.testing.assert_close(near(5 * query, torch.tensor([0, 1])), near(query, torch.tensor([0, 1])))


@pytest.mark.parametrize("width", [D, 5])
def test_padded_gives_the_same_and_zeros(width: int) -> None:
    near, query = drawn(), queries(3)
    wide = torch.nn.functional.pad(query, (0, width - D))
    got = near.padded(width)(wide, torch.tensor([0, 1]))
    torch.testing.assert_close(got[..., :D], near(query, torch.tensor([0, 1])))
    assert not got[..., D:].any()
