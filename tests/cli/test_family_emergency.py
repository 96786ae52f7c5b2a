"""An emergency in which a family asks: what waits is first in the queue, and a court order against the person is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from court_orders import revoking
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, TEAM, District

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk-2")


@pytest.fixture
def mother(district: District) -> str:
    """A recording of Hannah alone, and one of her team; her mother's id."""
    for key in (PORTRAIT, TEAM):
        district.upload(key)
    return district.guardian(HANNAH_MOTHER)


def limited(district: District, guardian: str) -> None:
    seen = ("--seen", "order of the circuit court", *revoking())
    assert call("student", "guardian", "limit", district.student(HANNAH), guardian, *seen, *AS).code == 0


def emergency(key: str, guardian: str, *by: str) -> Any:
    return call(
        "break-glass", key, "--to", f"parent:{guardian}", "--threat", "child is missing", *by, "--json"
    ).object()


def test_an_emergency_that_waits_is_due_at_once_and_first_in_the_queue(district: District, mother: str) -> None:
    Path("late.yaml").write_text(f"order: {{kind: subpoena, return_on: {TODAY - timedelta(days=1)}}}\n", "utf-8")
    to_court = ("--to", "court:circuit", "--purpose", "court order", "--evidence", "late.yaml")
    late = call("share", TEAM, *to_court, *STAFF, "--json").object()
    limited(district, mother)
    told = emergency(PORTRAIT, mother, *STAFF)
    assert (told["outcome"], [each["due"] for each in told["referrals"]]) == ("refer", [str(TODAY)])
    waits = call("queue", "list", "--json").objects()
    assert [each["id"] for each in waits] == [told["referrals"][0]["id"], late["referrals"][0]["id"]]


@pytest.mark.parametrize("key", [PORTRAIT, TEAM])
def test_whom_an_order_limits_waits_for_the_custodian_where_other_staff_state_it(
    district: District, mother: str, key: str
) -> None:
    limited(district, mother)
    told = emergency(key, mother, *STAFF)
    assert (told["outcome"], told["notes"], told["token"]) == ("refer", [], None)
    assert "court order" not in str(told["reasons"])
    (referral,) = told["referrals"]
    assert "A court order limits this person's rights" in call("queue", "show", referral["id"], *AS, "--json").text


def test_the_custodian_is_told_that_an_order_limits_whoever_is_given_it(district: District, mother: str) -> None:
    assert emergency(PORTRAIT, mother, *AS)["notes"] == []
    limited(district, mother)
    told = emergency(PORTRAIT, mother, *AS)
    assert told["outcome"] == "allow"
    limit, earlier = told["notes"]
    assert limit.startswith(f"A court order limits this person's rights over {district.student(HANNAH)}")
    assert earlier.startswith("An earlier emergency, in which this recording went out, is under review still")
