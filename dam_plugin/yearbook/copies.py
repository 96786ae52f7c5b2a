"""Makes the proven copy of each candidate, on every core, in the order of the set.

Copies that take long (somebody is hidden, a portrait was resized) are kept in the bucket, on hold, for the next set. A
kept copy is used again as long as everything that it was made from is the same.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from dam_plugin.errors import AssetMissing, CannotRedact, CaseError, Held, NotProven, StorageError, UnknownThing
from dam_plugin.library.s3 import TooLarge
from dam_plugin.library.storage_errors import BucketMissing, ObjectChanged, Refused, one_of_many
from dam_plugin.model import Decision, Reason, Region, Release, Tagging
from dam_plugin.private_files import on_disk, workroom
from dam_plugin.procedure.clauses import reason
from dam_plugin.redaction import door
from dam_plugin.services import Services
from dam_plugin.sharing.make_copy import Copy, Recipe, copy_recipe, keep_codings, make_proven_copy
from dam_plugin.sharing.notice import identifying_texts_among
from dam_plugin.sharing.published_copy import delete_copy, upload_on_hold, withdrawn_on_failure
from dam_plugin.store import StoredAsset
from dam_plugin.store.batches import batched
from dam_plugin.store.sets import ExportFile, ExportSet
from dam_plugin.store.shares import KEPT
from dam_plugin.yearbook.judge import Judge, releasable
from dam_plugin.yearbook.zip_file import measured

KEPT_FOR = timedelta(days=7)
"""How long a copy that was made for a set is kept for the next."""
RESIZED = "resized"
"""The field in the proof of a kept copy that has the facts about a resized portrait."""
_LARGEST = 256 * 1024 * 1024
_CROP = "crop"
AHEAD = 2
"""Copies that are made ahead of the one that is written, for each core: each is a file in a private folder."""
PUBLISHED = ("image/jpeg", "image/png")
"""Media types that publishers' portals take; a copy of another type is written anew as a JPEG."""
_BATCH = 50
"""Candidates that are judged in one transaction."""
_MOST_UNKEPT = 50
"""Codings that were found to hold nothing but their picture, and wait to be kept in one transaction."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A proven picture as a file: `size` in bytes, `crc` its CRC-32; `reused`: it was made for an earlier set or share.

    `covered`: somebody is hidden in it by a covered place. `coding` is `Copy.coding`.
    """

    path: Path
    suffix: str
    sha256: str
    size: int
    crc: int
    facts: tuple[str, ...] = ()
    reused: bool = False
    covered: bool = False
    coding: str | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    """A picture that may go into the set: in a private `folder`, which is deleted once the next one is asked for."""

    file: ExportFile
    folder: Path
    picture: Picture


@dataclass(frozen=True, slots=True)
class NotCopied:
    """A candidate without a copy in the set, and why."""

    file: ExportFile
    why: tuple[Reason, ...]


def copies(services: Services, set_: ExportSet, files: Iterable[ExportFile]) -> Iterator[Copied | NotCopied]:
    """Yield the outcome for each file, in their order.

    A file that cannot be copied comes as a NotCopied. Raises StorageUnreachable and StorageError if the storage or
    the disk fails, and StoreError: then no later file can be copied either.
    """
    workers = cores()
    rest = _judged(services, set_, files)
    waiting: deque[Future[Copied | NotCopied]] = deque()
    found: dict[str, str] = {}
    with workroom() as room, ThreadPoolExecutor(workers, thread_name_prefix="copy") as pool, _none_left(waiting):
        while True:
            while len(waiting) < workers * AHEAD and (each := next(rest, None)) is not None:
                waiting.append(pool.submit(_copied, services, set_, each, room))
            if not waiting or len(found) == _MOST_UNKEPT:
                keep_codings(services, found)
                found.clear()
            if not waiting:
                return
            made = waiting.popleft().result()
            if isinstance(made, Copied) and made.picture.coding is not None:
                found[made.file.asset_id] = made.picture.coding
            yield made
            if isinstance(made, Copied):
                shutil.rmtree(made.folder, ignore_errors=True)


def cores() -> int:
    """Return how many copies are made at once."""
    with suppress(AttributeError):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def drop_old(services: Services) -> int:
    """Delete the copies for sets that are older than their time; return how many.

    The next run tries again a copy that the storage refuses to delete, or whose recording is held. Raises
    StorageUnreachable, StoreError.
    """
    with services.store.reading() as unit:
        old = unit.shares.kept_before(services.now() - KEPT_FOR)
    gone = [each.id for each in old if one_of_many(partial(_deleted, services, each))]
    if gone:
        with services.store.writing() as unit:
            unit.shares.move_releases(gone, was=[KEPT], state="undone")
    return len(gone)


def is_crop(proof: Mapping[str, object]) -> bool:
    """Whether a copy is a part of the picture only, by its proof."""
    return proof.get("operation") == _CROP


def is_covered(recipe: Recipe, proof: Mapping[str, object]) -> bool:
    """Whether a covered place hides somebody in a copy: so in any copy that hides somebody, unless it is known to be a crop."""
    return bool(recipe.redacted) and not is_crop(proof)


@contextmanager
def _none_left(waiting: deque[Future[Copied | NotCopied]]) -> Iterator[None]:
    """Cancel the copies that were not begun, where the caller takes no more."""
    try:
        yield
    finally:
        for each in waiting:
            each.cancel()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A candidate that may still go in: its recording, the decision, and the names and ids that its copy may not hold."""

    file: ExportFile
    stored: StoredAsset
    decision: Decision
    secrets: tuple[str, ...] = ()


def _judged(services: Services, set_: ExportSet, files: Iterable[ExportFile]) -> Iterator[_Wanted | NotCopied]:
    """Judge files again, as they are on file now, a batch in one transaction."""
    for batch in batched(files, _BATCH):
        with services.store.reading() as unit:
            current = unit.assets.current_of(each.source_key for each in batch)
            judge = Judge(services, unit, set_.order, set_.by, set_.day)
            judge.read(current.values())
            judged = [_judged_again(judge, set_, each, current.get(each.source_key)) for each in batch]
            wanted = [each for each in judged if isinstance(each, _Wanted)]
            students = {
                student for each in wanted for student in (*each.stored.tagging.students, *each.decision.redact)
            }
            records = unit.people.students_of(students)
        for each in judged:
            if isinstance(each, _Wanted):
                yield replace(each, secrets=identifying_texts_among(records, each.stored.tagging, each.decision.redact))
            else:
                yield each


def _judged_again(judge: Judge, set_: ExportSet, file: ExportFile, stored: StoredAsset | None) -> _Wanted | NotCopied:
    if stored is None or stored.asset.id != file.asset_id:
        return NotCopied(file, (reason("EXPORT-GONE"),))
    try:
        judged = judge.judge(stored, file.student)
    except (CaseError, UnknownThing) as error:
        return NotCopied(file, (reason("EXPORT-UNABLE", otherwise=True, why=error),))
    if judged.digest != file.digest:
        return NotCopied(file, releasable(judged, set_.order, file.student) or (reason("EXPORT-GONE"),))
    return _Wanted(file, stored, judged.decision)


def _copied(services: Services, set_: ExportSet, wanted: _Wanted | NotCopied, room: Path) -> Copied | NotCopied:
    """Make the copy of a file."""
    if isinstance(wanted, NotCopied):
        return wanted
    file = wanted.file
    folder = Path(tempfile.mkdtemp(dir=room))
    try:
        with on_disk():
            return Copied(file, folder, _picture_of(services, set_, wanted, folder))
    except (AssetMissing, CannotRedact, NotProven, ObjectChanged, Refused, TooLarge) as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, BucketMissing):
            raise
        gone = isinstance(error, AssetMissing | ObjectChanged)
        return NotCopied(file, (reason("EXPORT-GONE") if gone else reason("EXPORT-UNABLE", why=error),))


def _picture_of(services: Services, set_: ExportSet, wanted: _Wanted, folder: Path) -> Picture:
    """Return the picture as it goes into the set."""
    file, stored = wanted.file, wanted.stored
    # INVARIANT: all pictures of a set are alike. A notice in some of them would tell whose families consented. The
    # set's page carries the notice for all.
    recipe = copy_recipe(services, stored, wanted.decision, urgent=False, is_told=False, secrets=wanted.secrets)
    size = set_.order.portrait_size if file.kind == "portrait" else None
    if size is None and not recipe.redacted:
        copy = make_proven_copy(services, recipe, folder)
        if copy.media_type in PUBLISHED:
            return _as_copied(copy)
        return _resized(services, recipe, copy.path, None, None, folder)
    face = _face(stored.tagging, file.student)
    plan = _plan(services, recipe, size, face)
    known = kept_copy(services, recipe, plan, _inner(folder, "kept"))
    if known is not None:
        return known
    copy = make_proven_copy(services, recipe, _inner(folder, "copy"))
    covered = is_covered(recipe, copy.proof)
    picture = replace(_as_copied(copy), covered=covered)
    if size is not None or copy.media_type not in PUBLISHED:
        # Where a copy is a part of the picture, faces are at other places in it.
        resized = _resized(services, recipe, copy.path, size, None if is_crop(copy.proof) else face, folder)
        picture = replace(resized, coding=copy.coding, covered=covered)
    told = {"plan": plan, "sha256": picture.sha256, RESIZED: list(picture.facts)}
    keep_copy(services, recipe, picture, {**copy.proof, **told})
    return picture


def _as_copied(copy: Copy) -> Picture:
    return Picture(copy.path, copy.suffix, copy.sha256, copy.size, copy.crc, coding=copy.coding)


def _resized(
    services: Services,
    recipe: Recipe,
    copy: Path,
    size: tuple[int, int] | None,
    face: Region | None,
    folder: Path,
) -> Picture:
    made = door.resized(
        copy, recipe.order, size, face, _inner(folder, "resized"), turbojpeg=services.settings.turbojpeg
    )
    return Picture(made.path, made.suffix, made.proof.sha256, made.size, made.crc, made.facts)


def _inner(folder: Path, name: str) -> Path:
    inner = folder / name
    inner.mkdir(mode=0o700)
    return inner


def _face(tagging: Tagging, student: str | None) -> Region | None:
    """Return the place of the face of a portrait's student, by the tags."""
    regions = [region for each in tagging.appearances if each.student == student for region in each.regions]
    return max(regions, key=lambda region: region.area, default=None)


def _plan(services: Services, recipe: Recipe, size: tuple[int, int] | None, face: Region | None) -> str:
    """Return the digest of all that a picture of a set is made from: its recipe, and how a portrait is framed."""
    if size is None:
        return recipe.digest
    framed = "" if face is None else f"{face.x} {face.y} {face.w} {face.h}"
    return services.pseudonyms.plan(f"portrait {door.RESIZER} {size[0]}x{size[1]} {framed} {recipe.digest}")


def kept_copy(services: Services, recipe: Recipe, plan: str, folder: Path) -> Picture | None:
    """Return the copy of the same recipe that an earlier set or share left in the bucket; None if there is none."""
    asset = recipe.stored.asset
    with services.store.reading() as unit:
        known = unit.shares.reusable(
            asset.key, asset.version_id, asset.etag, recipe.redacted, plan=plan, states=(KEPT, "open")
        )
    if known is None:
        return None
    suffix = known.key[known.key.rindex(".") :] if "." in known.key.rpartition("/")[2] else ""
    if suffix not in (".jpg", ".png"):
        return None
    path = folder / f"copy{suffix}"
    try:
        head = services.library.head(known.key, known.version_id)
        sha256 = services.library.download(
            known.key, version_id=known.version_id, etag=head.etag, path=path, limit=_LARGEST
        )
    except BucketMissing:
        raise
    except (AssetMissing, TooLarge):
        return None
    # INVARIANT: an object that another party put in its place is not used.
    if sha256 != known.sha256:
        return None
    with path.open("rb", buffering=0) as file:
        size, crc = measured(file)
    facts, covered = tuple(known.proof.get(RESIZED, ())), is_covered(recipe, known.proof)
    return Picture(path, suffix, sha256, size, crc, facts, reused=True, covered=covered)


def keep_copy(services: Services, recipe: Recipe, picture: Picture, proof: dict[str, object]) -> None:
    """Keep a copy in the bucket, on hold: the plugin alone reads it, and no link opens it."""
    media_type = "image/png" if picture.suffix == ".png" else "image/jpeg"
    copy = Copy(picture.path, media_type, picture.suffix, picture.sha256, proof)
    # A copy that cannot be kept is made again for the next set: that is no reason to fail this one.
    with suppress(StorageError):
        release = upload_on_hold(services, recipe, copy)
        with withdrawn_on_failure(services, release), services.store.writing() as unit:
            is_kept = unit.shares.keep_release(release.id, release.version_id)
        if not is_kept:
            _deleted(services, release)


def _deleted(services: Services, release: Release) -> bool:
    """Delete a copy; return False where its recording is held, and the copy stays."""
    try:
        delete_copy(services, release)
    except Held:
        return False
    return True
