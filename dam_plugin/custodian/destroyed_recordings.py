"""Finds what was destroyed of what somebody asks for: what they name, and what showed the students they ask about.

Whom a recording showed is kept in the ledger's entry of its destruction, by pseudonym (`destroy.py`); the log of destructions
names nobody. "The educational agency or institution shall not destroy any education records if there is an outstanding request
to inspect and review the records" (34 CFR 99.10(e)): what was destroyed all the same is not passed over in the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo

from dam_plugin.custodian.named_recordings import words_of_keys
from dam_plugin.errors import InputError
from dam_plugin.ledger.chain import DESTRUCTION, Ledger
from dam_plugin.model import RecipientRole
from dam_plugin.pseudonyms import is_destruction_id
from dam_plugin.store import Destruction, StoredRequest, Unit
from dam_tagging.facts import Tagging

# The step of a destruction whose entry keeps whom the recording showed, and where it is kept there.
BEGUN = "begun"
SHOWN, IN_BACKGROUND, CONFIDENTIAL = "shown", "in_background", "confidential"
_MOST_TOLD = 5
_AT_REQUEST: dict[RecipientRole | None, str] = {
    "parent": "at a parent's request",
    "eligible_student": "at the student's own request",
}
_LAW = "34 CFR 300.624(b)"
_LAWS: dict[RecipientRole | None, str] = {"eligible_student": f"{_LAW}, 300.625(b)"}


@dataclass(frozen=True, slots=True)
class WhomShown:
    """The students whom any version of a recording shows or mentions, and those who are in the background alone.

    `is_confidential`: it is so under another law.
    """

    students: frozenset[str] = frozenset()
    in_background: frozenset[str] = frozenset()
    is_confidential: bool = False

    @property
    def kept(self) -> dict[str, object]:
        """What the entry of a destruction keeps besides the students, whom its index has."""
        return {
            SHOWN: len(self.students),
            IN_BACKGROUND: sorted(self.in_background),
            CONFIDENTIAL: self.is_confidential,
        }


@dataclass(frozen=True, slots=True)
class Destroyed:
    """A recording that was destroyed: on which day, by which rule, and the rule's source.

    `by_court`: as a court ordered. `by_parents`: at the request of a parent, or of the student with the rights (34 CFR
    300.624(b)), before it was due; `asked_by` is the role of who asked, null where nobody said who it was. `while_asked`: the
    request that asks for it had come by then, and what a family asks for is not destroyed (34 CFR 99.10(e)). `is_named`: by the
    custodian. `in_request`: the request names it, by key or in words. `shown`: those of the students asked about whom it showed
    (`S-…`); they were `in_background` alone. `is_confidential`: it was so under another law.
    """

    id: str
    asset_id: str
    day: date
    rule: str
    source: str
    by_court: bool = False
    by_parents: bool = False
    while_asked: bool = False
    is_named: bool = True
    in_request: bool = False
    shown: tuple[str, ...] = ()
    in_background: bool = False
    is_confidential: bool = False
    asked_by: RecipientRole | None = None

    @property
    def is_any(self) -> bool:
        """Whether nothing says that it was asked for: it was destroyed after a request came that asks in words."""
        return not (self.is_named or self.in_request or self.shown)

    @property
    def how(self) -> str:
        """Why it was destroyed, in a few words. It tells no number of a case."""
        if self.by_parents:
            return f"{at_request_of(self.asked_by)} ({_LAWS.get(self.asked_by, _LAW)})"
        return "as a court ordered" if self.by_court else f"by the schedule ({self.source})"


def at_request_of(role: RecipientRole | None) -> str:
    """Return at whose request a recording was destroyed before it was due; None: nobody was asked who it was."""
    return _AT_REQUEST.get(role, "at the parents' request")


def whom_shown(unit: Unit, key: str, day: date) -> WhomShown:
    """Return whom a recording shows on a day, in any of its versions: all of them are destroyed."""
    taggings = [each.tagging for each in unit.assets.of_key(key)]
    students = frozenset[str]().union(*(each.students for each in taggings))
    subjects = frozenset[str]().union(*map(_subjects, taggings))
    return WhomShown(students, students - subjects, any(each.closed_by("confidential", day) for each in taggings))


def _subjects(tagging: Tagging) -> frozenset[str]:
    """Return the students of a tagging, but for those who are in the background alone."""
    seen = {each.student for each in tagging.appearances if each.prominence != "incidental"}
    return frozenset(seen.union(tagging.record_pii, *(each.students for each in tagging.official_uses)))


def destroyed_named_in(
    unit: Unit, zone: tzinfo | None, texts: Iterable[str], came: datetime | None = None
) -> tuple[Destroyed, ...]:
    """Return the destructions of recordings that texts name by key, by id, or by the destruction's own id (`ds-…`).

    `came`: when the request came that asks for them; known by its day alone, it came before whatever was destroyed on that day.
    """
    return destroyed_of(unit, zone, sorted({each for text in texts for each in words_of_keys(text)}), came)


def destroyed_of(
    unit: Unit, zone: tzinfo | None, named: Collection[str], came: datetime | None = None
) -> tuple[Destroyed, ...]:
    """Return the destructions of recordings by key, by id, or by the destruction's own id; `came` as above."""
    return tuple(
        replace(
            _destroyed(each, each.done_at, zone, while_asked=came is not None and came < each.done_at),
            is_confidential=_was_confidential(unit, each, each.done_at.astimezone(zone).date()),
        )
        for each in unit.destructions.done_about(named, came)
        if each.done_at is not None
    )


def _was_confidential(unit: Unit, destruction: Destruction, day: date) -> bool:
    stored = unit.assets.by_id(destruction.asset_id)
    return stored is not None and bool(stored.tagging.closed_by("confidential", day))


def destroyed_showing(
    ledger: Ledger, unit: Unit, zone: tzinfo | None, students: Collection[str], came: datetime | None = None
) -> tuple[Destroyed, ...]:
    """Return the destructions of recordings that showed any of these students, oldest first.

    `came`: when the request came that asks for them; what was destroyed on that day counts as destroyed since.
    """
    shown = _shown_by_destruction(ledger, unit, students)
    day = came.astimezone(zone).date() if came is not None else None
    found = []
    for each in unit.destructions.done_about(list(shown)):
        if each.done_at is None:
            continue
        done = _destroyed(each, each.done_at, zone)
        theirs = shown[each.id]
        found.append(
            replace(
                done,
                while_asked=day is not None and day <= done.day,
                is_named=False,
                shown=tuple(sorted(theirs.students)),
                in_background=theirs.students <= theirs.in_background,
                is_confidential=theirs.is_confidential,
            )
        )
    return tuple(found)


def unfinished_of(ledger: Ledger, unit: Unit, students: Collection[str], named: Collection[str]) -> list[Destruction]:
    """Return the destructions that have begun and are not done, of what showed one of these students or has such a key."""
    begun = unit.destructions.in_state("destroying")
    shown = _shown_by_destruction(ledger, unit, students) if students and begun else {}
    return [each for each in begun if each.id in shown or each.key in named]


def silent_until(unit: Unit, zone: tzinfo | None) -> date | None:
    """Return the day of the last destruction of which the ledger does not keep whom it showed; None: of each it does.

    It was begun by an earlier version of the plugin, whose ledger kept nobody.
    """
    # As the canonical JSON of the details has it: in a text the quotes would be escaped.
    last = unit.entries.last_destruction_without(DESTRUCTION, f'"{SHOWN}":')
    return None if last is None else last.astimezone(zone).date()


def check_destroyed_told(
    request: StoredRequest,
    outcome: str,
    destroyed: Sequence[Destroyed],
    unfinished: Iterable[Destruction],
    not_about: Collection[str],
    *,
    hears_nothing: bool = False,
    may_hear_of: Callable[[Collection[str]], bool] = lambda _shown: True,
) -> None:
    """Raise InputError where a closing passes over what was destroyed of what a request asks for, since it came.

    It is told by naming it, so that register and letter say it too; where the custodian knows that it is not what was asked
    for, it is `not_about` it. As 'no-such-record' also of what was confidential under another law, whenever that was: whether
    the letter may say so is the attorney's question. Who has no right to the record (`hears_nothing`) is told of none, nor a
    parent of what showed only students over whom they hold no right (`may_hear_of`, by whom it showed). Raises InputError too
    for what is `unfinished`, as `unfinished_of` has it.
    """
    check_excepted(request.id, destroyed, not_about)
    running = next((each for each in unfinished if each.id not in not_about), None)
    if running is not None:
        raise InputError(
            f"{running.id} has begun to destroy a recording that {request.id} asks for, and is not done, see "
            "`dam-plugin retention log`: give the same order again, or where a hold stops it ask the district's attorney, "
            "before this is answered"
        )
    left = [each for each in destroyed if not each.is_named and each.id not in not_about]
    theirs = [each for each in left if each.is_any or may_hear_of(each.shown)]
    if since := [each for each in theirs if each.while_asked]:
        raise InputError(_since(request, outcome, since, hears_nothing=hears_nothing))
    if since := [each for each in left if each.while_asked]:
        raise InputError(_since(request, outcome, since, hears_nothing=True))
    if outcome == "no-such-record":
        check_none_confidential(request.id, theirs)


def check_none_passed_over(
    request: StoredRequest, outcome: str, destroyed: Iterable[Destroyed], not_about: Collection[str]
) -> None:
    """Raise InputError where a letter would pass over what was destroyed since a request in words came, and nobody named."""
    since = [each for each in destroyed if each.is_any and each.while_asked and each.id not in not_about]
    if since:
        raise InputError(_since(request, outcome, since, hears_nothing=False))


def check_destructions_named(
    ledger: Ledger,
    unit: Unit,
    request: StoredRequest,
    destroyed: Iterable[Destroyed],
    why: str,
    students: Collection[str],
) -> None:
    """Raise InputError where the words of a closing (`why`) name a destruction that was not done, or is of somebody else.

    `destroyed` is what was destroyed of what the request asks for, `students` are those whom it is about in words. What an
    earlier version destroyed may be named: of that it is not kept whom it showed.
    """
    found = {each.id: each for each in destroyed}
    for each in dict.fromkeys(filter(is_destruction_id, words_of_keys(why))):
        if each not in found:
            raise InputError(
                f"{each} destroyed nothing, or there is no such destruction: `dam-plugin retention log` lists them; write "
                "--why without it"
            )
        if (
            students
            and not (found[each].shown or found[each].in_request)
            and _keeps_whom_shown(ledger, unit, found[each])
        ):
            raise InputError(
                f"{each} destroyed nothing that showed a student whom {request.id} is about: write --why without it"
            )


def _keeps_whom_shown(ledger: Ledger, unit: Unit, destroyed: Destroyed) -> bool:
    told = (details or {} for _, details in ledger.about(unit, DESTRUCTION, [destroyed.asset_id]))
    return any(each.get("destruction") == destroyed.id and SHOWN in each for each in told)


def check_none_confidential(called: str, destroyed: Iterable[Destroyed]) -> None:
    """Raise InputError where a letter would tell of what was confidential under another law, and nobody has named it."""
    first = next((each for each in destroyed if each.is_confidential and not each.is_named), None)
    if first is not None:
        raise InputError(
            f"{first.id} destroyed on {first.day} what {_showed(first)}was confidential under another law: "
            f"ask the district's attorney whether the answer to {called} may say so. Where it may, name it as `dam-plugin "
            f"request close` closes it, --why '… {first.id}'; where it may not, or was not asked for: --not-about {first.id}"
        )


def check_excepted(called: str, destroyed: Iterable[Destroyed], not_about: Iterable[str]) -> None:
    """Raise InputError for a destruction (`ds-…`) that is said not to be asked for, and is not among these."""
    known = {each.id for each in destroyed}
    for each in not_about:
        if is_destruction_id(each) and each not in known:
            raise InputError(
                f"{each} destroyed nothing that showed a student whom {called} is about, or that it names: leave --not-about "
                f"{each} out"
            )


def _since(request: StoredRequest, outcome: str, since: Sequence[Destroyed], *, hears_nothing: bool) -> str:
    """Return the sentence by which a closing is refused that passes over these destructions."""
    shown, more = since[:_MOST_TOLD], len(since) - _MOST_TOLD
    told = "; ".join(f"{each.id} on {each.day}{_students(each)}" for each in shown)
    others = f"; and {more:,} more, see `dam-plugin request show {request.id}`" if more > 0 else ""
    law = (
        "What a family asks to see is not destroyed until it is answered (34 CFR 99.10(e)). "
        if request.recipient.is_family
        else ""
    )
    ids, options = " ".join(each.id for each in shown), " ".join(f"--not-about {each.id}" for each in shown)
    whom = (
        "tell nobody else of it: whoever asks has no right to the student's record, and may not learn it"
        if hears_nothing
        else "tell whoever asked what was destroyed and when"
    )
    register = "the register says so" if hears_nothing else "register and letter say so"
    return (
        f"recordings were destroyed on or after the day on which {request.id} came: {told}{others}. '{outcome}' would pass "
        f"over that. {law}Tell the district's attorney before it is answered, and {whom}; then name it as you close it, --why "
        f"'… {ids}', so that {register}. Where you know that it is not what was asked for: {options}"
    )


def _showed(destroyed: Destroyed) -> str:
    return f"showed {' and '.join(destroyed.shown)} and " if destroyed.shown else ""


def _students(destroyed: Destroyed) -> str:
    background = " (in the background)" if destroyed.in_background else ""
    return f", which showed {' and '.join(destroyed.shown)}{background}" if destroyed.shown else ""


def _shown_by_destruction(ledger: Ledger, unit: Unit, students: Collection[str]) -> dict[str, WhomShown]:
    """Return by the id of each destruction which of these students its recording showed."""
    entries = ledger.of_students(unit, DESTRUCTION, students)
    listed = unit.entries.students_of([entry.seq for entry, _ in entries])
    found: dict[str, WhomShown] = {}
    for entry, details in entries:
        if details is not None and details.get("done") == BEGUN:
            theirs = listed.get(entry.seq, frozenset()).intersection(students)
            background = theirs.intersection(details[IN_BACKGROUND])
            found[str(details["destruction"])] = WhomShown(theirs, background, bool(details[CONFIDENTIAL]))
    return found


def _destroyed(each: Destruction, done_at: datetime, zone: tzinfo | None, *, while_asked: bool = False) -> Destroyed:
    return Destroyed(
        each.id,
        each.asset_id,
        done_at.astimezone(zone).date(),
        each.rule,
        each.source,
        each.court is not None,
        each.parents_asked is not None and each.court is None,
        while_asked,
        asked_by=each.asked_as,
    )
