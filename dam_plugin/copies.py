"""The copy that leaves: what it is made from, and how it is made, proven on its bytes. Publishes nothing itself.

What a copy is made from has a digest, by which a copy of an earlier share is found and used again.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from dam_plugin import bystanders
from dam_plugin.errors import CannotRedact, NotProven
from dam_plugin.gathering import students_of
from dam_plugin.library.tags import REDACTED_FROM, RELEASE
from dam_plugin.model import Decision, Interval, Region, Release, ReleaseTag, Tagging
from dam_plugin.presence import MOST_APART, moments_alone, places, presence_of
from dam_plugin.procedure.redisclosure import NOTICE, needs_notice
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.redaction import av, door, formats
from dam_plugin.redaction.model import Made, Notice, Order, Person
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset

MIB = 1024 * 1024
# What is larger is not made into a copy; the custodian hands it over in another way.
LARGEST_PICTURE = 256 * MIB
LARGEST_RECORDING = 4096 * MIB
# How long an emergency may wait for a recording to be cleaned before it goes as it is.
URGENT_SECONDS = 60
# Which way of making copies this is: raised whenever another copy would be made of the same things, so that what an
# earlier version made is not used again.
WRITER = 2
# Where a proof keeps the digest of the places of those who are hidden: a link stands only while it is the same.
PLACES = "digest"
# Where it keeps the digest of a recipe: a copy is used again only where it is the same.
PLAN = "plan"
# Where it says whether the copy was asked to say that it may not be passed on.
NOTICED = "notice"
TURNED = "programs read the picture's orientation differently: save it upright, then share that"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a copy is made from: a version of a recording and an order; `digest` tells two orders apart.

    `redacted` are the pseudonyms of those whom it hides, `urgent` a release that nothing may stand in the way of.
    """

    stored: StoredAsset
    order: Order
    redacted: tuple[str, ...]
    digest: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that may leave: its file in a private folder, what it is, and the proof bound to its sha256."""

    path: Path
    media_type: str
    suffix: str
    sha256: str
    proof: dict[str, Any]


def recipe_of(services: Services, stored: StoredAsset, decision: Decision, *, urgent: bool) -> Recipe:
    """Return what the copy of a decision to release is made from. Asks the store alone."""
    tagging = stored.tagging
    hide = tuple(_person(tagging, student) for student in sorted(decision.redact))
    others = sorted(each.student for each in tagging.appearances if each.student not in decision.redact)
    order = Order(
        hide=hide,
        # Where nobody is hidden it does not matter where the others are.
        keep=tuple(_person(tagging, student) for student in others) if hide else (),
        isolate="if_better",
        notice=Notice(NOTICE, services.settings.district.name) if needs_notice(decision) else None,
        secrets=_secrets(services, {*decision.redact, *students_of(tagging)}),
    )
    return Recipe(stored, order, decision.redact, _digest(services, order, tagging), urgent)


def copy_of(services: Services, recipe: Recipe, folder: Path) -> Copy:
    """Return the proven copy of a recipe, made in a private folder, in which no metadata of the source is left.

    Raises CannotRedact or NotProven, StorageError; an `urgent` release (break-glass) that cannot be cleaned or proven
    goes as it is, and its proof says so.
    """
    source, digest = _fetched(services, recipe, folder)
    try:
        made = _made(services, recipe, source, folder)
    except (CannotRedact, NotProven):
        if not recipe.urgent or recipe.redacted:
            raise
        return _as_it_is(source, digest, recipe.stored.asset.media_type)
    proof = {
        **made.proof.as_dict(),
        PLAN: recipe.digest,
        "source": digest,
        NOTICED: recipe.order.notice is not None,
        "operation": made.operation,
        "facts": list(made.facts),
    }
    if recipe.redacted:
        proof[PLACES] = places(recipe.stored.tagging, recipe.redacted)
    return Copy(made.path, made.media_type, made.suffix, made.proof.sha256, proof)


def copy_tags(pseudonyms: Pseudonyms, release: Release, tag: ReleaseTag) -> dict[str, str]:
    """Return the object tags of a released copy."""
    source = asset_id(pseudonyms, release.source_key, release.source_version, release.source_etag)
    return {RELEASE: tag, REDACTED_FROM: source}


def asset_id(pseudonyms: Pseudonyms, key: str, version_id: str | None, etag: str) -> str:
    """Return the id of one version of an object: a pseudonym, since a key may hold a student's name."""
    return pseudonyms.asset("\n".join((key, version_id or "", etag)))


def sha256_of(file: BufferedReader) -> str:
    """Return the sha256 of an open file, read from its beginning; it is left there."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest


def _person(tagging: Tagging, student: str) -> Person:
    """Return where a student appears; one without an appearance has no place, and no copy can hide them."""
    return next((presence_of(each) for each in tagging.appearances if each.student == student), Person(student))


def _secrets(services: Services, students: Iterable[str]) -> tuple[str, ...]:
    """Return the names and ids that must not stand in a released file, sorted."""
    with services.store.reading() as unit:
        records = [unit.people.student(student) for student in students]
    return tuple(sorted({text for each in records if each for text in (*each.names, each.roster_id, each.id)}))


def _digest(services: Services, order: Order, tagging: Tagging) -> str:
    """Return the digest of all that a copy of one version depends on; keyed, since it is made from names too."""
    settings = services.settings
    made_from = {
        "writer": WRITER,
        "order": asdict(order),
        "orientation": tagging.orientation,
        # A detector that was set up since may find somebody whom nobody named.
        "detector": [str(settings.face_model), settings.face_score] if settings.face_model else None,
    }
    return services.pseudonyms.plan(json.dumps(made_from, sort_keys=True))


def _fetched(services: Services, recipe: Recipe, folder: Path) -> tuple[Path, str]:
    """Return the source as a file of the folder with its sha256; it is fetched once."""
    asset, path = recipe.stored.asset, folder / "source"
    if path.exists():
        with path.open("rb") as file:
            return path, sha256_of(file)
    is_recording = recipe.urgent or asset.media_type.startswith(("audio/", "video/"))
    limit = LARGEST_RECORDING if is_recording else LARGEST_PICTURE
    digest = services.library.download(asset.key, version_id=asset.version_id, etag=asset.etag, path=path, limit=limit)
    return path, digest


def _made(services: Services, recipe: Recipe, source: Path, folder: Path) -> Made:
    settings = services.settings
    seconds = min(settings.redaction_seconds, URGENT_SECONDS) if recipe.urgent else settings.redaction_seconds
    limits = av.Limits(seconds=seconds, megabytes=settings.redaction_megabytes)
    if recipe.redacted:
        _check(services, recipe, source, limits)
    return door.make(
        source,
        recipe.order,
        Path(tempfile.mkdtemp(dir=folder)),
        limits=limits,
        redact_media=_others(services),
        turbojpeg=settings.turbojpeg,
    )


def _check(services: Services, recipe: Recipe, source: Path, limits: av.Limits) -> None:
    """Raise CannotRedact where the tags do not say enough of those whom a copy has to hide."""
    with source.open("rb") as file:
        media_type = formats.media_type_of(file.read(formats.HEAD))
    if media_type.startswith(("audio/", "video/")):
        _check_times(recipe, source, limits)
        return
    for each in recipe.order.hide:
        if not (each.regions or each.timed):
            raise CannotRedact(f"{each.label} has no box in this picture: draw one around the face, then share again")
    _check_turned(recipe, source)
    bystanders.check(services, recipe.stored, source, media_type)


def _check_times(recipe: Recipe, source: Path, limits: av.Limits) -> None:
    hidden = [each for each in recipe.stored.tagging.appearances if each.student in recipe.redacted]
    for each in hidden:
        for moment in moments_alone(each):
            raise CannotRedact(
                f"where {each.student} is around {moment:g} s is marked once alone: mark it again at most "
                f"{MOST_APART:g} s before or after"
            )
    silent = {each.student for each in hidden if not each.intervals}
    told = sorted(silent.intersection(recipe.stored.tagging.record_pii))
    if told and av.probe(source, limits).sound:
        raise CannotRedact(
            f"what the recording tells of {told[0]} may be spoken, and nobody has said when: "
            "tag the student with START-END in seconds"
        )


def _check_turned(recipe: Recipe, source: Path) -> None:
    frame = door.frame_of(source)
    if frame is not None and frame.orientation != (recipe.stored.tagging.orientation or 1):
        raise CannotRedact(TURNED)


def _others(services: Services) -> door.RedactMedia | None:
    """Return what asks third parties for a copy of a format that we don't know; None where nobody answers."""
    if not services.voices.redacts:
        return None

    def redact_media(
        file: BinaryIO, media_type: str, boxes: Sequence[Region], intervals: Sequence[Interval]
    ) -> bytes | None:
        heard = services.voices.redact_media(file, media_type, boxes, intervals)
        failed = next((each for each in heard if each.error), None)
        if failed is not None:
            raise CannotRedact(f"the plugin '{failed.plugin}' failed (error {failed.error}): try again once it works")
        return next((each.value for each in heard if each.value is not None), None)

    return redact_media


def _as_it_is(source: Path, digest: str, media_type: str) -> Copy:
    proof = {"sha256": digest, "checks": ["released as it is for an emergency: embedded metadata was not removed"]}
    return Copy(source, media_type, "", digest, proof)
