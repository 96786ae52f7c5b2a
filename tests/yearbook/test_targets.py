"""Where a set goes: how a place is written, what is in the way there, a draft put into its place, and a set read back."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from moto_server import DELIVERY_KEYS

from dam_plugin.errors import AssetMissing, InputError, StorageError
from dam_plugin.library.s3 import Library
from dam_plugin.library.storage_errors import BucketMissing
from dam_plugin.yearbook import targets
from dam_plugin.yearbook.targets import BucketDraft, FileDraft, Target, target_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = "exports/fall.zip"
MIB = 1024 * 1024


@pytest.fixture
def library(bucket: str) -> Iterator[Library]:
    with Library.connect(bucket, delivery=DELIVERY_KEYS) as connected:
        yield connected


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "set.zip"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder, empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def part(path: Path) -> Path:
    return path.with_name("set.zip.part")


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
        target.draft()


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
    with closing(target_of("SET.zip", None).draft()):
        assert (tmp_path / "SET.zip.part").exists()


def test_a_name_that_no_file_can_have_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name too long"):
        target_of(str(tmp_path / f"{'x' * 250}.zip"), None).draft()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(InputError, match=r"does not take the set \(permission denied\)"):
        target_of(str(tmp_path / "SET.zip"), None).draft()


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


def test_an_unfinished_file_is_seen_whatever_it_is(tmp_path: Path) -> None:
    target = target_of(str(tmp_path / "SET.zip"), None)
    assert not target.is_begun()
    (tmp_path / "SET.zip.part").symlink_to(tmp_path / "nothing")
    assert target.is_begun()


def test_of_a_set_for_the_bucket_that_broke_off_nothing_is_to_be_seen(library: Library) -> None:
    assert place(library).is_begun()


def test_what_a_killed_process_left_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "SET.zip.part").write_bytes(b"half")
    target = target_of(str(tmp_path / "SET.zip"), None)
    for _ in range(2):
        target.forget()
        assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_being_written_is_not_thrown_away(tmp_path: Path) -> None:
    target = target_of(str(tmp_path / "SET.zip"), None)
    with closing(target.draft()) as draft:
        with pytest.raises(InputError, match="another export is writing"):
            target.forget()
        draft.commit()
    assert (tmp_path / "SET.zip").exists()


# A draft beside its place


def test_a_set_has_its_name_only_once_it_is_whole(path: Path) -> None:
    with FileDraft(path) as draft:
        draft.file.write(b"whole")
        draft.file.flush()
        assert (path.exists(), part(path).read_bytes()) == (False, b"whole")
        draft.commit()
    assert (path.read_bytes(), part(path).exists()) == (b"whole", False)


def test_a_set_is_its_owners_alone(path: Path) -> None:
    with FileDraft(path) as draft:
        assert stat.S_IMODE(part(path).stat().st_mode) == 0o600
        draft.commit()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_draft_that_is_not_put_into_its_place_leaves_nothing(path: Path) -> None:
    with FileDraft(path) as draft:
        draft.file.write(b"half")
    assert list(path.parent.iterdir()) == []


def test_a_set_that_came_meanwhile_is_not_replaced_and_the_draft_stays(path: Path) -> None:
    with FileDraft(path) as draft:
        draft.file.write(b"whole")
        path.write_bytes(b"meanwhile")
        with pytest.raises(InputError, match="of this name"):
            draft.commit()
    assert (path.read_bytes(), part(path).read_bytes()) == (b"meanwhile", b"whole")


def test_a_folder_that_is_not_there_is_told_without_its_name(path: Path) -> None:
    with pytest.raises(InputError, match="no such file") as refused:
        FileDraft(path.parent / "ines" / "set.zip")
    assert "ines" not in str(refused.value)


def test_a_disk_that_does_not_hold_the_set_is_told_and_the_draft_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with FileDraft(path) as draft:
        draft.file.write(b"whole")
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", broken)
            with pytest.raises(StorageError, match=r"input/output error.*--resume"):
                draft.commit()
    assert (path.exists(), part(path).read_bytes()) == (False, b"whole")


def test_what_is_buffered_and_does_not_fit_on_the_disk_is_no_second_error(path: Path) -> None:
    full = os.open("/dev/full", os.O_RDWR)
    with FileDraft(path) as draft:
        draft.file.write(b"buffered")
        os.dup2(full, draft.file.fileno())
    os.close(full)
    assert list(path.parent.iterdir()) == []


# What a killed process left


def test_what_broke_off_is_written_anew_from_its_beginning(path: Path) -> None:
    part(path).write_bytes(b"half of another length")
    with FileDraft(path, resumes=True) as draft:
        draft.file.write(b"whole")
        draft.commit()
    assert path.read_bytes() == b"whole"


def test_a_file_that_somebody_deleted_is_begun_again(path: Path) -> None:
    with FileDraft(path, resumes=True) as draft:
        draft.commit()
    assert path.read_bytes() == b""


def test_what_broke_off_is_not_written_over_by_a_new_export(path: Path) -> None:
    part(path).write_bytes(b"half")
    with pytest.raises(InputError, match="--resume"):
        FileDraft(path)
    assert part(path).read_bytes() == b"half"


def test_a_link_in_the_place_of_what_broke_off_is_not_followed(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"somebody's")
    part(path).symlink_to(other)
    for resumes in (False, True):
        with pytest.raises(InputError):
            FileDraft(path, resumes=resumes)
    assert other.read_bytes() == b"somebody's"


def test_a_pipe_in_the_place_of_what_broke_off_keeps_nobody_waiting(path: Path) -> None:
    os.mkfifo(part(path))
    with pytest.raises(InputError, match="not the one"):
        FileDraft(path, resumes=True)


@pytest.mark.parametrize("resumes", [False, True])
def test_two_exports_never_write_one_file(path: Path, resumes: bool) -> None:
    with FileDraft(path) as draft:
        draft.file.write(b"first")
        with pytest.raises(InputError, match=r"another export|broke off"):
            FileDraft(path, resumes=resumes)
        draft.commit()
    assert path.read_bytes() == b"first"


def test_a_set_that_was_finished_while_its_part_was_opened_is_not_emptied(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part(path).write_bytes(b"whole")
    opened = targets._opened_part

    def late(found: Path, *, is_new: bool) -> int:
        descriptor = opened(found, is_new=is_new)
        found.rename(path)
        return descriptor

    monkeypatch.setattr(targets, "_opened_part", late)
    with pytest.raises(InputError, match="another export"):
        FileDraft(path, resumes=True)
    assert path.read_bytes() == b"whole"


KILLED = """
import os, signal, sys
from pathlib import Path
from dam_plugin.yearbook.targets import FileDraft

draft = FileDraft(Path(sys.argv[1]))
draft.file.write(bytes(100_000))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_set_is_finished_after_its_process_was_killed(path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    assert ran.returncode == -signal.SIGKILL
    assert part(path).exists()
    with FileDraft(path, resumes=True) as draft:
        draft.file.write(b"whole")
        draft.commit()
    assert [each.name for each in path.parent.iterdir()] == ["set.zip"]
    assert path.read_bytes() == b"whole"


# A draft for the bucket


@pytest.mark.parametrize("size", [5, 20 * MIB], ids=["one request", "parts"])
def test_a_set_is_in_the_bucket_once_it_is_whole_and_on_hold(library: Library, temporary: Path, size: int) -> None:
    data = os.urandom(size)
    with BucketDraft(library, KEY) as draft:
        draft.file.write(data)
        assert list(library.list()) == []
        draft.commit()
    assert library.head(KEY).media_type == "application/zip"
    assert library.tags(KEY) == {"dam-release": "hold"}
    assert library.read(KEY, limit=size) == data
    assert list(temporary.iterdir()) == []


def test_a_draft_for_the_bucket_is_its_owners_alone_and_nothing_of_it_stays(library: Library, temporary: Path) -> None:
    with BucketDraft(library, KEY) as draft:
        draft.file.write(b"half")
        (folder,) = temporary.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(temporary.iterdir()) == []
    assert list(library.list()) == []


def test_an_upload_that_fails_leaves_nothing_here_and_no_parts_there(
    library: Library, raw_s3: S3Client, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3.example.org")

    with BucketDraft(library, KEY) as draft:
        draft.file.write(bytes(20 * MIB))
        with monkeypatch.context() as patch:
            patch.setattr(library._client, "upload_part", unreachable)
            with pytest.raises(StorageError):
                draft.commit()
    assert list(temporary.iterdir()) == []
    assert raw_s3.list_multipart_uploads(Bucket=library.bucket).get("Uploads", []) == []
    assert list(library.list()) == []


def test_a_set_is_put_on_hold_again_where_the_storage_dropped_its_tags(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_file = Library.put_file
    monkeypatch.setattr(Library, "put_file", lambda *each, **more: put_file(*each, **{**more, "tags": {}}))
    with BucketDraft(library, KEY) as draft:
        draft.commit()
    assert library.tags(KEY) == {"dam-release": "hold"}


def test_memory_does_not_hold_a_set_that_is_sent(
    library: Library, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []

    def upload_part(*, Body: Any, **_: Any) -> Any:  # noqa: N803 - as the SDK names it
        sent.append(len(Body.read()))
        return {"ETag": "etag"}

    # The server would run in this process, and hold the set.
    monkeypatch.setattr(library._client, "create_multipart_upload", lambda **_: {"UploadId": "upload"})
    monkeypatch.setattr(library._client, "upload_part", upload_part)
    monkeypatch.setattr(library._client, "complete_multipart_upload", lambda **_: {})
    monkeypatch.setattr(Library, "write_tags", lambda *_: None)
    with BucketDraft(library, KEY) as draft:
        for _ in range(400):
            draft.file.write(bytes(MIB))
        tracemalloc.start()
        try:
            draft.commit()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert sum(sent) == 400 * MIB
    assert peak < 200 * MIB


def test_a_full_temporary_folder_is_told_as_that(
    library: Library, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(StorageError, match="no space left on device"):
        BucketDraft(library, KEY)
    assert list(temporary.iterdir()) == []


def test_a_set_that_came_to_the_key_meanwhile_is_not_replaced(library: Library) -> None:
    with BucketDraft(library, KEY) as draft:
        library.put(KEY, b"meanwhile", media_type="application/zip")
        with pytest.raises(InputError, match="of this key"):
            draft.commit()
    assert library.read(KEY, limit=9) == b"meanwhile"
    with pytest.raises(InputError, match="of this key"):
        BucketDraft(library, KEY)


@pytest.mark.parametrize("key", ["fall.zip", "released/fall.zip", "exports/", "exports/../fall.zip", "exports//a.zip"])
def test_a_set_goes_nowhere_else_in_the_bucket(library: Library, key: str) -> None:
    with pytest.raises(InputError, match="exports/"):
        BucketDraft(library, key)


# Reading a set


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(b"whole")
    with target_of(str(tmp_path / "set.zip"), None).opened() as file:
        assert file.read() == b"whole"


def test_an_object_is_read_from_anywhere_and_twice(library: Library) -> None:
    data = os.urandom(1_000_000)
    library.put("exports/set.zip", data, media_type="application/zip")
    with place(library, "set.zip").opened() as file:
        for _ in range(2):
            file.seek(-10, os.SEEK_END)
            assert file.read() == data[-10:]
            file.seek(0)
            assert file.read() == data


def test_a_set_that_is_replaced_while_it_is_read_is_read_to_its_end(library: Library) -> None:
    library.put("exports/set.zip", b"before", media_type="application/zip")
    with place(library, "set.zip").opened() as file:
        library.put("exports/set.zip", b"afters", media_type="application/zip")
        assert file.read() == b"before"


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_refused_without_its_name(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "ines.zip"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(InputError) as refused:
        target_of(str(path), None).opened()
    assert "ines" not in str(refused.value)


@pytest.mark.parametrize("key", ["exports/ines.zip", "events/ines.jpg"])
def test_what_is_no_set_in_the_bucket_is_refused_without_its_name(library: Library, key: str) -> None:
    library.put("events/ines.jpg", b"picture", media_type="image/jpeg")
    with pytest.raises(InputError) as refused:
        Target(key, key, library).opened()
    assert "ines" not in str(refused.value)


def test_a_bucket_that_is_gone_is_no_missing_set(aws_env: str) -> None:
    with Library.connect("no-such-bucket") as elsewhere, pytest.raises(BucketMissing) as missing:
        place(elsewhere).opened()
    assert isinstance(missing.value, AssetMissing)
