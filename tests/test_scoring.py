"""A scene and a product scored: the same numbers that a recommendation of that product shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_looks import box_of, signature

from scenefit.errors import ImageError, UsageError
from scenefit.features.backbone import Backbone
from scenefit.model.folder import Model
from scenefit.recommend.recommender import Recommender
from scenefit.scoring import score_pair
from scenefit.types import WHOLE, Box


@pytest.fixture(scope="module")
def recommender(catalog_folder: Path) -> Recommender:
    return Recommender.open(catalog_folder)


@pytest.fixture(scope="module")
def model(recommender: Recommender) -> Model:
    return recommender.model


@pytest.fixture(scope="module")
def backbone(recommender: Recommender) -> Backbone:
    return recommender.backbone


@pytest.fixture(scope="module")
def photo(looks: Path) -> Path:
    return looks / "images" / f"{signature('scene 3')}.jpg"


@pytest.mark.parametrize("box", [None, Box(*box_of("Shoes"))])
def test_it_is_what_a_recommendation_says(
    recommender: Recommender, model: Model, backbone: Backbone, photo: Path, box: Box | None
) -> None:
    found = recommender.recommend(photo, ["Shoes"], k=12, box=box)
    probabilities = []
    for product in found.rankings["Shoes"].products:
        assert product.image is not None
        score = score_pair(model, backbone, photo, product.image, "Shoes", box)
        assert (score.view, score.distance) == (found.view, pytest.approx(product.distance, abs=5e-3))  # fp16 store
        assert score.probability == pytest.approx(product.probability, abs=5e-3)
        assert score.threshold is not None and score.goes == (score.distance <= score.threshold)
        probabilities.append(product.probability)
    assert probabilities == sorted(probabilities, reverse=True)
    assert probabilities[0] > 0.5 > probabilities[-1]


def test_of_a_model_without_calibration_only_the_distance_is_said(
    model: Model, backbone: Backbone, photo: Path, looks: Path, uncalibrated_folder: Path
) -> None:
    product = looks / "images" / f"{signature('Shoes 1')}.jpg"
    score = score_pair(Model(uncalibrated_folder), backbone, photo, product, "Shoes")
    assert (score.threshold, score.probability, score.goes, score.view) == (None, None, None, WHOLE)
    assert score.distance == score_pair(model, backbone, photo, product, "Shoes").distance


def test_a_seen_product_brings_its_prior(
    model: Model, backbone: Backbone, photo: Path, looks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = looks / "images" / f"{signature('Shoes 1')}.jpg"
    before = score_pair(model, backbone, photo, product, "Shoes")
    asked = []

    def prior(products: dict[str, np.ndarray]) -> np.ndarray:
        asked.extend(products["content"].tolist())
        return np.array([0.25], np.float32)

    monkeypatch.setattr(model, "prior", prior)
    after = score_pair(model, backbone, photo, product, "Shoes")
    assert after.distance == pytest.approx(before.distance - 0.25, abs=1e-6)
    assert before.probability is not None and after.probability is not None and after.probability > before.probability
    assert len(asked[0]) == 64


def test_what_cannot_be_scored(model: Model, backbone: Backbone, photo: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="got the category 'Rugs'; this model knows 'Pants', 'Shoes'"):
        score_pair(model, backbone, photo, photo, "Rugs")
    with pytest.raises(UsageError, match="draw a smaller one"):
        score_pair(model, backbone, photo, photo, "Shoes", Box(0.01, 0.01, 0.99, 0.99))
    with pytest.raises(ImageError, match=r"nothing\.jpg: no such picture"):
        score_pair(model, backbone, photo, tmp_path / "nothing.jpg", "Shoes")
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(ImageError, match=r"text\.jpg: got not a picture"):
        score_pair(model, backbone, photo, tmp_path / "text.jpg", "Shoes")
