"""An object that is sent part by part, and taken up again by its id."""

from __future__ import annotations

import pytest

from dam_plugin.errors import StorageError
from dam_plugin.library import stream
from dam_plugin.library.s3 import Library
from dam_plugin.library.stream import SMALLEST_PART, Stream, UploadGone

KEY = "exports/ines.zip"
FIRST, SECOND = b"1" * SMALLEST_PART, b"2" * (SMALLEST_PART + 7)


def begun(library: Library) -> Stream:
    return library.stream(KEY, media_type="application/zip", tags={"dam-release": "hold"})


def test_an_object_is_there_once_it_is_complete_with_its_tags_and_type(library: Library) -> None:
    sending = begun(library)
    sending.send(FIRST)
    sending.send(bytearray(b"last"))
    assert (sending.size, list(library.list())) == (SMALLEST_PART + 4, [])
    sent = sending.complete()
    head = library.head(KEY)
    assert (head.version_id, head.etag, head.size) == (sent.version_id, sent.etag, sent.size)
    assert head.media_type == "application/zip"
    assert library.tags(KEY) == {"dam-release": "hold"}


def test_what_is_behind_the_place_where_it_is_taken_up_is_sent_anew(library: Library) -> None:
    sending = begun(library)
    for part in (FIRST, SECOND, FIRST):
        sending.send(part)
    again = library.resume_stream(KEY, sending.id, len(FIRST))
    assert (again.size, again.parts) == (len(FIRST), 1)
    again.send(b"last")
    again.complete()
    assert library.read(KEY, limit=2 * SMALLEST_PART) == FIRST + b"last"


@pytest.mark.parametrize("at", [1, SMALLEST_PART - 1, SMALLEST_PART + 1, 3 * SMALLEST_PART])
def test_it_is_not_taken_up_where_no_part_ends(library: Library, at: int) -> None:
    sending = begun(library)
    sending.send(FIRST)
    sending.send(SECOND)
    with pytest.raises(StorageError, match="on record"):
        library.resume_stream(KEY, sending.id, at)


def test_what_is_behind_a_missing_part_does_not_count(library: Library) -> None:
    sending = begun(library)
    sending.send(FIRST)
    library._client.upload_part(Bucket=library.bucket, Key=KEY, UploadId=sending.id, PartNumber=3, Body=SECOND)
    with pytest.raises(StorageError, match="on record"):
        library.resume_stream(KEY, sending.id, len(FIRST) + len(SECOND))


def test_an_upload_that_was_completed_is_no_more_and_named_without_its_key(library: Library) -> None:
    sending = begun(library)
    sending.send(b"last")
    sending.complete()
    with pytest.raises(UploadGone) as gone:
        library.resume_stream(KEY, sending.id, 0)
    assert "ines" not in str(gone.value)
    assert gone.value.__cause__ is None
    sending.abort()


def test_there_are_no_more_parts_than_the_storage_takes(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_PARTS", 1)
    sending = begun(library)
    sending.send(FIRST)
    with pytest.raises(StorageError, match="at most 1 parts"):
        sending.send(SECOND)
