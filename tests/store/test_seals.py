from __future__ import annotations

import pytest

from dam_plugin.store.seals import KINDS, Kind
from dam_plugin.store.tables import LookRow


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_every_column_of_a_guarded_table_is_sealed_but_those_that_are_named(kind: Kind) -> None:
    assert {*kind.columns} == {column.name for column in kind.row.__table__.columns} - kind.unsealed


def test_an_exception_from_sealing_that_names_no_column_is_refused() -> None:
    with pytest.raises(ValueError, match="asset_looks has no column lok"):
        Kind("asset_looks", "look", LookRow, frozenset({"lok"}))


def test_a_column_that_came_later_is_sealed_where_it_is_set() -> None:
    (kind,) = (each for each in KINDS if each.table == "destructions")
    before = [*range(len(kind.columns) - len(kind.later))]
    assert kind.sealed([*before, None]) == before
    assert kind.sealed([*before, "x"]) == [*before, ["asked_by", "x"]]


def test_a_column_that_came_later_is_among_the_last() -> None:
    with pytest.raises(ValueError, match="the last columns of asset_looks are not id"):
        Kind("asset_looks", "look", LookRow, later=("id",))
