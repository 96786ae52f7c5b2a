"""Makes a copy for a share: the students to hide and their places, the obstacles, the proof of its bytes. Publishes nothing.

The recipe of a copy has a digest; by it, the copy of an earlier share is found and used again. Before the copy of a
picture hides somebody, a detector looks for faces of people who are not named; in a video only the tagging person looks.
"""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from dam_plugin.errors import CannotRedact
from dam_plugin.library.tags import REDACTED_FROM, RELEASE
from dam_plugin.model import (
    Appearance,
    Decision,
    Interval,
    Look,
    Region,
    Release,
    ReleaseTag,
    Share,
    Tagging,
    Truth,
    still_said,
)
from dam_plugin.procedure.redisclosure import is_represented, particulars, words_of
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.redaction import door, formats
from dam_plugin.redaction.allowed_metadata import carries
from dam_plugin.redaction.av import copy_recording
from dam_plugin.redaction.model import (
    MOST_UNHEARD,
    MOST_UNSEEN,
    NOBODY_SEEN,
    Made,
    Notice,
    Order,
    Person,
    Plan,
    RecordingPlan,
)
from dam_plugin.services import DETECTOR_LIMIT, PluginAnswer, Services
from dam_plugin.sharing.notice import identifying_texts
from dam_plugin.sharing.whereabouts import (
    MOST_APART,
    first_stretch_without_box,
    has_time,
    lone_moments,
    places_digest,
    presence_of,
    with_whole_faces,
)
from dam_plugin.store import StoredAsset
from dam_tagging.depicted import faces_beside, shows_one_face
from dam_tagging.prominence import Scene, crowd_among

MIB = 1024 * 1024
# A larger recording gets no copy; the custodian hands it over in another way.
LARGEST_PICTURE = door.LARGEST_PICTURE
LARGEST_RECORDING = 4096 * MIB
# Which way of making copies this is: raised whenever another copy would be made of the same things, so that what an
# earlier version made is not used again; and whenever more has to be shown of a coding, so that what an earlier version
# found of one is not believed.
WRITER = 6
# From this size on the finding about a source's coding is kept: a smaller source is decoded faster.
_WORTH_KEEPING = 128 * 1024
# The field of a proof with the digest of the hidden students' places: a link stays open only while it is the same.
PLACES = "digest"
# Where it keeps the digest of a recipe: a copy is used again only where it is the same.
PLAN = "plan"
# Where it says whether the copy tells that it may not be passed on; a WAV tells nothing.
NOTICED = "notice"
# Where it says how long a copy of sound or video plays, in seconds.
DURATION = "duration"
# The field for the hidden places and times of a copy, for the exemption log of a request. It has no names.
HIDES = "hides"
# Where a copy hides more than this share of the picture, little is left of it.
_MOST_HIDDEN = 0.5
WITHHELD = (
    "the notice in it does not say to whom and for what it was released: a student's name or id stands in the purpose or "
    "in the recipient's id"
)
TURNED = "programs read the picture's orientation differently: save it upright, then share that"
UNNAMED_FACE = (
    "a face was found that belongs to nobody who is named: tag who it is, or, after a look, that nobody is left to "
    "name (`--unidentified 0`)"
)
FACE_ELSEWHERE = (
    "the box of {student} shows no face, and a face was found that is in nobody's box: look again where they are, and tag it "
    "(`--person {student}@x,y,w,h`)"
)
NOT_LOOKED_AT = (
    "the detector of faces cannot look at this picture: look at it, then tag that nobody is left to name "
    "(`--unidentified 0`)"
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """The ingredients of a copy: a version of a recording and an order; `digest` tells two orders apart.

    `redacted` are the pseudonyms of the students it hides. `urgent`: it hides no student, and nothing may stop it.
    `withheld`: its notice leaves out the recipient and the purpose, since they name a student.
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
    if nothing new was found of its coding.
    """

    path: Path
    media_type: str
    suffix: str
    sha256: str
    proof: dict[str, Any]
    size: int = 0
    crc: int = 0
    coding: str | None = None


def copy_recipe(
    services: Services,
    stored: StoredAsset,
    decision: Decision,
    *,
    urgent: bool,
    request: Share | None = None,
    is_told: bool = True,
    secrets: tuple[str, ...] | None = None,
) -> Recipe:
    """Return the recipe of the copy for a decision to release. Reads the store, and nothing if `secrets` are given.

    `request` is the share that asks for it, for the recipient and purpose in the notice. `is_told`: the copy carries the
    notice where it needs one; False if the package around it carries the notice. `secrets` are the names and ids of all
    students in it or hidden (`notice`).
    """
    tagging = stored.tagging
    media_type = stored.asset.media_type
    if secrets is None:
        with services.store.reading() as unit:
            secrets = identifying_texts(unit, tagging, (*decision.redact, *(request.names if request else ())))
    hide = _persons(tagging, media_type, sorted(decision.redact))
    others = sorted(each.student for each in tagging.appearances if each.student not in decision.redact)
    order = Order(
        hide=hide,
        # Where no student is hidden, places do not matter.
        keep=_persons(tagging, media_type, others) if hide else (),
        isolate="if_better",
        notice=_notice(services, decision, request, secrets) if is_told and _is_told(media_type) else None,
        secrets=secrets,
    )
    digest = _digest(services, stored, order, decision.redact)
    withheld = request is not None and order.notice is not None and not order.notice.particulars
    return Recipe(stored, order, decision.redact, digest, urgent and not decision.redact, withheld)


def make_proven_copy(services: Services, recipe: Recipe, folder: Path) -> Copy:
    """Return the proven copy of a recipe, made in a private folder, in which no metadata of the source is left.

    Raises CannotRedact or NotProven, StorageError.
    """
    source, digest = _fetched(services, recipe, folder)
    # INVARIANT: a finding that is kept with a version holds for the same bytes alone.
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
        proof[HIDES] = hidden_places(made.plan)
    is_new = made.coding is not None and made.coding != proven and source.stat().st_size >= _WORTH_KEEPING
    coding = _coding(services, made.coding) if made.coding is not None and is_new else None
    return Copy(
        made.path, made.media_type, made.suffix, made.proof.sha256, proof, size=made.size, crc=made.crc, coding=coding
    )


def hidden_places(plan: Plan | RecordingPlan | None) -> list[dict[str, Any]]:
    """Return what a plan hides, as plain data: boxes (x, y, w, h in fractions of the upright picture), a crop, sound.

    A crop is `left, top, right, bottom` in pixels of the stored frame, whose width and height are `of`. Times are seconds
    from the start of the source.
    """
    if isinstance(plan, RecordingPlan):
        boxes = [{"box": _box(each.region), "from": each.start, "to": each.end} for each in plan.boxes]
        return [*boxes, *({"sound": plan.sound, "from": each.start, "to": each.end} for each in plan.silenced)]
    if plan is None:
        return []
    if plan.crop is not None:
        return [{"crop": list(plan.crop.as_tuple()), "of": list(plan.frame.size)}]
    return [{"box": _box(each)} for each in plan.boxes]


def leaves_little(proof: Mapping[str, Any]) -> bool:
    """Whether a copy takes out most of the sound, covers those who stay, or hides most of the picture, by its proof."""
    if any(fact.endswith((MOST_UNHEARD, MOST_UNSEEN, NOBODY_SEEN)) for fact in proof.get("facts", ())):
        return True
    return sum(_share_hidden(each, proof.get(DURATION)) for each in proof.get(HIDES, ())) > _MOST_HIDDEN


def _share_hidden(hidden: Mapping[str, Any], duration: float | None) -> float:
    """Return the share of the picture that a hidden place takes, counted over the whole recording; 0 for sound."""
    if "crop" in hidden:
        (left, top, right, bottom), (width, height) = hidden["crop"], hidden["of"]
        return 1 - float((right - left) * (bottom - top) / (width * height))
    if "box" not in hidden:
        return 0.0
    *_, width, height = hidden["box"]
    lasts = (hidden["to"] - hidden["from"]) / duration if "from" in hidden and duration else 1.0
    return float(width * height * min(lasts, 1.0))


def _box(region: Region) -> list[float]:
    return [round(each, 4) for each in (region.x, region.y, region.w, region.h)]


def keep_codings(services: Services, found: Mapping[str, str]) -> None:
    """Keep the findings about sources' codings that the proofs of copies made (`Copy.coding`), by the assets' ids."""
    if found:
        with services.store.writing() as unit:
            unit.assets.keep_codings(found)


def check_tags(recipe: Recipe) -> None:
    """Raise CannotRedact if the tags alone show that no copy can hide somebody; nothing is fetched."""
    if has_time(recipe.stored.asset.media_type):
        for each in recipe.stored.tagging.appearances:
            if each.student in recipe.redacted:
                _check_stated(each)
                _check_moments(each)
        return
    for person in recipe.order.hide:
        if not (person.regions or person.timed):
            raise CannotRedact(f"{person.label} has no box in this picture: draw one around the face, then share again")


def needs_no_work(recipe: Recipe) -> bool:
    """Whether a recording is released in an emergency, which does not wait for it to be cleaned."""
    return recipe.urgent and has_time(recipe.stored.asset.media_type)


def third_party_redacts(services: Services, media_type: str) -> bool:
    """Whether a third party may be asked for a copy; never for sound or video, of which a picture is no copy."""
    return services.third_parties.redacts and not has_time(media_type)


def still_hides_the_same(services: Services, stored: StoredAsset, release: Release) -> bool:
    """Whether the students that a copy hides are in the same places as when it was made."""
    # An older digest without a key: a reader of the ledger could have guessed places by it.
    good = (keyed_places(services, stored, release.redacted), places_digest(stored.tagging, release.redacted))
    return not release.redacted or release.proof.get(PLACES) in good


def keyed_places(services: Services, stored: StoredAsset, redacted: tuple[str, ...]) -> str:
    """Return the keyed digest of the places of a copy's hidden students, and in audio and video of their findings."""
    told = _findings_on(stored.tagging, redacted) if has_time(stored.asset.media_type) else []
    return services.pseudonyms.plan(json.dumps(["places", places_digest(stored.tagging, redacted), told]))


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


def check_no_unnamed_face(services: Services, stored: StoredAsset, source: Path, media_type: str) -> None:
    """Raise CannotRedact if a detector finds a face in the picture outside of every named student's box.

    A person who looked and said that no one is left to name has the last word until a box moves. A detector that fails, or
    cannot look at the picture, refuses. Without a detector no face is looked for.
    """
    if _somebody_looked(services, stored):
        return
    answers = _detected_faces(services, source, media_type)
    for each in answers:
        if each.error:
            raise CannotRedact(f"the plugin '{each.plugin}' failed (error {each.error}): try again once it works")
    found = [each.value for each in answers if each.value is not None]
    if not found and (answers or services.third_parties.who_answers("find_people")):
        raise CannotRedact(NOT_LOOKED_AT)
    faces = [face for faces_found in found for face in faces_found]
    if _unnamed(faces, stored.tagging):
        raise CannotRedact(UNNAMED_FACE)


def check_boxes(tagging: Tagging, hidden: Collection[str]) -> None:
    """Raise CannotRedact if a hidden student's boxes show no face, and a face was found outside of every box.

    The boxes then mark the wrong place, and the copy would show the student.
    """
    faces = tagging.faces or ()
    regions = [region for each in tagging.appearances for region in each.regions]
    beside = faces_beside(faces, regions)
    scene = Scene(people=len(regions) + len(beside), shares=tuple(each.area for each in (*regions, *faces)))
    if not set(beside) - crowd_among(beside, scene):
        return
    for each in tagging.appearances:
        shown = any(shows_one_face(region, face) for region in each.regions for face in faces)
        if each.student in hidden and each.regions and not shown:
            raise CannotRedact(FACE_ELSEWHERE.format(student=each.student))


def _persons(tagging: Tagging, media_type: str, students: Iterable[str]) -> tuple[Person, ...]:
    """Return where students appear; one without an appearance has no place, and no copy can hide them."""
    faces = () if has_time(media_type) else tagging.faces or ()
    placed = {each.student: presence_of(with_whole_faces(each, faces), media_type) for each in tagging.appearances}
    return tuple(person for student in students for person in placed.get(student, (Person(student),)))


def _notice(services: Services, decision: Decision, request: Share | None, secrets: tuple[str, ...]) -> Notice | None:
    """Return the notice that a file has to carry; without the particulars of a share that would name a student."""
    words = words_of(decision)
    if words is None:
        return None
    told = particulars(request, secrets, represents=is_represented(decision)) if request else ""
    return Notice(words, services.settings.district.name, told)


def _is_told(media_type: str) -> bool:
    """Whether the copy of a recording carries a notice; of a format that we don't know a third party makes a picture."""
    kind = formats.FORMATS.get(media_type)
    return carries(kind.copy_type) if kind is not None and kind.copy_type else not has_time(media_type)


def _coding(services: Services, sha256: str) -> str:
    """Return a keyed digest that says of bytes that their coding holds nothing but the picture; it cannot be forged."""
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
        "told": _findings_on(stored.tagging, redacted),
        "orientation": stored.tagging.orientation,
        # A detector that was set up since may find a face that has no name.
        "detector": [settings.count_faces, settings.face_score],
        "others": list(services.third_parties.who_answers("find_people", "redact_media")),
    }
    return services.pseudonyms.plan(json.dumps(made_from, sort_keys=True))


def _findings_on(tagging: Tagging, redacted: tuple[str, ...]) -> list[str]:
    """Return the hidden students about whose records the recording tells."""
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
        # The time for looking counts against the copy's time.
        limits=replace(limits, seconds=max(1, math.ceil(limits.seconds - (time.monotonic() - begun)))),
        redact_media=_others(services, recipe),
        turbojpeg=services.settings.turbojpeg,
        proven=proven,
    )


def _check(services: Services, recipe: Recipe, source: Path, limits: copy_recording.Limits) -> None:
    """Raise CannotRedact if the tags do not say enough about the students that a copy has to hide."""
    check_tags(recipe)
    media_type = _media_type(source)
    if has_time(media_type):
        _check_times(recipe, source, limits)
        return
    _check_turned(recipe, source)
    check_boxes(recipe.stored.tagging, recipe.redacted)
    check_no_unnamed_face(services, recipe.stored, source, media_type)


def _check_times(recipe: Recipe, source: Path, limits: copy_recording.Limits) -> None:
    """Raise CannotRedact if the tags do not say when, or not where at each time, a student to hide appears."""
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
    gap = first_stretch_without_box(hidden)
    if gap is not None and copy_recording.probe(source, limits).size is not None:
        raise CannotRedact(
            f"no box says where {student} is from {gap.start:g} to {gap.end:g} s: write "
            f"ID@x,y,w,h@{gap.start:g}-{gap.end:g}, or say all anew (--times-anew), with ID@heard:START-END for where "
            "only the voice is"
        )


def _check_moments(hidden: Appearance) -> None:
    for moment in lone_moments(hidden):
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
    """Return the function that asks third parties to hide students in a picture of a format that is unknown here.

    None if no third party redacts, if no student is to be hidden, and for a recording with times.
    """
    if not recipe.order.hide or any(each.timed or each.intervals for each in recipe.order.hide):
        return None
    if not third_party_redacts(services, recipe.stored.asset.media_type):
        return None

    def redact_media(
        file: BinaryIO, media_type: str, boxes: Sequence[Region], intervals: Sequence[Interval]
    ) -> bytes | None:
        if has_time(media_type):
            return None
        heard = services.third_parties.redact_media(file, media_type, boxes, intervals)
        failed = next((each for each in heard if each.error), None)
        if failed is not None:
            raise CannotRedact(f"the plugin '{failed.plugin}' failed (error {failed.error}): try again once it works")
        return next((each.value for each in heard if each.value is not None), None)

    return redact_media


def _unnamed(faces: Sequence[Region], tagging: Tagging) -> bool:
    """Whether there are more faces beside the named regions than a crowd, and people named without a place, have."""
    regions = [region for each in tagging.appearances for region in each.regions]
    beside = faces_beside(faces, regions)
    declared = any(each.tag == "background" and each.truth is Truth.YES for each in tagging.findings)
    shares = tuple(each.area for each in (*regions, *faces))
    scene = Scene(people=len(tagging.appearances) + len(beside), shares=shares, crowd=declared)
    unplaced = sum(not each.located for each in tagging.appearances)
    return len(beside) - len(crowd_among(beside, scene)) > unplaced


def _detected_faces(services: Services, source: Path, media_type: str) -> Sequence[PluginAnswer[Sequence[Region]]]:
    if source.stat().st_size > DETECTOR_LIMIT:
        return ()
    with source.open("rb") as file:
        return services.third_parties.find_people(file, media_type)


def _somebody_looked(services: Services, stored: StoredAsset) -> bool:
    """Whether a person said, of the boxes as they are, that no one is left to name."""
    with services.store.reading() as unit:
        looks = still_said(unit.assets.looks(stored.asset.id))
    telling = [look for look in looks if look.unidentified is not None or _moves_a_box(look)]
    # What waits for a second person says nothing yet.
    return bool(telling) and telling[-1].unidentified == 0 and not telling[-1].waits


def _moves_a_box(look: Look) -> bool:
    return look.nobody or look.times_anew or any(each.regions for each in look.persons)
