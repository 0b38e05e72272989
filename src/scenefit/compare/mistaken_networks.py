"""Networks with an error in the attention: what public re-implementations made of it (torch)."""

from __future__ import annotations

import torch
from torch import Tensor

from scenefit.model.compatibility import distance, query_vectors
from scenefit.model.heads import CompleteTheLook


class AttendsFarthest(CompleteTheLook):
    """Error 1: softmax over plus the distance."""

    def attend(self, keys: Tensor, wanted: Tensor) -> Tensor:
        """Weigh by +|h_i - e_c|^2 = 2 - 2 h.e."""
        return (2 - 2 * (wanted @ keys.transpose(-1, -2))).softmax(dim=-1)


class AttendsOverBatch(CompleteTheLook):
    """Error 4: softmax over the batch axis."""

    def attend(self, keys: Tensor, wanted: Tensor) -> Tensor:
        """Weigh the scenes of a batch against each other instead of the regions of a scene."""
        return (2 * (wanted @ keys.transpose(-1, -2)) - 2).softmax(dim=0)


class PositiveAttends(CompleteTheLook):
    """Error 2: the positive product is the key of the attention."""

    def triplets(
        self, scene: Tensor, regions: Tensor, category: Tensor, positive: Tensor, negative: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Attend by the positive, for the positive and for the negative."""
        f_scene, good, bad = self.embed(torch.cat([scene, positive, negative])).chunk(3)
        return self.guided(f_scene, regions, good[:, None])[:, 0], good, bad

    def guided(self, f_scene: Tensor, regions: Tensor, products: Tensor) -> Tensor:
        """Give query vectors (B, K, d), one for each of the embedded products (K, d) or (B, K, d) as keys."""
        embedded, keys = self.embed_regions(regions)
        return query_vectors(f_scene, self.attend(keys, products), embedded)

    def distances(self, scene: Tensor, regions: Tensor, category: Tensor, products: Tensor) -> Tensor:
        """Let each candidate attend for itself: all that can be done when the positive is not known."""
        return distance(self.guided(self.embed(scene), regions, products), products)
