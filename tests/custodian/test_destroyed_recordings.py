"""What the ledger keeps of whom a destroyed recording showed, on each database, and how it is found again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from clock import TODAY
from district import CALEB, CUSTODIAN, HANNAH, PORTRAIT, TEAM, District
from queue_cases import ADA
from use_cases import later

from dam_plugin.custodian import destroy as destroying
from dam_plugin.custodian.destroy import Order
from dam_plugin.custodian.destroyed_recordings import WhomShown, destroyed_showing, silent_until, whom_shown
from dam_plugin.custodian.retention_rules import read_retention_rules
from dam_plugin.intake.events import forget_if_gone
from dam_plugin.intake.keep_look import look_at
from dam_plugin.model import Appearance, Look

RULES = read_retention_rules(
    b'[[rule]]\nname = "all"\nfolder = "**"\nuse = "any"\nyears = 0\nsource = "ours"\n'
    b'[[rule]]\nname = "unused"\nfolder = "**"\nuse = "none"\nyears = 0\nsource = "ours"\n',
    "retention.toml",
)


def destroyed(district: District, key: str) -> str:
    (done,) = destroying.destroy(district.services, RULES, [key], Order("the schedule"), CUSTODIAN, ADA)
    assert done.destruction.state == "done"
    return done.destruction.id


def test_whom_it_showed_is_found_again_by_student_on_each_database(on_each_database: District) -> None:
    district = on_each_database
    for key in (TEAM, PORTRAIT):
        district.upload(key)
    hannah = district.student(HANNAH)
    ids = [destroyed(district, key) for key in (TEAM, PORTRAIT)]
    zone = district.services.now().tzinfo
    with district.services.store.reading() as unit:
        found = destroyed_showing(district.services.ledger, unit, zone, [hannah, "S-NOBODY"])
        assert sorted(each.id for each in found) == sorted(ids)
        assert {(each.day, each.shown, each.is_named, each.while_asked) for each in found} == {
            (TODAY, (hannah,), False, False)
        }
        came = district.services.now()
        assert all(each.while_asked for each in destroyed_showing(district.services.ledger, unit, zone, [hannah], came))
        assert not any(
            each.while_asked
            for each in destroyed_showing(district.services.ledger, unit, zone, [hannah], came + timedelta(days=1))
        )
        assert destroyed_showing(district.services.ledger, unit, zone, []) == ()
        assert silent_until(unit, zone) is None


def test_until_when_nobody_was_kept_is_known_on_each_database(
    on_each_database: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an earlier version of the program kept it, with a reason that has the words of the later one."""
    district, zone = on_each_database, on_each_database.services.now().tzinfo
    for key in (TEAM, PORTRAIT):
        district.upload(key)
    with monkeypatch.context() as earlier:
        earlier.setattr(destroying, "whom_shown", lambda *_: None)
        why = Order('it has "shown": 3')
        destroying.destroy(district.services, RULES, [TEAM], why, CUSTODIAN, ADA)
    then = replace(district, services=later(district.services, days=3))
    destroyed(then, PORTRAIT)
    with district.services.store.reading() as unit:
        assert silent_until(unit, zone) == TODAY
        assert len(destroyed_showing(district.services.ledger, unit, zone, [district.student(HANNAH)])) == 1


def test_what_was_deleted_is_found_by_whom_it_shows_on_each_database(on_each_database: District) -> None:
    district = on_each_database
    district.upload(TEAM)
    now, hannah = district.services.now(), district.student(HANNAH)
    with district.services.store.reading() as unit:
        assert unit.assets.deleted_showing([hannah], since=now - timedelta(days=1)) == []
    district.services.library.delete(TEAM)
    assert forget_if_gone(district.services, TEAM)
    with district.services.store.reading() as unit:
        found = unit.assets.deleted_showing([hannah, district.student(CALEB)], since=now - timedelta(days=1))
        assert [each.asset.key for each in found] == [TEAM]
        assert unit.assets.deleted_showing([hannah], since=now + timedelta(days=1)) == []


def test_who_is_in_the_background_alone_is_kept_so(district: District) -> None:
    district.upload(PORTRAIT)
    caleb = Appearance(district.student(CALEB), "incidental")
    with district.services.store.reading() as unit:
        assert whom_shown(unit, PORTRAIT, TODAY) == WhomShown(frozenset([district.student(HANNAH)]))
    look_at(district.services, PORTRAIT, Look(at=district.services.now(), by=CUSTODIAN, persons=(caleb,)))
    with district.services.store.reading() as unit:
        shown = whom_shown(unit, PORTRAIT, TODAY)
    assert shown.students == {district.student(HANNAH), caleb.student}
    assert shown.in_background == {caleb.student}
    destroyed(district, PORTRAIT)
    with district.services.store.reading() as unit:
        (of_caleb,) = destroyed_showing(district.services.ledger, unit, None, [caleb.student])
        (of_both,) = destroyed_showing(district.services.ledger, unit, None, [caleb.student, district.student(HANNAH)])
    assert (of_caleb.in_background, of_both.in_background) == (True, False)
