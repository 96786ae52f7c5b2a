"""A recording that waits to be tagged again is decided on fresh tags, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from district import GRADUATION, MEDIA_STAFF, PUBLIC, TEAM, District
from use_cases import kept, link_of

from dam_plugin.errors import CaseError, StorageError
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake import events
from dam_plugin.model import AssetEvent, Share
from dam_plugin.sharing.share import Answer
from dam_plugin.sharing.stale_tags import check_decidable, check_not_stale


def make_stale(district: District, key: str) -> None:
    asset = kept(district.services, key).asset.id
    with district.services.store.writing() as unit:
        unit.words.add_stale([asset], unit.people.last_change())


def is_stale(district: District, key: str) -> bool:
    with district.services.store.reading() as unit:
        return bool(unit.words.stale_among([key]))


def requested(district: District, key: str) -> Answer:
    """Share as a host does."""
    answer: Answer = district.pm.hook.share_requested(
        share=Share("", key, "publication", "website", MEDIA_STAFF, PUBLIC)
    )
    return answer


def test_a_share_tags_it_again_first_and_is_decided_on_that(district: District) -> None:
    district.upload(GRADUATION)
    make_stale(district, GRADUATION)
    assert requested(district, GRADUATION).link is not None
    assert not is_stale(district, GRADUATION)


def test_a_share_of_one_that_cannot_be_tagged_again_releases_nothing(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(GRADUATION)
    make_stale(district, GRADUATION)

    def fails(*_: object) -> None:
        raise StorageError("the storage is down")

    monkeypatch.setattr(events, "examine", fails)
    with pytest.raises(StorageError, match="storage is down"):
        requested(district, GRADUATION)
    with pytest.raises(StorageError, match="not tagged again yet"):
        district.share(GRADUATION)


def test_a_link_does_not_open_until_the_recording_is_tagged_again_and_then_does(district: District) -> None:
    for key in (GRADUATION, TEAM):
        district.upload(key)
    answer, other = district.share(GRADUATION), district.share(TEAM)
    assert answer.link is not None
    assert other.link is not None
    make_stale(district, GRADUATION)
    with pytest.raises(StorageError, match="not tagged again yet"):
        open_link(district.services, str(answer.token))
    assert open_link(district.services, str(other.token)).url is not None
    assert link_of(district.services, answer.link).closed_at is None
    events.tag_again(district.services, GRADUATION)
    assert open_link(district.services, str(answer.token)).url is not None


def test_a_set_leaves_out_what_waits_and_nothing_else(district: District) -> None:
    for key in (GRADUATION, TEAM):
        district.upload(key)
    make_stale(district, GRADUATION)
    with district.services.store.reading() as unit:
        check_decidable(unit, TEAM)
        check_not_stale(unit, TEAM)
        with pytest.raises(CaseError, match="not tagged again yet"):
            check_decidable(unit, GRADUATION)


@dataclass
class BusyRoster:
    """Reads a recording as ever, and changes the roster meanwhile, the first `times` times."""

    district: District
    times: int
    real: Callable[..., object] = events.examine

    def __call__(self, *args: object) -> object:
        found = self.real(*args)
        if self.times > 0:
            self.times -= 1
            with self.district.services.store.writing() as unit:
                unit.people.note_change()
        return found


def test_what_is_read_while_the_roster_changes_is_read_again_at_once(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "examine", BusyRoster(district, 2))
    district.upload(GRADUATION)
    assert not is_stale(district, GRADUATION)
    assert requested(district, GRADUATION).link is not None


def test_a_roster_that_changes_at_each_reading_keeps_the_recording_back_until_its_event_comes_again(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "examine", busy := BusyRoster(district, 1000))
    with pytest.raises(StorageError, match="roster changes faster"):
        district.upload(GRADUATION)
    assert 1000 - busy.times == events.MOST_CHANGES
    assert is_stale(district, GRADUATION)
    with pytest.raises(StorageError, match="not tagged again yet"):
        district.share(GRADUATION)
    busy.times = 0
    events.take_in(district.services, AssetEvent(GRADUATION))
    assert not is_stale(district, GRADUATION)
