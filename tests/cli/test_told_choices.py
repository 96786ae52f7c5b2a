"""Every change of a family's choice is told back in a sentence, with a name only where names are asked for."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from clock import TODAY
from command_line import call
from district import INES, INES_MOTHER, NOAH, TEAM, District

AS = ("--as", "custodian:records-office")
ALL = "may be in the yearbook, and shown as directory information for every other purpose"
NOWHERE = "may not be shown as directory information anywhere, the yearbook included"
TOLD = {
    "some": (("website", "news"), "may be in the yearbook, not on the website or in the news"),
    "another": (("film",), "may be in the yearbook, not for film"),
    "the yearbook": (
        ("yearbook", "website"),
        "may be shown as directory information, not on the website or in the yearbook",
    ),
    "everything": ((), NOWHERE),
}


def sentence(district: District, told: str, student: str = NOAH) -> str:
    return f"By the family's answers, {district.student(student)} {told}."


def ran(*words: str) -> str:
    ended = call(*words)
    assert ended.code == 0, ended.text
    return " ".join(ended.text.split())


@pytest.mark.parametrize(("purposes", "told"), TOLD.values(), ids=TOLD)
def test_an_opt_out_and_its_end_are_told_back(district: District, purposes: tuple[str, ...], told: str) -> None:
    student = district.student(NOAH)
    words = [word for each in purposes for word in ("--purpose", each)]
    assert sentence(district, told) in ran("student", "opt-out", student, *words)
    assert sentence(district, ALL) in ran("student", "opt-in", student, "--why", "a letter", *AS)


def test_what_ends_in_part_tells_what_stays(district: District) -> None:
    student = district.student(NOAH)
    ran("student", "opt-out", student, "--purpose", "website", "--purpose", "news")
    told = call("student", "opt-in", student, "--purpose", "news", "--why", "a letter", *AS, "--json").object()
    assert told["choices"] == sentence(district, "may be in the yearbook, not on the website")
    assert told.keys() == {"ended", "others", "asked_by_student", "choices"}


def test_an_opt_out_that_is_to_begin_is_told_from_its_day_on(district: District) -> None:
    day = TODAY + timedelta(days=3)
    told = call("student", "opt-out", district.student(NOAH), "--since", day.isoformat(), "--json").object()["choices"]
    assert told == f"From {day} on: {sentence(district, NOWHERE)}"


def consent(district: District, *more: str) -> tuple[str, ...]:
    signed = ("--signed-by", district.guardian(INES_MOTHER), "--signed-on", TODAY.isoformat(), "--proof", "binder 4")
    what = ("--purpose", "website", "--party", "public")
    return ("consent", "add", district.student(INES), *what, *signed, *AS, *more)


def test_a_consent_and_its_end_are_told_back(district: District) -> None:
    ran("student", "opt-out", district.student(INES), "--since", str(TODAY - timedelta(days=5)), *AS)
    made = call(*consent(district, "--json")).object()
    assert made["choices"] == sentence(district, f"{NOWHERE}; a consent on file allows it on the website", INES)
    # Whom no consent helps is told to the custodian alone: another who revokes one hears of opt-outs.
    other = call(*consent(district, "--json")).object()["consent"]
    assert sentence(district, NOWHERE, INES) in ran("consent", "revoke", other)
    # What was signed until then does not live again.
    again = call(*consent(district, "--json")).err
    assert f"a consent of this signer for 'website' was revoked on {TODAY}, the day on which" in again


@pytest.mark.parametrize(("who", "says"), [("signer", "by who signed it"), ("other", "by another parent")])
def test_a_refusal_says_who_revoked_the_consent_that_was_signed_before(district: District, who: str, says: str) -> None:
    ines, signer = district.student(INES), district.guardian(INES_MOTHER)
    ran("student", "guardian", "verify", ines, "G-OTHER", "--seen", "birth certificate", *AS)
    made = call(*consent(district, "--json")).object()["consent"]
    ran("consent", "revoke", made, "--by", signer if who == "signer" else "G-OTHER", *AS)
    refused = call(*consent(district))
    assert (refused.code, f"was revoked on {TODAY}, {says}, the day on which" in refused.err) == (1, True), refused.err
    assert "G-" not in refused.err, "nobody is named"


def test_a_consent_for_one_recording_is_told_as_that(district: District) -> None:
    district.upload(TEAM)
    ran("student", "opt-out", district.student(INES), "--since", str(TODAY - timedelta(days=5)), *AS)
    made = call(*consent(district, "--key", TEAM, "--json")).object()
    narrow = "a consent on file allows it on the website for the recordings that it names, and for no other"
    assert made["choices"] == sentence(district, f"{NOWHERE}; {narrow}", INES)
    shown = " ".join(call("student", "show", district.student(INES)).out.split())
    assert "website │ public │ 1 │" in shown
    made = call(*consent(district, "--json")).object()
    assert made["choices"] == sentence(district, f"{NOWHERE}; a consent on file allows it on the website", INES)


def test_a_consent_that_is_no_newer_than_the_opt_out_is_not_said_to_count(district: District) -> None:
    ran("student", "opt-out", district.student(INES))
    told = ran(*consent(district))
    assert "a consent on the website is not newer than the opt-out, and counts only if the family confirms it" in told
    assert "a consent on file allows" not in told


def test_a_protected_student_reads_like_one_who_is_opted_out_of_everything(district: District) -> None:
    ran("student", "protect", district.student(NOAH), "--kind", "no-contact-order", "--seen", "an order", *AS)
    told = ran("student", "opt-out", district.student(NOAH), "--purpose", "website")
    assert sentence(district, NOWHERE) in told
    assert "protect" not in told


def with_an_opt_out(district: District) -> None:
    with (district.folder / "roster" / "opt_outs.csv").open("a", encoding="utf-8") as file:
        file.write(f"{NOAH},{TODAY},,website\n")


def test_a_dry_run_tells_of_each_student_whose_choice_would_change(district: District) -> None:
    header = (district.folder / "roster" / "opt_outs.csv").read_text("utf-8").splitlines()[0]
    assert header == "student_id,since,ended,purposes"
    assert "By the family's answers" not in ran("roster", "import", "roster", "--dry-run", "--names")
    with_an_opt_out(district)
    told = "may be in the yearbook, not on the website"
    assert f"By the family's answers, Noah Begaye {told}." in ran("roster", "import", "roster", "--dry-run", "--names")
    unnamed = call("roster", "import", "roster", "--dry-run", "--json")
    assert "Noah" not in unnamed.out
    assert unnamed.object()["choices"] == [sentence(district, told)]
    # It was a rehearsal: nothing is kept.
    opt_outs = call("student", "show", district.student(NOAH), "--json").object()["opt_outs"]
    assert opt_outs == []


# A new paper on the day of a revocation

NEW_PAPER = ("--after-revocation", "she called at 9; the form is stamped 3:10 p.m.")


def taken_back(district: District) -> str:
    """A consent that was revoked today."""
    made = str(call(*consent(district, "--json")).object()["consent"])
    ran("consent", "revoke", made, *AS)
    return made


def test_a_new_paper_of_the_day_of_the_revocation_is_taken_where_the_custodian_says_what_shows_it(
    district: District,
) -> None:
    district.upload(TEAM)
    ran("student", "opt-out", district.student(INES), "--since", str(TODAY - timedelta(days=5)), *AS)
    taken_back(district)
    refused = call(*consent(district, "--json"))
    assert (refused.code, "--after-revocation WHAT" in " ".join(refused.err.split())) == (1, True)
    made = call(*consent(district, *NEW_PAPER, "--json")).object()
    assert "a consent on file allows it on the website" in made["choices"]
    (entry,) = [
        each["details"]
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
        if each["details"].get("id") == made["consent"]
    ]
    assert entry["after_revocation_sha256"] == hashlib.sha256(NEW_PAPER[1].encode()).hexdigest()
    assert "3:10" not in call("ledger", "show", "--as", "custodian:records-office", "--json").out
    words = ("--to", "public", "--purpose", "website", "--kind", "publication", "--json")
    shared = call("share", TEAM, *words).object()
    assert shared["basis"].get(district.student(INES)) == "EX3"


@pytest.mark.parametrize(
    ("day", "what", "said"),
    [
        (0, " ", "say what shows that it was signed after the revocation"),
        (-1, NEW_PAPER[1], "ask for one that is signed after that"),
    ],
    ids=["nothing is said", "signed the day before"],
)
def test_an_older_paper_stays_taken_back(district: District, day: int, what: str, said: str) -> None:
    taken_back(district)
    signed = ("--signed-on", str(TODAY + timedelta(days=day)))
    refused = call(*consent(district), *signed, "--after-revocation", what)
    assert (refused.code, said in " ".join(refused.err.split())) == (1, True), refused.text


def test_without_a_revocation_of_that_day_there_is_nothing_to_come_after(district: District) -> None:
    refused = call(*consent(district, *NEW_PAPER))
    assert (refused.code, "leave out --after-revocation" in " ".join(refused.err.split())) == (1, True)


def test_a_file_of_consents_lets_nothing_of_that_day_live_again(district: District) -> None:
    taken_back(district)
    row = f"104211,{INES_MOTHER},{TODAY},electronic,yes,website,public,the form of the afternoon"
    head = "student_id,signed_by,signed_on,signature,authenticated,purpose,parties,proof"
    Path("again.csv").write_text(f"{head}\n{row}\n", "utf-8")
    assert call("consent", "import", "again.csv", *AS).code == 0
    kept = call("student", "show", district.student(INES), *AS, "--json").object()["consents"]
    of_today = [each["revoked_on"] for each in kept if each["signed_on"] == str(TODAY)]
    assert of_today == [str(TODAY)] * 2
