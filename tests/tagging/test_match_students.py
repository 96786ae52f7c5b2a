"""Names and ids to students: nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_tagging.match_students import AMBIGUOUS, Person, RosterIndex, normalise

ROSTER = RosterIndex(
    [
        Person("S-1", ("Ava Example", "Avi Example"), ("0012345",)),
        Person("S-2", ("Ben Sample",), ("0012346",)),
        Person("S-3", ("Chris Twin",), ("0012347",)),
        Person("S-4", ("Chris Twin",), ("0012348",)),
        Person("S-5", ("Zoë Álvarez",)),
        Person("S-6", ("Dana Other", "Ben Sample-Jones")),
    ]
)


@pytest.mark.parametrize(
    ("written", "student"),
    [
        ("Ava Example", "S-1"),
        ("ava  EXAMPLE ", "S-1"),
        ("Example, Ava", "S-1"),
        ("zoe alvarez", "S-5"),
        ("A\u200bva\ufeff Exam\u00adple", "S-1"),
        ("Zoe\u0308 A\u0301lvarez", "S-5"),
        ("Álvarez, Zoë", "S-5"),
    ],
)
def test_a_name_is_found_in_every_spelling_of_case_accents_spaces_and_order(written: str, student: str) -> None:
    match = ROSTER.match(written)
    assert (match.kind, match.student) == ("exact", student)


def test_a_further_name_is_an_alias() -> None:
    match = ROSTER.match("Avi Example")
    assert (match.kind, match.student) == ("alias", "S-1")


@pytest.mark.parametrize("written", ["Ava", "Eva Example", "Ava Example Jr", "", "  ", ","])
def test_a_name_that_is_only_nearly_right_is_unknown(written: str) -> None:
    match = ROSTER.match(written)
    assert (match.kind, match.student) == ("unknown", None)


def test_a_name_of_two_students_is_ambiguous() -> None:
    match = ROSTER.match("Chris Twin")
    assert (match.kind, match.student) == ("ambiguous", None)


def test_a_name_that_is_the_alias_of_another_student_is_ambiguous() -> None:
    roster = RosterIndex([Person("S-1", ("Sam Lee",)), Person("S-2", ("Samuel Lee", "Sam Lee"))])
    assert roster.match("Sam Lee").kind == "ambiguous"


def test_an_id_settles_which_namesake_is_meant() -> None:
    match = ROSTER.match("Chris Twin", "0012348")
    assert (match.kind, match.student, match.by_id) == ("exact", "S-4", True)


def test_an_id_alone_is_enough() -> None:
    assert ROSTER.match("", "0012346").student == "S-2"


@pytest.mark.parametrize("said", ["Ava", "Example", "Beth", "Ava Example", "Example, Ava", "Ava B. Example", ",", " "])
def test_an_id_beside_a_part_of_its_students_name_or_no_name_counts(said: str) -> None:
    roster = RosterIndex([Person("S-1", ("Ava Beth Example",), ("7",))])
    match = roster.match(said, "7")
    assert (match.student, match.by_id) == ("S-1", True)


@pytest.mark.parametrize(
    "said", ["Zed Stranger", "A. E.", "Ava Stranger", "Example Ava", "Eva Example", "Ava Example Jr"]
)
def test_an_id_beside_a_name_that_its_student_does_not_bear_is_ambiguous(said: str) -> None:
    match = ROSTER.match(said, "0012345")
    assert (match.kind, match.student) == ("ambiguous", None)


@pytest.mark.parametrize("form", ["urn:student:0012345", "https://sis.example.org/0012345"])
def test_an_id_counts_in_the_form_in_which_the_roster_holds_it_alone(form: str) -> None:
    assert ROSTER.match("", form).kind == "unknown"
    assert RosterIndex([Person("S-1", ("Ava Example",), (form,))]).match("", form.upper()).student == "S-1"


def test_any_of_several_ids_counts() -> None:
    assert ROSTER.match("", "https://sis.example.org/1", ("0012345",)).student == "S-1"


def test_an_id_that_contradicts_the_name_is_ambiguous() -> None:
    assert ROSTER.match("Ava Example", "0012346").kind == "ambiguous"


def test_ids_of_two_students_are_ambiguous() -> None:
    assert ROSTER.match("Ava Example", "0012345", ("0012346",)).kind == "ambiguous"


def test_an_id_that_the_roster_does_not_know_is_ignored() -> None:
    assert ROSTER.match("Ava Example", "urn:other:7").student == "S-1"


def test_an_empty_external_id_matches_nobody() -> None:
    roster = RosterIndex([Person("S-1", ("A B",), ("",)), Person("S-2", ("C D",), (" ",))])
    assert roster.match("", " ").kind == "unknown"


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("King, Jr.", "king jr"),
        ("Example Jr., Ava", "ava example jr"),
        ("Example, Ava, Jr.", "ava example jr"),
        ("Ava Example, III", "ava example iii"),
        ("J.R. Lee", "j r lee"),
        ("Jr", "jr"),
        (",", ""),
        ("O\u2019Neil, Mary", "mary o'neil"),
        ("a, b, c", "a, b, c"),
        ("Straße", "strasse"),
        ("李雷", "李雷"),
        ("\U0001d56cva \uff2f\uff07Neil", "ava o'neil"),
    ],
)
def test_normalised_forms(written: str, form: str) -> None:
    assert normalise(written) == form


@pytest.mark.parametrize(
    ("borne", "written"),
    [
        ("Jose Muñoz", "José Munoz"),
        ("José Munoz", "Jose Muñoz"),
        ("Anna Strauß", "Anna Strauss"),
        ("Anna Strauss", "ANNA STRAUẞ"),
        ("Søren Øby", "Soren Oby"),
        ("Soren Oby", "SØREN ØBY"),
        ("İpek Iş\u0131k", "Ipek Isik"),
        ("ipek isik", "İPEK IŞIK"),
        ("Łukasz Đorđević", "Lukasz Dordevic"),
        ("Æsa Þórsdóttir", "Aesa Thorsdottir"),
        ("Ben Sample Jr.", "Sample, Ben, Jr"),
        ("Ben Sample III", "Sample III, Ben"),
        ("J. R. Lee", "J.R. Lee"),
        ("Lee, J. R.", "J R Lee"),
    ],
)
def test_diacritics_suffixes_and_full_stops_are_the_same_however_they_are_written(borne: str, written: str) -> None:
    match = RosterIndex([Person("S-1", (borne,))]).match(written)
    assert (match.kind, match.student) == ("exact", "S-1")


@pytest.mark.parametrize(
    ("borne", "written"),
    [
        ("Ava Beth Example", "Ava B. Example"),
        ("Ava Beth Example", "Example, Ava B."),
        ("Ava B. Example", "Ava Example"),
        ("Ben Sample Jr.", "Ben Sample"),
        ("Ben Carl Sample III", "Sample, Ben C."),
    ],
)
def test_less_than_the_rosters_name_is_an_alias(borne: str, written: str) -> None:
    match = RosterIndex([Person("S-1", (borne,))]).match(written)
    assert (match.kind, match.student) == ("alias", "S-1")


@pytest.mark.parametrize(
    ("borne", "written"),
    [
        ("Ava Example", "Ava B. Example"),
        ("Ava Beth Example", "Ava C. Example"),
        ("Ava Beth Example", "Ava Example"),
        ("Ben Sample", "Ben Sample Jr."),
        ("Ben Sample III", "Ben Sample Jr."),
        ("Robert Smith", "Bob Smith"),
        ("Ava Example", "Ava, Example"),
        ("Taylor Jordan", "Jordan Taylor"),
        ("Mary Ann Lee", "Ann Lee Mary"),
        ("Mary Ann Lee", "Lee Mary Ann"),
        ("Ben Sample Jr.", "Sample Ben Jr"),
        ("\u041d\u0438\u043a\u043e\u0439", "\u041d\u0438\u043a\u043e\u0438"),
        ("\u304b\u306a", "\u304c\u306a"),
        ("\u30cf\u30ca", "\u30d1\u30ca"),
    ],
)
def test_more_than_the_rosters_name_or_another_name_is_unknown(borne: str, written: str) -> None:
    assert RosterIndex([Person("S-1", (borne,))]).match(written).kind == "unknown"


def test_a_nickname_of_the_roster_is_an_alias() -> None:
    match = RosterIndex([Person("S-1", ("Robert Smith", "Bob Smith"))]).match("Smith, Bob")
    assert (match.kind, match.student) == ("alias", "S-1")


@pytest.mark.parametrize(
    ("one", "other", "written"),
    [
        ("Ben Sample", "Ben Sample Jr.", "Ben Sample"),
        ("Ana Garcia Lopez", "Ana Gomez Lopez", "Ana G. Lopez"),
        ("José Lee", "Jose Lee", "José Lee"),
    ],
    ids=["father-and-son", "one-initial", "accent-alone"],
)
def test_two_students_who_could_be_meant_are_ambiguous(one: str, other: str, written: str) -> None:
    roster = RosterIndex([Person("S-1", (one,)), Person("S-2", (other,))])
    assert roster.match(written).kind == "ambiguous"


@pytest.mark.parametrize(
    ("written", "student"), [("Jordan Kelly", "S-1"), ("Kelly, Jordan", "S-1"), ("Kelly Jordan", "S-2")]
)
def test_of_two_mirrored_names_the_comma_says_which_is_meant(written: str, student: str) -> None:
    roster = RosterIndex([Person("S-1", ("Jordan Kelly",)), Person("S-2", ("Kelly Jordan",))])
    assert roster.match(written).student == student


@pytest.mark.parametrize(
    ("borne", "written"),
    [("\u0439\u043e", "\u0438\u0306\u043e"), ("\u304c\u306a", "\u304b\u3099\u306a"), ("\u30ac", "\uff76\uff9e")],
    ids=["Cyrillic", "kana", "halfwidth"],
)
def test_a_mark_of_another_script_is_the_same_however_it_is_encoded(borne: str, written: str) -> None:
    assert RosterIndex([Person("S-1", (borne,))]).match(written).student == "S-1"


def test_a_suffix_tells_a_son_from_his_father() -> None:
    roster = RosterIndex([Person("S-1", ("Ben Sample",)), Person("S-2", ("Ben Sample Jr.",))])
    assert roster.match("Ben Sample, Jr.").student == "S-2"


WORDS = ("ava", "Béa", "b", "B.", "o'neil", "Søren", "Soren", "lee", "jr", "III", "ß")
few_words = st.lists(st.sampled_from(("ava", "b", "Beth", "lee", "jr")), min_size=2, max_size=3)
written_names = (st.lists(st.sampled_from((*WORDS, ",")), max_size=6) | few_words).map(" ".join)
rosters = st.lists(st.lists(written_names, min_size=1, max_size=2).map(tuple), max_size=5)
law = settings(derandomize=True, deadline=None, max_examples=500)


def index_of(names: Sequence[tuple[str, ...]]) -> RosterIndex:
    return RosterIndex([Person(f"S-{number}", each) for number, each in enumerate(names)])


@law
@given(st.text(max_size=40) | written_names)
def test_normalising_twice_changes_nothing_more(name: str) -> None:
    once = normalise(name)
    assert normalise(once) == once


@law
@given(rosters, written_names)
def test_a_name_that_two_students_bear_is_nobodys(names: list[tuple[str, ...]], written: str) -> None:
    bearers = [each for each in names if any(normalise(one) and normalise(one) == normalise(written) for one in each)]
    match = index_of(names).match(written)
    if len(bearers) > 1:
        assert match.kind == "ambiguous"
    if len(bearers) == 1:
        assert match.kind in ("exact", "alias", "ambiguous")
        assert match.student is None or names[int(match.student[2:])] == bearers[0]


@law
@given(rosters, written_names.map(lambda name: (name,)), written_names)
def test_a_further_student_changes_nobodys_match_except_to_ambiguous(
    names: list[tuple[str, ...]], further: tuple[str, ...], written: str
) -> None:
    before, after = index_of(names).match(written), index_of([*names, further]).match(written)
    if before.student is not None:
        assert after in (before, AMBIGUOUS)
    if before.kind == "ambiguous":
        assert after.kind == "ambiguous"


@law
@given(rosters, written_names)
def test_the_order_of_the_roster_does_not_matter(names: list[tuple[str, ...]], written: str) -> None:
    persons = [Person(f"S-{number}", each) for number, each in enumerate(names)]
    assert RosterIndex(persons).match(written) == RosterIndex(reversed(persons)).match(written)


@law
@given(rosters, st.lists(written_names, max_size=3).map(" and ".join))
def test_a_text_names_nobody_who_is_not_matched_by_that_name(names: list[tuple[str, ...]], text: str) -> None:
    roster = index_of(names)
    for name, match in roster.mentioned(text):
        if match.student is not None:
            assert roster.match(name).student in (match.student, None)


def mentioned(text: str, roster: RosterIndex = ROSTER) -> list[tuple[str, str | None]]:
    return [(match.kind, match.student) for _, match in roster.mentioned(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("AVA  example's solo; then Zoe\u0301 A\u0301lvarez.", [("exact", "S-1"), ("exact", "S-5")]),
        ("(Avi Example)", [("alias", "S-1")]),
        ("solo_ava_example_2026", [("exact", "S-1")]),
        ("Chris Twin scores", [("ambiguous", None)]),
        ("Ben Sample, Jr. scores", [("unknown", None)]),
        ("Ben Sample III and Ava Example", [("unknown", None), ("exact", "S-1")]),
        ("Ben Sample, junior", [("exact", "S-2")]),
        ("Example Ava", []),
        ("Ben Sample-Jones sings", [("alias", "S-6")]),
        ("Ava sings, Example laughs", []),
        ("Ava, Example and others", [("ambiguous", None)]),
        ("Lava Example; Ava Examples", []),
        ("", []),
    ],
)
def test_a_full_name_in_a_text_is_found_at_the_borders_of_words(text: str, found: list[tuple[str, str | None]]) -> None:
    assert mentioned(text) == found


def test_the_longest_name_that_begins_at_a_word_counts() -> None:
    roster = RosterIndex([Person("S-1", ("Mary Ann",)), Person("S-2", ("Mary Ann Lee",))])
    assert mentioned("Mary Ann Lee and Mary Ann", roster) == [("exact", "S-2"), ("exact", "S-1")]


def test_a_name_of_one_word_is_not_looked_for_in_a_text() -> None:
    assert mentioned("May plays in May", RosterIndex([Person("S-1", ("May",))])) == []


def test_names_that_differ_only_in_punctuation_are_ambiguous_in_a_text() -> None:
    roster = RosterIndex([Person("S-1", ("J. Lee",)), Person("S-2", ("J Lee",))])
    assert mentioned("J. Lee sings", roster) == [("ambiguous", None)]


def test_a_suffix_in_a_text_is_a_part_of_the_name() -> None:
    roster = RosterIndex([Person("S-1", ("Ben Sample",)), Person("S-2", ("Ben Sample, Jr.",))])
    assert mentioned("Ben Sample, Jr. scores", roster) == [("exact", "S-2")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Example, Ava sings", [("exact", "S-1")]),
        ("Solo of Example, Ava", [("exact", "S-1"), ("unknown", None)]),
        ("Solo: Twin, Chris", [("ambiguous", None)]),
        ("Ava/Example", [("ambiguous", None)]),
        ("2026-Ava-Example-solo", [("ambiguous", None)]),
        ("Ava B. Example", [("ambiguous", None)]),
        ("Ava and Eve Example", [("ambiguous", None)]),
        ("Ava, Eve Mary & Joe Example", [("ambiguous", None)]),
        ("Ava and the others met an Example", []),
        ("Ava Example and Ben Sample", [("exact", "S-1"), ("exact", "S-2")]),
        ("Ava Other, Ben Sample", [("exact", "S-2")]),
        ("Solo:Ava\u200bExample", [("exact", "S-1")]),
        ("Ava\u00adExample", [("exact", "S-1")]),
    ],
)
def test_a_full_name_in_an_unusual_form_is_found_or_somebody_is(text: str, found: list[tuple[str, str | None]]) -> None:
    assert mentioned(text) == found


@pytest.mark.parametrize("text", ["Lopez Jr., Ana Maria", "Lopez, Ana Maria, Jr.", "Lopez, Ana M."])
def test_a_family_name_before_a_comma_in_a_text_takes_suffixes_and_initials(text: str) -> None:
    roster = RosterIndex([Person("S-1", ("Ana Maria Lopez Jr.",))])
    assert {student for _, student in mentioned(f"Solo: {text} sings", roster)} == {"S-1"}


def test_the_first_and_the_last_of_a_students_names_alone_are_somebody_in_a_text() -> None:
    assert mentioned("Ava Example", RosterIndex([Person("S-1", ("Ava Beth Example",))])) == [("ambiguous", None)]


def test_two_names_in_a_row_are_not_surely_a_third_ones_family_name_first() -> None:
    roster = RosterIndex([Person("S-1", ("Jordan Kelly",))])
    assert mentioned("Ben Kelly, Jordan Smith", roster) == [("exact", "S-1"), ("unknown", None)]


signs = st.text(st.sampled_from(" _-.,;:/|\\'\"()[]#&+*~!?\u2013\u2014\u2019\u201c\n\t"), min_size=1, max_size=4)
others = st.lists(st.sampled_from(["sings", "Gym", "2026", "and", "Example", "the"]), max_size=3).map(" ".join)


@law
@given(signs, signs, signs, others, others)
def test_whatever_signs_stand_around_and_in_a_full_name_somebody_is_found(
    one: str, between: str, other: str, before: str, after: str
) -> None:
    assert mentioned(f"{before}{one}Ava{between}Example{other}{after}")


@law
@given(st.lists(st.sampled_from(["sings", "Gym", "Ava", "2026", "Ben", "and", ",", "/", "Zoe", "Dana"]), max_size=8))
def test_a_text_without_a_full_name_finds_nobody(words: list[str]) -> None:
    assert mentioned(" ".join(words)) == []
