"""Another school asks for a student's record: the custodian hands it over, on record, and no link is handed out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from district import GRADUATION, HANNAH, PORTRAIT, TEAM, District
from protected_students import protect
from use_cases import kept, ledger_holds

from dam_plugin.sharing.due_dates import TRANSFER, due_day

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
SCHOOL = "other_school:lincoln-high"
ENROLLED = ("--enrolled", "the registrar, called back at the number of the state's directory")


def asks(key: str, *by: str) -> Any:
    return call("share", key, "--to", SCHOOL, "--purpose", "transfer", *(by or AS), "--json").object()


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


@pytest.mark.parametrize("key", [PORTRAIT, GRADUATION])
def test_another_school_waits_for_the_custodian_whatever_the_procedure_decides(district: District, key: str) -> None:
    district.upload(key)
    told = asks(key)
    assert (told["outcome"], told["token"], clauses(told)[0]) == ("refer", None, "TRANSFER")
    (referral,) = told["referrals"]
    due = str(due_day(TRANSFER, TODAY, district.services.settings.district.holidays).day)
    assert (referral["kind"], referral["due"]) == ("transfer", due)
    reviewed = call("queue", "finding", referral["id"], "reviewed", *AS, "--json").object()["answer"]
    assert (reviewed["outcome"], reviewed["token"]) == ("refer", None)


def test_no_school_official_s_certification_opens_it_to_another_school(district: District) -> None:
    district.upload(PORTRAIT)
    Path("need.yaml").write_text("legitimate_interest: true\nrecords_authorized: true\n", "utf-8")
    told = asks(PORTRAIT, "--evidence", "need.yaml", *AS)
    assert (told["outcome"], "EX1" in clauses(told)) == ("refer", False)


def test_what_the_custodian_hands_over_is_on_the_record_of_disclosures(district: District) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    referral = asks(PORTRAIT, "--as", "media_staff:desk")["referrals"][0]["id"]
    given = ("--basis", "TRANSFER", "--students", student, *ENROLLED, "--why", "sent on a disc", *AS)
    for other in ("public:herald", "school_official:nurse", "parent:G-1"):
        refused = call("queue", "close", referral, "--disclosed-to", other, *given)
        assert (refused.code, "TRANSFER is for other_school" in refused.err) == (1, True)
    done = call("queue", "close", referral, "--disclosed-to", SCHOOL, *given)
    assert done.code == 0, done.text
    lines = call("ledger", "student", *AS, student, "--required", "--json").objects()
    assert [(each["what"], each["who"]) for each in lines if each["what"] == "handed over"] == [("handed over", SCHOOL)]
    assert call("queue", "list", "--json").objects() == []
    assert ledger_holds(district.services)


@pytest.mark.parametrize("how", ["close", "disclosed"])
def test_what_shows_the_enrolment_is_asked_for_of_each_student(district: District, how: str) -> None:
    district.upload(TEAM)
    one, other = sorted(kept(district.services, TEAM).tagging.students)[:2]
    referral = asks(TEAM)["referrals"][0]["id"]
    to = ("queue", how, referral, "--disclosed-to" if how == "close" else "--to", SCHOOL, "--basis", "TRANSFER")
    end = (*(("--why", "a disc") if how == "close" else ()), *AS)
    both, of_one = ("--students", f"{one},{other}"), f"{one}=the registrar, called back"
    for said in ((), ENROLLED, ("--enrolled", of_one), ("--enrolled", of_one, "--enrolled", f"{other}= ")):
        refused = call(*to, *both, *said, *end)
        assert (refused.code in (1, 2), "--enrolled" in refused.err) == (True, True), said
    of_another = call(*to, "--students", one, "--enrolled", of_one, "--enrolled", f"{other}=a letter", *end)
    assert (of_another.code, f"{other} is not among them" in of_another.err) == (1, True)
    done = call(*to, *both, "--enrolled", of_one, "--enrolled", f"{other}=a letter of enrolment", *end)
    assert done.code == 0, done.text
    (entry,) = [each for each in call("ledger", "show", "--json").objects() if each["details"].get("in_person")]
    assert entry["details"]["in_person"]["enrolled"] == [
        [one, "the registrar, called back"],
        [other, "a letter of enrolment"],
    ]


def test_what_shows_an_enrolment_belongs_to_a_transfer(district: District) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    referral = call("share", PORTRAIT, "--to", "court:x", "--purpose", "court order", *AS, "--json").object()[
        "referrals"
    ][0]
    given = ("--disclosed-to", "court:x", "--basis", "EX7", "--students", student, "--why", "a disc", *AS)
    refused = call("queue", "close", referral["id"], *given, *ENROLLED)
    assert (refused.code, "--enrolled is of the students of a TRANSFER" in refused.err) == (1, True)


@pytest.mark.parametrize("key", [PORTRAIT, TEAM])
def test_of_a_protected_student_the_custodian_hears_to_call_the_school_back(district: District, key: str) -> None:
    district.upload(key)
    before = [clauses(asks(key, *by)) for by in (AS, STAFF)]
    protect(district, HANNAH)
    hannah = district.student(HANNAH)
    told, staff = asks(key), asks(key, *STAFF)
    assert [each for each in told["notes"] if hannah in each and "call the school back at a number" in each]
    assert [clauses(told), clauses(staff)] == before
    words = str([told, call("queue", "show", told["referrals"][0]["id"], *AS, "--json").text])
    assert "the copy hides" not in words
    assert "ask nobody for a consent" not in words
    assert (staff["notes"], "protected" in str(staff["reasons"])) == ([], False)
    assert "Call the school at a number that you found yourself" in staff["reasons"][0]["remedy"]


def test_the_school_is_told_the_day_and_no_reason(district: District) -> None:
    district.upload(PORTRAIT)
    told = call("share", PORTRAIT, "--to", SCHOOL, "--purpose", "transfer", *AS, "--outside").out
    assert "within five business days" in " ".join(told.split())


def test_the_register_counts_the_five_days_and_no_delay_goes_beyond_them(district: District) -> None:
    district.upload(PORTRAIT)
    came = ("--purpose", "transfer", "--received", str(TODAY), "--channel", "letter")
    ids = [
        call("request", "add", PORTRAIT, "--from", who, *came, *AS, "--json").object()["id"]
        for who in (SCHOOL, "public:herald")
    ]
    due = due_day(TRANSFER, TODAY, district.services.settings.district.holidays).day
    clocks = [
        {each["clock"]: each["due"] for each in call("request", "show", each_id, "--json").object()["clocks"]}
        for each_id in ids
    ]
    assert (clocks[0]["transfer"], "transfer" in clocks[1]) == (str(due), False)
    later = str(due + timedelta(days=1))
    delay = ("--cause", "the attorney looks", "--place", "the records office", "--earliest", f"{later} 10:00", *AS)
    refused = call("request", "extend", ids[0], *delay)
    assert (refused.code, "nothing extends RSMo 167.020.7" in refused.err) == (1, True)
    assert call("request", "extend", ids[1], *delay).code == 0


def test_a_letter_to_the_school_says_its_day(district: District) -> None:
    district.upload(PORTRAIT)
    referral = asks(PORTRAIT)["referrals"][0]["id"]
    told = call("letter", "preview", "acknowledgement", "--referral", referral)
    assert (told.code, "answer your school (RSMo 167.020.7)" in " ".join(told.out.split())) == (0, True)


def test_a_viewing_in_the_office_is_not_decided_on_a_transfer(district: District) -> None:
    district.upload(PORTRAIT)
    shown = call("view", PORTRAIT, "--in-office", "--for", SCHOOL, "--basis", "TRANSFER", *AS)
    assert (shown.code, "'TRANSFER' is no exception" in shown.err) == (1, True)


def test_an_emergency_waits_for_nobody(district: District) -> None:
    district.upload(PORTRAIT)
    glass = call("break-glass", PORTRAIT, "--to", SCHOOL, "--threat", "a missing child", *AS, "--json")
    assert glass.object()["outcome"] == "allow"


def test_another_school_s_answer_is_replayed_as_the_same_but_for_the_custodians_look(district: District) -> None:
    district.upload(TEAM)
    protect(district, HANNAH)
    asks(TEAM)
    Path("as-now.toml").write_text("[district]\ndirectory_includes_images = true\n", "utf-8")
    *_, last = call("procedure", "replay", "--against", "as-now.toml", "--json").objects()
    assert (
        last["summary"]["recorded_answer"].get("made_stricter"),
        last["summary"]["recorded_answer"].get("differs", 0),
    ) == (1, 0)
