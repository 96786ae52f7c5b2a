"""Bytes to text where no standard settles the encoding, or writers do not keep to it."""

from __future__ import annotations


def decoded(value: bytes, encoding: str = "utf-8") -> str:
    """Decode a value; text that is not in the encoding it should be in is read as cp1252, which never fails."""
    try:
        return value.decode(encoding)
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")
