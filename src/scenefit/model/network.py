"""What every trained method is: products become vectors, and a scene has a distance to each (torch)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from torch import Tensor, nn


class Batch(NamedTuple):
    """A batch of B triplets: scene (B, D), regions (B, R, C), category (B,), positive (B, D), negative (B, D).

    `allowed` (B, 2 B) says which of the batch's products, all positives and then all negatives, may stand against a
    scene, or are its own positive; None where a method compares with its own negative alone.
    """

    scene: Tensor
    regions: Tensor
    category: Tensor
    positive: Tensor
    negative: Tensor
    allowed: Tensor | None = None


class Network(nn.Module, ABC):
    """A network on frozen features whose distance says what goes with a scene."""

    @abstractmethod
    def embed(self, pooled: Tensor) -> Tensor:
        """Turn pooled features of products (P, D) into what `distances` compares with, (P, e)."""

    @abstractmethod
    def distances(self, scene: Tensor, regions: Tensor, category: Tensor, products: Tensor) -> Tensor:
        """Give the distances (B, K), small when a product goes with the scene.

        Args:
            scene: shape (B, D), pooled features.
            regions: shape (B, R, C).
            category: shape (B,), the row of the category asked for.
            products: embedded products, (K, e) for all scenes or (B, K, e).

        """
