"""The field types of a case and a roster: text, ids, ISO dates, lists. What is refused, and the sentence that says so.

Annotations for pydantic; to a type checker they are `str`, `date`, `tuple`. Follows "A case" in the procedure.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError

__all__ = [
    "CLOSED",
    "ISO_DATE",
    "Count",
    "Flag",
    "FlagOff",
    "FlagOn",
    "Id",
    "IsoDate",
    "Limit",
    "ListOf",
    "Purposes",
    "Text",
]

# Every dataclass that is read from a case is closed: an unknown field is an error.
CLOSED = ConfigDict(extra="forbid")

ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_HALF = re.compile(r"[\ud800-\udfff]")
T = TypeVar("T")


def _text(value: str) -> str:
    if not value or value.isspace():
        raise PydanticCustomError("blank", "must not be empty or blank")
    if _HALF.search(value):
        raise PydanticCustomError("half", "must not contain half of a surrogate pair")
    return value


def _identifier(value: str) -> str:
    if _CONTROL.search(value):
        raise PydanticCustomError("control", "must not contain control characters")
    return _text(value)


def _iso_date(value: object) -> object:
    if isinstance(value, str):
        if not ISO_DATE.fullmatch(value):
            raise PydanticCustomError("iso_date", "must be a date written YYYY-MM-DD")
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise PydanticCustomError("iso_date", "is no day of the calendar") from error
    if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
        raise PydanticCustomError("iso_date", "must be a date written YYYY-MM-DD")
    return value


def _null_is_empty(value: object) -> object:
    return () if value is None else value


def _not_empty(value: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if value is not None and not value:
        raise PydanticCustomError("empty_list", "must not be an empty list; null means all")
    return value


Text = Annotated[str, Strict(), AfterValidator(_text)]
# RULING: an id may be any text without control characters, which would let it look like another on a screen.
Id = Annotated[str, Strict(), AfterValidator(_identifier)]
IsoDate = Annotated[date, BeforeValidator(_iso_date)]
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0)]
# A list whose null is the same as left out.
ListOf = Annotated[tuple[T, ...], BeforeValidator(_null_is_empty)]
# A list whose null means all, and which would mean nothing if it were empty.
Limit = Annotated[tuple[Id, ...] | None, AfterValidator(_not_empty)]
# The same for purposes, which are any text.
Purposes = Annotated[tuple[Text, ...] | None, AfterValidator(_not_empty)]
# Flags of `evidence`, where null is the same as left out.
FlagOff = Annotated[bool, Strict(), BeforeValidator(lambda value: False if value is None else value)]
FlagOn = Annotated[bool, Strict(), BeforeValidator(lambda value: True if value is None else value)]
