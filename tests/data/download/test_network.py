"""Which addresses are reached: public ones, by the very address that was checked, and hosts let through by name."""

from __future__ import annotations

import asyncio
import ipaddress
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpcore2
import pytest

from scenefit.data.download.addresses import FetchError, NoAnswerError
from scenefit.data.download.network import CheckedBackend, is_public

PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "223.255.255.255",
]
PUBLIC += ["2606:2800:220:1::1", "2a00:1450:4001::200e", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
NOT_PUBLIC_NETS = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "168.63.129.16/32",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
]
NOT_PUBLIC = [
    str(end) for net in NOT_PUBLIC_NETS for end in (ipaddress.ip_network(net)[0], ipaddress.ip_network(net)[-1])
]
NOT_PUBLIC += ["::", "::1", "::127.0.0.1", "fe80::1", "fe80::1%1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1"]
NOT_PUBLIC += ["2001:db8::1", "2001::1", "2001:10::1", "2002:7f00:1::", "3fff::1", "100::1", "5f00::1", "64:ff9b:1::1"]
NOT_PUBLIC += ["::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "64:ff9b::127.0.0.1"]


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_addresses_that_are_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


class Recorder(httpcore2.AsyncNetworkBackend):
    """Notes where a connection would go; of those places only the last answers."""

    def __init__(self) -> None:
        self.places: list[tuple[str, int]] = []
        self.deaf: set[str] = set()

    async def connect_tcp(self, host: str, port: int, *rest: Any, **more: Any) -> httpcore2.AsyncNetworkStream:
        self.places.append((host, port))
        if host in self.deaf:
            raise httpcore2.ConnectError("deaf")
        return httpcore2.AsyncMockStream([])


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """The addresses that each name has, look-up after look-up."""
    known: dict[str, list[list[str]]] = {}

    def look_up(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host].pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


def _connect(backend: CheckedBackend, host: str) -> Recorder:
    backend._plain = recorder = Recorder()
    recorder.deaf = {"93.184.216.1", "2606:2800::1"}
    asyncio.run(backend.connect_tcp(host, 443, timeout=5))
    return recorder


def test_a_name_is_looked_up_once_and_the_checked_address_is_used(names: dict[str, list[list[str]]]) -> None:
    names["shop.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    backend = CheckedBackend()
    assert _connect(backend, "shop.example").places == [("93.184.216.34", 443)]
    assert names["shop.example"] == [["127.0.0.1"]]
    with pytest.raises(FetchError, match=r"shop\.example is at 127\.0\.0\.1, which is not public; --allow-host shop"):
        _connect(backend, "shop.example")


def test_every_address_of_a_name_is_checked(names: dict[str, list[list[str]]]) -> None:
    names["shop.example"] = [["93.184.216.34", "10.0.0.7"]]
    with pytest.raises(FetchError, match=r"shop\.example is at 10\.0\.0\.7, which is not public"):
        _connect(CheckedBackend(), "shop.example")


def test_the_addresses_of_a_name_are_tried_in_turn(names: dict[str, list[list[str]]]) -> None:
    names["shop.example"] = [["2606:2800::1", "93.184.216.1", "93.184.216.1", "93.184.216.34", "93.184.216.35"]]
    places = _connect(CheckedBackend(), "shop.example").places
    assert places == [("2606:2800::1", 443), ("93.184.216.1", 443), ("93.184.216.34", 443)]
    names["shop.example"] = [["2606:2800::1", "93.184.216.1"]]
    with pytest.raises(httpcore2.ConnectError, match="deaf"):
        _connect(CheckedBackend(), "shop.example")


def test_a_host_is_let_through_by_its_own_name_only(names: dict[str, list[list[str]]]) -> None:
    names.update({"images.internal": [["10.0.0.7"]], "other.internal": [["10.0.0.7"]]})
    backend = CheckedBackend({"Images.Internal."})
    assert _connect(backend, "images.internal").places == [("10.0.0.7", 443)]
    with pytest.raises(FetchError, match=r"other\.internal is at 10\.0\.0\.7, which is not public"):
        _connect(backend, "other.internal")


@pytest.mark.parametrize(("error", "again"), [(socket.EAI_NONAME, False), (socket.EAI_AGAIN, True)])
def test_a_name_that_is_not_found(error: int, again: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: Any, **__: Any) -> None:
        raise socket.gaierror(error, "not found")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(NoAnswerError, match=r"host not found: nowhere\.example") as raised:
        _connect(CheckedBackend(), "nowhere.example")
    assert raised.value.again is again


def test_the_name_stands_in_the_host_header(
    server: Any, download: Callable[..., Any], photo: Callable[..., bytes], names: dict[str, list[list[str]]]
) -> None:
    server.answer("/a.jpg", server.reply(photo()))
    names["images.internal"] = [["127.0.0.1"]]
    url = server.url("/a.jpg", "images.internal")
    assert download(url, allow_hosts=frozenset({"images.internal"})).fetched == 1
    assert server.headers[0]["Host"] == f"images.internal:{server.port}"


@pytest.fixture
def certificate(tmp_path: Path) -> Iterator[Path]:
    """A key and a certificate of its own for the name images.internal, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    made = tmp_path / "made.pem"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x -keyout {made} -out {made}.crt".split()
    subprocess.run([*command, "-addext", "subjectAltName=DNS:images.internal"], check=True, capture_output=True)
    made.write_bytes(made.read_bytes() + Path(f"{made}.crt").read_bytes())
    yield made


def test_tls_asks_for_the_name_and_checks_the_certificate(
    new_server: Callable[..., Any],
    certificate: Path,
    download: Callable[..., Any],
    photo: Callable[..., bytes],
    names: dict[str, list[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tls, asked = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    tls.load_cert_chain(certificate)
    tls.sni_callback = lambda _, name, __: asked.append(name)
    server = new_server(tls)
    server.answer("/a.jpg", server.reply(photo()))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    names.update({name: [["127.0.0.1"]] for name in ("images.internal", "other.internal")})
    urls = [f"https://{name}:{server.port}/a.jpg" for name in names]
    report = download(*urls, allow_hosts=frozenset(names), tries=1)
    assert report.fetched == 1
    assert sorted(asked) == ["images.internal", "other.internal"]
    (failed,) = report.failures
    assert (failed["url"], failed["reason"]) == (urls[1], "connection failed")
    assert "certificate verify failed: Hostname mismatch" in failed["detail"]
