"""How the service is, the categories, the examples, and the page with what it is made of."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from scenefit.data.images import read_bytes
from scenefit.service import told
from scenefit.service.answers import as_response
from scenefit.service.examples import media_type
from scenefit.service.faults import Fault, busy
from scenefit.service.openapi import ERRORS
from scenefit.service.state import service_of

router = APIRouter(responses=ERRORS)
STATIC = Path(str(files("scenefit.service").joinpath("static")))
KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
SHARED = {"Cross-Origin-Resource-Policy": "cross-origin"}
"""What pages of other origins may embed."""
METRICS_TEXT = {"content": {"text/plain": {"schema": {"type": "string"}}}}
IMAGE = {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}


@router.get("/healthz", response_model=told.StatusAnswer, tags=["health"])
async def healthz() -> Response:
    """Say that the process answers."""
    return as_response(told.StatusAnswer(status="ok"))


@router.get("/readyz", response_model=told.StatusAnswer, tags=["health"])
async def readyz(request: Request) -> Response:
    """Say whether model and catalog are warm."""
    if not service_of(request).ready:
        raise busy("model and catalog are being warmed", code="unavailable")
    return as_response(told.StatusAnswer(status="ready"))


@router.get("/metrics", response_class=Response, responses={200: METRICS_TEXT}, tags=["health"])
async def metrics(request: Request) -> Response:
    """Give the figures for Prometheus."""
    service = service_of(request)
    async with service.admit(request, "metrics", service.light) as stay:
        text = await stay.run(lambda: service.metrics.text(service.store.counts(), service.ages()))
    return Response(text, media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/categories", response_model=told.CategoriesAnswer, tags=["catalog"])
async def categories(request: Request) -> Response:
    """List the categories that can be asked for, and the columns that filters can name."""
    service = service_of(request)

    def answer() -> Response:
        counts, known = service.store.counts(), set(service.recommender.categories)
        found = [told.CategoryAnswer(name=name, products=count) for name, count in counts.items() if name in known]
        return as_response(told.CategoriesAnswer(categories=found, columns=dict(service.store.columns())))

    async with service.admit(request, "read", service.light) as stay:
        return await stay.run(answer)


@router.get("/v1/examples", response_model=told.ExamplesAnswer, tags=["examples"])
async def examples(request: Request) -> Response:
    """List photos to try."""
    found = [
        told.ExampleAnswer(name=one.name, url=f"/v1/examples/{number}", credit=one.credit)
        for number, one in enumerate(service_of(request).examples)
    ]
    return as_response(told.ExamplesAnswer(examples=found))


@router.get("/v1/examples/{number}", response_class=Response, responses={200: IMAGE}, tags=["examples"])
async def example(request: Request, number: int) -> Response:
    """Give a photo to try."""
    service = service_of(request)
    if not 0 <= number < len(service.examples):
        raise Fault(404, "not_found", "there is no such example")

    def answer() -> Response:
        data = read_bytes(service.examples[number].path)
        return Response(data, media_type=media_type(data), headers={"Cache-Control": "private, max-age=3600"})

    async with service.admit(request, None, service.light) as stay:
        return await stay.run(answer)


@router.get("/", include_in_schema=False)
async def index(request: Request) -> Response:
    """Give the page."""
    return _static(request, "index.html")


@router.get("/static/{name:path}", include_in_schema=False)
async def static(request: Request, name: str) -> Response:
    """Give a part of the page, or the widget."""
    return _static(request, name)


def _static(request: Request, name: str) -> Response:
    """Give one of the files that lie in `static/`; nothing of the address becomes a path."""
    path = {found.name: found for found in STATIC.glob("*.*") if found.suffix in KINDS}.get(name)
    if path is None:
        raise Fault(404, "not_found", "there is nothing at this address")
    data = path.read_bytes()
    tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if service_of(request).config.cors:
        headers |= SHARED
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=KINDS[path.suffix], headers=headers)
