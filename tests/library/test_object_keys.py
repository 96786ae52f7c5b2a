"""Names of objects: released copies, neighbours."""

from __future__ import annotations

import pytest

from dam_plugin.errors import InputError, StorageError
from dam_plugin.library.object_keys import beside, exported, is_ours, is_released, released, uploadable


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


@pytest.mark.parametrize("key", ["exports/fall.zip", "exports/2026/fall set.zip"])
def test_a_plain_path_under_exports_is_a_set(key: str) -> None:
    assert exported(key) == key


@pytest.mark.parametrize(
    "key",
    [
        "fall.zip",
        "exports",
        "exports/",
        "/exports/fall.zip",
        "exports/../fall.zip",
        "exports/a\n.zip",
        "released/fall.zip",
        "Exports/fall.zip",
        "exports/" + "a" * 1024,
    ],
)
def test_any_other_key_is_no_set(key: str) -> None:
    with pytest.raises(InputError, match="key"):
        exported(key)


@pytest.mark.parametrize("folder", ["released/", "evidence/", "exports/"])
def test_nobody_uploads_into_a_folder_of_ours(folder: str) -> None:
    assert is_ours(f"{folder}a.jpg")
    with pytest.raises(InputError, match=f"'{folder}' is for"):
        uploadable(f"{folder}a.jpg")


def test_a_sibling_lies_in_the_same_folder() -> None:
    assert beside("2026/prom/a.jpg", "a.xmp") == "2026/prom/a.xmp"
    assert beside("a.jpg", "a.xmp") == "a.xmp"


@pytest.mark.parametrize("name", ["", ".", "..", "../a.xmp", "x/a.xmp", "x\\a.xmp", "a\0.xmp", "/a.xmp"])
def test_a_name_that_is_a_path_has_no_sibling(name: str) -> None:
    assert beside("2026/a.jpg", name) is None
