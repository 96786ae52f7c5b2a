"""A family asks for its own record that is closed for the district's own case or an employee: the custodian looks first."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import call
from district import CALEB, CALEB_FATHER, HALLWAY, PORTRAIT, District
from use_cases import kept, ledger_holds

from dam_plugin.cli import context
from dam_plugin.sharing.closed_records import closed_apart
from dam_plugin.store import SystemUser

AS = ("--as", "custodian:records-office")
DAYS = 45


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))


def closed_by(key: str, subdivision: str, why: str = "a claim against the district") -> None:
    done = call("custodian", "close", key, "--subdivision", subdivision, "--why", why, *AS)
    assert done.code == 0, done.text


def mother(district: District) -> str:
    """A guardian of the student in the portrait."""
    with district.services.store.reading() as unit:
        (student,) = kept(district.services, PORTRAIT).tagging.students
        guardian = unit.people.need(student).guardians[0]
    return f"parent:{guardian}"


def asks(key: str, who: str, *by: str) -> Any:
    return call("share", key, "--to", who, "--purpose", "inspection", *(by or AS), "--json").object()


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


LOOKED_AT = ["(1)", "(3)", "(5)", "(8)", "(14)", "(16)", "(24)"]


@pytest.mark.parametrize("subdivision", [*(f"610.021{each}" for each in LOOKED_AT), "RSMo 610.021.1(13)"])
def test_a_family_s_request_for_a_record_that_is_closed_for_others_waits_for_the_custodian(
    district: District, subdivision: str
) -> None:
    district.upload(PORTRAIT)
    closed_by(PORTRAIT, subdivision)
    told = asks(PORTRAIT, mother(district))
    assert (told["outcome"], told["token"], clauses(told)[0]) == ("refer", None, "CLOSED-REVIEW")
    (referral,) = told["referrals"]
    due = str(district.services.now().date() + timedelta(DAYS))
    assert (referral["kind"], referral["due"]) == ("inspection", due)
    (needed, *_) = call("queue", "show", referral["id"], "--json").object()["needed"]
    assert (needed["clause"], needed["finding"]) == ("CLOSED-REVIEW", "reviewed")

    found = call("queue", "finding", referral["id"], "reviewed", *AS, "--json").object()["answer"]
    assert (found["outcome"], call("open", found["token"], "--json").code) == ("allow", 0)
    assert call("queue", "list", "--json").objects() == []
    assert ledger_holds(district.services)


@pytest.mark.parametrize("subdivision", ["610.021(6)", "610.021(18)", "610.021(10)"])
def test_a_record_that_is_closed_for_another_reason_goes_to_the_family_at_once(
    district: District, subdivision: str
) -> None:
    district.upload(PORTRAIT)
    closed_by(PORTRAIT, subdivision)
    told = asks(PORTRAIT, mother(district))
    assert (told["outcome"], told["referrals"], told["token"] is None) == ("allow", [], False)


def test_the_family_is_told_that_it_is_looked_at_and_not_why(district: District) -> None:
    district.upload(PORTRAIT)
    closed_by(PORTRAIT, "610.021(1)", "a suit of the Roe family")
    who = mother(district)
    told = call("share", PORTRAIT, "--to", who, "--purpose", "inspection", *AS, "--outside").out
    said = " ".join(told.split())
    assert "being looked at" in said
    assert "45 days" in said
    assert not any(each in said for each in ("610.021", "Roe", "legal action", "closed"))
    for_staff = " ".join(call("share", PORTRAIT, "--to", who, "--purpose", "inspection", *AS).out.split())
    assert "RSMo 610.021(1)" in for_staff


def test_a_link_from_before_the_closure_closes_and_one_from_after_the_look_stays(district: District) -> None:
    district.upload(PORTRAIT)
    who = mother(district)
    first = asks(PORTRAIT, who)["token"]
    assert call("open", first).code == 0
    closed_by(PORTRAIT, "610.021(3)")
    assert call("open", first).code != 0
    referral = asks(PORTRAIT, who)["referrals"][0]["id"]
    second = call("queue", "finding", referral, "reviewed", *AS, "--json").object()["answer"]["token"]
    assert call("open", second).code == 0
    closed_by(PORTRAIT, "610.021(3)", "another employee")
    assert call("open", second).code != 0


def test_one_persons_look_lets_no_discipline_recording_go(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(HALLWAY)
    closed_by(HALLWAY, "610.021(1)")
    told = asks(HALLWAY, f"parent:{district.guardian(CALEB_FATHER)}")
    assert (told["outcome"], clauses(told)[0]) == ("refer", "CLOSED-REVIEW")
    referral = told["referrals"][0]["id"]
    stated = call("queue", "finding", referral, "reviewed", *AS, "--json")
    assert stated.object()["state"] == "pending"
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    done = call("queue", "approve", stated.object()["finding"], "--as", "designee:principal", "--json").object()
    assert (done["answer"]["outcome"], district.student(CALEB) in done["answer"]["redact"]) == ("redact", False)


def test_who_has_no_right_of_their_own_is_refused_as_before(district: District) -> None:
    district.upload(PORTRAIT)
    closed_by(PORTRAIT, "610.021(13)")
    stranger = asks(PORTRAIT, "public:herald")
    assert (stranger["outcome"], "CLOSED-REVIEW" in clauses(stranger)) == ("deny", False)
    other = asks(PORTRAIT, f"parent:{district.guardian(CALEB_FATHER)}")
    assert (other["outcome"], "CLOSED-REVIEW" in clauses(other)) == ("deny", False)


def test_it_is_looked_at_whatever_staff_pass_on_and_an_emergency_waits_for_nobody(district: District) -> None:
    district.upload(PORTRAIT)
    closed_by(PORTRAIT, "610.021(1)")
    staff = asks(PORTRAIT, mother(district), "--as", "media_staff:desk")
    assert (staff["outcome"], clauses(staff)[:2]) == ("refer", ["CLOSED-REVIEW", "CUSTODIAN"])
    glass = call("break-glass", PORTRAIT, "--to", mother(district), "--threat", "a missing child", *AS, "--json")
    assert glass.object()["outcome"] == "allow", glass.text


def test_replay_finds_the_answer_again(district: District) -> None:
    district.upload(PORTRAIT)
    closed_by(PORTRAIT, "610.021(13)")
    asks(PORTRAIT, mother(district))
    Path("policy.toml").write_text("[district]\ndirectory_notice = 2020-01-01\n", "utf-8")
    replayed = call("procedure", "replay", "--against", "policy.toml", "--json").object()["summary"]
    assert replayed["recorded_answer"] == {"same": 0, "made_stricter": 1, "differs": 0}


def test_the_office_shows_nothing_before_the_look(district: District) -> None:
    district.upload(PORTRAIT)
    closed_by(PORTRAIT, "610.021(1)")
    shown = call("view", PORTRAIT, "--in-office", "--for", mother(district), *AS, "--json")
    assert (shown.object()["outcome"], clauses(shown.object())[0]) == ("refer", "CLOSED-REVIEW")


def closes(*words: str) -> Any:
    return call("custodian", "close", PORTRAIT, "--subdivision", *words, *AS)


def test_what_another_law_protects_waits_and_the_custodian_is_asked_for_the_law(district: District) -> None:
    district.upload(PORTRAIT)
    closed = closes("610.021(14)", "--why", "forensic interview after a hotline report, RSMo 210.150")
    assert "name the law that protects it" in " ".join(closed.out.split())
    told = asks(PORTRAIT, mother(district))
    assert (told["outcome"], told["token"], clauses(told)[0]) == ("refer", None, "CLOSED-REVIEW")


@pytest.mark.parametrize("law", ["FERPA", "34 CFR Part 99", "20 U.S.C. 1232g"])
def test_what_ferpa_alone_protects_is_the_familys_own_and_goes_to_it_at_once(district: District, law: str) -> None:
    district.upload(PORTRAIT)
    closed = closes("610.021(14)", "--law", law, "--why", "a student's record")
    assert (closed.code, "waits" in closed.out) == (0, False)
    assert asks(PORTRAIT, mother(district))["outcome"] == "allow"
    assert asks(PORTRAIT, "public:herald")["outcome"] == "deny"


def test_another_law_in_the_reason_waits_beside_ferpa_too(district: District) -> None:
    district.upload(PORTRAIT)
    assert closes("610.021(14)", "--law", "FERPA", "--why", "and RSMo 210.150").code == 0
    assert clauses(asks(PORTRAIT, mother(district)))[0] == "CLOSED-REVIEW"


@pytest.mark.parametrize(
    ("subdivision", "law"),
    [("610.021(14)", "RSMo 210.150"), ("610.021(14)", "FERPA and RSMo 210.150"), ("610.021(18)", "FERPA")],
)
def test_another_law_beside_a_subdivision_is_refused(district: District, subdivision: str, law: str) -> None:
    district.upload(PORTRAIT)
    refused = closes(subdivision, "--law", law, "--why", "an interview")
    assert (refused.code, "only FERPA is named" in refused.err) == (1, True)
    assert asks(PORTRAIT, mother(district))["outcome"] == "allow"


@pytest.mark.parametrize(
    ("why", "waits"),
    [
        ("RSMo 610.021(14)", False),
        ("RSMo 610.021(14), FERPA (20 U.S.C. 1232g; 34 CFR 99)", False),
        ("RSMo 610.021(14), 34 CFR Part 99", False),
        ("RSMo 610.021(14) and 210.150", True),
        ("RSMo 610.021(14), 45 CFR 164.502", True),
        ("RSMo 610.021(14), 42 U.S.C. 290dd-2", True),
        ("RSMo 610.021(14), HIPAA", True),
        ("RSMo 610.021(6)", False),
    ],
)
def test_what_a_rule_closes_waits_only_where_it_names_another_law(why: str, waits: bool) -> None:
    assert bool(closed_apart(why)) is waits
