"""A copy that several links share: where one is closed, the URL that it gave out dies, and the others open on."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from district import GRADUATION, TEAM, District
from sqlalchemy import update
from use_cases import (
    as_if,
    entries,
    interrupted,
    later,
    ledger_holds,
    link_of,
    listening,
    open_copies,
    releases,
)

from dam_plugin.admin.pending_work import do_pending_work, has_pending_work
from dam_plugin.admin.reconcile import reconcile, repair
from dam_plugin.errors import StorageError, StorageUnreachable
from dam_plugin.gate.close_links import revoke
from dam_plugin.gate.open_link import LinkRequest, Opening, open_link, open_links
from dam_plugin.library.tags import RELEASE
from dam_plugin.model import Release
from dam_plugin.services import Services
from dam_plugin.sharing.share import Answer
from dam_plugin.store.seals import RELEASES
from dam_plugin.store.tables import ReleaseRow


@pytest.fixture
def two(district: District) -> tuple[Answer, Answer]:
    """Two links that share one copy; the first was opened a moment ago."""
    district.upload(TEAM)
    first, second = district.share(TEAM), district.share(TEAM)
    assert first.release is not None
    assert second.release is not None
    assert first.release.id == second.release.id
    opened(district.services, first)
    return first, second


def opened(services: Services, answer: Answer) -> str:
    assert answer.token is not None
    url = open_link(services, answer.token).url
    assert url is not None
    return url


def revoked(services: Services, answer: Answer) -> None:
    revoke(services, link=link_of(services, answer.link).id)


def copy_of(services: Services, answer: Answer) -> Release:
    assert answer.release is not None
    return next(each for each in releases(services) if each.id == (answer.release and answer.release.id))


def body(url: str) -> bytes:
    return httpx.get(url, trust_env=False).raise_for_status().content


def test_the_object_of_a_url_goes_on_hold_with_its_link_and_the_other_link_opens_the_same_bytes(
    district: District, two: tuple[Answer, Answer]
) -> None:
    services, (first, second) = district.services, two
    before = copy_of(services, first)
    shown = body(opened(services, first))
    revoked(services, first)
    after = copy_of(services, second)
    assert (after.state, after.key != before.key) == ("open", True)
    assert services.library.tags(before.key, before.version_id)[RELEASE] == "hold"
    assert open_copies(services) == [after.key]
    assert body(opened(services, second)) == shown
    assert (not has_pending_work(services), ledger_holds(services)) == (True, True)


def test_what_was_moved_stands_in_the_entry_of_the_closing(district: District, two: tuple[Answer, Answer]) -> None:
    before = copy_of(district.services, two[0])
    revoked(district.services, two[0])
    ((_, told),) = entries(district.services, "close")
    (former,) = releases(district.services, "closed")
    assert told["moved"] == {before.id: former.id}
    assert (former.key, former.version_id) == (before.key, before.version_id)


def test_a_copy_of_which_no_url_can_work_any_more_stays_where_it_is(
    district: District, two: tuple[Answer, Answer]
) -> None:
    services = later(district.services, minutes=2)
    before = copy_of(services, two[0])
    revoked(services, two[0])
    assert copy_of(services, two[0]) == before
    assert open_copies(services) == [before.key]


def test_a_copy_whose_closed_link_was_never_opened_stays_where_it_is(
    district: District, two: tuple[Answer, Answer]
) -> None:
    before = copy_of(district.services, two[1])
    revoked(district.services, two[1])
    assert copy_of(district.services, two[1]) == before


def test_a_recording_that_plays_is_moved_for_as_long_as_its_url_works(
    district: District, two: tuple[Answer, Answer]
) -> None:
    before = copy_of(district.services, two[0])
    with district.services.store.writing() as unit:
        as_if(unit, before.id, state="open", proof={**before.proof, "duration": 600.0})
    revoked(later(district.services, minutes=15), two[0])
    assert copy_of(district.services, two[0]).key != before.key


def test_a_copy_that_nobody_else_needs_goes_on_hold_and_is_not_copied(district: District) -> None:
    district.upload(GRADUATION)
    answer = district.share(GRADUATION)
    opened(district.services, answer)
    before = copy_of(district.services, answer)
    revoked(district.services, answer)
    after = copy_of(district.services, answer)
    assert (after.state, after.key) == ("closed", before.key)
    assert len(list(district.services.library.list("released/"))) == 1


def test_each_link_that_is_closed_kills_its_own_url(district: District, two: tuple[Answer, Answer]) -> None:
    third = district.share(TEAM)
    keys = []
    for each in two:
        opened(district.services, each)
        keys.append(copy_of(district.services, third).key)
        revoked(district.services, each)
    assert len(set(keys)) == 2
    assert open_copies(district.services) == [copy_of(district.services, third).key]
    assert opened(district.services, third)


def test_a_share_that_comes_after_it_uses_the_moved_copy(district: District, two: tuple[Answer, Answer]) -> None:
    revoked(district.services, two[0])
    third = district.share(TEAM)
    assert third.release == copy_of(district.services, two[1])
    assert opened(district.services, third)


# What breaks off


def breaking(services: Services, *names: str) -> Services:
    def hear(name: str, *_: Any, **__: Any) -> None:
        if name in names:
            raise StorageUnreachable("no answer")

    return listening(services, hear)


@pytest.mark.parametrize("names", [("put_tags",), ("publish_as_it_is",), ("put_tags", "publish_as_it_is")], ids=str)
@pytest.mark.parametrize("by", ["whoever runs", "an opening", "repair", "reconcile"])
def test_what_broke_off_is_done_by_whoever_comes_next(
    district: District, two: tuple[Answer, Answer], names: tuple[str, ...], by: str
) -> None:
    services, (first, second) = district.services, two
    before = copy_of(services, first)
    revoked(breaking(services, *names), first)
    assert has_pending_work(services)
    if by == "whoever runs":
        assert do_pending_work(services) == 0
    elif by == "an opening":
        assert opened(services, second)
        do_pending_work(services)
    elif by == "repair":
        repair(services)
    else:
        reconcile(services)
    assert not has_pending_work(services)
    assert services.library.tags(before.key, before.version_id)[RELEASE] == "hold"
    assert opened(services, second)
    assert open_copies(services) == [copy_of(services, second).key]


def test_who_opens_while_it_moves_gets_the_new_url(district: District, two: tuple[Answer, Answer]) -> None:
    services, (first, second) = district.services, two
    before = copy_of(services, first)
    slow = interrupted(services, 1, lambda: revoked(services, first))
    url = opened(slow, second)
    after = copy_of(services, second)
    assert after.key != before.key
    assert after.key in url
    assert link_of(services, second.link).openings == 1


def test_where_the_storage_copies_nothing_the_proven_bytes_are_carried(
    district: District, two: tuple[Answer, Answer]
) -> None:
    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "publish_as_it_is":
            raise StorageError("answers, but not as AWS does")

    shown = body(opened(district.services, two[0]))
    revoked(listening(district.services, hear), two[0])
    assert copy_of(district.services, two[1]).state == "open"
    assert body(opened(district.services, two[1])) == shown


def test_bytes_that_are_not_those_that_were_proven_are_moved_nowhere(
    district: District, two: tuple[Answer, Answer]
) -> None:
    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "publish_as_it_is":
            raise StorageError("answers, but not as AWS does")

    with district.services.store.writing() as unit:
        unit.seals.before(RELEASES, [copy_of(district.services, two[1]).id])
        unit._session.execute(update(ReleaseRow).values(sha256="0" * 64))
    revoked(listening(district.services, hear), two[0])
    assert copy_of(district.services, two[1]).state == "moving"
    assert open_copies(district.services) == []


def test_a_copy_that_was_changed_beside_the_program_goes_on_hold_with_its_link(
    district: District, two: tuple[Answer, Answer]
) -> None:
    before = copy_of(district.services, two[0])
    with district.services.store.writing() as unit:
        unit._session.execute(update(ReleaseRow).values(sha256="0" * 64))
    revoked(district.services, two[0])
    assert district.services.library.tags(before.key, before.version_id)[RELEASE] == "hold"


def test_two_who_move_it_at_once_leave_it_open(district: District, two: tuple[Answer, Answer]) -> None:
    services, (first, second) = district.services, two
    revoked(breaking(services, "publish_as_it_is"), first)
    # The other one is done with all of it before this one has recorded its copy.
    assert do_pending_work(interrupted(services, 2, lambda: do_pending_work(services) and None)) == 0
    assert body(opened(services, second))
    assert open_copies(services) == [copy_of(services, second).key]


def test_a_copy_whose_last_link_is_closed_while_it_moves_is_never_opened(
    district: District, two: tuple[Answer, Answer]
) -> None:
    services, (first, second) = district.services, two
    revoked(breaking(services, "publish_as_it_is"), first)
    assert do_pending_work(interrupted(services, 2, lambda: revoked(services, second))) == 0
    do_pending_work(services)
    assert (open_copies(services), has_pending_work(services)) == ([], False)


def test_a_link_whose_copy_moves_waits_for_no_storage_at_the_gate(
    district: District, two: tuple[Answer, Answer]
) -> None:
    revoked(breaking(district.services, "publish_as_it_is"), two[0])
    (answer,) = open_links(district.services, [LinkRequest(two[1].token or "")], patience=60)
    assert isinstance(answer, StorageError)
    (answer,) = open_links(district.services, [LinkRequest(two[1].token or "")])
    assert isinstance(answer, Opening)
    assert answer.url is not None
