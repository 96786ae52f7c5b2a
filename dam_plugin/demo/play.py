"""The main job from end to end, on a local storage server: upload, tag from events, share, redact, prove, record.

What it reports happened: copies are read back from the bucket, links are opened over HTTP.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dam_hooks import Manager, manager, services_of
from dam_hooks.s3_events import Summary, Worker, announcing
from dam_plugin import choices
from dam_plugin.demo import scenes
from dam_plugin.demo.samples import sample_folder, sample_media, write_roster
from dam_plugin.demo.scenes import Scene
from dam_plugin.demo.server import DELIVERY_KEYS, local_storage
from dam_plugin.errors import InputError
from dam_plugin.ledger import Verification
from dam_plugin.library.queue import Queue
from dam_plugin.library.setup import prepare
from dam_plugin.looking import look_at
from dam_plugin.model import Actor, Appearance, LedgerEntry, Look, OptOut, Recipient, Region, Share
from dam_plugin.opening import Opening
from dam_plugin.roster.plain_csv import read_roster
from dam_plugin.services import Services
from dam_plugin.settings import District, Settings
from dam_plugin.sharing import Answer
from dam_plugin.store import StoredAsset

BUCKET = "district-media"
MARKER = ".dam-plugin-demo"
DATABASE = "dam-plugin.sqlite3"
# What a run leaves in its folder, besides the database and its side files.
MADE = frozenset({MARKER, "dam-plugin.toml", "roster", "cases", "copies", "report.html"})
MEDIA_DESK = Actor("media_staff", "media-desk")
LARGEST = 64 * 1024 * 1024
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as it was played: the answer, the original and the copy that left (read back from the bucket)."""

    scene: Scene
    answer: Answer
    original: bytes
    copy: bytes | None = None


@dataclass(frozen=True, slots=True)
class LateOptOut:
    """A link before and after an opt-out: its URL answered `bytes_before`, `closed` links fell, then it was refused."""

    attempt: Attempt
    bytes_before: int
    closed: int
    after: Opening


@dataclass(slots=True)
class Played:
    """All that happened. `names` maps the fictional students' pseudonyms to names, for the demo's own report alone."""

    out: Path
    today: date
    worker: Summary = field(default_factory=Summary)
    assets: list[tuple[StoredAsset, dict[str, str]]] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    looked_at: StoredAsset | None = None
    late: LateOptOut | None = None
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

    Raises InputError where the folder holds something else, SettingsError without the extra `demo`.
    """
    _make_ready(out)
    with local_storage() as variables:
        services, pm, settings = _set_up(out, tell)
        try:
            played = Played(out, services.now().date())
            _take_in(services, pm, settings, played, tell)
            _share_all(services, pm, played, tell)
            _opt_out_late(services, pm, played, tell)
            _read_record(services, played)
            _write_files(played)
            told(played)
            if keep is not None:
                keep(variables, out)
        finally:
            services.store.close()
            services.library.close()


def _make_ready(out: Path) -> None:
    """Make the folder, empty of an earlier run; nothing that the demo did not make is deleted."""
    out.mkdir(parents=True, exist_ok=True)
    held = sorted(out.iterdir())
    others = [path.name for path in held if path.name not in MADE and not path.name.startswith(DATABASE)]
    if others or (held and not (out / MARKER).exists()):
        raise InputError(
            f"'{out}' holds other files ({(others or [held[0].name])[0]}); name an empty folder with --out"
        )
    for path in held:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    (out / MARKER).write_text("made by dam-plugin demo; made anew at each run\n", encoding="utf-8")


def _set_up(out: Path, tell: Tell) -> tuple[Services, Manager, Settings]:
    tell("making bucket, queue and database ready")
    today = date.today()  # noqa: DTZ011 - the district's own day
    _, queue_url = prepare(BUCKET, f"{BUCKET}-events", dry_run=False, create_bucket=True)
    values: dict[str, Any] = {
        "bucket": BUCKET,
        "database_url": f"sqlite:///{(out / DATABASE).resolve().as_posix()}",
        "queue_url": queue_url,
        "pseudonym_key": secrets.token_urlsafe(32),
        "signing_key": secrets.token_urlsafe(32),
        "delivery_access_key_id": DELIVERY_KEYS[0],
        "delivery_secret_access_key": DELIVERY_KEYS[1],
    }
    district = {
        "directory_notice": (today - timedelta(days=90)).isoformat(),
        "opt_out_window_ends": (today - timedelta(days=75)).isoformat(),
        "directory_includes_images": True,
    }
    _write_settings(out / "dam-plugin.toml", values, district)
    settings = Settings(**values, district=District(**district))
    pm = manager(settings)
    services = services_of(pm)
    services.store.upgrade()
    return services, pm, settings


def _write_settings(path: Path, values: dict[str, Any], district: dict[str, Any]) -> None:
    def line(key: str, value: object) -> str:
        return f"{key} = {json.dumps(value)}"

    lines = [line(key, value) for key, value in values.items()]
    lines += ["", "[district]", *(line(key, value) for key, value in district.items())]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _take_in(services: Services, pm: Manager, settings: Settings, played: Played, tell: Tell) -> None:
    folder = sample_folder()
    roster = read_roster(write_roster(folder, played.out, played.today), services.pseudonyms)
    choices.import_roster(services, roster, MEDIA_DESK)
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
    for scene in scenes.BEFORE_TAGGING:
        played.attempts.append(_attempt(services, pm, scene))
    played.looked_at = _look_at_untitled(services)
    for scene in scenes.SCENES:
        played.attempts.append(_attempt(services, pm, scene))


def _look_at_untitled(services: Services) -> StoredAsset:
    """Say as a member of staff who is in the picture without metadata, and where."""
    boxes = scenes.UNTITLED_BOXES
    seen = tuple(
        Appearance(services.pseudonyms.student(student), "focus", regions=(Region(*box),), source="a person's look")
        for student, box in boxes.items()
    )
    return look_at(services, scenes.UNTITLED, Look(at=services.now(), by=MEDIA_DESK, persons=seen))


def _attempt(services: Services, pm: Manager, scene: Scene) -> Attempt:
    answer: Answer = pm.hook.share_requested(share=_request(services, scene))
    original = services.library.read(scene.key, limit=LARGEST)
    if answer.release is None:
        return Attempt(scene, answer, original)
    copy = services.library.read(answer.release.key, version_id=answer.release.version_id, limit=LARGEST)
    if hashlib.sha256(copy).hexdigest() != answer.release.sha256:
        raise InputError("the copy in the bucket is not the one that was proven")
    return Attempt(scene, answer, original, copy)


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


def _opt_out_late(services: Services, pm: Manager, played: Played, tell: Tell) -> None:
    tell("an opt-out arrives after a link was handed out")
    attempt = _attempt(services, pm, scenes.LATE_OPT_OUT)
    token = attempt.answer.token
    if token is None:
        raise InputError("the demo's last link was not handed out; look at the table of attempts")
    before: Opening = pm.hook.share_opened(token=token)
    size = len(_fetch(before.url or ""))
    student = services.pseudonyms.student(scenes.NOAH)
    closed = choices.opt_out(services, student, OptOut(played.today), MEDIA_DESK)
    played.late = LateOptOut(attempt, size, len(closed), pm.hook.share_opened(token=token))


def _fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - the URL that we were just given
        body: bytes = answer.read()
    return body


def _read_record(services: Services, played: Played) -> None:
    with services.store.reading() as unit:
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
