"""The copy that leaves: what it is made from, and how it is made, proven on its bytes. Publishes nothing itself.

What a copy is made from has a digest, by which a copy of an earlier share is found and used again.
"""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from dam_plugin.errors import CannotRedact
from dam_plugin.library.s3 import LONGEST_LINK_SECONDS
from dam_plugin.library.tags import REDACTED_FROM, RELEASE
from dam_plugin.model import Appearance, Decision, Interval, Region, Release, ReleaseTag, Share, Tagging
from dam_plugin.procedure.redisclosure import NOTICE, needs_notice, particulars
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.redaction import door, formats
from dam_plugin.redaction.allowed_metadata import carries
from dam_plugin.redaction.av import copy_recording
from dam_plugin.redaction.model import Made, Notice, Order, Person, RecordingPlan
from dam_plugin.services import Services
from dam_plugin.sharing import bystanders
from dam_plugin.sharing.notice import secrets_of
from dam_plugin.sharing.whereabouts import MOST_APART, bare, has_time, moments_alone, places, presence_of, with_faces
from dam_plugin.store import StoredAsset

MIB = 1024 * 1024
# What is larger is not made into a copy; the custodian hands it over in another way.
LARGEST_PICTURE = door.LARGEST_PICTURE
LARGEST_RECORDING = 4096 * MIB
# Which way of making copies this is: raised whenever another copy would be made of the same things, so that what an
# earlier version made is not used again; and whenever more has to be shown of a coding, so that what an earlier version
# found of one is not believed.
WRITER = 6
# Bytes from which it pays to keep what was found of a source's coding: a smaller one is decoded sooner.
_WORTH_KEEPING = 128 * 1024
# Where a proof keeps what stands for the places of those who are hidden: a link stands only while it is the same.
PLACES = "digest"
# Where it keeps the digest of a recipe: a copy is used again only where it is the same.
PLAN = "plan"
# Where it says whether the copy tells that it may not be passed on; a WAV tells nothing.
NOTICED = "notice"
# Where it says how long a copy of sound or video plays, in seconds.
DURATION = "duration"
URL_SECONDS = 60
# Who plays a recording asks for more of it until its end, and stops in between.
PAUSES_SECONDS = 10 * 60
WITHHELD = (
    "the notice in it does not say to whom and for what it was released: a student's name or id stands in the purpose or "
    "in the recipient's id"
)
TURNED = "programs read the picture's orientation differently: save it upright, then share that"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a copy is made from: a version of a recording and an order; `digest` tells two orders apart.

    `redacted` are the pseudonyms of those whom it hides; `urgent`: nobody is hidden, and nothing may stand in the way;
    `withheld`: its notice leaves out to whom and for what it is released, since that names a student.
    """

    stored: StoredAsset
    order: Order
    redacted: tuple[str, ...]
    digest: str
    urgent: bool = False
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that may leave: its file in a private folder, what it is, and the proof bound to its sha256.

    `size` is in bytes, `crc` its CRC-32. `coding` is to be kept with the version that it was made from (`keep_codings`), null
    where nothing new was found of its coding.
    """

    path: Path
    media_type: str
    suffix: str
    sha256: str
    proof: dict[str, Any]
    size: int = 0
    crc: int = 0
    coding: str | None = None


def recipe_of(
    services: Services,
    stored: StoredAsset,
    decision: Decision,
    *,
    urgent: bool,
    request: Share | None = None,
    is_told: bool = True,
    secrets: tuple[str, ...] | None = None,
) -> Recipe:
    """Return what the copy of a decision to release is made from. Asks the store alone, and nobody where `secrets` are given.

    `request` is the share that asks for it: a notice says to whom and for what that releases. `is_told`: it carries the
    notice where it has to; where whatever it is handed over in says so, it carries none. `secrets` are the names and ids
    of all who are in it or hidden (`notices`).
    """
    tagging = stored.tagging
    media_type = stored.asset.media_type
    if secrets is None:
        with services.store.reading() as unit:
            secrets = secrets_of(unit, tagging, (*decision.redact, *(request.names if request else ())))
    hide = _persons(tagging, media_type, sorted(decision.redact))
    others = sorted(each.student for each in tagging.appearances if each.student not in decision.redact)
    order = Order(
        hide=hide,
        # Where nobody is hidden it does not matter where the others are.
        keep=_persons(tagging, media_type, others) if hide else (),
        isolate="if_better",
        notice=_notice(services, decision, request, secrets) if is_told and _is_told(media_type) else None,
        secrets=secrets,
    )
    digest = _digest(services, stored, order, decision.redact)
    withheld = request is not None and order.notice is not None and not order.notice.particulars
    return Recipe(stored, order, decision.redact, digest, urgent and not decision.redact, withheld)


def copy_of(services: Services, recipe: Recipe, folder: Path) -> Copy:
    """Return the proven copy of a recipe, made in a private folder, in which no metadata of the source is left.

    Raises CannotRedact or NotProven, StorageError.
    """
    source, digest = _fetched(services, recipe, folder)
    # INVARIANT: what is kept with a version is believed of the bytes that it was found of, and of no others.
    proven = digest if recipe.stored.coding == _coding(services, digest) else None
    made = _made(services, recipe, source, folder, proven)
    proof = {
        **made.proof.as_dict(),
        PLAN: recipe.digest,
        "source": digest,
        "operation": made.operation,
        "facts": [*made.facts, *([WITHHELD] if recipe.withheld else [])],
    }
    if carries(made.media_type):
        proof[NOTICED] = recipe.order.notice is not None
    if isinstance(made.plan, RecordingPlan):
        proof[DURATION] = copy_recording.probe(made.path, _limits(services)).duration
    if recipe.redacted:
        proof[PLACES] = keyed_places(services, recipe.stored, recipe.redacted)
    is_new = made.coding is not None and made.coding != proven and source.stat().st_size >= _WORTH_KEEPING
    coding = _coding(services, made.coding) if made.coding is not None and is_new else None
    return Copy(
        made.path, made.media_type, made.suffix, made.proof.sha256, proof, size=made.size, crc=made.crc, coding=coding
    )


def keep_codings(services: Services, found: Mapping[str, str]) -> None:
    """Keep what was found of sources' codings while copies of them were proven (`Copy.coding`), by the assets' ids."""
    if found:
        with services.store.writing() as unit:
            unit.assets.keep_codings(found)


def check_tags(recipe: Recipe) -> None:
    """Raise CannotRedact where the tags alone show that no copy can hide somebody; nothing is fetched."""
    if has_time(recipe.stored.asset.media_type):
        for each in recipe.stored.tagging.appearances:
            if each.student in recipe.redacted:
                _check_stated(each)
                _check_moments(each)
        return
    for person in recipe.order.hide:
        if not (person.regions or person.timed):
            raise CannotRedact(f"{person.label} has no box in this picture: draw one around the face, then share again")


def goes_at_once(recipe: Recipe) -> bool:
    """Whether a recording is released in an emergency, which does not wait for it to be cleaned."""
    return recipe.urgent and has_time(recipe.stored.asset.media_type)


def others_redact(services: Services, media_type: str) -> bool:
    """Whether a third party may be asked for a copy; never for sound or video, of which a picture is no copy."""
    return services.voices.redacts and not has_time(media_type)


def is_where_it_was(services: Services, stored: StoredAsset, release: Release) -> bool:
    """Whether those whom a copy hides are still where they were when it was made, and as much is told of them."""
    # Without a key, as it was kept at first: whoever reads the ledger could have tried places out.
    good = (keyed_places(services, stored, release.redacted), places(stored.tagging, release.redacted))
    return not release.redacted or release.proof.get(PLACES) in good


def keyed_places(services: Services, stored: StoredAsset, redacted: tuple[str, ...]) -> str:
    """Return what stands for the places of those whom a copy hides, in audio and video also for what is told of them."""
    told = _told_of(stored.tagging, redacted) if has_time(stored.asset.media_type) else []
    return services.pseudonyms.plan(json.dumps(["places", places(stored.tagging, redacted), told]))


def url_seconds(release: Release) -> int:
    """Return how long the URL of a copy works: a minute; for sound and video as long as it plays and ten minutes more."""
    duration = release.proof.get(DURATION)
    if isinstance(duration, bool) or not isinstance(duration, int | float) or not 0 < duration < math.inf:
        return URL_SECONDS
    return min(math.ceil(duration) + PAUSES_SECONDS, LONGEST_LINK_SECONDS)


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


def _persons(tagging: Tagging, media_type: str, students: Iterable[str]) -> tuple[Person, ...]:
    """Return where students appear; one without an appearance has no place, and no copy can hide them."""
    faces = () if has_time(media_type) else tagging.faces or ()
    placed = {each.student: presence_of(with_faces(each, faces), media_type) for each in tagging.appearances}
    return tuple(person for student in students for person in placed.get(student, (Person(student),)))


def _notice(services: Services, decision: Decision, request: Share | None, secrets: tuple[str, ...]) -> Notice | None:
    """Return the notice that a file has to carry; without the particulars of a share that would name a student."""
    if not needs_notice(decision):
        return None
    return Notice(NOTICE, services.settings.district.name, particulars(request, secrets) if request else "")


def _is_told(media_type: str) -> bool:
    """Whether the copy of a recording carries a notice; of a format that we don't know a third party makes a picture."""
    kind = formats.FORMATS.get(media_type)
    return carries(kind.copy_type) if kind is not None and kind.copy_type else not has_time(media_type)


def _coding(services: Services, sha256: str) -> str:
    """Return what stands for bytes in whose coding nothing but the picture was found; keyed, so that nobody else can say so."""
    return services.pseudonyms.plan(f"coding {WRITER} {sha256}")


def _limits(services: Services) -> copy_recording.Limits:
    return copy_recording.Limits(
        seconds=services.settings.redaction_seconds, megabytes=services.settings.redaction_megabytes
    )


def _digest(services: Services, stored: StoredAsset, order: Order, redacted: tuple[str, ...]) -> str:
    """Return the digest of all that a copy of one version depends on; keyed, since it is made from names too."""
    settings = services.settings
    made_from = {
        "writer": WRITER,
        "apart": MOST_APART,
        "order": asdict(order),
        "told": _told_of(stored.tagging, redacted),
        "orientation": stored.tagging.orientation,
        # A detector that was set up since may find somebody whom nobody named.
        "detector": [settings.count_faces, settings.face_score],
        "others": list(services.voices.who_answers("find_people", "redact_media")),
    }
    return services.pseudonyms.plan(json.dumps(made_from, sort_keys=True))


def _told_of(tagging: Tagging, redacted: tuple[str, ...]) -> list[str]:
    """Return those of the hidden of whose records the recording tells."""
    return sorted(set(redacted).intersection(tagging.record_pii))


def _fetched(services: Services, recipe: Recipe, folder: Path) -> tuple[Path, str]:
    """Return the source as a file of the folder with its sha256; it is fetched once."""
    asset, path = recipe.stored.asset, folder / "source"
    if path.exists():
        with path.open("rb") as file:
            return path, sha256_of(file)
    limit = LARGEST_RECORDING if has_time(asset.media_type) else LARGEST_PICTURE
    digest = services.library.download(asset.key, version_id=asset.version_id, etag=asset.etag, path=path, limit=limit)
    return path, digest


def _made(services: Services, recipe: Recipe, source: Path, folder: Path, proven: str | None) -> Made:
    limits = _limits(services)
    begun = time.monotonic()
    if recipe.urgent and has_time(_media_type(source)):
        raise CannotRedact("it is a recording that nobody took for one: in an emergency it is not cleaned")
    if recipe.redacted:
        _check(services, recipe, source, limits)
    return door.make(
        source,
        recipe.order,
        Path(tempfile.mkdtemp(dir=folder)),
        # What looking at it has taken is taken from the copy's time.
        limits=replace(limits, seconds=max(1, math.ceil(limits.seconds - (time.monotonic() - begun)))),
        redact_media=_others(services, recipe),
        turbojpeg=services.settings.turbojpeg,
        proven=proven,
    )


def _check(services: Services, recipe: Recipe, source: Path, limits: copy_recording.Limits) -> None:
    """Raise CannotRedact where the tags do not say enough of those whom a copy has to hide."""
    check_tags(recipe)
    media_type = _media_type(source)
    if has_time(media_type):
        _check_times(recipe, source, limits)
        return
    _check_turned(recipe, source)
    bystanders.check_boxes(recipe.stored.tagging, recipe.redacted)
    bystanders.check(services, recipe.stored, source, media_type)


def _check_times(recipe: Recipe, source: Path, limits: copy_recording.Limits) -> None:
    """Raise CannotRedact where nobody has stated when somebody to hide is there, or where they are then."""
    for each in recipe.stored.tagging.appearances:
        if each.student in recipe.redacted:
            _check_stated(each)
            _check_covered(each, source, limits)


def _check_stated(hidden: Appearance) -> None:
    student, seen = hidden.student, hidden.regions or hidden.keyframes
    if hidden.intervals or (hidden.heard and not seen):
        return
    without_time = "a box without a time places nobody in a recording, and " if hidden.regions else ""
    raise CannotRedact(
        f"{without_time}nobody has said when {student} is there, from first to last: tag the student with ID@START-END "
        "for each stretch, seen or heard, and in a video with ID@x,y,w,h@START-END for each place"
    )


def _check_covered(hidden: Appearance, source: Path, limits: copy_recording.Limits) -> None:
    student = hidden.student
    _check_moments(hidden)
    gap = bare(hidden)
    if gap is not None and copy_recording.probe(source, limits).size is not None:
        raise CannotRedact(
            f"no box says where {student} is from {gap.start:g} to {gap.end:g} s: write "
            f"ID@x,y,w,h@{gap.start:g}-{gap.end:g}, or say all anew (--times-anew), with ID@heard:START-END for where "
            "only the voice is"
        )


def _check_moments(hidden: Appearance) -> None:
    for moment in moments_alone(hidden):
        raise CannotRedact(
            f"where {hidden.student} is around {moment:g} s is marked once alone: mark it again at most "
            f"{MOST_APART:g} s before or after, or say for which stretch it holds (ID@x,y,w,h@START-END)"
        )


def _check_turned(recipe: Recipe, source: Path) -> None:
    frame = door.frame_of(source)
    if frame is not None and frame.orientation != (recipe.stored.tagging.orientation or 1):
        raise CannotRedact(TURNED)


def _media_type(source: Path) -> str:
    with source.open("rb") as file:
        return formats.media_type_of(file.read(formats.HEAD))


def _others(services: Services, recipe: Recipe) -> door.RedactMedia | None:
    """Return what asks third parties to hide somebody in a picture of a format that we don't know.

    None where nobody answers or is to be hidden, and for what has times: a picture is no copy of a recording.
    """
    if not recipe.order.hide or any(each.timed or each.intervals for each in recipe.order.hide):
        return None
    if not others_redact(services, recipe.stored.asset.media_type):
        return None

    def redact_media(
        file: BinaryIO, media_type: str, boxes: Sequence[Region], intervals: Sequence[Interval]
    ) -> bytes | None:
        if has_time(media_type):
            return None
        heard = services.voices.redact_media(file, media_type, boxes, intervals)
        failed = next((each for each in heard if each.error), None)
        if failed is not None:
            raise CannotRedact(f"the plugin '{failed.plugin}' failed (error {failed.error}): try again once it works")
        return next((each.value for each in heard if each.value is not None), None)

    return redact_media
