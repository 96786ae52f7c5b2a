"""A set rests on originals that are in the bucket still: one listing shows it, whatever events have told or missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from district import CALEB, INES, MEDIA_STAFF, District
from yearbook_exports import exported, put_candid, read_back

from dam_plugin.errors import StorageError
from dam_plugin.library.s3 import Library
from dam_plugin.store.sets import ExportSet
from dam_plugin.yearbook.lock import CannotLock, handed_over, lock
from dam_plugin.yearbook.recheck import lost_originals, recheck

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GONE, STAYS = "events/dance/gone.jpg", "events/dance/stays.jpg"


@pytest.fixture
def made(district: District) -> ExportSet:
    """A set of two candids."""
    put_candid(district, GONE, CALEB)
    put_candid(district, STAYS, INES)
    return exported(district).set


def deleted(district: District) -> None:
    district.services.library.delete(GONE)


def deleted_for_good(district: District) -> None:
    head = district.services.library.head(GONE)
    district.services.library.delete(GONE, head.version_id)


def replaced(district: District) -> None:
    district.services.library.put(GONE, b"another picture", media_type="image/jpeg")


def same_bytes(district: District) -> None:
    """The same bytes are another version: nobody has looked at it."""
    body = district.services.library.read(GONE, limit=10**7)
    district.services.library.put(GONE, body, media_type="image/jpeg")


WAYS = [deleted, deleted_for_good, replaced, same_bytes]


def test_nothing_is_lost_while_every_original_is_there(district: District, made: ExportSet) -> None:
    district.services.library.put("events/dance/later.jpg", b"a neighbour", media_type="image/jpeg")
    assert lost_originals(district.services, made.id) == frozenset()
    assert recheck(district.services, made.id).may_be_printed


@pytest.mark.parametrize("goes", WAYS)
def test_a_set_is_not_locked_without_its_originals_and_says_which_files(
    district: District, made: ExportSet, goes: Callable[[District], None]
) -> None:
    goes(district)
    with pytest.raises(CannotLock) as caught:
        lock(district.services, made.id, by=MEDIA_STAFF)
    (stop,) = caught.value.rechecked.stops
    assert [each.text for each in stop.why] == [
        "Since the set was made, the recording was deleted or replaced in the bucket."
    ]
    assert [each.path for each in recheck(district.services, made.id).stops] == [stop.path]
    with district.services.store.reading() as unit:
        assert unit.exports.need(made.id).state == "made"


def test_of_a_locked_set_it_is_told_and_stops_whoever_gets_it_next(district: District, made: ExportSet) -> None:
    lock(district.services, made.id, by=MEDIA_STAFF)
    deleted(district)
    found = recheck(district.services, made.id)
    assert (found.may_be_printed, len(found.notices)) == (True, 1)
    with pytest.raises(CannotLock):
        handed_over(district.services, made.id, by=MEDIA_STAFF, to="second-press")


def test_a_set_is_not_locked_where_the_bucket_cannot_be_listed(
    district: District, made: ExportSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise StorageError("the object storage does not answer")

    monkeypatch.setattr(Library, "list", refused)
    with pytest.raises(StorageError):
        lock(district.services, made.id, by=MEDIA_STAFF)


def test_an_original_without_a_version_of_its_own_is_known_again(
    district: District, made: ExportSet, raw_s3: S3Client
) -> None:
    bucket = district.services.library.bucket
    raw_s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    put_candid(district, "events/dance/old.jpg", CALEB)
    again = exported(district, "again.zip").set
    assert made.id != again.id
    assert lost_originals(district.services, again.id) == frozenset()
    assert len(read_back(district, "again.zip").candids) == 3
