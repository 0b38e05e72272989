"""Complete the Look and its ablations: each differs from the whole in one place (torch)."""

from __future__ import annotations

import torch
from torch import Tensor

from scenefit.compare.networks import fitted
from scenefit.compare.task import Fitted, Task
from scenefit.config import recipe
from scenefit.model.heads import CompleteTheLook, Sizes
from scenefit.model.network import Batch
from scenefit.training.loss import triplet_loss

PAPER = recipe("ctl-paper")


class GlobalOnly(CompleteTheLook):
    """d = |f_s - f_p|^2."""

    def query(self, f_scene: Tensor, regions: Tensor, category: Tensor) -> Tensor:
        """Give 2 f_s, so that 2 - q.p is the squared distance."""
        return 2 * f_scene


class LocalOnly(CompleteTheLook):
    """d = sum_i a_i |f_i - f_p|^2."""

    def query(self, f_scene: Tensor, regions: Tensor, category: Tensor) -> Tensor:
        """Give 2 sum_i a_i f_i."""
        embedded, attention = self.look(regions, category[:, None])
        return 2 * (attention @ embedded)[:, 0]


class NoCategory(CompleteTheLook):
    """One attention for all categories: its key is learned, but the same whatever is asked for."""

    def look(self, regions: Tensor, categories: Tensor) -> tuple[Tensor, Tensor]:
        """Attend as for the first category."""
        return super().look(regions, torch.zeros_like(categories))


def hinge(model: CompleteTheLook, batch: Batch) -> Tensor:
    """The loss of the paper."""
    return triplet_loss(*model.triplets(*batch[:5]), PAPER.margin)


def build(kind: type[CompleteTheLook], sizes: Sizes) -> CompleteTheLook:
    """Build a network with the paper's settings."""
    return kind(sizes, PAPER.dropout)


def fit_ctl(task: Task) -> Fitted:
    """Train the whole model."""
    return fitted(task, PAPER, lambda sizes: build(CompleteTheLook, sizes), hinge)


def fit_global(task: Task) -> Fitted:
    """Train the global part alone."""
    return fitted(task, PAPER, lambda sizes: build(GlobalOnly, sizes), hinge)


def fit_local(task: Task) -> Fitted:
    """Train the local part alone."""
    return fitted(task, PAPER, lambda sizes: build(LocalOnly, sizes), hinge)


def fit_no_category(task: Task) -> Fitted:
    """Train with an attention that does not know the category."""
    return fitted(task, PAPER, lambda sizes: build(NoCategory, sizes), hinge)
