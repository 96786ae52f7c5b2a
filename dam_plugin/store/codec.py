"""Frozen dataclasses to plain data and back, and the canonical JSON that is kept and hashed. No tables live here."""

from __future__ import annotations

import json
from collections.abc import Hashable
from functools import lru_cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from dam_plugin.errors import StoreError

T = TypeVar("T")


def to_plain(obj: object) -> Any:  # noqa: ANN401 - plain data of whatever shape the object has
    """Return `obj` as JSON's own types: dataclasses as objects, dates and times in ISO, tuples as lists."""
    return to_jsonable_python(obj)


def from_plain(cls: type[T], data: object) -> T:
    """Return `data` as a `cls`, the reverse of `to_plain`; raise StoreError, without the values, if it is none."""
    try:
        return adapter_of(cls).validate_python(data)
    except ValidationError as error:
        places = ", ".join(sorted({".".join(map(str, e["loc"])) or "itself" for e in error.errors()}))
    raise StoreError(f"a kept {_name(cls)} does not fit this version of the program (its {places})")


def canonical(data: object) -> str:
    """Return the one JSON text of `data`: sorted keys, no spaces, ASCII; raise ValueError for NaN and infinity."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def encode(cls: type[T], value: T) -> str:
    """Return the text that is kept for `value`; raise StoreError rather than keep what could not be read again."""
    plain = to_plain(value)
    from_plain(cls, plain)
    return canonical(plain)


def decode(cls: type[T], text: str) -> T:
    """Return the value kept as `text`; raise StoreError if it is damaged."""
    try:
        data = json.loads(text)
    except (TypeError, ValueError):
        data = _DAMAGED
    if data is _DAMAGED:
        raise StoreError(f"a kept {_name(cls)} is damaged: restore the database from a backup")
    return from_plain(cls, data)


_DAMAGED = object()


def adapter_of(cls: type[T]) -> TypeAdapter[T]:
    """Return what checks and reads a `cls`; it is made once, since that takes longer than most of what it reads."""
    return _adapter(cast("Hashable", cls))


@lru_cache(maxsize=64)
def _adapter(cls: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast("Any", cls))


def _name(cls: object) -> str:
    return getattr(cls, "__name__", str(cls))
