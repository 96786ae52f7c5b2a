"""Bodies that are derived from data classes: a field of the class is a field of the body, unless it is left out."""

from __future__ import annotations

from dataclasses import dataclass, fields

import pytest
from pydantic import ValidationError

from dam_hooks.http.bodies import Key, StoredObject, Word, derived, made
from dam_plugin.model import AssetEvent
from dam_plugin.store.codec import adapter_of


@dataclass(frozen=True, slots=True)
class NewerEvent:
    """An event as a later version may have it."""

    key: str
    etag: str | None = None
    note: str = ""
    size: int | None = None


Newer = derived(NewerEvent, "Newer", "An event.", types={"key": Key, str: Word}, without=["size"])


def test_the_fields_of_an_event_are_those_of_its_body_but_for_its_size() -> None:
    names = {each.name for each in fields(AssetEvent)}
    assert {each.name for each in fields(StoredObject)} == names - {"size"}


def test_a_new_field_of_a_class_is_a_field_of_its_body_and_may_be_left_out() -> None:
    read = adapter_of(Newer).validate_python
    assert made(NewerEvent, read({"key": "a.jpg", "note": "new"})) == NewerEvent("a.jpg", note="new")
    assert made(NewerEvent, read({"key": "a.jpg", "note": None})) == NewerEvent("a.jpg")


@pytest.mark.parametrize("wrong", [{"key": ""}, {"key": "a.jpg", "size": 1}, {"key": "a.jpg", "note": "x" * 1025}])
def test_what_a_body_does_not_take_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        adapter_of(Newer).validate_python(wrong)
