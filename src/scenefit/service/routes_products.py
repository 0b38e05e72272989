"""Products: read, put, deleted, one by one or many at once; a change is recommended from at once."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from scenefit.service import schemas, told
from scenefit.service.answers import as_response, stored_answer
from scenefit.service.asking import from_json, from_values, json_object
from scenefit.service.faults import Fault, fault_of_options, too_large
from scenefit.service.openapi import ERRORS, bulk_route, form_route, json_field
from scenefit.service.photos import Form, content_type, picture, read_form
from scenefit.service.routes_pictures import product_id
from scenefit.service.state import Service, service_of
from scenefit.service.writing import Upsert, delete, product_of, put

router = APIRouter(tags=["catalog"], responses=ERRORS)
LINES = ("application/x-ndjson", "application/jsonl")
PUT_FORM = form_route({"picture": False}, {"product": json_field(schemas.Fields)}, ["product"])


@router.get("/v1/products/{id}", response_model=told.ProductAnswer)
async def get_product(request: Request, id: str) -> Response:
    """Give a product."""
    service = service_of(request)
    async with service.admit(request, "read", service.light) as stay:
        return await stay.run(lambda: as_response(_stored(service, product_id(id))))


@router.put("/v1/products/{id}", response_model=told.ProductAnswer, openapi_extra=PUT_FORM)
async def put_product(request: Request, id: str) -> Response:
    """Put a product: `product` holds its fields as JSON, `picture` is needed where it is new."""
    service = service_of(request)
    async with service.admit(request, "write", service.photos) as stay:
        body = await stay.body(service.config.body_bytes)

        def work() -> Response:
            form = read_form(request.headers.get("content-type", ""), body)
            written = put(service, [_upsert(product_id(id), form)])
            if written.set_aside:
                raise written.set_aside[0][1]
            return as_response(_stored(service, product_id(id)), 201 if written.added else 200)

        return await stay.run(work)


@router.delete("/v1/products/{id}", response_model=told.BulkAnswer)
async def delete_product(request: Request, id: str) -> Response:
    """Delete a product."""
    service = service_of(request)

    def work() -> Response:
        if not delete(service, [product_id(id)]):
            raise Fault(404, "not_found", "this product is not in the catalog")
        return as_response(told.BulkAnswer(added=0, updated=0, deleted=1, set_aside=[]))

    async with service.admit(request, "write", service.light) as stay:
        return await stay.run(work)


@router.post(
    "/v1/products/bulk",
    response_model=told.BulkAnswer,
    openapi_extra=bulk_route(schemas.Bulk, schemas.BulkItem),
)
async def bulk(request: Request) -> Response:
    """Put and delete many products: JSON, or JSON lines; those that cannot be taken are set aside."""
    service = service_of(request)
    async with service.admit(request, "write", service.photos) as stay:
        kind = content_type(request.headers)
        if kind not in ("application/json", *LINES):
            raise Fault(415, "bad_request", f"got a body of another type; expected application/json or {LINES[0]}")
        body = await stay.body(service.config.bulk_bytes)
        return await stay.run(lambda: _bulk(service, _lines(body) if kind in LINES else _whole(body)))


def _stored(service: Service, name: str) -> told.ProductAnswer:
    if not (products := service.store.get([name])):
        raise Fault(404, "not_found", "this product is not in the catalog")
    return stored_answer(service.store, products[0])


def _upsert(name: str, form: Form) -> Upsert:
    form.only({"picture"}, {"product"})
    pictures, text = form.files.get("picture", []), form.one("product")
    if text is None or len(pictures) > 1:
        raise Fault(422, "product", "expected the field product, and one file named picture at most")
    fields = from_json(schemas.Fields, text)
    return Upsert(product_of(name, fields), picture(pictures[0]) if pictures else None)


def _whole(body: bytes) -> Iterator[dict[str, Any]]:
    """Give the changes of a JSON object, as JSON lines have them."""
    found = from_values(schemas.Bulk, json_object(body))
    yield from found.upsert
    yield from ({"delete": name} for name in found.delete)


def _lines(body: bytes) -> Iterator[dict[str, Any]]:
    for line in body.splitlines():
        if line.strip():
            yield json_object(line)


def _bulk(service: Service, changes: Iterator[dict[str, Any]]) -> Response:
    upserts: dict[str, Upsert] = {}
    deletes: list[str] = []
    aside: list[told.AsideAnswer] = []
    for number, change in enumerate(changes, 1):
        if number > service.config.bulk_products:
            raise too_large(f"too many products at once; at most {service.config.bulk_products} are accepted")
        try:
            _sort(change, upserts, deletes)
        except Fault as fault:
            name = change.get("id")
            aside.append(told.AsideAnswer(id=name if isinstance(name, str) else None, reason=fault.message))
    written = put(service, list(upserts.values()))
    deleted = delete(service, deletes) if deletes else 0
    aside += [told.AsideAnswer(id=name, reason=fault.message) for name, fault in written.set_aside]
    return as_response(told.BulkAnswer(added=written.added, updated=written.updated, deleted=deleted, set_aside=aside))


def _sort(change: dict[str, Any], upserts: dict[str, Upsert], deletes: list[str]) -> None:
    """Read one change.

    Raises:
        Fault: it cannot be taken.
    """
    if isinstance(change.get("delete"), str) and len(change) == 1:
        deletes.append(change["delete"])
        return
    try:
        item = schemas.BulkItem.model_validate_json(json.dumps(change), strict=True)
    except ValidationError as error:
        raise fault_of_options(error) from None
    if item.id in upserts:
        raise Fault(422, "product", "id: listed before")
    upserts[item.id] = Upsert(product_of(item.id, item), _decoded(item.picture))


def _decoded(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return picture(base64.b64decode(text, validate=True))
    except ValueError:
        raise Fault(422, "product", "picture: expected base64") from None
