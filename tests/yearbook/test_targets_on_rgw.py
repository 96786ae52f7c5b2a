"""A set that goes into a bucket of Ceph's object gateway: in parts, and on hold once it is whole.

What is in it is not read back: without a cluster this gateway mixes the bytes of large parts up, whoever sent them. Parts
that come at once it loses now and then ("InvalidPart"): they are sent one after another.
"""

from __future__ import annotations

import pytest
from boto3.s3.transfer import TransferConfig
from rgw_server import Rgw

from dam_plugin.library import s3
from dam_plugin.library.s3 import Library
from dam_plugin.yearbook.targets import BucketDraft

pytestmark = pytest.mark.rgw

KEY = "exports/fall.zip"
SIZE = 20 * 1024 * 1024


def test_a_set_is_sent_in_parts_and_on_hold(rgw: Rgw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "_MANAGED", TransferConfig(use_threads=False, preferred_transfer_client="classic"))
    # Without versioning, where this gateway finds the result again.
    bucket = rgw.bucket(is_versioned=False)
    with rgw.environment("plugin"), Library.connect(bucket) as library:
        with BucketDraft(library, KEY) as draft:
            draft.file.write(bytes(SIZE))
            draft.commit()
        assert library.head(KEY).size == SIZE
        assert library.tags(KEY) == {"dam-release": "hold"}
