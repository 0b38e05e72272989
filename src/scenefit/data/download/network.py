"""Connections to hosts of the public internet, or to hosts let through by name; nowhere else."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection, Iterable

import httpcore2

from scenefit.data.download.addresses import NoAnswerError, host_name, refused

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
UNICAST = ipaddress.IPv6Network("2000::/3")
NOT_PUBLIC = tuple(
    ipaddress.ip_network(net)
    for net in (
        "168.63.129.16/32",  # inside a cloud: the machine's own host
        "192.0.0.0/24",  # of protocols
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # of protocols, Teredo among them
        "2002::/16",  # 6to4: carries any IPv4 address
        "3fff::/20",  # documentation
    )
)
"""Networks that the standard library counts as public, in some version, and that no picture comes from."""

IP = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: IP) -> bool:
    """Say whether an address belongs to the public internet, a carried IPv4 address included.

    >>> [is_public(ipaddress.ip_address(text)) for text in ("8.8.8.8", "169.254.169.254", "::ffff:10.0.0.1")]
    [True, False, False]
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in UNICAST:
            return False
    own = any(address in network for network in NOT_PUBLIC)
    return address.is_global and not address.is_multicast and not own


class CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to public addresses only.

    A name is looked up once, each address found is checked, and the connection goes to one of those very addresses,
    so that a name that changes its address meanwhile (DNS rebinding) gains nothing. TLS and the Host header keep the
    name.
    """

    def __init__(self, allowed: Collection[str] = ()) -> None:
        """Take the hosts that are let through whatever their addresses."""
        self._allowed = frozenset(map(host_name, allowed))
        self._plain: httpcore2.AsyncNetworkBackend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first of the host's addresses that answers.

        Raises:
            NoAnswerError: the host's name is unknown.
            FetchError: one of its addresses is not public.
            httpcore2.ConnectError: none of them answers.
        """
        addresses = await _look_up(host, port, timeout)
        if host not in self._allowed:
            _check_public(host, addresses)
        *others, last = addresses
        for address in others:
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._plain.connect_tcp(last, port, timeout, local_address, socket_options)


def _check_public(host: str, addresses: list[str]) -> None:
    for address in addresses:
        if not is_public(ipaddress.ip_address(address)):
            raise refused(f"{host} is at {address}, which is not public; --allow-host {host} lets it through")


async def _look_up(host: str, port: int, timeout: float | None) -> list[str]:
    try:
        async with asyncio.timeout(timeout):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise httpcore2.ConnectTimeout("the look-up of the host's name") from None
    except socket.gaierror as error:
        raise NoAnswerError("host not found", host, again=error.errno == socket.EAI_AGAIN) from None
    except (OSError, UnicodeError) as error:
        raise NoAnswerError("host not found", f"{host}: {error}") from None
    return list(dict.fromkeys(str(place[0]) for *_, place in found))
