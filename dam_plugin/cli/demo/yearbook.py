"""The demo's yearbook: sets for two publishers, one of them verified and locked, and a family that opts out afterwards.

`FILES` names the files that a run makes. What the demo reports about a set is read back from the set's file.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from dam_plugin.cli.demo import scenes
from dam_plugin.custodian import choices
from dam_plugin.gate.close_links import ClosedLinks
from dam_plugin.model import Actor, OptOut, Recipient
from dam_plugin.private_files import private_file
from dam_plugin.services import Services
from dam_plugin.store.sets import PURPOSE, Made, Query, SetOrder
from dam_plugin.yearbook.contact_sheet import Shown, pictures, write_sheet
from dam_plugin.yearbook.exclusions import Coverage, LeftOut, asks_beside, coverage, summary, write_exclusions
from dam_plugin.yearbook.lock import Locked, lock
from dam_plugin.yearbook.make import export
from dam_plugin.yearbook.pages import read_pages
from dam_plugin.yearbook.profiles import load
from dam_plugin.yearbook.recall import RecallLine, recall, write_recall
from dam_plugin.yearbook.recheck import Rechecked, recheck
from dam_plugin.yearbook.signing_key import PublicKey, public_key, signer
from dam_plugin.yearbook.targets import EXCLUSIONS, PART_SUFFIX, Target, target_of
from dam_plugin.yearbook.verify import Verified, verify

STAFF = Actor("media_staff", "yearbook-desk")
PRINTED, OTHER = "yearbook-pspa.zip", "yearbook-picaboo.zip"
SHEET, PAGES, RECALL, KEY = "yearbook-sheet.html", "yearbook-pages.csv", "yearbook-recall.csv", "district-key.pem"
FILES = frozenset({SHEET, PAGES, RECALL, KEY}) | {
    made
    for name in (PRINTED, OTHER)
    for made in (
        name,
        name + PART_SUFFIX,
        Path(name).stem + EXCLUSIONS,
        asks_beside(Path(Path(name).stem + EXCLUSIONS)).name,
    )
}
"""The files that a run makes in the demo's folder, also one that breaks off."""

ORDERS = {
    PRINTED: SetOrder(Query(), "pspa", Recipient("public", "heron-press"), redact=True, volume="FALL"),
    OTHER: SetOrder(Query(), "picaboo", Recipient("public", "picaboo")),
}
"""A publisher who takes copies that hide somebody, and one who is sent none."""
_ON_A_PAGE = {"portrait": 6, "candid": 2}


@dataclass(frozen=True, slots=True)
class SetMade:
    """A set as it was made: its file, what was left out by reason, and its pictures as they are in it.

    The district's report marks each picture that hides somebody, also by what the picture leaves out. The set itself
    does not say so.
    """

    file: Path
    made: Made
    left_out: tuple[LeftOut, ...]
    pictures: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Yearbook:
    """The result of both sets: `printed` was verified and locked, then `student`'s family opted out.

    `closed` is what that choice closed. `rechecked` is the other set afterwards. `recalled` lists what may not be shown
    any more of the printed set.
    """

    printed: SetMade
    other: SetMade
    verified: Verified
    coverage: Coverage
    locked: Locked
    student: str
    closed: ClosedLinks
    rechecked: Rechecked
    recalled: tuple[RecallLine, ...]


def make_yearbook(services: Services, out: Path, tell: Callable[[str], None]) -> Yearbook:
    """Play the afternoon into the demo's folder. Raises as `export`, `verify` and `lock` do."""
    tell("yearbook staff make sets for two publishers")
    (out / KEY).write_text(signer(services.settings).public_pem(), encoding="ascii")
    key = public_key(str(out / KEY))
    printed, other = (_made(services, out / name, order, key) for name, order in ORDERS.items())
    tell("the publisher verifies one of them, and it is locked on the day of printing")
    with printed.file.open("rb") as file:
        verified = verify(file, key)
    with printed.file.open("rb") as file, private_file(out / SHEET) as sheet:
        write_sheet(sheet.buffer, file, key)
    _write_pages(out / PAGES, printed.pictures)
    with services.store.reading() as unit:
        covered = coverage(unit, printed.made.set)
    locked = lock(services, printed.made.set.id, by=STAFF, pages=read_pages(out / PAGES), key=key.id)
    tell("then a family opts out of the yearbook")
    student = services.pseudonyms.student(scenes.AMINA)
    closed = choices.opt_out(services, student, OptOut(services.now().date(), purposes=(PURPOSE,)), STAFF)
    recalled = recall(services, set_id=printed.made.set.id)
    write_recall(out / RECALL, recalled)
    rechecked = recheck(services, other.made.set.id)
    return Yearbook(printed, other, verified, covered, locked, student, closed, rechecked, recalled)


def _made(services: Services, path: Path, order: SetOrder, key: PublicKey) -> SetMade:
    """Make a set and the list beside it, and read its pictures back."""
    target: Target = target_of(str(path), None)
    profile = load(order.publisher)
    made = export(services, order, profile, target, STAFF)
    with services.store.reading() as unit:
        place, altered = target.exclusions(made.set.id), made.altered
        write_exclusions(place, unit, made.set, altered=altered, rulings=services.rulings)
        left_out = tuple(summary(unit, made.set))
        hiding = {each.path for each in unit.exports.files(made.set.id) if each.redacted}
    with path.open("rb") as file:
        shown = tuple(replace(each, redacted=each.path in hiding) for each in pictures(file, key, profile))
    return SetMade(path, made, left_out, shown)


def _write_pages(path: Path, shown: Iterable[Shown]) -> None:
    """Write the publisher's list: which file is printed on which page, from page 6 on."""
    page, place, kind = 6, 0, ""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["page", "file"])
        for each in shown:
            if place and (each.kind != kind or place == _ON_A_PAGE[kind]):
                page, place = page + 1, 0
            kind, place = each.kind, place + 1
            rows.writerow([page, each.path])
