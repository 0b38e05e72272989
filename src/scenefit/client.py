"""The service from Python: a method a route, answers as the service gives them, errors from the tree of `errors`."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

from scenefit.data.images import read_bytes
from scenefit.errors import (
    CatalogError,
    FilterError,
    ImageError,
    ScenefitError,
    ServiceError,
    UsageError,
)

Photo = Path | str | bytes
Answer = dict[str, Any]
ERRORS: Mapping[str, type[ScenefitError]] = {
    "photo": ImageError,
    "picture_type": ImageError,
    "filter": FilterError,
    "option": UsageError,
    "product": CatalogError,
    "catalog_busy": CatalogError,
    "not_found": UsageError,
}


class Client:
    """Asks a service; safe to use from several threads, and as a context.

    >>> with Client("http://127.0.0.1:8000") as client:  # doctest: +SKIP
    ...     client.recommend("photo.jpg", categories=["Shoes"], k=3)["categories"]["Shoes"]
    """

    def __init__(self, url: str, key: str | None = None, *, timeout: float = 30.0) -> None:
        """Take the service's address, a key where it asks for one, and how many seconds to wait for an answer.

        Raises:
            UsageError: not an http(s) address.
        """
        import httpcore2

        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise UsageError(f"got the address {url!r}; expected one such as http://127.0.0.1:8000")
        self._url, self._key = url.rstrip("/"), key
        self._timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
        self._pool = httpcore2.ConnectionPool(max_connections=100)
        self._failures = (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def recommend(self, photo: Photo | Sequence[Photo], **options: Any) -> Answer:
        """Rank the products of each category for a photo, or for a board.

        Args:
            photo: a picture file, or its bytes; or several.
            options: as POST /v1/recommend takes them: `categories=["Shoes"]`, `k=5`, `where="price<80"`.

        Raises:
            ImageError: a photo is not accepted.
            UsageError: an option cannot be taken.
            ServiceError: the service is out of reach or busy, or refuses the key.
        """
        return self._photos("/v1/recommend", photo, options)

    def looks(self, photo: Photo | Sequence[Photo], looks: int = 1, **options: Any) -> list[Answer]:
        """Compose whole looks; options and errors as of `recommend`."""
        found: list[Answer] = self._photos("/v1/looks", photo, {**options, "looks": looks})["looks"]
        return found

    def suggest_categories(self, photo: Photo | Sequence[Photo], **options: Any) -> dict[str, float] | None:
        """Say how likely each category is to be what a photo lacks; None where the model cannot say."""
        wanted: dict[str, float] | None = self._photos("/v1/suggest-categories", photo, options)["wanted"]
        return wanted

    def rerank(self, photo: Photo | Sequence[Photo], category: str, ids: Sequence[str], **options: Any) -> Answer:
        """Rank another system's candidates for a photo."""
        return self._photos("/v1/rerank", photo, {**options, "category": category, "ids": list(ids)})

    def score(
        self,
        scene: Photo,
        product: Photo | None = None,
        category: str | None = None,
        *,
        product_id: str | None = None,
        box: Sequence[float] | None = None,
    ) -> Answer:
        """Say whether a scene and a product go together: a picture with its category, or a `product_id`."""
        sides = None if box is None else ",".join(map(str, box))
        fields = {"category": category, "product_id": product_id, "box": sides}
        files = [("scene", _data(scene)), *([] if product is None else [("product", _data(product))])]
        return self._form("POST", "/v1/score", files, {name: value for name, value in fields.items() if value})

    def similar(self, id: str, k: int = 10, **options: Any) -> list[Answer]:
        """Find products like one of the catalog."""
        query = urlencode({"id": id, "k": k, **options}, doseq=True)
        found: list[Answer] = self._json("GET", f"/v1/similar?{query}")["products"]
        return found

    def categories(self) -> Answer:
        """List the categories, and the columns that filters can name."""
        return self._json("GET", "/v1/categories")

    def product(self, id: str) -> Answer:
        """Give a product of the catalog."""
        return self._json("GET", _product(id))

    def put_product(self, id: str, picture: Photo | None = None, **fields: Any) -> Answer:
        """Put a product: `category`, `title`, `price`, `currency`, `in_stock`, `url`, `attributes`.

        Raises:
            CatalogError: the catalog cannot take it.
            ImageError: its picture is not accepted.
        """
        files = [] if picture is None else [("picture", _data(picture))]
        return self._form("PUT", _product(id), files, {"product": json.dumps(fields)})

    def delete_product(self, id: str) -> None:
        """Delete a product."""
        self._json("DELETE", _product(id))

    def bulk(self, upsert: Iterable[Mapping[str, Any]] = (), delete: Sequence[str] = ()) -> Answer:
        """Put and delete many products; the `picture` of each is a file, or its bytes."""
        products = [{**one, **({"picture": _base64(one["picture"])} if "picture" in one else {})} for one in upsert]
        body = json.dumps({"upsert": products, "delete": list(delete)}).encode()
        return self._json("POST", "/v1/products/bulk", body, "application/json")

    def picture(self, id: str, size: int = 320) -> bytes:
        """Give a product's picture as a JPEG."""
        return self._ask("GET", f"{_product(id)}/picture?size={size}")

    def examples(self) -> list[Answer]:
        """List photos to try."""
        found: list[Answer] = self._json("GET", "/v1/examples")["examples"]
        return found

    def example(self, number: int) -> bytes:
        """Give a photo to try, the first being 0."""
        return self._ask("GET", f"/v1/examples/{number}")

    def healthy(self) -> bool:
        """Say whether the process answers."""
        return self._says("/healthz")

    def ready(self) -> bool:
        """Say whether the service is warm."""
        return self._says("/readyz")

    def metrics(self) -> str:
        """Give the figures as Prometheus reads them."""
        return self._ask("GET", "/metrics").decode()

    def openapi(self) -> Answer:
        """Give the OpenAPI document."""
        return self._json("GET", "/openapi.json")

    def _says(self, path: str) -> bool:
        try:
            self._ask("GET", path)
        except ServiceError:
            return False
        return True

    def _photos(self, path: str, photo: Photo | Sequence[Photo], options: Mapping[str, Any]) -> Answer:
        several = [photo] if isinstance(photo, Photo) else list(photo)
        return self._form("POST", path, [("photo", _data(one)) for one in several], {"options": json.dumps(options)})

    def _form(self, method: str, path: str, files: Sequence[tuple[str, bytes]], fields: Mapping[str, str]) -> Answer:
        mark = secrets.token_hex(16)
        parts = [_part(mark, name, data, "; filename=picture") for name, data in files]
        parts += [_part(mark, name, text.encode()) for name, text in fields.items()]
        body = b"".join([*parts, f"--{mark}--\r\n".encode()])
        return self._json(method, path, body, f"multipart/form-data; boundary={mark}")

    def _json(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Answer:
        found: Answer = json.loads(self._ask(method, path, body, kind))
        return found

    def _ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> bytes:
        headers: dict[bytes | str, bytes | str] = {"Content-Type": kind} if kind else {}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        extensions: Any = {"timeout": self._timeouts}
        try:
            answer = self._pool.request(method, self._url + path, headers=headers, content=body, extensions=extensions)
        except self._failures as error:
            raise ServiceError(f"{self._url} gives no answer ({type(error).__name__}: {error}); does it run?") from None
        if answer.status >= 400:
            raise _error(answer.status, answer.content, dict(answer.headers))
        return answer.content


def _product(name: str) -> str:
    return f"/v1/products/{quote(name, safe='')}"


def _data(photo: Photo) -> bytes:
    return photo if isinstance(photo, bytes) else read_bytes(Path(photo))


def _base64(picture: Photo) -> str:
    return base64.b64encode(_data(picture)).decode()


def _part(mark: str, name: str, data: bytes, more: str = "") -> bytes:
    return f'--{mark}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + data + b"\r\n"


def _error(status: int, body: bytes, headers: Mapping[bytes, bytes]) -> ScenefitError:
    """Make the error of the tree that an answer stands for."""
    try:
        fault = json.loads(body)["error"]
        code, text = str(fault["code"]), f"{fault['message']}; {fault['hint']}"
    except (ValueError, KeyError, TypeError):
        code, text = "", f"got an answer with the status {status} that is not of scenefit"
    if code in ERRORS:
        return ERRORS[code](text)
    after = next((value for name, value in headers.items() if name.lower() == b"retry-after"), b"")
    return ServiceError(text, status, code, float(after) if after.isdigit() else None)
