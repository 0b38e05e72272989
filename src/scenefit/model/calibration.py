"""The probability that a scene and a product go together, from their distance.

Meant is the binary task: one product that goes with the scene against one of its category that does not, as likely.

    d' = d(s, p) - d(s, m_c)                     nearer or farther than the category's mean product m_c
    P(goes | d') = 1 / (1 + exp(scale_c d' - offset_c))                         scale_c >= 0 (Platt 1999)

Distances to different scenes lie around different values, which says nothing of the products; so the distance is taken
relative to that of the mean product, one more inner product and free of the distance's constant. Curves and means are
fitted on the validation split (`calibration_fit`) and kept in `calibration.json`.

A pair is said to go together from P = 1/2 on: at the distance where that is, each category has its own. It is where
balanced accuracy is highest if the curve is right. The threshold of highest balanced accuracy on the validation pairs
themselves was tried, by category and shrunk as the curves are: it was no better on other pairs, being the place of a
maximum and so noisier than the curve.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scenefit.errors import ArtifactError
from scenefit.model.compatibility import distance_matrix
from scenefit.types import Doubles, Floats

GOES = 0.5
"""The probability from which on a pair is said to go together."""
DIGITS, CENTRE_DIGITS = 9, 6


@dataclass(frozen=True)
class Curve:
    """P = 1 / (1 + exp(scale * d' - offset)), of `pairs` validation pairs; `scale` >= 0, so that it never rises."""

    scale: float
    offset: float
    pairs: int = 0

    def __call__(self, relative: Floats | Doubles) -> Doubles:
        """Give the probabilities of relative distances of any shape."""
        return sigmoid(self.offset - self.scale * np.asarray(relative, np.float64))

    @property
    def threshold(self) -> float | None:
        """The relative distance up to which a pair goes together; None where the distance decides nothing."""
        threshold = self.offset / self.scale if self.scale else math.inf
        return threshold if math.isfinite(threshold) else None


PLAIN = Curve(1.0, 0.0)
"""The relative distance read as it is, without calibration."""


@dataclass(frozen=True)
class Calibration:
    """A curve and a mean product for each category of a model.

    Attributes:
        curves: by category, in the order of the model.
        centres: by category, the mean of its products' vectors, shape (e,), float32; see `mean_product`.
        pooled: the curve of all categories together, which those of few pairs are close to.
        error_before: expected calibration error on the validation pairs, of the relative distance read as it is.
        error_after: the same calibrated, by cross-validation over scenes; None where there are too few.
    """

    curves: Mapping[str, Curve]
    centres: Mapping[str, Floats]
    pooled: Curve
    error_before: float
    error_after: float | None

    def probabilities(self, category: str, queries: Floats, distances: Floats) -> Doubles:
        """Give the probabilities (B, P) that products go with scenes.

        Args:
            category: one of the model's.
            queries: shape (B, e), the scenes' query vectors for it, as a catalog is searched with them.
            distances: shape (B, P), to products of the category.
        """
        return self.curves[category](relative_distances(distances, queries, self.centres[category]))

    def threshold(self, category: str, query: Floats) -> float | None:
        """Give the distance from a query (e,) up to which a product goes; None where the distance decides nothing."""
        relative = self.curves[category].threshold
        here = distance_matrix(query[None], self.centres[category][None])[0, 0]
        return None if relative is None else relative + float(here)

    def as_json(self) -> dict[str, Any]:
        """Give the content of `calibration.json`."""
        centres = {name: [rounded(x, CENTRE_DIGITS) for x in centre.tolist()] for name, centre in self.centres.items()}
        return {
            "calibration_error": {"before": self.error_before, "after": self.error_after},
            "pooled": vars(self.pooled),
            "categories": {name: {**vars(curve), "centre": centres[name]} for name, curve in self.curves.items()},
        }


def relative_distances(distances: Floats, queries: Floats, centre: Floats) -> Floats:
    """Give distances (B, P) from queries (B, e) relative to those to the mean product (e,)."""
    return distances - distance_matrix(queries, centre[None])


def mean_product(vectors: Floats) -> Floats:
    """Give the mean of product vectors (P, e), at least one, as it is kept: float32, to six digits."""
    mean = vectors.mean(axis=0, dtype=np.float64)
    return np.array([rounded(x, CENTRE_DIGITS) for x in mean.tolist()], np.float32)


def sigmoid(logits: Doubles) -> Doubles:
    """Compute 1 / (1 + exp(-logits)) without overflow."""
    return np.asarray((1 + np.tanh(logits / 2)) / 2)


def rounded(number: float, digits: int = DIGITS) -> float:
    """Round to so many significant digits, so that another machine's last bits do not change a file.

    >>> rounded(1234.56789, 6)
    1234.57
    """
    return float(f"{number:.{digits}g}")


def read_calibration(path: Path, categories: Sequence[str], size: int) -> Calibration:
    """Read `calibration.json` of a model with these categories and vectors of this size.

    Raises:
        ArtifactError: it cannot be read, is of another model, or holds what no calibration gives.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        return _calibration(content, categories, size)
    except (OSError, ValueError, RecursionError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path} is not a calibration ({error!r}); make the model again") from None


def _calibration(content: Any, categories: Sequence[str], size: int) -> Calibration:
    """Build a calibration from JSON; ValueError, KeyError or TypeError where it does not fit."""
    parts, errors = content["categories"], content["calibration_error"]
    if not isinstance(parts, dict) or list(parts) != list(categories):
        raise ValueError(f"got the categories {list(parts)}; the model has {list(categories)}")
    return Calibration(
        {name: _curve(part) for name, part in parts.items()},
        {name: _centre(part["centre"], size) for name, part in parts.items()},
        _curve(content["pooled"]),
        _number(errors["before"], 0, 1),
        None if errors["after"] is None else _number(errors["after"], 0, 1),
    )


def _curve(part: Any) -> Curve:
    pairs = part["pairs"]
    if type(pairs) is not int or pairs < 0:
        raise ValueError(f"got {pairs!r} pairs; expected a whole number from 0 on")
    return Curve(_number(part["scale"], 0), _number(part["offset"]), pairs)


def _centre(values: Any, size: int) -> Floats:
    if not isinstance(values, list) or len(values) != size:
        raise ValueError(f"got a centre that is no list of {size} numbers")
    return np.array([_number(value) for value in values], np.float32)


def _number(value: Any, least: float = -1e30, most: float = 1e30) -> float:
    if type(value) is not float or not least <= value <= most:
        raise ValueError(f"got {value!r:.40}; expected a number from {least:g} to {most:g}")
    return value
