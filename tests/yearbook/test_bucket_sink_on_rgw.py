"""A set that goes into a bucket of Ceph's object gateway: parts of different sizes, resumed, on hold once it is whole.

What is in it is not read back: without a cluster this gateway mixes the bytes of large parts up, whoever sent them.
"""

from __future__ import annotations

from datetime import date

import pytest
from rgw_server import Rgw

from dam_plugin.library.s3 import Library
from dam_plugin.yearbook import bucket_sink
from dam_plugin.yearbook.bucket_sink import BucketSink
from dam_plugin.yearbook.zip_file import Archive

pytestmark = pytest.mark.rgw

DAY = date(2026, 5, 18)
KEY = "exports/fall.zip"
MIB = 1024 * 1024
PICTURES = [bytes([number]) * size for number, size in enumerate((6 * MIB, 3 * MIB, 3 * MIB + 7, 11 * MIB, 99))]


def test_a_set_is_finished_by_another_process_and_on_hold(rgw: Rgw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_sink, "PART_BYTES", 5 * MIB)
    monkeypatch.setattr(bucket_sink, "MOST_HELD", 8 * MIB)
    # Without versioning, where this gateway finds the result again.
    bucket = rgw.bucket(is_versioned=False)
    with rgw.environment("plugin"), Library.connect(bucket) as library:
        with BucketSink.begun(library, KEY) as sink:
            made = Archive(sink, DAY)
            entries = [made.add(f"{n}.jpg", content) for n, content in enumerate(PICTURES[:3])]
            kept = sink.kept
            made.add("another.mp4", PICTURES[3])
            # A part went out that ends in the middle of it.
            assert sink.kept == kept < sink.position
        entries = [entry for entry in entries if entry.end <= kept]
        with BucketSink.resumed(library, KEY, sink.upload_id, kept) as again:
            made = Archive(again, DAY)
            entries += [made.add(f"{n}.jpg", PICTURES[n]) for n in range(len(entries), len(PICTURES))]
            made.close(entries)
            again.commit()
        assert again.sent is not None
        assert library.head(KEY).size == again.sent.size
        assert library.tags(KEY) == {"dam-release": "hold"}
