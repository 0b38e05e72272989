"""What the OpenAPI document says of bodies and query parameters that the routes read themselves."""

from __future__ import annotations

from typing import Any

from scenefit.service.examples import KINDS
from scenefit.service.photos import FORM
from scenefit.service.schemas import Asked
from scenefit.service.told import ErrorAnswer

FILE = {"type": "string", "format": "binary"}
ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorAnswer, "description": "The request cannot be answered as it is."},
    "5XX": {"model": ErrorAnswer, "description": "The service cannot answer at the moment."},
}


def photo_route(schema: type[Asked]) -> dict[str, Any]:
    """Describe a route that takes photos: a form, or one photo as the body with the options in the query."""
    shown = _schema(schema)
    properties = {
        "photo": {"type": "array", "items": FILE, "minItems": 1, "maxItems": 6, "description": "One, or a board."},
        "options": {"type": "string", "contentMediaType": "application/json", "contentSchema": shown},
    }
    content = {FORM: {"schema": _object(properties, ["photo"]), "encoding": {"photo": {"contentType": "image/*"}}}}
    raw = {kind: {"schema": FILE} for kind in KINDS.values()}
    description = "A form; or one photo, with the options as query parameters (lists by repetition)."
    body = {"required": True, "description": description, "content": {**content, **raw}}
    return {"requestBody": body, "x-options": shown}


def form_route(files: dict[str, bool], fields: dict[str, dict[str, Any]], required: list[str]) -> dict[str, Any]:
    """Describe a route that takes a form: its files, whether each is required, and its text fields."""
    properties = {**dict.fromkeys(files, FILE), **fields}
    needed = [*(name for name, is_needed in files.items() if is_needed), *required]
    return {"requestBody": {"required": True, "content": {FORM: {"schema": _object(properties, needed)}}}}


def json_field(schema: type[Asked]) -> dict[str, Any]:
    """Describe a text field that holds JSON."""
    return {"type": "string", "contentMediaType": "application/json", "contentSchema": _schema(schema)}


def query_route(schema: type[Asked]) -> dict[str, Any]:
    """Describe a route's query parameters."""
    shown = _schema(schema)
    needed = shown.get("required", [])
    named = shown["properties"].items()
    return {
        "parameters": [
            {"name": name, "in": "query", "required": name in needed, "schema": about} for name, about in named
        ]
    }


def bulk_route(schema: type[Asked], item: type[Asked]) -> dict[str, Any]:
    """Describe a route that takes JSON, or JSON lines."""
    whole = _schema(schema)
    whole["properties"]["upsert"]["items"] = _schema(item)
    content = {"application/json": {"schema": whole}, "application/x-ndjson": {"schema": {"type": "string"}}}
    return {"requestBody": {"required": True, "content": content}}


def _schema(schema: type[Asked]) -> dict[str, Any]:
    found = schema.model_json_schema()
    assert "$defs" not in found, "what is asked is flat"  # noqa: S101
    return found


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
