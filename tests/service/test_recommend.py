"""Photos in, products out: the same that the package gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from drawn_looks import box_of, signature
from service_parts import fault
from starlette.testclient import TestClient

from scenefit.recommend.recommender import Recommender
from scenefit.scoring import score_pair
from scenefit.types import Box

JPEG = {"content-type": "image/jpeg"}


def ask(service: TestClient, path: str, *photos: bytes, **options: Any) -> Any:
    files = [("photo", ("p.jpg", photo, "image/jpeg")) for photo in photos]
    return service.post(path, files=files, data={"options": json.dumps(options)})


def test_recommend_is_what_the_package_recommends(service: TestClient, recommender: Recommender, photo: bytes) -> None:
    box = box_of("Shoes")
    answer = ask(service, "/v1/recommend", photo, categories=["Shoes"], k=4, box=box, attention=True, looks=0)
    found = recommender.recommend(photo, ["Shoes"], k=4, box=Box(*box))
    told = answer.json()
    assert answer.status_code == 200 and told["model"] == found.model and told["view"] == list(found.view)
    assert [one["id"] for one in told["categories"]["Shoes"]] == [one.id for one in found.rankings["Shoes"].products]
    first, same = told["categories"]["Shoes"][0], found.rankings["Shoes"].products[0]
    assert first["distance"] == pytest.approx(same.distance, abs=1e-4) and first["rank"] == 1
    assert first["probability"] == pytest.approx(same.probability, abs=1e-4)
    assert first["picture"].startswith(f"/v1/products/{first['id']}/picture?v=")
    assert told["attention"]["Shoes"]["grid"] == 7 and sum(told["attention"]["Shoes"]["cells"]) == pytest.approx(1)
    assert "image" not in first and "content" not in first


def test_the_raw_photo_with_options_in_the_address_gives_the_same(service: TestClient, photo: bytes) -> None:
    options = {"categories": ["Pants", "Shoes"], "k": 2, "box": box_of("Pants"), "exclude": [signature("Shoes 1")]}
    form = ask(service, "/v1/recommend", photo, **options).json()
    raw = service.post("/v1/recommend", params=options, content=photo, headers=JPEG).json()
    commas = {**options, "box": ",".join(map(str, box_of("Pants")))}
    assert set(form["categories"]) == {"Pants", "Shoes"}
    for other in (raw, service.post("/v1/recommend", params=commas, content=photo, headers=JPEG).json()):
        ids = [[one["id"] for one in products] for products in other["categories"].values()]
        assert ids == [[one["id"] for one in products] for products in form["categories"].values()]


def test_a_board_and_taste_steer(service: TestClient, recommender: Recommender, photo: bytes, looks: Path) -> None:
    other = (looks / "images" / f"{signature('scene 5')}.jpg").read_bytes()
    liked = [signature("Shoes 2")]
    told = ask(service, "/v1/recommend", photo, other, categories=["Shoes"], liked=liked, diversity=0.3).json()
    found = recommender.recommend([photo, other], ["Shoes"], liked=liked, diversity=0.3)
    assert [one["id"] for one in told["categories"]["Shoes"]] == [one.id for one in found.rankings["Shoes"].products]


def test_without_categories_the_most_wanted_come(service: TestClient, photo: bytes) -> None:
    told = ask(service, "/v1/recommend", photo).json()
    assert set(told["categories"]) == {"Pants", "Shoes"} and told["attention"] is None and told["looks"] == []


def test_looks_have_a_product_of_each_category(service: TestClient, photo: bytes) -> None:
    for answer in (ask(service, "/v1/looks", photo), ask(service, "/v1/recommend", photo, looks=1)):
        (look,) = answer.json()["looks"]
        assert set(look["products"]) == {"Pants", "Shoes"}
        assert look["products"]["Shoes"]["picture"].startswith("/v1/products/")


def test_suggested_categories_are_the_packages(service: TestClient, recommender: Recommender, photo: bytes) -> None:
    told = ask(service, "/v1/suggest-categories", photo).json()["wanted"]
    suggested = recommender.suggest(photo)
    assert (told is None) == (suggested is None)
    if suggested is not None:
        assert list(told) == [name for name, _ in suggested]


def test_rerank_orders_candidates_and_sets_aside(service: TestClient, recommender: Recommender, photo: bytes) -> None:
    ids = [signature(f"Shoes {n}") for n in range(4)] + ["nothing", signature("Pants 1")]
    told = ask(service, "/v1/rerank", photo, category="Shoes", ids=ids).json()
    found = recommender.rerank(photo, "Shoes", ids)
    assert [one["id"] for one in told["products"]] == [one.id for one in found.products]
    assert told["unknown"] == ["nothing"] and [one["id"] for one in told["set_aside"]] == ids[4:]


def test_similar_products(service: TestClient, recommender: Recommender) -> None:
    name = signature("Shoes 3")
    told = service.get("/v1/similar", params={"id": name, "k": 3}).json()
    assert [one["id"] for one in told["products"]] == [one.id for one in recommender.similar(name, 3)]
    fault(service.get("/v1/similar", params={"id": "nothing"}), 404, "not_found")


def test_score_of_pictures_and_of_a_product(
    service: TestClient, recommender: Recommender, photo: bytes, shoe: bytes
) -> None:
    box = box_of("Shoes")
    fields = {"category": "Shoes", "box": ",".join(map(str, box))}
    told = service.post("/v1/score", files={"scene": ("a", photo), "product": ("b", shoe)}, data=fields).json()
    found = score_pair(recommender.model, recommender.backbone, photo, shoe, "Shoes", Box(*box))
    assert told["distance"] == pytest.approx(found.distance, abs=1e-4) and told["goes"] == found.goes
    assert told["threshold"] == pytest.approx(found.threshold, abs=1e-4) and told["view"] == list(found.view)
    fields = {"product_id": signature("Shoes 1"), "box": fields["box"]}
    known = service.post("/v1/score", files={"scene": ("a", photo)}, data=fields).json()
    assert known["distance"] == pytest.approx(found.distance, abs=5e-3)  # its vector is stored as fp16


@pytest.mark.parametrize(
    ("files", "fields", "status"),
    [
        (("scene",), {"category": "Shoes"}, 422),
        (("scene", "product"), {}, 422),
        (("product",), {"category": "Shoes"}, 422),
        (("scene", "product", "more"), {"category": "Shoes"}, 422),
        (("scene",), {"product_id": "nothing"}, 404),
        (("scene",), {"product_id": signature("Shoes 1"), "category": "Pants"}, 422),
        (("scene", "product"), {"category": "Shoes", "box": "1,2"}, 422),
    ],
)
def test_score_says_what_it_lacks(
    service: TestClient, photo: bytes, files: tuple[str, ...], fields: dict[str, str], status: int
) -> None:
    answer = service.post("/v1/score", files={name: (name, photo) for name in files}, data=fields)
    fault(answer, status, {404: "not_found", 422: "option"}[status])


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"k": 0}, "option"),
        ({"k": 101}, "option"),
        ({"k": "5"}, "option"),
        ({"colour": "red"}, "option"),
        ({"categories": "Shoes"}, "option"),
        ({"categories": ["Hats"]}, "option"),
        ({"box": [0.9, 0, 0.1, 1]}, "option"),
        ({"box": [0, 0, 1, 1]}, "option"),
        ({"box": [0, 0, 2]}, "option"),
        ({"where": "price <"}, "filter"),
        ({"where": "no_such = 1"}, "filter"),
        ({"where": "1; drop table products"}, "filter"),
        ({"where": 'title = "x" or 1=1 --'}, "filter"),
        ({"budget": 10.0}, "option"),
        ({"diversity": 1.5}, "option"),
        ({"liked": ["nothing"]}, "option"),
        ({"liked": ["a"], "disliked": ["a"]}, "option"),
        ({"suggested": 1, "categories": ["Shoes"]}, "option"),
    ],
)
def test_options_that_cannot_be_taken(service: TestClient, photo: bytes, options: Any, code: str) -> None:
    fault(ask(service, "/v1/recommend", photo, **options), 422, code)


@pytest.mark.parametrize("query", ["k=x", "k=1&k=2", "colour=red", "attention=perhaps", "box=1", "budget=nan"])
def test_options_in_the_address_that_cannot_be_taken(service: TestClient, photo: bytes, query: str) -> None:
    fault(service.post(f"/v1/recommend?{query}", content=photo, headers=JPEG), 422, "option")


def test_categories_and_columns(service: TestClient) -> None:
    told = service.get("/v1/categories").json()
    assert told["categories"] == [{"name": "Pants", "products": 12}, {"name": "Shoes", "products": 12}]
    assert told["columns"]["price"] == "number"


def test_examples_are_photos_that_can_be_asked_for(service: TestClient) -> None:
    found = service.get("/v1/examples").json()["examples"]
    data = service.get(found[0]["url"])
    assert set(found[0]) == {"name", "url", "credit"} and data.headers["content-type"] == "image/jpeg"
    assert ask(service, "/v1/recommend", data.content).status_code == 200
    fault(service.get("/v1/examples/9999"), 404, "not_found")
    fault(service.get("/v1/examples/x"), 422, "option")
