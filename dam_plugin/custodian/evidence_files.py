"""Keeps copies of papers that prove something, such as a subpoena, in the bucket. Their keys are made of their hashes.

Each copy is tagged `hold`, so only the plugin may read it. `sharing/finding_kinds.py` says what a paper proves.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from dam_plugin.errors import AssetMissing, InputError, UnknownThing
from dam_plugin.library.object_keys import evidence
from dam_plugin.library.s3 import TooLarge
from dam_plugin.library.storage_errors import BucketMissing
from dam_plugin.library.tags import RELEASE
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import EvidenceFile

MOST_BYTES = 32 * 1024 * 1024
# The first bytes of a file, its media type, and the ending of its key. Any other file is kept as bytes, with no ending.
_BEGINNINGS = (
    (b"%PDF-", "application/pdf", ".pdf"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"II*\0", "image/tiff", ".tif"),
    (b"MM\0*", "image/tiff", ".tif"),
)
_HOLD = {RELEASE: "hold"}


def keep_file(services: Services, content: bytes) -> EvidenceFile:
    """Keep a copy in the bucket, where only the plugin may read it. The same content is stored once.

    Raises InputError for an empty file or one that is too large, StorageError if the bucket refuses it.
    """
    if not content:
        raise InputError("the file is empty: scan the paper again")
    if len(content) > MOST_BYTES:
        raise InputError(f"a copy of a paper has at most {MOST_BYTES // 1024 // 1024} MiB: scan it smaller")
    sha256 = hashlib.sha256(content).hexdigest()
    media_type, suffix = _type_of(content)
    key = evidence(sha256, suffix)
    known = _kept_before(services, key, sha256)
    if known is not None:
        return known
    head = services.library.put(key, content, media_type=media_type, tags=_HOLD)
    return EvidenceFile(sha256, key, head.version_id, media_type, len(content))


def read_copy(services: Services, sha256: str) -> tuple[bytes, str]:
    """Return a copy that was kept, and its media type. Raises UnknownThing where the bucket has none of this hash."""
    for suffix in dict.fromkeys((*(ending for _, _, ending in _BEGINNINGS), "")):
        found = _read(services, evidence(sha256, suffix), sha256)
        if found is not None:
            return found.content, _type_of(found.content)[0]
    raise UnknownThing("no copy of this paper is in the bucket")


def check_file(services: Services, file: EvidenceFile) -> None:
    """Raise InputError unless the bucket holds what a finding says that it holds."""
    if _kept_before(services, file.key, file.sha256) is None:
        raise InputError("no copy of this evidence is in the bucket: hand the file in again")


def _kept_before(services: Services, key: str, sha256: str) -> EvidenceFile | None:
    """Return the copy that is under the key already, and tag it `hold` again; None if it is missing or has another content."""
    found = _read(services, key, sha256)
    if found is None:
        return None
    services.library.write_tags(key, found.version_id, _HOLD)
    return EvidenceFile(sha256, key, found.version_id, _type_of(found.content)[0], len(found.content))


@dataclass(frozen=True, slots=True)
class _Copy:
    """A version of a copy in the bucket, and its content."""

    version_id: str | None
    content: bytes


def _read(services: Services, key: str, sha256: str) -> _Copy | None:
    """Return the copy under a key; None if it is missing or has another content."""
    try:
        head = services.library.head(key)
        content = services.library.read(key, version_id=head.version_id, etag=head.etag, limit=MOST_BYTES)
    except BucketMissing:
        raise
    except (AssetMissing, TooLarge):
        return None
    return _Copy(head.version_id, content) if hashlib.sha256(content).hexdigest() == sha256 else None


def _type_of(content: bytes) -> tuple[str, str]:
    for beginning, media_type, suffix in _BEGINNINGS:
        if content.startswith(beginning):
            return media_type, suffix
    return "application/octet-stream", ""
