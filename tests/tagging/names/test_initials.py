"""Initials of an opted-out student beside a named one: with full stops or without, also where they may be short for a word."""

from __future__ import annotations

import pytest

from dam_tagging.facts import Facts, Keyword
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.names.open_words import open_words

PEOPLE = [
    Person("S-A", ("Ada Quill",)),
    Person("S-S", ("Sarah Roe",)),
    Person("S-M", ("Anne-Marie Dupont",)),
    Person("S-P", ("Paula Eriksen",)),
]
DENIED = frozenset({"S-S", "S-M", "S-P"})


def found(text: str, denied: frozenset[str] = DENIED) -> list[tuple[str, ...]]:
    facts = Facts(state="read", captions=(Keyword(text, "dc:description"),))
    return [each.students for each in open_words(facts, "games/IMG_1.jpg", RosterIndex(PEOPLE), denied, named=["S-A"])]


@pytest.mark.parametrize(
    ("text", "student"),
    [
        ("Ada Quill and SR", "S-S"),
        ("Ada Quill & SR", "S-S"),
        ("Ada Quill and S.R.", "S-S"),
        ("SR and Ada Quill", "S-S"),
        ("Ada Quill and AMD", "S-M"),
        ("Ada Quill with A.M.D.", "S-M"),
        ("Ada Quill and PE", "S-P"),
    ],
)
def test_initials_joined_to_a_named_student_stay_open(text: str, student: str) -> None:
    assert found(text) == [(student,)]
    assert found(text, frozenset()) == []


@pytest.mark.parametrize(
    "text",
    ["Ada Quill, SR", "Ada Quill in PE", "PE with the whole class", "AMD sponsors us", "Ada Quill, MO", "Seniors (SR)"],
)
def test_what_is_short_for_a_word_holds_nothing_up(text: str) -> None:
    assert found(text) == []
