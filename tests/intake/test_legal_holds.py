"""Where the bucket has Object Lock, the versions of what is held are locked in the storage itself, and unlocked again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from clock import TODAY
from district import CUSTODIAN, HALLWAY, PORTRAIT, PUBLIC, TEAM, District
from queue_cases import ADA, BEN, SECOND
from use_cases import later

from dam_plugin.admin.pending_work import do_pending_work
from dam_plugin.admin.reconcile import reconcile, repair
from dam_plugin.custodian import holds
from dam_plugin.custodian.holds import Wanted
from dam_plugin.errors import StorageError
from dam_plugin.intake import legal_holds
from dam_plugin.library.s3 import Library

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SUBPOENA = Wanted("subpoena", "docket 26-117", "served on the district", "subpoena duces tecum")


@pytest.fixture
def locking(district: District, raw_s3: S3Client) -> Iterator[District]:
    """The district with a bucket that has Object Lock."""
    name = f"locking-{uuid.uuid4().hex[:12]}"
    raw_s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    library = Library.connect(name)
    yield replace(district, services=replace(district.services, library=library))
    library.close()


def held(district: District, place: str, wanted: Wanted = SUBPOENA) -> str:
    (added,) = holds.add(district.services, [place], wanted, CUSTODIAN, ADA).places
    return added.hold.id


def locked(district: District, key: str) -> list[bool]:
    library = district.services.library
    return [library.is_locked(key, each.version_id) for each in library.versions(key) if not each.is_marker]


def test_every_version_of_a_held_recording_is_locked_and_nobody_deletes_one(
    locking: District, raw_s3: S3Client
) -> None:
    older = locking.upload(TEAM)
    locking.upload(TEAM, b"another file")
    held(locking, TEAM)
    assert locked(locking, TEAM) == [True, True]
    with pytest.raises(StorageError):
        locking.services.library.delete(TEAM, older.asset.version_id)
    with pytest.raises(ClientError, match="AccessDenied"):
        raw_s3.delete_object(Bucket=locking.services.library.bucket, Key=TEAM, VersionId=older.asset.version_id or "")


def test_what_comes_into_a_held_folder_is_locked_too(locking: District) -> None:
    locking.upload(TEAM)
    held(locking, "events/")
    locking.upload("events/later.jpg", b"a later file")
    locking.upload(PORTRAIT)
    do_pending_work(locking.services)
    assert locked(locking, TEAM) == locked(locking, "events/later.jpg") == [True]
    assert locked(locking, PORTRAIT) == [False]


def test_a_release_unlocks_what_nothing_else_holds(locking: District) -> None:
    locking.upload(TEAM)
    locking.upload("events/other.jpg", b"another")
    folder = held(locking, "events/")
    held(locking, TEAM)
    holds.release(locking.services, folder, "quashed", CUSTODIAN, ADA)
    do_pending_work(locking.services)
    assert locked(locking, TEAM) == [True]
    assert locked(locking, "events/other.jpg") == [False]


def test_the_storages_own_lock_of_somebody_else_stays(locking: District) -> None:
    stored = locking.upload(TEAM)
    locking.services.library.lock(TEAM, stored.asset.version_id or "", on=True)
    hold = held(locking, TEAM)
    holds.release(locking.services, hold, "quashed", CUSTODIAN, ADA)
    do_pending_work(locking.services)
    assert locked(locking, TEAM) == [True]


def test_an_open_referral_locks_its_recording_until_it_is_closed(locking: District) -> None:
    locking.upload(HALLWAY)
    (referral,) = locking.ask(HALLWAY, PUBLIC, "news").referrals
    do_pending_work(locking.services)
    assert locked(locking, HALLWAY) == [True]
    with locking.services.store.writing() as unit:
        unit.referrals.close(referral.id, locking.services.now(), None, "withdrawn")
    do_pending_work(locking.services)
    assert locked(locking, HALLWAY) == [False]


def test_a_hold_that_ended_by_its_day_is_unlocked_by_the_next_repair(locking: District) -> None:
    locking.upload(TEAM)
    held(locking, TEAM, replace(SUBPOENA, until=TODAY + timedelta(days=1)))
    repair(locking.services)
    do_pending_work(locking.services)
    assert locked(locking, TEAM) == [True]
    then = later(locking.services, days=2)
    repair(then)
    do_pending_work(then)
    assert locked(locking, TEAM) == [False]


def test_a_folder_is_locked_in_batches_that_may_break_off(locking: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legal_holds, "BATCH", 2)
    monkeypatch.setattr(holds, "_LOCK_SECONDS", 0.0)
    keys = [f"events/{number}.jpg" for number in range(5)]
    for key in keys:
        locking.upload(key, key.encode())
    held(locking, "events/")
    assert legal_holds.lock_due(locking.services) == 0
    assert [locked(locking, key) for key in keys] == [[True], [True], [False], [False], [False]]
    do_pending_work(locking.services)
    assert [locked(locking, key) for key in keys] == [[True]] * 5


def test_a_lock_that_broke_off_before_it_was_noted_is_still_ours(locking: District) -> None:
    stored = locking.upload(TEAM)
    version = (TEAM, stored.asset.version_id or "")
    hold = held(locking, TEAM)
    with locking.services.store.writing() as unit:
        unit.holds.keep_locks([version], "setting")
    repair(locking.services)
    do_pending_work(locking.services)
    holds.release(locking.services, hold, "quashed", CUSTODIAN, ADA)
    assert locked(locking, TEAM) == [False]


def test_reconciling_locks_what_was_held_before_the_bucket_could(locking: District) -> None:
    locking.upload(TEAM)
    held(locking, TEAM)
    version = locking.services.library.versions(TEAM)[0]
    locking.services.library.lock(TEAM, version.version_id, on=False)
    with locking.services.store.writing() as unit:
        unit.holds.drop_locks([(TEAM, version.version_id)])
    reconcile(locking.services)
    do_pending_work(locking.services)
    assert locked(locking, TEAM) == [True]


def test_litigation_stays_locked_while_a_second_person_is_waited_for(locking: District) -> None:
    locking.upload(TEAM)
    hold = held(locking, TEAM, replace(SUBPOENA, kind="litigation"))
    holds.release(locking.services, hold, "settled", CUSTODIAN, ADA)
    do_pending_work(locking.services)
    assert locked(locking, TEAM) == [True]
    holds.release(locking.services, hold, "settled", SECOND, BEN)
    assert locked(locking, TEAM) == [False]


def test_without_object_lock_no_work_is_left(district: District) -> None:
    district.upload(TEAM)
    held(district, "events/")
    with district.services.store.reading() as unit:
        assert not unit.holds.is_any_work()
        assert unit.holds.count_locks("events/", is_folder=True) == {}
