"""The words of recordings on both databases: each word once, those who have some of them, and which tags are stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from databases import run_sql

from dam_plugin.model import Asset, Tagging
from dam_plugin.store import Store, StoredAsset
from dam_tagging.facts import Facts
from dam_tagging.names.recording_words import KEPT, KeptWord, Wanted

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


def word(told: str) -> KeptWord:
    return KeptWord("word", told)


AVA, KIM, LEE, KIN = word("ava"), word("kim"), word("lee"), KeptWord("mark", "kin")


def keep(store: Store, name: str, *words: KeptWord, key: str | None = None) -> None:
    stored = StoredAsset(Asset(name, key or f"{name}.jpg", None, name, 1), None, "hold", Tagging(), Tagging(), NOW, NOW)
    with store.writing() as unit:
        unit.assets.save(stored)
        unit.assets.keep_facts(name, Facts(state="read"), (KEPT, *words))
        unit.assets.supersede(stored.asset.key, name)


def having(
    store: Store, *words: KeptWord, groups: frozenset[tuple[frozenset[KeptWord], ...]] = frozenset()
) -> set[str]:
    with store.reading() as unit:
        return unit.words.having(Wanted(frozenset(words), groups))


def test_a_recording_is_found_by_any_of_its_words_and_no_other(store: Store) -> None:
    keep(store, "one", AVA, KIM)
    keep(store, "two", LEE)
    assert having(store, AVA, word("nobody")) == {"one"}
    assert having(store, KIM, LEE) == {"one", "two"}
    assert having(store, KeptWord("latin", "ava")) == set()


def test_a_group_is_found_where_a_word_of_each_set_is(store: Store) -> None:
    keep(store, "one", AVA, KIM)
    keep(store, "two", AVA, KIN)
    keep(store, "three", LEE, KIN)
    both = (frozenset({AVA}), frozenset({KIM, LEE}))
    with_kin = (frozenset({AVA, word("ann")}), frozenset({KIN}))
    assert having(store, groups=frozenset({both})) == {"one"}
    assert having(store, groups=frozenset({both, with_kin})) == {"one", "two"}


def test_each_word_is_told_once_and_numbers_are_not(store: Store) -> None:
    keep(store, "one", AVA, KIM, KeptWord("number", "1234"))
    keep(store, "two", AVA, KIN, word("Ж"), word("zoe"))
    with store.reading() as unit:
        told = list(unit.words.vocabulary())
    assert sorted(told) == sorted({KEPT, AVA, KIM, KIN, word("Ж"), word("zoe")})


def test_a_recording_without_words_is_always_found_until_it_has_some(store: Store) -> None:
    keep(store, "one", AVA)
    run_sql(store, "DELETE FROM asset_words")
    assert having(store, LEE) == {"one"}
    with store.writing() as unit:
        assert [(asset, key) for asset, key, _ in unit.words.lacking(10)] == [("one", "one.jpg")]
        unit.words.keep("one", (KEPT, AVA))
        assert unit.words.lacking(10) == []
    assert having(store, LEE) == set()


def test_words_of_an_earlier_version_count_as_none(store: Store) -> None:
    keep(store, "one", AVA)
    run_sql(store, "UPDATE asset_words SET word = 'kept 0' WHERE kind = 'mark'")
    assert having(store, LEE) == {"one"}


def test_words_follow_the_facts(store: Store) -> None:
    keep(store, "one", AVA, KIM)
    keep(store, "one", KIM, LEE)
    assert having(store, AVA) == set()
    assert having(store, LEE) == {"one"}


def test_replaced_deleted_and_destroyed_recordings_are_not_found(store: Store) -> None:
    for name in ("old", "new"):
        keep(store, name, AVA, key="same.jpg")
    keep(store, "gone", AVA)
    keep(store, "destroyed", AVA)
    with store.writing() as unit:
        unit.words.add_stale(["gone", "destroyed", "new"], 1)
        gone, destroyed = unit.assets.need("gone.jpg"), unit.assets.need("destroyed.jpg")
        unit.assets.save(replace(gone, deleted=True))
        unit.assets.strip(destroyed, Tagging(), NOW)
        assert unit.words.stale_keys() == ["same.jpg"]
    assert having(store, AVA) == {"new"}
    with store.reading() as unit:
        assert unit.words.having(Wanted(everything=True)) == {"new"}


def test_tags_are_stale_until_the_recording_is_tagged_by_the_roster_since_the_change(store: Store) -> None:
    keep(store, "one", AVA)
    with store.writing() as unit:
        unit.words.add_stale(["one"], 3)
        unit.words.add_stale(["one"], 5)
        unit.words.drop_stale("one", 4)
        assert unit.words.stale_keys() == ["one.jpg"]
        unit.words.drop_stale("one", 5)
        assert unit.words.stale_keys() == []


def test_it_is_known_up_to_which_change_and_day_recordings_were_looked_for(store: Store) -> None:
    with store.writing() as unit:
        assert unit.words.as_of() == (0, None)
        for seq in (3, 7):
            unit.words.set_as_of(seq, date(2026, 10, seq))
        assert unit.words.as_of() == (7, date(2026, 10, 7))
