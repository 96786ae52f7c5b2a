"""What was handed over before its referral was typed is on record with its day: from the day on which the request came."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from clock import TODAY
from command_line import Called, call
from district import HANNAH_MOTHER, PORTRAIT, SCIENCE_LAB, SOFIA, SOFIA_MOTHER, District
from use_cases import kept, ledger_holds

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
DEPUTY, LINCOLN = "law_enforcement:deputy-hale", "other_school:lincoln-high"


def day(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def came(key: str, who: str, purpose: str, ago: int, *more: str) -> str:
    """Enter a request that came some days ago."""
    entered = ("--from", who, "--purpose", purpose, "--received", day(ago), "--channel", "letter", *AS, "--json", *more)
    added = call("request", "add", key, *entered)
    assert added.code == 0, added.text
    return str(added.object()["id"])


def referred(key: str, who: str, purpose: str, *more: str, by: tuple[str, str] = STAFF) -> str:
    """Share today; return the referral that waits for the custodian."""
    made = call("share", key, "--to", who, "--purpose", purpose, *more, *by, "--json")
    return str(made.object()["referrals"][0]["id"])


def closed(referral: str, who: str, basis: str, student: str, on: str, *more: str) -> Called:
    given = ("--disclosed-to", who, "--basis", basis, "--students", student, "--how", "a disc", "--why", "by hand")
    return call("queue", "close", referral, *given, "--on", on, *more, *AS)


def remarks(student: str) -> list[str]:
    return [each["remark"] for each in call("ledger", "student", student, *AS, "--json").objects() if each["remark"]]


@pytest.mark.parametrize("joined", ["by the share", "afterwards"])
def test_it_counts_from_the_day_on_which_the_request_came(district: District, joined: str) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    if joined == "by the share":
        request = came(PORTRAIT, LINCOLN, "transfer", 12)
        referral = referred(PORTRAIT, LINCOLN, "transfer", "--request", request)
    else:
        referral = referred(PORTRAIT, LINCOLN, "transfer")
        came(PORTRAIT, LINCOLN, "transfer", 12, "--referral", referral)
    enrolled = ("--enrolled", "the registrar, called back")
    refused = closed(referral, LINCOLN, "TRANSFER", student, day(13), *enrolled)
    assert (refused.code, f"before the request, which came on {day(12)}" in refused.err) == (1, True)
    done = closed(referral, LINCOLN, "TRANSFER", student, day(7), *enrolled)
    assert done.code == 0, done.text
    assert any(f"by hand on {day(7)}" in each for each in remarks(student))
    assert ledger_holds(district.services)


def test_no_request_is_granted_on_a_day_before_its_answer(district: District) -> None:
    district.upload(PORTRAIT)
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    request = came(PORTRAIT, mother, "inspection", 12)
    shared = ("share", PORTRAIT, "--to", mother, "--purpose", "inspection", "--request", request, *AS)
    assert call(*shared).code == 0
    close = ("request", "close", request, "--outcome", "granted", "--why", "sent by link", *AS)
    refused = call(*close, "--on", day(10))
    said = " ".join(refused.err.split())
    assert (refused.code, f"{day(10)} is before the last answer on record, of {day(0)}" in said) == (1, True)
    assert call("request", "show", request, "--json").object()["state"] == "open"
    assert call(*close).code == 0
    assert "; late, it was due" in call("request", "show", request).text


def test_a_request_is_granted_on_the_day_of_what_was_handed_over(district: District) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    request = came(PORTRAIT, LINCOLN, "transfer", 12)
    referral = referred(PORTRAIT, LINCOLN, "transfer", "--request", request)
    done = closed(referral, LINCOLN, "TRANSFER", student, day(11), "--enrolled", "the registrar, called back")
    assert done.code == 0, done.text
    close = ("request", "close", request, "--outcome", "granted", "--why", "a disc by mail", *AS)
    refused = call(*close, "--on", day(12))
    assert (refused.code, f"before the last answer on record, of {day(11)}" in refused.err) == (1, True)
    granted = call(*close, "--on", day(11))
    assert granted.code == 0, granted.text
    assert "; in time, it was due" in call("request", "show", request).text


def test_of_two_requests_the_first_counts(district: District) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    referral = referred(PORTRAIT, LINCOLN, "transfer")
    for ago in (3, 12):
        came(PORTRAIT, LINCOLN, "transfer", ago, "--referral", referral)
    given = ("--to", LINCOLN, "--basis", "TRANSFER", "--students", student, "--enrolled", "the registrar")
    done = call("queue", "disclosed", referral, *given, "--how", "a disc", "--on", day(10), *AS)
    assert done.code == 0, done.text


def test_what_went_out_on_an_order_before_the_notice_has_its_own_day(district: District) -> None:
    district.upload(SCIENCE_LAB)
    student = min(kept(district.services, SCIENCE_LAB).tagging.students)
    request = came(SCIENCE_LAB, DEPUTY, "legal", 14)
    Path("order.yaml").write_text("order: {kind: subpoena, verified: true, notice_required: true}\n", "utf-8")
    referral = referred(SCIENCE_LAB, DEPUTY, "legal", "--request", request, "--evidence", "order.yaml", by=AS)
    done = closed(referral, DEPUTY, "EX7", student, day(5), "--before-notice")
    assert done.code == 0, done.text
    assert remarks(student)[-1] == f"by hand on {day(5)}, before the families were told: a disc"


def test_who_was_a_parent_with_rights_on_that_day_had_it_as_a_parent(district: District) -> None:
    # Sofia became 18 forty days ago.
    district.upload(PORTRAIT)
    sofia, mother = district.student(SOFIA), f"parent:{district.guardian(SOFIA_MOTHER)}"
    call("tag", PORTRAIT, "--person", f"{sofia}@0.1,0.2,0.1,0.2", "--only", "--unidentified", "0", *AS)
    request = came(PORTRAIT, mother, "inspection", 60)
    referral = referred(PORTRAIT, mother, "inspection", "--request", request)
    refused = closed(referral, mother, "EX2", sofia, day(30))
    assert (refused.code, "own now" in refused.err) == (1, True)
    done = closed(referral, mother, "EX2", sofia, day(50))
    assert done.code == 0, done.text
    assert any(f"by hand on {day(50)}" in each for each in remarks(sofia))
