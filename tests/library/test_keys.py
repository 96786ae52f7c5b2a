"""Names of objects: released copies, neighbours."""

from __future__ import annotations

import pytest

from dam_plugin.errors import StorageError
from dam_plugin.library.keys import beside, is_released, released


@pytest.mark.parametrize("key", ["released/a.jpg", "released/2026/ä b.jpg"])
def test_a_plain_path_under_released_is_a_copy(key: str) -> None:
    assert released(key) == key
    assert is_released(key)


@pytest.mark.parametrize(
    "key",
    [
        "photo.jpg",
        "releasedx/a.jpg",
        "/released/a.jpg",
        "released/",
        "released/../a.jpg",
        "released//a.jpg",
        "released/./a.jpg",
        "released/..\\a.jpg",
        "released/a\n.jpg",
        "Released/a.jpg",
        "released/" + "a" * 1024,
    ],
)
def test_any_other_key_is_no_copy(key: str) -> None:
    with pytest.raises(StorageError, match="released"):
        released(key)


def test_a_sibling_lies_in_the_same_folder() -> None:
    assert beside("2026/prom/a.jpg", "a.xmp") == "2026/prom/a.xmp"
    assert beside("a.jpg", "a.xmp") == "a.xmp"


@pytest.mark.parametrize("name", ["", ".", "..", "../a.xmp", "x/a.xmp", "x\\a.xmp", "a\0.xmp", "/a.xmp"])
def test_a_name_that_is_a_path_has_no_sibling(name: str) -> None:
    assert beside("2026/a.jpg", name) is None
