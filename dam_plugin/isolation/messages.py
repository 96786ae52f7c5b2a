"""What a reading process and its parent say to each other: frames of bytes with their length, JSON inside where it fits.

JSON and not pickle: a process that a file took over must not be able to run anything in its parent.
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any

MOST_BYTES = 64 * 1024 * 1024
"""A longer frame is refused: the facts of a file stay far below."""

_HEAD = struct.Struct(">I")


class Ended(Exception):
    """The other side is gone, or says what no frame is."""


def send(stream: IO[bytes], payload: bytes) -> None:
    """Write one frame; raises Ended where nobody reads any more."""
    try:
        stream.write(_HEAD.pack(len(payload)) + payload)
        stream.flush()
    except (OSError, ValueError) as error:
        raise Ended from error


def receive(stream: IO[bytes]) -> bytes:
    """Return the next frame; raises Ended where the stream ends before or the frame is too long."""
    try:
        (size,) = _HEAD.unpack(_exactly(stream, _HEAD.size))
        if size > MOST_BYTES:
            raise Ended
        return _exactly(stream, size)
    except (OSError, ValueError) as error:
        raise Ended from error


def send_object(stream: IO[bytes], fields: dict[str, Any]) -> None:
    """Write one JSON object; half a surrogate pair, which is no text, becomes a question mark."""
    send(stream, json.dumps(fields, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace"))


def receive_object(stream: IO[bytes]) -> dict[str, Any]:
    """Return the next JSON object; raises Ended for anything else."""
    try:
        fields = json.loads(receive(stream))
    except (ValueError, RecursionError) as error:
        raise Ended from error
    if not isinstance(fields, dict):
        raise Ended
    return fields


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if data is None or len(data) != count:
        raise Ended
    return data
