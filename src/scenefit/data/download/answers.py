"""What a host answers: its headers and body, where a redirect leads, and what went wrong."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager

import httpcore2

from scenefit.data.download.addresses import Address, FetchError, NoAnswerError

REDIRECTS = (301, 302, 303, 307, 308)
WORTH_ANOTHER_TRY = (408, 429)
"""Statuses below 500 after which another try may help."""


@contextmanager
def network() -> Iterator[None]:
    """Turn whatever a server or the network makes the client raise into a NoAnswerError; a FetchError stays."""
    try:
        yield
    except FetchError:
        raise
    except httpcore2.TimeoutException as error:
        raise NoAnswerError("no answer in time", type(error).__name__, again=True) from None
    except httpcore2.ConnectError as error:
        raise NoAnswerError("connection failed", str(error), again=True) from None
    except Exception as error:  # noqa: BLE001  one server's answer, however odd, never stops the run
        raise NoAnswerError("connection broken", f"{type(error).__name__}: {error}", again=True) from None


async def chunks(response: httpcore2.Response) -> AsyncGenerator[bytes, None]:
    """Give the body as it comes, not decoded.

    Raises:
        NoAnswerError: it broke off, or is not as HTTP has it.
    """
    with network():
        async with aclosing(response.aiter_stream()) as stream:
            async for chunk in stream:
                yield chunk


def header(response: httpcore2.Response, name: bytes) -> str:
    """Give a header's value, empty where there is none."""
    values = [value for key, value in response.headers if key.lower() == name]
    return values[0].decode("utf-8", "surrogateescape") if values else ""


def onward(response: httpcore2.Response, address: Address) -> Address:
    """Give the address that an answer without a picture leads to.

    Raises:
        FetchError: it leads nowhere, or where nothing is fetched from.
    """
    status, location = response.status, header(response, b"location")
    if status not in REDIRECTS:
        raise FetchError(f"HTTP {status}", again=status in WORTH_ANOTHER_TRY or status >= 500)
    if not location:
        raise FetchError(f"HTTP {status}", "a redirect that does not say where to")
    return address.join(location)
