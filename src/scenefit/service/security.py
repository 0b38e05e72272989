"""Who may ask, from where, and what every answer tells the browser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from scenefit.service.faults import Fault
from scenefit.service.keys import Key, find_key
from scenefit.service.settings import ServiceConfig, is_loopback

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
"""What every answer has, unless it says otherwise."""
SAFE = ("GET", "HEAD", "OPTIONS")
CROSS = ("GET", "POST")
"""The methods that pages of opened origins may use; they change no product."""
HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?")


def key_of(request: Request, keys: Sequence[Key], scope: str) -> str:
    """Give the name of the key that a request comes with; empty where the service has no keys.

    Raises:
        Fault: 401, there is none, or it is unknown; 403, it may not do this.
    """
    if not keys:
        return ""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    key = find_key(keys, secret.strip()) if kind.lower() == "bearer" else None
    if key is None:
        raise Fault(401, "key", "a key is needed, or the one sent is unknown", {"WWW-Authenticate": "Bearer"})
    if not key.may(scope):
        raise Fault(403, "forbidden", f"this key has the scope {key.scope}; this needs {scope}")
    return key.name


def check_host(headers: Headers, config: ServiceConfig) -> None:
    """Refuse a request that is addressed to another name, as a page does whose name was rebound to this machine.

    Raises:
        Fault: 421.
    """
    found = HOST.fullmatch(headers.get("host", ""))
    name = found[1].lower() if found else ""
    if config.keys and not config.hosts and found:
        return
    if not (is_loopback(name) or name in (config.host.lower(), *map(str.lower, config.hosts))):
        raise Fault(421, "host", "the service is not known by the name that the request is addressed to")


def check_origin(method: str, headers: Headers, config: ServiceConfig) -> None:
    """Refuse what the page of another site sends, unless its origin is opened.

    Raises:
        Fault: 403.
    """
    origin = headers.get("origin")
    if origin is None or method in SAFE or urlsplit(origin).netloc.lower() == headers.get("host", "").lower():
        return
    if origin not in config.cors or method not in CROSS:
        raise Fault(403, "origin", "pages of other sites may not send this")


def preflight(headers: Headers, config: ServiceConfig) -> Response | None:
    """Answer a browser that asks whether a page of another origin may ask; None where it does not ask.

    Raises:
        Fault: 403, it may not.
    """
    wanted, origin = headers.get("access-control-request-method"), headers.get("origin")
    if wanted is None or origin is None:
        return None
    if origin not in config.cors or wanted not in CROSS:
        raise Fault(403, "origin", "pages of this origin may not ask")
    allowed = {
        "Access-Control-Allow-Methods": ", ".join(CROSS),
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Max-Age": "600",
    }
    return Response(status_code=204, headers=allowed)


def secure(headers: MutableHeaders, origin: str | None, config: ServiceConfig) -> None:
    """Put the security headers on an answer, and those that let an opened origin read it."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if config.cors:
        headers.add_vary_header("Origin")
    if origin is not None and origin in config.cors:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = "Retry-After, ETag"
