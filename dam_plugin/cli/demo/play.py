"""The main job from end to end, on a local storage server: upload, tag from events, share, redact, prove, open, record.

Nothing is simulated: copies are read back from the bucket, and links are opened over HTTP at the service's gate.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from dam_hooks import Manager
from dam_hooks.s3_events import Summary, Worker, announcing
from dam_plugin.cli.demo import scenes
from dam_plugin.cli.demo.desk import Desk, work_on
from dam_plugin.cli.demo.environment import BUCKET, local_service, local_storage, make_ready, set_up
from dam_plugin.cli.demo.samples import sample_folder, sample_media, write_roster
from dam_plugin.cli.demo.scenes import Scene
from dam_plugin.cli.demo.visits import Visit, fetched, visit
from dam_plugin.cli.demo.yearbook import Yearbook, make_yearbook
from dam_plugin.custodian import choices
from dam_plugin.custodian.report import Links, Report, report_of
from dam_plugin.errors import InputError
from dam_plugin.intake.keep_look import look_at
from dam_plugin.ledger.chain import Verification
from dam_plugin.ledger.student import Line, record_of
from dam_plugin.library.event_queue import Queue
from dam_plugin.model import Actor, Appearance, Interval, LedgerEntry, Look, OptOut, Recipient, Region, Share
from dam_plugin.people.formats.plain_csv import read_roster
from dam_plugin.people.formats.sources import RosterReader
from dam_plugin.services import Services
from dam_plugin.settings import Settings
from dam_plugin.sharing.share import Answer
from dam_plugin.store import StoredAsset

MEDIA_DESK = Actor("media_staff", "media-desk")
LARGEST = 64 * 1024 * 1024
LOOK = "a person's look"
Tell = Callable[[str], None]
_BOXES = {scenes.UNTITLED: scenes.UNTITLED_BOXES, scenes.BAKE_SALE: scenes.BAKE_SALE_BOXES}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as it was played: the answer, the original and the copy that left (read back from the bucket)."""

    scene: Scene
    answer: Answer
    original: bytes
    copy: bytes | None = None


@dataclass(frozen=True, slots=True)
class LateOptOut:
    """A link before and after an opt-out: it led to `bytes_before` in the storage, `closed` links fell, then it led nowhere."""

    attempt: Attempt
    before: Visit
    bytes_before: int
    closed: int
    after: Visit


@dataclass(frozen=True, slots=True)
class Noticed:
    """A link whose recording may not be passed on: the page that says so, and how much it led to once that was read."""

    attempt: Attempt
    page: Visit
    bytes_then: int


@dataclass(slots=True)
class Played:
    """All that happened. `names` maps the fictional students' pseudonyms to names, for the demo's own report alone."""

    out: Path
    today: date
    worker: Summary = field(default_factory=Summary)
    assets: list[tuple[StoredAsset, dict[str, str]]] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    looked_at: list[StoredAsset] = field(default_factory=list)
    noticed: Noticed | None = None
    late: LateOptOut | None = None
    desk: Desk | None = None
    decided_again: list[Attempt] = field(default_factory=list)
    yearbook: Yearbook | None = None
    record: list[Line] = field(default_factory=list)
    recorded_student: str = ""
    report: Report | None = None
    entries: list[tuple[LedgerEntry, dict[str, Any] | None]] = field(default_factory=list)
    verification: Verification | None = None
    names: dict[str, str] = field(default_factory=dict)


def play(
    out: Path,
    told: Callable[[Played], None],
    *,
    tell: Tell = lambda _: None,
    keep: Callable[[dict[str, str], Path], None] | None = None,
) -> None:
    """Play the demo into a folder and tell what happened; `keep` comes last, while the server still runs.

    Raises InputError if the folder holds something else, SettingsError without the extra `demo`.
    """
    make_ready(out)
    with local_storage() as variables:
        tell("making bucket, queue and database ready")
        services, pm, settings = set_up(out)
        try:
            played = Played(out, services.now().date())
            take_in_samples(services, pm, settings, played, tell)
            _share_all(services, pm, played, tell)
            with local_service(pm) as address:
                _read_notice(address, played, tell)
                _opt_out_late(services, pm, address, played, tell)
            _sit_at_the_desk(services, played, tell)
            played.yearbook = make_yearbook(services, out, tell)
            _read_record(services, played)
            _write_files(played)
            told(played)
            if keep is not None:
                keep(variables, out)
        finally:
            services.store.close()
            services.library.close()


def take_in_samples(services: Services, pm: Manager, settings: Settings, played: Played, tell: Tell) -> None:
    """Put the sample roster and the sample recordings on file, as a district's tools would."""
    folder = sample_folder()
    roster = read_roster(write_roster(folder, played.out, played.today), services.pseudonyms)
    choices.import_roster(services, roster, MEDIA_DESK)
    # As the photographer hands it over: whose each portrait is, with home room and teacher.
    reader = RosterReader(services.pseudonyms, {each.id: each for each in roster.students}, played.today)
    choices.import_roster(services, reader.read(folder / "portraits" / "INDEX.TXT"), MEDIA_DESK)
    played.names = {student.id: student.names[0] for student in roster.students}
    tell("putting the samples into the bucket, as any tool would")
    for key, path in sample_media(folder):
        services.library.put(key, path.read_bytes(), media_type="application/octet-stream")
    tell("the worker tags them from the bucket's own notifications")
    with Queue.connect(settings.queue_url or "") as queue:
        worker = Worker(queue, announcing(pm), BUCKET)
        played.worker = worker.run(until_empty=True)
    with services.store.reading() as unit:
        stored = list(unit.assets.all_current())
    stored.sort(key=lambda each: each.asset.key)
    played.assets = [(each, services.library.tags(each.asset.key, each.asset.version_id)) for each in stored]


def _share_all(services: Services, pm: Manager, played: Played, tell: Tell) -> None:
    tell("people ask, and each is answered")
    for scene in scenes.BEFORE_LOOKING:
        played.attempts.append(play_scene(services, pm, scene))
    tell("a member of staff looks at what waits, and says who is in it")
    played.looked_at = _look(services)
    for scene in scenes.SCENES:
        played.attempts.append(play_scene(services, pm, scene))


def _look(services: Services) -> list[StoredAsset]:
    """Say as a member of staff who is in three recordings that wait, and where or when."""
    boxes = {key: _in_boxes(services, seen) for key, seen in _BOXES.items()}
    heard = tuple(
        Appearance(services.pseudonyms.student(student), "focus", intervals=(Interval(*time),), source=LOOK)
        for student, time in scenes.CLIP_TIMES.items()
    )
    looks = {**boxes, scenes.CLIP: heard}
    return [look_at(services, key, Look(at=services.now(), by=MEDIA_DESK, persons=seen)) for key, seen in looks.items()]


def _in_boxes(services: Services, boxes: Mapping[str, tuple[float, float, float, float]]) -> tuple[Appearance, ...]:
    return tuple(
        Appearance(services.pseudonyms.student(student), "focus", regions=(Region(*box),), source=LOOK)
        for student, box in boxes.items()
    )


def play_scene(services: Services, pm: Manager, scene: Scene) -> Attempt:
    """Ask as in a scene, and return what came of it."""
    return _attempted(services, scene, pm.hook.share_requested(share=_request(services, scene)))


def _attempted(services: Services, scene: Scene, answer: Answer) -> Attempt:
    """Return an attempt with its original and its copy, as they are in the bucket."""
    original = services.library.read(scene.key, limit=LARGEST)
    if answer.release is None:
        return Attempt(scene, answer, original)
    copy = services.library.read(answer.release.key, version_id=answer.release.version_id, limit=LARGEST)
    _check_proven(copy, answer)
    return Attempt(scene, answer, original, copy)


def _check_proven(copy: bytes, answer: Answer) -> None:
    if answer.release is None or hashlib.sha256(copy).hexdigest() != answer.release.sha256:
        raise InputError("the copy in the bucket is not the one that was proven")


def _request(services: Services, scene: Scene) -> Share:
    evidence = dict(scene.evidence)
    if scene.notified:
        notified = [services.pseudonyms.student(student) for student in scene.notified]
        evidence["order"] = {**evidence["order"], "notified": notified}
    return Share(
        id="",
        asset_key=scene.key,
        kind=scene.kind,
        purpose=scene.purpose,
        actor=scene.by,
        recipient=_recipient(services, scene),
        evidence=evidence,
    )


def _recipient(services: Services, scene: Scene) -> Recipient:
    if scene.known is None or scene.to.id is None:
        return scene.to
    pseudonym = services.pseudonyms.guardian if scene.known == "guardian" else services.pseudonyms.student
    return replace(scene.to, id=pseudonym(scene.to.id))


def _read_notice(address: str, played: Played, tell: Tell) -> None:
    tell("the hospital opens its link at the gate, and reads first that it may not be passed on")
    attempt = next(each for each in reversed(played.attempts) if each.answer.notice)
    page = visit(address, _token(attempt))
    opened = visit(address, _token(attempt), has_read=True)
    played.noticed = Noticed(attempt, page, len(_copy(opened, attempt)))


def _opt_out_late(services: Services, pm: Manager, address: str, played: Played, tell: Tell) -> None:
    tell("an opt-out arrives after a link was handed out")
    attempt = play_scene(services, pm, scenes.LATE_OPT_OUT)
    before = visit(address, _token(attempt))
    size = len(_copy(before, attempt))
    student = services.pseudonyms.student(scenes.NOAH)
    closed = choices.opt_out(services, student, OptOut(played.today), MEDIA_DESK)
    played.late = LateOptOut(attempt, before, size, len(closed), visit(address, _token(attempt)))


def _token(attempt: Attempt) -> str:
    if attempt.answer.token is None:
        raise InputError(f"no link was handed out where one was expected: {attempt.scene.who}")
    return attempt.answer.token


def _copy(opened: Visit, attempt: Attempt) -> bytes:
    """Return the bytes that a link leads to; they are the copy that was proven."""
    if opened.leads_to is None:
        raise InputError(f"a link did not open where it should (status {opened.status}): {attempt.scene.who}")
    body = fetched(opened.leads_to)
    _check_proven(body, attempt.answer)
    return body


def _sit_at_the_desk(services: Services, played: Played, tell: Tell) -> None:
    tell("the custodian works on what was referred")
    played.desk = work_on(services)
    for scene, stated in zip(scenes.DECIDED_AGAIN, played.desk.decided, strict=True):
        if stated.answer is None:
            raise InputError(f"the share was not decided again: {scene.who}")
        played.decided_again.append(_attempted(services, scene, stated.answer))


def _read_record(services: Services, played: Played) -> None:
    with services.store.reading() as unit:
        played.recorded_student = services.pseudonyms.student(scenes.CALEB)
        played.record = record_of(unit, services.ledger, played.recorded_student)
        played.report = report_of(unit, services.now(), links=Links())
        played.entries = services.ledger.show(unit, last=None)
        played.verification = services.ledger.verify(unit)


def _write_files(played: Played) -> None:
    """Write each attempt's case as it was decided, so that `dam-plugin decide` can be tried on it, and the copies."""
    cases, copies = played.out / "cases", played.out / "copies"
    cases.mkdir()
    copies.mkdir()
    recorded = {
        entry.subject: details["case"] for entry, details in played.entries if entry.kind == "share" and details
    }
    for number, attempt in enumerate(played.attempts, start=1):
        name = f"{number:02}-{attempt.answer.decision.outcome.word}"
        text = json.dumps(recorded[attempt.answer.share.id], indent=2)
        (cases / f"{name}.json").write_text(text, encoding="utf-8")
        if attempt.copy is not None and attempt.answer.release is not None:
            (copies / f"{name}{Path(attempt.answer.release.key).suffix}").write_bytes(attempt.copy)
