"""What holds a recording, the one check before a deletion, and that every deletion of an object asks it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from clock import TODAY
from district import CUSTODIAN, PORTRAIT, TEAM, District
from hypothesis import given
from hypothesis import strategies as st
from queue_cases import ADA
from use_cases import later, releases

import dam_plugin
from dam_plugin.custodian import holds
from dam_plugin.custodian.holds import Wanted
from dam_plugin.errors import Held
from dam_plugin.model import Release
from dam_plugin.services import local_now
from dam_plugin.sharing.held import check_not_held, holdings_on
from dam_plugin.sharing.published_copy import abandoned_copies, delete_copy, finish_or_withdraw_all, withdraw
from dam_plugin.store import Hold
from dam_plugin.store.holds import folders_above
from dam_plugin.yearbook.copies import KEPT_FOR, drop_old

PACKAGE = Path(dam_plugin.__file__).parent
SUBPOENA = Wanted("subpoena", "docket 26-117", "served on the district", "a paper")
# Each place that deletes objects of a bucket, and why it may: the others ask `check_not_held`.
DELETE = {
    "sharing/published_copy.py": "asks `check_not_held`",
    "custodian/destroy.py": "asks `check_not_held`, in the order's transaction and before anything goes",
    "library/s3.py": "takes a delete marker away, which undoes a deletion",
    "ledger/end_kept_outside.py": "the ledger's end of a moment ago, which tells of no recording",
}


def held(district: District, *places: str, wanted: Wanted = SUBPOENA) -> str:
    return holds.add(district.services, places, wanted, CUSTODIAN, ADA).places[0].hold.id


def a_copy(district: District, state: str, source: str = TEAM) -> Release:
    """A copy in the bucket and on record, in a state."""
    services = district.services
    key = f"released/r-{state}/a.jpg"
    head = services.library.publish(key, b"a copy", media_type="image/jpeg", tags={"dam-release": "hold"})
    copy = Release(f"r-{state}", key, "ab" * 32, source, None, "e", (), state, head.version_id)
    with services.store.writing() as unit:
        unit.shares.add_release(copy, services.now())
    return copy


def is_there(district: District, copy: Release) -> bool:
    return any(not each.is_marker for each in district.services.library.versions(copy.key))


def test_every_place_that_deletes_objects_is_known() -> None:
    found = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if any(_deletions(path))}
    # These delete the objects on which they try a server.
    trials = {"library/policy_trials.py", "library/setup.py"}
    assert found - trials == set(DELETE)


def _deletions(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = ast.unparse(node.func.value)
            if node.func.attr.startswith("delete_object") or (node.func.attr == "delete" and "library" in of):
                yield node


def test_a_copy_of_what_is_held_is_not_deleted_and_the_hold_is_named(district: District) -> None:
    district.upload(TEAM)
    hold = held(district, TEAM)
    copy = a_copy(district, "kept")
    with pytest.raises(Held, match=f"the copy r-kept is not deleted: it is held by the hold {hold} .a subpoena."):
        delete_copy(district.services, copy)
    assert is_there(district, copy)
    delete_copy(district.services, a_copy(district, "other", PORTRAIT))


def test_a_copy_that_broke_off_stays_while_its_recording_is_held(district: District) -> None:
    district.upload(TEAM)
    hold = held(district, TEAM)
    copy = a_copy(district, "preparing")
    long_after = later(district.services, days=1)
    assert not withdraw(long_after, copy)
    with district.services.store.reading() as unit:
        assert abandoned_copies(long_after, unit) == []
    assert finish_or_withdraw_all(long_after).undone == 0
    assert is_there(district, copy)
    holds.release(district.services, hold, "quashed", CUSTODIAN, ADA)
    assert finish_or_withdraw_all(long_after).undone == 1
    assert not is_there(district, copy)


def test_an_old_copy_for_a_set_stays_while_its_recording_is_held(district: District) -> None:
    district.upload(TEAM)
    hold = held(district, TEAM)
    copy = a_copy(district, "kept")
    long_after = later(district.services, seconds=(KEPT_FOR + timedelta(days=1)).total_seconds())
    assert drop_old(long_after) == 0
    assert is_there(district, copy)
    holds.release(district.services, hold, "quashed", CUSTODIAN, ADA)
    assert drop_old(long_after) == 1
    assert [each.id for each in releases(district.services, "undone")] == [copy.id]


def test_the_weightiest_is_named_first_and_the_others_are_counted(district: District) -> None:
    district.upload(TEAM)
    held(district, "events/")
    lawsuit = held(district, TEAM, wanted=replace(SUBPOENA, kind="litigation"))
    with district.services.store.reading() as unit:
        with pytest.raises(Held, match=f"the hold {lawsuit} .litigation. and 1 more;"):
            check_not_held(unit, [PORTRAIT, TEAM], TODAY)
        check_not_held(unit, [PORTRAIT], TODAY)
        assert [each.kind for each in holdings_on(unit, TEAM, TODAY)] == ["litigation", "subpoena"]


PARTS = st.lists(st.text(st.sampled_from("ab_%.é"), max_size=3), min_size=1, max_size=4)


@given(PARTS, PARTS)
def test_a_folder_covers_exactly_what_begins_with_it(folder: list[str], parts: list[str]) -> None:
    place, key = "/".join(folder) + "/", "/".join(parts)
    hold = Hold(
        "hd-1",
        "request",
        place,
        is_folder=True,
        matter="m",
        why="w",
        source="s",
        at=local_now(),
        by=CUSTODIAN,
        user=ADA,
    )
    assert hold.covers(key) == key.startswith(place) == (place in folders_above(key))
