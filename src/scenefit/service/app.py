"""The app: routes, one shape of errors, and a life that begins with the first inference and ends with the last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from scenefit.errors import ScenefitError
from scenefit.recommend.recommender import Recommender
from scenefit.service import faults, routes_health, routes_pictures, routes_products, routes_recommend
from scenefit.service.examples import Example
from scenefit.service.settings import ServiceConfig
from scenefit.service.shield import Shield
from scenefit.service.state import Service

LOG = logging.getLogger("scenefit.service")
VERSION = "1"


def create_app(
    recommender: Recommender, config: ServiceConfig | None = None, examples: Sequence[Example] = ()
) -> FastAPI:
    """Make the service of a recommender; run it by `server.serve`, or by any ASGI server.

    Args:
        recommender: opened; closing its catalog is left to the caller.
        config: the settings; by default those for this machine alone.
        examples: photos to try (`examples.example_photos`).
    """
    service = Service(recommender, config or ServiceConfig(), list(examples))
    app = FastAPI(title="scenefit", version=VERSION, lifespan=_life, docs_url=None, redoc_url=None)
    app.state.service = service
    routers = [part.router for part in (routes_recommend, routes_pictures, routes_products, routes_health)]
    for router in routers:
        app.include_router(router)
    app.state.routes = [route for router in routers for route in router.routes]
    app.add_middleware(Shield, service=service)
    app.add_exception_handler(faults.Fault, faults.on_fault)
    app.add_exception_handler(ScenefitError, faults.on_scenefit_error)
    app.add_exception_handler(HTTPException, faults.on_http_error)
    app.add_exception_handler(RequestValidationError, faults.on_invalid)
    return app


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    """Warm up beside the first requests; at the end answer what is under way."""
    service: Service = app.state.service
    warming = asyncio.create_task(asyncio.to_thread(_warm, service))
    try:
        yield
    finally:
        await warming
        await asyncio.to_thread(service.close)


def _warm(service: Service) -> None:
    try:
        service.warm()
    except Exception:
        LOG.exception("the service cannot be warmed, so it never says that it is ready")
