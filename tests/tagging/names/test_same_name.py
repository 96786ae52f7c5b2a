"""Whether two written names are, or may be, of one person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_tagging.names.same_name import is_login_of, is_named_in, is_same_name, may_be_same_name, words_of_name


@pytest.mark.parametrize("other", ["Robert Roe", "ROE, Robert", "Mr. Róbert Roe"])
def test_order_case_accents_and_titles_make_no_other_name(other: str) -> None:
    assert is_same_name("Robert Roe", other)
    assert may_be_same_name("Robert Roe", other)


@pytest.mark.parametrize("other", ["Bob Roe", "R. Roe", "Robert Quentin Roe", "Robert Q Roe-Holm", "Roe"])
def test_a_short_form_an_initial_and_a_name_more_may_be_the_same_person(other: str) -> None:
    assert not is_same_name("Robert Roe", other)
    assert may_be_same_name("Robert Roe", other)
    assert may_be_same_name(other, "Robert Roe")


@pytest.mark.parametrize("other", ["", "Maria Roe", "Robert Holm", "R. R.", "S. Roe", "Bob Holm"])
def test_another_first_or_family_name_is_another_person(other: str) -> None:
    assert not may_be_same_name("Robert Roe", other)


@given(st.text(min_size=1), st.text(min_size=1))
def test_whatever_is_the_same_name_may_be_the_same_person(one: str, other: str) -> None:
    assert may_be_same_name(one, other) == may_be_same_name(other, one)
    if words_of_name(one):
        assert may_be_same_name(one, f"{one} {other}")


def test_a_long_row_of_initials_is_compared_at_once() -> None:
    assert not may_be_same_name(f"{'a ' * 40}b roe", f"{'a ' * 41}c roe")


@pytest.mark.parametrize(
    "text", ["robert-roe", "Coach Robert Roe, 1 Elm Street", "robert.roe@example.org", "Bob Roe", "Roe, R."]
)
def test_two_words_of_a_name_name_somebody_also_beside_more(text: str) -> None:
    assert is_named_in("Robert Roe", text)


@pytest.mark.parametrize("text", ["Roe", "Mr. Roe", "coach-roe", "Robert Holm", ""])
def test_one_word_of_a_name_names_nobody(text: str) -> None:
    assert not is_named_in("Robert Roe", text)
    assert not is_named_in("Roe", text)


@pytest.mark.parametrize("text", ["rroe", "RRoe", "robertroe", "roer", "roerobert", "rroe@example.org", "room 9, rroe"])
def test_a_login_is_two_words_of_a_name_or_one_with_an_initial(text: str) -> None:
    assert is_login_of("Robert Roe", text)


@pytest.mark.parametrize("text", ["roe", "rr", "robert", "mroe", "", "heroes"])
def test_a_word_of_a_name_and_another_initial_are_no_login(text: str) -> None:
    assert not is_login_of("Robert Roe", text)
    assert not is_login_of("Roe", "roe")
