"""A catalog that switches to another model under an open recommender."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from plain_store import PlainStore

from scenefit.catalog.loading.switch import rollback, switch
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.errors import ArtifactError, FingerprintError
from scenefit.features.backbone import Backbone
from scenefit.model.folder import Model
from scenefit.recommend.recommender import Recommender
from scenefit.results import Recommendation
from scenefit.types import Pixels, Product, SceneFeatures


def told(recommender: Recommender, photo: Path) -> tuple[str, tuple[float, ...], bool]:
    """Give the model of a recommendation, its distances, and whether it has probabilities."""
    result = recommender.recommend(photo, k=100, duplicates=True)
    found = [product for ranking in result.rankings.values() for product in ranking.products]
    return result.model, tuple(product.distance for product in found), all(product.probability for product in found)


def test_the_model_that_the_catalog_switched_to_goes_on(
    open_shop: LocalCatalog, other_model: Path, photo: Path
) -> None:
    recommender = Recommender.open(open_shop.folder)
    first, backbone = told(recommender, photo), recommender.backbone
    switch(open_shop, Model(other_model))
    second = told(recommender, photo)
    assert first[0] != second[0] == "b" * 64
    assert second[1] != first[1] and (first[2], second[2]) == (True, False)  # without the prior, not calibrated
    assert recommender.model.fingerprint == "b" * 64 and recommender.backbone is backbone
    assert second == told(Recommender.open(open_shop.folder), photo)
    rollback(open_shop)
    assert told(recommender, photo) == first
    ((products, _),) = open_shop.scan()
    switch(open_shop, Model(other_model))
    assert recommender.similar(products[0].id, 1) and recommender.model.fingerprint == "b" * 64


class Switching(Backbone):
    """The backbone, at whose first run the catalog switches to another model."""

    def __init__(self, folder: Path, catalog: LocalCatalog, model: Path) -> None:
        super().__init__(folder)
        self.catalog, self.model, self.runs = catalog, model, 0

    def run(self, pixels: Pixels) -> SceneFeatures:
        self.runs += 1
        if self.runs == 1:
            switch(self.catalog, Model(self.model))
        return super().run(pixels)


@pytest.mark.parametrize("question", ["recommend", "rerank"])
def test_a_switch_in_the_middle_of_a_call_costs_it_a_second_pass(
    open_shop: LocalCatalog, other_model: Path, photo: Path, question: str
) -> None:
    model = Model(open_shop.model_folder)
    backbone = Switching(model.folder / "backbone", open_shop, other_model)
    recommender = Recommender(LocalCatalog(open_shop.folder), model, backbone)
    ((products, _),) = open_shop.scan()
    names = [product.id for product in products]

    def answer(asked: Recommender) -> list[Recommendation]:
        if question == "rerank":
            return asked.rerank(photo, "Shoes", names).products
        return asked.recommend(photo, ["Shoes"], k=100, duplicates=True).rankings["Shoes"].products

    found = answer(recommender)
    assert found == answer(Recommender.open(open_shop.folder))
    assert backbone.runs == 2 and len(found) == 12


def test_threads_get_answers_of_one_model_each(open_shop: LocalCatalog, other_model: Path, photo: Path) -> None:
    recommender = Recommender.open(open_shop.folder)
    first = told(recommender, photo)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(told, recommender, photo) for _ in range(4)]
        switch(open_shop, Model(other_model))
        asked += [pool.submit(told, recommender, photo) for _ in range(4)]
        answers = [each.result() for each in asked]
    second = told(recommender, photo)
    assert second[0] == "b" * 64 and answers[-1] == second
    assert set(answers) <= {first, second}


def test_a_damaged_model_is_told(open_shop: LocalCatalog, other_model: Path, photo: Path) -> None:
    recommender = Recommender.open(open_shop.folder)
    switch(open_shop, Model(other_model))
    (open_shop.model_folder / "scene.onnx").unlink()
    with pytest.raises(ArtifactError, match=r"scene\.onnx"):
        recommender.recommend(photo)


class Server(PlainStore):
    """A store that is no folder."""

    def picture(self, product: Product) -> Path | None:
        return None


def test_a_server_that_switched_must_be_opened_again(model_folder: Path, photo: Path) -> None:
    model = Model(model_folder)
    server = Server(model.embedding_size + 1, model.fingerprint)
    server.upsert([Product("a", "Shoes")], np.ones((1, model.embedding_size + 1), np.float32))
    recommender = Recommender(server, model, model.backbone())
    (found,) = recommender.recommend(photo, ["Shoes"]).rankings["Shoes"].products
    assert (found.id, found.image) == ("a", None)
    server.model = "d" * 64
    message = (
        r"the server's vectors are of the model d{12} now, .* \w{12}: open it again with the folder of the new model"
    )
    with pytest.raises(FingerprintError, match=message):
        recommender.recommend(photo, ["Shoes"])
