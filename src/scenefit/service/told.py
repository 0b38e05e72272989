"""What the routes answer with, as the OpenAPI document says it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

SHOWN: dict[str, Any] = {
    "id": "b-17",
    "rank": 1,
    "distance": 1.21,
    "probability": 0.74,
    "category": "Shoes",
    "title": "Canvas sneaker",
    "price": 59.9,
    "currency": "EUR",
    "in_stock": True,
    "url": "https://shop.example/p/b-17",
    "attributes": {"brand": "a"},
    "picture": "/v1/products/b-17/picture?v=9f86d081884c7d65",
}


class ProductAnswer(BaseModel):
    """A product as the catalog has it; `picture` is the address of a thumbnail, `?size=` 160, 320 or 640."""

    id: str
    category: str
    title: str | None = None
    price: float | None = None
    currency: str | None = None
    in_stock: bool = True
    url: str | None = None
    attributes: dict[str, str | bool | float] = {}
    picture: str | None = None


class RankedAnswer(ProductAnswer):
    """A product of a ranking; a small distance goes with the scene."""

    model_config = ConfigDict(json_schema_extra={"examples": [SHOWN]})
    rank: int
    distance: float
    probability: float | None = None


class LookAnswer(BaseModel):
    """One product of each category."""

    products: dict[str, ProductAnswer]
    score: float
    fit: float
    match: float
    price: float | None = None
    currency: str | None = None


class AttentionAnswer(BaseModel):
    """Where in the part `view` of the photo the model looked: grid x grid cells, rows from the top, their sum 1."""

    grid: int
    cells: list[float]


class RecommendAnswer(BaseModel):
    """Products for each category; `view` is the part of the photo that was looked at."""

    model: str
    view: list[float]
    wanted: dict[str, float] | None = None
    categories: dict[str, list[RankedAnswer]]
    looks: list[LookAnswer] = []
    attention: dict[str, AttentionAnswer] | None = None


class LooksAnswer(BaseModel):
    """Whole looks, the best first."""

    looks: list[LookAnswer]


class WantedAnswer(BaseModel):
    """How likely each category is to be what the scene lacks, most wanted first; null where the model cannot say."""

    wanted: dict[str, float] | None = None


class ScoreAnswer(BaseModel):
    """Whether a scene and a product go together; null where the model is not calibrated."""

    distance: float
    probability: float | None = None
    goes: bool | None = None
    threshold: float | None = None
    view: list[float]


class AsideAnswer(BaseModel):
    """What was not taken, and why."""

    id: str | None = None
    reason: str


class RerankAnswer(BaseModel):
    """Candidates in the order of the scene; `unknown` are not in the catalog, `set_aside` says of all why."""

    products: list[RankedAnswer]
    unknown: list[str]
    set_aside: list[AsideAnswer] = []


class ProductsAnswer(BaseModel):
    """Products in their order."""

    products: list[RankedAnswer]


class CategoryAnswer(BaseModel):
    """A category and how many products it has."""

    name: str
    products: int


class CategoriesAnswer(BaseModel):
    """The categories, and what products can be filtered by."""

    categories: list[CategoryAnswer]
    columns: dict[str, str]


class BulkAnswer(BaseModel):
    """What a change came to."""

    added: int
    updated: int
    deleted: int
    set_aside: list[AsideAnswer]


class ExampleAnswer(BaseModel):
    """A photo to try."""

    name: str
    url: str
    credit: str


class ExamplesAnswer(BaseModel):
    """Photos to try."""

    examples: list[ExampleAnswer]


class StatusAnswer(BaseModel):
    """How the service is."""

    status: str


class ErrorDetail(BaseModel):
    """What is wrong."""

    code: str
    message: str
    hint: str


class ErrorAnswer(BaseModel):
    """The answer to whatever goes wrong."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"error": {"code": "filter", "message": "...", "hint": "docs/filters.md says ..."}}]
        }
    )
    error: ErrorDetail
