"""Copies that took long to make, kept for the next set: used again while all is the same, on hold, and gone after a week."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from command_line import call
from district import CUSTODIAN, HANNAH, INES, THERESA, District
from jpeg_samples import encode, picture
from sqlalchemy import update
from use_cases import later, listening, looked, open_copies, releases
from yearbook_exports import exported, order_for, put_candid, put_portrait, read_back

from dam_plugin.admin.reconcile import reconcile, repair
from dam_plugin.custodian.forget import forget
from dam_plugin.errors import StorageError
from dam_plugin.model import Region
from dam_plugin.sharing.hold_copies import settle_all_due
from dam_plugin.store.seals import RELEASES
from dam_plugin.store.tables import ReleaseRow
from dam_plugin.yearbook import copies
from dam_plugin.yearbook.copies import drop_old

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REDACTING = order_for(redact=True)


@pytest.fixture
def filled(district: District) -> District:
    """Two portraits, a candid as it is and one that hides Hannah."""
    put_portrait(district, THERESA)
    put_portrait(district, INES)
    put_candid(district, "events/alone.jpg", THERESA)
    put_candid(district, "events/both.jpg", INES, HANNAH)
    return district


def kept_copies(district: District) -> list[str]:
    return [each.key for each in releases(district.services, "kept")]


def test_a_second_set_makes_no_copy_again_that_took_long(filled: District, monkeypatch: pytest.MonkeyPatch) -> None:
    first = exported(filled, "a.zip", REDACTING)
    made: list[str] = []
    whole = copies.copy_of

    def copy_of(services: Any, recipe: Any, folder: Any) -> Any:
        made.append(recipe.stored.asset.key)
        return whole(services, recipe, folder)

    monkeypatch.setattr(copies, "copy_of", copy_of)
    second = exported(filled, "b.zip", REDACTING)
    assert (first.reused, second.reused) == (0, 3)
    # What is only cleaned is not kept.
    assert made == ["events/alone.jpg"]
    assert read_back(filled, "a.zip").content == read_back(filled, "b.zip").content


def test_kept_copies_are_on_hold_and_tell_nothing(filled: District) -> None:
    exported(filled, order=REDACTING)
    library = filled.services.library
    tags = [library.tags(each.key, each.version_id) for each in releases(filled.services, "kept")]
    assert [each["dam-release"] for each in tags] == ["hold"] * 3
    assert open_copies(filled.services) == []
    assert not any(THERESA in key or "both" in key for key in kept_copies(filled))


def test_a_changed_face_has_its_portrait_made_anew(filled: District) -> None:
    exported(filled, "a.zip", REDACTING)
    looked(filled, f"portraits/{THERESA}.jpg", THERESA, box=Region(0.1, 0.1, 0.2, 0.2))
    assert exported(filled, "b.zip", REDACTING).reused == 2


def test_another_size_has_every_portrait_made_anew(filled: District) -> None:
    exported(filled, "a.zip", REDACTING)
    assert exported(filled, "b.zip", replace(REDACTING, portrait_size=(320, 400))).reused == 1


def test_another_place_of_a_hidden_student_has_the_copy_made_anew(filled: District) -> None:
    exported(filled, "a.zip", REDACTING)
    looked(filled, "events/both.jpg", HANNAH, box=Region(0.5, 0.2, 0.3, 0.4))
    looked(filled, "events/both.jpg", INES, box=Region(0.05, 0.2, 0.2, 0.4))
    made = exported(filled, "b.zip", REDACTING)
    assert made.reused == 2


def test_a_new_version_of_a_source_has_its_copy_made_anew(filled: District) -> None:
    exported(filled, "a.zip", REDACTING)
    put_portrait(filled, THERESA, body=encode(picture(96, 128, seed=77)))
    assert exported(filled, "b.zip", REDACTING).reused == 2


def test_a_kept_copy_that_somebody_put_another_in_the_place_of_is_not_used(filled: District, raw_s3: S3Client) -> None:
    exported(filled, "a.zip", REDACTING)
    other = encode(picture(80, 100, seed=99))
    for each in releases(filled.services, "kept"):
        put_there = raw_s3.put_object(Bucket=filled.services.library.bucket, Key=each.key, Body=other)
        with filled.services.store.writing() as unit:
            # As in a bucket without versions, where what is written over is gone.
            changed = update(ReleaseRow).where(ReleaseRow.id == each.id).values(version_id=put_there["VersionId"])
            unit.seals.before(RELEASES, [each.id])
            unit._session.execute(changed)
    assert exported(filled, "b.zip", REDACTING).reused == 0
    assert read_back(filled, "a.zip").content == read_back(filled, "b.zip").content


def test_a_kept_copy_that_is_gone_is_made_anew(filled: District) -> None:
    exported(filled, "a.zip", REDACTING)
    for each in releases(filled.services, "kept"):
        filled.services.library.delete(each.key, each.version_id)
    assert exported(filled, "b.zip", REDACTING).reused == 0


def test_a_copy_that_cannot_be_kept_goes_into_the_set_all_the_same(filled: District) -> None:
    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "publish":
            raise StorageError("the bucket is full")

    made = exported(filled, order=REDACTING, services=listening(filled.services, hear))
    assert (made.portraits, made.redacted) == (2, 1)
    assert kept_copies(filled) == []
    assert releases(filled.services, "preparing") == []


def test_a_copy_that_was_withdrawn_while_it_was_sent_is_not_left_in_the_bucket(filled: District) -> None:
    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "publish":
            with filled.services.store.writing() as unit:
                made = [each.id for each in unit.shares.releases(["preparing"])]
                unit.shares.move_releases(made, was=["preparing"], state="undone")

    exported(filled, order=REDACTING, services=listening(filled.services, hear))
    assert kept_copies(filled) == []
    assert list(filled.services.library.list("released/")) == []


def test_the_copy_of_an_open_share_is_used_in_a_set(filled: District) -> None:
    filled.share("events/both.jpg", purpose="yearbook", recipient=REDACTING.recipient)
    assert exported(filled, order=REDACTING).reused == 1


def test_a_kept_copy_is_no_answer_to_a_share(filled: District) -> None:
    exported(filled, order=REDACTING)
    answer = filled.share("events/both.jpg", purpose="yearbook", recipient=REDACTING.recipient)
    assert answer.release is not None
    assert answer.release.key not in kept_copies(filled)


def test_copies_are_kept_for_a_week(filled: District) -> None:
    exported(filled, order=REDACTING)
    keys = kept_copies(filled)
    assert drop_old(later(filled.services, days=6)) == 0
    assert drop_old(later(filled.services, days=7, minutes=1)) == 3
    assert kept_copies(filled) == []
    assert {each.key for each in filled.services.library.list("released/")}.isdisjoint(keys)
    assert drop_old(later(filled.services, days=8)) == 0


def test_a_set_of_the_next_week_clears_the_old_copies_away(filled: District) -> None:
    exported(filled, "a.zip", REDACTING)
    assert exported(filled, "b.zip", REDACTING, services=later(filled.services, days=8)).reused == 0
    assert len(kept_copies(filled)) == 3


def test_whatever_puts_things_right_leaves_kept_copies_as_they_are(filled: District) -> None:
    exported(filled, "a.zip", REDACTING)
    keys = kept_copies(filled)
    repair(filled.services)
    reconcile(filled.services)
    settle_all_due(filled.services)
    checks = {each["check"]: each["state"] for each in call("doctor", "--repair", "--json").objects()}
    assert [checks[each] for each in ("repair", "releases", "closed copies", "ledger")] == ["ok"] * 4
    assert kept_copies(filled) == keys
    assert open_copies(filled.services) == []
    assert exported(filled, "b.zip", REDACTING).reused == 3


def test_a_kept_copy_that_somebody_opened_by_hand_goes_back_on_hold(filled: District) -> None:
    exported(filled, order=REDACTING)
    kept = releases(filled.services, "kept")[0]
    filled.services.library.write_tags(kept.key, kept.version_id, {"dam-release": "open"})
    assert open_copies(filled.services) == [kept.key]
    repair(filled.services)
    assert open_copies(filled.services) == []


def test_what_is_forgotten_of_a_student_leaves_the_sets_to_be_made(filled: District) -> None:
    exported(filled, "a.zip", REDACTING)
    forget(filled.services, CUSTODIAN, "a court order of 2 May", student=filled.student(INES))
    assert exported(filled, "b.zip", REDACTING).portraits == 2
