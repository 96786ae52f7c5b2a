"""Whatever is tagged otherwise after a change of the roster is found by its words; and not every recording is."""

from __future__ import annotations

import random

import pytest
from changed_rosters import Change, Roster, change, recording
from hypothesis import given, settings
from hypothesis import strategies as st
from written_ways import PLACES, WAYS, roster_of

from dam_tagging.facts import Facts, Keyword
from dam_tagging.match_students import Person
from dam_tagging.names.changed_names import MOST_IN_A_GROUP, ChangedNames
from dam_tagging.names.kept_words import kept_words
from dam_tagging.names.open_words import MOST_LETTERS
from dam_tagging.names.short_forms import OTHERS, SPANISH, called_otherwise

RECORDINGS = 6


def caption(text: str) -> Facts:
    return Facts(state="read", captions=(Keyword(text, "dc:description"),))


def is_wanted(changed: Change, facts: Facts, key: str = "events/IMG_1.jpg") -> bool:
    words = kept_words(facts, key)
    return changed.names(changed.before.index, changed.after.index).wanted(words).has(words)


def is_tagged_otherwise(changed: Change, facts: Facts, key: str = "events/IMG_1.jpg") -> bool:
    before, after = changed.before, changed.after
    return before.tagged(before.index, facts, key) != after.tagged(after.index, facts, key)


@given(st.randoms(use_true_random=False), st.sampled_from((3, 10, 40, 120)))
@settings(max_examples=60)
def test_what_is_not_wanted_is_tagged_as_before(made: random.Random, size: int) -> None:
    changed = change(made, size)
    before, after = changed.before.index, changed.after.index
    near = [each for each in changed.after.persons if each not in changed.before.persons] or changed.after.persons
    whom = made.choice((near, changed.before.persons + changed.after.persons))
    recordings = [recording(made, whom) for _ in range(RECORDINGS)]
    kept = [kept_words(*each) for each in recordings]
    wanted = changed.names(before, after).wanted(frozenset().union(*kept))
    for (facts, key), words in zip(recordings, kept, strict=True):
        if not wanted.has(words):
            assert changed.before.tagged(before, facts, key) == changed.after.tagged(after, facts, key)


SOMEBODY = tuple(roster_of(100, 7))


@pytest.mark.parametrize("way", WAYS)
def test_a_new_student_is_found_in_each_way_to_write_a_name(way: str) -> None:
    made = random.Random(way)  # noqa: S311 - the same texts every time
    written = ((each, WAYS[way](each, made)) for each in made.sample(SOMEBODY, len(SOMEBODY)))
    student, text = next((each, text) for each, text in written if text is not None)
    without = Roster(tuple(each for each in SOMEBODY if each != student))
    for said_no in (frozenset[str](), frozenset({student.id})):
        changed = Change(without, Roster(SOMEBODY, said_no))
        before, after = changed.before.index, changed.after.index
        names = changed.names(before, after)
        for place in made.sample(PLACES, 5):
            key = f"events/{text.replace('/', '-')}/IMG_1.jpg" if place.is_path else "events/IMG_1.jpg"
            facts = Facts(state="read", **place.put(text))  # type: ignore[arg-type]
            words = kept_words(facts, key)
            if not names.wanted(words).has(words):
                assert without.tagged(before, facts, key) == changed.after.tagged(after, facts, key)


def added(*names: str, beside: tuple[str, ...] = (), denied: bool = False, staff: tuple[str, ...] = ()) -> Change:
    others = tuple(Person(f"S-{number}", (name,)) for number, name in enumerate(beside))
    new = Person("S-NEW", names, ("0012345",))
    return Change(
        Roster(others, staff=staff), Roster((*others, new), frozenset({"S-NEW"} if denied else ()), staff=staff)
    )


def numbered(told: str) -> Change:
    """A student comes with this id whose family said no."""
    return Change(Roster(()), Roster((Person("S-NEW", ("Xiomara Quillfeather",), (told,)),), frozenset({"S-NEW"})))


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (added("Jordan Lee"), "Jordan Lee wins"),
        (added("Jordan Lee"), "Lee, Jordan"),
        (added("Jordan Lee"), "jordanlee.jpg"),
        (added("Jordan Lee"), "Jor Dan Lee"),
        (added("Jordan Lee"), "J o r d a n L e e"),
        (added("Jordan Lee"), "J0rdan L33"),
        (added("Jordan Lee"), "the Jordane twins"),
        (added("Jordan Lee"), "student no 12345"),
        (added("Jordan Lee"), "J%C3%B6rdan, and Jordans friends"),
        (added("Ewan McDonald"), "Ewan Mac Donald"),
        (added("Ana de la Cruz"), "Ana Delacruz"),
        (added("Sara Vandenberg"), "Sara van den Berg"),
        (added("Mei-Ling Wu"), "Mei Ling Wu"),
        (added("Kimber Ode"), "Kim Ber sings"),
        (added("Ewan McDonald"), "Mac Donald sings"),
        (added("Sara Vandenberg", denied=True), "van den Berg sings"),
        (added("Bo Li"), "boli"),
        (added("Dima Ode"), "Dimou O."),
        (added("Ava Kimber"), "the Kimbur twins"),
        (added("D'Angelo Fox Roe", beside=("D Jones",)), "D, Al, Bo, Cy, Di, Ed Jones"),
        (added("Иван Соколов"), "Ivan Sokolov"),
        (added("李小明"), "今天李小明踢球"),
        (added("William Roe", beside=("Ava Owens",)), "Billy Owens sings"),
        (added("Jordan Lee", denied=True), "Jordon wins"),
        (added("Alexandra Lee", denied=True), "Ava Kim and Lexi"),
        (added("Jordan Lee", denied=True), "J.L. and Ava"),
        (added("Theo Lee", denied=True), "The L."),
        (added("Theo Lee", denied=True), "#teamtheo"),
        (added("Dmitry Ode", beside=("Ava Kim",), denied=True), "@avaanddima"),
        (added("Katherine Roe", denied=True), "Катя"),
        (added("Jordan Thornton", denied=True), "@jthorn"),
        (added("Catherine Roe", beside=("Cate Roe",), denied=True), "Cate Roe wins"),
        (added("Karen Olson", staff=("Karen Olson",)), "Karen Olson speaks"),
        (added("JJ Petrakis", denied=True), "JJ at the fair"),
        (added("Rosalind Achebe", denied=True), "Rosie A."),
        (added("Rosalind Achebe", denied=True), "Rose A."),
        (added("Rosalind Achebe", denied=True), "Rosie A's solo"),
        (added("Jordan Lee", denied=True), "id_12345"),
        (added("Jordan Lee", denied=True), "000012345"),
        (numbered("0004217"), "ID4217"),
        (numbered("0004217"), "7B_4217"),
        (numbered("0004217"), "no.04217"),
        (numbered("4217"), "0004217"),
        (numbered("4217"), "SID-004217"),
        (numbered("0000417"), "student 417"),
        (numbered("417"), "ID 0417"),
        (numbered("AB4217"), "AB-4217"),
        (added("Karin Olson", beside=("Ava Kim",), staff=("Karen Olson",)), "Ava Kim and Karen Olson"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_text_that_a_change_tags_otherwise_is_found(changed: Change, text: str) -> None:
    assert is_tagged_otherwise(changed, caption(text)) or is_tagged_otherwise(
        changed, Facts(state="read"), f"{text}.jpg"
    )
    assert is_wanted(changed, caption(text))
    assert is_wanted(changed, Facts(state="read"), f"{text}.jpg")


def credited(text: str) -> Facts:
    return Facts(state="read", rights=(Keyword(text, "photoshop:Credit"),))


@pytest.mark.parametrize(
    ("name", "credit"),
    [
        ("Rosalind Achebe", "Rosalind Achebe"),
        ("Rosalind Achebe", "Achebe, Rosalind M."),
        ("Rosalind Achebe", "\u00a9 2026 rosalindachebe"),
        ("Ana de la Cruz", "Ana de la Cruz"),
        ("Zoe", "Zoe"),
        ("\u674e\u5c0f\u660e", "\u674e\u5c0f\u660e"),
        ("Sam Sam", "Sam Sam"),
    ],
)
def test_who_made_a_recording_is_found_once_the_family_says_no(name: str, credit: str) -> None:
    persons = (Person("S-1", (name,)), Person("S-2", ("Nia Ode",)))
    changed = Change(Roster(persons), Roster(persons, frozenset({"S-1"})))
    by_line = Facts(state="read", captions=(Keyword(f"The fair. Photo by {credit}", "dc:description"),))
    for facts in (credited(credit), Facts(state="read", owner=credit), by_line):
        if facts is not by_line or " " in name:
            assert is_tagged_otherwise(changed, facts) or facts is by_line
            assert is_wanted(changed, facts)
    assert not is_wanted(changed, credited("Nia Ode"))
    assert not is_wanted(changed, credited("Rosalind Cruz"))


def test_a_student_whose_family_permits_is_looked_for_in_no_credit() -> None:
    persons = (Person("S-1", ("Rosalind Achebe",)),)
    changed = Change(Roster(()), Roster(persons))
    assert not is_wanted(changed, credited("Rosalind Achebe"))


def test_a_name_that_goes_and_one_that_comes_are_both_looked_for() -> None:
    changed = Change(Roster((Person("S-1", ("Ava Kim",)),)), Roster((Person("S-1", ("Nia Ode",)),)))
    assert is_wanted(changed, caption("Ava Kim"))
    assert is_wanted(changed, caption("Nia Ode"))
    assert not is_wanted(changed, caption("Jordan Lee"))


def test_a_family_that_says_no_is_looked_for_by_what_nearly_is_the_name() -> None:
    persons = (Person("S-1", ("Jordan Lee",)),)
    changed = Change(Roster(persons), Roster(persons, frozenset({"S-1"})))
    assert is_wanted(changed, caption("Jordyn"))
    assert not is_wanted(changed, caption("Xiomara"))


def test_a_new_student_does_not_concern_recordings_that_name_others() -> None:
    made = random.Random(3)  # noqa: S311
    persons = tuple(roster_of(400, 5))
    new = Person("S-NEW", ("Xiomara Quillfeather",), ("7654321",))
    changed = Change(Roster(persons), Roster((*persons, new)))
    texts = [f"{each.names[0]} {made.choice(('sings', 'at the fair', 'and friends'))}" for each in persons]
    before, after = changed.before.index, changed.after.index
    kept = {text: kept_words(caption(text), "events/IMG_0134.jpg") for text in texts}
    wanted = changed.names(before, after).wanted(frozenset().union(*kept.values()))
    assert [text for text in texts if wanted.has(kept[text])] == []


def test_a_name_that_pushes_another_out_of_a_full_list_is_found() -> None:
    others = tuple(
        Person(f"S-{number:02}", (f"Ode Zab{'abcdefg'[number // 10]}{'abcdefghij'[number % 10]}n",))
        for number in range(50)
    )
    others = (Person("S-K", ("Ava Kim",)), *others)
    new, last = Person("S-NEW", ("Roe Zaba",)), frozenset({others[-1].id})
    changed = Change(Roster(others, last), Roster((*others, new), last))
    assert is_tagged_otherwise(changed, caption("Ava Kim & Zab sing"))
    assert is_wanted(changed, caption("Ava Kim & Zab sing"))


def test_where_nothing_changes_nothing_is_looked_for() -> None:
    index = Roster(SOMEBODY).index
    assert not ChangedNames(index, index, ())
    assert not ChangedNames(index, index, ()).wanted(kept_words(caption("Ava Kim"), "a.jpg")).words


def test_a_name_without_a_letter_is_looked_for_everywhere() -> None:
    assert is_wanted(added("\u2605 \u2605"), caption("the fair"))
    assert is_wanted(added("Ava \u2605"), caption("Ava"))


def test_a_file_with_too_many_letters_is_always_looked_at() -> None:
    assert is_wanted(added("Xiomara Quillfeather"), caption("a " * (MOST_LETTERS // 2 + 1)))


def test_a_group_of_too_many_words_is_asked_for_by_its_smallest_set() -> None:
    known = frozenset().union(*(kept_words(caption(f"{one}{two}"), "a.jpg") for one in "bdfgk" for two in "aeiou"))
    assert len(known) < MOST_IN_A_GROUP
    wanted = added("Baba Roe").names(Roster(()).index, added("Baba Roe").after.index).wanted(known)
    assert all(len(group) > 1 for group in wanted.groups)


def test_short_forms_go_both_ways() -> None:
    tables = {**SPANISH, **OTHERS}
    words = {word for name, forms in tables.items() for word in (name, *forms.split())} | {
        "robert",
        "bob",
        "kate",
        "liz",
    }
    words |= {other for word in words for other in called_otherwise(word)}
    assert [(one, two) for one in words for two in called_otherwise(one) if one not in called_otherwise(two)] == []
