"""How pictures are fetched: limits, patience and politeness."""

from __future__ import annotations

from dataclasses import dataclass

from scenefit.data.download.addresses import FetchError, host_name
from scenefit.data.images import MAX_BYTES
from scenefit.errors import UsageError


@dataclass(frozen=True)
class DownloadSettings:
    """How pictures are fetched; times in seconds.

    Attributes:
        connections: requests at once, to all hosts together.
        per_host: requests at once to one host.
        delay: least time between the starts of two requests to one host.
        connect_timeout: for finding a host, for connecting to each of its addresses, and for TLS.
        read_timeout: for the next bytes to come.
        total_timeout: for one picture on the wire, redirects and tries included; waiting for the host's turn is not.
        max_bytes: of one picture's file, at most `images.MAX_BYTES`.
        tries: of one picture, where another may help.
        backoff: wait before the second try; it doubles with each, less a random part of up to a half.
        longest_wait: of one wait; a host that asks for a longer one is asked no more.
        redirects: followed for one picture.
        stop_after: answers 403 or 429 in a row after which a host is asked no more.
        give_up_after: tries in a row without an answer, 5xx included, after which a host is asked no more.
        allow_hosts: names or IP addresses that may be reached though they are not of the public internet.

    Raises:
        UsageError: a number is out of its range, or a host has no proper name.
    """

    connections: int = 16
    per_host: int = 2
    delay: float = 0.1
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    total_timeout: float = 120.0
    max_bytes: int = 20 << 20
    tries: int = 4
    backoff: float = 1.0
    longest_wait: float = 120.0
    redirects: int = 5
    stop_after: int = 5
    give_up_after: int = 20
    allow_hosts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name in ("connections", "per_host", "max_bytes", "tries", "stop_after", "give_up_after"):
            if (value := getattr(self, name)) < 1:
                raise UsageError(f"got {name} {value}; expected 1 or more")
        for name in ("delay", "backoff", "longest_wait", "redirects"):
            if not (value := getattr(self, name)) >= 0:
                raise UsageError(f"got {name} {value}; expected 0 or more")
        for name in ("connect_timeout", "read_timeout", "total_timeout"):
            if not (value := getattr(self, name)) > 0:
                raise UsageError(f"got {name} {value}; expected more than 0 seconds")
        if self.max_bytes > MAX_BYTES:
            raise UsageError(f"got max_bytes {self.max_bytes}; a picture may have at most {MAX_BYTES}")
        for host in self.allow_hosts:
            try:
                host_name(host)
            except FetchError as fault:
                raise UsageError(f"got --allow-host {host!r} ({fault.detail}); expected a name or IP address") from None


DEFAULTS = DownloadSettings()
