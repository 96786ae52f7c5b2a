"""A set from end to end: planned, its copies made and written one by one, its lists added, judged again, signed, recorded.

INVARIANT: what is signed was judged after its last picture was written; whatever changed meanwhile makes the set fail, and
nothing but its unfinished file is left.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal, NoReturn

from dam_plugin import private_files
from dam_plugin.errors import InputError
from dam_plugin.model import Actor
from dam_plugin.private_files import workroom
from dam_plugin.services import Services
from dam_plugin.store import Unit
from dam_plugin.store.sets import Altered, ExportFile, ExportSet, Made, Query, SetOrder
from dam_plugin.yearbook import begin, copies, plan
from dam_plugin.yearbook.begin import KEPT_LOCK, check_all
from dam_plugin.yearbook.copies import Copied, NotCopied
from dam_plugin.yearbook.digests import roster_digest
from dam_plugin.yearbook.holders import check_recipient
from dam_plugin.yearbook.kept_copies import drop_old
from dam_plugin.yearbook.keys import Signer, signer
from dam_plugin.yearbook.lists import Lists, entries_of
from dam_plugin.yearbook.mark import Mark, mark_of
from dam_plugin.yearbook.originals import lost_originals
from dam_plugin.yearbook.profiles import Profile, check_volume
from dam_plugin.yearbook.sinks import Sink
from dam_plugin.yearbook.targets import Target
from dam_plugin.yearbook.zip_file import Archive

MEANWHILE = (
    "something on file changed, or the day did, while the set was signed, and it is not in its place: go on with --resume, "
    "or make it anew with --anew"
)
LOST = (
    "the originals of {count} of its pictures were deleted or replaced in the bucket, and nothing was signed ({assets}): run "
    "`dam-plugin reconcile`, then make it anew (--anew)"
)
MOST_NAMED = 5
"""How many recordings a message names, by their pseudonyms."""
MOST_UNKEPT, KEEP_SECONDS = 200, 1.0
"""How many files, and for how long, wait to be put on record in one transaction."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a set is: its step, how many pictures are done of how many, how many of those go in, and its bytes."""

    step: str
    done: int = 0
    of: int | None = None
    written: int = 0
    size: int = 0


Tell = Callable[[Progress], None]
Way = Literal["new", "resume", "anew"]


def nobody_told(_progress: Progress) -> None:
    """Hear the progress that nobody follows."""


class NothingToExport(InputError):
    """Nothing may go into the set; `set_id` is what its candidates, with the reasons, are kept under."""

    def __init__(self, set_id: str) -> None:
        """Keep the id of the set."""
        self.set_id = set_id
        super().__init__("nothing of what was asked for may go into a set: the list of what was left out says why")


class NothingMeant(InputError):
    """No picture of the library is one that the query means; nothing is kept of the set."""

    def __init__(self, query: Query) -> None:
        """Say what to look at."""
        told = "no picture of the library is of this event, time and grade: check --event, --since and --grade"
        if query == Query():
            told = "the library has no picture that a set could be made of: upload some first"
        super().__init__(told)


def export(
    services: Services,
    order: SetOrder,
    profile: Profile,
    target: Target,
    by: Actor,
    *,
    way: Way = "new",
    tell: Tell = nobody_told,
) -> Made:
    """Make a set, or go on (`resume`) with the one that broke off at this target today; return what it holds.

    `anew` throws away what broke off there first. Raises SettingsError without a key to sign with, InputError for an order or a
    target that cannot be, or where something on file changed while it was made; NothingToExport, NothingMeant; StorageError and
    StoreError where the machine fails: `resume` goes on then.
    """
    key = signer(services.settings)
    check_volume(order.volume)
    check_recipient(order.recipient, by)
    drop_old(services)
    if way == "resume":
        set_ = begin.begun(services, order, target)
        with closing(begin.resumed(services, set_, target)) as sink:
            return _Making(services, set_, profile, key, tell).run(sink)
    begin.make_room(services, target, anew=way == "anew")
    # INVARIANT: the place is taken before anything is planned for it, so that no second export begins there.
    with closing(target.begun()) as sink:
        set_ = begin.planned(services, order, target, sink, by, lambda done: tell(Progress("deciding", done)))
        return _Making(services, set_, profile, key, tell).run(sink)


@dataclass(slots=True)
class _Making:
    """A set that is being made. `unkept` are the files that are written and not on record yet."""

    services: Services
    set: ExportSet
    profile: Profile
    key: Signer
    tell: Tell
    reused: int = 0
    facts: Counter[str] = field(default_factory=Counter)
    unkept: list[ExportFile] = field(default_factory=list)
    kept_at: float = 0.0
    process: str | None = field(default_factory=lambda: private_files.name(KEPT_LOCK))

    def run(self, sink: Sink) -> Made:
        with workroom() as room:
            archive = Archive(sink, self.set.day)
            self._write_pictures(archive, sink)
            if not self._count():
                self._give_up(sink)
            altered, size = self._finish(archive, room)
        return self._made(altered, size)

    def _give_up(self, sink: Sink) -> NoReturn:
        """Leave nothing in the place of the set; its plan stays on record until the next one for this place, if it has one."""
        self._forget(sink)
        with self.services.store.writing() as unit:
            totals = unit.exports.totals(self.set.id)
            is_empty = not totals.planned + totals.left_out
            if is_empty:
                unit.exports.drop(self.set.id)
        if is_empty:
            raise NothingMeant(self.set.order.query)
        raise NothingToExport(self.set.id)

    def _forget(self, sink: Sink) -> None:
        """Leave it to the next one for this place, on record first: whoever finds the rest of it there throws it away."""
        with self.services.store.writing() as unit:
            self._check_ours(unit)
            unit.exports.change_set(self.set.id, state="planning")
        sink.abort()

    def _write_pictures(self, archive: Archive, sink: Sink) -> None:
        with self.services.store.reading() as unit:
            totals = unit.exports.totals(self.set.id)
        numbers = {"portrait": totals.portraits, "candid": totals.candids}
        done, of = sum(numbers.values()), sum(numbers.values()) + totals.planned
        for each in copies.copies(self.services, self.set, self._rest()):
            done += 1
            self._take(archive, each, numbers)
            self._keep(archive)
            self.tell(Progress("copying", done, of, sum(numbers.values()), sink.position))
        self._keep(archive, at_last=True)

    def _rest(self) -> Iterable[ExportFile]:
        """Yield what is planned and not written yet, each batch read in a transaction of its own."""
        after = None
        while True:
            with self.services.store.reading() as unit:
                batch = list(unit.exports.files(self.set.id, states=("planned",), after=after, limit=MOST_UNKEPT))
            if not batch:
                return
            yield from batch
            after = (batch[-1].kind, batch[-1].place, batch[-1].number)

    def _take(self, archive: Archive, each: Copied | NotCopied, numbers: dict[str, int]) -> None:
        if isinstance(each, Copied):
            numbers[each.file.kind] += 1
            self._write(archive, each, numbers[each.file.kind])
            return
        self.unkept.append(_left_out(each))
        with self.services.store.reading() as unit:
            older = plan.retake_of(unit, self.set.id, each.file) if each.file.kind == "portrait" else None
        if older is not None:
            # Kept as planned with the one that it stands in for: whoever goes on with the set meets it.
            self.unkept.append(older)
            for again in copies.copies(self.services, self.set, [older]):
                self._take(archive, again, numbers)

    def _write(self, archive: Archive, copied: Copied, number: int) -> None:
        file, picture = copied.file, copied.picture
        if file.kind == "portrait":
            path = self.profile.portrait_path(self.set.order.volume, number)
        else:
            path = self.profile.candid_path(number, picture.suffix)
        entry = archive.add(path, picture.path, size=picture.size, crc=picture.crc)
        self.reused += picture.reused
        self.facts.update(picture.facts)
        self.unkept.append(
            replace(
                file,
                state="written",
                path=path,
                sha256=picture.sha256,
                size=picture.size,
                crc=picture.crc,
                covered=picture.covered,
                offset=entry.offset,
                end=entry.end,
                # Another one in each set: by what they have in common, two sets would tell who is in a picture.
                decision=self.services.pseudonyms.decision(f"{self.set.id} {file.digest}"),
            )
        )

    def _keep(self, archive: Archive, *, at_last: bool = False) -> None:
        """Put on record what was written, now and then, and up to where all of it outlasts this process."""
        now = time.monotonic()
        if not at_last and len(self.unkept) < MOST_UNKEPT and now - self.kept_at < KEEP_SECONDS:
            return
        with self.services.store.writing() as unit:
            self._check_ours(unit)
            unit.exports.change_files(self.unkept)
            unit.exports.change_set(self.set.id, kept=archive.kept)
        self.unkept, self.kept_at = [], now

    def _count(self) -> int:
        with self.services.store.reading() as unit:
            return unit.exports.count(self.set.id, "written")

    def _check_ours(self, unit: Unit) -> None:
        """Raise InputError where another process went on with the set, or began anew in its place."""
        now = unit.exports.set(self.set.id)
        if now is None or now.state != "making" or now.process != self.process:
            raise InputError("another export went on with this set, or began anew in its place: look at `export sets`")

    def _finish(self, archive: Archive, room: Path) -> tuple[tuple[Altered, ...], int]:
        """Write the lists, judge all once more, sign, and record; from then on the set is in its place."""
        lists = Lists(self.services, self.set, self.profile, archive, room)
        self.tell(Progress("deciding again", size=archive.kept))
        with self.services.store.reading() as unit:
            # INVARIANT: names are written, and all is judged, on the same view of what is on file.
            altered = lists.write(unit)
            try:
                check_all(self.services, unit, self.set)
            except InputError:
                # What may not go in is in it: nobody goes on with that.
                self._forget(archive.sink)
                raise
            mark = mark_of(unit, self.set.id)
            self.set = replace(self.set, roster=roster_digest(self.services, unit))
        self._check_originals(archive.sink)
        with self.services.store.reading() as unit:
            self._check_ours(unit)
            signed = lists.sign(unit, self.set, self.key)
            size = archive.close(entries_of(unit.exports.files(self.set.id), signed.entries))
        # INVARIANT: recorded before it is in its place.
        self._record(signed.sha256, mark)
        archive.sink.commit()
        return altered, size

    def _check_originals(self, sink: Sink) -> None:
        """Raise InputError where an original is not in the bucket any more as it was decided; nobody goes on with that."""
        lost = sorted(lost_originals(self.services, self.set.id))
        if lost:
            self._forget(sink)
            raise InputError(LOST.format(count=len(lost), assets=", ".join(lost[:MOST_NAMED])))

    def _record(self, manifest: str, mark: Mark) -> None:
        """Record the set. Raises InputError where it was judged on something else than is on file, or on another day."""
        with self.services.store.writing() as unit:
            self._check_ours(unit)
            if mark_of(unit, self.set.id) != mark or self.services.now().date() != self.set.day:
                raise InputError(MEANWHILE)
            totals = unit.exports.totals(self.set.id)
            told = {"state": "made", "manifest": manifest, "roster": self.set.roster, "key": self.key.public.text}
            unit.exports.change_set(self.set.id, **told)
            self.services.ledger.append(
                unit,
                at=self.services.now(),
                kind="export",
                subject=self.set.id,
                details={
                    "done": "made",
                    "by": asdict(self.set.by),
                    "day": self.set.day,
                    "order": asdict(self.set.order),
                    "manifest": manifest,
                    "key": self.key.key_id(),
                    "roster": self.set.roster,
                    "rules": self.set.rules,
                    "counts": asdict(totals),
                },
                students=sorted(unit.exports.students_of(self.set.id)),
            )
        self.set = replace(self.set, state="made", manifest=manifest, key=self.key.public.text)

    def _made(self, altered: tuple[Altered, ...], size: int) -> Made:
        with self.services.store.reading() as unit:
            totals = unit.exports.totals(self.set.id)
        return Made(
            set=self.set,
            portraits=totals.portraits,
            candids=totals.candids,
            redacted=totals.redacted,
            left_out=totals.left_out,
            reused=self.reused,
            bytes=size,
            altered=(*altered, *(Altered(fact, count) for fact, count in sorted(self.facts.items()))),
        )


def _left_out(each: NotCopied) -> ExportFile:
    return replace(each.file, state="left_out", outcome="refer", why=each.why, redacted=False, caption=None, named=())
