"""What the package gives becomes what the service answers; no path of this machine among it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pydantic import BaseModel
from starlette.responses import Response

from scenefit.catalog.stores import Store
from scenefit.results import Look, Ranking, Recommendation, Recommendations
from scenefit.service import told
from scenefit.types import Product

TOLD = ("id", "category", "title", "price", "currency", "in_stock")


def as_response(answer: BaseModel, status: int = 200) -> Response:
    """Make a JSON answer; done in a thread, so that the event loop has only to send it."""
    return Response(answer.model_dump_json(), status, media_type="application/json")


def product_answer(product: Product, has_picture: bool) -> told.ProductAnswer:
    """Tell of a product."""
    return told.ProductAnswer(**_told(product, has_picture))


def ranked_answer(found: Recommendation) -> told.RankedAnswer:
    """Tell of a product in a ranking."""
    fields = _told(found.product, found.image is not None)
    return told.RankedAnswer(**fields, rank=found.rank, distance=found.distance, probability=found.probability)


def look_answer(look: Look) -> told.LookAnswer:
    """Tell of a look."""
    products = {name: product_answer(one, one.id in look.images) for name, one in look.products.items()}
    return told.LookAnswer(
        products=products, score=look.score, fit=look.fit, match=look.match, price=look.price, currency=look.currency
    )


def recommend_answer(found: Recommendations, attention: bool) -> told.RecommendAnswer:
    """Tell of a recommendation."""
    return told.RecommendAnswer(
        model=found.model,
        view=list(found.view),
        wanted=found.wanted,
        categories={name: [ranked_answer(one) for one in of.products] for name, of in found.rankings.items()},
        looks=[look_answer(look) for look in found.looks],
        attention={name: _attention(of) for name, of in found.rankings.items()} if attention else None,
    )


def stored_answer(store: Store, product: Product) -> told.ProductAnswer:
    """Tell of a product of a catalog."""
    return product_answer(product, store.picture(product) is not None)


def _attention(ranking: Ranking) -> told.AttentionAnswer:
    return told.AttentionAnswer(grid=len(ranking.attention), cells=ranking.attention.ravel().tolist())


def _told(product: Product, has_picture: bool) -> dict[str, Any]:
    """Give a product's fields; an address that is not of the web is not passed on to a page."""
    url = product.url if product.url and product.url.lower().startswith(("http://", "https://")) else None
    picture = None
    if has_picture and product.content:
        picture = f"/v1/products/{quote(product.id, safe='')}/picture?v={product.content[:16]}"
    fields = {name: getattr(product, name) for name in TOLD}
    return {**fields, "url": url, "attributes": dict(product.attributes), "picture": picture}
