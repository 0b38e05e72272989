"""The closed form: regularised CCA of scenes and products, with targets smoothed by what the scene shows (torch).

Canonical correlation (Hotelling 1936), ridged and centred by category: x is the whitened view of a scene, y that of
its product; the singular vectors of C = E[(x - E x)(t - E t)^T] are the directions in which scenes and products go
together. The target of a pair is t = (1 - MIX) y + MIX s T k: k is the view of the part of the scene that shows the
product, known in training alone, T the ridge regression of y on k, s a scale that makes both as long. What the shop's
photo added is noise to the scene, and T k has none of it. Items without a catalog photo have the target s T k.

In these directions a query may also ask its nearest training scenes (`scenefit/model/neighbours.py`).

The sums are streamed: memory does not grow with the number of pairs. The ridge, and how much near scenes count, are
chosen by cross-validation over scenes within the training pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from scenefit.model.joined import ClosedFormLook
from scenefit.training.closed_form_inputs import Space
from scenefit.training.closed_form_sums import Accumulated, accumulate
from scenefit.training.directions import Directions
from scenefit.training.held_out import SHARES, near_accuracy, plain_accuracy
from scenefit.training.triplet_data import TripletData

RIDGES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


@dataclass(frozen=True)
class ClosedForm:
    """Its maps, what was chosen, and the accuracy of each ridge and share of near scenes on held-out training scenes.

    The ridges are compared without near scenes, the shares with the best ridge.
    """

    look: ClosedFormLook
    ridge: float
    near: float
    ridges: dict[float, float]
    shares: dict[float, float]

    @property
    def accuracy(self) -> float:
        """That of what was chosen; 0.5 where nothing was compared."""
        return self.shares[self.near]


def fit_closed_form(
    data: TripletData, embedding: int, ridges: Sequence[float] = RIDGES, shares: Sequence[float] = SHARES
) -> ClosedForm:
    """Fit the training pairs of some triplets with the best of some ridges and shares of near scenes.

    The same pairs give the same maps.
    """
    space = Space.of(data)
    sums = accumulate(data, space)
    settled = len(ridges) == len(shares) == 1
    tried = dict.fromkeys(ridges, 0.5) if settled else plain_accuracy(sums, space, ridges)
    ridge = max(tried, key=lambda value: tried[value])
    near = dict.fromkeys(shares, 0.5) if settled else near_accuracy(sums, space, ridge, embedding, shares)
    share = max(near, key=lambda value: near[value])
    return ClosedForm(_look(sums, space, ridge, embedding, share), ridge, share, tried, near)


def _look(sums: Accumulated, space: Space, ridge: float, embedding: int, share: float) -> ClosedFormLook:
    """Turn the first directions into linear maps of the features as they are; both sides of length 1 or so."""
    found = Directions.of(sums, space, ridge, embedding)
    d = found.scene.shape[1]
    scene, product = space.scene.directions @ found.scene, space.product.directions @ found.product
    look = ClosedFormLook(len(scene), len(product), embedding, len(found.means))
    with torch.no_grad():
        for parameter in look.parameters():
            parameter.zero_()
        look.scene.weight[:d] = scene.T
        look.categories.weight[:, :d] = -(space.scene.mean @ scene) - found.means @ found.scene
        look.product.weight[:d] = product.T
        look.product.bias[:d] = -(space.product.mean @ product)
    if share:
        look.neighbours = found.neighbours(sums, share).padded(embedding)
    return look.cpu().eval()
