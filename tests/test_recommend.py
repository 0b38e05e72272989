"""From a photo to ranked products: one pass, every category, and photos that are not accepted."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_looks import box_of, signature
from PIL import Image

from scenefit.catalog.store import Catalog
from scenefit.errors import FingerprintError, ImageError, UsageError
from scenefit.features.backbone import Backbone
from scenefit.recommend.recommender import Recommender
from scenefit.results import Ranking
from scenefit.types import WHOLE, Box, Floats, Pixels

WITHOUT_TORCH = "import sys; sys.modules.update(dict.fromkeys(('torch', 'transformers', 'onnx', 'safetensors')))\n"


class Counting(Backbone):
    """The backbone, counting its runs."""

    runs = 0

    def run(self, pixels: Pixels) -> tuple[Floats, Floats]:
        self.runs += len(pixels)
        return super().run(pixels)


@pytest.fixture(scope="module")
def recommender(catalog_folder: Path) -> Recommender:
    return Recommender.open(catalog_folder)


@pytest.fixture(scope="module")
def photo(looks: Path) -> Path:
    return looks / "images" / f"{signature('scene 3')}.jpg"


def assert_same(got: Ranking, expected: Ranking) -> None:
    assert [product.id for product in got.products] == [product.id for product in expected.products]
    distances = [product.distance for product in expected.products]
    assert [product.distance for product in got.products] == pytest.approx(distances, abs=1e-5)
    np.testing.assert_allclose(got.attention, expected.attention, atol=1e-5)


def test_ranks_every_product_by_its_distance(recommender: Recommender, photo: Path) -> None:
    result = recommender.recommend(photo, k=1000)
    model, backbone, catalog = recommender.model, recommender.backbone, recommender.catalog
    queries, attention = model.embed_scenes(backbone.run(backbone.pixels(photo.read_bytes())[None]))
    assert (result.photo, result.model, result.view) == (str(photo), model.fingerprint, WHOLE)
    assert sorted(result.rankings) == recommender.categories == model.categories == ["Pants", "Shoes"]
    for row, name in enumerate(model.categories):
        ranking = result.rankings[name]
        expected = {
            catalog.products["id"][i]: 2 - float(queries[0, row] @ catalog.vectors[i, :-1]) for i in catalog.rows(name)
        }
        assert {product.id: product.distance for product in ranking.products} == pytest.approx(expected, abs=1e-5)
        distances = [product.distance for product in ranking.products]
        assert distances == sorted(distances)
        assert [product.rank for product in ranking.products] == list(range(1, 13))
        assert all(product.image and product.id in product.image.name for product in ranking.products)
        np.testing.assert_allclose(ranking.attention, attention[0, row].reshape(7, 7), atol=1e-6)
        assert ranking.attention.sum() == pytest.approx(1, abs=1e-5)


def test_one_pass_serves_every_category(recommender: Recommender, photo: Path) -> None:
    counting = Counting(recommender.backbone.folder)
    together = Recommender(recommender.catalog, recommender.model, counting).recommend(photo, k=5)
    assert counting.runs == 1
    for name in recommender.categories:
        alone = recommender.recommend(photo, [name], k=5)
        assert list(alone.rankings) == [name]
        assert_same(alone.rankings[name], together.rankings[name])


@pytest.mark.parametrize(("k", "count"), [(1, 1), (5, 5), (12, 12), (13, 12)])
def test_k(recommender: Recommender, photo: Path, k: int, count: int) -> None:
    for ranking in recommender.recommend(photo, k=k).rankings.values():
        assert len(ranking.products) == count


def test_novelty_takes_the_prior_away(recommender: Recommender, photo: Path) -> None:
    vectors = recommender.catalog.vectors.copy()
    vectors[:, -1] = np.linspace(-1, 1, len(vectors))
    other = Recommender(replace(recommender.catalog, vectors=vectors), recommender.model, recommender.backbone)
    prior = dict(zip(recommender.catalog.products["id"], vectors[:, -1].tolist(), strict=True))
    plain = recommender.recommend(photo, ["Shoes"], k=100).rankings["Shoes"].products
    for novelty in (0.0, 0.4, 1.0):
        got = other.recommend(photo, ["Shoes"], k=100, novelty=novelty).rankings["Shoes"].products
        expected = {product.id: product.distance - (1 - novelty) * prior[product.id] for product in plain}
        assert {product.id: product.distance for product in got} == pytest.approx(expected, abs=1e-5)
    with pytest.raises(UsageError, match=r"got the novelty 2; expected 0"):
        other.recommend(photo, novelty=2)


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


def test_a_catalog_with_some_categories_takes_no_share_of_the_others(recommender: Recommender, photo: Path) -> None:
    catalog = recommender.catalog
    only = catalog.products | {"category": np.full(24, "Shoes", object)}
    shoes = Recommender(replace(catalog, products=only), recommender.model, recommender.backbone)
    everything = recommender.suggest(photo)
    assert everything is not None
    assert shoes.suggest(photo) == [("Shoes", dict(everything)["Shoes"])]


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


def test_k_below_one(recommender: Recommender, photo: Path) -> None:
    with pytest.raises(UsageError, match="got k=0; expected at least 1"):
        recommender.recommend(photo, k=0)


def test_bytes_and_text_are_taken_as_a_path_is(recommender: Recommender, photo: Path) -> None:
    expected = recommender.recommend(photo)
    for given in (photo.read_bytes(), str(photo)):
        result = recommender.recommend(given)
        assert result.photo == ("" if isinstance(given, bytes) else given)
        for name, ranking in result.rankings.items():
            assert_same(ranking, expected.rankings[name])


def test_a_box_takes_the_product_out(recommender: Recommender, photo: Path, tmp_path: Path) -> None:
    """What is looked at with a box is the picture cut to the strip above it."""
    with Image.open(photo) as image:
        image.save(tmp_path / "whole.png")
        box = Box(*box_of("Shoes"))
        image.crop((0, 0, image.width, round(box.top * image.height))).save(tmp_path / "cut.png")
    result = recommender.recommend(tmp_path / "whole.png", box=box)
    assert list(result.view) == [0, 0, 1, box.top]
    cut, whole = (recommender.recommend(tmp_path / name) for name in ("cut.png", "whole.png"))
    for name, ranking in result.rankings.items():
        assert_same(ranking, cut.rankings[name])
        assert ranking.products[0].distance != pytest.approx(whole.rankings[name].products[0].distance, abs=1e-6)


def test_a_box_that_leaves_too_little(recommender: Recommender, photo: Path) -> None:
    with pytest.raises(UsageError, match=r"leaves less than 20% of the photo on every side; draw a smaller one"):
        recommender.recommend(photo, box=Box(0.1, 0.1, 0.9, 0.9))


def test_unknown_categories(recommender: Recommender, photo: Path) -> None:
    with pytest.raises(UsageError, match="got the category 'Hats'; this catalog has 'Pants', 'Shoes'"):
        recommender.recommend(photo, ["Shoes", "Hats"])
    catalog, model = recommender.catalog, recommender.model
    renamed = catalog.products | {"category": np.where(catalog.products["category"] == "Pants", "Hats", "Shoes")}
    hats = Recommender(Catalog(renamed, catalog.vectors, catalog.model), model, recommender.backbone)
    assert hats.categories == list(hats.recommend(photo).rankings) == ["Shoes"]
    with pytest.raises(UsageError, match="got the category 'Hats'; this model knows 'Pants', 'Shoes'"):
        hats.recommend(photo, ["Hats"])
    with pytest.raises(UsageError, match="got the category 'Pants'; this catalog has 'Hats', 'Shoes'"):
        hats.recommend(photo, ["Pants"])


def encoded(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((90, 90), 50).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (encoded("PDF"), "got a PDF document .*expected one of JPEG"),
        (encoded("JPEG")[:900], "it is truncated or damaged"),
        (encoded("PNG")[:900], "it is truncated or damaged"),
        (b"", "has 0 bytes; expected 1 to"),
        (b"GIF89a", "got not a picture that can be read .*expected one of JPEG"),
        (b"<svg/>", "got not a picture that can be read .*expected one of JPEG"),
    ],
)
def test_photo_that_is_not_accepted(recommender: Recommender, content: bytes, message: str, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(content)
    with pytest.raises(ImageError, match=rf"^{photo}.*{message}"):
        recommender.recommend(photo)


def test_photo_that_is_no_file(recommender: Recommender, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(photo)
    with pytest.raises(
        ImageError, match=r"link\.jpg cannot be opened .*it is a symbolic link: give the picture itself"
    ):
        recommender.recommend(tmp_path / "link.jpg")
    with pytest.raises(ImageError, match=rf"^{tmp_path} is not a regular file; expected a picture"):
        recommender.recommend(str(tmp_path))
    with pytest.raises(ImageError, match=r"none\.jpg: no such picture"):
        recommender.recommend(tmp_path / "none.jpg")
    with pytest.raises(ImageError, match=r"^got not a picture that can be read"):
        recommender.recommend(b"not a picture")


def test_parts_that_do_not_belong_together(recommender: Recommender) -> None:
    other = replace(recommender.catalog, model="b" * 64)
    with pytest.raises(FingerprintError, match=r"made by the model b{12}, not by \w{12}; build the catalog again"):
        Recommender(other, recommender.model, recommender.backbone)
    backbone = Backbone(recommender.backbone.folder)
    backbone.fingerprint = "c" * 64
    with pytest.raises(FingerprintError, match=r"got the backbone c{12}; the model was trained on \w{12}: open it by"):
        Recommender(recommender.catalog, recommender.model, backbone)


def test_works_without_torch(catalog_folder: Path, photo: Path) -> None:
    code = WITHOUT_TORCH + (
        "from scenefit.recommend.recommender import Recommender\n"
        f"found = Recommender.open({str(catalog_folder)!r}).recommend({str(photo)!r}, ['Shoes'], k=2)\n"
        "print([product.rank for product in found.rankings['Shoes'].products])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[1, 2]\n", done.stderr
