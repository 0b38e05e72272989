"""URLs of pictures: what is read, in which spelling, and what is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenefit.data.download.addresses import MAX_LENGTH, Address, FetchError, host_name

READ = {
    "http://shop.example": ("http", "shop.example", 80, "/"),
    "https://shop.example?a=1": ("https", "shop.example", 443, "/?a=1"),
    "https://shop.example:8443/a/b.jpg#x": ("https", "shop.example", 8443, "/a/b.jpg"),
    "https://SHOP.example./A.jpg": ("https", "shop.example", 443, "/A.jpg"),
    "https://shop.example/a%20b.jpg?x=%2F": ("https", "shop.example", 443, "/a%20b.jpg?x=%2F"),
    "https://shop.example/grün schön.jpg": ("https", "shop.example", 443, "/gr%C3%BCn%20sch%C3%B6n.jpg"),
    " https://shop.example/a.jpg ": ("https", "shop.example", 443, "/a.jpg"),
    "https://my_shop.example/a\\b": ("https", "my_shop.example", 443, "/a%5Cb"),
    "https://bücher.example/": ("https", "xn--bcher-kva.example", 443, "/"),
    "http://93.184.216.34/": ("http", "93.184.216.34", 80, "/"),
    "http://[2606:2800:0:0::1]:81/": ("http", "2606:2800::1", 81, "/"),
    "http://１２７.0.0.1/": ("http", "127.0.0.1", 80, "/"),  # refused when connecting
}


@pytest.mark.parametrize("text", READ)
def test_a_url_is_read_into_its_parts(text: str) -> None:
    address = Address.parse(text)
    assert (address.scheme, address.host, address.port, address.target) == READ[text]
    assert Address.parse(f"{address.scheme}://{address.authority}{address.target}") == address


REFUSED = {
    "": "expected http:// or https://",
    "picture.jpg": "expected http:// or https://",
    "//shop.example/a.jpg": "expected http:// or https://",
    "file:///etc/passwd": "expected http:// or https://",
    "ftp://shop.example/a.jpg": "expected http:// or https://",
    "data:image/png;base64,AAAA": "expected http:// or https://",
    "javascript:alert(1)": "expected http:// or https://",
    "https://name:word@shop.example/": "it carries a user name or password",
    "https://@shop.example/": "it carries a user name or password",
    "https://shop.example\\@127.0.0.1/": "it carries a user name or password",
    "https:///a.jpg": "got '' as the host",
    "https://shop..example/": "got 'shop..example' as the host",
    "https://shop example/": "got 'shop example' as the host",
    "https://shop.exam<ple/": "got 'shop.exam<ple' as the host",
    "https://%31%32%37.0.0.1/": "as the host",
    f"https://{'a' * 64}.example/": "as the host",
    f"https://{'a.' * 130}example/": "as the host",
    "https://[fe80::1%25eth0]/": "not a valid URL|as the host",
    "https://[::1/": "not a valid URL",
    "https://[v1.x]/": "not a valid URL|as the host",
    "https://shop.example:99999/": "not a valid URL",
    "https://shop.example:a/": "not a valid URL",
    "https://shop.example/\ud800": "not a valid URL",
    "https://shop.example/a\r\nHost: x": "with control characters",
    "https://shop.example/\x00": "with control characters",
    "https://shop.example/" + "a" * MAX_LENGTH: "longer than 8192 characters",
    "http://2130706433/": "the host '2130706433' is oddly spelled",
    "http://0x7f000001/": "the host '0x7f000001' is oddly spelled",
    "http://0X7F.1/": "the host '0x7f.1' is oddly spelled",
    "http://0177.0.0.1/": "the host '0177.0.0.1' is oddly spelled",
    "http://127.1/": "the host '127.1' is oddly spelled",
    "http://127.0.0.1.2/": "the host '127.0.0.1.2' is oddly spelled",
    "http://256.0.0.1/": "the host '256.0.0.1' is oddly spelled",
    "http://②①③⓪⑦⓪⑥④③③/": "the host '2130706433' is oddly spelled",
    "http://shop.0x/": "the host 'shop.0x' is oddly spelled",
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_other_urls_are_refused(text: str) -> None:
    with pytest.raises(FetchError, match=f"^address refused: .*({REFUSED[text]})"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("/b.jpg", "http://shop.example:81/b.jpg"),
        ("b.jpg?x", "http://shop.example:81/pictures/b.jpg?x"),
        ("../b.jpg", "http://shop.example:81/b.jpg"),
        ("//cdn.example/b.jpg", "http://cdn.example/b.jpg"),
        ("https://cdn.example/b c.jpg", "https://cdn.example/b%20c.jpg"),
        ("/\udce9.jpg", "http://shop.example:81/%E9.jpg"),  # a byte that is no UTF-8, as it came
    ],
)
def test_a_redirect_is_taken_from_where_it_stands(location: str, place: str) -> None:
    assert Address.parse("http://shop.example:81/pictures/a.jpg?q").join(location) == Address.parse(place)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://[::1", "http://0/", "http://u:p@shop.example/"])
def test_a_redirect_is_checked_like_any_url(location: str) -> None:
    with pytest.raises(FetchError, match="address refused"):
        Address.parse("http://shop.example/a.jpg").join(location)


@settings(derandomize=True, deadline=None)
@given(text=st.text(), prefix=st.sampled_from(["", "http://", "https://a.example", "http://[", "https://a.example:"]))
def test_any_text_is_read_or_refused(text: str, prefix: str) -> None:
    try:
        address = Address.parse(prefix + text)
    except FetchError as fault:
        assert fault.reason == "address refused"
    else:
        assert re.fullmatch(r"[!-~]+", f"{address.authority}{address.target}")
        assert address.target.startswith("/") and 0 <= address.port < 65536
        assert address.url.host == host_name(address.host).encode()
