"""Which releases tell that they may not be passed on: over every clause that can release, alone and mixed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.model import Actor, Decision, Outcome, Reason, Recipient, Share
from dam_plugin.procedure.clauses import CLAUSES, VOICES
from dam_plugin.procedure.coverage import REQUESTS
from dam_plugin.procedure.redisclosure import (
    EMERGENCY_NOTICE,
    FAMILY_NOTICE,
    LONGEST,
    NOTICE,
    REPRESENTATIVE_NOTICE,
    names_a_student,
    needs_notice,
    notice_of,
    particulars,
)

# The clauses on which a student may stay visible, and those that may decide where nobody protected does.
ON_BASIS = {
    "SCOPE": False,
    "EX1": True,
    "EX2": False,
    "EX2-DEPENDENT": False,
    "EX2-REPRESENTATIVE": True,
    "EX2-MULTI": True,
    "EX3": True,
    "EX4": False,
    "EX5": True,
    "EX6": True,
    "EX7": False,
    "EX8": True,
    "EX9": True,
}
# A copy that hides a protected student carries what any other opt-out's does: a recipient is not told the difference.
HIDDEN = {"REDACT": False, "EX4-OPTOUT": False, "PROTECTED": False}
WITHOUT_BASIS = ON_BASIS | HIDDEN | {"OPEN": False, "OPEN-UNRELATED": False}
RELEASES = [Outcome.ALLOW, Outcome.REDACT]


CONSENTED = Decision(Outcome.ALLOW, basis={"s1": "EX3"}, reasons=(Reason("EX3", "so"),))
OFFICER = Recipient("law_enforcement", "officer-12")


def asked(purpose: str = "investigation", recipient: Recipient = OFFICER, *, published: bool = False) -> Share:
    kind = "publication" if published else "request"
    return Share("", "events/a.jpg", kind, purpose, Actor("custodian", "office"), recipient)


def released(*basis: str, why: str = "EX4", outcome: Outcome = Outcome.ALLOW, more: tuple[str, ...] = ()) -> Decision:
    students = {f"s{number}": clause for number, clause in enumerate(basis)}
    return Decision(outcome, basis=students, reasons=tuple(Reason(each, "so") for each in (*more, why)))


@pytest.mark.parametrize("outcome", RELEASES)
@pytest.mark.parametrize("clause", ON_BASIS)
def test_the_basis_on_which_somebody_is_shown_says_it(clause: str, outcome: Outcome) -> None:
    assert needs_notice(released(clause, why="REDACT", outcome=outcome)) is ON_BASIS[clause]


@pytest.mark.parametrize("outcome", RELEASES)
@pytest.mark.parametrize("clause", WITHOUT_BASIS)
def test_where_nobody_protected_is_shown_the_deciding_clause_says_it(clause: str, outcome: Outcome) -> None:
    assert needs_notice(released(why=clause, outcome=outcome)) is WITHOUT_BASIS[clause]


@pytest.mark.parametrize("clause", sorted(set(CLAUSES) - set(WITHOUT_BASIS)))
def test_any_other_clause_is_a_doubt_and_asks_for_it(clause: str) -> None:
    assert needs_notice(released(why=clause))


@given(st.lists(st.sampled_from(sorted(ON_BASIS)), min_size=1, max_size=5))
def test_one_student_who_is_shown_on_such_a_basis_is_enough(basis: list[str]) -> None:
    assert needs_notice(released(*basis)) is any(ON_BASIS[clause] for clause in basis)


@pytest.mark.parametrize("voice", sorted(VOICES))
def test_who_made_it_stricter_does_not_decide_it(voice: str) -> None:
    assert needs_notice(released(why="EX3", outcome=Outcome.REDACT, more=(voice,)))
    assert not needs_notice(released(why="EX4", outcome=Outcome.REDACT, more=(voice,)))


def test_a_release_without_any_reason_is_a_doubt() -> None:
    assert needs_notice(Decision(Outcome.ALLOW))


@pytest.mark.parametrize("outcome", [Outcome.REFER, Outcome.DENY])
def test_what_is_not_released_tells_nothing(outcome: Outcome) -> None:
    assert not needs_notice(released(why="EX3", outcome=outcome))


def test_the_notice_names_the_rule_and_nobody() -> None:
    assert "34 CFR 99.33" in NOTICE
    assert "{" not in NOTICE


def test_a_family_may_show_a_recording_of_several_students_to_its_attorney_and_at_a_hearing() -> None:
    told = notice_of(released("EX2", "EX2-MULTI"))
    assert told == FAMILY_NOTICE
    assert "You may show it to your attorney, to a hearing officer or a court." in FAMILY_NOTICE
    assert notice_of(released("EX2-DEPENDENT", "EX2-MULTI")) == FAMILY_NOTICE
    # What is there on somebody's consent is not a family's own.
    assert notice_of(released("EX2-MULTI", "EX3")) == NOTICE


def test_a_representative_may_show_it_to_the_parent_and_at_a_hearing() -> None:
    assert notice_of(released("EX2-REPRESENTATIVE", "EX2-MULTI")) == REPRESENTATIVE_NOTICE
    assert notice_of(released("EX2-REPRESENTATIVE")) == REPRESENTATIVE_NOTICE
    assert notice_of(released("EX2-REPRESENTATIVE", "EX3")) == NOTICE


def test_what_is_released_in_an_emergency_may_be_used_for_it_and_broadcast_where_it_was_given_for_that() -> None:
    assert notice_of(released("EX9", "EX9", why="EX9")) == EMERGENCY_NOTICE
    assert notice_of(released(why="EX9")) == EMERGENCY_NOTICE
    assert "broadcast or publish it where you were given it for that" in EMERGENCY_NOTICE
    assert "may not pass it on to anybody else" in EMERGENCY_NOTICE
    # What is there on somebody's consent was not given for the emergency.
    assert notice_of(released("EX9", "EX3")) == NOTICE


# To whom and for what


def test_the_notice_says_to_whom_and_for_what_a_recording_was_released() -> None:
    assert notice_of(CONSENTED) == NOTICE
    assert notice_of(CONSENTED, asked()) == f"{NOTICE} Released to law enforcement (officer-12) for: investigation"
    assert notice_of(released("EX4"), asked()) is None


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (asked("news", Recipient("public")), "Released to a member of the public for: news"),
        (
            asked("social_media", Recipient("public", "public"), published=True),
            "Released to the public for: social media",
        ),
        (asked("hearing", Recipient("court", "court")), "Released to a court for: hearing"),
        (asked("a fire", Recipient("emergency", "hospital")), "Released to emergency personnel (hospital) for: a fire"),
        (asked("a copy", Recipient("parent", "G-1")), "Released to a parent (G-1) for: a copy"),
    ],
    ids=["a member of the public", "a publication", "an id that only repeats the role", "an id", "a parent"],
)
def test_a_recipient_is_told_in_words(share: Share, told: str) -> None:
    assert particulars(share) == told


def test_who_asks_for_a_parent_or_student_is_not_called_a_parent() -> None:
    share = asked("inspection", Recipient("parent", "doe-law"))
    own, others = notice_of(released("EX2-REPRESENTATIVE"), share), notice_of(released("EX2-MULTI"), share)
    assert own is not None
    assert own.endswith("Released to the representative of a parent or student (doe-law) for: inspection")
    assert others is not None
    assert others.endswith("Released to a parent (doe-law) for: inspection")


@pytest.mark.parametrize("role", REQUESTS)
def test_every_role_has_words(role: str) -> None:
    share = asked(recipient=Recipient(role, "party-7"))  # type: ignore[arg-type]
    assert particulars(share).startswith("Released to ")
    assert "_" not in particulars(share)


def test_an_eligible_students_own_id_is_left_out() -> None:
    share = asked("inspection", Recipient("eligible_student", "S-4G7682X2ZAS1"))
    assert particulars(share) == "Released to an eligible student for: inspection"


@pytest.mark.parametrize(
    "purpose",
    [
        "news\x00",
        "news\x1b[31m",
        "news\n\nReleased to anybody",
        "\u202ene\u200bws",
        "\ud800news",
        "news\ufffe\U000e0041",
    ],
    ids=["a zero", "an escape", "lines", "turned around", "half a pair", "no character"],
)
def test_what_was_typed_is_one_line_that_can_be_printed(purpose: str) -> None:
    told = particulars(asked(purpose))
    assert told.isprintable()
    assert told.encode().decode() == told


def test_a_purpose_of_nothing_that_can_be_printed_is_left_out() -> None:
    assert particulars(asked("\u200b\x07")) == ""


def test_a_long_text_ends_with_a_word() -> None:
    told = particulars(asked("investigation of " + "a damaged door " * 40))
    assert told.endswith((" door …", " damaged …", " a …"))
    assert len(told) < LONGEST + 80
    assert len(particulars(asked("x" * 5000, Recipient("court", "y" * 5000)))) < 2 * LONGEST + 80


NAMES = ("Hannah Lindqvist", "Ngọc-Ánh Nguyễn", "李明", "104217", "S-4G7682X2ZAS1", "J")


@pytest.mark.parametrize(
    "text",
    [
        "for Hannah",
        "hannah's award",
        "HANNAH_LINDQVIST.jpg",
        "the lindqvists: Lindqvist",
        "hannahlindqvist2026",
        "\uff28\uff21\uff2e\uff2e\uff21\uff28",
        "Hännah",
        "anh nguyen",
        "给李明的照片",
        "case104217b",
        "s-4g7682x2zas1",
        "somebody else, S-0000000000ZZ",
    ],
)
def test_a_name_or_id_is_found_however_it_is_spelt(text: str) -> None:
    assert names_a_student(text, NAMES)
    assert particulars(asked(text), NAMES) == particulars(asked(recipient=Recipient("court", text)), NAMES) == ""
    assert notice_of(CONSENTED, asked(text), NAMES) == NOTICE


@pytest.mark.parametrize("text", ["", "investigation", "officer-12", "hand", "project J", "S-4G7682"])
def test_other_words_name_nobody(text: str) -> None:
    assert not names_a_student(text, NAMES)


def test_the_words_of_the_role_name_nobody() -> None:
    assert particulars(asked(), ("Jude Law", "Ann Enforcement")) != ""
