"""The field types of a case and a roster: text, ids, ISO dates, lists; what they refuse, with the sentence for it.

Annotations for pydantic, which also state their limits in JSON Schema. To a type checker they are `str`, `date`,
`tuple`. Follows "A case" in the procedure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, Strict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import CoreSchema

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
    if not value.isascii() and _HALF.search(value):
        raise PydanticCustomError("half", "must not contain half of a surrogate pair")
    return value


def _identifier(value: str) -> str:
    if not (value.isascii() and value.isprintable()) and _CONTROL.search(value):
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


@dataclass(frozen=True, slots=True)
class InSchema:
    """The JSON Schema of a validator's limits; `nullable`: null is the same as a missing field."""

    words: Mapping[str, Any] = field(default_factory=dict)
    nullable: bool = False

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema of the type with these words added."""
        schema = {**handler(core), **self.words}
        return {"anyOf": [schema, {"type": "null"}]} if self.nullable else schema

    def __hash__(self) -> int:
        """Typing keeps annotated types by their hash."""
        return hash((tuple(self.words), self.nullable))


_DAYS = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-9])"
_DATE_WORDS = {"format": "date", "pattern": f"^(?!0000)[0-9]{{4}}-({_DAYS})$", "maxLength": 10}
# What `str.isspace` calls a space; what `\s` means differs between the languages that read a schema.
_NOT_BLANK = r"[^\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
_CONTROLS = r"[\u0000-\u001f\u007f-\u009f\u2028\u2029]"
_TEXT_WORDS = {"pattern": _NOT_BLANK}
_ID_WORDS = {"pattern": _NOT_BLANK, "not": {"pattern": _CONTROLS}}
_FULL = InSchema({"minItems": 1})
_NULLABLE = InSchema(nullable=True)

Text = Annotated[str, Strict(), AfterValidator(_text), InSchema(_TEXT_WORDS)]
# RULING control-characters: an id may be any text without them. With them it could look like another on a screen.
Id = Annotated[str, Strict(), AfterValidator(_identifier), InSchema(_ID_WORDS)]
IsoDate = Annotated[date, BeforeValidator(_iso_date), InSchema(_DATE_WORDS)]
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0)]
# A list whose null is the same as left out.
ListOf = Annotated[tuple[T, ...], BeforeValidator(_null_is_empty), _NULLABLE]
# A list whose null means all, and which would mean nothing if it were empty.
Limit = Annotated[Annotated[tuple[Id, ...], _FULL] | None, AfterValidator(_not_empty)]
# The same for purposes, which are any text.
Purposes = Annotated[Annotated[tuple[Text, ...], _FULL] | None, AfterValidator(_not_empty)]
# Flags of `evidence`, where null is the same as left out.
FlagOff = Annotated[bool, Strict(), BeforeValidator(lambda value: False if value is None else value), _NULLABLE]
FlagOn = Annotated[bool, Strict(), BeforeValidator(lambda value: True if value is None else value), _NULLABLE]
