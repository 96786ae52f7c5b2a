"""After an import each recording has the tags that tagging everything again would give it, and few are read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from changed_rosters import change, recording
from databases import DATABASES, open_store, run_sql
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_plugin.intake.changed_recordings import changes_by, keep_missing_words, note_stale, roster_before
from dam_plugin.intake.examine import tag_by_roster
from dam_plugin.intake.roster_cache import roster_of
from dam_plugin.model import Asset, OptOut, StudentRecord, Tagging
from dam_plugin.people.roster import RosterImport, apply_roster
from dam_plugin.settings import Settings
from dam_plugin.store import Store, StoredAsset
from dam_tagging.facts import Facts, Keyword
from dam_tagging.match_students import Person
from dam_tagging.names.kept_words import kept_words
from dam_tagging.rules.conditions import Roster
from dam_tagging.rules.model import Consequences, Rule, RuleSet

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
ASKS = RuleSet((Rule("little ones", Roster(grades=("K",)), Consequences(hold="a small child"), "as the board says"),))


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with open_store(request.param, tmp_path) as opened:
        yield opened


def services_of(store: Store, now: datetime = NOW, rules: RuleSet = ASKS) -> Any:
    return SimpleNamespace(store=store, settings=Settings(), now=lambda: now, rules=rules)


def record(person: Person, **more: Any) -> StudentRecord:
    said_no = (OptOut(NOW.date()),) if more.pop("said_no", False) else ()
    return StudentRecord(person.id, person.external_ids[0] + person.id, person.names, opt_outs=said_no, **more)


def keep(services: Any, name: str, facts: Facts, key: str) -> None:
    with services.store.writing() as unit:
        tags = tag_by_roster(services, roster_of(services, unit, is_writing=True), key, facts, (), (), None)
        unit.assets.save(StoredAsset(Asset(name, key, None, name, 1), None, "hold", tags, tags, NOW, NOW))
        unit.assets.keep_facts(name, facts, kept_words(facts, key))


def imported(services: Any, records: list[StudentRecord]) -> list[str]:
    """Import a roster as `import_roster` does; return the keys of the recordings that are stale by then."""
    roster = RosterImport(tuple(records))
    with services.store.writing() as unit:
        known = {each.id: each for each in unit.people.students()}
        changes = changes_by(unit, known, roster)
        before = roster_before(services, unit, changes)
        apply_roster(unit, roster, NOW, known=known)
        note_stale(services, unit, before, changes)
        stale: list[str] = unit.words.stale_keys()
    return stale


def tagged_now(services: Any, name: str) -> tuple[Tagging, Tagging]:
    """The tags on file, and those that the roster on file gives."""
    with services.store.reading() as unit:
        stored = unit.assets.by_id(name)
        ((_, key, facts),) = unit.assets.current_facts([name])
        return stored.machine, tag_by_roster(services, roster_of(services, unit), key, facts, (), (), None)


@given(st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_what_is_not_stale_has_the_tags_that_tagging_everything_again_gives(
    tmp_path_factory: pytest.TempPathFactory, made: random.Random
) -> None:
    with open_store("sqlite", tmp_path_factory.mktemp("store")) as store:
        services, changed = services_of(store), change(made, 12)
        before = [
            record(each, grade=made.choice("K12"), said_no=each.id in changed.before.said_no)
            for each in changed.before.persons
        ]
        imported(services, before)
        people = changed.before.persons + changed.after.persons
        for number in range(8):
            facts, key = recording(made, people)
            keep(services, f"a{number}", facts, f"{number}/{key}")
        known = {each.id: each for each in before}
        after = [
            replace(known.get(each.id) or record(each, said_no=each.id in changed.after.said_no), names=each.names)
            for each in changed.after.persons
        ]
        stale = imported(services, [replace(each, grade=made.choice(("K", each.grade))) for each in after])
        for number in range(8):
            with store.reading() as unit:
                key = next(key for name, key in unit.assets.current_ids() if name == f"a{number}")
            tags, anew = tagged_now(services, f"a{number}")
            assert key in stale or tags == anew


def a_library(services: Any) -> None:
    imported(services, [record(AVA), record(KIM)])
    for name, text in (("ava", "Ava Owens sings"), ("kim", "Jordan Kim"), ("nobody", "the fair"), ("nia", "Nia Quill")):
        keep(services, name, Facts(state="read", captions=(Keyword(text, "dc:description"),)), f"{name}.jpg")


AVA, KIM = Person("S-1", ("Ava Owens",), ("1",)), Person("S-2", ("Jordan Kim",), ("2",))
NIA = Person("S-3", ("Nia Quill",), ("3",))


def test_a_new_student_makes_only_the_recordings_stale_that_may_name_her(store: Store) -> None:
    services = services_of(store)
    a_library(services)
    assert imported(services, [record(AVA), record(KIM), record(NIA)]) == ["nia.jpg"]


def test_a_family_that_says_no_makes_its_recordings_stale(store: Store) -> None:
    services = services_of(store)
    a_library(services)
    assert imported(services, [record(AVA, said_no=True), record(KIM)]) == ["ava.jpg"]


def test_the_same_roster_again_makes_nothing_stale(store: Store) -> None:
    services = services_of(store)
    a_library(services)
    assert imported(services, [record(AVA), record(KIM)]) == []


def test_an_opt_out_that_ends_by_its_day_makes_its_recordings_stale_at_the_next_import(store: Store) -> None:
    services = services_of(store)
    a_library(services)
    with store.writing() as unit:
        unit.people.add_opt_out("S-1", OptOut(NOW.date()), "custodian", NOW)
    assert imported(services, [record(AVA), record(KIM)]) == ["ava.jpg"]
    with store.writing() as unit:
        unit.words.drop_stale("ava", 10_000)
        unit.people.end_opt_out("S-1", NOW.date() + timedelta(days=9))
    imported(services, [record(AVA), record(KIM)])
    with store.writing() as unit:
        unit.words.drop_stale("ava", 10_000)
    later = services_of(store, NOW + timedelta(days=9))
    assert imported(later, [record(AVA), record(KIM)]) == ["ava.jpg"]


def test_another_grade_counts_where_a_rule_asks_for_grades(store: Store) -> None:
    services = services_of(store)
    a_library(services)
    assert imported(services, [record(AVA, grade="K"), record(KIM)]) == ["ava.jpg"]
    with store.writing() as unit:
        unit.words.drop_stale("ava", 10_000)
    services = services_of(store, rules=RuleSet())
    assert imported(services, [record(AVA, grade="1"), record(KIM)]) == []


def test_a_recording_without_words_is_stale_after_every_change_until_it_has_some(store: Store) -> None:
    services = services_of(store)
    a_library(services)
    run_sql(store, "DELETE FROM asset_words WHERE asset_id = 'kim'")
    assert imported(services, [record(AVA), record(KIM), record(NIA)]) == ["kim.jpg", "nia.jpg"]
    assert keep_missing_words(store) == 1
    assert keep_missing_words(store) == 0


def test_words_are_kept_in_batches(store: Store) -> None:
    services = services_of(store)
    a_library(services)
    run_sql(store, "DELETE FROM asset_words")
    assert [keep_missing_words(store, most=3) for _ in range(3)] == [3, 1, 0]
