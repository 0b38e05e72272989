"""Around everything: the checks before a request is let in, the headers of its answer, its figures, the last resort."""

from __future__ import annotations

import logging
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scenefit.service.faults import INTERNAL, ClientGoneError, Fault
from scenefit.service.security import check_host, check_origin, preflight, secure
from scenefit.service.state import Service

LOG = logging.getLogger("scenefit.service")
GONE = 499
PRODUCTS = b"/v1/products/"
PHOTOS = frozenset(f"/v1/{name}" for name in ("recommend", "looks", "suggest-categories", "rerank", "score"))
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")


class Shield:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer to it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, answer = perf_counter(), _Answer(send, Headers(scope=scope).get("origin"), self._service)
        try:
            await self._let_in(scope, receive, answer.send)
        except ClientGoneError:
            pass
        except Fault as fault:
            await answer.fault(fault, scope, receive)
        except Exception:
            LOG.exception("a defect, met while answering %s %s", scope["method"], _route(scope))
            await answer.fault(INTERNAL, scope, receive)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._service.metrics.answered(_route(scope), method, answer.status, perf_counter() - start)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, config = Headers(scope=scope), self._service.config
        check_host(headers, config)
        if scope["method"] == "OPTIONS" and (allowed := preflight(headers, config)):
            await allowed(scope, receive, send)
            return
        check_origin(scope["method"], headers, config)
        if scope["path"] in PHOTOS and scope["method"] == "POST":  # many may come: say no before anything else is done
            self._service.photos.check()
        if scope.get("raw_path", b"").startswith(PRODUCTS):  # an id may hold a slash, which the path would lose
            scope["path"] = scope["raw_path"].decode("ascii", "replace")
        await self._app(scope, receive, send)


class _Answer:
    """What is sent, with the headers of every answer."""

    def __init__(self, send: Send, origin: str | None, service: Service) -> None:
        self._send, self._origin, self._service = send, origin, service
        self.status = GONE

    async def send(self, message: Message) -> None:
        """Send a message of the app."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            secure(MutableHeaders(raw=message.setdefault("headers", [])), self._origin, self._service.config)
        await self._send(message)

    async def fault(self, fault: Fault, scope: Scope, receive: Receive) -> None:
        """Send a fault, unless an answer is under way."""
        if self.status == GONE:
            await fault.response()(scope, receive, self.send)


def _route(scope: Scope) -> str:
    """Name the route that answered, never the address that was asked for."""
    return str(getattr(scope.get("route"), "path", scope["path"] if scope["path"] in PHOTOS else "other"))
