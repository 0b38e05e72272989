"""Product pictures as thumbnails."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Request
from starlette.responses import Response

from scenefit.service.asking import from_query
from scenefit.service.faults import Fault
from scenefit.service.openapi import ERRORS, query_route
from scenefit.service.routes_health import SHARED
from scenefit.service.schemas import PictureOptions
from scenefit.service.state import Service, service_of
from scenefit.service.thumbnails import SIZES

router = APIRouter(tags=["catalog"], responses=ERRORS)
FOR_GOOD, FOR_A_WHILE = "max-age=31536000, immutable", "max-age=60, must-revalidate"
JPEG: dict[str, Any] = {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
SAME: dict[str, Any] = {"description": "The one that the client has."}


@router.get(
    "/v1/products/{id}/picture",
    response_class=Response,
    responses={200: JPEG, 304: SAME},
    openapi_extra=query_route(PictureOptions),
)
async def picture(request: Request, id: str) -> Response:
    """Give a product's picture as a JPEG; the address with `v`, as answers have it, may be kept for good."""
    service = service_of(request)
    scope = None if service.config.public_pictures else "read"
    async with service.admit(request, scope, service.light) as stay:
        return await stay.run(lambda: _picture(service, request, product_id(id)))


def product_id(part: str) -> str:
    """Read an id out of a part of an address.

    Raises:
        Fault: 404, it is not UTF-8, so it is no product's.
    """
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise Fault(404, "not_found", "this product is not in the catalog") from None


def _picture(service: Service, request: Request, name: str) -> Response:
    asked = from_query(PictureOptions, request.query_params)
    if asked.size not in SIZES:
        raise Fault(422, "option", f"size: expected one of {list(SIZES)}")
    products = service.store.get([name])
    path = service.store.picture(products[0]) if products else None
    if path is None:
        raise Fault(404, "not_found", "this product is not in the catalog, or has no picture")
    content = str(products[0].content)
    headers = _headers(service, content, asked)
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(service.thumbnails.get(path, content, asked.size), media_type="image/jpeg", headers=headers)


def _headers(service: Service, content: str, asked: PictureOptions) -> dict[str, str]:
    who = "public" if service.config.public_pictures or not service.config.keys else "private"
    how_long = FOR_GOOD if asked.v == content[:16] else FOR_A_WHILE
    headers = {"ETag": f'"{content[:32]}-{asked.size}"', "Cache-Control": f"{who}, {how_long}"}
    return headers | SHARED if service.config.cors else headers
