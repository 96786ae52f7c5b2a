from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from dam_plugin.errors import StoreError
from dam_plugin.model import Actor, Asset, Link, Recipient, Release, Share, Tagging
from dam_plugin.store import Store, StoredAsset, StoredShare, Unit, written

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SHARE = Share(
    "sh1",
    "games/1.jpg",
    "request",
    "website",
    Actor("custodian", "u1"),
    Recipient("public"),
    names=("S-1",),
    evidence={"order": {"kind": "subpoena", "notified": ["S-1"]}},
    at=NOW,
)
STORED = StoredShare(SHARE, "a1", "redact", {"outcome": "redact", "redact": ["S-1"]}, "r1", NOW)
RELEASE = Release(
    "r1", "released/r1.jpg", "ab" * 32, "games/1.jpg", "v1", "e1", ("S-1", "S-2"), "open", proof={"plan": "p1"}
)
LINK = Link("l1", "sh1", "r1", NOW, NOW + timedelta(days=7))


def link(unit: Unit, link_id: str, key: str = "games/1.jpg", minutes: int = 0) -> Link:
    """Keep a link with the share and release that it needs."""
    unit.shares.add_share(replace(STORED, share=replace(SHARE, id=f"sh-{link_id}", asset_key=key)))
    unit.shares.add_release(replace(RELEASE, id=f"r-{link_id}"), NOW)
    made = Link(link_id, f"sh-{link_id}", f"r-{link_id}", NOW + timedelta(minutes=minutes), LATER)
    unit.shares.add_link(made, f"hash of {link_id}")
    return made


def test_a_share_is_read_as_it_was_kept(store: Store) -> None:
    with store.writing() as unit:
        unit.shares.add_share(STORED)
    with store.reading() as unit:
        assert unit.shares.share("sh1") == STORED
        assert unit.shares.share("sh2") is None


def test_a_share_of_an_asset_that_is_not_known_is_kept_too(store: Store) -> None:
    refused = replace(STORED, asset_id=None, release_id=None, outcome="refer", share=replace(SHARE, at=None))
    with store.writing() as unit:
        unit.shares.add_share(refused)
        assert unit.shares.share("sh1") == refused


def test_one_id_stands_for_one_share(store: Store) -> None:
    with store.writing() as unit:
        unit.shares.add_share(STORED)
    with pytest.raises(StoreError, match="contradicts"), store.writing() as unit:
        unit.shares.add_share(STORED)


def test_an_attempt_that_was_written_before_is_read_as_any_other(store: Store) -> None:
    with store.writing() as unit:
        unit.shares.add_written([written(STORED)])
        unit.shares.add_written([])
        assert unit.shares.share(STORED.share.id) == STORED


def test_a_release_changes_only_in_what_is_given(store: Store) -> None:
    making = replace(RELEASE, state="preparing", version_id="old", proof={"faces": 2})
    with store.writing() as unit:
        unit.shares.add_release(making, NOW)
        unit.shares.record_release("r1", "new")
        assert unit.shares.release("r1") == replace(making, state="recorded", version_id="new")
        assert unit.shares.move_releases(["r1"], was=["recorded"], state="open") == ["r1"]
        assert unit.shares.release("r1") == replace(making, state="open", version_id="new")
        assert unit.shares.release("r2") is None
        with pytest.raises(StoreError, match="withdrawn"):
            unit.shares.record_release("r2", "new")


def test_releases_are_listed_by_their_state_oldest_first(store: Store) -> None:
    with store.writing() as unit:
        unit.shares.add_release(replace(RELEASE, id="late", state="making"), LATER)
        unit.shares.add_release(replace(RELEASE, id="early"), NOW)
        unit.shares.add_release(replace(RELEASE, id="gone", state="withdrawn"), NOW)
        assert [release.id for release in unit.shares.releases({"making", "open"})] == ["early", "late"]
        assert unit.shares.releases(()) == []


def test_copies_that_no_open_link_needs_are_withdrawn_and_no_others(store: Store) -> None:
    with store.writing() as unit:
        for each in ("needed", "closed", "expired", "two"):
            link(unit, each)
        unit.shares.add_link(replace(LINK, id="second", share_id="sh-two", release_id="r-two"), "another hash")
        unit.shares.add_release(replace(RELEASE, id="r-staged", state="preparing"), NOW)
        unit.shares.add_release(replace(RELEASE, id="r-recorded", state="recorded"), NOW)
        unit.shares.close_links(["closed", "two"], "revoked", NOW)
    after = {"r-closed", "r-recorded"}
    with store.reading() as unit:
        assert set(unit.shares.unneeded(NOW)) == after
        assert set(unit.shares.unneeded(LATER)) == after | {"r-needed", "r-expired"}
    with store.writing() as unit:
        assert unit.shares.withdraw_unneeded(NOW, ["r-needed", "r-two", "r-closed", "r-staged"]) == ["r-closed"]
        assert unit.shares.withdraw_unneeded(NOW, ["r-closed"]) == []
        assert [each.id for each in unit.shares.releases(["closing"])] == ["r-closed"]
        assert [each.id for each in unit.shares.releases(["open"], ids=["r-two", "r-closed"])] == ["r-two"]
        assert (unit.shares.count_releases("closing"), unit.shares.count_releases("purging")) == (1, 0)


def test_releases_move_from_the_states_that_are_named_alone(store: Store) -> None:
    with store.writing() as unit:
        for number, state in enumerate(("closing", "closing", "closed")):
            unit.shares.add_release(replace(RELEASE, id=f"r{number}", state=state), NOW)
        every = [f"r{number}" for number in range(3)]
        assert sorted(unit.shares.move_releases(every, was=["closing"], state="purging")) == ["r0", "r1"]
        assert unit.shares.count_releases("closed") == 1


def test_who_makes_a_copy_is_known_while_it_is_made(store: Store) -> None:
    with store.writing() as unit:
        unit.shares.add_release(replace(RELEASE, id="r1", state="preparing"), NOW, made_on="me")
        unit.shares.add_release(replace(RELEASE, id="r2", state="preparing"), NOW)
        unit.shares.add_release(replace(RELEASE, id="r3"), NOW, made_on="me")
        assert unit.shares.makers() == {"r1": "me"}


def test_a_copy_is_used_again_for_the_same_version_and_students(store: Store) -> None:
    with store.writing() as unit:
        unit.shares.add_release(RELEASE, NOW)
        assert unit.shares.reusable("games/1.jpg", "v1", "e1", ["S-2", "S-1"], plan="p1") == RELEASE
        newer = replace(RELEASE, id="r2")
        unit.shares.add_release(newer, LATER)
        assert unit.shares.reusable("games/1.jpg", "v1", "e1", ["S-1", "S-2"], plan="p1") == newer


@pytest.mark.parametrize(
    ("key", "version", "etag", "redacted"),
    [
        ("games/2.jpg", "v1", "e1", ("S-1", "S-2")),
        ("games/1.jpg", "v2", "e1", ("S-1", "S-2")),
        ("games/1.jpg", None, "e1", ("S-1", "S-2")),
        ("games/1.jpg", "v1", "e2", ("S-1", "S-2")),
        ("games/1.jpg", "v1", "e1", ("S-1",)),
        ("games/1.jpg", "v1", "e1", ()),
        ("games/1.jpg", "v1", "e1", ("S-1", "S-2", "S-3")),
    ],
    ids=["key", "version", "no version", "etag", "fewer", "nobody", "more"],
)
def test_a_copy_of_something_else_is_not_used_again(
    store: Store, key: str, version: str | None, etag: str, redacted: tuple[str, ...]
) -> None:
    with store.writing() as unit:
        unit.shares.add_release(RELEASE, NOW)
        assert unit.shares.reusable(key, version, etag, redacted, plan="p1") is None


@pytest.mark.parametrize("state", ["making", "held", "withdrawn"])
def test_a_copy_that_is_not_open_is_not_used_again(store: Store, state: str) -> None:
    with store.writing() as unit:
        unit.shares.add_release(replace(RELEASE, state=state), NOW)
        assert unit.shares.reusable("games/1.jpg", "v1", "e1", RELEASE.redacted, plan="p1") is None


def test_a_copy_that_is_kept_for_a_set_is_used_again_by_a_set_alone(store: Store) -> None:
    made = replace(RELEASE, state="preparing", version_id=None)
    with store.writing() as unit:
        unit.shares.add_release(made, NOW)
        assert unit.shares.keep_release("r1", "v9")
        assert not unit.shares.keep_release("r1", "v10")
        kept = replace(made, state="kept", version_id="v9")
        again = partial(unit.shares.reusable, "games/1.jpg", "v1", "e1", RELEASE.redacted, plan="p1")
        assert again() is None
        assert again(states=("open", "kept")) == kept
        unit.shares.add_release(replace(RELEASE, id="r2"), LATER)
        assert again(states=("open", "kept")) == replace(RELEASE, id="r2")
        assert again(states=("kept",)) == kept


def test_a_copy_that_was_withdrawn_is_not_kept(store: Store) -> None:
    with store.writing() as unit:
        unit.shares.add_release(replace(RELEASE, state="undone"), NOW)
        assert not unit.shares.keep_release("r1", "v9")
        assert unit.shares.release("r1") == replace(RELEASE, state="undone")


def test_a_copy_that_is_kept_for_a_set_needs_no_link_to_stay(store: Store) -> None:
    with store.writing() as unit:
        unit.shares.add_release(replace(RELEASE, state="kept"), NOW)
        assert unit.shares.unneeded(LATER) == []
        assert unit.shares.needed_again(LATER) == []
        assert unit.shares.withdraw_unneeded(LATER, ["r1"]) == []
        assert [each.id for each in unit.shares.kept_before(NOW)] == ["r1"]
        assert unit.shares.kept_before(NOW - timedelta(seconds=1)) == []


@pytest.mark.parametrize("proof", [{"plan": "p2"}, {"digest": "p1"}, {}], ids=["another", "an older copy's", "none"])
def test_a_copy_made_by_another_plan_is_not_used_again(store: Store, proof: dict[str, str]) -> None:
    with store.writing() as unit:
        unit.shares.add_release(RELEASE, NOW)
        unit.shares.add_release(replace(RELEASE, id="r2", proof=proof), LATER)
        assert unit.shares.reusable("games/1.jpg", "v1", "e1", RELEASE.redacted, plan="p1") == RELEASE
        assert unit.shares.reusable("games/1.jpg", "v1", "e1", RELEASE.redacted, plan="p3") is None


def test_a_link_is_found_by_its_id_and_by_the_hash_of_its_token(store: Store) -> None:
    with store.writing() as unit:
        made = link(unit, "l1")
        assert unit.shares.link("l1") == unit.shares.links_by_hash(["hash of l1"])["hash of l1"] == made
        assert unit.shares.link("l2") is None
        assert unit.shares.links_by_hash(["l1"]) == {}


def test_a_link_needs_a_share_and_a_release_that_are_kept(store: Store) -> None:
    with pytest.raises(StoreError, match="contradicts"), store.writing() as unit:
        unit.shares.add_link(LINK, "hash")


def test_closed_links_say_why_and_are_closed_once(store: Store) -> None:
    with store.writing() as unit:
        one, two = link(unit, "l1"), link(unit, "l2", minutes=1)
        assert unit.shares.close_links(["l1", "unknown"], "opted out", LATER) == ["l1"]
        assert unit.shares.close_links(["l1", "l2"], "asset deleted", LATER + timedelta(hours=1)) == ["l2"]
        closed = replace(one, closed_at=LATER, closed_why="opted out")
        assert unit.shares.links(open_only=False)[0] == closed
        assert unit.shares.link("l2") == replace(two, closed_at=LATER + timedelta(hours=1), closed_why="asset deleted")
        assert unit.shares.close_links([], "nothing", NOW) == []


def test_open_links_leave_out_the_closed_ones(store: Store) -> None:
    with store.writing() as unit:
        late, early = link(unit, "l1", minutes=5), link(unit, "l2")
        assert unit.shares.links(open_only=True) == [early, late]
        unit.shares.close_links(["l2"], "revoked", NOW)
        assert unit.shares.links(open_only=True) == [late]


def test_links_are_found_by_recording_and_by_the_students_in_any_version_of_it(store: Store) -> None:
    with store.writing() as unit:
        for asset_id, key, student in (("old", "1", "S-1"), ("new", "1", "S-2"), ("other", "2", "S-2")):
            asset = Asset(asset_id, key, None, asset_id, 1)
            tagging = Tagging(record_pii=(student,))
            unit.assets.save(StoredAsset(asset, None, "hold", tagging, tagging, NOW, NOW, current=asset_id != "old"))
        first, second, third = link(unit, "l1", "1"), link(unit, "l2", "2", 1), link(unit, "l3", "3", 2)
        assert unit.shares.links_of(asset_key="1") == [first]
        assert unit.shares.links_of(asset_key="3") == [third]
        assert unit.shares.links_of(student="S-1") == [first]
        assert unit.shares.links_of(student="S-2") == [first, second]
        assert unit.shares.links_of(asset_key="2", student="S-2") == [second]
        assert unit.shares.links_of(asset_key="2", student="S-1") == []
        unit.shares.close_links(["l1"], "revoked", NOW)
        assert unit.shares.links_of(student="S-2") == [second]


def test_links_of_nothing_in_particular_are_a_mistake(store: Store) -> None:
    with store.reading() as unit, pytest.raises(ValueError, match="asset_key or a student"):
        unit.shares.links_of()


def test_openings_and_wrong_words_are_counted(store: Store) -> None:
    with store.writing() as unit:
        one, two = link(unit, "l1"), link(unit, "l2")
        unit.shares.count(openings={"l1": 2, "l3": 1}, wrong_words={"l2": 1}, at=NOW)
        unit.shares.count(openings={"l1": 1}, wrong_words={}, at=NOW)
        unit.shares.count(openings={}, wrong_words={"l2": 3}, at=NOW)
        assert unit.shares.link("l1") == replace(one, openings=3)
        assert unit.shares.link("l2") == replace(two, wrong_words=4)


@pytest.mark.parametrize("lock", [False, True], ids=["read", "locked"])
def test_links_are_found_by_the_hashes_of_their_tokens(store: Store, lock: bool) -> None:
    with store.writing() as unit:
        one, two = link(unit, "l1"), link(unit, "l2")
        asked = ["hash of l2", "hash of l3", "hash of l1", "hash of l2"]
        assert unit.shares.links_by_hash(asked, lock=lock) == {"hash of l1": one, "hash of l2": two}
        assert unit.shares.links_by_hash([], lock=lock) == {}


def test_shares_and_releases_are_found_by_their_ids(store: Store) -> None:
    with store.writing() as unit:
        for link_id in ("l1", "l2"):
            link(unit, link_id)
        assert unit.shares.asked_for(["sh-l2", "sh-9"]) == {
            "sh-l2": replace(SHARE, id="sh-l2", asset_key="games/1.jpg")
        }
        assert unit.shares.releases_of(["r-9", "r-l1"]) == {"r-l1": replace(RELEASE, id="r-l1")}
