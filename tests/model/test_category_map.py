"""The linear map of each category."""

from __future__ import annotations

import torch

from scenefit.model.category_map import CategoryMap

K, D = 3, 6


def mapped() -> CategoryMap:
    torch.manual_seed(0)
    found = CategoryMap(K, D, rank=2)
    torch.nn.init.normal_(found.second)
    return found.requires_grad_(False)


def test_nothing_changes_before_training() -> None:
    queries = torch.randn(4, K, D)
    assert torch.equal(CategoryMap(K, D)(queries, torch.arange(K)), queries)


def test_each_category_has_a_matrix_of_its_own() -> None:
    map_, queries = mapped(), torch.randn(4, K, D)
    matrices = torch.eye(D) + map_.first @ map_.second
    got = map_(queries, torch.arange(K))
    for k in range(K):
        torch.testing.assert_close(got[:, k], queries[:, k] @ matrices[k])
    own = torch.tensor([[2, 0], [1, 1], [0, 2], [2, 2]])
    torch.testing.assert_close(map_(queries[:, :2], own)[1, 0], queries[1, 0] @ matrices[1])


def test_back_tells_what_a_number_before_adds_after() -> None:
    map_, queries, score = mapped(), torch.randn(4, K, D, requires_grad=True), torch.randn(4, K, D)
    (map_(queries, torch.arange(K)) * score).sum().backward()
    torch.testing.assert_close(map_.back(score, torch.arange(K)), queries.grad)
