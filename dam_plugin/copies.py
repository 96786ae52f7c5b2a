"""The copy that leaves: redacted or cleaned, proven on its bytes, with the tags it carries. Publishes nothing itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dam_plugin.errors import CannotRedact, NotProven
from dam_plugin.gathering import students_of
from dam_plugin.library.tags import REDACTED_FROM, RELEASE
from dam_plugin.model import Release, ReleaseTag, Tagging
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.redaction.image import clean, redact
from dam_plugin.redaction.plan import plan
from dam_plugin.redaction.prove import prove_clean, prove_redacted
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset

# A photo larger than this is not made into a copy; the custodian hands it over in another way.
LARGEST_SOURCE = 256 * 1024 * 1024
# In an emergency a whole recording goes as it is.
LARGEST_URGENT = 2 * 1024 * 1024 * 1024
# Where a proof keeps the digest of `places`; a copy is used again only where it is the same.
PLACES = "digest"
TURNED = "programs read the picture's orientation differently: save it upright, then share that"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that may leave: its bytes, what they are, and the proof bound to their sha256."""

    body: bytes
    media_type: str
    suffix: str
    sha256: str
    proof: dict[str, Any]


def copy_of(services: Services, stored: StoredAsset, hide: tuple[str, ...], *, urgent: bool) -> Copy:
    """Return the proven copy in which the students of `hide` are hidden and no metadata of the source is left.

    Raises CannotRedact or NotProven; an `urgent` release (break-glass) that cannot be cleaned or proven goes as it is,
    and its proof says so.
    """
    asset = stored.asset
    limit = LARGEST_URGENT if urgent else LARGEST_SOURCE
    source = services.library.read(asset.key, version_id=asset.version_id, etag=asset.etag, limit=limit)
    secrets = _secrets(services, {*hide, *students_of(stored.tagging)})
    if hide:
        regions = {each.student: each.regions for each in stored.tagging.appearances}
        planned = plan(source, {student: regions.get(student, ()) for student in hide})
        if planned.orientation != (stored.tagging.orientation or 1):
            raise CannotRedact(TURNED)
        body = redact(source, planned)
        proof = prove_redacted(body, source, planned.boxes, secrets).as_dict()
        return _jpeg(body, {**proof, PLACES: places(stored.tagging, hide)})
    try:
        body = clean(source)
        return _jpeg(body, prove_clean(body, source, secrets).as_dict())
    except (CannotRedact, NotProven):
        if not urgent:
            raise
    return _as_it_is(source, asset.media_type)


def places(tagging: Tagging, students: Iterable[str]) -> str:
    """Return the digest of where these students appear: a copy that hides them is good only while it stays the same."""
    where = {
        each.student: sorted([r.x, r.y, r.w, r.h] for r in each.regions)
        for each in tagging.appearances
        if each.student in frozenset(students)
    }
    return hashlib.sha256(json.dumps(where, sort_keys=True).encode()).hexdigest()


def copy_tags(pseudonyms: Pseudonyms, release: Release, tag: ReleaseTag) -> dict[str, str]:
    """Return the object tags of a released copy."""
    source = asset_id(pseudonyms, release.source_key, release.source_version, release.source_etag)
    return {RELEASE: tag, REDACTED_FROM: source}


def asset_id(pseudonyms: Pseudonyms, key: str, version_id: str | None, etag: str) -> str:
    """Return the id of one version of an object: a pseudonym, since a key may hold a student's name."""
    return pseudonyms.asset("\n".join((key, version_id or "", etag)))


def _jpeg(body: bytes, proof: dict[str, Any]) -> Copy:
    return Copy(body, "image/jpeg", ".jpg", hashlib.sha256(body).hexdigest(), proof)


def _as_it_is(source: bytes, media_type: str) -> Copy:
    digest = hashlib.sha256(source).hexdigest()
    proof = {"sha256": digest, "checks": ["released as it is for an emergency: embedded metadata was not removed"]}
    return Copy(source, media_type, "", digest, proof)


def _secrets(services: Services, students: Iterable[str]) -> list[str]:
    """Return the names and ids that must not stand in a released file."""
    with services.store.reading() as unit:
        records = [unit.people.student(student) for student in students]
    return [text for record in records if record for text in (*record.names, record.roster_id, record.id)]
