"""Complete the Look trained by contrast: its attention may become sharp (torch)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from scenefit.model.attention import attention_weights
from scenefit.model.category_map import CategoryMap
from scenefit.model.heads import CompleteTheLook, Sizes

TEMPERATURE, SHARPNESS = 0.1, 2.0
"""Where the two learned factors start."""


class ContrastiveLook(CompleteTheLook):
    """The network of the paper with two learned factors and a map by category; its distance is still 2 - q . f_p.

    The attention is softmax over i of -k |h_i - e_c|^2. With k = 1, as in the paper, a region weighs at most e^4 times
    another; here k is learned. The loss has a temperature t. q = m_c(f_s + sum_i a_i f_i), m_c a `CategoryMap`.
    """

    def __init__(self, sizes: Sizes, dropout: float) -> None:
        super().__init__(sizes, dropout)
        self.log_sharpness = nn.Parameter(torch.tensor(math.log(SHARPNESS)))
        self.log_temperature = nn.Parameter(torch.tensor(math.log(TEMPERATURE)))
        self.category_map = CategoryMap(sizes.categories, sizes.embedding)

    def attend(self, keys: Tensor, wanted: Tensor) -> Tensor:
        """Weigh the regions by softmax over i of 2 k h_i . e_c, which is that of -k |h_i - e_c|^2 for unit vectors."""
        return attention_weights(keys, wanted * self.log_sharpness.exp())

    def queries(self, f_scene: Tensor, embedded: Tensor, attention: Tensor, category: Tensor) -> Tensor:
        """Give those of the paper, mapped for their categories."""
        mapped: Tensor = self.category_map(super().queries(f_scene, embedded, attention, category), category)
        return mapped

    def contrast(self, scene: Tensor, regions: Tensor, category: Tensor, products: Tensor) -> Tensor:
        """Give the logits q . f_p / t of B scenes (B, D) for their categories against P products (P, D): (B, P).

        Scenes and products pass the shared head together, so that BatchNorm sees both, as it will when serving.
        """
        embedded = normalize(self.shared(torch.cat([scene, products])), dim=-1)
        query = self.query(embedded[: len(scene)], regions, category)
        return query @ embedded[len(scene) :].T / self.log_temperature.exp()
