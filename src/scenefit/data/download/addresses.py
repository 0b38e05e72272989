"""Addresses of pictures: http and https URLs, the host in its one spelling; whatever else is refused."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import httpcore2

from scenefit.errors import ScenefitError

PORTS = {"http": 80, "https": 443}
MAX_LENGTH = 8192
NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
KEPT = "%/:?#[]@!$&'()*+,;=-._~"
"""Characters of a path or query that are sent as they are; `%` too, so that what is escaped is not escaped again."""


class FetchError(ScenefitError):
    """Why a picture was not fetched.

    Attributes:
        reason: one of few, so that faults can be counted by it.
        detail: what more there is to say; it may quote the server.
        again: whether another try may help.
    """

    def __init__(self, reason: str, detail: str = "", again: bool = False) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.detail, self.again = reason, detail, again


class NoAnswerError(FetchError):
    """No answer came, or it broke off."""


def refused(detail: str) -> FetchError:
    """Give the fault of an address that is not asked."""
    return FetchError("address refused", detail)


@dataclass(frozen=True)
class Address:
    """An http or https URL in its parts; `host` in its one spelling, `target` the escaped path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read a URL; that its host may be reached is checked only when connecting.

        Raises:
            FetchError: another scheme, credentials, an odd spelling of the host, or no URL at all.

        >>> Address.parse("HTTPS://Shop.Example/a b.jpg?w=400#top")
        Address(scheme='https', host='shop.example', port=443, target='/a%20b.jpg?w=400')
        >>> Address.parse("http://2130706433/")
        Traceback (most recent call last):
        ...
        scenefit.data.download.addresses.FetchError: address refused: the host '2130706433' is oddly spelled
        """
        if len(text) > MAX_LENGTH or re.search(r"[\x00-\x1f\x7f]", text):
            raise refused(f"longer than {MAX_LENGTH} characters, or with control characters")
        try:
            parts = urlsplit(text.strip(" "))
            port, host = parts.port, parts.hostname or ""
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            target = quote(target, KEPT, errors="surrogateescape")  # bytes of a redirect as they came
        except ValueError:
            raise refused("not a valid URL") from None
        if parts.scheme not in PORTS:
            raise refused("expected http:// or https://")
        if "[" in parts.netloc and ":" not in host:
            raise refused(f"got {parts.netloc[:80]!r} as the host")
        if "@" in parts.netloc:
            raise refused("it carries a user name or password")
        return cls(parts.scheme, host_name(host), PORTS[parts.scheme] if port is None else port, target)

    def join(self, location: str) -> Address:
        """Give the address that a redirect from here leads to.

        Raises:
            FetchError: as `parse`.
        """
        try:
            text = urljoin(f"{self.scheme}://{self.authority}{self.target}", location)
        except ValueError:
            raise refused("not a valid URL") from None
        return self.parse(text)

    @property
    def authority(self) -> str:
        """The host with its port, as the Host header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> httpcore2.URL:
        """The address as the HTTP client takes it."""
        return httpcore2.URL(scheme=self.scheme, host=self.host, port=self.port, target=self.target)


def host_name(text: str) -> str:
    """Give a host's name or IP address in its one spelling.

    Raises:
        FetchError: neither a name nor an address in its usual spelling.

    >>> host_name("Shop.Example."), host_name("bücher.example"), host_name("[0:0::1]")
    ('shop.example', 'xn--bcher-kva.example', '::1')
    """
    try:
        if ":" in text and "%" not in text:
            return str(ipaddress.IPv6Address(text.removeprefix("[").removesuffix("]")))
        name = text.encode("idna").decode("ascii").lower().removesuffix(".")
    except ValueError:
        raise refused(f"got {text[:80]!r} as the host") from None
    if not NAME.fullmatch(name) or len(name) > 253:
        raise refused(f"got {text[:80]!r} as the host")
    if NUMBER.fullmatch(name.rpartition(".")[2]) and not _is_dotted_quad(name):
        raise refused(f"the host {name!r} is oddly spelled")
    return name


def _is_dotted_quad(name: str) -> bool:
    try:
        return bool(ipaddress.IPv4Address(name))
    except ValueError:
        return False
