"""Photos in, products out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from scenefit.scoring import score_pair, score_vector
from scenefit.service import schemas, told
from scenefit.service.answers import as_response, look_answer, ranked_answer, recommend_answer
from scenefit.service.asking import box_of, from_query, from_values, photos_and_options
from scenefit.service.faults import Fault
from scenefit.service.openapi import ERRORS, form_route, photo_route, query_route
from scenefit.service.photos import Form, picture, read_form
from scenefit.service.state import Service, service_of

router = APIRouter(tags=["recommendations"], responses=ERRORS)
A = TypeVar("A", bound=schemas.PhotoOptions)
UNKNOWN = "id: not in this catalog"


@router.post(
    "/v1/recommend",
    response_model=told.RecommendAnswer,
    openapi_extra=photo_route(schemas.RecommendOptions),
)
async def recommend(request: Request) -> Response:
    """Rank the products of each category for a photo, or for a board of several."""

    def answer(service: Service, photos: list[bytes], asked: schemas.RecommendOptions) -> Response:
        return as_response(recommend_answer(service.recommender.recommend(photos, **_wanted(asked)), asked.attention))

    return await _with_photos(request, schemas.RecommendOptions, answer)


@router.post("/v1/looks", response_model=told.LooksAnswer, openapi_extra=photo_route(schemas.RecommendOptions))
async def looks(request: Request) -> Response:
    """Compose whole looks: one product of each category, that go with the photo and with each other."""

    def answer(service: Service, photos: list[bytes], asked: schemas.RecommendOptions) -> Response:
        found = service.recommender.recommend(photos, **{**_wanted(asked), "looks": asked.looks or 1})
        return as_response(told.LooksAnswer(looks=[look_answer(look) for look in found.looks]))

    return await _with_photos(request, schemas.RecommendOptions, answer)


@router.post(
    "/v1/suggest-categories",
    response_model=told.WantedAnswer,
    openapi_extra=photo_route(schemas.PhotoOptions),
)
async def suggest(request: Request) -> Response:
    """Say how likely each category is to be what the photo lacks."""

    def answer(service: Service, photos: list[bytes], asked: schemas.PhotoOptions) -> Response:
        wanted = service.recommender.suggest(photos, box_of(asked.box))
        return as_response(told.WantedAnswer(wanted=None if wanted is None else dict(wanted)))

    return await _with_photos(request, schemas.PhotoOptions, answer)


@router.post("/v1/rerank", response_model=told.RerankAnswer, openapi_extra=photo_route(schemas.RerankOptions))
async def rerank(request: Request) -> Response:
    """Rank another system's candidates, given by their ids, for a photo."""

    def answer(service: Service, photos: list[bytes], asked: schemas.RerankOptions) -> Response:
        found = service.recommender.rerank(
            photos, asked.category, asked.ids, box=box_of(asked.box), novelty=asked.novelty
        )
        aside = [told.AsideAnswer(id=row.id, reason=row.reason) for row in found.set_aside]
        unknown = [str(row.id) for row in found.set_aside if row.reason == UNKNOWN]
        products = [ranked_answer(one) for one in found.products]
        return as_response(told.RerankAnswer(products=products, unknown=unknown, set_aside=aside))

    return await _with_photos(request, schemas.RerankOptions, answer)


SCORE_FIELDS = {
    "category": {"type": "string"},
    "product_id": {"type": "string"},
    "box": {"type": "string", "description": "left,top,right,bottom", "example": "0.2,0.5,0.8,0.9"},
}


@router.post(
    "/v1/score",
    response_model=told.ScoreAnswer,
    openapi_extra=form_route({"scene": True, "product": False}, SCORE_FIELDS, []),
)
async def score(request: Request) -> Response:
    """Say whether a scene and a product go together: two pictures and a category, or a picture and a `product_id`."""
    service = service_of(request)
    async with service.admit(request, "read", service.photos) as stay:
        body = await stay.body(service.config.body_bytes)
        return await stay.run(lambda: _score(service, read_form(request.headers.get("content-type", ""), body)))


@router.get("/v1/similar", response_model=told.ProductsAnswer, openapi_extra=query_route(schemas.SimilarOptions))
async def similar(request: Request) -> Response:
    """Find the products of its category that are most like a product."""
    service = service_of(request)

    def answer() -> Response:
        asked = from_query(schemas.SimilarOptions, request.query_params)
        if not service.store.get([asked.id]):
            raise Fault(404, "not_found", "this product is not in the catalog")
        found = service.recommender.similar(asked.id, asked.k, where=asked.where, exclude=asked.exclude)
        return as_response(told.ProductsAnswer(products=[ranked_answer(one) for one in found]))

    async with service.admit(request, "read", service.light) as stay:
        return await stay.run(answer)


async def _with_photos(
    request: Request, schema: type[A], answer: Callable[[Service, list[bytes], A], Response]
) -> Response:
    """Answer a request with photos: everything but reading its body is done in a thread."""
    service = service_of(request)
    async with service.admit(request, "read", service.photos) as stay:
        body = await stay.body(service.config.body_bytes)

        def work() -> Response:
            photos, asked = photos_and_options(request, body, schema, service.config.photos)
            return answer(service, photos, asked)

        return await stay.run(work)


def _wanted(asked: schemas.RecommendOptions) -> dict[str, Any]:
    """Turn options into the arguments of `Recommender.recommend`."""
    values = {name: getattr(asked, name) for name in type(asked).model_fields}
    del values["attention"]
    return {**values, "box": box_of(asked.box), "where": asked.where or None}


def _score(service: Service, form: Form) -> Response:
    form.only({"scene", "product"}, {"category", "product_id", "box"})
    values: dict[str, Any] = {name: form.one(name) for name in form.fields}
    if values.get("box"):
        values["box"] = values["box"].split(",")
    asked = from_values(schemas.ScoreOptions, values)
    scenes, products = (form.files.get(name, []) for name in ("scene", "product"))
    if len(scenes) != 1 or len(products) + (asked.product_id is not None) != 1:
        raise Fault(422, "option", "expected one file named scene, and one named product or the field product_id")
    model, backbone = service.now()
    scene, box = picture(scenes[0]), box_of(asked.box)
    if products:
        if asked.category is None:
            raise Fault(422, "option", "category: expected beside the picture of a product")
        found = score_pair(model, backbone, scene, picture(products[0]), asked.category, box)
    else:
        category = _category(service, str(asked.product_id), asked.category)
        found = score_vector(model, backbone, scene, service.store.vectors([str(asked.product_id)]), category, box)
    return as_response(
        told.ScoreAnswer(
            distance=found.distance,
            probability=found.probability,
            goes=found.goes,
            threshold=found.threshold,
            view=list(found.view),
        )
    )


def _category(service: Service, name: str, asked: str | None) -> str:
    """Give a product's category, which may be named beside it."""
    if not (products := service.store.get([name])):
        raise Fault(404, "not_found", "this product is not in the catalog")
    if asked not in (None, products[0].category):
        raise Fault(422, "option", f"category: this product is of the category {products[0].category!r}")
    return products[0].category
