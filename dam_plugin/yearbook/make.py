"""Makes a set from beginning to end: begin or resume, plan, make and write copies, add lists, judge again, sign.

INVARIANT: a signed set was judged after its last picture was written. If a fact changed meanwhile, the set fails and is
deleted.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Literal, NoReturn, cast

from dam_plugin import private_files
from dam_plugin.errors import InputError, SetAltered
from dam_plugin.model import Actor
from dam_plugin.private_files import workroom
from dam_plugin.services import Services
from dam_plugin.sharing.published_copy import UPLOAD_HOURS
from dam_plugin.store import Unit
from dam_plugin.store.sets import Altered, ExportFile, ExportSet, Made, Query, SetOrder
from dam_plugin.yearbook import copies, plan
from dam_plugin.yearbook.copies import Copied, NotCopied, drop_old
from dam_plugin.yearbook.lists import Lists
from dam_plugin.yearbook.manifest import roster_digest, rules_digest
from dam_plugin.yearbook.profiles import Profile, check_volume
from dam_plugin.yearbook.recheck import Mark, again, check_recipient, lost_originals, mark_of
from dam_plugin.yearbook.signing_key import Signer, signer
from dam_plugin.yearbook.targets import PART_SUFFIX, Draft, Target
from dam_plugin.yearbook.verify import claimed
from dam_plugin.yearbook.zip_file import Archive

KEPT_LOCK = timedelta(hours=UPLOAD_HOURS)
"""How long the lock of a process that ended is kept."""
CHANGED = "what is on file of {count} of its pictures changed while it was made, and nothing was signed: make it anew (--anew)"
MEANWHILE = (
    "something on file changed, or the day did, while the set was signed, and it is not in its place: go on with --resume, "
    "or make it anew with --anew"
)
LOST = (
    "the originals of {count} of its pictures were deleted or replaced in the bucket, and nothing was signed ({assets}): run "
    "`dam-plugin reconcile`, then make it anew (--anew)"
)
AT_WORK = "another export is at work on this set: wait for it, or choose another place"
GONE_ON = "another export went on with this set, or began anew in its place: look at `export sets`"
BROKE_OFF = "a set broke off here today: go on with it by --resume, or throw it away by --anew"
NOTHING_MAY_GO = "nothing of what was asked for may go into a set: the list of what was left out says why"
NO_PICTURE = "the library has no picture that a set could be made of: upload some first"
NOTHING_CHOSEN = "none of the chosen recordings is a picture of this event, time and grade: choose others"
NOTHING_FITS = "no picture of the library is of this event, time and grade: check --event, --since and --grade"
MOST_NAMED = 5
"""How many recordings a message names, by their pseudonyms."""
MOST_UNKEPT, KEEP_SECONDS = 200, 1.0
"""Written files are put on record together, once there are so many or so many seconds have passed."""


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
    """Do nothing with the progress."""


class NothingToExport(InputError):
    """Nothing may go into the set; its candidates, with the reasons, are kept under `set_id`."""

    def __init__(self, set_id: str) -> None:
        """Keep the id of the set."""
        self.set_id = set_id
        super().__init__(NOTHING_MAY_GO)


class NothingMeant(InputError):
    """The query matches no picture of the library; nothing is kept of the set."""

    def __init__(self, query: Query) -> None:
        """Say where to look."""
        told = NOTHING_CHOSEN if query.recordings else NOTHING_FITS
        super().__init__(NO_PICTURE if query == Query() else told)


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
    """Make a set, or go on (`resume`) with one that broke off at this target today; return its contents.

    `anew` first throws away a set that broke off there. Raises SettingsError without a key to sign with; InputError for
    an impossible order or target, or where a fact on file changed meanwhile; NothingToExport, NothingMeant;
    StorageError and StoreError where the machine fails: `resume` goes on then.
    """
    with closing(exporting(services, order, profile, target, by, way=way)) as making:
        while True:
            try:
                progress = next(making)
            except StopIteration as over:
                return cast("Made", over.value)
            tell(progress)


def exporting(
    services: Services, order: SetOrder, profile: Profile, target: Target, by: Actor, *, way: Way = "new"
) -> Generator[Progress, None, Made]:
    """Make a set as `export` does, step by step; closed before its end, it has broken off."""
    key = signer(services.settings)
    check_volume(order.volume)
    check_recipient(order.recipient, by)
    drop_old(services)
    if way == "resume":
        set_ = _begun(services, order, target)
        with closing(_resumed(services, set_, target)) as draft:
            return (yield from _Making(services, set_, profile, key).run(draft))
    _make_room(services, target, anew=way == "anew")
    # INVARIANT: the place is reserved before anything is planned for it, so that no second export begins there.
    with closing(target.draft()) as draft:
        set_ = yield from _planned(services, order, target, by)
        return (yield from _Making(services, set_, profile, key).run(draft))


def _make_room(services: Services, target: Target, *, anew: bool) -> None:
    """Delete a set that was interrupted at the target on an earlier day, or (`anew`) today. Raises InputError otherwise."""
    target.check_free()
    with services.store.reading() as unit:
        left = [each for state in ("planning", "making", "made") for each in unit.exports.sets(state)]
    left = [each for each in left if each.target == target.name]
    _check_left(left)
    today = services.now().date()
    newest = max(left, key=lambda each: each.at, default=None)
    # A set that was recorded as made may still lack its final name. A set for the bucket leaves no file that shows
    # this.
    unfinished = ("making", "made") if target.library is None and target.is_begun() else ("making",)
    if not anew and newest is not None and newest.state in unfinished and newest.day == today:
        raise InputError(BROKE_OFF)
    if left or anew:
        # A file without a set on record may be anything.
        target.forget()
    with services.store.writing() as unit:
        for each in left:
            # A finished set whose file was taken away stays on record: it may have gone anywhere.
            if each.state != "made":
                unit.exports.drop(each.id)


def _planned(services: Services, order: SetOrder, target: Target, by: Actor) -> Generator[Progress, None, ExportSet]:
    """Keep a new set with its plan, and return it."""
    set_ = _added(services, order, target, by)
    for done in plan.plan(services, set_):
        yield Progress("deciding", done)
    with services.store.writing() as unit:
        unit.exports.change_set(set_.id, state="making")
    return replace(set_, state="making")


def _added(services: Services, order: SetOrder, target: Target, by: Actor) -> ExportSet:
    now = services.now()
    with services.store.reading() as unit:
        roster = roster_digest(services, unit)
    set_ = ExportSet(
        id=f"x-{secrets.token_hex(8)}",
        at=now,
        day=now.date(),
        state="planning",
        by=by,
        order=order,
        target=target.name,
        roster=roster,
        rules=rules_digest(services),
        process=private_files.process_name(KEPT_LOCK),
    )
    with services.store.writing() as unit:
        unit.exports.add_set(set_)
    return set_


def _begun(services: Services, order: SetOrder, target: Target) -> ExportSet:
    """Return the set that broke off at this target. Raises InputError if there is none to go on with."""
    with services.store.reading() as unit:
        found = next((each for each in unit.exports.sets() if each.target == target.name), None)
    # A made set was recorded, and its process killed before the file got its name.
    is_left = found is not None and (
        found.state == "making" or (found.state == "made" and target.is_begun() and not target.is_there())
    )
    if found is None or not is_left:
        raise InputError("nothing that can be gone on with broke off here: leave --resume out")
    _check_left([found])
    if found.order != order:
        raise InputError("it was begun with other options: give the same ones, or begin anew with --anew")
    if found.day != services.now().date():
        raise InputError("it was begun on another day, and is decided as of that day: begin anew, without --resume")
    if found.state == "made" and target.library is None:
        _check_own(target, found)
    return found


def _resumed(services: Services, set_: ExportSet, target: Target) -> Draft:
    """Return a new draft of a set that broke off. All its pictures are planned again, and this process now owns it.

    Copies that took long to make are kept, and used. Raises InputError if a written picture may not go in any more.
    """
    with services.store.reading() as unit:
        _check_all(services, unit, set_)
    draft = target.draft(resumes=True)
    try:
        # INVARIANT: the place is ours before anything on record changes.
        with services.store.writing() as unit:
            unit.exports.plan_again(set_.id)
            unit.exports.change_set(set_.id, state="making", process=private_files.process_name(KEPT_LOCK))
    except BaseException:
        draft.close()
        raise
    return draft


def _check_left(sets: Iterable[ExportSet]) -> None:
    """Raise InputError if a process is known to be at work on one of these sets."""
    for each in sets:
        is_other = each.process is not None and each.process != private_files.process_name(KEPT_LOCK)
        if (
            each.state in ("planning", "making")
            and is_other
            and private_files.process_has_ended(each.process or "") is False
        ):
            raise InputError(AT_WORK)


def _check_own(target: Target, made: ExportSet) -> None:
    """Raise InputError unless the unfinished file is this whole set, which was recorded and has no final name yet."""
    with suppress(OSError, SetAltered), Path(f"{target.where}{PART_SUFFIX}").open("rb") as file:
        if claimed(file) == made.id:
            return
    raise InputError("the file of the set that broke off is not the one that was begun: export it anew")


def _check_all(services: Services, unit: Unit, set_: ExportSet) -> None:
    """Raise InputError unless each written picture would be decided now as it was then, on the same facts."""
    changed = sum(
        bool(each.stops) or each.judged is None or each.judged.digest != each.file.digest
        for each in again(services, unit, set_.order, set_.by, set_.day, unit.exports.files(set_.id))
    )
    if changed:
        raise InputError(CHANGED.format(count=changed))


@dataclass(slots=True)
class _Making:
    """A set in the making. `unkept` are the files that are written and not on record yet."""

    services: Services
    set: ExportSet
    profile: Profile
    key: Signer
    reused: int = 0
    facts: Counter[str] = field(default_factory=Counter)
    unkept: list[ExportFile] = field(default_factory=list)
    kept_at: float = 0.0
    process: str | None = field(default_factory=lambda: private_files.process_name(KEPT_LOCK))

    def run(self, draft: Draft) -> Generator[Progress, None, Made]:
        with workroom() as room, Archive(draft, self.set.day) as archive:
            yield from self._write_pictures(archive)
            if not self._count():
                self._give_up()
            yield Progress("deciding again", size=archive.size)
            altered, size = self._finish(archive, draft, room)
        return self._made(altered, size)

    def _give_up(self) -> NoReturn:
        """Raise that nothing may go in. The plan stays on record until the next set for this place, if it has a place."""
        self._forget()
        with self.services.store.writing() as unit:
            totals = unit.exports.totals(self.set.id)
            is_empty = not totals.planned + totals.left_out
            if is_empty:
                unit.exports.drop(self.set.id)
        if is_empty:
            raise NothingMeant(self.set.order.query)
        raise NothingToExport(self.set.id)

    def _forget(self) -> None:
        """Put on record that the set cannot be resumed: the next set for this place throws it away."""
        with self.services.store.writing() as unit:
            self._check_ours(unit)
            unit.exports.change_set(self.set.id, state="planning")

    def _write_pictures(self, archive: Archive) -> Iterator[Progress]:
        with self.services.store.reading() as unit:
            of = unit.exports.totals(self.set.id).planned
        numbers = {"portrait": 0, "candid": 0}
        for done, each in enumerate(copies.copies(self.services, self.set, self._rest()), start=1):
            self._take(archive, each, numbers)
            self._keep()
            yield Progress("copying", done, of, sum(numbers.values()), archive.size)
        self._keep(at_last=True)

    def _rest(self) -> Iterable[ExportFile]:
        """Yield the planned files that are not written yet, each batch read in a transaction of its own."""
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
            # Recorded as planned together with the one that it replaces, so that a process that resumes the set finds
            # it.
            self.unkept.append(older)
            for again in copies.copies(self.services, self.set, [older]):
                self._take(archive, again, numbers)

    def _write(self, archive: Archive, copied: Copied, number: int) -> None:
        file, picture = copied.file, copied.picture
        if file.kind == "portrait":
            path = self.profile.portrait_path(self.set.order.volume, number)
        else:
            path = self.profile.candid_path(number, picture.suffix)
        archive.add(path, picture.path, size=picture.size, crc=picture.crc)
        self.reused += picture.reused
        self.facts.update(picture.facts)
        self.unkept.append(
            replace(
                file,
                state="written",
                path=path,
                sha256=picture.sha256,
                size=picture.size,
                covered=picture.covered,
                # The decision has another id in each set: ids that two sets share would reveal who is in a picture.
                decision=self.services.pseudonyms.decision(f"{self.set.id} {file.digest}"),
            )
        )

    def _keep(self, *, at_last: bool = False) -> None:
        """Record the written files at intervals."""
        now = time.monotonic()
        if not at_last and len(self.unkept) < MOST_UNKEPT and now - self.kept_at < KEEP_SECONDS:
            return
        with self.services.store.writing() as unit:
            self._check_ours(unit)
            unit.exports.change_files(self.unkept)
        self.unkept, self.kept_at = [], now

    def _count(self) -> int:
        with self.services.store.reading() as unit:
            return unit.exports.count(self.set.id, "written")

    def _check_ours(self, unit: Unit) -> None:
        """Raise InputError if another process resumed the set, or began anew in its place."""
        now = unit.exports.set(self.set.id)
        if now is None or now.state != "making" or now.process != self.process:
            raise InputError(GONE_ON)

    def _finish(self, archive: Archive, draft: Draft, room: Path) -> tuple[tuple[Altered, ...], int]:
        """Write the lists, judge all once more, sign, and record; from then on the set is in its place."""
        lists = Lists(self.services, self.set, self.profile, archive, room)
        with self.services.store.reading() as unit:
            # INVARIANT: names are written, and all is judged, on the same state of the records.
            altered = lists.write(unit)
            try:
                _check_all(self.services, unit, self.set)
            except InputError:
                # The draft holds a picture that may not go in: it cannot be resumed.
                self._forget()
                raise
            mark = mark_of(unit, self.set.id)
            self.set = replace(self.set, roster=roster_digest(self.services, unit))
        self._check_originals()
        with self.services.store.reading() as unit:
            self._check_ours(unit)
            signed = lists.sign(unit, self.set, self.key)
            pictures = (each.path or "" for each in unit.exports.files(self.set.id))
            size = archive.close(chain(pictures, signed.paths))
        # INVARIANT: recorded before it is in its place.
        self._record(signed.sha256, mark)
        draft.commit()
        return altered, size

    def _check_originals(self) -> None:
        """Raise InputError if an original in the bucket differs from the one decided on; the set cannot be resumed then."""
        lost = sorted(lost_originals(self.services, self.set.id))
        if lost:
            self._forget()
            raise InputError(LOST.format(count=len(lost), assets=", ".join(lost[:MOST_NAMED])))

    def _record(self, manifest: str, mark: Mark) -> None:
        """Record the set. Raises InputError if it was judged on other facts than are on file, or on another day."""
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
