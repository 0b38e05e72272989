"""From a photo to ranked products: one pass of the network, every category, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from drawn_looks import box_of

from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.errors import FingerprintError, UsageError
from scenefit.features.backbone import Backbone
from scenefit.model.folder import Model
from scenefit.recommend.recommender import Recommender
from scenefit.results import Ranking, Recommendation
from scenefit.types import WHOLE, Box, Pixels, SceneFeatures

WITHOUT_TORCH = "import sys; sys.modules.update(dict.fromkeys(('torch', 'transformers', 'onnx', 'safetensors')))\n"


class Counting(Backbone):
    """The backbone, counting its runs."""

    runs = 0

    def run(self, pixels: Pixels) -> SceneFeatures:
        self.runs += len(pixels)
        return super().run(pixels)


def ids(products: list[Recommendation]) -> list[str]:
    return [product.id for product in products]


def assert_same(got: Ranking, expected: Ranking) -> None:
    assert ids(got.products) == ids(expected.products)
    distances = [product.distance for product in expected.products]
    assert [product.distance for product in got.products] == pytest.approx(distances, abs=1e-5)
    np.testing.assert_allclose(got.attention, expected.attention, atol=1e-5)


def test_ranks_every_product_by_its_distance(recommender: Recommender, photo: Path) -> None:
    result = recommender.recommend(photo, k=1000, duplicates=True)
    model, backbone = recommender.model, recommender.backbone
    queries, attention = model.embed_scenes(backbone.run(backbone.pixels(photo.read_bytes())[None]))
    assert (result.photo, result.model, result.view) == (str(photo), model.fingerprint, WHOLE)
    assert sorted(result.rankings) == recommender.categories == model.categories == ["Pants", "Shoes"]
    ((products, vectors),) = recommender.store.scan()
    for row, name in enumerate(model.categories):
        ranking, query = result.rankings[name], np.append(queries[0, row], 1)
        expected = {
            product.id: 2 - float(query @ vector)
            for product, vector in zip(products, vectors, strict=True)
            if product.category == name
        }
        assert {product.id: product.distance for product in ranking.products} == pytest.approx(expected, abs=1e-5)
        distances = [product.distance for product in ranking.products]
        assert distances == sorted(distances)
        assert [product.rank for product in ranking.products] == list(range(1, 13))
        for product in ranking.products:
            assert product.image and product.image.stem == product.product.content and product.image.is_file()
            assert product.probability is not None and product.product.price
        np.testing.assert_allclose(ranking.attention, attention[0, row].reshape(7, 7), atol=1e-6)
        assert ranking.attention.sum() == pytest.approx(1, abs=1e-5)


def test_one_pass_serves_every_category_and_the_looks(recommender: Recommender, photo: Path) -> None:
    counting = Counting(recommender.backbone.folder)
    together = Recommender(recommender.store, recommender.model, counting).recommend(photo, k=5, looks=2, budget=200)
    assert counting.runs == 1 and len(together.looks) == 2
    for name in recommender.categories:
        alone = recommender.recommend(photo, [name], k=5)
        assert list(alone.rankings) == [name] and alone.looks == []
        assert_same(alone.rankings[name], together.rankings[name])


@pytest.mark.parametrize(("k", "count"), [(1, 1), (5, 5), (12, 12), (13, 12)])
def test_k(recommender: Recommender, photo: Path, k: int, count: int) -> None:
    for ranking in recommender.recommend(photo, k=k, duplicates=True).rankings.values():
        assert len(ranking.products) == count


def test_k_below_one(recommender: Recommender, photo: Path) -> None:
    with pytest.raises(UsageError, match="got k=0; expected at least 1"):
        recommender.recommend(photo, k=0)


def test_categories_come_in_the_order_in_which_they_are_wanted(recommender: Recommender, photo: Path) -> None:
    """Without shoes the scene wants shoes, without trousers trousers."""
    for name, other in (("Shoes", "Pants"), ("Pants", "Shoes")):
        box = Box(*box_of(name))
        result = recommender.recommend(photo, k=1, box=box)
        assert result.wanted is not None
        assert list(result.rankings) == list(result.wanted) == [name, other]
        assert 1 > result.wanted[name] > 0.5 > result.wanted[other] == pytest.approx(1 - result.wanted[name], abs=1e-6)
        assert recommender.suggest(photo, box) == list(result.wanted.items())
        assert list(recommender.recommend(photo, k=1, box=box, suggested=1).rankings) == [name]
        assert list(recommender.recommend(photo, k=1, box=box, suggested=9).rankings) == [name, other]
        for asked in ([other], [other, name]):
            found = recommender.recommend(photo, asked, k=1, box=box)
            assert (list(found.rankings), found.wanted) == (asked, result.wanted)


def test_a_catalog_with_some_categories_takes_no_share_of_the_others(open_shop: LocalCatalog, photo: Path) -> None:
    shoes = Recommender.open(open_shop.folder)
    everything = shoes.suggest(photo)
    assert everything is not None
    open_shop.delete([product.id for some, _ in open_shop.scan() for product in some if product.category == "Pants"])
    assert shoes.suggest(photo) == [("Shoes", dict(everything)["Shoes"])]
    assert list(shoes.recommend(photo).rankings) == ["Shoes"]
    with pytest.raises(UsageError, match="got the category 'Pants'; this catalog has 'Shoes'"):
        shoes.recommend(photo, ["Pants"])


def test_a_model_that_cannot_say_what_is_wanted(
    recommender: Recommender, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recommender.model, "_wanted", None)  # as in a model made before
    assert recommender.suggest(photo) is None
    result = recommender.recommend(photo, k=1)
    assert (list(result.rankings), result.wanted) == (["Pants", "Shoes"], None)
    with pytest.raises(UsageError, match="this model cannot say which categories a scene wants; name categories, or"):
        recommender.recommend(photo, suggested=1)


def test_suggested_that_is_not_taken(recommender: Recommender, photo: Path) -> None:
    with pytest.raises(UsageError, match="got suggested=0; expected at least 1, and no categories beside it"):
        recommender.recommend(photo, suggested=0)
    with pytest.raises(UsageError, match="got suggested=1; expected at least 1, and no categories beside it"):
        recommender.recommend(photo, ["Shoes"], suggested=1)


def test_a_category_that_the_model_does_not_know(recommender: Recommender, photo: Path) -> None:
    with pytest.raises(UsageError, match="got the category 'Hats'; this model knows 'Pants', 'Shoes'"):
        recommender.recommend(photo, ["Shoes", "Hats"])


def test_parts_that_do_not_belong_together(recommender: Recommender, shop: Path, other_model: Path) -> None:
    model = Model(other_model)
    with pytest.raises(FingerprintError, match=r"made by the model \w{12}, not by b{12}; open it with that model, or"):
        Recommender(recommender.store, model, model.backbone())
    with pytest.raises(FingerprintError, match=r"made by the model \w{12}, not by b{12}"):
        Recommender.open(shop, other_model)
    backbone = Backbone(recommender.backbone.folder)
    backbone.fingerprint = "c" * 64
    with pytest.raises(FingerprintError, match=r"got the backbone c{12}; the model was trained on \w{12}: open it by"):
        Recommender(recommender.store, recommender.model, backbone)


def test_works_without_torch(shop: Path, photo: Path) -> None:
    code = WITHOUT_TORCH + (
        "from scenefit.recommend.recommender import Recommender\n"
        f"found = Recommender.open({str(shop)!r}).recommend({str(photo)!r}, ['Shoes'], k=2)\n"
        "print([product.rank for product in found.rankings['Shoes'].products])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[1, 2]\n", done.stderr
