"""What a change leaves to do in the storage: kept with the change itself, and done within seconds by whoever runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from clock import TODAY
from district import CUSTODIAN, GRADUATION, HANNAH, MEDIA_STAFF, NOAH, TEAM, District
from use_cases import kept, link_of, listening, looked, open_copies, releases, saw

from dam_plugin.admin import pending_work
from dam_plugin.admin.pending_work import (
    PendingWorkThread,
    do_pending_work,
    doing_pending_work,
    doing_work_left_behind,
    has_pending_work,
)
from dam_plugin.admin.reconcile import repair
from dam_plugin.admin.rule_changes import ask_to_apply, go_on_applying
from dam_plugin.cli.demo.samples import sample_folder, write_roster
from dam_plugin.custodian import choices
from dam_plugin.errors import StorageUnreachable, StoreError
from dam_plugin.gate.close_links import revoke
from dam_plugin.intake.events import tag_newest, take_in
from dam_plugin.intake.keep_look import look_at
from dam_plugin.intake.original_access import write_object_tags
from dam_plugin.model import Actor, AssetEvent, Consent, OptOut
from dam_plugin.people.formats.plain_csv import read_roster
from dam_plugin.services import Services
from dam_plugin.sharing.share import Answer
from dam_plugin.store import SystemUser, Unit
from dam_tagging.rules.load import load_rules

BY = Actor("custodian", "records-office")


class Killed(BaseException):
    """The process ends here."""


class Dying:
    """A store whose process is killed right after its first transaction that writes."""

    def __init__(self, store: Any) -> None:
        self._store = store

    @contextmanager
    def writing(self) -> Iterator[Unit]:
        with self._store.writing() as unit:
            yield unit
        raise Killed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def given(district: District, key: str = TEAM) -> Answer:
    district.upload(key)
    answer = district.share(key)
    assert answer.link is not None
    return answer


# Each change, with the closing of what it touches


def opted_out(district: District, services: Services) -> None:
    choices.opt_out(services, district.student(NOAH), OptOut(TODAY), CUSTODIAN)


def imported(district: District, services: Services) -> None:
    folder = write_roster(sample_folder(), district.folder, TODAY)
    with (folder / "opt_outs.csv").open("a", encoding="utf-8") as file:
        file.write(f"{NOAH},{TODAY.isoformat()},,\n")
    choices.import_roster(services, read_roster(folder, services.pseudonyms), CUSTODIAN, confirmed=True)


def closed(district: District, services: Services) -> None:
    look_at(services, GRADUATION, saw(district, closed="an investigation"))


def replaced(district: District, services: Services) -> None:
    services.library.put(GRADUATION, b"another one", media_type="image/jpeg")
    take_in(services, AssetEvent(GRADUATION))


def tagged_otherwise(district: District, services: Services) -> None:
    tag_newest(replace(services, rules=stricter()), GRADUATION, again=True)


def ruled_otherwise(district: District, services: Services) -> None:
    healthy = replace(district.services, rules=stricter())
    added = ask_to_apply(healthy, MEDIA_STAFF, SystemUser("1000", "ada"))
    assert added is not None
    go_on_applying(replace(services, rules=stricter()), added, lambda _: None)


def stricter() -> Any:
    rule = "  - {name: all, when: {key: '**'}, then: {closed: Not now.}, why: because}\n"
    return load_rules({"own.yaml": "rules:\n" + rule})


CHANGES: list[Callable[[District, Services], None]] = [
    opted_out,
    imported,
    closed,
    replaced,
    tagged_otherwise,
    ruled_otherwise,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
def test_a_change_and_the_closing_of_what_it_touches_are_one_transaction(
    district: District, change: Callable[[District, Services], None]
) -> None:
    answer = given(district, GRADUATION)
    with pytest.raises(Killed):
        change(district, replace(district.services, store=Dying(district.services.store)))
    assert link_of(district.services, answer.link).closed_at is not None
    assert {each.state for each in releases(district.services)} == {"closing"}
    assert has_pending_work(district.services)
    assert do_pending_work(district.services) == 0
    assert (open_copies(district.services), has_pending_work(district.services)) == ([], False)


@pytest.mark.parametrize("is_imported", [False, True], ids=["revoked", "imported as revoked"])
def test_a_consent_that_is_revoked_closes_in_the_same_transaction(district: District, is_imported: bool) -> None:
    district.upload(TEAM)
    hannah = district.student(HANNAH)
    with district.services.store.reading() as unit:
        guardian = unit.people.need(hannah).guardians[0]
    consent = Consent(hannah, guardian, TODAY, "ink", purpose="website", parties=("public",))
    consent_id = choices.add_consent(district.services, consent, "on paper", CUSTODIAN)
    answer = given(district, TEAM)
    dying = replace(district.services, store=Dying(district.services.store))
    again = (replace(consent, revoked_on=TODAY),)
    act: Callable[[], object] = partial(choices.revoke_consent, dying, consent_id, TODAY, CUSTODIAN)
    if is_imported:
        act = partial(choices.import_consents, dying, again, (None,), CUSTODIAN)
    with pytest.raises(Killed):
        act()
    assert link_of(district.services, answer.link).closed_at is not None


# Originals


@pytest.mark.parametrize("by", [do_pending_work, repair], ids=["whoever runs", "repair"])
def test_an_original_that_is_to_be_on_hold_gets_there_whoever_was_killed_before(
    district: District, by: Callable[[Services], object]
) -> None:
    district.upload(TEAM)
    assert district.release_tag(TEAM) == "staff"
    with pytest.raises(Killed):
        closed_team(district, replace(district.services, store=Dying(district.services.store)))
    assert (kept(district.services, TEAM).release_tag, district.release_tag(TEAM)) == ("hold", "staff")
    by(district.services)
    assert district.release_tag(TEAM) == "hold"
    assert not has_pending_work(district.services)


def closed_team(district: District, services: Services) -> None:
    look_at(services, TEAM, saw(district, closed="an investigation"))


def test_an_original_whose_tags_were_written_at_once_leaves_nothing_to_do(district: District) -> None:
    district.upload(TEAM)
    looked(district, TEAM, closed="an investigation")
    assert (district.release_tag(TEAM), has_pending_work(district.services)) == ("hold", False)


def test_a_storage_that_refuses_the_tags_of_an_original_is_asked_again(district: District) -> None:
    district.upload(TEAM)

    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "write_tags":
            raise StorageUnreachable("no answer")

    broken = listening(district.services, hear)
    with pytest.raises(StorageUnreachable):
        closed_team(district, broken)
    assert do_pending_work(broken) == 1
    assert has_pending_work(district.services)
    assert do_pending_work(district.services) == 0
    assert district.release_tag(TEAM) == "hold"


def test_an_original_that_is_gone_is_nothing_to_do(district: District) -> None:
    stored = district.upload(TEAM)
    with pytest.raises(Killed):
        closed_team(district, replace(district.services, store=Dying(district.services.store)))
    district.services.library.delete(TEAM, stored.asset.version_id)
    assert do_pending_work(district.services) == 0
    assert not has_pending_work(district.services)


def test_a_change_that_comes_while_the_tags_are_written_is_not_taken_for_written(district: District) -> None:
    district.upload(TEAM)
    with pytest.raises(Killed):
        closed_team(district, replace(district.services, store=Dying(district.services.store)))
    seen: list[str] = []

    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "write_tags" and not seen:
            seen.append(name)
            with pytest.raises(Killed):
                look_at(
                    replace(district.services, store=Dying(district.services.store)),
                    TEAM,
                    saw(district, confidential="Safe at Home"),
                )

    write_object_tags(listening(district.services, hear), kept(district.services, TEAM))
    assert (district.release_tag(TEAM), has_pending_work(district.services)) == ("hold", False)
    assert district.services.library.tags(TEAM)["dam-tagging"] == "complete"


# Who does it


def test_a_process_that_runs_does_it_without_being_asked(district: District) -> None:
    given(district)
    with doing_pending_work(district.services):
        with pytest.raises(Killed):
            revoke(replace(district.services, store=Dying(district.services.store)), key=TEAM)
        wait_until(lambda: not has_pending_work(district.services))
    assert open_copies(district.services) == []


def test_it_goes_on_after_whatever_fails(district: District, caplog: pytest.LogCaptureFixture) -> None:
    given(district)
    with pytest.raises(Killed):
        revoke(replace(district.services, store=Dying(district.services.store)), key=TEAM)
    failures = iter([StorageUnreachable("no answer"), StoreError("the database is locked"), ValueError("Ines Okafor")])

    def hear(name: str, *_: Any, **__: Any) -> None:
        if name == "put_tags" and (error := next(failures, None)):
            raise error

    watch = PendingWorkThread(listening(district.services, hear), every=0.01, longest=0.02)
    watch.start()
    wait_until(lambda: not has_pending_work(district.services))
    watch.stop()
    assert not watch.is_alive()
    assert "Okafor" not in caplog.text


def test_a_command_starts_nothing_where_nothing_was_left(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending_work, "PendingWorkThread", None)
    with doing_work_left_behind(district.services):
        pass


def test_a_command_does_what_one_before_it_left_and_waits_for_it(district: District) -> None:
    given(district)
    with pytest.raises(Killed):
        revoke(replace(district.services, store=Dying(district.services.store)), key=TEAM)
    with doing_work_left_behind(district.services):
        pass
    assert open_copies(district.services) == []


def test_many_that_are_left_are_done_in_parts(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending_work, "BATCH", 2)
    body = (sample_folder() / GRADUATION).read_bytes()
    for each in range(5):
        district.upload(f"events/graduation/{each}.jpg", body)
        district.share(f"events/graduation/{each}.jpg")
    with pytest.raises(Killed):
        opted_out(district, replace(district.services, store=Dying(district.services.store)))
    assert [each.state for each in releases(district.services)] == ["closing"] * 5
    assert do_pending_work(district.services) == 0
    assert (open_copies(district.services), has_pending_work(district.services)) == ([], False)


def wait_until(is_so: Callable[[], bool]) -> None:
    ticking = threading.Event()
    for _ in range(1_500):
        if is_so():
            return
        ticking.wait(0.02)
    pytest.fail("it did not come to that")
