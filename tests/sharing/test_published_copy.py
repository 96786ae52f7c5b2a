"""Copies on their way to hold: whatever fails in between, none stays open that nobody needs, and none keeps others open."""

from __future__ import annotations

import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from district import CUSTODIAN, GRADUATION, PUBLIC, TEAM, District
from use_cases import (
    FAILED,
    Voice,
    as_if,
    broken_down,
    entries,
    interrupted,
    later,
    link_of,
    listening,
    open_copies,
    releases,
    with_voice,
)

from dam_plugin.errors import AssetMissing, StorageError, StorageUnreachable, StoreError
from dam_plugin.gate.close_links import GUESSED, recheck_links, revoke
from dam_plugin.gate.open_link import open_link
from dam_plugin.library.s3 import LONGEST_LINK_SECONDS
from dam_plugin.library.storage_errors import BucketMissing
from dam_plugin.model import MOST_WRONG_WORDS, Link, LinkTerms, Release, Share
from dam_plugin.services import Services
from dam_plugin.sharing.published_copy import (
    MOST_FAILURES,
    CopyCounts,
    close_unneeded_copies,
    open_copy,
    reopen_copies,
    tag_copy,
)
from dam_plugin.sharing.share import Answer, share


def link_of_answer(answer: Answer) -> Link:
    assert answer.link is not None
    return answer.link


def given(district: District, key: str = GRADUATION, **changes: Any) -> Answer:
    with district.services.store.reading() as unit:
        is_there = unit.assets.current(key) is not None
    if not is_there:
        district.upload(key)
    return district.share(key, **changes)


def left_behind(district: District, count: int) -> list[Release]:
    """Copies that are closing, of which no object was ever stored."""
    services = district.services
    made = [
        Release(f"r-{number}", f"released/r-{number}/x.jpg", "", "k", None, "e", (), "closing")
        for number in range(count)
    ]
    with services.store.writing() as unit:
        for each in made:
            unit.shares.add_release(each, services.now())
    return made


def failing(services: Services, error: Exception, *keys: str) -> Services:
    """Services whose storage does not take the tags of these copies (of any, where none is named)."""

    def hear(name: str, key: str = "", *_: Any, **__: Any) -> None:
        if name == "put_tags" and (not keys or key in keys):
            raise error

    return listening(services, hear)


def states(district: District) -> set[str]:
    return {each.state for each in releases(district.services)}


def test_one_copy_that_fails_keeps_no_other_open(district: District) -> None:
    lost, other = given(district), given(district, TEAM)
    assert lost.release is not None
    assert other.release is not None
    services = failing(district.services, StorageUnreachable("503"), lost.release.key)
    for key in (GRADUATION, TEAM):
        revoke(services, key=key)
    assert open_copies(district.services) == [lost.release.key]
    assert close_unneeded_copies(services) == CopyCounts(waiting=1)
    assert close_unneeded_copies(district.services) == CopyCounts(held=1)
    assert (open_copies(district.services), states(district)) == ([], {"closed"})


def test_a_storage_that_does_not_answer_is_not_asked_for_each_of_many_copies(district: District) -> None:
    left_behind(district, 200)
    asked: list[str] = []

    def hear(name: str, *_: Any, **__: Any) -> None:
        asked.append(name)
        raise StorageUnreachable("no answer")

    assert close_unneeded_copies(listening(district.services, hear)) == CopyCounts(waiting=200)
    # As many threads may be at their request when it is given up.
    assert MOST_FAILURES <= asked.count("put_tags") < 2 * MOST_FAILURES


def test_a_few_that_always_fail_keep_none_of_many_from_being_put_on_hold(district: District) -> None:
    bad = [each.key for each in left_behind(district, 500)[: MOST_FAILURES - 1]]
    assert close_unneeded_copies(failing(district.services, StorageError("500"), *bad)) == CopyCounts(485, len(bad))


@pytest.mark.parametrize(
    ("error", "settled"),
    [(AssetMissing("gone"), CopyCounts(held=1)), (BucketMissing("gone"), CopyCounts(waiting=1))],
    ids=["copy", "bucket"],
)
def test_a_copy_that_was_deleted_is_done_but_a_bucket_that_is_missing_proves_nothing(
    district: District, error: StorageError, settled: CopyCounts
) -> None:
    given(district)
    assert revoke(failing(district.services, error), key=GRADUATION).copies == settled


def test_what_the_store_could_not_keep_is_done_again(district: District) -> None:
    given(district)
    with pytest.raises(StoreError):
        # Links closed, and then the new state of the copy.
        revoke(interrupted(district.services, 2, broken_down), key=GRADUATION)
    assert states(district) == {"closing"}
    assert close_unneeded_copies(district.services) == CopyCounts(held=1)
    assert states(district) == {"closed"}


def test_two_at_once_leave_every_copy_on_hold(district: District) -> None:
    left_behind(district, 300)
    given(district)
    with district.services.store.writing() as unit:
        links = [each.id for each in unit.shares.links(open_only=True)]
        unit.shares.close_links(links, "revoked", district.services.now())
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(close_unneeded_copies, district.services) for _ in range(2)]:
            assert done.result().waiting == 0
    assert (open_copies(district.services), states(district)) == ([], {"closed"})


# Whatever the interleaving with the share that opens it


STEPS = ["before its tag", "before its state", "after it"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("keeps", ["tag and state", "state alone"])
def test_a_copy_whose_links_are_closed_while_it_is_opened_ends_on_hold(
    district: District, step: str, keeps: str
) -> None:
    district.upload(TEAM)
    closer = district.services if keeps == "tag and state" else failing(district.services, StorageError("500"))
    closings: list[CopyCounts] = []

    def close() -> None:
        closings.append(revoke(closer, key=TEAM).copies)

    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "put_tags" and not closings and step == "before its tag":
            close()

    services = listening(district.services, hear)
    if step == "before its state":
        # The share stages, records and then opens it.
        services = interrupted(services, 3, close)
    share(services, Share("", TEAM, "publication", "website", CUSTODIAN, PUBLIC))
    if step == "after it":
        close()
    close_unneeded_copies(district.services)
    assert len(closings) == 1
    assert (open_copies(district.services), states(district)) == ([], {"closed"})


def test_copies_that_are_opened_and_closed_at_once_all_end_on_hold(district: District) -> None:
    """Many at once, as nobody can lay out by hand."""
    answer = given(district)
    assert answer.release is not None
    services = district.services
    sample = answer.release
    copies = []
    for number in range(12):
        copy = replace(sample, id=f"r-{number}", key=f"released/r-{number}/x.jpg", state="recorded", version_id=None)
        head = services.library.publish(copy.key, b"x", media_type="image/jpeg", tags={"dam-release": "hold"})
        copies.append(replace(copy, version_id=head.version_id))
    with services.store.writing() as unit:
        for copy in copies:
            unit.shares.add_release(copy, services.now())
    start = threading.Barrier(4)

    def open_all() -> None:
        start.wait()
        for copy in copies:
            open_copy(services, copy)

    def close_all() -> None:
        start.wait()
        close_unneeded_copies(services)

    with ThreadPoolExecutor(4) as pool:
        for done in [*(pool.submit(open_all) for _ in range(2)), *(pool.submit(close_all) for _ in range(2))]:
            done.result()
    close_unneeded_copies(services)
    assert open_copies(services) == [sample.key]


# Caches


def test_caches_drop_a_copy_once_it_is_on_hold(district: District) -> None:
    seen: list[list[str]] = []
    voice = Voice(purge=lambda: seen.append(open_copies(district.services)) or True)
    answer = given(district)
    assert answer.release is not None
    assert revoke(with_voice(district, voice).services, key=GRADUATION).copies == CopyCounts(held=1)
    assert seen == [[]]
    assert voice.told == [("purge", (answer.release.key,))]
    assert states(district) == {"closed"}


@pytest.mark.parametrize("answer", [FAILED, False], ids=["fails", "says no"])
def test_a_cache_that_fails_is_told_again_until_it_has_dropped_the_copy(district: District, answer: Any) -> None:
    given(district)
    failing_voice = with_voice(district, Voice(purge=answer)).services
    assert revoke(failing_voice, key=GRADUATION).copies == CopyCounts(held=1, purging=1)
    assert close_unneeded_copies(failing_voice) == CopyCounts(purging=1)
    assert states(district) == {"purging"}
    well = Voice(purge=True)
    assert close_unneeded_copies(with_voice(district, well).services) == CopyCounts()
    assert (len(well.told), states(district)) == (1, {"closed"})


def test_a_copy_that_is_not_on_hold_yet_is_not_purged(district: District) -> None:
    given(district)
    voice = Voice(purge=True)
    services = failing(with_voice(district, voice).services, StorageError("500"))
    assert revoke(services, key=GRADUATION).copies == CopyCounts(waiting=1)
    assert voice.told == []


def test_what_a_cache_that_is_no_longer_attached_failed_to_drop_is_closed(district: District) -> None:
    given(district)
    revoke(with_voice(district, Voice(purge=FAILED)).services, key=GRADUATION)
    close_unneeded_copies(district.services)
    assert states(district) == {"closed"}


def test_a_copy_that_was_closed_while_it_was_opened_is_tried_again_where_its_tag_fails(district: District) -> None:
    answer = given(district)
    assert answer.release is not None
    copy = replace(answer.release, state="recorded")
    with district.services.store.writing() as unit:
        as_if(unit, copy.id, state="recorded")
    tags: list[str] = []

    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "put_tags":
            tags.append(name)
            if len(tags) == 1:
                revoke(district.services, key=GRADUATION)
            else:
                raise StorageError("500")

    with pytest.raises(StorageError):
        open_copy(listening(district.services, hear), copy)
    assert open_copies(district.services) == [copy.key]
    assert states(district) == {"closing"}
    close_unneeded_copies(district.services)
    assert (open_copies(district.services), states(district)) == ([], {"closed"})


@pytest.mark.parametrize("state", ["closing", "purging", "closed"])
def test_a_copy_that_a_live_link_needs_is_opened_again_before_anything_is_counted(
    district: District, state: str
) -> None:
    answer = given(district)
    assert answer.release is not None
    tag_copy(district.services, answer.release, "hold")
    with district.services.store.writing() as unit:
        as_if(unit, answer.release.id, state=state)
    with pytest.raises(StorageError):
        open_link(failing(district.services, StorageError("500")), answer.token or "")
    assert (link_of(district.services, answer.link).openings, entries(district.services, "open")) == (0, [])
    opened = open_link(district.services, answer.token or "")
    assert opened.url is not None
    assert urllib.request.urlopen(opened.url).status == 200  # noqa: S310 - the storage's own
    assert (link_of(district.services, answer.link).openings, states(district)) == (1, {"open"})


def test_a_copy_that_is_needed_again_while_it_goes_on_hold_ends_open(district: District) -> None:
    answer = given(district)
    assert answer.release is not None
    with district.services.store.writing() as unit:
        as_if(unit, answer.release.id, state="closing")
    again: list[int] = []

    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "put_tags" and not again:
            again.append(1)
            assert reopen_copies(district.services, None) == 1

    close_unneeded_copies(listening(district.services, hear))
    assert again
    assert (open_copies(district.services), states(district)) == ([answer.release.key], {"open"})


def test_the_copy_of_a_link_that_was_used_up_goes_on_hold_once_no_url_works(district: District) -> None:
    answer = given(district, terms=LinkTerms(openings=1))
    assert answer.release is not None
    assert open_link(district.services, answer.token or "").url is not None
    close_unneeded_copies(district.services)
    assert open_copies(district.services) == [answer.release.key]
    close_unneeded_copies(later(district.services, seconds=LONGEST_LINK_SECONDS + 1))
    assert open_copies(district.services) == []


def test_a_link_that_was_guessed_out_is_closed_and_its_copy_held_though_its_opening_could_not(
    district: District,
) -> None:
    answer = given(district, terms=LinkTerms(word=True))
    with district.services.store.writing() as unit:
        wrong = {link_of_answer(answer).id: MOST_WRONG_WORDS}
        unit.shares.count(openings={}, wrong_words=wrong, at=district.services.now())
    close_unneeded_copies(district.services)
    assert open_copies(district.services) == []
    assert len(recheck_links(district.services)) == 1
    assert link_of(district.services, answer.link).closed_why == GUESSED
