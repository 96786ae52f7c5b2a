"""Destroying what is due: who, what has to be true before, what is gone and what stays, and the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from clock import TODAY
from district import (
    CALEB,
    CUSTODIAN,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    MEDIA_STAFF,
    PORTRAIT,
    PUBLIC,
    TEAM,
    District,
)
from queue_cases import ADA, BEN, SECOND
from use_cases import entries, later, ledger_holds, looked, releases

from dam_plugin.custodian import destroy as destroying
from dam_plugin.custodian import holds
from dam_plugin.custodian.closures import say_of_recording
from dam_plugin.custodian.destroy import Order, Ordered
from dam_plugin.custodian.forget import forget
from dam_plugin.custodian.holds import Wanted
from dam_plugin.custodian.retention import due_recordings
from dam_plugin.custodian.retention_rules import RetentionRules, read_retention_rules
from dam_plugin.errors import Held, InputError, StorageError, UnknownThing
from dam_plugin.intake.events import forget_if_gone
from dam_plugin.model import Actor, AssetEvent, Recipient
from dam_plugin.sharing.finding_kinds import Closed, Confidential
from dam_plugin.store import SystemUser

EVENTS = '[[rule]]\nname = "events"\nfolder = "events/**"\nuse = "none"\nyears = 1\nsource = "the district\'s own"\n'
CAMERAS = '[[rule]]\nname = "cameras"\nfolder = "cameras/**"\nuse = "any"\nyears = 2\nsource = "the state\'s"\n'
IDEA = """
[[rule]]
name = "portraits"
folder = "portraits/**"
use = ["none", "any"]
years = 1
source = "IDEA"
idea_notice = true
"""
ORDER = Order("the schedule says so")
LAWSUIT = Wanted("subpoena", "docket 26-117", "served on the district", "a paper")


def rules(*texts: str) -> RetentionRules:
    return read_retention_rules("\n".join(texts or (EVENTS, CAMERAS, IDEA)).encode(), "retention.toml")


def in_three_years(district: District) -> District:
    return replace(district, services=later(district.services, days=3 * 366))


def destroyed(
    district: District, *keys: str, order: Order = ORDER, by: Actor = CUSTODIAN, user: SystemUser = ADA, **more: Any
) -> list[Ordered]:
    return destroying.destroy(district.services, more.get("rules") or rules(), keys, order, by, user)


def there(district: District, prefix: str = "") -> list[str]:
    """Every key with a version in the bucket, hidden ones too."""
    found = {each.key for each in district.services.library.versions_under(prefix) if not each.is_marker}
    return sorted(found - {"ledger/head.json"})


def test_what_is_due_is_destroyed_with_every_version_and_copy(district: District) -> None:
    district.upload(TEAM, b"an earlier file")
    district.upload(TEAM)
    assert district.share(TEAM).link
    (copy,) = releases(district.services, "open")
    then = in_three_years(district)
    assert [each.key for each in due_recordings(then.services, rules())] == [TEAM]
    (done,) = destroyed(then, TEAM)
    assert (done.destruction.state, done.destruction.versions, done.destruction.copies) == ("done", 2, 1)
    assert there(district) == []
    assert copy.id in [each.id for each in releases(district.services, "undone")]
    assert list(due_recordings(then.services, rules())) == []
    with district.services.store.reading() as unit:
        assert unit.assets.current(TEAM) is None
        assert unit.shares.links(open_only=True) == []
        assert unit.assets.of_student(district.student(HANNAH)) == []
    assert ledger_holds(district.services)


def test_nothing_stays_in_the_index_that_tells_of_anybody(district: District) -> None:
    stored = looked(district, PORTRAIT, HANNAH) if district.upload(PORTRAIT) else None
    assert stored is not None
    then = in_three_years(district)
    destroyed(then, PORTRAIT, order=replace(ORDER, notified=(("", TODAY),)))
    with district.services.store.reading() as unit:
        left = unit.assets.newest(PORTRAIT)
        assert left is not None
        assert unit.assets.looks(stored.asset.id) == []
    assert left.about is left.former is None
    assert left.tagging.students == left.machine.students == frozenset()
    assert left.tagging.open_words == left.tagging.findings == ()


def test_what_restricts_a_copy_that_turns_up_again_stays(district: District) -> None:
    body = district.upload(HALLWAY) and district.services.library.read(HALLWAY, limit=10**8)
    then = in_three_years(district)
    destroyed(then, HALLWAY)
    (done,) = destroyed(then, HALLWAY, by=SECOND, user=BEN)
    assert done.destruction.state == "done"
    again = district.upload("inbox/again.jpg", body)
    assert [each.purpose for each in again.tagging.official_uses] == ["discipline"]


@pytest.mark.parametrize("kind", ["closed", "confidential"])
def test_what_the_custodian_closed_is_closed_again_where_a_copy_turns_up(district: District, kind: str) -> None:
    closure = {
        "closed": Closed("610.021(19)", "its camera"),
        "confidential": Confidential("RSMo 211.321", "a juvenile"),
    }
    body = district.upload(TEAM) and district.services.library.read(TEAM, limit=10**8)
    say_of_recording(district.services, TEAM, closure[kind], CUSTODIAN, ADA)
    then = in_three_years(district)
    destroyed(then, TEAM)
    again = district.upload("inbox/again.jpg", body)
    assert [(each.kind, each.why) for each in again.tagging.closures] == [(kind, kind)]
    assert then.share(again.asset.key).link is None


def test_a_recording_of_an_official_use_takes_two_people(district: District) -> None:
    district.upload(HALLWAY)
    then = in_three_years(district)
    (due,) = due_recordings(then.services, rules())
    assert due.needs_two
    (asked,) = destroyed(then, HALLWAY)
    assert asked.destruction.state == "asked"
    assert there(district) == [HALLWAY]
    for by, user in ((CUSTODIAN, BEN), (SECOND, ADA)):
        with pytest.raises(InputError, match="takes two people to destroy"):
            destroyed(then, HALLWAY, by=by, user=user)
    (done,) = destroyed(then, HALLWAY, by=SECOND, user=BEN)
    assert done.destruction.state == "done"
    assert "custodian records-office" in (done.destruction.certificate or "")
    assert "designee principal" in (done.destruction.certificate or "")
    assert there(district) == []


def test_an_order_about_a_recording_that_was_replaced_is_asked_anew(district: District) -> None:
    district.upload(HALLWAY)
    then = in_three_years(district)
    destroyed(then, HALLWAY)
    district.upload(HALLWAY, b"another file")
    much_later = replace(district, services=later(district.services, days=6 * 366))
    (asked,) = destroyed(much_later, HALLWAY, by=SECOND, user=BEN)
    assert asked.destruction.state == "asked"
    assert [each.state for each in destroying.log_of(district.services)] == ["asked"]


def test_what_is_held_is_not_destroyed_and_the_hold_is_named(district: District) -> None:
    district.upload(TEAM)
    district.upload("events/other.jpg", b"another file")
    then = in_three_years(district)
    (place,) = holds.add(then.services, [TEAM], LAWSUIT, CUSTODIAN, ADA).places
    (due,) = [each for each in due_recordings(then.services, rules()) if each.holdings]
    assert (due.key, due.holdings[0].id) == (TEAM, place.hold.id)
    with pytest.raises(Held, match=f"not destroyed: it is held by the hold {place.hold.id} .a subpoena."):
        destroyed(then, "events/other.jpg", TEAM)
    assert there(district) == [TEAM, "events/other.jpg"]


def test_what_somebody_waits_for_is_not_destroyed(district: District) -> None:
    district.upload(HALLWAY)
    then = in_three_years(district)
    destroyed(then, HALLWAY)
    (referral,) = then.ask(HALLWAY, PUBLIC, "news").referrals
    with pytest.raises(Held, match=f"held by the referral {referral.id} .a pending request."):
        destroyed(then, HALLWAY, by=SECOND, user=BEN)
    assert there(district) == [HALLWAY]


def test_a_recording_is_due_on_its_day_and_not_the_day_before(district: District) -> None:
    day = rules().rule[0].due(district.upload(TEAM))
    assert day is not None
    before = replace(district, services=later(district.services, days=(day - TODAY).days - 1))
    with pytest.raises(InputError, match=f"due on {day}"):
        destroyed(before, TEAM)
    (done,) = destroyed(replace(district, services=later(district.services, days=(day - TODAY).days)), TEAM)
    assert done.destruction.state == "done"


def test_what_is_not_due_or_not_ours_to_destroy_is_refused(district: District) -> None:
    for key in (TEAM, HALLWAY, PORTRAIT):
        district.upload(key)
    in_a_week = replace(district, services=later(district.services, days=7))
    with pytest.raises(InputError, match=r"due on \d{4}-\d\d-\d\d by the rule 'events', not earlier"):
        destroyed(in_a_week, TEAM)
    with pytest.raises(InputError, match="no retention rule fits"):
        destroyed(in_three_years(district), TEAM, rules=rules(CAMERAS))
    with pytest.raises(InputError, match="the rule 'events' keeps this recording forever"):
        destroyed(in_three_years(district), TEAM, rules=rules(EVENTS.replace("years = 1", 'years = "forever"')))
    with pytest.raises(InputError, match="only the custodian or a designee"):
        destroyed(in_three_years(district), TEAM, by=MEDIA_STAFF)
    with pytest.raises(InputError, match="needs its reason"):
        destroyed(in_three_years(district), TEAM, order=Order(" "))
    with pytest.raises(UnknownThing):
        destroyed(in_three_years(district), "events/nothing.jpg")
    assert there(district) == sorted((TEAM, HALLWAY, PORTRAIT))


def test_each_family_is_told_first_where_the_rule_says_so(district: District) -> None:
    district.upload(PORTRAIT)
    looked(district, PORTRAIT, HANNAH, CALEB)
    hannah, caleb = map(district.student, (HANNAH, CALEB))
    then = in_three_years(district)
    with pytest.raises(InputError, match=r"missing for 2 famil\(ies\)") as told:
        destroyed(then, PORTRAIT)
    assert {hannah, caleb} <= set(str(told.value).replace(";", " ").replace(")", " ").replace("(", " ").split())
    with pytest.raises(InputError, match=r"missing for 1 famil\(ies\).*" + caleb):
        destroyed(then, PORTRAIT, order=replace(ORDER, notified=((hannah, TODAY),)))
    with pytest.raises(InputError, match="is in the future"):
        destroyed(then, PORTRAIT, order=replace(ORDER, notified=(("", date(2999, 1, 1)),)))
    (done,) = destroyed(then, PORTRAIT, order=replace(ORDER, notified=((hannah, TODAY), (caleb, TODAY))))
    assert f"The families were informed ({TODAY}; 34 CFR 300.624)" in (done.destruction.certificate or "")
    assert hannah not in str(destroying.log_of(district.services))


def by_mother(district: District, day: date = TODAY) -> Order:
    mother = Recipient("parent", district.guardian(HANNAH_MOTHER))
    return replace(ORDER, parents_asked=day, asked_by=mother, notified=(("", TODAY),))


def test_the_parents_may_ask_for_it_before_it_is_due(district: District) -> None:
    district.upload(PORTRAIT)
    district.upload(TEAM)
    order = by_mother(district)
    with pytest.raises(InputError, match="has no idea_notice"):
        destroyed(district, TEAM, order=order)
    (asked,) = destroyed(district, PORTRAIT, order=order)
    assert asked.destruction.state == "asked"
    (done,) = destroyed(district, PORTRAIT, order=order, by=SECOND, user=BEN)
    assert f"at a parent's request of {TODAY}" in (done.destruction.certificate or "")


def test_the_demand_of_one_family_destroys_no_record_of_another(district: District) -> None:
    district.upload(TEAM)
    order = by_mother(district)
    with pytest.raises(InputError, match=r"records of \d families"):
        destroyed(district, TEAM, order=order, rules=rules(IDEA.replace("portraits/**", "events/**")))


def test_the_log_is_kept_for_ever_and_names_nobody(district: District) -> None:
    stored = district.upload(TEAM)
    destroyed(in_three_years(district), TEAM)
    (kept,) = destroying.log_of(district.services)
    assert (kept.asset_id, kept.rule, kept.created, kept.key) == (stored.asset.id, "events", TODAY, None)
    recorded = entries(district.services, "destruction")
    assert [details["done"] for _, details in recorded] == ["begun", "done"]
    assert recorded[1][1]["certificate"] == kept.certificate
    assert TEAM not in str(recorded)
    assert forget(district.services, CUSTODIAN, "a mistake", seqs=[recorded[1][0].seq]).deleted == 0
    assert entries(district.services, "destruction") == recorded
    with pytest.raises(InputError, match=f"already destroyed .{kept.id}."):
        destroyed(in_three_years(district), TEAM)
    with pytest.raises(InputError, match="destroyed lawfully"):
        holds.add(district.services, [TEAM], LAWSUIT, CUSTODIAN, ADA)


def test_what_the_host_has_hidden_is_due_and_destroyed_too(district: District) -> None:
    district.upload(TEAM)
    district.services.library.delete(TEAM)
    assert forget_if_gone(district.services, TEAM)
    then = in_three_years(district)
    (due,) = due_recordings(then.services, rules())
    assert due.is_hidden
    destroyed(then, TEAM)
    assert there(district) == []
    assert district.services.library.versions(TEAM) == ()


def test_the_files_beside_it_go_unless_they_are_of_others_too(district: District) -> None:
    district.upload(TEAM)
    own, shared = f"{TEAM}.xmp", "events/athletics/.picasa.ini"
    for name in (own, shared):
        district.services.library.put(name, b"<x/>", media_type="text/plain")
    destroyed(in_three_years(district), TEAM)
    assert there(district) == [shared]


def test_a_destruction_that_broke_off_is_finished_by_the_next_order(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    then = in_three_years(district)
    with monkeypatch.context() as patched:
        patched.setattr(type(district.services.library), "versions", _unreachable)
        with pytest.raises(StorageError):
            destroyed(then, TEAM)
    assert [each.state for each in destroying.log_of(district.services)] == ["destroying"]
    (done,) = destroyed(then, TEAM)
    assert done.destruction.state == "done"
    assert there(district) == []


def _unreachable(*_: Any) -> None:
    raise StorageError("the object storage does not answer")


def test_a_deletion_event_of_what_was_destroyed_is_no_alarm(district: District) -> None:
    district.upload(TEAM)
    destroyed(in_three_years(district), TEAM)
    holds.add(district.services, ["events/"], LAWSUIT, CUSTODIAN, ADA)
    assert not district.pm.hook.asset_deleted(event=AssetEvent(TEAM))
    assert holds.alarms(district.services) == []


def test_parents_who_have_yet_to_ask_count_for_nothing(district: District) -> None:
    district.upload(PORTRAIT)
    order = by_mother(district, TODAY + timedelta(days=1))
    with pytest.raises(InputError, match=r"--parents-asked .* is in the future"):
        destroyed(district, PORTRAIT, order=order)


def test_a_reason_that_names_a_student_is_refused_since_the_log_is_kept_forever(district: District) -> None:
    district.upload(TEAM)
    with pytest.raises(InputError, match="--why seems to name a student"):
        destroyed(in_three_years(district), TEAM, order=Order("the mother of Hannah Lindqvist asks"))
    assert destroying.log_of(district.services) == []


def test_an_order_of_an_earlier_version_in_which_nobody_said_who_asked_is_given_anew(district: District) -> None:
    district.upload(PORTRAIT)
    order = by_mother(district)
    (asked,) = destroyed(district, PORTRAIT, order=order)
    with district.services.store.writing() as unit:
        unit.destructions.change(replace(asked.destruction, asked_by=None))
    (anew,) = destroyed(district, PORTRAIT, order=order, by=SECOND, user=BEN)
    assert (anew.destruction.state, anew.destruction.id != asked.destruction.id) == ("asked", True)
    assert there(district) == [PORTRAIT]
    (done,) = destroyed(district, PORTRAIT, order=order)
    assert done.destruction.state == "done"


def test_at_the_request_of_whom_nobody_said_the_words_stay(district: District) -> None:
    district.upload(PORTRAIT)
    order = by_mother(district)
    (asked,) = destroyed(district, PORTRAIT, order=order)
    before = replace(asked.destruction, asked_by=None)
    assert f"at the parents' request of {TODAY}" in destroying.certificate(before)
