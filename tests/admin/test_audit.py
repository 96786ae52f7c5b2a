"""What a person should see in the library, and what an earlier version of the plugin let out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from command_line import call
from district import HANNAH, TEAM, UNTITLED, District

from dam_plugin.admin import audit
from dam_plugin.admin.audit import DENIED, EARLIER, METADATA, recordings_to_look_at, reexamine
from dam_plugin.cli.checks import examine
from dam_plugin.errors import StorageError
from dam_plugin.gate.open_link import open_link
from dam_plugin.model import Outcome
from dam_plugin.sharing.gather_case import case_asset
from dam_plugin.store import StoredAsset
from dam_tagging.tag import TAGGER

GAME = "events/athletics/soccer-match.jpg"


def as_an_earlier_version_left_it(district: District, key: str) -> StoredAsset:
    """Keep a recording as a version did that knew no grounds."""
    with district.services.store.writing() as unit:
        stored = unit.assets.need(key)
        old = replace(stored.machine, tagger=0, ground=None, state="complete", unidentified_people=0)
        stored = replace(stored, machine=old, tagging=old)
        unit.assets.save(stored)
    return stored


def found(district: District) -> dict[str, tuple[str, ...]]:
    return {each.key: each.why for each in recordings_to_look_at(district.services)}


def test_a_recording_that_names_somebody_whose_family_said_no_is_listed(district: District) -> None:
    district.upload(TEAM)
    district.upload(GAME)
    assert DENIED in found(district)[TEAM]
    assert DENIED not in found(district)[GAME]
    (one,) = [each for each in recordings_to_look_at(district.services) if each.key == TEAM]
    assert one.students == (district.student(HANNAH),)


def test_what_rests_on_the_files_word_alone_is_listed(district: District) -> None:
    district.upload(GAME)
    assert METADATA in found(district)[GAME]


def test_what_is_out_comes_first(district: District) -> None:
    district.upload(TEAM)
    district.upload(GAME)
    district.share(GAME)
    listed = recordings_to_look_at(district.services)
    assert [(each.key, each.is_out) for each in listed] == [(GAME, True), (TEAM, False)]


def test_complete_without_a_ground_is_not_known(district: District) -> None:
    district.upload(GAME)
    old = as_an_earlier_version_left_it(district, GAME)
    assert case_asset(old.asset, old.tagging).tagging == "pending"
    assert district.share(GAME).decision.outcome is Outcome.REFER


def test_what_an_earlier_version_let_out_is_examined_again_and_stays_where_it_stands(district: District) -> None:
    district.upload(GAME)
    token = district.share(GAME).token
    as_an_earlier_version_left_it(district, GAME)
    assert EARLIER in found(district)[GAME]
    made = reexamine(district.services)
    assert (made.tagged, made.failed, len(made.closed)) == (1, 0, 0)
    assert EARLIER not in found(district)[GAME]
    assert open_link(district.services, token or "").url is not None
    assert reexamine(district.services).tagged == 0


def test_what_no_longer_stands_is_closed_and_said(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(GAME)
    token = district.share(GAME).token
    as_an_earlier_version_left_it(district, GAME)
    # Since then the district wants a person's look.
    monkeypatch.setenv("DAM_PLUGIN_COMPLETE_BY", "looked")
    ended = call("audit", "names", "--json")
    assert ended.code == 0
    assert len(ended.object()["reexamined"]["closed"]) == 1
    assert open_link(district.services, token or "").url is None


def test_what_cannot_be_examined_again_is_told_and_stays_closed(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(GAME)
    token = district.share(GAME).token
    as_an_earlier_version_left_it(district, GAME)

    def refuse(*_: object) -> None:
        raise StorageError("the storage is full")

    monkeypatch.setattr(audit, "tag_again", refuse)
    ended = call("audit", "names")
    assert ended.code == 1
    assert "1 could not be tagged again" in ended.out + ended.err
    assert open_link(district.services, token or "").url is None


def test_the_list_alone_changes_nothing(district: District) -> None:
    district.upload(GAME)
    district.share(GAME)
    as_an_earlier_version_left_it(district, GAME)
    ended = call("audit", "names", "--list-only")
    assert ended.code == 0
    assert GAME in ended.out
    with district.services.store.reading() as unit:
        assert unit.assets.need(GAME).machine.tagger < TAGGER


def test_the_doctor_says_that_something_is_out_by_an_earlier_version(district: District) -> None:
    district.upload(GAME)
    district.share(GAME)
    state = {each.name: each.state for each in examine()}
    assert state["names"] == "ok"
    as_an_earlier_version_left_it(district, GAME)
    told = next(each for each in examine() if each.name == "names")
    assert (told.state, "`dam-plugin audit names`" in told.detail) == ("warning", True)


def test_no_name_is_in_the_list(district: District) -> None:
    district.upload(TEAM)
    district.upload(UNTITLED)
    ended = call("audit", "names")
    assert district.student(HANNAH) in ended.out
    assert "Lindqvist" not in ended.out
