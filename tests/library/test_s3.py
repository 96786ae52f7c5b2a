"""One bucket over real HTTP: objects, versions, tags, ranges, listings and URLs."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import stat
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from moto_server import DELIVERY_KEYS, PLUGIN_KEY

from dam_plugin.errors import AssetMissing, SettingsError, StorageError, StorageUnreachable
from dam_plugin.library import s3, storage_errors, upload
from dam_plugin.library.ranged_file import BLOCK
from dam_plugin.library.s3 import Library, TooLarge

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEYS = ["plain.jpg", "two words+plus.jpg", "Überblick/ñandú 100%.jpg", "a%20b&c=d?e#f.jpg", "日本.jpg"]
JPEG = "image/jpeg"


# Objects


@pytest.mark.parametrize("key", KEYS)
def test_what_was_put_is_read_under_any_name(library: Library, key: str) -> None:
    put = library.put(key, b"picture", media_type=JPEG)
    assert put.version_id
    assert library.head(key) == put
    assert library.read(key, version_id=put.version_id, etag=put.etag, limit=7) == b"picture"
    assert [listed.key for listed in library.list()] == [key]


def test_a_large_file_is_sent_in_parts_and_told_of_its_progress(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "PART", 5 * 1024 * 1024)
    data = bytes(range(256)) * (12 * 4096)
    heard: list[int] = []
    put = library.put("film.mp4", io.BytesIO(data), media_type="video/mp4", tags={"a": "b"}, progress=heard.append)
    assert library.head("film.mp4") == put
    assert library.read("film.mp4", etag=put.etag, limit=len(data)) == data
    assert library.tags("film.mp4", put.version_id) == {"a": "b"}
    assert heard == [5 * 1024 * 1024, 5 * 1024 * 1024, 2 * 1024 * 1024]


def test_an_upload_whose_source_fails_leaves_no_parts_behind(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size) or self.fail()

        def fail(self) -> bytes:
            raise OSError("the card was pulled out")

    monkeypatch.setattr(upload, "PART", 5 * 1024 * 1024)
    with pytest.raises(OSError, match="pulled out"):
        library.put("film.mp4", Broken(bytes(5 * 1024 * 1024)), media_type="video/mp4")
    assert "Uploads" not in library._client.list_multipart_uploads(Bucket=library.bucket)
    assert list(library.list()) == []


def test_an_upload_of_too_many_parts_is_refused(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "PART", 5)
    monkeypatch.setattr(upload, "MOST_PARTS", 2)
    with pytest.raises(StorageError, match="at most 10 bytes"):
        library.put("film.mp4", bytes(11), media_type="video/mp4")


def test_an_older_version_is_still_there(library: Library) -> None:
    first = library.put("a.jpg", b"first", media_type=JPEG)
    second = library.put("a.jpg", b"second", media_type=JPEG)
    assert library.read("a.jpg", version_id=first.version_id, limit=10) == b"first"
    assert library.head("a.jpg", first.version_id) == first
    assert library.head("a.jpg") == second


def test_an_object_of_the_wrong_etag_changed_meanwhile(library: Library) -> None:
    first = library.put("a.jpg", b"first", media_type=JPEG)
    library.put("a.jpg", b"second", media_type=JPEG)
    with pytest.raises(StorageError, match="changed meanwhile"):
        library.read("a.jpg", etag=first.etag, limit=10)


def test_an_object_larger_than_the_limit_is_not_read(library: Library) -> None:
    library.put("a.jpg", b"12345678", media_type=JPEG)
    with pytest.raises(StorageError, match="has 8 bytes, 7 are read at most"):
        library.read("a.jpg", limit=7)


def test_a_version_is_downloaded_piece_by_piece_into_a_file_of_its_owner(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "CHUNK", 1000)
    data = bytes(range(256)) * 20
    put = library.put("film.mp4", data, media_type="video/mp4")
    library.put("film.mp4", b"another", media_type="video/mp4")
    path = tmp_path / "source"
    digest = library.download("film.mp4", version_id=put.version_id, etag=put.etag, path=path, limit=len(data))
    assert path.read_bytes() == data
    assert digest == hashlib.sha256(data).hexdigest()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_too_large_or_changed_meanwhile_is_not_downloaded(library: Library, tmp_path: Path) -> None:
    put = library.put("film.mp4", b"12345678", media_type="video/mp4")
    path = tmp_path / "source"
    with pytest.raises(TooLarge, match="has 8 bytes, 7 are read at most"):
        library.download("film.mp4", version_id=put.version_id, etag=put.etag, path=path, limit=7)
    with pytest.raises(StorageError, match="changed meanwhile"):
        library.download("film.mp4", version_id=put.version_id, etag="0" * 32, path=path, limit=8)
    assert not path.exists()


def test_no_file_that_is_there_already_is_written_to(library: Library, tmp_path: Path) -> None:
    put = library.put("film.mp4", b"12345678", media_type="video/mp4")
    (tmp_path / "mine").write_bytes(b"mine")
    (tmp_path / "source").symlink_to(tmp_path / "mine")
    with pytest.raises(StorageError, match="temporary folder does not take the file") as raised:
        library.download("film.mp4", version_id=put.version_id, etag=put.etag, path=tmp_path / "source", limit=8)
    assert (tmp_path / "mine").read_bytes() == b"mine"
    assert str(tmp_path) not in str(raised.value)


def test_a_download_that_is_cut_short_is_no_download(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="another number of bytes"):
        s3.write_to_file([b"1234"], tmp_path / "source", 5)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk here is always full")
def test_a_disk_that_is_full_is_told_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened = os.open
    monkeypatch.setattr(s3.os, "open", lambda *_: opened("/dev/full", os.O_WRONLY))
    with pytest.raises(StorageError, match=r"\(no space left on device\): free some space, or set TMPDIR"):
        s3.write_to_file([b"1" * 100_000], tmp_path / "source", 100_000)


def test_a_deleted_object_is_missing_though_its_versions_stay(library: Library) -> None:
    put = library.put("Jane Doe.jpg", b"x", media_type=JPEG)
    library.delete("Jane Doe.jpg")
    for ask in (lambda: library.head("Jane Doe.jpg"), lambda: library.read("Jane Doe.jpg", limit=1)):
        with pytest.raises(AssetMissing) as missing:
            ask()
        assert "Jane" not in str(missing.value)
    assert library.head("Jane Doe.jpg", put.version_id) == put


def test_a_version_deleted_for_good_is_gone(library: Library) -> None:
    put = library.put("a.jpg", b"x", media_type=JPEG)
    library.delete("a.jpg", put.version_id)
    library.delete("a.jpg", put.version_id)
    with pytest.raises(AssetMissing):
        library.head("a.jpg", put.version_id)


def test_a_listing_shows_current_versions_page_by_page(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        library.put(f"in/{number}.jpg", b"old", media_type=JPEG)
    newest = [library.put(f"in/{number}.jpg", b"newer", media_type=JPEG) for number in range(7)]
    library.put("out/a.jpg", b"x", media_type=JPEG)
    library.delete("in/3.jpg")
    original = library._client.get_paginator

    class Small:
        def paginate(self, **asked: str) -> object:
            return original("list_object_versions").paginate(**asked, PaginationConfig={"PageSize": 3})

    monkeypatch.setattr(library._client, "get_paginator", lambda _: Small())
    listed = list(library.list("in/"))
    assert [(entry.key, entry.version_id, entry.etag, entry.size) for entry in listed] == [
        (head.key, head.version_id, head.etag, head.size) for head in newest if head.key != "in/3.jpg"
    ]
    assert all(entry.last_modified.tzinfo for entry in listed)


# Releasing an original as it is


MIB = 1024 * 1024


@pytest.mark.parametrize("part", [5 * MIB, 6 * MIB], ids=["in parts", "whole"])
def test_a_version_is_released_as_it_is_inside_the_bucket(
    library: Library, raw_s3: S3Client, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr(s3, "COPY_PART", part)
    # All parts but the last have to have 5 MiB.
    data = (bytes(range(251)) * 21_000)[: 5 * MIB + 17]
    stored = raw_s3.put_object(
        Bucket=library.bucket, Key="a b/é+.mp4", Body=data, Metadata={"by": "somebody"}, Tagging="dam-release=hold&x=y"
    )
    version, etag = stored["VersionId"], stored["ETag"].strip('"')
    library.put("a b/é+.mp4", b"another", media_type="video/mp4")
    source = ("a b/é+.mp4", version, etag)
    head = library.publish_as_it_is("released/r/1", source, media_type="video/mp4", tags={"dam-release": "open"})
    assert library.read("released/r/1", version_id=head.version_id, limit=len(data)) == data
    assert library.head("released/r/1") == head
    assert library.tags("released/r/1") == {"dam-release": "open"}
    assert raw_s3.head_object(Bucket=library.bucket, Key="released/r/1")["Metadata"] == {}


def test_a_copy_in_parts_that_fails_leaves_no_parts_behind(
    library: Library, raw_s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "COPY_PART", 1)
    put = library.put("a.mp4", b"123", media_type="video/mp4")
    source = ("a.mp4", put.version_id, put.etag)
    # Parts of a single byte are too small for any server.
    with pytest.raises(StorageError):
        library.publish_as_it_is("released/r/1", source, media_type="video/mp4", tags={})
    assert raw_s3.list_multipart_uploads(Bucket=library.bucket).get("Uploads", []) == []
    assert list(library.list("released/")) == []


def test_nothing_is_released_as_it_is_but_the_version_that_was_asked_for(library: Library) -> None:
    put = library.put("a.jpg", b"12345678", media_type=JPEG)
    with pytest.raises(StorageError, match="under released/"):
        library.publish_as_it_is("a.jpg", ("a.jpg", put.version_id, put.etag), media_type=JPEG, tags={})
    with pytest.raises(AssetMissing):
        library.publish_as_it_is("released/r/1", ("b.jpg", None, put.etag), media_type=JPEG, tags={})
    with pytest.raises(StorageError, match="changed meanwhile"):
        library.publish_as_it_is("released/r/1", ("a.jpg", put.version_id, "0" * 32), media_type=JPEG, tags={})


# Ranges


def test_ranged_reads_give_the_bytes_of_the_version(library: Library) -> None:
    data = bytes(number % 251 for number in range(6 * BLOCK + 17))
    put = library.put("clip.mp4", data, media_type="video/mp4")
    library.put("clip.mp4", b"another", media_type="video/mp4")
    with library.open("clip.mp4", version_id=put.version_id, etag=put.etag, size=put.size) as file:
        file.seek(-17, io.SEEK_END)
        assert file.read() == data[-17:]
        file.seek(BLOCK - 3)
        assert file.read(6) == data[BLOCK - 3 : BLOCK + 3]
        assert (file.requests, file.fetched) == (2, 2 * BLOCK + 17)


def test_a_small_object_is_opened_in_one_request(library: Library) -> None:
    put = library.put("a.jpg", b"p" * 40_000, media_type=JPEG)
    with library.open("a.jpg", version_id=put.version_id, etag=put.etag, size=put.size) as file:
        assert file.read() == b"p" * 40_000
        assert file.requests == 1


def test_an_object_replaced_between_two_reads_is_noticed(library: Library) -> None:
    put = library.put("clip.mp4", bytes(6 * BLOCK), media_type="video/mp4")
    with library.open("clip.mp4", version_id=None, etag=put.etag, size=put.size) as file:
        file.read(1)
        library.put("clip.mp4", b"1" * (6 * BLOCK), media_type="video/mp4")
        file.seek(3 * BLOCK)
        with pytest.raises(StorageError, match="changed meanwhile"):
            file.read(1)


def test_the_budget_of_a_file_holds(library: Library) -> None:
    put = library.put("clip.mp4", bytes(6 * BLOCK), media_type="video/mp4")
    with (
        library.open("clip.mp4", version_id=None, etag=put.etag, size=put.size, budget=BLOCK) as file,
        pytest.raises(StorageError, match="budget"),
    ):
        file.read()


def test_a_server_that_ignores_ranges_is_not_read_to_the_end(
    aws_env: str, answering: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", answering(200, bytes(10 * BLOCK), {"ETag": '"e"'}))
    with (
        Library.connect("photos") as library,
        library.open("a.mp4", version_id=None, etag="e", size=10 * BLOCK) as file,
        pytest.raises(StorageError, match="another number of bytes"),
    ):
        file.read(1)


# Siblings


def test_a_sidecar_is_opened_beside_its_photo(library: Library) -> None:
    library.put("2026/a.xmp", b"<x/>", media_type="application/rdf+xml")
    library.put("a.xmp", b"another folder's", media_type="application/rdf+xml")
    sibling = library.siblings("2026/a.jpg", limit=100)
    found = sibling("a.xmp")
    assert found is not None
    assert found.read() == b"<x/>"
    assert sibling("b.xmp") is None
    assert sibling("../a.xmp") is None


def test_a_sidecar_that_is_too_large_is_not_taken_for_absent(library: Library) -> None:
    library.put("a.xmp", b"<xxx/>", media_type="application/rdf+xml")
    with pytest.raises(TooLarge, match="6 bytes"):
        library.siblings("a.jpg", limit=5)("a.xmp")


def test_a_missing_bucket_is_not_taken_for_an_absent_sidecar(aws_env: str) -> None:
    with Library.connect("no-such-bucket") as library, pytest.raises(storage_errors.BucketMissing):
        library.siblings("a.jpg", limit=5)("a.xmp")


# Tags


def test_our_tags_are_written_beside_those_of_others(library: Library) -> None:
    put = library.put("a.jpg", b"x", media_type=JPEG, tags={"album": "prom", "dam-rules": "old"})
    library.write_tags("a.jpg", put.version_id, {"dam-release": "hold"})
    assert library.tags("a.jpg", put.version_id) == {"album": "prom", "dam-release": "hold"}


def test_tags_belong_to_a_version_and_not_to_the_key(library: Library) -> None:
    first = library.put("a.jpg", b"1", media_type=JPEG)
    second = library.put("a.jpg", b"2", media_type=JPEG)
    library.write_tags("a.jpg", first.version_id, {"dam-release": "staff"})
    assert library.tags("a.jpg") == {}
    library.write_tags("a.jpg", None, {"dam-release": "hold"})
    assert library.tags("a.jpg", second.version_id) == {"dam-release": "hold"}
    assert library.tags("a.jpg", first.version_id) == {"dam-release": "staff"}


def count_tag_writes(library: Library) -> list[str]:
    writes: list[str] = []
    library._client.meta.events.register("before-call.s3.PutObjectTagging", lambda **_: writes.append("tags"))
    return writes


def test_equal_tags_are_not_written_again(library: Library) -> None:
    put = library.put("a.jpg", b"1", media_type=JPEG, tags={"dam-release": "hold", "album": "prom"})
    writes = count_tag_writes(library)
    library.write_tags("a.jpg", put.version_id, {"dam-release": "hold"})
    assert writes == []


def interfere(library: Library, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let somebody else overwrite all tags right after each of our first writes."""
    write = library._client.put_object_tagging
    left = [times]

    def written(**asked: object) -> object:
        answer = write(**asked)  # type: ignore[arg-type]
        if left[0]:
            left[0] -= 1
            write(**{**asked, "Tagging": {"TagSet": [{"Key": "album", "Value": f"v{left[0]}"}]}})  # type: ignore[arg-type]
        return answer

    monkeypatch.setattr(library._client, "put_object_tagging", written)


def test_tags_that_somebody_overwrote_meanwhile_are_merged_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = library.put("a.jpg", b"1", media_type=JPEG, tags={"album": "prom"})
    interfere(library, monkeypatch, times=1)
    library.write_tags("a.jpg", put.version_id, {"dam-release": "hold"})
    assert library.tags("a.jpg", put.version_id) == {"album": "v0", "dam-release": "hold"}


def test_tags_that_somebody_keeps_overwriting_are_an_error(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    put = library.put("a.jpg", b"1", media_type=JPEG)
    interfere(library, monkeypatch, times=100)
    with pytest.raises(StorageError, match="somebody else keeps changing the tags"):
        library.write_tags("a.jpg", put.version_id, {"dam-release": "hold"})


def test_tags_that_do_not_fit_are_not_written_at_all(library: Library) -> None:
    others = {f"host-{number}": "x" for number in range(10)}
    put = library.put("a.jpg", b"1", media_type=JPEG, tags=others)
    with pytest.raises(StorageError, match="carries 10 tags of others"):
        library.write_tags("a.jpg", put.version_id, {"dam-release": "staff"})
    assert library.tags("a.jpg", put.version_id) == others


# Released copies and links


def test_the_tags_of_a_copy_are_set_in_one_request_whatever_stood_there(library: Library) -> None:
    copy = library.publish("released/r/a.jpg", b"x", media_type=JPEG, tags={"dam-release": "open", "dam-students": "s"})
    asked: list[str] = []
    library._client.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))
    library.put_tags(copy.key, copy.version_id, {"dam-release": "hold"})
    assert asked == ["PutObjectTagging"]
    assert library.tags(copy.key, copy.version_id) == {"dam-release": "hold"}


def test_the_tags_of_anything_but_a_copy_are_not_set_over_those_of_others(library: Library) -> None:
    put = library.put("a.jpg", b"x", media_type=JPEG, tags={"project": "x"})
    with pytest.raises(StorageError):
        library.put_tags("a.jpg", put.version_id, {"dam-release": "hold"})
    assert library.tags("a.jpg", put.version_id) == {"project": "x"}


def test_the_tags_of_a_copy_that_is_gone_are_not_set(library: Library) -> None:
    copy = library.publish("released/r/a.jpg", b"x", media_type=JPEG, tags={"dam-release": "open"})
    library.delete(copy.key, copy.version_id)
    with pytest.raises(AssetMissing):
        library.put_tags(copy.key, copy.version_id, {"dam-release": "hold"})


def test_a_copy_is_published_with_its_tags_in_one_request(library: Library) -> None:
    writes = count_tag_writes(library)
    file = io.BytesIO(b"copy")
    put = library.publish("released/r1.jpg", file, media_type=JPEG, tags={"dam-release": "open"})
    assert library.tags("released/r1.jpg", put.version_id) == {"dam-release": "open"}
    assert writes == []


def test_a_copy_is_published_nowhere_else(library: Library) -> None:
    with pytest.raises(StorageError, match="released/"):
        library.publish("released/../a.jpg", b"copy", media_type=JPEG, tags={"dam-release": "open"})
    assert list(library.list()) == []


def test_a_url_opens_the_copy_and_is_signed_by_delivery(library: Library) -> None:
    put = library.publish("released/ü 1+1.jpg", b"copy", media_type=JPEG, tags={"dam-release": "open"})
    url = library.presign(put.key, put.version_id, seconds=90, download_name='größe "1".jpg')
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
    assert asked["X-Amz-Credential"][0].startswith(DELIVERY_KEYS[0] + "/")
    assert asked["X-Amz-Expires"] == ["90"]
    assert asked["versionId"] == [put.version_id]
    assert PLUGIN_KEY not in url
    with urllib.request.urlopen(url) as answer:  # noqa: S310
        assert answer.read() == b"copy"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%221%22.jpg"


def test_a_url_for_head_is_signed_for_head(library: Library) -> None:
    put = library.publish("released/1.jpg", b"copy", media_type=JPEG, tags={"dam-release": "open"})
    get, head = library.presign(put.key, put.version_id), library.presign(put.key, put.version_id, method="head")
    signature = [urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["X-Amz-Signature"] for url in (get, head)]
    assert signature[0] != signature[1]
    with urllib.request.urlopen(urllib.request.Request(head, method="HEAD")) as answer:  # noqa: S310
        assert answer.headers["Content-Length"] == "4"


def test_without_delivery_credentials_nothing_is_linked(bucket: str) -> None:
    with Library.connect(bucket) as library, pytest.raises(SettingsError, match="DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID"):
        library.presign("released/1.jpg", None)


def test_an_original_is_never_linked(library: Library) -> None:
    with pytest.raises(StorageError, match="never an original"):
        library.presign("a.jpg", None)


@pytest.mark.parametrize("seconds", [0, -1, 7201])
def test_a_url_lives_at_most_two_hours(library: Library, seconds: int) -> None:
    with pytest.raises(StorageError, match="lives 1 to 7200 seconds"):
        library.presign("released/1.jpg", None, seconds=seconds)


# What goes wrong


def test_a_missing_bucket_is_named_with_the_remedy(aws_env: str) -> None:
    with Library.connect("no-such-bucket") as library:
        asks: list[Callable[[], object]] = [
            library.check_bucket,
            lambda: library.head("a.jpg"),
            lambda: library.read("a.jpg", limit=1),
            lambda: library.put("a.jpg", b"", media_type=JPEG),
            lambda: list(library.list()),
            lambda: library.tags("a.jpg"),
        ]
        for ask in asks:
            with pytest.raises(AssetMissing, match=r"bucket no-such-bucket does not exist.*dam-plugin init"):
                ask()


def test_a_bucket_that_is_there_passes_the_check(library: Library) -> None:
    library.check_bucket()


@pytest.mark.usefixtures("at_once")
def test_a_closed_port_does_not_answer(aws_env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://user:secret@127.0.0.1:{port}")
    with (
        Library.connect("photos") as library,
        pytest.raises(StorageUnreachable, match=f"127.0.0.1:{port} does not answer") as unreachable,
    ):
        library.head("Jane Doe.jpg")
    assert "secret" not in str(unreachable.value)
    assert (unreachable.value.__cause__, unreachable.value.__suppress_context__) == (None, True)


@pytest.mark.usefixtures("at_once")
def test_a_server_that_says_nothing_is_given_up(
    aws_env: str, silent_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", silent_endpoint)
    with (
        Library.connect("photos", read_seconds=0.2) as library,
        pytest.raises(StorageUnreachable, match="does not answer"),
    ):
        library.check_bucket()


@pytest.mark.parametrize("code", ["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"])
def test_credentials_that_are_not_accepted_are_named(
    aws_env: str, answering: Callable[..., str], monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    body = f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
    monkeypatch.setenv("AWS_ENDPOINT_URL", answering(403, body, {"Content-Type": "application/xml"}))
    with (
        Library.connect("photos") as library,
        pytest.raises(StorageUnreachable, match=rf"does not accept the credentials \({code}\)") as refused,
    ):
        library.check_bucket()
    assert PLUGIN_KEY not in str(refused.value)


def test_a_refused_head_is_an_error_and_not_an_absence(
    aws_env: str, answering: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", answering(403))
    with Library.connect("photos") as library, pytest.raises(StorageError, match="refuses this") as refused:
        library.head("a.jpg")
    assert not isinstance(refused.value, AssetMissing)


def test_an_answer_that_breaks_off_is_an_error(
    aws_env: str, answering: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", answering(200, b"half", {"Content-Length": "8", "ETag": '"e"'}))
    with Library.connect("photos") as library, pytest.raises(StorageUnreachable):
        library.read("a.jpg", limit=10)


def test_a_server_that_is_not_s3_is_an_error(
    aws_env: str, answering: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", answering(200, b"<html><p>Welcome"))
    with Library.connect("photos") as library:
        with pytest.raises(StorageError, match="check AWS_ENDPOINT_URL"):
            library.check_bucket()
        with pytest.raises(StorageError, match="not as AWS does: its answer lacks 'ETag'"):
            library.head("a.jpg")


def test_no_credentials_at_all_are_named(aws_env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with Library.connect("photos") as library, pytest.raises(StorageUnreachable, match="set AWS_ACCESS_KEY_ID"):
        library.check_bucket()


@pytest.mark.parametrize("name", ["", "ab", "Photos", "photos/2026", "a" * 64, "photos\n"])
def test_a_name_that_no_bucket_has_is_a_wrong_setting(aws_env: str, name: str) -> None:
    with pytest.raises(SettingsError, match="bucket's name"):
        Library.connect(name)


def test_an_endpoint_that_is_no_url_is_a_wrong_setting(aws_env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "not a url")
    with pytest.raises(SettingsError, match="AWS_ENDPOINT_URL is not a URL"):
        Library.connect("photos")


def test_amazon_itself_is_addressed_by_the_bucket_s_host_name(aws_env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with Library.connect("photos", delivery=DELIVERY_KEYS) as library:
        assert library.presign("released/1.jpg", None).startswith("https://photos.s3.")


def test_an_endpoint_of_one_s_own_is_addressed_by_path(library: Library, s3_endpoint: str) -> None:
    assert library.presign("released/1.jpg", None).startswith(f"{s3_endpoint}/{library.bucket}/released/1.jpg?")


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [
        ("NoSuchBucket", storage_errors.BucketMissing, "bucket photos does not exist"),
        ("NoSuchVersion", AssetMissing, "no such object or version"),
        ("405", AssetMissing, "no such object or version"),
        ("PreconditionFailed", storage_errors.ObjectChanged, "changed meanwhile"),
        ("AccessDenied", storage_errors.Refused, "check the role"),
        ("PermanentRedirect", StorageError, "another region"),
        ("SlowDown", StorageUnreachable, "just now"),
        ("QuotaExceeded", StorageError, r"\(QuotaExceeded\)"),
        ("<script>", StorageError, r"\(unknown\)"),
    ],
)
def test_each_answer_has_its_sentence(code: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as told, storage_errors.told("bucket photos", "s3:443"):
        raise ClientError({"Error": {"Code": code, "Message": "Jane Doe.jpg"}}, "GetObject")
    assert type(told.value) is error
    assert "Jane" not in str(told.value)


@pytest.mark.parametrize(
    ("raised", "error", "text"),
    [
        (
            storage_errors.boto.SSLError(endpoint_url="https://s3", error="x"),
            StorageUnreachable,
            "certificate of s3:443",
        ),
        (storage_errors.boto.NoRegionError(), SettingsError, "AWS_DEFAULT_REGION"),
        (storage_errors.boto.ParamValidationError(report="Jane Doe.jpg"), StorageError, r"\(ParamValidationError\)"),
    ],
)
def test_each_failure_before_an_answer_has_its_sentence(raised: Exception, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as told, storage_errors.told("bucket photos", "s3:443"):
        raise raised
    assert "Jane" not in str(told.value)


@pytest.mark.parametrize(
    ("endpoint", "begins"),
    [
        ("http://127.0.0.1:9", "http://127.0.0.1:9/photos-of-ours/released/a.jpg?"),
        (None, "https://photos-of-ours.s3.amazonaws.com/released/a.jpg?"),
    ],
    ids=["own", "amazon"],
)
def test_delivery_addresses_the_bucket_as_the_endpoint_takes_it(
    aws_env: str, monkeypatch: pytest.MonkeyPatch, endpoint: str | None, begins: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with Library.connect("photos-of-ours", delivery=("DELIVERY", "secret")) as library:
        assert library.presign("released/a.jpg", None).startswith(begins)
