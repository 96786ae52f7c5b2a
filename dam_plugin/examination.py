"""One version of a recording, examined: read in a process of its own, put to the third parties, tagged by the rules.

Nothing is kept here: that is `intake`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from io import BytesIO
from typing import Any, BinaryIO

from dam_plugin import exiftool
from dam_plugin.content import content_digest, likeness
from dam_plugin.isolation import reader
from dam_plugin.library.s3 import Library, TooLarge
from dam_plugin.looks import LACKING
from dam_plugin.model import Asset, Facts, Finding, Region, StudentRecord, Tagging, Truth
from dam_plugin.services import Heard, Services
from dam_plugin.settings import Settings
from dam_plugin.store import StoredAsset
from dam_tagging.facts import About, about
from dam_tagging.metadata import picasa, sidecar
from dam_tagging.people import Person, RosterIndex
from dam_tagging.rules.matchers import Standing
from dam_tagging.tag import tag

# A detector reads whole pictures; larger ones are left to a person's look.
DETECTOR_LIMIT = 64 * 1024 * 1024
SIDECAR_LIMIT = 4 * 1024 * 1024
TOO_LARGE = f"the sidecar is larger than {SIDECAR_LIMIT // 1024 // 1024} MiB"
STRAY = "a sidecar with an unusual name is not read: name it like the file, with .xmp at the end"
# The findings of other taggers whose value is a student's pseudonym.
NAMING = ("student", "focus", "record_pii")


def examine(services: Services, asset: Asset) -> tuple[Asset, Tagging, About]:
    """Return the asset with its media type, what files, rules and third parties say of who is in it, and what it is about.

    Raises StorageError.
    """
    facts, failures = _facts(services, asset)
    body = _whole_picture(services, asset, facts.media_type)
    tagging = _machine_tagging(services, asset, facts, failures, body)
    asset = replace(asset, media_type=facts.media_type)
    if body is not None:
        asset = replace(asset, content=content_digest(body, facts.orientation), likeness=likeness(body))
    return asset, tagging, about(facts)


def read_metadata(services: Services, file: BinaryIO, key: str, size: int) -> Facts:
    """Return what a recording of the library and its sidecars say, within the limits of the settings."""
    beside = _Beside(services, key)
    return beside.held(beside.read(file, size))


def sidecars_beside(library: Library, key: str) -> tuple[tuple[str, str], ...]:
    """Return name and ETag of everything in the bucket that may say something of a recording, beside it and of its folder.

    The folder's own are asked for by their names. Raises StorageError.
    """
    listed = [*library.list(sidecar.stem(key))]
    folder = key[: key.rfind("/") + 1]
    for name in picasa.NAMES_OF_FILE:
        listed += [each for each in library.list(folder + name) if each.key == folder + name]
    return seen_beside(key, ((each.key, each.etag) for each in listed))


def seen_beside(key: str, listed: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return those of what a listing shows (key and ETag) that may say something of a recording, in order."""
    own, folder = {*sidecar.names(key)}, key[: key.rfind("/") + 1]
    found = set()
    for name, etag in listed:
        of_folder = sidecar.is_of_a_folder(name) and name[: name.rfind("/") + 1] == folder
        if name != key and (name in own or of_folder or sidecar.describes(name, key)):
            found.add((name, etag))
    return tuple(sorted(found))


class _Beside:
    """The sidecars of one recording as one listing shows them, and what keeps any of them from being read.

    The listing costs one request and saves one for each name that a sidecar might have had.
    """

    def __init__(self, services: Services, key: str) -> None:
        self._key = key
        self._limits = limits_of(services.settings)
        self._sibling = services.library.siblings(key, SIDECAR_LIMIT)
        self._listed = {each.key for each in services.library.list(sidecar.stem(key))}
        self._problems = [STRAY] if any(map(self._is_stray, self._listed)) else []

    def read(self, file: BinaryIO, size: int) -> Facts:
        """Return what the recording says and what can be read beside it."""
        return reader.read(file, size, self._key, self._open, limits=self._limits)

    def held(self, facts: Facts) -> Facts:
        """Return facts that say what was not read: what a sidecar would have named must not be missed in silence."""
        if not self._problems:
            return facts
        state = "partial" if facts.state == "read" else facts.state
        return replace(facts, state=state, problems=tuple(dict.fromkeys((*facts.problems, *self._problems))))

    def _open(self, name: str) -> BinaryIO | None:
        if not sidecar.is_of_a_folder(name) and name not in self._listed:
            return None
        try:
            return self._sibling(name)
        except TooLarge:
            self._problems.append(TOO_LARGE)
            return None

    def _is_stray(self, name: str) -> bool:
        """Whether this is a sidecar of the recording that no reader asks for."""
        if name in sidecar.names(self._key) or not sidecar.describes(name, self._key):
            return False
        # `a_01.jpg.xmp` is a duplicate's of `a.jpg`, unless there is an `a_01.jpg`.
        own = sidecar.stem(name)
        return own in {self._key, sidecar.stem(self._key)} or own not in self._listed


def limits_of(settings: Settings) -> reader.Limits:
    """Return what reading one file may take, and where exiftool is if it is to be asked."""
    program = exiftool.place(settings.exiftool) if settings.exiftool else None
    return reader.Limits(seconds=settings.metadata_seconds, megabytes=settings.metadata_megabytes, exiftool=program)


def _facts(services: Services, asset: Asset) -> tuple[Facts, list[Finding]]:
    """Return our reading, or the first third party's of a file that we cannot read; and the failures as findings."""
    file = services.library.open(asset.key, version_id=asset.version_id, etag=asset.etag, size=asset.size)
    beside = _Beside(services, asset.key)
    with file:
        facts = beside.read(file, asset.size)
        others = list(services.voices.read_metadata(file, asset.key, facts.media_type))
    if facts.state == "unreadable":
        heard = next((h.value for h in others if h.value is not None and h.value.state == "read"), None)
        facts = heard or facts
    # Also what somebody else could read: they were not given the sidecars.
    facts = beside.held(facts)
    return facts, [_failure(heard) for heard in others if heard.error]


def _machine_tagging(
    services: Services, asset: Asset, facts: Facts, failures: list[Finding], body: bytes | None
) -> Tagging:
    proposed = list(services.voices.propose_findings(asset.key, facts))
    faces, detector_failures = _faces(services, body, facts.media_type)
    failures = [*failures, *detector_failures, *(_failure(heard) for heard in proposed if heard.error)]
    with services.store.reading() as unit:
        students = list(unit.people.students())
        pictured = unit.people.pictured_in(asset.key)
    people = [Person(s.id, s.all_names, (s.roster_id,)) for s in students]
    today = services.now().date()
    known = {person.id for person in people}
    # A student whom nobody has could not be decided on later: what was meant is not known.
    failures += [
        _failure(Heard(heard.plugin, error="a student whom nobody has"))
        for heard in proposed
        if any(each.tag in NAMING and each.value not in known for each in heard.value or ())
    ]
    extra = [each for heard in proposed for each in heard.value or () if each.tag not in NAMING or each.value in known]
    if pictured is not None:
        extra.append(Finding("student", pictured, "the portrait index names this image", "portrait index"))
    tagging = tag(
        facts,
        asset.key,
        services.rules,
        _index_of(tuple(people)),
        extra,
        faces,
        trust_no_faces=not services.settings.pending_without_faces,
        standings={each.id: standing_of(each, today) for each in students},
    )
    if failures:
        # A missing voice is not a yes: what a third party failed to say holds the asset.
        tagging = replace(tagging, state="failed", findings=(*tagging.findings, *failures))
    return tagging


@lru_cache(maxsize=1)
def _index_of(people: tuple[Person, ...]) -> RosterIndex:
    """Return the index of a roster, made once for as long as the roster stays: it takes a second for a large one."""
    return RosterIndex.of(people)


def standing_of(student: StudentRecord, today: date) -> Standing:
    """Return what rules may ask of a student; an opt-out that has ended by `today` is none, one of the future is one."""
    opted_out = any(each.ended is None or each.ended > today for each in student.opt_outs)
    return Standing(student.grade, student.active, opted_out)


def _whole_picture(services: Services, asset: Asset, media_type: str) -> bytes | None:
    """Return a picture's bytes, which the detector and `content` read whole; None for what is too large, or no picture."""
    if not media_type.startswith("image/") or asset.size > DETECTOR_LIMIT:
        return None
    with services.library.open(
        asset.key, version_id=asset.version_id, etag=asset.etag, size=asset.size, budget=DETECTOR_LIMIT
    ) as file:
        return file.read()


def _faces(services: Services, body: bytes | None, media_type: str) -> tuple[list[Region] | None, list[Finding]]:
    if body is None:
        return None, []
    heard = list(services.voices.find_people(BytesIO(body), media_type))
    found = [region for each in heard for region in each.value or ()]
    answered = any(each.value is not None for each in heard)
    return found if answered else None, [_failure(each) for each in heard if each.error]


def _failure(heard: Heard[Any]) -> Finding:
    why = f"the plugin '{heard.plugin}' failed (error {heard.error}); the next `dam-plugin reconcile` asks it again"
    return Finding(LACKING, heard.plugin, why, f"plugin {heard.plugin}", Truth.UNKNOWN)


def lacks_a_voice(stored: StoredAsset) -> bool:
    """Whether a third party failed while the recording was tagged, so that it is to be asked again."""
    return any(finding.tag == LACKING for finding in stored.machine.findings)
