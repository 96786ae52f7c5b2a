"""A subpoena is quashed, a placement ends: what was given on it opens no more, and the custodian is told of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Called, call
from court_orders import told_of_order
from district import SCIENCE_LAB, District
from use_cases import kept, ledger_holds

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
COURT = ("--to", "court:circuit", "--purpose", "lawsuit")
QUASHED = ("--why", "quashed on 3 December")


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
    done = call("queue", "withdraw", referral, *QUASHED, *AS, "--json")
    assert (done.code, done.object()["closed"], opens()) == (0, [link], [])
    again = call("queue", "withdraw", referral, *QUASHED, *AS)
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
    assert call("queue", "withdraw", referral, *QUASHED, *AS, "--json").object()["closed"] == [first]
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
    assert (call("queue", "withdraw", referral, *given).code, len(opens())) == (1, 1)
