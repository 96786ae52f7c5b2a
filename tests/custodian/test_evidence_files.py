"""Copies of papers: kept once, by their hash, where the plugin alone reads them; never taken in as recordings."""

from __future__ import annotations

import hashlib

import pytest
from district import District
from queue_cases import PAPER
from use_cases import is_known

from dam_plugin.admin.reconcile import reconcile
from dam_plugin.custodian import evidence_files
from dam_plugin.custodian.evidence_files import keep_file
from dam_plugin.errors import InputError
from dam_plugin.intake.events import is_asset, take_in
from dam_plugin.library.object_keys import uploadable
from dam_plugin.model import AssetEvent

BEGINNINGS = [
    (PAPER, "application/pdf", ".pdf"),
    (b"\xff\xd8\xff\xe0rest", "image/jpeg", ".jpg"),
    (b"\x89PNG\r\n\x1a\nrest", "image/png", ".png"),
    (b"II*\0rest", "image/tiff", ".tif"),
    (b"MM\0*rest", "image/tiff", ".tif"),
    (b"Re: subpoena", "application/octet-stream", ""),
]


@pytest.mark.parametrize(
    ("content", "media_type", "suffix"), BEGINNINGS, ids=[each[1] + each[2] for each in BEGINNINGS]
)
def test_a_copy_is_kept_by_its_hash_on_hold(district: District, content: bytes, media_type: str, suffix: str) -> None:
    file = keep_file(district.services, content)
    assert file.key == f"evidence/{hashlib.sha256(content).hexdigest()}{suffix}"
    assert district.services.library.head(file.key).media_type == media_type
    assert district.services.library.tags(file.key) == {"dam-release": "hold"}
    assert district.services.library.read(file.key, limit=1000) == content


def test_the_same_copy_is_kept_once(district: District) -> None:
    assert keep_file(district.services, PAPER) == keep_file(district.services, PAPER)


def test_what_somebody_else_put_under_the_name_of_a_copy_is_none(district: District) -> None:
    key = f"evidence/{hashlib.sha256(PAPER).hexdigest()}.pdf"
    district.services.library.put(key, b"something else", media_type="text/plain")
    file = keep_file(district.services, PAPER)
    assert district.services.library.read(key, version_id=file.version_id, limit=1000) == PAPER
    assert district.services.library.read(key, limit=1000) == PAPER


def test_a_copy_that_somebody_opened_is_put_on_hold_when_it_comes_again(district: District) -> None:
    file = keep_file(district.services, PAPER)
    district.services.library.write_tags(file.key, file.version_id, {"dam-release": "staff"})
    keep_file(district.services, PAPER)
    assert district.release_tag(file.key) == "hold"


@pytest.mark.parametrize(
    ("content", "told"), [(b"", "the file is empty"), (b"x" * 101, "has at most")], ids=["empty", "too large"]
)
def test_what_is_no_copy_of_a_paper_is_refused(
    district: District, monkeypatch: pytest.MonkeyPatch, content: bytes, told: str
) -> None:
    monkeypatch.setattr(evidence_files, "MOST_BYTES", 100)
    with pytest.raises(InputError, match=told):
        keep_file(district.services, content)
    assert list(district.services.library.list("evidence/")) == []


def test_evidence_is_no_recording(district: District) -> None:
    file = keep_file(district.services, PAPER)
    assert not is_asset(file.key)
    assert take_in(district.services, AssetEvent(file.key)) is None
    assert reconcile(district.services).seen == 0
    assert not is_known(district.services, file.key)
    assert district.services.library.tags(file.key) == {"dam-release": "hold"}


def test_nobody_uploads_into_the_folder_of_evidence() -> None:
    with pytest.raises(InputError, match="'evidence/' is for the custodian's evidence"):
        uploadable("evidence/subpoena.pdf")
    assert uploadable("evidence.pdf") == "evidence.pdf"
