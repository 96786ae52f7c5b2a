"""`access-log`: verified, listed, and cleared of what is old, from the command line."""

from __future__ import annotations

from datetime import timedelta

import pytest
from command_line import call
from district import HANNAH, District
from sqlalchemy import text

from dam_plugin.admin.reconcile import repair
from dam_plugin.ledger.access_chain import Access, AccessLog

CAROL = ("--as", "custodian:Carol")


@pytest.fixture
def looked(district: District) -> District:
    """A district in which carol looked at Hannah yesterday and five years ago."""
    at = district.services
    for days in (5 * 365, 1):
        look = Access(at.now() - timedelta(days=days), "carol", ("custodian",), "student", (district.student(HANNAH),))
        AccessLog(at.ledger).keep(at.store, look)
    return district


def test_it_holds_until_it_is_changed(looked: District) -> None:
    assert call("access-log", "verify").out.startswith("the access log holds: 2 entries")
    with looked.services.store._writer.begin() as connection:
        connection.execute(text("UPDATE access_entries SET subject = 'nobody' WHERE seq = 2"))
    broken = call("access-log", "verify", "--json")
    assert (broken.code, broken.object()["broken_at"]) == (1, 2)


def test_the_custodian_lists_who_looked_at_a_student(looked: District) -> None:
    hannah = looked.student(HANNAH)
    told = call("access-log", "list", "--student", hannah, *CAROL, "--json").objects()
    assert [(each["seq"], each["account"], each["students"]) for each in told] == [
        (2, "carol", [hannah]),
        (1, "carol", [hannah]),
    ]
    assert call("access-log", "list", "--account", "maria", *CAROL, "--json").objects() == []
    assert "only the custodian or a designee" in call("access-log", "list").err


def test_what_is_older_than_the_setting_is_deleted(looked: District) -> None:
    repair(looked.services)
    assert call("access-log", "forget").out.startswith("0 entries deleted")
    told = call("access-log", "list", *CAROL, "--json").objects()
    assert [each["page"] for each in told] == ["forgotten", "student"]
    assert call("access-log", "verify").code == 0


def test_an_end_that_was_changed_is_accepted_by_the_custodian_alone(looked: District) -> None:
    with looked.services.store._writer.begin() as connection:
        connection.execute(text("UPDATE access_head SET mac = 'x'"))
    assert call("access-log", "verify").code == 1
    assert "only the custodian" in call("access-log", "accept", "--why", "seen").err
    assert call("access-log", "accept", "--why", "a backup was restored", *CAROL).code == 0
    assert call("access-log", "verify").code == 0
