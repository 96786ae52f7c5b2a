"""An opt-out and a consent of the same day, or of two parents, from the command line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, District
from two_guardians import FATHER, MOTHER, student_of_two
from use_cases import ledger_holds

AS = ("--as", "custodian:records-office")
FOR_WEBSITE = ("--kind", "publication", "--purpose", "website", "--to", "public")


@pytest.fixture
def student(district: District) -> str:
    """The student of the portrait, with two guardians of whom the custodian knows."""
    return student_of_two(district)


def opts_out(student: str, by: str | None = None, days_ago: int = 0) -> Called:
    who = ("--by", by) if by else ()
    return call("student", "opt-out", student, "--since", str(TODAY - timedelta(days_ago)), *who, *AS)


SHOWN = ("--after-opt-out", "the slip says 2:15 p.m., she called at noon")


def consents(student: str, by: str, *more: str, days_ago: int = 0) -> None:
    words = (
        "--purpose",
        "website",
        "--signed-by",
        by,
        "--signed-on",
        str(TODAY - timedelta(days_ago)),
        "--party",
        "public",
    )
    done = call("consent", "add", student, *words, "--proof", "binder 4", *more, *AS)
    assert done.code == 0, done.text


def choices_told(student: str) -> str:
    """What an unrelated opt-out is answered with: what the family's choices come to."""
    done = call("student", "opt-out", student, "--purpose", "yearbook", *AS)
    assert done.code == 0, done.text
    return " ".join(done.out.split())


def published() -> Any:
    return call("share", PORTRAIT, *FOR_WEBSITE, *AS, "--json").object()


def answer() -> tuple[str, str]:
    told = published()
    return told["outcome"], told["reasons"][0]["clause"]


ALLOWED, DOUBTFUL = ("allow", "EX3"), ("refer", "CONSENT-DOUBTFUL")


def test_one_parents_consent_of_the_day_of_the_others_opt_out_is_doubtful(district: District, student: str) -> None:
    assert opts_out(student, MOTHER).code == 0
    consents(student, FATHER)
    assert answer() == DOUBTFUL
    told = " ".join(call("share", PORTRAIT, *FOR_WEBSITE, *AS).out.split())
    assert "Ask both parents" in told


@pytest.mark.parametrize("by", [MOTHER, FATHER])
def test_where_it_is_not_known_who_opted_out_a_consent_of_the_same_day_is_doubtful(
    district: District, student: str, by: str
) -> None:
    opts_out(student)
    consents(student, by)
    assert answer() == DOUBTFUL


@pytest.mark.parametrize("by", [MOTHER, FATHER])
def test_a_consent_of_the_day_of_an_opt_out_counts_by_the_order_of_signing_and_not_of_typing(
    district: District, student: str, by: str
) -> None:
    opts_out(student, MOTHER)
    consents(student, by)
    assert answer() == DOUBTFUL, "the slip may have been signed before her call"
    assert "counts only if the family confirms it" in choices_told(student)
    consents(student, by, *SHOWN)
    assert answer() == ALLOWED
    assert "a consent on file allows it" in choices_told(student)
    assert published()["other_parent"] == ([student] if by == FATHER else [])
    assert ledger_holds(district.services)
    assert SHOWN[1] not in call("ledger", "show", "--as", "custodian:records-office", "--json").text


def test_an_opt_out_that_is_entered_after_the_statement_makes_it_doubtful_again(
    district: District, student: str
) -> None:
    opts_out(student, MOTHER)
    consents(student, MOTHER, *SHOWN)
    assert answer() == ALLOWED
    opts_out(student, MOTHER)
    opts_out(student, FATHER)
    assert answer() == DOUBTFUL


@pytest.mark.parametrize(
    ("days_ago", "what", "said"), [(1, "the hour", "no opt-out of the day"), (0, " ", "what shows")]
)
def test_a_statement_about_no_opt_out_or_without_words_is_refused(
    district: District, student: str, days_ago: int, what: str, said: str
) -> None:
    opts_out(student, MOTHER)
    words = ("--purpose", "website", "--signed-by", MOTHER, "--signed-on", str(TODAY - timedelta(days_ago)))
    to = ("--party", "public", "--proof", "binder 4", "--after-opt-out", what)
    refused = call("consent", "add", student, *words, *to, *AS)
    assert (refused.code, said in refused.err) == (1, True)


def test_staff_are_told_at_entry_that_a_consent_of_the_day_of_an_opt_out_is_doubtful(
    district: District, student: str
) -> None:
    words = ("--purpose", "website", "--signed-by", MOTHER, "--signed-on", str(TODAY), "--party", "public")
    enter = ("consent", "add", student, *words, "--proof", "binder 4", *AS)
    assert "opted out" not in call(*enter).text
    opts_out(student)
    assert "the family opted out on the day of this consent" in " ".join(call(*enter).err.split())
    assert "opted out" not in call(*enter, *SHOWN).err


def test_the_same_parents_consent_that_was_entered_before_the_opt_out_is_doubtful(
    district: District, student: str
) -> None:
    consents(student, MOTHER)
    assert answer() == ALLOWED
    opts_out(student, MOTHER)
    assert answer() == DOUBTFUL


def test_two_opt_outs_of_the_day_are_both_looked_at(district: District, student: str) -> None:
    opts_out(student, MOTHER)
    consents(student, MOTHER, *SHOWN)
    assert answer() == ALLOWED
    opts_out(student, FATHER)
    assert answer() == DOUBTFUL


def test_an_earlier_consent_is_doubtful_whoever_opted_out(district: District, student: str) -> None:
    consents(student, MOTHER, days_ago=9)
    opts_out(student, MOTHER)
    assert answer() == DOUBTFUL


def test_a_later_consent_of_the_other_parent_counts_and_staff_are_told(district: District, student: str) -> None:
    opts_out(student, MOTHER, days_ago=9)
    consents(student, FATHER, days_ago=2)
    told = published()
    assert (told["outcome"], told["basis"], told["other_parent"]) == ("allow", {student: "EX3"}, [student])
    said = " ".join(call("share", PORTRAIT, *FOR_WEBSITE, *AS).out.split())
    assert f"the other parent is on file as who opted out before: {student}." in said
    outside = call("share", PORTRAIT, *FOR_WEBSITE, *AS, "--outside").out
    assert "other parent" not in outside


@pytest.mark.parametrize("by", [None, FATHER])
def test_nothing_is_said_of_the_other_parent_where_it_is_not_known_or_the_same(
    district: District, student: str, by: str | None
) -> None:
    opts_out(student, by, days_ago=9)
    consents(student, FATHER, days_ago=2)
    told = published()
    assert (told["outcome"], told["other_parent"]) == ("allow", [])


def test_the_family_that_was_asked_on_the_same_day_has_the_last_word(district: District, student: str) -> None:
    opts_out(student)
    consents(student, FATHER)
    referral = published()["referrals"][0]["id"]
    asked = ("asked_family", "stands", "--student", student, "--how", "both by telephone", *AS, "--json")
    found = call("queue", "finding", referral, *asked).object()
    assert (found["answer"]["outcome"], found["answer"]["basis"]) == ("allow", {student: "EX3"})


@pytest.mark.parametrize("by", [None, MOTHER, FATHER])
@pytest.mark.parametrize("signed_days_ago", [0, 9])
def test_an_opt_out_after_the_familys_word_of_the_same_day_is_doubtful_again(
    district: District, student: str, by: str | None, signed_days_ago: int
) -> None:
    consents(student, FATHER, days_ago=signed_days_ago)
    opts_out(student, days_ago=signed_days_ago)
    asked = ("asked_family", "stands", "--student", student, "--how", "both by telephone", *AS, "--json")
    for _ in range(2):
        told = published()
        assert (told["outcome"], told["reasons"][0]["clause"]) == DOUBTFUL
        found = call("queue", "finding", told["referrals"][0]["id"], *asked).object()
        assert (found["answer"]["outcome"], answer()) == ("allow", ALLOWED)
        opts_out(student, by)
    assert answer() == DOUBTFUL
    assert ledger_holds(district.services)


def test_who_opted_out_is_a_guardian_on_file(district: District, student: str) -> None:
    refused = opts_out(student, "G-STRANGER")
    assert (refused.code, "is no guardian of" in refused.err, "STRANGER" in refused.err) == (1, True, False)
    assert opts_out(student, student).code == 0


def opts_in(student: str, *more: str) -> Any:
    done = call("student", "opt-in", student, "--why", "a letter", *more, *AS, "--json")
    assert done.code == 0, done.text
    return done.object()["others"]


@pytest.mark.parametrize(
    ("out_by", "in_by", "others"),
    [(MOTHER, FATHER, [MOTHER]), (MOTHER, None, [MOTHER]), (MOTHER, MOTHER, []), (None, FATHER, []), (None, None, [])],
)
def test_who_ends_an_opt_out_hears_who_else_had_opted_out(
    district: District, student: str, out_by: str | None, in_by: str | None, others: list[str]
) -> None:
    by = ("--by", in_by) if in_by else ()
    opts_out(student, out_by)
    assert opts_in(student, *by) == others
    opts_out(student, out_by)
    said = call("student", "opt-in", student, "--why", "a letter", *by, *AS).out
    assert (f"On file as who opted out: {MOTHER}" in " ".join(said.split())) is bool(others)
    assert (f"Tell {MOTHER}, who opted out, that it ended" in " ".join(said.split())) is bool(others)
    entry = call("ledger", "show", "--as", "custodian:records-office", "--kind", "opt-in", "--json").objects()[-1]
    assert entry["details"]["stated_by"] == in_by


def test_a_stranger_ends_no_opt_out_and_nobody_hears_of_a_protection(district: District, student: str) -> None:
    opts_out(student, MOTHER)
    refused = call("student", "opt-in", student, "--why", "a letter", "--by", "stranger-9", *AS)
    assert (refused.code, "is no guardian" in refused.err) == (1, True)
    protected = ("student", "protect", student, "--kind", "no-contact-order", "--seen", "an order", *AS)
    assert call(*protected).code == 0
    said = call("student", "opt-in", student, "--why", "a letter", "--by", FATHER, *AS)
    assert (said.code, f"On file as who opted out: {MOTHER}" in " ".join(said.out.split())) == (0, True)
    assert "protect" not in said.text


def test_what_is_told_of_a_confirmed_consent_is_what_is_decided(district: District, student: str) -> None:
    consents(student, FATHER, days_ago=3)
    opts_out(student, MOTHER, days_ago=2)
    assert answer() == DOUBTFUL
    assert "counts only if the family confirms it" in choices_told(student)
    referral = published()["referrals"][0]["id"]
    word = ("asked_family", "stands", "--student", student, "--how", "by letter", *AS)
    assert call("queue", "finding", referral, *word).code == 0
    assert answer() == ALLOWED
    told = choices_told(student)
    assert "a consent on file allows it on the website" in told
    assert "not newer" not in told


def consented(student: str, *, by: str = FATHER, days_ago: int = 0, purpose: str = "website") -> Called:
    signed = ("--signed-by", by, "--signed-on", str(TODAY - timedelta(days_ago)), "--party", "public")
    return call("consent", "add", student, "--purpose", purpose, *signed, "--proof", "binder 4", *AS)


def test_who_opted_out_is_to_be_told_of_the_other_parents_later_consent(district: District, student: str) -> None:
    opts_out(student, MOTHER, days_ago=5)
    said = " ".join(consented(student).out.split())
    assert answer() == ALLOWED
    assert f"Tell {MOTHER}, who opted out" in said
    assert f"`dam-plugin student opt-out {student} --by G-…`" in said


@pytest.mark.parametrize("case", ["her own", "earlier", "of the same day", "unknown", "another purpose"])
def test_nobody_is_to_be_told_where_the_consent_changes_nothing_of_anothers_no(
    district: District, student: str, case: str
) -> None:
    days = {"earlier": 3, "of the same day": 2}.get(case, 0)
    limited = ("--purpose", "yearbook") if case == "another purpose" else ()
    by = () if case == "unknown" else ("--by", MOTHER)
    since = ("--since", str(TODAY - timedelta(2)))
    assert call("student", "opt-out", student, *since, *limited, *by, *AS).code == 0
    done = consented(student, by=MOTHER if case == "her own" else FATHER, days_ago=days)
    assert (done.code, "who opted out" in done.out) == (0, False)


def test_who_opted_out_is_to_be_told_of_a_consent_that_is_shown_to_be_later_on_that_day(student: str) -> None:
    opts_out(student, MOTHER)
    words = ("--purpose", "website", "--signed-by", FATHER, "--signed-on", str(TODAY), "--party", "public")
    done = call("consent", "add", student, *words, "--proof", "binder 4", *SHOWN, *AS)
    assert f"Tell {MOTHER}, who opted out" in " ".join(done.text.split())


def test_an_import_of_consents_says_it_of_each_new_one(district: District, student: str) -> None:
    opts_out(student, MOTHER, days_ago=5)
    header = "student_id,signed_by,signed_on,signature,authenticated,purpose,parties,proof"
    row = f"{HANNAH},{HANNAH_MOTHER},{TODAY},ink,no,website,public,binder 4"
    Path("consents.csv").write_text(f"{header}\n{row}\n", "utf-8")
    for told in (True, False):
        done = call("consent", "import", "consents.csv", *AS)
        assert (done.code, f"Tell {MOTHER}, who opted out" in " ".join(done.out.split())) == (0, told), done.text
