"""Options out of a request: JSON text, a form's fields or query parameters become one of the schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request

from scenefit.service.faults import Fault, fault_of_options
from scenefit.service.photos import FORM, RAW, content_type, picture, read_form
from scenefit.service.schemas import Asked
from scenefit.types import Box

A = TypeVar("A", bound=Asked)


def from_json(schema: type[A], text: str | bytes) -> A:
    """Read options from JSON text.

    Raises:
        Fault: 422, they cannot be taken.
    """
    try:
        return schema.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise fault_of_options(error) from None


def from_values(schema: type[A], values: Mapping[str, Any]) -> A:
    """Read options from texts, as a form or an address gives them.

    Raises:
        Fault: 422, they cannot be taken.
    """
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise fault_of_options(error) from None


def from_query(schema: type[A], query: QueryParams) -> A:
    """Read options from query parameters; lists come by repetition, a box may be `l,t,r,b` too.

    Raises:
        Fault: 422, they cannot be taken.
    """
    values: dict[str, Any] = {}
    for name in query:
        found = query.getlist(name)
        if name == "box" and len(found) == 1:
            found = found[0].split(",")
        if _is_list(schema, name):
            values[name] = found
        elif len(found) > 1:
            raise Fault(422, "option", f"{name[:80]}: expected once, came {len(found)} times")
        else:
            values[name] = found[0]
    return from_values(schema, values)


def _is_list(schema: type[Asked], name: str) -> bool:
    field = schema.model_fields.get(name)
    return field is not None and "list[" in str((field.annotation, get_args(field.annotation)))


def photos_and_options(request: Request, body: bytes, schema: type[A], most: int) -> tuple[list[bytes], A]:
    """Read photos and options from a body: a form with `photo` and `options`, or one photo, the options in the query.

    Args:
        request: for its headers and query.
        body: read already.
        schema: of the options.
        most: photos, at most.

    Raises:
        Fault: the body or the options cannot be taken.
    """
    kind = content_type(request.headers)
    if kind in RAW:
        return [picture(body)], from_query(schema, request.query_params)
    if kind != FORM:
        raise Fault(415, "picture_type", f"got a body of another type; expected {FORM}, {', '.join(RAW[:-1])}")
    if request.query_params:
        raise Fault(422, "option", "got options in the address beside a form; expected them in its field `options`")
    form = read_form(request.headers["content-type"], body)
    form.only({"photo"}, {"options"})
    photos = [picture(data) for data in form.files.get("photo", [])]
    if not 1 <= len(photos) <= most:
        raise Fault(422, "option", f"got {len(photos)} files named photo; expected 1 to {most}")
    return photos, from_json(schema, form.one("options") or "{}")


def box_of(sides: list[float] | None) -> Box | None:
    """Make a box of four sides.

    Raises:
        UsageError: left is not below right, or top not below bottom.
    """
    return None if sides is None else Box(*sides)


def json_object(text: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        Fault: 400, it is not one.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Fault(400, "bad_request", "the body is not JSON") from None
    if not isinstance(found, dict):
        raise Fault(400, "bad_request", "got JSON of another kind; expected an object")
    return found
