"""What a student is called that no list of short forms has: by its letters and its sound, and for opted-out students alone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_tagging.facts import Facts, Keyword, NamedPerson
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.names.open_words import open_words
from dam_tagging.names.pet_forms import MOST_FORMS, PetForms, sound_of

CALLED = [
    ("Katie", "Katherine"),
    ("Katie", "Kathleen"),
    ("Katie", "Caitlin"),
    ("Katie", "Kaitlyn"),
    ("Kate", "Kaitlyn"),
    ("Lexi", "Alexandra"),
    ("Lexie", "Alexis"),
    ("Xander", "Alexander"),
    ("Benji", "Benjamin"),
    ("Evie", "Evelyn"),
    ("Mickey", "Michaela"),
    ("Edik", "Eduard"),
    ("Jackson", "Jaxon"),
    ("Jaxon", "Jackson"),
    ("Kaylee", "Kayleigh"),
    ("DeSean", "DeShawn"),
    ("Toya", "LaToya"),
    ("Toria", "Victoria"),
    ("Mandy", "Amanda"),
    ("Stace", "Stacey"),
    ("Cassidy", "Kassidy"),
    ("Zach", "Zachariah"),
    ("Nikki", "Nicolette"),
    ("Philly", "Phillip"),
    ("Fillip", "Phillip"),
    ("Jenna", "Jennavieve"),
    ("Ty", "Tyrone"),
]


@pytest.mark.parametrize(("word", "name"), CALLED)
def test_a_word_may_be_a_form_of_a_name(word: str, name: str) -> None:
    assert name.casefold() in PetForms([name.casefold(), "wilhelmina", "zebulon"]).of(word.casefold())


@pytest.mark.parametrize(("word", "name"), CALLED)
def test_beside_a_known_student_it_stays_open_whom_it_means(word: str, name: str) -> None:
    roster = RosterIndex([Person("S-A", ("Ada Quill",)), Person("S-B", (f"{name} Hobbs",))])
    said = Facts(
        state="read",
        persons=(NamedPerson("Ada Quill", "Iptc4xmpExt:PersonInImage"),),
        captions=(Keyword(f"Ada Quill and {word}", "dc:description"),),
    )
    found = open_words(said, "events/IMG_1.jpg", roster, frozenset({"S-B"}), named=["S-A"])
    assert [each.students for each in found] == [("S-B",)]
    assert open_words(said, "events/IMG_1.jpg", roster, frozenset(), named=["S-A"]) == () or word in ("Zach", "Nikki")


@pytest.mark.parametrize(
    ("kind", "text"),
    [("keyword", "Lexi"), ("caption", "Lexi scores"), ("caption", "Lexi's goal"), ("path", "games/IMG_Lexi.jpg")],
)
def test_it_counts_where_a_person_may_be_meant(kind: str, text: str) -> None:
    roster = RosterIndex([Person("S-B", ("Alexandra Hobbs",))])
    word = (Keyword(text, "dc:subject"),)
    facts = Facts(state="read", keywords=word if kind == "keyword" else (), captions=word if kind == "caption" else ())
    key = text if kind == "path" else "games/IMG_1.jpg"
    assert [each.students for each in open_words(facts, key, roster, frozenset({"S-B"}))] == [("S-B",)]


@pytest.mark.parametrize(
    "text",
    [
        "Nikon at Carson Stadium",
        "the final against Rolla",
        "a sunny day",
        "Photo: canon",
        "Ms. Lexington",
        "lexicon week",
    ],
)
def test_words_that_name_nobody_hold_nothing_up(text: str) -> None:
    names = ("Alexandra Hobbs", "Nicholas Sunnyvale", "Tamara Grady", "Grace Famous", "Friederike Sol")
    denied = [Person(f"S-{place}", (name,)) for place, name in enumerate(names)]
    roster = RosterIndex([*denied, Person("S-A", ("Ada Quill",))])
    facts = Facts(state="read", captions=(Keyword(text, "dc:description"),))
    found = open_words(facts, "games/IMG_1.jpg", roster, frozenset(each.id for each in denied), named=["S-A"])
    assert found == ()


@pytest.mark.parametrize(("one", "other"), [("anna", "zoe"), ("emma", "noah"), ("liam", "sofia"), ("amy", "zachary")])
def test_other_names_are_no_forms(one: str, other: str) -> None:
    assert PetForms([one]).of(other) == PetForms([other]).of(one) == ()


@given(st.lists(st.text("abcdeiklmnorsty", min_size=1, max_size=8), max_size=60), st.text(max_size=12))
def test_any_word_gives_few_known_parts_and_never_itself(parts: list[str], word: str) -> None:
    found = PetForms(parts).of(word)
    assert len(found) <= MOST_FORMS
    assert set(found) <= set(parts) - {word}


@given(st.text("abcdefghijklmnopqrstuvwxyz", max_size=20))
def test_a_sound_has_no_two_signs_alike_beside_each_other(word: str) -> None:
    sound = sound_of(word)
    assert all(a != b for a, b in pairwise(sound))


@pytest.mark.parametrize(
    ("called", "name"), [("Lexi", "Alexandra"), ("Xander", "Alexander"), ("Jaxon", "Jackson"), ("Katie", "Katherine")]
)
def test_a_whole_name_that_may_be_another_form_of_a_denied_student_s_settles_nobody(called: str, name: str) -> None:
    roster = RosterIndex([Person("S-A", (f"{called} Hobbs",)), Person("S-B", (f"{name} Hobbs",))])
    assert roster.also_meant(f"{called} Hobbs", frozenset({"S-B"})) == {"S-B"}
    assert roster.also_meant(f"{called} Hobbs", frozenset()) == frozenset()


@pytest.mark.parametrize(
    ("one", "other"), [("Amy", "Amanda"), ("Brian", "Brandon"), ("Mary", "Martha"), ("Emma", "Amber")]
)
def test_other_whole_names_of_a_family_settle_whom_they_name(one: str, other: str) -> None:
    roster = RosterIndex([Person("S-A", (f"{one} Hobbs",)), Person("S-B", (f"{other} Hobbs",))])
    assert roster.also_meant(f"{one} Hobbs", frozenset({"S-B"})) == frozenset()


def test_forms_are_made_once_for_the_same_students() -> None:
    roster = RosterIndex([Person("S-A", ("Ada Quill",)), Person("S-B", ("Alexandra Hobbs",))])
    one, other = frozenset({"S-B"}), frozenset({"S-A", "S-B"})
    made = [roster.parts.pet_forms(denied, roster.names_of) for denied in (one, other, one, other)]
    assert (made[0] is made[2], made[1] is made[3], made[0] is made[1]) == (True, True, False)
    assert roster.parts.pet_forms(frozenset(), roster.names_of).of("lexi") == ()
