"""Examines one version of a recording: reads it in a separate process, asks third parties, and tags it by the rules.

`examine` returns its findings and stores nothing: `events.py` does that. A failed third party holds the recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, BinaryIO

from dam_plugin.intake import exiftool, reader
from dam_plugin.intake.looks import LACKING
from dam_plugin.intake.roster_cache import Roster, roster_of
from dam_plugin.intake.same_picture import content_digest, likeness
from dam_plugin.library.object_keys import is_ours
from dam_plugin.library.s3 import TooLarge
from dam_plugin.model import Asset, Facts, Finding, Region, Tagging, Truth
from dam_plugin.services import DETECTOR_LIMIT, PluginAnswer, Services
from dam_plugin.settings import Settings
from dam_plugin.store import StoredAsset
from dam_tagging.metadata.sidecars import sidecar
from dam_tagging.tag import Completeness, tag

SIDECAR_LIMIT = 4 * 1024 * 1024
TOO_LARGE = f"the sidecar is larger than {SIDECAR_LIMIT // 1024 // 1024} MiB"
# The findings of other taggers whose value is a student's pseudonym.
NAMING = ("student", "focus", "record_pii")


def examine(services: Services, asset: Asset, sidecars: Iterable[str] | None = None) -> tuple[Asset, Tagging, Facts]:
    """Return the asset with its media type, what files, rules and third parties say of who is in it, and the facts.

    `sidecars` are the names of those that `sidecars_beside` has just found; without them the bucket is asked. Raises
    StorageError.
    """
    facts, failures = _facts(services, asset, sidecars)
    body = _whole_picture(services, asset, facts.media_type)
    tagging = _machine_tagging(services, asset, facts, failures, body)
    asset = replace(asset, media_type=facts.media_type)
    if body is not None:
        asset = replace(asset, content=content_digest(body, facts.orientation), likeness=likeness(body))
    return asset, tagging, facts


def read_metadata(services: Services, file: BinaryIO, key: str, size: int) -> Facts:
    """Return what a recording of the library and its sidecars say, within the limits of the settings."""
    beside = _Beside(services, key)
    return beside.held(beside.read(file, size))


class _Beside:
    """The sidecars of one recording as a listing shows them, and the reasons why any of them cannot be read.

    One listing (two for a name that a program has numbered) saves a request for each name that a sidecar might have.
    """

    def __init__(self, services: Services, key: str, sidecars: Iterable[str] | None = None) -> None:
        self._key = key
        self._limits = reading_limits(services.settings)
        self._sibling = services.library.siblings(key, SIDECAR_LIMIT)
        self._known = None if sidecars is None else frozenset(sidecars)
        starts = sidecar.starts(key) if self._known is None else ()
        listed = [*(self._known or ()), *(each.key for start in starts for each in services.library.list(start))]
        self._there = sidecar.chosen(key, (each for each in listed if not is_ours(each)))
        self._problems: list[str] = []

    def read(self, file: BinaryIO, size: int) -> Facts:
        """Return what the recording says and what can be read beside it."""
        return reader.read(file, size, self._key, self._open, self._there, limits=self._limits)

    def held(self, facts: Facts) -> Facts:
        """Return facts with a note on unread sidecars: a name in one must not be missed in silence."""
        if not self._problems:
            return facts
        state = "partial" if facts.state == "read" else facts.state
        return replace(facts, state=state, problems=tuple(dict.fromkeys((*facts.problems, *self._problems))))

    def _open(self, name: str) -> BinaryIO | None:
        if self._known is not None and name not in self._known:
            return None
        if not sidecar.is_of_a_folder(name) and name not in self._there:
            return None
        try:
            return self._sibling(name)
        except TooLarge:
            self._problems.append(TOO_LARGE)
            return None


def reading_limits(settings: Settings) -> reader.Limits:
    """Return the limits for reading one file, and the path of exiftool if the settings use it."""
    program = exiftool.exiftool_path(settings.exiftool) if settings.exiftool else None
    return reader.Limits(seconds=settings.metadata_seconds, megabytes=settings.metadata_megabytes, exiftool=program)


def _facts(services: Services, asset: Asset, sidecars: Iterable[str] | None) -> tuple[Facts, list[Finding]]:
    """Return what we read in the file, else what the first third party that could read it did; and failures as findings."""
    file = services.library.open(asset.key, version_id=asset.version_id, etag=asset.etag, size=asset.size)
    beside = _Beside(services, asset.key, sidecars)
    with file:
        facts = beside.read(file, asset.size)
        others = list(services.third_parties.read_metadata(file, asset.key, facts.media_type))
    if facts.state == "unreadable":
        other_reading = next((h.value for h in others if h.value is not None and h.value.state == "read"), None)
        facts = other_reading or facts
    # A third party's reading notes them too: it was not given the sidecars.
    facts = beside.held(facts)
    return facts, [_failure(answer) for answer in others if answer.error]


def _machine_tagging(
    services: Services, asset: Asset, facts: Facts, failures: list[Finding], body: bytes | None
) -> Tagging:
    proposed = list(services.third_parties.propose_findings(asset.key, facts))
    with services.store.reading() as unit:
        known = unit.assets.by_id(asset.id)
    seen = _faces(services, body, facts.media_type, known.machine if known else None)
    faces, detector_failures = seen.boxes, seen.failures
    failures = [*failures, *detector_failures, *(_failure(answer) for answer in proposed if answer.error)]
    with services.store.reading() as unit:
        roster, pictured = roster_of(services, unit), unit.people.pictured_in(asset.key)
        # A plugin that names an unknown student has failed: nothing could be decided later about that student.
        failures += [
            _failure(PluginAnswer(answer.plugin, error="a student whom nobody has"))
            for answer in proposed
            if not all(_is_known(each, roster) for each in answer.value or ())
        ]
        extra = [each for answer in proposed for each in answer.value or () if _is_known(each, roster)]
        tagging = tag_by_roster(services, roster, asset.key, facts, extra, faces, pictured)
    tagging = replace(tagging, faces_by=seen.by)
    if failures:
        # A missing answer is not a yes: a failed third party holds the asset.
        tagging = replace(tagging, state="failed", findings=(*tagging.findings, *failures))
    return tagging


def _is_known(finding: Finding, roster: Roster) -> bool:
    return finding.tag not in NAMING or roster.index.has(finding.value)


def tag_by_roster(
    services: Services,
    roster: Roster,
    key: str,
    facts: Facts,
    extra: Sequence[Finding],
    faces: Sequence[Region] | None,
    pictured: str | None,
) -> Tagging:
    """Return what facts, rules and a portrait index say of who is in a recording; `pictured`: the index's student."""
    if pictured is not None:
        extra = [*extra, Finding("student", pictured, "the portrait index names this image", "portrait index")]
    return tag(
        facts,
        key,
        services.rules,
        roster.index,
        extra,
        faces,
        completeness=completeness_settings(services.settings),
        more_signs=services.settings.signs_of_no,
        families=roster.families,
        indexed=pictured,
    )


def completeness_settings(settings: Settings) -> Completeness:
    """Return the settings for when it counts as known who is in a recording."""
    return Completeness(
        by=settings.complete_by,
        trust_no_faces=not settings.pending_without_faces,
        crowd_needs_look=settings.crowd_needs_look,
    )


def _whole_picture(services: Services, asset: Asset, media_type: str) -> bytes | None:
    """Return a picture's bytes, which the detector and `content` read whole; None for a large file, or no picture."""
    if not media_type.startswith("image/") or asset.size > DETECTOR_LIMIT:
        return None
    with services.library.open(
        asset.key, version_id=asset.version_id, etag=asset.etag, size=asset.size, budget=DETECTOR_LIMIT
    ) as file:
        return file.read()


@dataclass(frozen=True, slots=True)
class _Seen:
    """The faces that detectors found (None: none could look), who was asked, and who failed."""

    boxes: Sequence[Region] | None = None
    by: str = ""
    failures: Sequence[Finding] = ()


def _faces(services: Services, body: bytes | None, media_type: str, known: Tagging | None) -> _Seen:
    """Return the faces in a picture; the same detectors are not asked twice of the same version."""
    if body is None:
        return _Seen()
    by = ", ".join([*services.third_parties.who_answers("find_people"), f"score {services.settings.face_score}"])
    if known is not None and known.faces is not None and known.faces_by == by:
        return _Seen(known.faces, by)
    answers = list(services.third_parties.find_people(BytesIO(body), media_type))
    found = [region for each in answers for region in each.value or ()]
    answered = any(each.value is not None for each in answers)
    failures = [_failure(each) for each in answers if each.error]
    return _Seen(found if answered else None, "" if failures else by, failures)


def _failure(answer: PluginAnswer[Any]) -> Finding:
    why = f"the plugin '{answer.plugin}' failed (error {answer.error}); the next `dam-plugin reconcile` asks it again"
    return Finding(LACKING, answer.plugin, why, f"plugin {answer.plugin}", Truth.UNKNOWN)


def lacks_third_party_answer(stored: StoredAsset) -> bool:
    """Whether a third party failed while the recording was tagged, so that it must be asked again."""
    return any(finding.tag == LACKING for finding in stored.machine.findings)
