"""Runs the app: one process, a bounded number of connections, patience with none of them."""

from __future__ import annotations

import asyncio
import socket
import sys

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from scenefit.errors import UsageError
from scenefit.service.faults import Fault
from scenefit.service.settings import ServiceConfig

SWITCH = 0.001
"""Seconds after which a thread lets another run, so that the event loop soon has its turn."""
BAD_REQUEST = Fault(400, "bad_request", "the request cannot be read, or its head is too long")


class Connection(H11Protocol):
    """One connection; it ends when a request's head, or the rest of a body that nobody reads, is too slow to come."""

    settings = ServiceConfig()
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless there are too many."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self.connections) > self.settings.connections:
            transport.abort()
        self._wait(self.settings.head_seconds)

    def data_received(self, data: bytes) -> None:
        """Take bytes; the head of a request has its time from its first byte on."""
        if self._patience is None and self.conn.their_state is h11.IDLE:
            self._wait(self.settings.head_seconds)
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE and self.conn.our_state is not h11.DONE:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Take the rest of the body, for a while, so that the client comes to read its answer."""
        unread = self.conn.their_state is h11.SEND_BODY
        super().on_response_complete()
        if unread and not self.transport.is_closing():
            self._wait(self.settings.stall_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Say in the shape of all errors that a request cannot be read."""
        body = BAD_REQUEST.response().body
        head = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Connection", "close")]
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            for event in (h11.Response(status_code=400, headers=head), h11.Data(data=bytes(body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._patience = self.loop.call_later(seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def bind(config: ServiceConfig) -> socket.socket:
    """Take the port.

    Raises:
        UsageError: it is taken, or the address is not this machine's.
    """
    host = config.host.strip("[]")
    try:
        family = socket.getaddrinfo(host, config.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, config.port), family=family, backlog=512)
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"cannot listen on {config.host}, port {config.port} ({error}); choose another --host or --port"
        ) from None


def server_of(app: FastAPI, config: ServiceConfig) -> uvicorn.Server:
    """Make the server of an app; `serve` runs it."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=type("Connection", (Connection,), {"settings": config}),
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=config.head_bytes,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=config.drain_seconds,
        )
    )


def serve(app: FastAPI, config: ServiceConfig, listener: socket.socket) -> None:
    """Serve until the process is told to stop; requests under way are answered first."""
    sys.setswitchinterval(SWITCH)
    server_of(app, config).run(sockets=[listener])
