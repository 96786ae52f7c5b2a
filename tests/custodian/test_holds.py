"""Holds: who may add and release them, what they cover, and that a deletion of what is held is refused or undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from clock import TODAY
from databases import run_sql
from district import CUSTODIAN, HALLWAY, MEDIA_STAFF, PORTRAIT, PUBLIC, SCIENCE_LAB, TEAM, District
from queue_cases import ADA, BEN, SECOND
from use_cases import Voice, entries, is_known, later, ledger_holds, with_voice

from dam_plugin.admin.reconcile import reconcile
from dam_plugin.custodian import holds
from dam_plugin.custodian.holds import Added, Wanted
from dam_plugin.errors import InputError, LedgerBroken, UnknownThing
from dam_plugin.intake.events import forget_if_gone
from dam_plugin.intake.two_people import host_user
from dam_plugin.library.s3 import Library
from dam_plugin.library.storage_errors import Refused
from dam_plugin.model import AssetEvent
from dam_plugin.sharing.held import holdings_on

LAWSUIT = Wanted("litigation", "Quill v. District", "a letter of counsel", "letter of 3 November")
SUBPOENA = Wanted("subpoena", "docket 26-117", "served on the district", "subpoena duces tecum")


def held(district: District, *places: str, wanted: Wanted = LAWSUIT, **more: Any) -> Added:
    return holds.add(district.services, places, wanted, more.get("by", CUSTODIAN), more.get("user", ADA))


def deleted(district: District, key: str) -> bool:
    """Delete a recording as the host does, and tell of it as the host does."""
    district.services.library.delete(key)
    return bool(district.pm.hook.asset_deleted(event=AssetEvent(key)))


def alarms(district: District) -> list[str]:
    return [each.outcome for each in holds.alarms(district.services)]


def test_a_deletion_of_a_held_recording_is_undone_and_the_custodian_is_told(district: District) -> None:
    before = district.upload(TEAM)
    (place,) = held(district, TEAM).places
    told = Voice(notify=True)
    with_told = with_voice(district, told)
    district.services.library.delete(TEAM)
    assert forget_if_gone(with_told.services, TEAM) is False
    assert district.services.library.head(TEAM).version_id == before.asset.version_id
    assert is_known(district.services, TEAM)
    ((_, (person, message)),) = told.told
    assert person == "custodian"
    assert "was deleted and is restored" in message
    assert alarms(district) == ["restored"]
    last, details = entries(district.services, "hold")[-1]
    assert (last.subject, details["outcome"], details["holds"]) == (before.asset.id, "restored", [place.hold.id])
    assert ledger_holds(district.services)


def test_the_same_event_twice_is_one_alarm(district: District) -> None:
    district.upload(TEAM)
    held(district, TEAM)
    assert not deleted(district, TEAM)
    assert not district.pm.hook.asset_deleted(event=AssetEvent(TEAM))
    assert alarms(district) == ["restored"]


def test_a_recording_that_nothing_holds_is_forgotten_as_before(district: District) -> None:
    district.upload(TEAM)
    district.upload(PORTRAIT)
    held(district, PORTRAIT)
    assert deleted(district, TEAM)
    assert not is_known(district.services, TEAM)
    assert alarms(district) == []


def test_its_links_close_all_the_same(district: District) -> None:
    district.upload(TEAM)
    link = district.share(TEAM).link
    assert link is not None
    held(district, TEAM)
    deleted(district, TEAM)
    with district.services.store.reading() as unit:
        assert unit.shares.links(open_only=True) == []


def test_a_folder_holds_what_is_in_it_and_what_comes_into_it(district: District) -> None:
    district.upload(TEAM)
    (place,) = held(district, "events/").places
    assert place.recordings == 1
    district.upload("events/later.jpg", district.services.library.read(TEAM, limit=10**8))
    district.upload(PORTRAIT)
    assert not deleted(district, TEAM)
    assert not deleted(district, "events/later.jpg")
    assert deleted(district, PORTRAIT)


@pytest.mark.parametrize("beside", ["events", "eventsx/a.jpg", "Events/a.jpg"])
def test_a_folder_holds_nothing_beside_it(district: District, beside: str) -> None:
    body = district.upload(TEAM) and district.services.library.read(TEAM, limit=10**8)
    held(district, "events/")
    district.upload(beside, body)
    assert deleted(district, beside)


def test_everything_can_be_held(district: District) -> None:
    district.upload(TEAM)
    held(district, holds.EVERYTHING)
    assert not deleted(district, TEAM)


def test_an_open_referral_holds_its_recording_until_it_is_closed(district: District) -> None:
    district.upload(HALLWAY)
    (referral,) = district.ask(HALLWAY, PUBLIC, "news").referrals
    assert not deleted(district, HALLWAY)
    with district.services.store.writing() as unit:
        unit.referrals.close(referral.id, district.services.now(), None, "withdrawn")
    assert deleted(district, HALLWAY)


def test_a_publication_that_waits_holds_nothing(district: District) -> None:
    district.upload(SCIENCE_LAB)
    assert district.share(SCIENCE_LAB).referrals
    assert deleted(district, SCIENCE_LAB)


def test_a_deletion_that_was_noticed_just_before_the_hold_is_undone(district: District) -> None:
    district.upload(TEAM)
    assert deleted(district, TEAM)
    added = held(district, "events/")
    assert added.restored == 1
    assert is_known(district.services, TEAM)
    assert alarms(district) == ["restored"]


def test_a_named_recording_comes_back_whenever_it_was_deleted(district: District) -> None:
    district.upload(TEAM)
    assert deleted(district, TEAM)
    tomorrow = replace(district, services=later(district.services, days=1))
    assert held(tomorrow, "events/").restored == 0
    assert held(tomorrow, TEAM).restored == 1
    assert is_known(district.services, TEAM)


def test_a_version_that_is_gone_for_good_is_an_alarm_of_its_own(district: District) -> None:
    stored = district.upload(TEAM)
    held(district, TEAM)
    district.services.library.delete(TEAM, stored.asset.version_id)
    assert district.pm.hook.asset_deleted(event=AssetEvent(TEAM, stored.asset.version_id))
    assert alarms(district) == ["lost"]
    assert not is_known(district.services, TEAM)
    assert not district.pm.hook.asset_deleted(event=AssetEvent(TEAM, stored.asset.version_id))
    assert alarms(district) == ["lost"]


def test_an_older_version_that_comes_to_light_is_told_as_a_loss(district: District) -> None:
    older = district.upload(TEAM)
    newer = district.upload(TEAM, b"another file")
    held(district, TEAM)
    district.services.library.delete(TEAM, newer.asset.version_id)
    assert not district.pm.hook.asset_deleted(event=AssetEvent(TEAM, newer.asset.version_id))
    assert alarms(district) == ["lost"]
    with district.services.store.reading() as unit:
        assert unit.assets.need(TEAM).asset.id == older.asset.id


def test_only_the_custodian_holds_and_releases(district: District) -> None:
    district.upload(TEAM)
    with pytest.raises(InputError, match="only the custodian or a designee"):
        held(district, TEAM, by=MEDIA_STAFF)
    (place,) = held(district, TEAM, wanted=SUBPOENA).places
    with pytest.raises(InputError, match="only the custodian or a designee"):
        holds.release(district.services, place.hold.id, "done", MEDIA_STAFF, ADA)
    with pytest.raises(InputError, match="a host's key proves no person"):
        holds.release(district.services, place.hold.id, "done", CUSTODIAN, host_user("dam"))


def test_a_released_hold_holds_nothing(district: District) -> None:
    district.upload(TEAM)
    (place,) = held(district, TEAM, wanted=SUBPOENA).places
    assert not holds.release(district.services, place.hold.id, "quashed", CUSTODIAN, ADA).waits
    assert deleted(district, TEAM)
    with pytest.raises(InputError, match=f"{place.hold.id} was already released on {TODAY}"):
        holds.release(district.services, place.hold.id, "again", CUSTODIAN, ADA)


def test_litigation_takes_two_people_to_let_go(district: District) -> None:
    district.upload(TEAM)
    (place,) = held(district, TEAM).places
    assert holds.release(district.services, place.hold.id, "settled", CUSTODIAN, ADA).waits
    assert not deleted(district, TEAM)
    with pytest.raises(InputError, match="takes two people to release"):
        holds.release(district.services, place.hold.id, "settled", SECOND, ADA)
    with pytest.raises(InputError, match="takes two people to release"):
        holds.release(district.services, place.hold.id, "settled", CUSTODIAN, BEN)
    assert not holds.release(district.services, place.hold.id, "settled", SECOND, BEN).waits
    assert deleted(district, TEAM)
    assert [details["done"] for _, details in entries(district.services, "hold") if "kind" in details] == [
        "added",
        "release asked",
        "released",
    ]


def test_it_ends_after_its_last_day(district: District) -> None:
    district.upload(TEAM)
    held(district, TEAM, wanted=replace(LAWSUIT, until=TODAY))
    assert not deleted(district, TEAM)
    tomorrow = later(district.services, days=1)
    district.services.library.delete(TEAM)
    assert forget_if_gone(tomorrow, TEAM)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (replace(LAWSUIT, until=TODAY - timedelta(days=1)), "--until .* is in the past"),
        (replace(LAWSUIT, why=" "), "--why is one line"),
        (replace(LAWSUIT, matter=""), "--matter is one line"),
        (replace(LAWSUIT, source="a\nb"), "--source is one line"),
    ],
)
def test_what_is_missing_or_over_is_refused(district: District, wanted: Wanted, why: str) -> None:
    district.upload(TEAM)
    with pytest.raises(InputError, match=why):
        held(district, TEAM, wanted=wanted)
    assert holds.list_holds(district.services).holds == ()


def test_the_same_hold_twice_is_refused_and_another_matter_is_not(district: District) -> None:
    district.upload(TEAM)
    district.upload(PORTRAIT)
    (first,) = held(district, TEAM).places
    with pytest.raises(InputError, match=f"already held for the same matter by {first.hold.id}"):
        held(district, PORTRAIT, TEAM)
    assert len(holds.list_holds(district.services).holds) == 1
    held(district, TEAM, wanted=SUBPOENA)
    assert len(held(district, PORTRAIT, PORTRAIT).places) == 1


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("events/nothing.jpg", "neither the library nor the bucket has this recording"),
        ("nothing/", "has no recording in this folder"),
        ("events", "this is a folder"),
        ("released/r-1/", "one of the plugin's own folders"),
        ("k" * 1025, "at most 1024 bytes"),
    ],
)
def test_what_is_not_there_cannot_be_held(district: District, place: str, why: str) -> None:
    district.upload(TEAM)
    with pytest.raises(InputError, match=why):
        held(district, place)


def test_releasing_what_is_not_held_says_what_holds_it(district: District) -> None:
    district.upload(TEAM)
    with pytest.raises(UnknownThing, match="there is no such hold"):
        holds.find(district.services, TEAM)
    (folder,) = held(district, "events/").places
    with pytest.raises(UnknownThing, match=f"held by the hold {folder.hold.id} .litigation."):
        holds.find(district.services, TEAM)
    held(district, TEAM)
    held(district, TEAM, wanted=SUBPOENA)
    with pytest.raises(InputError, match="there are several holds on this"):
        holds.find(district.services, TEAM)


def test_a_key_with_odd_characters_is_held_as_it_is_written(district: District) -> None:
    key = "events/50% of *_what?/[1] Zoë 'n' \"co\".jpg"
    body = district.upload(TEAM) and district.services.library.read(TEAM, limit=10**8)
    district.upload(key, body)
    beside = "events/50X of XXwhat?/a.jpg"
    district.upload(beside, body)
    held(district, "events/50% of *_what?/")
    assert not deleted(district, key)
    assert deleted(district, beside)


def test_the_ledger_has_no_name_of_the_matter(district: District) -> None:
    district.upload(TEAM)
    held(district, TEAM)
    assert "Quill" not in str(entries(district.services, "hold"))
    assert TEAM not in str(entries(district.services, "hold"))


def test_an_alarm_stays_until_a_custodian_takes_note(district: District) -> None:
    district.upload(TEAM)
    held(district, TEAM)
    deleted(district, TEAM)
    (alarm,) = holds.alarms(district.services)
    with pytest.raises(InputError, match="only the custodian"):
        holds.take_note(district.services, alarm.id, "seen", MEDIA_STAFF, ADA)
    holds.take_note(district.services, alarm.id, "the host was told", CUSTODIAN, ADA)
    assert holds.alarms(district.services) == []
    assert [each.id for each in holds.alarms(district.services, seen_too=True)] == [alarm.id]
    with pytest.raises(UnknownThing):
        holds.take_note(district.services, "hl-none", "seen", CUSTODIAN, ADA)


def test_a_hold_counts_although_the_storage_does_not_answer(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    away = replace(district, services=replace(district.services, library=Library.connect("nowhere")))
    added = held(away, TEAM)
    assert not added.storage.answers
    assert [each.is_in_force for each in added.places] == [True]
    assert not deleted(district, TEAM)
    away.services.library.close()


def test_what_overwrites_a_held_recording_where_no_versions_are_kept_is_told_as_a_loss(
    district: District, raw_s3: Any, bucket: str
) -> None:
    raw_s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    district.upload(TEAM)
    held(district, TEAM)
    district.services.library.put(TEAM, b"another file", media_type="image/jpeg")
    district.pm.hook.asset_replaced(event=AssetEvent(TEAM))
    assert alarms(district) == ["lost"]


def test_where_the_storage_keeps_its_delete_markers_the_last_version_is_copied_back(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = district.upload(TEAM)
    held(district, TEAM)
    district.services.library.delete(TEAM)
    library = type(district.services.library)
    with monkeypatch.context() as patched:
        patched.setattr(library, "_take_markers_away", _refused)
        assert not district.pm.hook.asset_deleted(event=AssetEvent(TEAM))
    assert alarms(district) == ["copied back"]
    now = district.services.library.head(TEAM)
    assert (now.etag, now.version_id != before.asset.version_id) == (before.asset.etag, True)
    with district.services.store.reading() as unit:
        assert unit.assets.need(TEAM).asset.version_id == now.version_id
    assert district.release_tag(TEAM) == "staff"


def test_what_the_storage_refuses_to_undo_waits_and_is_told_once(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    held(district, TEAM)
    district.services.library.delete(TEAM)
    library = type(district.services.library)
    with monkeypatch.context() as patched:
        patched.setattr(library, "_take_markers_away", _refused)
        patched.setattr(library, "_copy_back", _refused)
        for _ in range(2):
            assert not district.pm.hook.asset_deleted(event=AssetEvent(TEAM))
    assert alarms(district) == ["waiting"]
    assert is_known(district.services, TEAM)
    reconcile(district.services)
    assert alarms(district) == ["restored"]


def _refused(*_: Any) -> None:
    raise Refused("the bucket refuses this to the plugin's role (AccessDenied)")


def test_a_hold_that_was_released_beside_the_program_holds(on_each_database: District) -> None:
    district = on_each_database
    district.upload(TEAM)
    (place,) = held(district, TEAM, wanted=SUBPOENA).places
    wish = '{"at":"2026-11-01T00:00:00Z","by":{"id":"x","role":"custodian"},"user_id":"1","user_name":"x","why":"x"}'
    run_sql(district.services.store, f"UPDATE holds SET released = '{wish}'")  # noqa: S608
    with district.services.store.reading() as unit:
        assert [each.id for each in holdings_on(unit, TEAM, TODAY)] == [place.hold.id]
    assert not ledger_holds(district.services)
    with pytest.raises(LedgerBroken):
        holds.release(district.services, place.hold.id, "quashed", CUSTODIAN, ADA)


def test_a_hold_that_was_taken_out_beside_the_program_is_missed(district: District) -> None:
    district.upload(TEAM)
    (place,) = held(district, TEAM).places
    run_sql(district.services.store, "DELETE FROM holds")
    with district.services.store.reading() as unit:
        found = district.services.ledger.verify(unit)
    assert f"the hold {place.hold.id} is missing" in (found.why or "")


def test_holds_are_the_same_on_either_database(on_each_database: District) -> None:
    district = on_each_database
    services = district.services
    district.upload(TEAM)
    (folder, key) = held(district, "events/", TEAM, wanted=SUBPOENA).places
    assert (folder.recordings, key.recordings) == (1, 1)
    services.library.delete(TEAM)
    assert not forget_if_gone(services, TEAM)
    assert not holds.release(services, folder.hold.id, "quashed", CUSTODIAN, ADA).waits
    listed = holds.list_holds(services)
    assert [each.hold.id for each in listed.holds] == [key.hold.id]
    assert len(holds.list_holds(services, ended_too=True).holds) == 2
    assert [each.outcome for each in holds.alarms(services)] == ["restored"]
    assert ledger_holds(services)
