"""What was stated of somebody and never was so: an order about another man, another student's paper (34 CFR 99.4, 99.30)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call, said
from court_orders import BEN, revoking
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, District
from use_cases import ledger_holds

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS, SECOND = ("--as", "custodian:records-office"), ("--as", "designee:principal")
LAWYER = "doe-law"


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    assert call("tag", PORTRAIT, "--directory", "not_eligible", *AS).code == 0
    return district.student(HANNAH)


@pytest.fixture
def mother(district: District) -> str:
    return district.guardian(HANNAH_MOTHER)


def ran(*words: str) -> Called:
    done = call(*words)
    assert done.code == 0, done.text
    return done


def views(who: str) -> Called:
    return call("view", PORTRAIT, "--in-office", "--for", f"parent:{who}", "--minutes", "10", *AS)


def ends(stated: str, *more: str, user: SystemUser | None = None) -> Called:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "system_user", lambda: user or SystemUser("1000", "ada"))
        by = SECOND if user else AS
        return call("student", "guardian", "end", stated, "--why", "about the grandfather", "--never-so", *more, *by)


def limits(student: str, person: str, *more: str) -> str:
    words = ("student", "guardian", "limit", student, person, "--seen", "the order", *revoking(), *more, *AS, "--json")
    return str(ran(*words).object()["id"])


def represents(student: str, mother: str) -> str:
    Path("signed.pdf").write_bytes(b"signed")
    signed = ("--for", mother, "--name", "Jane Doe", "--seen", "a signed letter", "--file", "signed.pdf")
    return str(ran("student", "guardian", "represent", student, LAWYER, *signed, *AS, "--json").object()["id"])


def whys(student: str) -> list[str]:
    found = call("ledger", "student", student, *AS, "--json").objects()
    return [str(each["why"]) for each in found if each["what"] in ("asked", "viewed") and each["outcome"] == "allow"]


def mistakes(student: str) -> list[bool]:
    return ["by mistake" in each for each in whys(student)]


def of_request(mother: str) -> str:
    came = ("--from", f"parent:{mother}", "--purpose", "inspection", "--received", str(TODAY), "--channel", "letter")
    return str(ran("request", "add", PORTRAIT, *came, *AS, "--json").object()["id"])


def test_an_order_about_somebody_else_makes_no_mistake_of_what_was_shown(
    district: District, hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = of_request(mother)
    assert views(mother).code == 0
    on_day(monkeypatch, 5)
    order = limits(hannah, mother, "--since", str(TODAY - timedelta(days=3)))
    assert mistakes(hannah) == [True]
    denied = ("--outcome", "denied", "--why", "the order", "--provision", "34 CFR 99.4")
    closed = call("request", "close", request, *denied, *AS)
    on_day(monkeypatch, 9)
    first = ends(order)
    assert (first.code, "takes two people" in said(first), mistakes(hannah)) == (0, True, [True]), first.text
    twice = ends(order)
    assert (twice.code, "two people" in said(twice)) == (1, True), twice.text
    second = ends(order, user=BEN)
    assert (second.code, mistakes(hannah)) == (0, [False]), second.text
    assert (closed.code, request in said(second)) == (0, True), closed.text
    assert views(mother).code == 0
    again = ends(order)
    assert (again.code, "said so of" in said(again)) == (1, True), again.text
    assert "never was so" in said(ran("student", "show", hannah, *AS))
    assert ledger_holds(district.services)


def test_an_order_that_was_ended_as_others_are_may_be_said_never_to_have_been(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert views(mother).code == 0
    on_day(monkeypatch, 2)
    order = limits(hannah, mother, "--since", str(TODAY - timedelta(days=3)))
    on_day(monkeypatch, 4)
    plain = ("student", "guardian", "end", order, "--why", "about another man")
    ran(*plain, *AS)
    with monkeypatch.context() as patch:
        patch.setattr(context, "system_user", lambda: BEN)
        ran(*plain, *SECOND)
    assert mistakes(hannah) == [True]
    assert (ends(order).code, ends(order, user=BEN).code) == (0, 0)
    assert mistakes(hannah) == [False]


def test_an_order_of_the_same_day_makes_no_mistake_of_what_was_shown_before_it_came(hannah: str, mother: str) -> None:
    assert views(mother).code == 0
    limits(hannah, mother)
    assert mistakes(hannah) == [False]
    assert views(mother).code != 0


def test_a_representative_had_no_more_right_than_the_parent(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    represents(hannah, mother)
    on_day(monkeypatch, 2)
    assert (views(mother).code, views(LAWYER).code) == (0, 0)
    on_day(monkeypatch, 4)
    limits(hannah, mother, "--since", str(TODAY + timedelta(days=1)))
    assert mistakes(hannah) == [True, True]


def test_an_authority_that_was_another_students_gave_nothing(
    district: District, hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = represents(hannah, mother)
    assert views(LAWYER).code == 0
    assert mistakes(hannah) == [False]
    on_day(monkeypatch, 3)
    first = ends(stated)
    assert (first.code, "takes two people" in said(first)) == (0, True), first.text
    assert views(LAWYER).code != 0
    assert mistakes(hannah) == [False]
    second = ends(stated, user=BEN)
    assert (second.code, mistakes(hannah)) == (0, [True]), second.text
    assert [each["required"] for each in call("ledger", "student", hannah, *AS, "--json").objects()][:1] == [True]
    assert ledger_holds(district.services)


def test_what_never_was_a_guardian_is_said_of_the_person(hannah: str, mother: str) -> None:
    verify = ("student", "guardian", "verify", hannah, mother, "--seen", "birth certificate", *AS, "--json")
    stated: Any = ran(*verify).object()["id"]
    refused = ends(stated)
    assert (refused.code, f"never-was {hannah} {mother}" in said(refused)) == (1, True), refused.text


def test_an_order_that_was_entered_with_the_wrong_day_is_entered_anew(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert views(mother).code == 0
    on_day(monkeypatch, 2)
    right = str(TODAY + timedelta(days=2))
    order = limits(hannah, mother, "--since", str(TODAY - timedelta(days=3)))
    again = ran("student", "guardian", "limit", hannah, mother, "--since", right, "--seen", "it", *revoking(), *AS)
    assert f"end {order} --never-so" in said(again)
    assert (ends(order).code, ends(order, user=BEN).code) == (0, 0)
    assert limits(hannah, mother, "--since", right) != order
    assert mistakes(hannah) == [False]
    assert views(mother).code != 0
