"""A student who does not hold the rights opts out: it holds, the custodian confirms it with a parent, who may end it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import GRADUATION, NOAH, SOFIA, District, paged
from use_cases import ledger_holds

from dam_plugin.custodian import choices
from dam_plugin.model import Actor, OptOut

AS = ("--as", "custodian:records-office")
PUBLISHED = ("share", GRADUATION, "--kind", "publication", "--purpose", "website", "--to", "public", *AS, "--json")


@pytest.fixture
def noah(district: District) -> str:
    """Noah is 17; his mother permits directory information."""
    district.upload(GRADUATION)
    return district.student(NOAH)


def mother_of(student: str) -> str:
    (found,) = call("student", "show", student, *AS, "--json").object()["guardians_today"]
    return str(found)


def opts_out(student: str, by: str, *more: str) -> Called:
    done = call("student", "opt-out", student, "--by", by, *more, "--as", "media_staff:desk-2")
    assert done.code == 0, done.text
    return done


def ends(student: str, *more: str) -> Called:
    return call("student", "opt-in", student, "--why", "the mother's letter", *more, *AS)


def words(done: Called) -> str:
    return " ".join(done.text.split())


def is_named(student: str) -> bool:
    (choices,) = [each for each in call("doctor", "--json").objects() if each["check"] == "choices"]
    return f"opted out themselves ({student})" in choices["detail"]


def hidden() -> Any:
    return call(*PUBLISHED).object()["redact"]


def test_it_holds_and_is_told_as_asked_by_the_student(district: District, noah: str) -> None:
    assert hidden() == []
    told = words(opts_out(noah, noah))
    assert f"{noah} opted out by their own word, and does not hold the rights" in told
    assert "recorded as asked by the student, and holds" in told
    assert f"dam-plugin student opt-in {noah} --by G-…" in told
    assert hidden() == [noah]
    assert is_named(noah)
    assert ledger_holds(district.services)


def test_the_custodian_is_told_at_once(district: District, noah: str) -> None:
    told = paged(district)
    choices.opt_out(district.services, noah, OptOut(TODAY), Actor("media_staff", "desk"), noah)
    choices.opt_out(district.services, noah, OptOut(TODAY), Actor("media_staff", "desk"))
    assert [(who, "Confirm it with the parent" in message) for who, message in told] == [("custodian", True)]


def test_a_parent_who_says_the_same_confirms_it(noah: str) -> None:
    opts_out(noah, noah, "--purpose", "website")
    opts_out(noah, mother_of(noah), "--purpose", "yearbook")
    assert is_named(noah), "the yearbook is not the website"
    opts_out(noah, mother_of(noah))
    assert not is_named(noah)
    assert hidden() == [noah]


def test_a_parent_ends_it_and_the_words_say_whose_it_was(noah: str) -> None:
    opts_out(noah, noah)
    refused = ends(noah, "--by", noah)
    assert (refused.code, "is not 18 yet" in refused.err) == (1, True)
    told = words(ends(noah, "--by", mother_of(noah)))
    assert f"{noah} had opted out by their own word" in told
    assert mother_of(noah) in told
    assert "The parent who opted out" not in told
    assert not is_named(noah)
    assert hidden() == []


def test_without_the_parents_name_it_is_said_that_nobody_is_named(noah: str) -> None:
    opts_out(noah, noah)
    assert "nobody is named as who ends it" in words(ends(noah))
    opts_out(noah, noah)
    done = call("student", "opt-in", noah, "--why", "letter", *AS, "--json").object()
    assert (done["asked_by_student"], done["others"]) == (True, [])


def test_of_a_student_who_holds_the_rights_and_of_a_parent_nothing_of_it_is_said(district: District, noah: str) -> None:
    sofia = district.student(SOFIA)
    for student, by in ((sofia, sofia), (noah, mother_of(noah))):
        assert "by their own word" not in words(opts_out(student, by))
        assert not is_named(student)


def test_who_said_it_as_a_minor_and_holds_the_rights_now_is_asked_no_parent(district: District, noah: str) -> None:
    assert noah
    sofia = district.student(SOFIA)
    told = opts_out(sofia, sofia, "--since", str(TODAY - timedelta(days=365 * 3)))
    assert "by their own word" not in words(told)
    assert not is_named(sofia)
