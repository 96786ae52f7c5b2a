"""Items in lists of a size."""

from __future__ import annotations

import pytest

from dam_plugin.store.batches import batched


@pytest.mark.parametrize(
    ("count", "most", "sizes"), [(0, 3, []), (1, 3, [1]), (3, 3, [3]), (7, 3, [3, 3, 1]), (1100, 500, [500, 500, 100])]
)
def test_all_come_in_their_order_in_lists_of_a_size(count: int, most: int, sizes: list[int]) -> None:
    found = list(batched(range(count), most))
    assert [len(each) for each in found] == sizes
    assert [item for each in found for item in each] == list(range(count))


def test_no_more_is_read_than_is_asked_for() -> None:
    items = iter(range(10))
    assert next(batched(items, 4)) == [0, 1, 2, 3]
    assert next(items) == 4
