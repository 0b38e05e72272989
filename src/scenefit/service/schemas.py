"""What requests may ask for; the OpenAPI document is made of this and of `told`, what they are told."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Ids = Annotated[list[Id], Field(max_length=1000)]
Box4 = Annotated[list[Share], Field(min_length=4, max_length=4, description="left, top, right, bottom in [0, 1]")]


class Asked(BaseModel):
    """Base of what is asked: unknown names and numbers that are not finite are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class PhotoOptions(Asked):
    """What goes with a photo."""

    box: Box4 | None = Field(None, description="Around the item to replace: left, top, right, bottom in [0, 1].")


class RecommendOptions(PhotoOptions):
    """The options of a recommendation."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"categories": ["Shoes"], "k": 5, "where": "price<80 and in_stock"}]}
    )
    categories: Annotated[list[Name], Field(max_length=100)] = Field([], description="Empty: all, most wanted first.")
    k: int = Field(10, ge=1, le=100, description="Products a category.")
    where: Annotated[str, StringConstraints(max_length=4000)] | None = Field(None, description="docs/filters.md")
    exclude: Ids = Field([], description="Products that may not come.")
    novelty: Share = Field(0.0, description="0: popular products sooner, as learned; 1: the scene alone.")
    diversity: Share = Field(0.0, description="0: the best first; above: what is unlike those before sooner.")
    liked: Annotated[list[Id], Field(max_length=50)] = Field([], description="Have more like these.")
    disliked: Annotated[list[Id], Field(max_length=50)] = Field([], description="Have less like these.")
    suggested: int | None = Field(None, ge=1, le=100, description="Keep so many categories, the most wanted.")
    looks: int = Field(0, ge=0, le=10, description="Also compose so many whole looks.")
    budget: float | None = Field(None, ge=0, description="The most that a look may cost.")
    attention: bool = Field(False, description="Say where the model looked.")


class RerankOptions(PhotoOptions):
    """The options of ranking another system's candidates."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"category": "Shoes", "ids": ["b-17", "b-18"]}]})
    category: Name
    ids: Ids
    novelty: Share = 0.0


class ScoreOptions(PhotoOptions):
    """The fields beside the pictures `scene` and `product`; `product_id` stands for a product of the catalog."""

    category: Name | None = Field(None, description="What the product is; not needed beside product_id.")
    product_id: Id | None = None


class SimilarOptions(Asked):
    """The options of products like a given one."""

    id: Id
    k: int = Field(10, ge=1, le=100)
    where: Annotated[str, StringConstraints(max_length=4000)] | None = None
    exclude: Ids = []


class PictureOptions(Asked):
    """The options of a product's picture; `v` is of the address that answers give, so that it may be kept for good."""

    size: int = Field(320, json_schema_extra={"enum": [160, 320, 640]}, description="Of the longer side, in pixels.")
    v: Annotated[str, StringConstraints(pattern="^[0-9a-f]{16}$")] | None = None


class Fields(Asked):
    """A product's own fields."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"category": "Shoes", "title": "Canvas sneaker", "price": 59.9}]}
    )
    category: Name
    title: Annotated[str, StringConstraints(max_length=1000)] | None = None
    price: float | None = Field(None, ge=0)
    currency: Annotated[str, StringConstraints(max_length=10)] | None = None
    in_stock: bool = True
    url: Annotated[str, StringConstraints(max_length=2000, pattern="^https?://")] | None = None
    attributes: Annotated[dict[str, str | bool | float], Field(max_length=100)] = {}


class BulkItem(Fields):
    """A product of a bulk change; without a picture the one that is there stays."""

    id: Id
    picture: str | None = Field(None, description="The picture's bytes in base64.")


class Bulk(Asked):
    """A bulk change; the same as JSON lines: a product a line, or {"delete": ID}."""

    upsert: list[dict[str, Any]] = Field([], description="Each as BulkItem.")
    delete: list[Id] = []
