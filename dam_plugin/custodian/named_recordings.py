"""Finds the recordings and students that somebody asks for by name, and refuses to say of them what is not so.

The outcomes `no-such-record` and `rights-passed` of a request and the letters of these names ask here; so do the outcomes
`referred-elsewhere` and, of a request in words, `granted`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from os.path import commonprefix

from dam_plugin.custodian.asked_by_name import own_students, shows_these_alone
from dam_plugin.custodian.family_grounds import COURT_ORDER
from dam_plugin.custodian.folder_words import keys_in_named_folders
from dam_plugin.errors import InputError
from dam_plugin.model import StudentRecord
from dam_plugin.people.parents_right import rights_passed
from dam_plugin.procedure.terms import has_rights
from dam_plugin.pseudonyms import Pseudonyms, is_destruction_id, is_outside_id, person_id
from dam_plugin.services import Services
from dam_plugin.sharing.closed_records import is_unit_record
from dam_plugin.store import Destruction, StoredAsset, StoredRequest, StoredShare, Unit
from dam_plugin.store.requests import folder_of, matches

# By which provision who is no guardian any more, and whom no order limits, has a record only with a consent.
NO_RIGHT = "34 CFR 99.30"
_KEYS = 1_000
_MOST_TOLD = 5
PUT_BACK = (
    "The bucket keeps it: put that version back under a key of its own (`aws s3api list-object-versions`, `aws s3api "
    "copy-object --copy-source 'BUCKET/KEY?versionId=…'`)"
)
_WORD = re.compile(r"[^\s,;:()\"'`]+")


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody asks for by name: recordings by key, folder or glob, and students. `called`: the request or referral.

    `described` are the words of a request, which may have the key of a recording, `why` those by which it is closed. `own` are
    the students of the family that asks, `kept` those of them over whom it holds no right today, though it did, or an order
    takes it; `denied` is how it is answered then. `left` are keys of what showed the students and left the library after they
    were asked about, `destroyed` the destructions (`ds-…`) of what showed them. `settled` are keys of recordings that are
    passed over, since they have their answer. `passed` are a parent's students who hold the rights: nothing is said of them.
    """

    called: str
    keys: tuple[str, ...]
    patterns: tuple[str, ...]
    students: frozenset[str]
    described: str = ""
    own: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    denied: str = ""
    why: str = ""
    left: tuple[str, ...] = ()
    destroyed: tuple[str, ...] = ()
    settled: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()


def sought_by(
    services: Services, unit: Unit, request: StoredRequest, shares: Iterable[StoredShare], why: str = ""
) -> Sought:
    """Return what a request asks for by name; what was shared in answer to it is a part of that. `why` it is closed so."""
    answers = [each.share for each in shares]
    own = frozenset(each.id for each in own_students(unit, request.recipient, services.now().date()))
    kept = kept_students(services, unit, request)
    return Sought(
        request.id,
        (*request.recordings, *(each.asset_key for each in answers)),
        request.patterns,
        frozenset((*request.students, *(name for each in answers for name in each.names))),
        request.described or "",
        own | kept,
        kept,
        denied_by(services, unit, request, kept),
        why,
        passed=_passed(services, unit, request) if request.asks_in_words else frozenset(),
    )


def kept_students(services: Services, unit: Unit, request: StoredRequest) -> frozenset[str]:
    """Return those of `Requests.asked_students` whom a family's words mean, and whose record is not its own to inspect today.

    Who asks was their guardian, by what is on file or was when the request came, or is one whom an order limits (34 CFR 99.4).
    """
    if request.students:
        return frozenset()
    own = own_students(unit, request.recipient, services.now().date())
    return unit.requests.asked_students(request).difference(each.id for each in own)


def dropped_from(services: Services, unit: Unit, request: StoredRequest, shown: Collection[str]) -> tuple[str, ...]:
    """Return of whom that a request names or shows a parent was a guardian by a roster of before, and is on file as none today.

    A parent keeps the right until a court's paper ends it (34 CFR 99.4). Without those over whom an order limits who asks, and
    those of `kept_students`.
    """
    who, today = request.recipient.id, services.now().date()
    if request.recipient.role != "parent" or who is None:
        return ()
    about = {*request.students, *shown}.intersection(unit.people.once_guardian_of(who))
    about -= {each.id for each in own_students(unit, request.recipient, today)}
    found = unit.people.students_of(about - kept_students(services, unit, request))
    return tuple(each for each, record in sorted(found.items()) if not is_limited(record, who, today))


def is_limited(record: StudentRecord, person: str, day: date) -> bool:
    """Whether a court order takes a person's right over a record on a day, or that of whom they represent."""
    return not {person, *record.represented_by(person, day)}.isdisjoint(record.stated_on(day, "limited"))


@dataclass(frozen=True, slots=True)
class Kept:
    """A student of `kept_students`; `by_order`: a court order takes the right of whoever asks. `count` recordings show them."""

    student: str
    by_order: bool
    count: int


def kept_now(services: Services, unit: Unit, request: StoredRequest) -> tuple[Kept, ...]:
    """Return of whom a family asks in words, and over whom it holds no right today, each with why."""
    who, today = request.recipient.id or "", services.now().date()
    found = unit.people.students_of(kept_students(services, unit, request))
    return tuple(
        Kept(each, is_limited(found[each], who, today), len(unit.assets.of_student(each))) for each in sorted(found)
    )


def denied_by(services: Services, unit: Unit, request: StoredRequest, kept: Collection[str]) -> str:
    """Return by which commands whoever asks in words is denied the record of these students; "" where of nobody."""
    if not kept:
        return ""
    who, today = request.recipient.id or "", services.now().date()
    records = unit.people.students_of(kept).values()
    provision = COURT_ORDER.cited if any(is_limited(each, who, today) for each in records) else NO_RIGHT
    return (
        f"`dam-plugin request close {request.id} --outcome denied --provision {shlex.quote(provision)} --why TEXT "
        f"--as custodian:NAME`, then `dam-plugin letter write denial --request {request.id} --as custodian:NAME`"
    )


def inspectable_students(services: Services, unit: Unit, request: StoredRequest) -> frozenset[str]:
    """Return those of `Requests.asked_students` whose recordings whoever asks is answered for.

    Not a parent's who hold the rights and let nobody on file have the record: nothing of them is given or withheld. Nor whose
    record is not theirs to inspect today (`kept_students`).
    """
    kept = kept_students(services, unit, request)
    return unit.requests.asked_students(request) - kept - _passed(services, unit, request)


def _passed(services: Services, unit: Unit, request: StoredRequest) -> frozenset[str]:
    to, today = request.recipient, services.now().date()
    own = own_students(unit, to, today)
    return frozenset(each.id for each in own if rights_passed(to, each, today, services.rulings))


def keys_matching(unit: Unit, patterns: Sequence[str]) -> Iterator[str]:
    """Yield the keys of the library that a folder or a glob names, in order."""
    yield from _matching(partial(unit.assets.current_keys, folder=_folder_of_all(patterns)), patterns)


def _folder_of_all(patterns: Sequence[str]) -> str:
    """Return the folder (`x/`) that all of these are in; "" is everywhere."""
    return folder_of(commonprefix(patterns))  # noqa: RUF071 - `folder_of` ends it at a whole folder


def names_anything(unit: Unit, pattern: str) -> bool:
    """Whether the library has, or had, a recording that a folder or a glob names."""
    return any(keys_matching(unit, (pattern,))) or any(_matching(unit.assets.deleted_keys, (pattern,)))


def names_of_destroyed(unit: Unit, request: StoredRequest) -> set[str]:
    """Return by what the destructions are found of what a request names: its keys, those of its words and patterns, and ids.

    Its words name what was destroyed by key, folder or glob. By their ids (`ds-…`) those of what was moved to another key
    first, after the request came.
    """
    words = words_of_keys(request.described or "")
    if request.described:
        words += keys_in_named_folders(request.described, unit.destructions.keys())
    left = _left_library(unit, (*request.recordings, *words), request.patterns)
    moved = {
        each.id
        for stored in left.values()
        if stored.updated_at >= request.received_at
        for each in _destroyed_elsewhere(unit, stored)
    }
    return {*request.recordings, *words, *keys_matching(unit, request.patterns), *left, *moved}


def keys_asked(unit: Unit, request: StoredRequest, shares: Iterable[StoredShare]) -> dict[str, None]:
    """Return the keys of what a request names by key, folder or glob, and then of what was shared in answer to it."""
    answered = (each.share.asset_key for each in shares)
    return dict.fromkeys((*request.recordings, *keys_matching(unit, request.patterns), *answered))


def excepted(pseudonyms: Pseudonyms, given: Iterable[str]) -> tuple[str, ...]:
    """Return what a request is said not to be about, as `R-…`, `S-…` and `ds-…`, each once; a key may be a student's name."""
    return tuple(dict.fromkeys(_short_id(pseudonyms, each.strip()) for each in given))


def check_no_such_record(
    services: Services,
    unit: Unit,
    sought: Sought,
    typed: Collection[str],
    before: Collection[str] = (),
    *,
    tells_keys: bool = False,
    way_on: str = "Answer it with what is there",
) -> None:
    """Raise InputError where the library has, or had, what somebody asks for by name: it is not answered "no such record".

    A recording in the library counts, also one whose key the words have; one that left it without the schedule; and a student
    who is tagged in recordings of the library, also of the family that asks in words, or in a version that was saved over and
    that the bucket keeps; and a recording of the same bytes or the same picture as one that was destroyed. Not those that a
    custodian said it is not about, as `excepted` returns them: now (`typed`), or `before`. Raises InputError for one of the
    `typed` that is not among them. `tells_keys`: the custodian reads, who is told under which key a copy is. `way_on` is what
    is done about what there is.
    """
    outside = services.pseudonyms.outside
    keys = (*sought.keys, *words_of_keys(sought.described))
    there = {
        outside(key) for key in {*unit.assets.ids_of(keys), *keys_matching(unit, sought.patterns)} - sought.settled
    }
    gone = {outside(key) for key in {*_gone(unit, replace(sought, keys=keys)), *sought.left} - sought.settled}
    students = set(sought.students)
    if not sought.keys and not sought.patterns:
        students |= sought.own
    tagged = {
        each: sum(found.asset.key not in sought.settled for found in unit.assets.of_student(each))
        for each in sorted(students - sought.passed)
    }
    told = {each: f"{each} is in the library" for each in sorted(there)}
    told |= {each: f"{each} was in it, and was not destroyed by the schedule" for each in sorted(gone)}
    told |= _copies_left(services, unit, sought, tells_keys=tells_keys)
    told |= {each: f"{each} is tagged in {_recordings(count)}" for each, count in tagged.items() if count}
    told |= _replaced(services, unit, sorted(students - sought.passed), frozenset((*sought.settled, *told)))
    for each in typed:
        if each not in told:
            raise InputError(
                f"{each} is not among what {sought.called} names and the library has: leave --not-about {each} out"
            )
    left = [each for each in told if each not in {*typed, *before}]
    if not left:
        return
    shown, more = left[:_MOST_TOLD], len(left) - _MOST_TOLD
    others = f"; and {more} more" if more > 0 else ""
    options = " ".join(f"--not-about {each}" for each in shown)
    lost = (
        "; what was deleted comes back from its versions, or is destroyed by the schedule (`dam-plugin retention destroy`)"
        if not gone.isdisjoint(left)
        else ""
    )
    which = next((f": `dam-plugin student recordings {each}` lists them" for each in left if tagged.get(each)), "")
    kept = [each for each in left if each in sought.kept] or ([] if sought.own - sought.kept else sorted(sought.kept))
    if kept:
        way_on = f"Since {_no_right_to(kept)}, deny that, {sought.denied}"
    raise InputError(
        f"the library has, or had, what {sought.called} names: {'; '.join(told[each] for each in shown)}{others}{which}. "
        f"{way_on}{lost}; or, where you looked and it asks for something else, say what it is not about: {options}"
    )


def _replaced(services: Services, unit: Unit, students: Iterable[str], settled: frozenset[str]) -> dict[str, str]:
    """Return of versions that show these students, and were saved over since, that the bucket keeps them, by short ids."""
    found: dict[str, str] = {}
    for student in students:
        for each in saved_over(unit, student):
            called = services.pseudonyms.outside(each.asset.key)
            if settled.isdisjoint((each.asset.key, called)):
                found[called] = (
                    f"an earlier version of {called} shows {student}: it was saved over. {PUT_BACK}, and answer it"
                )
    return found


def saved_over(unit: Unit, student: str) -> list[StoredAsset]:
    """Return the versions that show a student, that were saved over with what does not, and that were not destroyed."""
    found = unit.assets.replaced_of_student(student)
    destroyed = unit.destructions.destroyed([each.asset.id for each in found])
    return [each for each in found if each.asset.id not in destroyed]


def check_referred_elsewhere(
    services: Services,
    unit: Unit,
    sought: Sought,
    typed: Collection[str],
    *,
    amends: bool = False,
) -> None:
    """Raise InputError where somebody would be sent away from what the library has, or had, as in `check_no_such_record`.

    What the district has it answers itself (34 CFR 99.10(a); RSMo 610.023.3). Not of what has its answer, and not of what is on
    file as somebody else's or as the law-enforcement unit's record. `amends`: it asks to amend a record (34 CFR 99.20).
    """
    keys = {*sought.keys, *words_of_keys(sought.described), *keys_matching(unit, sought.patterns)}
    there = [*unit.assets.current_of(keys).values()]
    students = set(sought.students)
    students |= sought.own
    there += [each for one in students for each in unit.assets.of_student(one)]
    own = "close it as amended or not-amended" if amends else f"`share KEY … --request {sought.called}`"
    way_on = (
        f"What the district has it answers itself: {own}. What somebody else made and keeps "
        "is said to be so first, by two people (`dam-plugin custodian not-ours KEY …`), and a record of the law-enforcement "
        "unit by `dam-plugin custodian unit-record KEY …`"
    )
    of_others = {each.asset.key for each in there if _is_of_others(each)}
    sought = replace(sought, settled=sought.settled | of_others)
    check_no_such_record(services, unit, sought, typed, tells_keys=True, way_on=way_on)


def _is_of_others(stored: StoredAsset) -> bool:
    """Whether a recording is on file as maintained by somebody else than the school."""
    tagging = stored.tagging
    return tagging.maintained_by == "other" or is_unit_record(tagging.why_closed("confidential"))


def check_rights_passed(services: Services, unit: Unit, request: StoredRequest, shown: Collection[str]) -> None:
    """Raise InputError unless a parent asks for what is of grown students of theirs alone (34 CFR 99.3, 99.5).

    They are the students whom the request names and those of theirs who are `shown` in its recordings; of a request in words
    that names nobody, all of theirs. A stranger is told of no student that they are grown.
    """
    today = services.now().date()
    theirs = {each.id: each for each in unit.people.family_of(request.recipient.id or "", today)}
    if request.recipient.role != "parent" or not theirs:
        raise InputError(
            f"{request.id} is of no parent on file, and nobody else is told that a student is grown: settle first who asks, "
            "or close it with another outcome"
        )
    for each in sorted(_asked_about(request, theirs, shown)):
        if each not in theirs or not has_rights(theirs[each], today, services.rulings):
            raise InputError(
                f"{each} is no student of this parent who holds the rights today (18, or in college): answer {request.id} "
                f"for them, `dam-plugin student show {each}` says what is on file"
            )
        if theirs[each].has_died(today):
            raise InputError(f"{each} has died, and the rights passed to nobody: ask the district's attorney")


def asked_about(unit: Unit, request: StoredRequest, shown: Collection[str], day: date) -> list[StudentRecord]:
    """Return the students of a parent, as of a day, whom the parent's request is about; see `check_rights_passed`."""
    theirs = {each.id: each for each in unit.people.family_of(request.recipient.id or "", day)}
    return [theirs[each] for each in sorted(_asked_about(request, theirs, shown)) if each in theirs]


def _asked_about(request: StoredRequest, theirs: Mapping[str, StudentRecord], shown: Collection[str]) -> set[str]:
    return {*request.students, *theirs.keys() & shown} or {*theirs}


@dataclass(frozen=True, slots=True)
class Gone:
    """A recording that left the library after it was asked for, otherwise than by the schedule.

    `lost_on` is when it was found out that it is lost for good, by the alarm on file; null without one. `copies` are keys of
    the library under which it may be there still. `is_named`: the request has its key; else it showed a student whom the
    request is about. `is_kept`: it showed none of these but `kept_students`, of whom nothing is answered but a denial.
    `version` is the id of the version that was saved over with another picture, where the key is in the library still.
    """

    key: str
    lost_on: datetime | None
    copies: tuple[str, ...]
    is_named: bool = True
    is_kept: bool = False
    version: str | None = None

    @property
    def is_sure(self) -> bool:
        """Whether nobody can say that the request is not about it: it names the key, which has nothing else now."""
        return self.is_named and self.version is None

    @property
    def answers(self) -> frozenset[str]:
        """The keys of recordings, and the id of the version that was saved over, of which each is an answer to it."""
        return frozenset((*self.copies, self.version or self.key))

    @property
    def is_lost(self) -> bool:
        """Whether it is lost for good, and the library has nothing of it."""
        return self.lost_on is not None and not self.copies


def gone_since_asked(services: Services, unit: Unit, request: StoredRequest) -> list[Gone]:
    """Return the recordings that a request asks for and that left the library since, but for what was destroyed lawfully.

    Also those whose keys its words have, and of a request in words those that showed a student whom it is about; and versions
    that were saved over with another picture (`_saved_over_and_asked`). None that showed only a parent's students who hold the
    rights. The alarm of a permanent loss is kept, also once it is acknowledged.
    """
    sought = sought_by(services, unit, request, ())
    named = _gone(unit, replace(sought, keys=(*sought.keys, *words_of_keys(sought.described))))
    students, kept = inspectable_students(services, unit, request), kept_students(services, unit, request)
    showing = [each.asset.key for each in unit.assets.deleted_showing(students | kept, since=request.received_at)]
    own = frozenset(each.id for each in own_students(unit, request.recipient, services.now().date()))
    passed, found = _passed(services, unit, request), []
    for key in dict.fromkeys((*named, *_gone(unit, Sought(request.id, tuple(showing), (), frozenset())))):
        newest = unit.assets.newest(key)
        if newest is None or newest.updated_at < request.received_at:
            continue
        if shows_these_alone(newest.tagging.students, own, passed):
            continue
        lost_on, copies = _lost_on(unit, request, newest), _copies(unit, newest)
        is_named = key in named
        is_kept = not is_named and students.isdisjoint(newest.tagging.students)
        found.append(Gone(key, lost_on, copies, is_named=is_named, is_kept=is_kept))
    return [*found, *_saved_over_and_asked(unit, request, students, own, passed)]


def _saved_over_and_asked(
    unit: Unit, request: StoredRequest, students: Collection[str], own: frozenset[str], passed: frozenset[str]
) -> list[Gone]:
    """Return the versions that a request asks for, and that were saved over with another picture.

    What it names is what was there when it came, and of a family's key also what showed its own child before; of `students`
    whom it is about in words, all that showed them.
    """
    named = unit.assets.saved_over_since(request.received_at, request.recordings)
    if request.patterns:
        every = unit.assets.saved_over_since(request.received_at, folder=_folder_of_all(request.patterns))
        named += [each for each in every if any(matches(each.asset.key, one) for one in request.patterns)]
    named += [each for key in request.recordings for each in _showed_before(unit, key, own - passed)]
    theirs = [each for one in sorted(students) for each in saved_over(unit, one)]
    is_named = {each.asset.id for each in named}
    destroyed = unit.destructions.destroyed(is_named)
    found = []
    for stored in {each.asset.id: each for each in (*named, *theirs)}.values():
        copies = _copies(unit, stored)
        is_there = stored.asset.key in copies
        if not (is_there or stored.asset.id in destroyed or shows_these_alone(stored.tagging.students, own, passed)):
            lost_on = _lost_on(unit, request, stored)
            of_name = stored.asset.id in is_named
            found.append(Gone(stored.asset.key, lost_on, copies, is_named=of_name, version=stored.asset.id))
    return found


def _showed_before(unit: Unit, key: str, students: frozenset[str]) -> list[StoredAsset]:
    """Return the versions of a key that show one of these students whom its current version does not show."""
    now = unit.assets.current(key)
    if now is None or not students:
        return []
    left = students - now.tagging.students
    return [each for each in unit.assets.of_key(key) if not each.current and left & each.tagging.students]


def _lost_on(unit: Unit, request: StoredRequest, stored: StoredAsset) -> datetime | None:
    """Return when it was found out, after a request came, that a version is lost for good; None without an alarm of that."""
    alarms = (each for each in unit.holds.deletions(unseen=False, key=stored.asset.key) if each.outcome == "lost")
    of_it = (each.at for each in alarms if each.asset_id == stored.asset.id or stored.current)
    return max((each for each in of_it if each >= request.received_at), default=None)


def _copies(unit: Unit, stored: StoredAsset) -> tuple[str, ...]:
    return tuple(each.asset.key for each in unit.assets.copies_of(stored.asset))


def check_nothing_gone(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    answered: AbstractSet[str],
    outcome: str,
    not_about: Collection[str] = (),
) -> None:
    """Raise InputError where what a request asks for left the library or was saved over before anything on record answered it.

    `answered` has keys, and ids of versions. Who was given nothing was granted nothing, and what is not there is not withheld:
    neither 'granted', nor 'partly', nor 'denied' would be true of it (34 CFR 99.10(a), (e)). Not of what the custodian says it
    is `not_about`, and it does not name.
    """
    for each in _still_asked(services, unit, request, not_about):
        # What came back under another key is answered by that. What left may be denied without it; a denial of what was saved
        # over would be of another picture.
        is_deniable = outcome == "denied" and each.version is None and not each.is_lost
        if is_deniable or not answered.isdisjoint(each.answers):
            continue
        called = services.pseudonyms.outside(each.key)
        what = f"{called} left the library after {request.id} came"
        if each.version is not None:
            what = f"the version of {called} that {request.id} asks for was saved over with another picture"
        raise InputError(
            f"{what}, and nothing on record answers it: '{outcome}' would not be true of it. {_way_on(request, each)}"
            f"{_or_not_about(services, each)}"
        )


def need_lost(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    answered: AbstractSet[str],
    not_about: Collection[str] = (),
) -> list[Gone]:
    """Return what a request names that was lost for good after it came, and that nothing on record answers.

    Raises InputError where there is none, and where something that left the library is not lost.
    """
    still = _still_asked(services, unit, request, not_about)
    gone = [each for each in still if answered.isdisjoint(each.answers)]
    for each in gone:
        if not each.is_lost:
            raise InputError(f"{services.pseudonyms.outside(each.key)} is not lost. {_way_on(request, each)}")
    if not any(each.is_lost for each in gone):
        raise InputError(
            f"nothing that {request.id} asks for is on record as lost for good after it came: `dam-plugin reconcile` looks for "
            "what the bucket has, and `dam-plugin hold alarms --all` lists what was lost"
        )
    return [each for each in gone if each.is_lost]


def check_not_lost(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    not_about: Collection[str] = (),
    *,
    untrue: str = "that there is no such record",
) -> None:
    """Raise InputError where a recording that a request asks for was lost after it came: the district had it.

    That the request is not about what it names by its key, nobody can say; of what showed a student whom it asks about the
    custodian can. `untrue` is what would be said of it.
    """
    for each in _still_asked(services, unit, request, not_about):
        if each.is_lost and (each.key in request.recordings or not each.is_named):
            what = "names" if each.is_named else "may ask for"
            raise InputError(
                f"the library had {services.pseudonyms.outside(each.key)}, which {request.id} {what}, when it came: "
                f"{untrue} would not be true. {_way_on(request, each)}{_or_not_about(services, each)}"
            )


def check_left_library(
    services: Services, unit: Unit, request: StoredRequest, not_about: Iterable[str], *, is_denial: bool
) -> None:
    """Raise InputError for a recording that a request is said not to be about, and that did not leave the library since.

    Of a denial also those of the students whom it asks about may be said, and these students, so that it denies none of them.
    """
    outside = services.pseudonyms.outside
    left = {outside(each.key) for each in gone_since_asked(services, unit, request)}
    for student in unit.requests.asked_students(request) if is_denial else ():
        left |= {student, *(outside(each.asset.key) for each in unit.assets.of_student(student))}
    for each in not_about:
        if each not in left:
            raise InputError(
                f"{each} is no recording of a student whom {request.id} is about and that left the library since: leave "
                f"--not-about {each} out"
            )


def saved_over_unanswered(
    services: Services, unit: Unit, request: StoredRequest, answered: AbstractSet[str]
) -> dict[str, str]:
    """Return the recordings (`R-…`) of which a request asks for a version that was saved over, and that nothing answers.

    Each with what the custodian does about it.
    """
    gone = (each for each in gone_since_asked(services, unit, request) if each.version is not None)
    left = (each for each in gone if answered.isdisjoint(each.answers))
    return {services.pseudonyms.outside(each.key): _way_on(request, each) for each in left}


def check_saved_over(services: Services, unit: Unit, request: StoredRequest, not_about: Iterable[str]) -> None:
    """Raise InputError for a recording that a request is said not to be about, and that was not saved over since."""
    versions = [each for each in gone_since_asked(services, unit, request) if each.version is not None]
    over = {services.pseudonyms.outside(each.key) for each in versions}
    for each in not_about:
        if each not in over:
            raise InputError(
                f"{request.id} names its recordings, and {each} was not saved over with another picture since: leave "
                f"--not-about {each} out"
            )


def _still_asked(services: Services, unit: Unit, request: StoredRequest, not_about: Collection[str]) -> list[Gone]:
    """Return what left the library since a request came, but for what the custodian says that it is not about."""
    outside = services.pseudonyms.outside
    gone = gone_since_asked(services, unit, request)
    return [each for each in gone if not each.is_kept and (each.is_sure or outside(each.key) not in not_about)]


def _or_not_about(services: Services, gone: Gone) -> str:
    """Return what else the custodian may say of a recording that showed a student, and that the request does not name."""
    if gone.is_sure:
        return ""
    return f". Where you know that it is not what was asked for: --not-about {services.pseudonyms.outside(gone.key)}"


def _way_on(request: StoredRequest, gone: Gone) -> str:
    """Return what the custodian does about a recording that left the library."""
    if gone.copies:
        copies = ", ".join(map(shlex.quote, gone.copies[:_MOST_TOLD]))
        return (
            f"The library may have it still, as {copies}: look, and answer with that (`share … --request {request.id}`)"
        )
    if gone.version is not None and gone.lost_on is None:
        return f"{PUT_BACK}, and answer with that (`share … --request {request.id}`)"
    if gone.lost_on is None:
        return (
            "`dam-plugin reconcile` brings it back where the bucket has a version of it, and says otherwise that it is lost "
            "(`dam-plugin hold alarms`)"
        )
    return (
        "It is lost for good by an alarm on file. Tell the district's attorney before it is answered; where a backup has it, "
        "upload it again and answer with that; otherwise `dam-plugin request close "
        f"{request.id} --outcome lost --why 'how and when it was lost' --tried 'what was tried to get it back'`"
    )


def check_all_answered(
    services: Services, unit: Unit, request: StoredRequest, answered: Collection[str], not_about: Collection[str]
) -> None:
    """Raise InputError where a student whom a request in words is about is in recordings that nothing on record answers.

    Who asks for a child's recordings is given each of them, or told by which provision it is withheld (34 CFR 99.10(a)); a
    recording that is `not_about` what is asked for (`R-…`) was looked at. Also where all of them are: then nothing is granted.
    Of a parent's student who holds the rights no answer is asked for.
    """
    outside, students = services.pseudonyms.outside, sorted(unit.requests.asked_students(request))
    shown_in = {
        student: {outside(each.asset.key): each.asset.key for each in unit.assets.of_student(student)}
        for student in students
    }
    # Of a student whom it is not about, none is asked for.
    theirs_to_see = inspectable_students(services, unit, request)
    asked = [each for each in students if each in theirs_to_see and each not in not_about]
    theirs = {name: (key, student) for student in asked for name, key in shown_in[student].items()}
    left_library = {outside(each.key) for each in gone_since_asked(services, unit, request)}
    known = {*students, *(name for each in shown_in.values() for name in each), *left_library}
    for each in not_about:
        if each not in known:
            raise InputError(
                f"{each} is no recording of a student whom {request.id} is about: leave --not-about {each} out"
            )
    left = [each for each, (key, _) in theirs.items() if key not in answered and each not in not_about]
    kept = sorted(each for each in kept_students(services, unit, request) if shown_in[each] and each not in not_about)
    if kept and not left and not answered:
        raise InputError(
            f"nothing is given in answer to {request.id}, and {_no_right_to(kept)}: deny it, "
            f"{denied_by(services, unit, request, kept)}"
        )
    if theirs and not left and not answered:
        raise InputError(f"nothing is given in answer to {request.id}: close it as 'no-such-record' or 'denied'")
    if not left:
        return
    shown, more = left[:_MOST_TOLD], len(left) - _MOST_TOLD
    lists = " and ".join(
        f"`dam-plugin student recordings {each} --request {request.id}`"
        for each in dict.fromkeys(theirs[name][1] for name in left)
    )
    raise InputError(
        f"nothing on record answers {len(left):,} of {len(theirs):,} recordings that show or mention "
        f"{' or '.join(asked)}: {', '.join(shown)}{f' and {more:,} more' if more > 0 else ''}; {lists} lists them "
        f"with their keys. Answer each with `share KEY … --request {request.id}`, join an answer that is there already "
        f"(`request join {request.id} sh-…`), or record what was shown or handed over; where you looked and a recording is not "
        f"what it asks for, say so: {' '.join(f'--not-about {each}' for each in shown)}"
    )


def _no_right_to(students: Iterable[str]) -> str:
    return f"whoever asks holds no right over the record of {' and '.join(students)} today"


def _copies_left(services: Services, unit: Unit, sought: Sought, *, tells_keys: bool) -> dict[str, str]:
    """Return, by `R-…`, the recordings of the library that are copies of what was destroyed of what somebody asks for."""
    named = {*sought.keys, *sought.destroyed, *words_of_keys(sought.described), *words_of_keys(sought.why)}
    copies = {
        copy.asset.key: each.id
        for each in unit.destructions.done_about(named)
        if (destroyed := unit.assets.by_id(each.asset_id)) is not None
        for copy in unit.assets.copies_of(destroyed.asset)
    }
    outside = services.pseudonyms.outside
    called = {key: f"{outside(key)} ({shlex.quote(key)})" if tells_keys else outside(key) for key in copies}
    return {outside(key): f"{called[key]} may be a copy of what {copies[key]} destroyed" for key in sorted(copies)}


def words_of_keys(text: str) -> list[str]:
    """Return the words of a text that may be keys of recordings, each once."""
    return sorted({each.rstrip(".") for each in _WORD.findall(text)})


def _gone(unit: Unit, sought: Sought) -> list[str]:
    """Return the keys of what left the library otherwise than by the schedule."""
    left = _left_library(unit, sought.keys, sought.patterns)
    destroyed = {each.asset_id for each in unit.destructions.done_about(list(left))}
    return [
        key
        for key, stored in left.items()
        if stored.asset.id not in destroyed and not _destroyed_elsewhere(unit, stored)
    ]


def _left_library(unit: Unit, keys: Iterable[str], patterns: Sequence[str]) -> dict[str, StoredAsset]:
    """Return by key the newest versions of what has these names and is in the library no more."""
    named = dict.fromkeys((*keys, *_matching(unit.assets.deleted_keys, patterns)))
    return {key: stored for key in named if (stored := unit.assets.newest(key)) and stored.deleted}


def _destroyed_elsewhere(unit: Unit, stored: StoredAsset) -> list[Destruction]:
    """Return the destructions, since a recording left its key, of what may be the same one under another: it was moved."""
    same = [each.asset.id for each in unit.assets.same_picture(stored.asset) if each.asset.key != stored.asset.key]
    done = unit.destructions.done_about(same)
    return [each for each in done if each.done_at is not None and each.done_at >= stored.updated_at]


def _matching(page_of: Callable[[str, int], list[str]], patterns: Sequence[str]) -> Iterator[str]:
    behind = ""
    while keys := page_of(behind, _KEYS) if patterns else ():
        yield from (key for key in keys if any(matches(key, each) for each in patterns))
        behind = keys[-1]


def _short_id(pseudonyms: Pseudonyms, given: str) -> str:
    person = person_id(given)
    if person.startswith("S-"):
        return person
    if is_destruction_id(given.lower()):
        return given.lower()
    return given.upper() if is_outside_id(given.upper()) else pseudonyms.outside(given)


def _recordings(count: int) -> str:
    return "a recording of the library" if count == 1 else f"{count:,} recordings of the library"
