"""Everything that goes wrong has one shape: {"error": {"code", "message", "hint"}}, with a fitting status."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from scenefit.errors import (
    ArtifactError,
    CatalogError,
    FilterError,
    ImageError,
    ScenefitError,
    UsageError,
)

LONGEST = 600
HINTS = {
    "bad_request": "send the request as docs/service.md shows it",
    "body_too_large": "send a smaller picture: 1024 pixels on the longer side are plenty",
    "body_too_slow": "send the body faster, or send a smaller picture",
    "busy": "try again after the seconds in Retry-After",
    "catalog_busy": "another process writes to this catalog: write through it, or stop it and try again",
    "catalog_changed": "the catalog changed meanwhile: send the same request again",
    "filter": "docs/filters.md says what a filter may be",
    "forbidden": "use a key of another scope",
    "host": "use the service's own name; its setting `hosts` names others",
    "internal": "this is a defect of the service; its log says more",
    "key": "send the header Authorization: Bearer KEY",
    "method_not_allowed": "the header Allow names the methods of this address",
    "not_found": "GET /openapi.json lists what there is",
    "option": "GET /openapi.json lists the options with their ranges",
    "origin": "pages of this origin may not ask; the setting `cors` names those that may",
    "photo": "send a JPEG, PNG or WebP that opens in a browser",
    "picture_type": "send a JPEG, PNG or WebP",
    "product": "correct the product and send it again",
    "too_many": "wait for the answers of requests under way",
    "too_slow": "try again later, or ask for less",
    "unavailable": "try again soon",
}
STATUS_CODES = {404: "not_found", 405: "method_not_allowed"}


class Fault(Exception):  # noqa: N818  it is one, and an answer
    """An answer that says what is wrong."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message[:LONGEST], dict(headers or {})

    def response(self) -> JSONResponse:
        """Give the answer."""
        error = {"code": self.code, "message": self.message, "hint": HINTS[self.code]}
        return JSONResponse({"error": error}, self.status, self.headers)


class ClientGoneError(Exception):
    """Nobody waits for the answer any more."""


def busy(message: str, status: int = 503, code: str = "busy") -> Fault:
    """Say that there is no room at the moment."""
    return Fault(status, code, message, {"Retry-After": "1"})


def too_large(message: str) -> Fault:
    """Say that a body or a picture is too large."""
    return Fault(413, "body_too_large", message)


INTERNAL = Fault(500, "internal", "something went wrong inside the service")


def fault_of(error: ScenefitError) -> Fault:
    """Turn an error of the package into an answer; what may name a path or a server is not told."""
    match error:
        case ImageError():
            return Fault(422, "photo", str(error))
        case FilterError():
            return Fault(422, "filter", str(error))
        case UsageError():
            return Fault(422, "option", str(error))
        case ArtifactError():
            return busy("the catalog or its model changed while the request was answered", code="catalog_changed")
        case CatalogError():
            return busy("the catalog cannot be reached or changed at the moment", code="unavailable")
    return INTERNAL


def fault_of_options(error: ValidationError) -> Fault:
    """Say which option cannot be taken, and why; what was given is not repeated."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"])) or "options"
    return Fault(422, "option", f"{where}: {first['msg']}")


async def on_fault(request: Request, error: Exception) -> JSONResponse:
    """Answer with a fault."""
    assert isinstance(error, Fault)  # noqa: S101  registered for it alone
    return error.response()


async def on_scenefit_error(request: Request, error: Exception) -> JSONResponse:
    """Answer with what an error of the package says."""
    assert isinstance(error, ScenefitError)  # noqa: S101
    return fault_of(error).response()


async def on_http_error(request: Request, error: Exception) -> JSONResponse:
    """Answer where nothing stands at an address, or not for this method."""
    assert isinstance(error, HTTPException)  # noqa: S101
    code = STATUS_CODES.get(error.status_code, "bad_request")
    message = {404: "there is nothing at this address", 405: "this address does not take this method"}
    text = message.get(error.status_code, "the request cannot be understood")
    headers = {"Allow": ", ".join(_methods(request))} if error.status_code == 405 else error.headers
    return Fault(error.status_code, code, text, headers).response()


def _methods(request: Request) -> list[str]:
    """List the methods of all routes that an address has."""
    found: set[str] = set()
    for route in (*request.app.routes, *request.app.state.routes):
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= set(getattr(route, "methods", None) or ())
    return sorted(found)


async def on_invalid(request: Request, error: Exception) -> JSONResponse:
    """Answer to what FastAPI itself finds wrong with a request."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return Fault(422, "option", "the address or its options cannot be read").response()
