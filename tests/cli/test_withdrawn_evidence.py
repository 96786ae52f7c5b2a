"""A subpoena is quashed, a placement ends: what was given on it opens no more, and the custodian is told of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import BEN, told_of_order
from district import SCIENCE_LAB, District
from use_cases import kept, ledger_holds

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
COUNSEL = ("--as", "designee:principal")
COURT = ("--to", "court:circuit", "--purpose", "lawsuit")
QUASHED = ("--why", "quashed on 3 December")
ENDED = (*QUASHED, "--since", str(TODAY))


@pytest.fixture
def referral(district: District) -> str:
    """The referral of a subpoena that was answered with a link."""
    district.upload(SCIENCE_LAB)
    student = min(kept(district.services, SCIENCE_LAB).tagging.students)
    Path("order.yaml").write_text(f"order: {{kind: subpoena, verified: true, notified: [{student}]}}\n", "utf-8")
    asked = str(shared(*AS).object()["referrals"][0]["id"])
    told_of_order(asked, [student])
    assert shared(*AS).object()["outcome"] == "allow"
    return asked


def shared(*by: str, to: tuple[str, ...] = COURT, evidence: str | None = "order.yaml") -> Called:
    stated = ("--evidence", evidence) if evidence else ()
    return call("share", SCIENCE_LAB, *to, *stated, *by, "--json")


def opens() -> list[str]:
    return [each["link"] for each in call("links", "--open", "--json").objects()]


def test_what_was_given_on_a_quashed_subpoena_closes_although_its_referral_is_closed(
    district: District, referral: str
) -> None:
    (link,) = opens()
    done = call("queue", "withdraw", referral, *ENDED, *AS, "--json")
    assert (done.code, done.object()["closed"], opens()) == (0, [link], [])
    again = call("queue", "withdraw", referral, *ENDED, *AS)
    assert (again.code, "0 link(s) closed" in again.out) == (0, True)
    assert ledger_holds(district.services)
    (entry, _) = [
        each
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
        if each["details"].get("done") == "withdrawn"
    ]
    assert (entry["details"]["why"], entry["details"]["links"]) == ("quashed on 3 December", [link])


def test_what_the_same_recipient_got_without_evidence_and_another_one_stays(district: District, referral: str) -> None:
    (first,) = opens()
    student = min(kept(district.services, SCIENCE_LAB).tagging.students)
    record = call("student", "show", student, *AS, "--json").object()
    mother = ("--to", f"parent:{record['guardians'][0]}", "--purpose", "records request")
    assert shared(*AS, to=mother, evidence=None).object()["outcome"] in ("allow", "redact")
    assert len(opens()) == 2
    assert call("queue", "withdraw", referral, *ENDED, *AS, "--json").object()["closed"] == [first]
    assert len(opens()) == 1


def test_the_custodian_is_told_of_the_link_when_the_order_turns_out_to_be_none(
    district: District, referral: str
) -> None:
    (link,) = opens()
    Path("none.yaml").write_text("order: {kind: subpoena, verified: false}\n", "utf-8")
    told = shared(*AS, evidence="none.yaml").object()
    assert told["outcome"] in ("refer", "deny")
    assert [each for each in told["notes"] if link in each and "quashed" in each]
    assert shared(*STAFF, evidence="none.yaml").object()["notes"] == []


@pytest.mark.parametrize("kind", ["finding", "close"])
def test_a_finding_for_what_is_closed_names_the_way(district: District, referral: str, kind: str) -> None:
    Path("none.yaml").write_text("order: {kind: subpoena, verified: false}\n", "utf-8")
    more = ("evidence", "--evidence", "none.yaml") if kind == "finding" else QUASHED
    refused = call("queue", kind, referral, *more, *AS)
    assert (refused.code, f"`dam-plugin queue withdraw {referral}`" in " ".join(refused.err.split())) == (1, True)


@pytest.mark.parametrize("given", [(*QUASHED, *STAFF), ("--why", " ", *AS)])
def test_only_the_custodian_withdraws_with_a_reason(district: District, referral: str, given: tuple[str, ...]) -> None:
    assert (call("queue", "withdraw", referral, "--since", str(TODAY), *given).code, len(opens())) == (1, 1)


def never(referral: str, *more: str, user: SystemUser | None = None) -> Called:
    why = ("--never-held", "--why", "it was forged")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "system_user", lambda: user or SystemUser("1000", "ada"))
        return call("queue", "withdraw", referral, *why, *more)


def line_of(student: str) -> Any:
    """The line of what the court was given."""
    found = call("ledger", "student", student, "--required", *AS, "--json").objects()
    return next(each for each in found if each["outcome"] == "allow")


def test_who_withdraws_says_whether_the_evidence_held_when_something_was_given(
    district: District, referral: str
) -> None:
    refused = call("queue", "withdraw", referral, *QUASHED, *AS)
    assert (refused.code, len(opens())) == (1, 1)
    assert all(each in refused.err for each in ("--since", "--never-held"))
    before = call("queue", "withdraw", referral, *QUASHED, "--since", str(TODAY - timedelta(days=1)), *AS)
    assert (before.code, "--never-held" in before.err) == (1, True)
    assert call("queue", "withdraw", referral, *ENDED, *AS).code == 0
    assert "by mistake" not in line_of(min(kept(district.services, SCIENCE_LAB).tagging.students))["why"]


def test_what_was_given_on_evidence_that_never_held_was_given_by_mistake_once_two_say_so(
    district: District, referral: str
) -> None:
    students = kept(district.services, SCIENCE_LAB).tagging.students
    first = never(referral, *AS)
    assert (first.code, opens(), "Somebody else has to say" in first.out) == (0, [], True)
    assert "by mistake" not in line_of(min(students))["why"]
    assert never(referral, *AS).code == 1
    second = never(referral, *COUNSEL, user=BEN)
    assert (second.code, "given by mistake" in second.out) == (0, True)
    for student in students:
        line = line_of(student)
        assert "by mistake: the law did not permit it (34 CFR 99.30)" in line["why"]
        assert "did not hold for it" in line["happened"]
    assert ledger_holds(district.services)
    assert never(referral, *AS).code == 1
    held = never(referral, "--stands", *AS)
    assert (held.code, "--never-held --stands --why TEXT" in " ".join(held.out.split())) == (0, True), held.out
    assert never(referral, "--stands", *COUNSEL, user=BEN).code == 0
    assert "by mistake" not in line_of(min(students))["why"]


def test_a_line_that_was_not_entered_by_hand_names_the_way(district: District, referral: str) -> None:
    student = min(kept(district.services, SCIENCE_LAB).tagging.students)
    share = str(line_of(student)["share"])
    assert call("queue", "withdraw", referral, *ENDED, *AS).code == 0
    by_hand = ("--to", "court:circuit", "--basis", "MISTAKE", "--students", student, "--how", "a link", *AS)
    for refused in (
        call("queue", "disclosed", referral, *by_hand),
        call("queue", "disclosed", referral, *by_hand, "--corrects", share, "--why", "forged"),
        call("ledger", "correct", share, "--student", student, "--why", "forged", *AS),
    ):
        assert (refused.code, "--never-held" in refused.err) == (1, True)


def test_evidence_of_a_share_without_a_referral_never_held(district: District) -> None:
    district.upload(SCIENCE_LAB)
    Path("interest.yaml").write_text("{legitimate_interest: true, records_authorized: true}\n", "utf-8")
    vendor = ("--to", "school_official:acme-video", "--purpose", "instruction")
    given = shared(*AS, to=vendor, evidence="interest.yaml").object()
    assert (given["outcome"], given["referrals"]) == ("allow", [])
    share, student = str(given["share"]), min(kept(district.services, SCIENCE_LAB).tagging.students)
    assert call("queue", "withdraw", share, *ENDED, *AS).code == 2
    assert call("queue", "withdraw", share, *QUASHED, *AS).code == 2
    assert len(opens()) == 1
    first = never(share, *AS)
    assert (first.code, opens(), "Somebody else has to say" in first.out) == (0, [], True), first.text
    second = never(share, *COUNSEL, user=BEN)
    assert (second.code, "given by mistake" in second.out) == (0, True), second.text
    line = line_of(student)
    assert (line["required"], "did not hold for it" in line["happened"]) == (True, True)
    assert ledger_holds(district.services)
    nothing = never("sh-0000000000000000", *AS)
    assert (nothing.code, "no share has the id given" in nothing.err) == (1, True)


def test_what_answered_a_referral_is_named_by_the_share_as_well(district: District, referral: str) -> None:
    student = min(kept(district.services, SCIENCE_LAB).tagging.students)
    share = str(line_of(student)["share"])
    assert (never(share, *AS, "--json").object()["never_held"], opens()) == ([share], [])
    assert never(referral, *COUNSEL, user=BEN).code == 0
    assert "by mistake" in line_of(student)["why"]
