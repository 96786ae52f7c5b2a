"""Yearbook sets as pages tell of them: names in the place of ids, and remedies in the words of a school office.

INVARIANT: whose family said no, and why, is told in full to the custodian and a designee alone (`reads_in_full`); yearbook
staff read that a picture may not go in, and whom to ask.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dam_hooks.desk.desk_roles import CUSTODIAN, DESIGNEE, YEARBOOK, has_role
from dam_hooks.desk.told import name_of, with_names
from dam_plugin.admin.export_job import YEARBOOK_SET
from dam_plugin.errors import InputError, SetAltered, SetRefusal, SetRefused
from dam_plugin.model import Reason, StudentRecord
from dam_plugin.procedure.protection import reasons_for_staff
from dam_plugin.services import Services
from dam_plugin.store import Totals, Unit
from dam_plugin.store.sets import PURPOSE, ExportFile, ExportSet, Handover
from dam_plugin.yearbook.exclusions import Explained, LeftOut, tells_of_a_choice
from dam_plugin.yearbook.manifest import roster_digest, rules_digest

MAKERS = (YEARBOOK, CUSTODIAN, DESIGNEE)
"""Who makes sets, reads them, locks them and takes them back."""
KEPT_SECONDS = 60.0
CONSENT = gettext_lazy("The records custodian can ask the families for a signed consent.")
LOOK = gettext_lazy("Open the picture and say who is in it.")
DECIDES = gettext_lazy("The records custodian decides about it.")
# Why a set is not made, locked or handed over; the words of the use case are those of a command.
_REFUSED: Mapping[SetRefusal, Any] = {
    "student-name": gettext_lazy("The printer has a student's name here. Write down who prints the book."),
    "no-recipient": gettext_lazy("Write down who prints the book."),
    "changing": gettext_lazy("What is on file changed while the set was looked at. Nothing was recorded: try again."),
    "no-archive": gettext_lazy(
        "The archive of this set is not, or no longer, the one that was made. Nothing was recorded: make the set again."
    ),
    "taken": gettext_lazy("There is a set of this name already. Choose another name."),
    "other-set": gettext_lazy("Another set of this name is being made. Choose another name."),
    "no-picture": gettext_lazy("The library has no picture yet that a set could be made of."),
}
# What can be done where the procedure's remedy names a command, or says it for somebody who knows the clauses.
_REMEDIES: Mapping[str, Any] = {
    "HOLD-UNTAGGED": LOOK,
    "HOLD-UNKNOWN-PERSON": gettext_lazy("Open the picture and name whoever has no name yet."),
    "HOLD-UNCLASSIFIED": gettext_lazy("The records custodian says whether it is directory information."),
    "REDACT-NAMED": gettext_lazy("The custodian says who is in it, and who is only named beside it."),
    "EX4-OPTOUT": CONSENT,
    "PROTECTED": gettext_lazy("Ask nobody: no consent counts while the student is protected."),
    "EX3-MISSING": CONSENT,
    "EX3-FORM": CONSENT,
    "EX4-LIMITED": CONSENT,
    "EX4-NOT-DIRECTORY": CONSENT,
    "EX4-DEFINITION": CONSENT,
    "EX4-WINDOW": gettext_lazy("Wait until families may no longer answer this year's notice, then make the set again."),
    "EXPORT-REDACT": gettext_lazy("Make a set that takes copies in which somebody is hidden, or ask for a consent."),
    "EXPORT-PORTRAIT": CONSENT,
    "EXPORT-EMPTY": CONSENT,
    "EXPORT-RETAKE": gettext_lazy("Nothing is missing: a newer portrait of the same student is in the set."),
    "EXPORT-UNABLE": gettext_lazy("Upload it again as a JPEG or PNG that opens."),
    "EXPORT-GONE": gettext_lazy("Make the set again."),
    "STATEMENT": gettext_lazy("Choose another picture: a family's statement goes with this one wherever it is shown."),
    "ROSTER-STALE": gettext_lazy("Ask an administrator to import the roster again."),
    "CHOICES-UNKNOWN": gettext_lazy("Ask an administrator to import the families' answers with the roster."),
}


class DigestsKept:
    """The digests by which it is seen that something changed since a set was made: made once of each state of the roster.

    Of a large roster that takes a second. A change that the roster does not announce is seen after `KEPT_SECONDS`.
    """

    def __init__(self) -> None:
        """Know none yet."""
        self._kept: tuple[tuple[object, ...], float, str] | None = None

    def of(self, at: Services, unit: Unit) -> tuple[str, str]:
        """Return the digests of the roster with opt-outs and consents, and of the rules."""
        state, now = (at.settings.database_url, unit.people.last_change()), time.monotonic()
        if self._kept is None or self._kept[0] != state or now - self._kept[1] > KEPT_SECONDS:
            self._kept = state, now, roster_digest(at, unit)
        return self._kept[2], rules_digest(at)


@dataclass(frozen=True, slots=True)
class SetTold:
    """A set in a list: its name, in words what it is of, for whom, and its state. `is_made`: there is an archive of it."""

    id: str
    name: str
    what: str
    to: str
    made: datetime
    by: str
    color: str
    state: str
    is_made: bool
    is_locked: bool
    totals: Totals
    handed: tuple[Handover, ...]

    @property
    def pictures(self) -> int:
        """How many pictures are in it."""
        return self.totals.portraits + self.totals.candids


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in a set, as it is in the book: `words` stand below it. `number` is the picture's own in the set."""

    number: int
    asset: str
    file: str
    words: str
    is_copy: bool
    is_covered: bool
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """How many pictures stay out for one reason, in words, and what can be done."""

    count: int
    why: str
    todo: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A picture that stayed out: why, in sentences, what can be done, and whose consent to ask for, by whom it is signed."""

    number: int
    asset: str
    title: str
    whys: tuple[str, ...]
    todos: tuple[str, ...]
    consents: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A consent to ask for: whose, and in words who can sign it."""

    student: str
    name: str
    signers: str


def reads_in_full(request: HttpRequest) -> bool:
    """Whether somebody may read whose family said no, and why: the custodian and a designee."""
    return has_role(request, CUSTODIAN, DESIGNEE)


def name_of_set(set_: ExportSet) -> str:
    """Return what a set is called."""
    return name_at(set_.target)


def name_at(place: str) -> str:
    """Return what the set in a place is called: the name of its file, without the ending."""
    return place.rpartition("/")[2].removesuffix(".zip")


def set_told(
    set_: ExportSet,
    totals: Totals,
    handed: Iterable[Handover] = (),
    *,
    is_at_work: bool = False,
    has_changed: bool = False,
) -> SetTold:
    """Return a set as lists tell of it. `has_changed`: something on file that it rests on did, since it was made."""
    color, state = _state(set_, is_at_work=is_at_work, has_changed=has_changed)
    query = set_.order.query
    what = [
        query.event,
        _("since %(day)s") % {"day": query.since.isoformat()} if query.since else None,
        _("grade %(grades)s") % {"grades": ", ".join(query.grades)} if query.grades else None,
        _("%(count)d selected") % {"count": len(query.recordings)} if query.recordings else None,
    ]
    return SetTold(
        id=set_.id,
        name=name_of_set(set_),
        what="; ".join(filter(None, what)) or _("the whole library"),
        to=set_.order.recipient.id or set_.order.publisher,
        made=set_.at,
        by=set_.by.id or set_.by.role,
        color=color,
        state=state,
        is_made=set_.state in ("made", "locked"),
        is_locked=set_.state == "locked",
        totals=totals,
        handed=tuple(handed),
    )


def _state(set_: ExportSet, *, is_at_work: bool, has_changed: bool) -> tuple[str, str]:
    if set_.state == "locked":
        return "green", _("Locked: it is printed from")
    if set_.state == "made" and has_changed:
        return "amber", _("Made. Something on file changed since then: look at it again")
    if set_.state == "made":
        return "green", _("Made, not locked yet")
    return "amber", _("Being made") if is_at_work else _("Not made")


def students_in(files: Iterable[ExportFile]) -> set[str]:
    """Return the students whose names a list of these pictures shows."""
    return {each for file in files for each in (*file.shows, *file.named, *filter(None, [file.student]))}


def called(records: Mapping[str, StudentRecord], student: str) -> str:
    """Return a student's name and grade."""
    record = records.get(student)
    grade = record.grade if record is not None else None
    return name_of(records, student) + (", " + _("grade %(grade)s") % {"grade": grade} if grade else "")


def picture(file: ExportFile, records: Mapping[str, StudentRecord]) -> Picture:
    """Return a picture of a set with the words that are printed below it; `records` has everybody in it."""
    words = file.caption or ""
    if file.student is not None:
        words = called(records, file.student)
    return Picture(
        number=file.number,
        asset=file.asset_id,
        file=(file.path or "").rpartition("/")[2],
        words=words,
        is_copy=file.redacted,
        is_covered=file.covered,
        pages=file.pages,
    )


def refused(error: InputError) -> str:
    """Return why a set is not made, locked or handed over."""
    if isinstance(error, SetAltered):
        return str(_REFUSED["no-archive"])
    if isinstance(error, SetRefused):
        return str(_REFUSED[error.why])
    return _(
        "This was not done, and nothing was recorded. Look at the set again; should it fail once more, tell an administrator."
    )


def todo(clause: str, otherwise: str = "", *, in_full: bool = False) -> str:
    """Return what can be done about a clause, in words of a page: `otherwise` is the procedure's own remedy.

    `in_full`: it is told to the custodian, who is the one that asks.
    """
    if in_full and _REMEDIES.get(clause) is CONSENT:
        return _("Ask for a signed consent to the yearbook.")
    if clause in _REMEDIES:
        return str(_REMEDIES[clause])
    return otherwise if otherwise and "`" not in otherwise else str(DECIDES)


def left(reasons: Iterable[LeftOut], *, in_full: bool = False) -> list[Left]:
    """Return in words of a page for which reasons pictures stay out of a set."""
    return [
        Left(
            each.count,
            # What the procedure has no words for is told by its clause alone.
            each.title if each.title != each.clause else _("Another reason"),
            todo(each.clause, each.remedy, in_full=in_full),
        )
        for each in reasons
    ]


def _todos(found: Explained, *, in_full: bool) -> Iterator[str]:
    """Yield what can be done about one picture; the custodian is the one who asks, and learns where asking is of no use."""
    for clause in found.to_mend:
        is_of_no_use = in_full and _REMEDIES.get(clause) is CONSENT and not found.asks
        no_use = _("No consent would bring it in, as of the day of this set.")
        yield no_use if is_of_no_use else todo(clause, in_full=in_full)


def missing(
    unit: Unit, found: Iterable[Explained], records: Mapping[str, StudentRecord], *, in_full: bool
) -> list[Missing]:
    """Return pictures that stayed out, with names; `records` has everybody whom their reasons and consents name."""
    found = list(found)
    texts = with_names(unit, [why.text for each in found for why in each.file.why])
    told = iter(texts)
    return [
        Missing(
            number=each.file.number,
            asset=each.file.asset_id,
            title=each.file.source_key.rpartition("/")[2],
            whys=tuple(next(told) for _why in each.file.why),
            todos=tuple(dict.fromkeys(_todos(each, in_full=in_full))),
            consents=tuple(
                Wanted(one.student, name_of(records, one.student), signers(one.student, one.signed_by, records))
                for one in each.asks
            ),
        )
        for each in found
    ]


def signers(student: str, signed_by: Iterable[str], records: Mapping[str, StudentRecord]) -> str:
    """Return in words who can sign a consent."""
    signing = tuple(signed_by)
    if signing == (student,):
        return _("the student")
    record = records.get(student)
    names = dict(record.guardian_names) if record is not None else {}
    known = [names[each] for each in signing if each in names]
    if known:
        return _(" or ").join(known)
    if signing:
        return _("a parent or guardian")
    return _("no parent or guardian is on file whom to ask")


def changes_told(unit: Unit, reasons: Iterable[Reason], *, in_full: bool) -> list[str]:
    """Return why a picture of a set may not be shown any more, or what changed: names and choices `in_full` alone."""
    reasons = tuple(reasons)
    if in_full:
        return with_names(unit, [each.text for each in reasons])
    shown = [
        each for each in reasons_for_staff(reasons, PURPOSE) if not each.students and not tells_of_a_choice([each])
    ]
    told = [each.text for each in shown]
    if len(shown) < len(reasons):
        told.append(_("What may be shown of somebody in it changed. The records custodian knows why."))
    return told


_digests = DigestsKept()


def changed_sets(at: Services, unit: Unit, sets: Iterable[ExportSet]) -> frozenset[str]:
    """Return those sets that were made and not locked, before the roster, a family's choice or the rules changed."""
    made = [each for each in sets if each.state == "made"]
    if not made:
        return frozenset()
    roster, rules = _digests.of(at, unit)
    return frozenset(each.id for each in made if each.roster != roster or each.rules != rules)


def yearbook_waits(at: Services) -> list[tuple[int, str, str]]:
    """Return what waits for yearbook staff: how many, what it is, and where it is done."""
    with at.store.reading() as unit:
        jobs = len(unit.jobs.open_of(YEARBOOK_SET.name))
        changed = len(changed_sets(at, unit, unit.exports.sets("made")))
    waits = []
    if jobs:
        waits.append((jobs, ngettext("yearbook set is being made", "yearbook sets are being made", jobs)))
    if changed:
        told = ngettext(
            "yearbook set was made before something on file changed: look at it again before it is printed",
            "yearbook sets were made before something on file changed: look at them again before they are printed",
            changed,
        )
        waits.append((changed, told))
    return [(count, told, reverse("desk:yearbook")) for count, told in waits]
