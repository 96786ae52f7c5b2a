from __future__ import annotations

import functools
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import StoreError
from dam_plugin.model import Actor, Appearance, Decision, Interval, Look, OptOut, Region, StudentRecord, Tagging
from dam_plugin.store.codec import canonical, decode, encode, from_plain, to_plain

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@functools.cache
def values(kind: type) -> st.SearchStrategy[Any]:
    """Any value of a kind that can be kept; to put together what makes them takes longer than to make them."""
    st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
    st.register_type_strategy(float, st.floats(0, 1))
    return st.from_type(kind).filter(_can_be_kept)


# hypothesis builds the dataclasses by their annotations and does not know pydantic's `Strict`.
@pytest.mark.filterwarnings("ignore:Ignoring unsupported Strict")
@pytest.mark.parametrize("kind", [Decision, Look, StudentRecord, Tagging], ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_what_is_encoded_is_decoded_the_same(kind: type, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    assert decode(kind, encode(kind, value)) == value


def test_what_was_kept_before_recordings_had_keyframes_is_read() -> None:
    kept = Appearance("S-1", "focus", regions=(Region(0.1, 0.1, 0.2, 0.2),), intervals=(Interval(1, 2),))
    plain = to_plain(kept)
    assert plain.pop("keyframes") == []
    assert from_plain(Appearance, plain) == kept


def test_plain_data_holds_only_what_json_knows() -> None:
    look = Look(datetime(2026, 10, 2, tzinfo=UTC), Actor("custodian"), persons=(Appearance("S-1"),))
    plain = to_plain(look)
    assert plain["at"] == "2026-10-02T00:00:00Z"
    assert plain["persons"][0]["student"] == "S-1"
    assert from_plain(Look, plain) == look


@given(json_values, json_values)
def test_canonical_text_is_the_same_exactly_for_equal_data(one: object, other: object) -> None:
    assert (canonical(one) == canonical(other)) == (repr_of(one) == repr_of(other))


def test_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": [2, "é"]}) == canonical({"a": [2, "é"], "b": 1}) == '{"a":[2,"\\u00e9"],"b":1}'


def test_a_number_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"x": float("nan")})


def test_what_could_not_be_read_again_is_not_kept() -> None:
    with pytest.raises(StoreError, match="OptOut does not fit"):
        encode(OptOut, OptOut(date(2026, 9, 1), purposes=()))


@pytest.mark.parametrize("text", ["", "{", '{"since":"Ada Quill"}', "[]"], ids=["empty", "cut", "wrong", "list"])
def test_a_damaged_text_is_an_error_without_its_content(text: str) -> None:
    with pytest.raises(StoreError) as caught:
        decode(OptOut, text)
    assert "Quill" not in str(caught.value)
    assert "OptOut" in str(caught.value)


def repr_of(data: object) -> str:
    """Return a text that tells True from 1 and 1 from 1.0, whatever the order of keys."""
    if isinstance(data, dict):
        return repr(sorted((key, repr_of(value)) for key, value in data.items()))
    return f"list {[repr_of(item) for item in data]}" if isinstance(data, list) else repr(data)


def _can_be_kept(value: object) -> bool:
    try:
        encode(type(value), value)
    except (StoreError, ValueError):
        return False
    return True
