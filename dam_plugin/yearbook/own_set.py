"""The archive of a set of this district: found in its place, verified to be the one on record, read, and locked.

Whoever else has a set verifies it by the public key alone (`verify.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from dam_plugin.errors import SetAltered, SetRefused
from dam_plugin.model import Actor
from dam_plugin.services import Services
from dam_plugin.store.sets import ExportFile, ExportSet
from dam_plugin.yearbook.lock import Locked, handed_over, lock
from dam_plugin.yearbook.pages import Pages
from dam_plugin.yearbook.profiles import check_no_student, check_printer
from dam_plugin.yearbook.recheck import Tell
from dam_plugin.yearbook.signing_key import PublicKey, public_key, signer
from dam_plugin.yearbook.targets import Target, target_of
from dam_plugin.yearbook.verify import Progress, Verified, claimed, verify
from dam_plugin.yearbook.zip_file import layout

FILE = "file:"
"""How the place of a set that is a file begins, on record."""


def place_of_set(services: Services, set_: ExportSet) -> Target:
    """Return the place of a set on record. A file may be on another machine."""
    return target_of(set_.target.removeprefix(FILE), services.library)


def on_record(services: Services, file: BinaryIO) -> tuple[ExportSet, PublicKey]:
    """Return the set that a file says it is, and the key that it was signed with: the district's may be another by now.

    Raises SetAltered, UnknownThing.
    """
    with services.store.reading() as unit:
        known = unit.exports.need(claimed(file))
    key = public_key(known.key) if known.key is not None else signer(services.settings).public
    return known, key


def own_set(services: Services, target: Target, *, progress: Progress | None = None) -> Verified:
    """Return a set of this district; its file has to be, byte for byte, the one on record here. Raises InputError."""
    with target.opened() as file:
        known, public = on_record(services, file)
        found = verify(file, public, progress=progress)
    if known.manifest != found.manifest_sha256:
        raise SetRefused("this file is an earlier making of the set: take the one that was made last", "no-archive")
    return found


def lock_own(
    services: Services,
    target: Target,
    *,
    by: Actor,
    to: str | None = None,
    pages: Pages | None = None,
    progress: Progress | None = None,
    tell: Tell | None = None,
) -> Locked:
    """Read the whole archive of a set, lock it for its printer (`to`: another one than it was made for), and record it.

    Raises InputError for a recipient that is a student's name or a form's, and what `own_set` and `lock` raise.
    """
    if to is not None:
        check_recipient_is_no_student(services, to)
    mine = own_set(services, target, progress=progress)
    check_printer(to or mine.recipient)
    return lock(services, mine.set_id, by=by, to=to, pages=pages, key=mine.key_id, tell=tell)


def hand_over_own(
    services: Services, target: Target, *, by: Actor, to: str, progress: Progress | None = None
) -> Locked:
    """Read the whole archive of a locked set, and record that it also went to another recipient. Raises as `lock_own`."""
    check_recipient_is_no_student(services, to)
    mine = own_set(services, target, progress=progress)
    return handed_over(services, mine.set_id, by=by, to=to, key=mine.key_id)


def check_recipient_is_no_student(services: Services, to: str) -> None:
    """Raise InputError if the recipient of a set has the name of a student on the roster."""
    with services.store.reading() as unit:
        check_no_student(to, unit.people.stream())


@contextmanager
def opened_set(services: Services, set_: ExportSet) -> Iterator[BinaryIO]:
    """Open the archive of a set on record, which has to say that it is that set. Raises InputError."""
    with place_of_set(services, set_).opened() as file:
        if claimed(file) != set_.id:
            raise SetRefused("another set is in its place: make this one again", "no-archive")
        file.seek(0)
        yield file


def picture_of(services: Services, set_: ExportSet, file: ExportFile, largest: int) -> bytes | None:
    """Return the copy of a picture as it is in the archive of its set; None for one of more than `largest` bytes.

    Raises SetAltered if it is not what was written, InputError if there is no archive in its place.
    """
    with place_of_set(services, set_).opened() as archive:
        opened = layout(archive)
        entry = next((each for each in opened.entries() if each.path == file.path), None)
        body = opened.body(entry) if entry is not None else None
        if entry is None or body is None:
            raise SetAltered(["a picture of the set is missing in its archive"])
        if entry.size > largest:
            return None
        archive.seek(body)
        data = archive.read(entry.size)
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise SetAltered(["a picture of the set is not the one that was written"])
    return data
