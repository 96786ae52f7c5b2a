"""Where a set goes: how a place is written, what is in the way there, and what is thrown away."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from pathlib import Path

import pytest

from dam_plugin.errors import InputError, StorageError
from dam_plugin.library.s3 import Library
from dam_plugin.yearbook.bucket_sink import BucketSink
from dam_plugin.yearbook.sinks import FileSink
from dam_plugin.yearbook.targets import Target, target_of


@pytest.fixture
def library(bucket: str) -> Library:
    return Library.connect(bucket)


def place(library: Library, name: str = "fall.zip") -> Target:
    return target_of(f"s3://{library.bucket}/exports/{name}", library)


# How a place is written


def test_a_path_is_a_file(tmp_path: Path) -> None:
    target = target_of(str(tmp_path / "SET.zip"), None)
    assert (target.where, target.library) == (str(tmp_path / "SET.zip"), None)
    assert target.exclusions("x-1") == tmp_path / "SET.exclusions.json"


def test_one_file_is_the_same_place_from_whichever_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path)
    here = target_of("inner/SET.zip", None)
    monkeypatch.chdir(tmp_path / "inner")
    assert target_of("SET.zip", None).name == here.name
    assert target_of(str(tmp_path / "inner" / "SET.zip"), None).name == here.name
    assert target_of("../inner/./SET.zip", None).name == here.name
    (tmp_path / "linked").symlink_to(tmp_path / "inner")
    assert target_of(str(tmp_path / "linked" / "SET.zip"), None).name == here.name
    monkeypatch.chdir(tmp_path)
    assert target_of("SET.zip", None).name != here.name


def test_a_key_of_the_bucket_is_a_place_with_its_list_by_the_sets_id_in_the_current_folder(library: Library) -> None:
    target = place(library, "2026/fall.zip")
    assert (target.where, target.name) == ("exports/2026/fall.zip", f"s3://{library.bucket}/exports/2026/fall.zip")
    assert target.exclusions("x-1") == Path("fall-x-1.exclusions.json")


@pytest.mark.parametrize(
    "key",
    ["fall.zip", "released/fall.zip", "exports/../fall.zip", "exports//a.zip", "exports/", "exports/a\\b.zip", "exports/\n"],
    ids=ascii,
)  # fmt: skip
def test_no_other_key_of_the_bucket_takes_a_set(library: Library, key: str) -> None:
    with pytest.raises(InputError):
        target_of(f"s3://{library.bucket}/{key}", library)


@pytest.mark.parametrize("text", ["s3://another/exports/a.zip", "s3://", "s3:///exports/a.zip", "s3://exports/a.zip"])
def test_no_other_bucket_takes_a_set(library: Library, text: str) -> None:
    for known in (library, None):
        with pytest.raises(InputError, match="the plugin's own bucket alone"):
            target_of(text, known)


# What is in the way


@pytest.mark.parametrize("what", ["a file", "a folder", "a link", "a link to nothing", "a pipe"])
def test_whatever_is_there_is_in_the_way(tmp_path: Path, what: str) -> None:
    path = tmp_path / "SET.zip"
    (tmp_path / "other").write_bytes(b"x")
    make = {
        "a file": lambda: path.write_bytes(b"x"),
        "a folder": path.mkdir,
        "a link": lambda: path.symlink_to(tmp_path / "other"),
        "a link to nothing": lambda: path.symlink_to(tmp_path / "nothing"),
        "a pipe": lambda: os.mkfifo(path),
    }
    make[what]()
    target = target_of(str(path), None)
    with pytest.raises(InputError, match="is there already"):
        target.check_free()
    assert target.is_there()
    with pytest.raises(InputError):
        target.begun()


@pytest.mark.parametrize("name", ["SET", "SET.tar", ".zip", "", "SET.zip/"], ids=ascii)
def test_a_set_is_called_as_an_archive(tmp_path: Path, name: str) -> None:
    if name == "SET.zip/":
        # Which is the file, for whoever writes a path so.
        assert target_of(f"{tmp_path}/{name}", None).name.endswith("SET.zip")
        return
    with pytest.raises(InputError, match=r"ends with \.zip"):
        target_of(f"{tmp_path}/{name}" if name else "", None).check_free()


def test_a_capital_ending_is_one_too(tmp_path: Path) -> None:
    target_of(str(tmp_path / "SET.ZIP"), None).check_free()


@pytest.mark.parametrize("folder", ["nowhere", "file"])
def test_a_folder_that_is_none_is_told(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(InputError, match="is no folder"):
        target_of(str(tmp_path / folder / "SET.zip"), None).check_free()


def test_a_folder_of_the_current_one_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    target_of("SET.zip", None).check_free()
    target_of("SET.zip", None).begun().close()
    assert (tmp_path / "SET.zip.part").exists()


def test_a_name_that_no_file_can_have_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name too long"):
        target_of(str(tmp_path / f"{'x' * 250}.zip"), None).begun()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(InputError, match=r"does not take the set \(permission denied\)"):
        target_of(str(tmp_path / "SET.zip"), None).begun()


def test_a_key_that_is_taken_is_in_the_way(library: Library) -> None:
    target = place(library)
    target.check_free()
    assert not target.is_there()
    with pytest.raises(InputError, match="no set is in the bucket"):
        target.opened()
    library.put(target.where, b"a set", media_type="application/zip")
    assert target.is_there()
    with pytest.raises(InputError, match="choose another key"):
        target.check_free()
    with target.opened() as file:
        assert file.read() == b"a set"


def test_a_bucket_that_is_not_there_is_no_free_place(library: Library) -> None:
    gone = Target("exports/a.zip", "s3://gone/exports/a.zip", Library.connect("gone-bucket"))
    with pytest.raises(StorageError):
        gone.check_free()


# What broke off


def test_an_unfinished_file_is_seen_whatever_it_is(tmp_path: Path) -> None:
    target = target_of(str(tmp_path / "SET.zip"), None)
    assert not target.is_begun()
    (tmp_path / "SET.zip.part").symlink_to(tmp_path / "nothing")
    assert target.is_begun()


def test_of_an_upload_that_broke_off_the_bucket_alone_knows(library: Library) -> None:
    assert place(library).is_begun()


def test_a_file_that_broke_off_is_gone_on_with_or_thrown_away(tmp_path: Path) -> None:
    target = target_of(str(tmp_path / "SET.zip"), None)
    with closing(target.begun()) as sink:
        sink.write(b"12345")
    with closing(target.resumed(None, 3)) as sink:
        assert sink.position == 3
    target.forget([])
    assert list(tmp_path.iterdir()) == []
    target.forget([])


def test_a_file_that_is_being_written_is_not_thrown_away(tmp_path: Path) -> None:
    target = target_of(str(tmp_path / "SET.zip"), None)
    with closing(target.begun()) as sink:
        with pytest.raises(InputError, match="another export is writing"):
            target.forget([])
        sink.commit()
    assert (tmp_path / "SET.zip").exists()


def test_an_upload_that_broke_off_is_gone_on_with_or_thrown_away(library: Library) -> None:
    target = place(library)
    begun = target.begun()
    assert isinstance(begun, BucketSink)
    begun.write(b"12345")
    again = target.resumed(begun.upload_id, 0)
    assert isinstance(again, BucketSink)
    assert (again.upload_id, again.position) == (begun.upload_id, 0)
    # One whose number was never put on record is begun anew.
    other = target.resumed(None, 0)
    assert isinstance(other, BucketSink)
    assert other.upload_id != begun.upload_id
    target.forget([begun.upload_id, other.upload_id])
    target.forget([begun.upload_id])
    with pytest.raises(StorageError):
        target.resumed(begun.upload_id, 0)


def test_a_file_is_begun_where_nothing_is(tmp_path: Path) -> None:
    with closing(target_of(str(tmp_path / "SET.zip"), None).begun()) as sink:
        assert isinstance(sink, FileSink)
