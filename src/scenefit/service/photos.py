"""Bodies with pictures: multipart forms, or the picture itself. They stay in memory, are never stored and never logged.

Pictures are known by how they begin, whatever a client says they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from python_multipart.multipart import parse_options_header

from scenefit.service.examples import KINDS, media_type
from scenefit.service.faults import Fault, too_large

HEAD_BYTES, FIELD_BYTES, PARTS = 4096, 64 << 10, 32
RAW = (*KINDS.values(), "application/octet-stream")
FORM = "multipart/form-data"


class Part(NamedTuple):
    """One part of a form: whether it is a file, and its bytes."""

    is_file: bool
    data: bytes


@dataclass
class Form:
    """The files and the text fields of a form, by name, in their order."""

    files: dict[str, list[bytes]] = field(default_factory=dict)
    fields: dict[str, list[str]] = field(default_factory=dict)

    def one(self, name: str) -> str | None:
        """Give the text of a field that may come once.

        Raises:
            Fault: 400, it comes several times.
        """
        values = self.fields.get(name, [])
        if len(values) > 1:
            raise bad_form(f"the field {name} comes {len(values)} times")
        return values[0] if values else None

    def only(self, files: set[str], fields: set[str]) -> None:
        """Refuse a form with other parts than these.

        Raises:
            Fault: 422.
        """
        for kind, known, got in (("file", files, self.files), ("field", fields, self.fields)):
            if unknown := sorted(set(got) - known):
                raise Fault(422, "option", f"got the {kind} {unknown[0][:80]!r}; expected some of {sorted(known)}")


def bad_form(message: str) -> Fault:
    """Say that a form cannot be read."""
    return Fault(400, "bad_request", message)


def picture(data: bytes) -> bytes:
    """Give a picture back if it begins as one that is taken.

    Raises:
        Fault: 415.
    """
    if media_type(data) is None:
        raise Fault(415, "picture_type", f"got no picture of the types {', '.join(KINDS.values())}")
    return data


def content_type(headers: Mapping[str, str]) -> str:
    """Name the type of a body, without its parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def read_form(kind: str, body: bytes) -> Form:
    """Take a form of `multipart/form-data` apart.

    Args:
        kind: the header Content-Type, with the boundary.
        body: within the limit of bodies.

    Raises:
        Fault: 400, it is not such a form; 413, a field is too large or there are too many parts; 415, another type.
    """
    of, options = parse_options_header(kind)
    if of != FORM.encode():
        raise Fault(415, "picture_type", f"got a body of another type; expected {FORM}")
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 200:
        raise bad_form("the form has no boundary")
    form = Form()
    for part in _split(b"\r\n" + body, b"\r\n--" + boundary):
        _add(form, part)
    return form


def _split(body: bytes, mark: bytes) -> list[bytes]:
    """Cut a body at its boundaries; what stands before the first is thrown away."""
    parts = body.split(mark, PARTS + 2)
    if len(parts) > PARTS + 2:
        raise too_large(f"the form has too many parts; at most {PARTS} are accepted")
    if len(parts) < 2 or parts[0].strip() or not parts[-1].startswith(b"--"):
        raise bad_form("the form is cut short, or its boundary is another than its header says")
    return parts[1:-1]


def _add(form: Form, part: bytes) -> None:
    head, gap, data = part.partition(b"\r\n\r\n")
    if not gap or not head.startswith(b"\r\n") or len(head) > HEAD_BYTES:
        raise bad_form("a part of the form has no head, or too long a one")
    options = _disposition(head)
    if b"name" not in options:
        raise bad_form("a part of the form has no name")
    name = options[b"name"].decode("utf-8", "replace")
    if b"filename" in options:
        form.files.setdefault(name, []).append(data)
        return
    if len(data) > FIELD_BYTES:
        raise too_large(f"a field of the form is too large; at most {FIELD_BYTES} bytes are accepted")
    try:
        form.fields.setdefault(name, []).append(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise bad_form("a field of the form is not UTF-8; send pictures with a file name") from None


def _disposition(head: bytes) -> dict[bytes, bytes]:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-disposition":
            return parse_options_header(value.strip().decode("latin-1"))[1]
    return {}
