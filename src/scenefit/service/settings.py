"""What the service is run with: where it listens, who may ask, and how much it takes on."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from scenefit.data.images import MAX_PIXELS
from scenefit.errors import UsageError
from scenefit.service.keys import Key

ORIGIN_HINT = "give it as https://shop.example, without a path"


@dataclass(frozen=True)
class ServiceConfig:
    """The settings of the service; sizes in bytes, times in seconds.

    Attributes:
        host: the address to listen on; one beyond this machine needs keys.
        port: 0 takes a free one.
        keys: who may ask; without keys everyone may, on this machine only.
        hosts: names that a request may be addressed to, beside this machine's own; where there are keys, none: any.
        cors: origins whose pages may ask (not write), as `https://shop.example`.
        public_pictures: product pictures need no key; a page that shows them in `<img>` cannot send one.
        body_bytes: of one request with photos.
        bulk_bytes: of one request with many products.
        bulk_products: in one such request.
        held_bytes: of all bodies that are held at one time.
        photos: of one board.
        pixels: of one picture.
        held_pixels: of all pictures that are decoded at one time; at least `pixels`.
        places: photo requests that are worked on or wait; beyond them 503.
        workers: of those, how many are begun; most of them wait for the backbone.
        turns: how many requests are worked on at one time, those that wait for the backbone apart; 0 for one a core.
        light_places: the same for requests without photos.
        light_workers: the same.
        per_key: requests of one key at one time; beyond them 429.
        seconds: from a request's body to its answer; beyond it 504.
        body_seconds: for a body to come.
        stall_seconds: for the next bytes of a body to come.
        head_seconds: for a request's head to come.
        head_bytes: of a request's line and headers.
        connections: at one time.
        runs: batches that are run at one time, a core each where there are several; 0 for one a core.
        batch: pictures that the backbone sees at once.
        batch_seconds: the longest wait for a batch to fill; only while another photo is being decoded.
        thumbnail_bytes: of the product pictures that are kept in memory.
        drain_seconds: for the requests under way when the service stops.

    Raises:
        UsageError: a setting is out of its range.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    keys: tuple[Key, ...] = ()
    hosts: tuple[str, ...] = ()
    cors: tuple[str, ...] = ()
    public_pictures: bool = False
    body_bytes: int = 20 << 20
    bulk_bytes: int = 16 << 20
    bulk_products: int = 1000
    held_bytes: int = 256 << 20
    photos: int = 6
    pixels: int = 50_000_000
    held_pixels: int = 100_000_000
    places: int = 64
    workers: int = 24
    turns: int = 0
    light_places: int = 256
    light_workers: int = 4
    per_key: int = 64
    seconds: float = 15.0
    body_seconds: float = 30.0
    stall_seconds: float = 5.0
    head_seconds: float = 10.0
    head_bytes: int = 16 << 10
    connections: int = 1000
    runs: int = 0
    batch: int = 2
    batch_seconds: float = 0.004
    thumbnail_bytes: int = 64 << 20
    drain_seconds: int = 20

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            least = 0 if name in ("port", "turns", "runs", "batch_seconds", "thumbnail_bytes") else 1e-3
            if isinstance(value, int | float) and not isinstance(value, bool) and not least <= value < 1 << 40:
                raise UsageError(f"got {name}={value}; expected a number {'of 0 or more' if not least else 'above 0'}")
        if self.pixels > min(MAX_PIXELS, self.held_pixels) or self.body_bytes > self.held_bytes:
            raise UsageError(
                f"got pixels={self.pixels}, held_pixels={self.held_pixels}, body_bytes={self.body_bytes} and "
                f"held_bytes={self.held_bytes}; expected one picture of at most {MAX_PIXELS} pixels, and all of them "
                "together to be at least as large as one"
            )
        for origin in self.cors:
            if not origin.startswith(("http://", "https://")) or origin.count("/") != 2:
                raise UsageError(f"got the origin {origin!r}; {ORIGIN_HINT}")
        if not self.keys and not is_loopback(self.host):
            raise UsageError(
                f"got the host {self.host}, which others can reach, and no keys; make one by `scenefit serve-key`, "
                "put its line in a file, and give that file by --keys"
            )

    @property
    def turn_count(self) -> int:
        """How many requests are worked on at one time."""
        return self.turns or max(2, os.cpu_count() or 1)

    @property
    def run_count(self) -> int:
        """How many batches are run at one time."""
        return self.runs or os.cpu_count() or 1

    @classmethod
    def from_json(cls, values: Mapping[str, Any], keys: tuple[Key, ...] = ()) -> Self:
        """Build from a mapping, as a TOML file gives it; keys have a file of their own (`keys.read_keys`).

        Raises:
            UsageError: a name is unknown, or a value of another kind or out of range.

        >>> ServiceConfig.from_json({"cors": ["https://shop.example"], "places": 8}).places
        8
        """
        known = {field.name: field.type for field in fields(cls) if field.name != "keys"}
        if unknown := sorted(set(values) - set(known)):
            raise UsageError(f"got the settings {unknown}; expected some of {sorted(known)}")
        return cls(keys=keys, **{name: _value(name, str(known[name]), value) for name, value in values.items()})


def read_settings(path: Path) -> dict[str, Any]:
    """Read a TOML file of settings.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as TOML ({error}); expected lines such as: places = 64") from None


def is_loopback(host: str) -> bool:
    """Say whether an address is reached from this machine only.

    >>> is_loopback("localhost"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _value(name: str, kind: str, value: Any) -> Any:
    """Check a value's kind by the annotation of its field."""
    if kind.startswith("tuple") and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value).__name__ != kind:
        expected = (
            "a list of texts" if kind.startswith("tuple") else f"a value such as {getattr(ServiceConfig, name)!r}"
        )
        raise UsageError(f"got {name} = {value!r}; expected {expected}")
    return value
