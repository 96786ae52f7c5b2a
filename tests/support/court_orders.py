"""Court orders and subpoenas from the command line: one of which families are told, and one that forbids telling them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import SCIENCE_LAB

from dam_plugin.store import SystemUser

BEFORE = TODAY - timedelta(days=10)
AS = ("--as", "custodian:records-office")
GROUNDED = "{kind: subpoena, verified: true, notice_required: false, secret_by: grand_jury}"
BEN = SystemUser("1001", "ben")


def told_of_order(referral: str, students: Iterable[str], evidence: str = "order.yaml") -> None:
    """Put on file for a referral that these families were told ten days ago, for an answer today; write what states it."""
    for student in students:
        about = ("--referral", referral, "--student", student, "--what", "two calls; no answer", "--on", str(BEFORE))
        made = call("letter", "effort", *about, "--answer-on", str(TODAY), "--evidence", evidence, *AS)
        assert made.code == 0, made.text


def revoking() -> tuple[str, str]:
    """Write a paper that revokes a parent's rights; return the option that gives it."""
    Path("revoking.pdf").write_bytes(b"%PDF-1.7 judgment of the circuit court")
    return "--file", "revoking.pdf"


def order(text: str = GROUNDED) -> Path:
    Path("order.yaml").write_text(f"order: {text}\n", "utf-8")
    return Path("order.yaml")


def claimed(key: str = SCIENCE_LAB, *more: str, role: tuple[str, ...] = AS) -> Called:
    """Share with the FBI on an order of which it is said that it forbids telling."""
    words = ("--to", "law_enforcement:fbi-221", "--purpose", "legal request", "--evidence", str(order()))
    return call("share", key, *words, *role, *more, "--json")


def paper() -> Path:
    """A copy of the order on paper."""
    Path("subpoena.pdf").write_bytes(b"%PDF-1.4\n% a subpoena\n")
    return Path("subpoena.pdf")


def stated_secret(referral: str) -> Called:
    """State for a referral, with the paper, that its order forbids telling."""
    words = ("--evidence", str(order()), "--file", str(paper()))
    return call("queue", "finding", referral, "evidence", *words, *AS, "--json")


def confirmed(referral: str) -> dict[str, Any]:
    """State for a referral, with the paper, that its order forbids telling, and have another person confirm it: the answer."""
    stated = stated_secret(referral)
    assert stated.object()["state"] == "pending", stated.text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dam_plugin.cli.context.system_user", lambda: BEN)
        done = call("queue", "approve", stated.object()["finding"], "--as", "designee:principal", "--json")
    assert done.code == 0, done.text
    answer: dict[str, Any] = {"referral": done.object()["referral"], **done.object()["answer"]}
    return answer


def by_order(key: str = SCIENCE_LAB, *more: str) -> dict[str, Any]:
    """Share with the FBI on an order that forbids telling, as two people confirm; return the answer."""
    asked = claimed(key, *more)
    assert asked.code in (0, 3, 4), asked.text
    return confirmed(asked.object()["referrals"][0]["id"])


def to_court(student: str, to: str = "court:circuit") -> tuple[str, ...]:
    """Return the options by which what shows a student is said to have been handed to a court, before its family was told."""
    return ("--disclosed-to", to, "--basis", "EX7", "--before-notice", "--students", student)
