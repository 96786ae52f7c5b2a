"""What a page of the gate sends back: a small form, read within limits of size and time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.types import Receive

MOST_BYTES = 1024
MOST_FIELDS = 4
READ_SECONDS = 10
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Form:
    """The word that was written (null: none), and whether what stood before the recording was read."""

    word: str | None = None
    was_read: bool = False


class NotRead(Exception):
    """A body that is not one of our forms; `status` says how to answer."""

    def __init__(self, status: int) -> None:
        """Keep the status."""
        self.status = status
        super().__init__(f"status {status}")


async def read_form(media_type: str, receive: Receive) -> Form:
    """Return the form in a request's body. Raises NotRead: 408 too slow, 413 too large, 415 another type, 400 no form."""
    body = await _body(receive)
    if not body:
        return Form()
    if media_type.partition(";")[0].strip().lower() != FORM:
        raise NotRead(415)
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise NotRead(400) from None
    values = dict(fields)
    if len(values) != len(fields) or not values.keys() <= {"word", "read"}:
        raise NotRead(400)
    return Form(values.get("word"), values.get("read") == "yes")


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise NotRead(400)
                body += message.get("body", b"")
                if len(body) > MOST_BYTES:
                    raise NotRead(413)
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        raise NotRead(408) from None
