"""Whether a text names anybody of a roster but those who may be named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_plugin.model import StudentRecord
from dam_plugin.people.names_in_text import RosterNames
from dam_tagging.names.written_names import EVERYDAY, parts

ROSTER = RosterNames([
    StudentRecord("S-000000000001", "104217", ("Hannah Lee",)),
    StudentRecord("S-000000000002", "104230", ("Caleb N\u00fa\u00f1ez", "Cal Nunez")),
    StudentRecord("S-000000000003", "104263", ("Sofia Park",)),
    StudentRecord("S-000000000004", "SN-77-A", ("Will van der Berg",)),
    StudentRecord("S-000000000005", "12", ("\u0141ukasz Svoboda",)),
    StudentRecord("S-000000000006", "104-264", ("Mar\u00eda-Jos\u00e9 O'Brien",), guardian_names=(("G-1", "Dana Brandt"),)),
    StudentRecord("S-000000000007", "104300", ("\u674e \u5c0f\u9f99",)),
    StudentRecord("S-000000000008", "104301", ("Rose-Hill Smith",)),
])  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "Caleb N\u00fa\u00f1ez scores", "CALEB", "caleb", "Nu\u0301n\u0303ez, Caleb", "Cal said so", "Cale\u0301b",
        "Calebs goal",
        "Caleb's goal", "caleb_nunez.jpg", "calebnunez", "the CalebGoal", "Ca\u200bleb", "C\u0430leb", "caleb2",
        "C. A. L. E. B.",
        "for Sofia Park", "student 104230", "id104217", "\uff11\uff10\uff14\uff12\uff13\uff10", "104-264", "104264", "SN-77-A",
        "S-000000000002", "xG_000000000002x", "Obrien", "O'Brien", "mariajose", "Dana", "Mr. Brandt", "\u674e\u5c0f\u9f99",
        "\u5c0f\u9f99\u6253\u4eba", "Will scores", "Van Gogh", "Lukasz", "\u0142ukasz", "Lee Hannah Lukasz", "LukaszHannah",
        "rose-hill", "rose hill",
    ],
)  # fmt: skip
def test_somebody_else_is_found_however_they_are_written(text: str) -> None:
    assert ROSTER.named_in(text, ["Hannah Lee"])


@pytest.mark.parametrize(
    "text",
    [
        "", "Hannah Lee wins", "Lee, Hannah", "Hannah's goal", "HANNAH", "hannahlee", "the Lees", "We will win", "a van",
        "Room 12",
        "Fall Concert 2026", "The team of the year", "An annual event",
    ],
)  # fmt: skip
def test_words_and_the_names_of_who_may_be_named_are_left_alone(text: str) -> None:
    assert not ROSTER.named_in(text, ["Hannah Lee"])


def test_a_name_made_of_parts_that_two_others_bear_is_somebody_elses() -> None:
    roster = RosterNames(
        StudentRecord(f"S-{name}", "", (name,)) for name in ("Ana Diaz", "Ben Cole", "Ana Cole", "Cole Diaz")
    )
    assert roster.named_in("Ana Cole runs", ["Ana Diaz", "Ben Cole"])
    assert roster.named_in("anacole runs", ["Ana Diaz", "Ben Cole"])
    assert not roster.named_in("Ana Diaz and Ben Cole run", ["Ana Diaz", "Ben Cole"])


def named(text: str, own: str, *others: str) -> bool:
    """Whether a text names another of a roster of these, each of a family of their own."""
    roster = RosterNames(StudentRecord(f"S-{number}", "", (name,)) for number, name in enumerate((own, *others)))
    return roster.named_in(text, [own])


@pytest.mark.parametrize("text", ["Hannah scores", "HANNAH", "Hannah's goal", "go-hannah", "the HannahFans"])
def test_a_first_name_that_two_bear_may_be_the_others(text: str) -> None:
    assert named(text, "Hannah Lee", "Hannah Lindqvist")
    assert not named(text, "Hannah Lee", "Sofia Lindqvist")


@pytest.mark.parametrize(
    "text",
    [
        "Hannah Lee scores",
        "Lee, Hannah",
        "HANNAH LEE",
        "hannah_lee.jpg",
        "hannahlee",
        "HannahLee",
        "Hannah Lee's",
        "The Hannah Lees",
    ],
)
def test_a_whole_name_is_its_bearers_though_others_bear_its_parts(text: str) -> None:
    assert not named(text, "Hannah Lee", "Hannah Lindqvist", "Sofia Lee")


def test_words_that_together_read_as_a_first_name_are_no_name() -> None:
    assert not named("In may a team won", "Hannah Lee", "Maya Quist")
    assert named("In m a y a", "Hannah Lee", "Maya Quist")


def test_what_comes_before_or_behind_a_whole_name_is_looked_at_too() -> None:
    assert named("Hannah Lee and Hannah", "Hannah Lee", "Hannah Lindqvist")
    assert named("Hannah, Hannah Lee", "Hannah Lee", "Hannah Lindqvist")


def test_a_longer_whole_name_that_begins_as_ones_own_is_somebody_elses() -> None:
    assert named("Ana Diaz B. runs", "Ana Diaz", "Ana Diaz B.")
    assert not named("Ana Diaz B. runs", "Ana Diaz B.", "Ana Diaz")


def test_a_word_that_is_anothers_part_is_theirs_though_ones_own_name_reads_so_without_its_blank() -> None:
    assert named("Ronan runs", "Ro Nan", "Ronan Lee")


def test_a_joined_first_name_is_own_while_nobody_else_bears_it() -> None:
    assert not named("Mary-Jane runs", "Mary-Jane Watson", "Mary Poe")
    assert named("Mary-Jane runs", "Mary-Jane Watson", "Mary-Jane Poe")
    assert named("Maryjane runs", "Mary-Jane Watson", "Maryjane Poe")


def test_the_name_of_ones_own_parent_makes_no_name_another_students() -> None:
    roster = RosterNames([StudentRecord("S-1", "", ("Hannah Lee",), guardian_names=(("G-1", "Hannah Lee"),))])
    assert not roster.named_in("Hannah wins", ["Hannah Lee"])
    others = RosterNames(
        [
            StudentRecord("S-1", "", ("Hannah Lee",)),
            StudentRecord("S-2", "", ("Sofia Quist",), guardian_names=(("G-1", "Hannah Quist"),)),
        ]
    )
    assert others.named_in("Hannah wins", ["Hannah Lee"])


# A family name and a given name of two characters; the same given name under another family name.
KIM_MINJUN, LEE_MINJUN, MINJUN = "\uae40\ubbfc\uc900", "\uc774\ubbfc\uc900", "\ubbfc\uc900"


@pytest.mark.parametrize("text", [MINJUN, f"{MINJUN}\uc774 \uc774\uacbc\ub2e4", f"\uc624\ub298{MINJUN}"])
def test_a_given_name_of_a_name_written_as_one_is_found(text: str) -> None:
    assert named(text, "Hannah Lee", KIM_MINJUN)
    assert named(text, KIM_MINJUN, LEE_MINJUN)
    assert not named(text, KIM_MINJUN, "Hannah Lee")


@pytest.mark.parametrize("own", [KIM_MINJUN, f"\uae40 {MINJUN}", f"{MINJUN} \uae40"])
def test_a_whole_name_within_a_text_without_spaces_is_its_bearers(own: str) -> None:
    assert not named(f"\uc624\ub298{KIM_MINJUN}\uc774", own, LEE_MINJUN)
    assert named(f"\uc624\ub298{LEE_MINJUN}\uc774", own, LEE_MINJUN)


def test_family_and_given_name_of_four_characters_are_found_each() -> None:
    yamada, taro = "\u5c71\u7530", "\u592a\u90ce"
    assert all(
        named(f"{part}\u304c\u52dd\u3064", "Hannah Lee", yamada + taro) for part in (yamada, taro, yamada + taro)
    )


def test_a_number_of_who_may_be_named_is_no_name() -> None:
    assert ROSTER.named_in("104217", ["Hannah Lee"])


def test_nobody_is_named_by_a_roster_of_nobody() -> None:
    assert not RosterNames([]).named_in("Caleb N\u00fa\u00f1ez, 104230")


WORDS = st.text(st.sampled_from("abcdeno\u00e9\u00fc \u4e2d\u5c0f'-AB"), min_size=1, max_size=12)


@settings(deadline=None)
@given(
    hidden=WORDS,
    own=WORDS,
    before=WORDS,
    after=WORDS,
    mark=st.sampled_from([" ", ", ", "-", "_", "'s ", "\u200b ", "2"]),
)
def test_a_text_that_holds_a_part_of_a_hidden_name_names_somebody(
    hidden: str, own: str, before: str, after: str, mark: str
) -> None:
    roster = RosterNames([StudentRecord("S-1", "", (hidden,)), StudentRecord("S-2", "", (own,))])
    text = f"{before} {hidden}{mark}{after}"
    telling = {part for part in parts(hidden) if len(part) > 1} - set(parts(own)) - EVERYDAY
    if telling & set(parts(text)):
        assert roster.named_in(text, [own])
