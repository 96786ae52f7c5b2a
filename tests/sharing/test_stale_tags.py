"""A recording that waits to be tagged again is decided on fresh tags, or not at all."""

from __future__ import annotations

import pytest
from district import GRADUATION, MEDIA_STAFF, PUBLIC, TEAM, District
from use_cases import kept, link_of

from dam_plugin.errors import CaseError, StorageError
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake import events
from dam_plugin.model import Share
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


def test_a_change_of_the_roster_while_a_recording_is_tagged_makes_it_stale(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = events.examine

    def slow(services: object, asset: object, sidecars: object) -> object:
        found = real(services, asset, sidecars)  # type: ignore[arg-type]
        with district.services.store.writing() as unit:
            unit.people.note_change()
        return found

    monkeypatch.setattr(events, "examine", slow)
    district.upload(GRADUATION)
    assert is_stale(district, GRADUATION)
    monkeypatch.setattr(events, "examine", real)
    events.tag_again(district.services, GRADUATION)
    assert not is_stale(district, GRADUATION)
