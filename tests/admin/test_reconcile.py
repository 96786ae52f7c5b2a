from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from clock import TODAY
from command_line import call
from databases import run_sql
from district import CUSTODIAN, GRADUATION, HALLWAY, NOAH, PUBLIC, TEAM, UNTITLED, District
from use_cases import (
    broken_down,
    entries,
    interrupted,
    is_known,
    kept,
    later,
    ledger_holds,
    link_of,
    listening,
    open_copies,
    releases,
)

from dam_plugin import private_files
from dam_plugin.admin import compare_listing
from dam_plugin.admin.compare_listing import ALL, How, estimate
from dam_plugin.admin.job_kinds import KINDS
from dam_plugin.admin.reconcile import MOST_KEPT, Reconciled, begin_reconciling, counts_of, reconcile, repair
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.errors import InputError, StorageError, StorageUnreachable, StoreError
from dam_plugin.gate.close_links import revoke
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake.events import is_asset
from dam_plugin.intake.jobs import LEASE, begin_again, finish_job, run_job
from dam_plugin.model import LinkTerms, OptOut, Release, Share
from dam_plugin.sharing.published_copy import UPLOAD_HOURS, Recovered, close_unneeded_copies, tag_copy
from dam_plugin.sharing.share import share
from dam_plugin.store.messages import DEAD_AFTER

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NOTHING = Reconciled(seen=0, tagged=0, forgotten=0, finished=0, undone=0, strays=0)
WEBSITE = Share("", TEAM, "publication", "website", CUSTODIAN, PUBLIC)


class Killed(BaseException):
    """What nobody catches, as nobody does after a kill."""


def killed() -> None:
    raise Killed


def put(district: District, key: str, name: str | None = None, **tags: str) -> None:
    body = (sample_folder() / (name or key)).read_bytes()
    district.services.library.put(key, body, media_type="image/jpeg", tags=tags)


def fail_at(step: str) -> Any:
    def hear(name: str, *_: object, **__: object) -> None:
        if name == step:
            raise StorageError("no answer")

    return hear


def settled(district: District) -> None:
    """Once more changes nothing."""
    seen = len([each for each in district.services.library.list() if is_asset(each.key)])
    before = len(entries(district.services))
    assert reconcile(district.services) == replace(NOTHING, seen=seen)
    assert len(entries(district.services)) == before
    assert ledger_holds(district.services)


# Recordings


def test_what_no_event_announced_is_tagged(district: District) -> None:
    put(district, TEAM)
    put(district, HALLWAY)
    put(district, "inbox/team.xmp", TEAM)
    assert reconcile(district.services) == replace(NOTHING, seen=2, tagged=2)
    assert (district.release_tag(TEAM), district.release_tag(HALLWAY)) == ("staff", "hold")
    settled(district)


def test_a_replacement_that_no_event_announced_is_tagged_and_closes_links(district: District) -> None:
    district.upload(GRADUATION)
    answer = district.share(GRADUATION)
    put(district, GRADUATION, TEAM)
    assert reconcile(district.services) == replace(NOTHING, seen=1, tagged=1, closed=1)
    assert link_of(district.services, answer.link).closed_why == "the original was replaced"
    assert open_copies(district.services) == []
    settled(district)


def test_what_is_gone_is_forgotten_and_its_links_are_closed(district: District) -> None:
    district.upload(GRADUATION)
    district.upload(TEAM)
    answer = district.share(GRADUATION)
    district.services.library.delete(GRADUATION)
    assert reconcile(district.services) == replace(NOTHING, seen=1, forgotten=1, closed=1)
    assert not is_known(district.services, GRADUATION)
    assert link_of(district.services, answer.link).closed_why == "the original was deleted"
    assert open_copies(district.services) == []
    settled(district)


def test_what_is_uploaded_while_the_bucket_is_listed_is_not_forgotten(district: District) -> None:
    district.upload(TEAM)
    listed: list[str] = []

    class Listing:
        """A library in which something is uploaded after its place in the listing has passed."""

        def __getattr__(self, name: str) -> Any:
            return getattr(district.services.library, name)

        def list(self, prefix: str = "") -> Any:
            yield from list(district.services.library.list(prefix))
            if not prefix:
                listed.append("all")
                district.upload(GRADUATION)

    done = reconcile(replace(district.services, library=Listing()))
    assert listed == ["all"]
    assert done.forgotten == 0
    assert is_known(district.services, GRADUATION)


def test_what_is_deleted_between_listing_and_tagging_is_left_to_the_next_run(district: District) -> None:
    put(district, TEAM)

    def hear(name: str, *_: object, **__: object) -> None:
        if name == "head":
            district.services.library.delete(TEAM)

    assert reconcile(listening(district.services, hear)) == replace(NOTHING, seen=1)
    settled(district)


@pytest.mark.parametrize(
    "tags",
    [{"dam-release": "open"}, {"dam-release": "staff", "dam-students": "nobody"}, {}],
    ids=["open", "staff", "none"],
)
def test_tags_that_somebody_changed_by_hand_are_set_back_and_others_stay(
    district: District, bucket: str, raw_s3: S3Client, tags: dict[str, str]
) -> None:
    district.upload(HALLWAY)
    before = district.services.library.tags(HALLWAY)
    changed = {**tags, "project": "yearbook"}
    tag_set: Any = [{"Key": key, "Value": value} for key, value in changed.items()]
    raw_s3.put_object_tagging(Bucket=bucket, Key=HALLWAY, Tagging={"TagSet": tag_set})
    reconcile(district.services)
    assert district.services.library.tags(HALLWAY) == {**before, "project": "yearbook"}


def test_one_object_that_cannot_be_tagged_keeps_no_other_from_its_turn(
    district: District, caplog: pytest.LogCaptureFixture
) -> None:
    others = {f"other-{number}": "x" for number in range(10)}
    put(district, "a/noah-begaye.jpg", TEAM, **others)
    put(district, "b.jpg", TEAM)
    district.upload(GRADUATION)
    district.services.library.delete(GRADUATION)
    assert reconcile(district.services) == replace(NOTHING, seen=2, tagged=1, forgotten=1, failed=1)
    assert district.release_tag("b.jpg") == "staff"
    assert "dam-release" not in district.services.library.tags("a/noah-begaye.jpg")
    assert "could not be tagged" in caplog.text
    assert "noah" not in caplog.text


def test_a_storage_that_does_not_answer_ends_the_run(district: District) -> None:
    put(district, TEAM)

    def hear(name: str, *_: object, **__: object) -> None:
        if name == "head":
            raise StorageUnreachable("no answer")

    with pytest.raises(StorageUnreachable):
        reconcile(listening(district.services, hear))


def test_what_was_stored_before_versioning_is_tagged_once(district: District, bucket: str, raw_s3: S3Client) -> None:
    raw_s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    put(district, TEAM)
    raw_s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert reconcile(district.services).tagged == 1
    settled(district)


# Releases


def test_a_release_that_was_recorded_is_finished(district: District) -> None:
    district.upload(TEAM)
    with pytest.raises(StorageError):
        share(listening(district.services, fail_at("put_tags")), WEBSITE)
    assert open_copies(district.services) == []
    assert reconcile(district.services) == replace(NOTHING, seen=1, finished=1)
    assert len(open_copies(district.services)) == 1
    settled(district)


def test_a_release_that_was_recorded_and_revoked_is_not_opened(district: District) -> None:
    district.upload(TEAM)
    with pytest.raises(StorageError):
        share(listening(district.services, fail_at("put_tags")), WEBSITE)
    with district.services.store.writing() as unit:
        unit.shares.close_links(
            [link.id for link in unit.shares.links(open_only=True)], "revoked", district.services.now()
        )
    heard: list[str] = []

    def hear(name: str, *args: Any, **_: object) -> None:
        if name == "put_tags" and args[2].get("dam-release") == "open":
            heard.append(args[0])

    assert reconcile(listening(district.services, hear)) == replace(NOTHING, seen=1)
    assert heard == []
    assert [release.state for release in releases(district.services)] == ["closed"]


@pytest.mark.parametrize("step", ["publish", "record"])
def test_a_release_that_was_not_recorded_is_undone(district: District, step: str) -> None:
    district.upload(TEAM)
    failing = (
        listening(district.services, fail_at("publish"))
        if step == "publish"
        else interrupted(district.services, 2, broken_down)
    )
    with pytest.raises((StorageError, StoreError)):
        share(failing, WEBSITE)
    assert [release.state for release in releases(district.services)] == ["undone"]
    assert list(district.services.library.list("released/")) == []
    settled(district)


def staged_and_left(district: District) -> None:
    """Share as a process does that is killed before the release is recorded."""
    with pytest.raises(Killed):
        share(interrupted(district.services, 2, killed), WEBSITE)


def test_a_release_whose_process_was_killed_is_undone_once_nobody_can_be_at_work_on_it(
    district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    staged_and_left(district)
    # As seen from another machine, where no lock of this process is.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert reconcile(later(district.services, hours=UPLOAD_HOURS, minutes=-5)) == replace(NOTHING, seen=1)
    assert [release.state for release in releases(district.services)] == ["preparing"]
    assert open_copies(district.services) == []
    assert reconcile(later(district.services, hours=UPLOAD_HOURS)) == replace(NOTHING, seen=1, undone=1)
    assert list(district.services.library.list("released/")) == []
    settled(district)


def test_a_release_whose_process_is_known_to_have_ended_is_undone_at_once(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    staged_and_left(district)
    with district.services.store.reading() as unit:
        (maker,) = unit.shares.makers().values()
    assert not private_files.process_has_ended(maker)
    # As the system does when the process ends.
    private_files._OURS.leave()
    assert repair(district.services).recovered == Recovered(finished=0, undone=1)
    assert list(district.services.library.list("released/")) == []
    settled(district)


def test_a_process_that_is_seen_at_work_keeps_its_copy_whatever_a_clock_says(district: District) -> None:
    district.upload(TEAM)
    staged_and_left(district)
    assert repair(later(district.services, hours=UPLOAD_HOURS + 1)).recovered == Recovered(finished=0, undone=0)
    assert [release.state for release in releases(district.services)] == ["preparing"]


def test_a_link_that_an_opt_out_should_have_closed_is_closed_where_its_process_was_killed(district: District) -> None:
    district.upload(GRADUATION)
    answer = district.share(GRADUATION)
    with district.services.store.writing() as unit:
        unit.people.add_opt_out(district.student(NOAH), OptOut(TODAY), "paper", district.services.now())
    assert repair(district.services).closed == 1
    assert link_of(district.services, answer.link).closed_at is not None
    assert open_copies(district.services) == []
    assert repair(district.services).closed == 0


def test_what_was_closed_by_a_clock_that_was_ahead_is_opened_again(district: District) -> None:
    district.upload(GRADUATION)
    answer = district.share(GRADUATION, terms=LinkTerms(days=1))
    close_unneeded_copies(later(district.services, days=2))
    assert open_copies(district.services) == []
    assert repair(district.services).recovered == Recovered(finished=1, undone=0)
    assert answer.release is not None
    assert open_copies(district.services) == [answer.release.key]
    assert [release.state for release in releases(district.services)] == ["open"]


def test_one_release_that_cannot_be_finished_keeps_no_other_from_its_turn(district: District) -> None:
    for key in (TEAM, GRADUATION):
        district.upload(key)
        with pytest.raises(StorageError):
            share(listening(district.services, fail_at("put_tags")), replace(WEBSITE, asset_key=key))
    first = releases(district.services, "recorded")[0].key

    def hear(name: str, key: str = "", *_: object, **__: object) -> None:
        if name == "put_tags" and key == first:
            raise StorageError("refused")

    assert repair(listening(district.services, hear)).recovered == Recovered(finished=1, undone=0, failed=1)
    assert first not in open_copies(district.services)
    assert repair(district.services).recovered == Recovered(finished=1, undone=0)
    settled(district)


def test_a_closed_copy_whose_opener_was_killed_goes_back_on_hold(district: District) -> None:
    """Closed while a share was about to open it: the share wrote its tag last, and died before it looked again."""
    district.upload(TEAM)
    answer = district.share(TEAM)
    assert answer.release is not None
    revoke(district.services, key=TEAM)
    tag_copy(district.services, answer.release, "open")
    repair(district.services)
    assert open_copies(district.services) == []


def test_a_request_that_lost_its_process_is_forgotten_and_no_other(district: District) -> None:
    now = district.services.now()
    making = timedelta(seconds=district.services.settings.redaction_seconds)
    begun = {"left": now - DEAD_AFTER - making - timedelta(minutes=1), "at work": now - making - timedelta(minutes=14)}
    long_ago = now - timedelta(days=9)

    def is_there(key: str) -> bool:
        with district.services.store.writing() as unit:
            left = unit.messages.begin("host", key, "d", begun[key], dead_before=long_ago, old_before=long_ago)
            return left is not None

    assert [is_there(each) for each in begun] == [False, False]
    assert repair(district.services).unanswered == 1
    assert {each: is_there(each) for each in begun} == {"left": False, "at work": True}


def test_a_share_whose_upload_takes_long_is_left_alone(district: District) -> None:
    district.upload(TEAM)
    done: list[Reconciled] = []

    def hear(name: str, *_: object, **__: object) -> None:
        if name == "publish":
            done.append(reconcile(district.services))

    answer = share(listening(district.services, hear), WEBSITE)
    assert done == [replace(NOTHING, seen=1)]
    assert open_link(district.services, answer.token or "").url is not None


def test_what_was_uploaded_although_it_was_undone_meanwhile_is_deleted(
    district: District, bucket: str, raw_s3: S3Client, tmp_path: Path
) -> None:
    district.upload(TEAM)
    undone: list[str] = []

    def hear(name: str, *_: object, **__: object) -> None:
        if name == "publish" and not undone:
            with pytest.MonkeyPatch.context() as another_machine:
                another_machine.setattr(tempfile, "tempdir", str(tmp_path))
                assert reconcile(later(district.services, hours=UPLOAD_HOURS)).undone == 1
            undone.extend(release.key for release in releases(district.services, "undone"))

    answer = share(listening(district.services, hear), WEBSITE)
    versions = raw_s3.list_object_versions(Bucket=bucket, Prefix="released/").get("Versions", [])
    assert answer.release is not None
    assert [each["Key"] for each in versions] == [answer.release.key]
    assert undone != [answer.release.key]


def test_a_copy_that_no_record_knows_is_withdrawn_even_where_somebody_opened_it(
    district: District, bucket: str, raw_s3: S3Client
) -> None:
    stored = raw_s3.put_object(
        Bucket=bucket, Key="released/mine/photo.jpg", Body=b"not ours", Tagging="dam-release=open&project=x"
    )
    assert reconcile(district.services) == replace(NOTHING, strays=1)
    left = district.services.library.tags("released/mine/photo.jpg", stored["VersionId"])
    assert left == {"dam-release": "hold", "project": "x"}
    assert reconcile(district.services) == NOTHING


def test_a_file_laid_over_a_copy_is_withdrawn_and_the_copy_still_opens(
    district: District, bucket: str, raw_s3: S3Client
) -> None:
    district.upload(TEAM)
    answer = district.share(TEAM)
    assert answer.release is not None
    over = raw_s3.put_object(Bucket=bucket, Key=answer.release.key, Body=b"not ours", Tagging="dam-release=open")
    assert reconcile(district.services) == replace(NOTHING, seen=1, strays=1)
    assert district.release_tag(answer.release.key, over["VersionId"]) == "hold"
    assert open_link(district.services, answer.token or "").url is not None
    settled(district)


def test_a_closed_copy_that_somebody_opened_by_hand_goes_back_on_hold(district: District) -> None:
    district.upload(TEAM)
    answer = district.share(TEAM)
    revoke(district.services, key=TEAM)
    assert answer.release is not None
    before = district.services.library.tags(answer.release.key)
    district.services.library.write_tags(answer.release.key, None, {**before, "dam-release": "open"})
    settled(district)
    assert district.services.library.tags(answer.release.key) == before


def test_a_copy_that_is_kept_for_a_set_is_no_stray_and_goes_back_on_hold(district: District) -> None:
    library = district.services.library
    key = "released/r-kept/0001.jpg"
    head = library.put(key, b"a copy", media_type="image/jpeg", tags={"dam-release": "open"})
    copy = Release("r-kept", key, "ab" * 32, TEAM, "v1", "e1", (), "kept", head.version_id)
    with district.services.store.writing() as unit:
        unit.shares.add_release(copy, district.services.now())
    assert reconcile(district.services) == NOTHING
    assert district.release_tag(key) == "hold"
    with district.services.store.reading() as unit:
        assert unit.shares.release("r-kept") == copy


@pytest.mark.parametrize("how", ["reconcile", "doctor --repair"])
def test_copies_that_were_kept_for_a_set_longer_than_a_week_are_deleted(district: District, how: str) -> None:
    library = district.services.library
    for days in (8, 6):
        key = f"released/r-{days}/0001.jpg"
        head = library.put(key, b"a copy", media_type="image/jpeg", tags={"dam-release": "hold"})
        copy = Release(f"r-{days}", key, "ab" * 32, TEAM, "v1", "e1", (), "kept", head.version_id)
        with district.services.store.writing() as unit:
            unit.shares.add_release(copy, district.services.now() - timedelta(days=days))
    call(*how.split(), "--json")
    assert [each.key for each in library.list("released/")] == ["released/r-6/0001.jpg"]
    assert [each.id for each in releases(district.services, "kept")] == ["r-6"]


class WhileCopiesAreListed:
    """A library in which something happens just before the copies under `released/` are listed."""

    def __init__(self, district: District, happens: Any) -> None:
        self._district = district
        self._happens = happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._district.services.library, name)

    def list(self, prefix: str = "") -> Any:
        if prefix:
            self._happens()
        yield from list(self._district.services.library.list(prefix))


def test_a_copy_of_a_share_that_is_made_meanwhile_is_no_stray(district: District) -> None:
    district.upload(TEAM)
    answers: list[Any] = []
    library = WhileCopiesAreListed(district, lambda: answers.append(district.share(TEAM)))
    assert reconcile(replace(district.services, library=library)).strays == 0
    assert open_link(district.services, answers[0].token).url is not None


def test_a_copy_that_is_staged_and_not_recorded_yet_is_no_stray(district: District) -> None:
    district.upload(TEAM)

    library = WhileCopiesAreListed(district, lambda: staged_and_left(district))
    assert reconcile(replace(district.services, library=library)).strays == 0
    assert len(list(district.services.library.list("released/"))) == 1


def test_links_that_no_longer_stand_are_closed(district: District) -> None:
    district.upload(GRADUATION)
    answer = district.share(GRADUATION)
    with district.services.store.writing() as unit:
        # As if the process had died between the opt-out and its links.
        unit.people.add_opt_out(district.student(NOAH), OptOut(TODAY), "paper", district.services.now())
    assert reconcile(district.services) == replace(NOTHING, seen=1, closed=1)
    assert link_of(district.services, answer.link).closed_at is not None
    assert open_copies(district.services) == []
    settled(district)


def test_a_district_in_order_stays_as_it_is(district: District) -> None:
    for key in (TEAM, GRADUATION, HALLWAY, UNTITLED):
        district.upload(key)
    answers = [district.share(key) for key in (TEAM, GRADUATION)]
    before = {key: kept(district.services, key) for key in (TEAM, GRADUATION, HALLWAY, UNTITLED)}
    settled(district)
    assert {key: kept(district.services, key) for key in before} == before
    assert all(open_link(district.services, each.token or "").url for each in answers)


def test_a_sidecar_of_a_numbered_picture_is_none_of_the_picture_without_the_number(district: District) -> None:
    body = (sample_folder() / TEAM).read_bytes()
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>"
    for name, content in (("a.jpg", body), ("a_01.jpg", body), ("a_01.jpg.xmp", packet)):
        district.services.library.put(f"trips/{name}", content, media_type="application/octet-stream")
    assert reconcile(district.services).tagged == 2
    assert reconcile(district.services).tagged == 0


# Steps and jobs


def test_a_job_that_was_killed_anywhere_ends_as_one_that_was_not(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With pages of one recording, killed after each step in turn."""
    monkeypatch.setattr(compare_listing, "PAGE", 1)
    district.upload(GRADUATION)
    district.upload(UNTITLED)
    district.services.library.delete(UNTITLED)
    for key in (TEAM, HALLWAY):
        put(district, key)
    job = begin_reconciling(district.services, ALL, CUSTODIAN)
    for most in range(1, 30):
        left = iter(range(1, most + 1))
        try:
            ran = run_job(district.services, KINDS, job.id, lambda _: None if next(left, None) else killed())  # noqa: B023
        except Killed:
            with district.services.store.writing() as unit:
                unit.jobs.let_go(job.id, unit.jobs.need(job.id).lease or "")
        else:
            break
    assert ran is not None
    assert ran.job.state == "done"
    assert most > 4
    # What was done of a page in which it was killed is counted as found so.
    counts = counts_of(ran.job)
    assert counts == replace(NOTHING, seen=3, tagged=counts.tagged, forgotten=counts.forgotten)
    assert not is_known(district.services, UNTITLED)
    assert (district.release_tag(TEAM), district.release_tag(HALLWAY)) == ("staff", "hold")
    settled(district)


def test_one_that_broke_off_is_given_up_for_a_new_one_and_the_last_twenty_are_kept(district: District) -> None:
    first = begin_reconciling(district.services, ALL, CUSTODIAN)
    second = begin_reconciling(district.services, ALL, CUSTODIAN)
    assert first.id != second.id
    with district.services.store.reading() as unit:
        assert unit.jobs.need(first.id).state == "cancelled"
    for _ in range(MOST_KEPT + 3):
        finish_job(district.services, KINDS, begin_reconciling(district.services, ALL, CUSTODIAN).id)
    with district.services.store.reading() as unit:
        assert len(unit.jobs.newest(100)) == MOST_KEPT + 1


def test_one_that_another_process_is_at_is_waited_for(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    job = begin_reconciling(district.services, ALL, CUSTODIAN)
    with district.services.store.writing() as unit:
        now = district.services.now()
        unit.jobs.claim(job.id, "another", now, now + LEASE)
    assert begin_reconciling(district.services, ALL, CUSTODIAN).id == job.id
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        with district.services.store.writing() as unit:
            unit.jobs.keep(replace(unit.jobs.need(job.id), state="done"))

    monkeypatch.setattr(time, "sleep", sleep)
    assert finish_job(district.services, KINDS, job.id).state == "done"
    assert len(waited) == 1


@pytest.mark.parametrize("of_a_newer_version", ["argument", "cursor"])
def test_one_that_a_newer_version_began_is_left_to_it(district: District, of_a_newer_version: str) -> None:
    put(district, TEAM)
    job = begin_reconciling(district.services, ALL, CUSTODIAN)
    with district.services.store.writing() as unit:
        taken = unit.jobs.claim(job.id, "newer", job.at, job.at)
        assert taken is not None
        if of_a_newer_version == "cursor":
            unit.jobs.keep(replace(taken, cursor=f"renamed {TEAM}"))
        unit.jobs.let_go(job.id, "newer")
    if of_a_newer_version == "argument":
        run_sql(district.services.store, "UPDATE jobs SET arguments = json_set(arguments, '$.checksums', json('true'))")
    assert run_job(district.services, KINDS) is None
    with district.services.store.reading() as unit:
        assert unit.jobs.need(job.id).state == "waiting"
    with pytest.raises(InputError, match="a newer version of the program asked for this job"):
        begin_again(district.services, KINDS, job.id)
    assert not is_known(district.services, TEAM)


def test_what_is_stale_without_a_job_is_tagged_again(district: District) -> None:
    stored = district.upload(TEAM)
    with district.services.store.writing() as unit:
        unit.words.add_stale([stored.asset.id], unit.people.last_change())
    assert reconcile(district.services) == replace(NOTHING, seen=1, tagged=1)
    with district.services.store.reading() as unit:
        assert unit.words.stale_count() == 0
    assert reconcile(district.services) == replace(NOTHING, seen=1)


def test_without_a_look_at_object_tags_nothing_is_asked_of_what_is_kept_as_it_is(district: District) -> None:
    district.upload(GRADUATION)
    district.upload(TEAM)
    asked = asked_of(district)
    reconcile(district.services, How(object_tags=False))
    # The bucket, its copies, and what the repair looks at; but nothing of a recording.
    assert set(asked) <= {"ListObjectVersions"}
    asked.clear()
    reconcile(district.services)
    assert asked.count("GetObjectTagging") == 2


# Before it is done


def test_the_estimate_counts_and_asks_for_no_more_than_a_listing(district: District) -> None:
    district.upload(TEAM)
    put(district, GRADUATION)
    put(district, HALLWAY, TEAM)
    district.upload(HALLWAY)
    put(district, HALLWAY)
    put(district, GRADUATION + ".xmp", TEAM)
    asked = asked_of(district)
    found = estimate(district.services)
    assert (found.new, found.changed, found.kept, found.sidecars) == (1, 1, 1, 1)
    assert asked == ["ListObjectVersions"]
    assert not is_known(district.services, GRADUATION)
    assert found.dollars == pytest.approx(found.readings * 0.0004 / 1000 + found.writings * 0.005 / 1000)


def test_the_estimate_is_no_lower_than_what_is_asked(district: District) -> None:
    for key in (TEAM, GRADUATION, HALLWAY, UNTITLED):
        put(district, key)
    found = estimate(district.services)
    asked = asked_of(district)
    reconcile(district.services)
    writings = sum(name.startswith(("List", "Put")) for name in asked)
    # The plugin's own copies are listed as well, once, whatever the library has.
    assert 4 < writings <= found.writings + 1
    # The end of the ledger is read as well.
    assert 4 < len(asked) - writings <= found.readings + 1


def asked_of(district: District) -> list[str]:
    """Return the names of the requests to the storage from now on, as they come."""
    asked: list[str] = []
    client = district.services.library._client
    client.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))
    return asked


def test_a_job_that_another_version_asked_for_in_its_own_way_is_left_to_it(district: District) -> None:
    job = begin_reconciling(district.services, ALL, CUSTODIAN)
    with district.services.store.writing() as unit:
        unit.jobs.cancel(job.id)
        unit.jobs.add(replace(job, id="job-of-another", arguments={"object_tags": True, "only": "folder"}))
    assert run_job(district.services, KINDS) is None
    with district.services.store.reading() as unit:
        assert unit.jobs.need("job-of-another").state == "waiting"


def test_a_job_of_an_earlier_version_without_what_was_added_since_is_done(district: District) -> None:
    job = begin_reconciling(district.services, ALL, CUSTODIAN)
    with district.services.store.writing() as unit:
        unit.jobs.cancel(job.id)
        unit.jobs.add(replace(job, id="job-of-earlier", arguments={}))
    ran = run_job(district.services, KINDS)
    assert ran is not None
    assert (ran.job.id, ran.job.state) == ("job-of-earlier", "done")
