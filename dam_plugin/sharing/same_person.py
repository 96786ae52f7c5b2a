"""Whether somebody is a person from whom a record, or where a student is, is kept: by id or by name. Pure.

34 CFR 99.4; RSMo 452.375, 452.376, 589.664: a court order binds whoever it is about, however the person is written down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from dam_plugin.errors import InputError
from dam_plugin.model import OF_GUARDIANS, Guardianship, StudentRecord
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import has_rights
from dam_plugin.pseudonyms import guardian_ids_in, person_id
from dam_plugin.store import StoredLetter, Unit
from dam_tagging.names.same_name import is_login_of, is_named_in, may_be_same_name, words_of_name

# Words beside a name that say what somebody is to a student, or does at a school. No name has them alone.
_KIN = frozenset(["father", "mother", "dad", "mom", "parent", "stepfather", "stepmother", "guardian", "padre", "madre"])
_OFFICES = frozenset(
    [
        "coach", "assistant", "substitute", "sub", "teacher", "teachers", "aide", "para", "paraprofessional", "volunteer",
        "driver", "bus", "counselor", "nurse", "principal", "vice", "secretary", "custodian", "librarian", "staff", "office",
        "desk", "official", "school", "team", "the", "of",
    ]
)  # fmt: skip
_IS_KEPT = (
    "this is the name of {0}, who is on file for {1}, and the record or where the student is may be kept from that person: "
    "`dam-plugin student show {1} --as custodian:NAME` says why. Where it is that person, use that id; where it is somebody "
    "else of the same name, tell them apart in the name (a middle name, the year of birth)"
)
_SAY_ANOTHER = (
    "a court order or a protection is on file for {0}, and it is about {1}. Compare who this is with a paper that has a "
    "picture; where it is somebody else, add --another-person (over HTTP: another_person), which stays on record"
)
_MISTYPED = (
    "'{0}' differs in one character from {1}, who is on file: look for the person with `dam-plugin student find`. Where it was "
    "mistyped, ask for it under the id on file; where it is somebody else, add --another-person (over HTTP: another_person), "
    "which stays on record"
)
_TELL_APART = (
    "others have, or may have, a say over the record of {0} by hand or by a name like this one: {1}. An order binds whoever it "
    "is about, under each id (34 CFR 99.4). Say of each whether it is the person of the order ({2}): --same-person ID, who is "
    "then limited under that id too, or --other-person ID (over HTTP: same_person, other_person)"
)
# What whoever is not the custodian is told: not what is on file.
TELL_WHO = (
    "{0}: the records custodian has to say who a guardian of the roster is, which `dam-plugin student show S-… --as "
    "custodian:NAME` explains; until then less is permitted"
)
_TO_WHOM = (
    "of this family not everybody may be written to: say whom the {what} goes to, --guardian G-…; "
    "`dam-plugin {look} --as custodian:NAME` says who they are"
)
_NOT_TO = (
    "no {what} goes to '{guardian}': who that is has to be verified first, or it is no guardian of this family, or a court "
    "order stands in the way: `dam-plugin {look} --as custodian:NAME`"
)


def meant_by(record: StudentRecord, person: str, day: date) -> str:
    """Return the id of the person who is meant: of somebody from whom it is kept, where only that one's name was typed."""
    if _is_on_file(record, person, day):
        return person
    return next((each for each in _kept_of_name(record, day, person)), person)


def check_another_person(record: StudentRecord, person: str, name: str | None, day: date, *, another: bool) -> None:
    """Raise InputError for a new person for a student with an order or a protection on file, who may be the one it is about.

    It is refused where the name fits; else the custodian says that it is `another` person.
    """
    if not is_guarded(record, day) or _is_on_file(record, person, day):
        return
    for each in _kept_of_name(record, day, person, name):
        raise InputError(_IS_KEPT.format(each, record.id))
    if not another:
        about = ", ".join(record.kept_from(day)) or "somebody whom the roster does not have"
        raise InputError(_SAY_ANOTHER.format(record.id, about))


def check_not_mistyped(person: str, alike: Collection[str], *, another: bool) -> None:
    """Raise InputError for a person whose id differs in one character from one on file, unless it is `another` person.

    Whoever would be known under a second id would keep under it what an order takes from them under the first.
    """
    if alike and not another:
        raise InputError(_MISTYPED.format(person, ", ".join(alike)))


def others_to_tell_apart(record: StudentRecord, person: str, name: str | None, day: date) -> tuple[str, ...]:
    """Return who holds, or may hold, a parent's rights by hand under another id than the person whom an order limits.

    So does a guardian of the roster who may be called so. Each may be the same person (34 CFR 99.4; RSMo 452.375, 452.376). A
    guardian of the roster under quite another name is somebody else.
    """
    names = dict(record.named_guardians)
    called = name or names.get(person, "")
    limited = record.stated_on(day, "limited")
    by_hand = {each.guardian for each in record.guardianships if each.what in OF_GUARDIANS and each.is_open(day)}
    found = []
    # Who represents a guardian under quite another name has no right of their own.
    others = (each.guardian for each in record.guardianships if each.what == "representative" and each.is_open(day))
    for each in dict.fromkeys((*record.guardians, *sorted(by_hand), *others)):
        if each == person or each in limited:
            continue
        theirs = names.get(each, "")
        if name is not None and may_be_same_name(name, theirs):
            # Of these it was said already (`check_named`).
            continue
        is_told_apart = each in record.guardians and theirs and called and not may_be_same_name(called, theirs)
        if (each in by_hand and not is_told_apart) or (theirs and called and may_be_same_name(called, theirs)):
            found.append(each)
    return tuple(found)


def check_told_apart(
    record: StudentRecord,
    person: str,
    name: str | None,
    day: date,
    same: Collection[str],
    others: Collection[str],
) -> None:
    """Raise InputError until it is said of each who may be the limited person whether they are (`others_to_tell_apart`).

    `same` are the other ids of that person, `others` those of somebody else.
    """
    known = others_to_tell_apart(record, person, name, day)
    on_file = {*known, *record.guardians, *(each.guardian for each in record.guardianships)}
    for each in (*same, *others):
        if each not in on_file or each == person:
            raise InputError(f"'{each}' is nobody else on file for {record.id}: `dam-plugin student show {record.id}`")
    if both := sorted({*same} & {*others}):
        raise InputError(f"say one thing of '{both[0]}': --same-person or --other-person")
    left = [each for each in known if each not in same and each not in others]
    if left:
        raise InputError(_TELL_APART.format(record.id, ", ".join(left), person))


def why_met(order: Guardianship, person: str) -> str:
    """Return what an order has to do with a guardian who may be the person whom it is about (`StudentRecord.met_by`)."""
    if order.name is not None:
        return f"names somebody whom the roster lacked, and '{person}' may be that person by the name"
    return f"is about {order.guardian}, and '{person}' may be that person under a new id or another spelling"


def how_to_tell(order: Guardianship, person: str) -> str:
    """Return by which commands the custodian says whether a guardian is the person whom an order is about."""
    part = "--file COPY" if order.what == "limited" else "--only whereabouts"
    return (
        f"Where it is that person: `dam-plugin student guardian limit {order.student} {person} --seen TEXT {part}`; where a "
        f"paper with a picture shows that it is somebody else: `dam-plugin student guardian verify {order.student} {person} "
        "--seen TEXT --another-person`"
    )


def to_be_told(record: StudentRecord, day: date) -> tuple[str, ...]:
    """Return for the custodian alone, in words, of which guardians it has to be said whether an order is about them."""
    return tuple(
        f"{record.id}: {order.id} {why_met(order, each)}; until you say who it is, "
        f"{'they hold no rights' if order.what == 'limited' else 'where the student is is kept from them'} (34 CFR 99.4). "
        f"{how_to_tell(order, each)}"
        for order, each in record.untold_on(day)
    )


def is_guarded(record: StudentRecord, day: date) -> bool:
    """Whether an order or a protection is on file for a student, so that it matters which guardian is written to."""
    return record.is_protected(day) or bool(record.kept_from(day))


def keeps_places_from(records: Iterable[StudentRecord], person: str, day: date) -> bool:
    """Whether it is or may be kept from a person where one of these students can be found, or the whole record is.

    What such a person reads tells no place: so it is also of whom the person represents. Students themselves know where
    they are.
    """
    return any(
        each.is_shown_without_place(who, day) or who in each.kept_from(day)
        for each in records
        if person != each.id
        for who in (meant_by(each, person, day), *each.represented_by(person, day))
    )


def may_be_written_to(record: StudentRecord, guardian: str, day: date, *, by_two: bool) -> bool:
    """Whether a letter about a recording may go to a guardian: who may have it, without the custodian's looking first."""
    return guardian in record.guardians_on(day) and guardian not in record.to_be_looked_at(day, by_two=by_two)


def check_addressee(
    records: Collection[StudentRecord],
    guardian: str | None,
    day: date,
    *,
    by_two: bool,
    rulings: Rulings,
    what: str,
    look: str,
) -> None:
    """Raise InputError unless what is about these students of a family may go to this guardian (34 CFR 99.4).

    Where a guardian of a minor may not have the record, or not yet, somebody has to be named. `what` goes to them; `look` is
    the command that says who they are.
    """
    if (refusal := _refusal(records, guardian, day, by_two=by_two, rulings=rulings)) is not None:
        raise InputError(refusal.format(what=what, guardian=guardian, look=look))


def _refusal(
    records: Collection[StudentRecord], guardian: str | None, day: date, *, by_two: bool, rulings: Rulings
) -> str | None:
    minors = [each for each in records if not has_rights(each, day, rulings)]
    if guardian is None:
        return _TO_WHOM if any(is_guarded(each, day) for each in minors) else None
    may = all(each in minors and may_be_written_to(each, guardian, day, by_two=by_two) for each in records)
    return None if may else _NOT_TO


def was_checked(record: StudentRecord, guardian: str | None, day: date, *, by_two: bool, rulings: Rulings) -> bool:
    """Whether a notice to a student's family went to somebody who may have the recording, as is known on a day."""
    return _refusal([record], guardian, day, by_two=by_two, rulings=rulings) is None


def went_right(unit: Unit, letter: StoredLetter, day: date, rulings: Rulings) -> bool:
    """Whether a notice of an order counts for its family by what is on file on a day, also of what came on file since."""
    student = letter.about.student_id
    return student is None or was_checked(
        unit.people.need(student), letter.guardian, day, by_two=False, rulings=rulings
    )


def told_who_holds(record: StudentRecord, told_on: date, day: date, rulings: Rulings) -> bool:
    """Whether who was told on one day is who holds the rights on another: the parents, or the student (34 CFR 99.5(a)).

    The law asks for the student to be told once they are 18, whatever a parent was told before (20 U.S.C. 1232g(b)(2)(B)).
    """
    return has_rights(record, told_on, rulings) == has_rights(record, day, rulings)


def guardians_met(
    record: StudentRecord, texts: Collection[str], day: date, *, of_office: bool = True
) -> tuple[str, ...]:
    """Return the guardians of a student, also former ones, whom who asks under a role of no family may be: by id or name.

    `texts` say who asks. Two words of a name are taken for it at least; of a guardian from whom the record, or where the
    student is, is or may be kept, one is, or a login (`jroe`). `of_office`: also behind an office (`coach-roe`). In an
    emergency that may be anybody, whom nothing may delay.
    """
    kept, named = record.kept_from(day), dict(record.named_guardians)
    ids = {each for text in texts for each in guardian_ids_in(text)}
    others = _KIN | _OFFICES if of_office else _KIN
    bare = [
        " ".join(each for each in words_of_name(text) if each not in others and not each.isdigit()) for text in texts
    ]
    return tuple(
        each
        for each in dict.fromkeys((*kept, *record.ever_guardians))
        if each in ids
        or any(is_named_in(named.get(each, ""), text) for text in texts)
        or (each in kept and any(_may_mean(named.get(each, ""), text) for text in bare))
    )


def _may_mean(name: str, text: str) -> bool:
    return may_be_same_name(name, text) or is_login_of(name, text)


def is_name_of_kept(record: StudentRecord, name: str, day: date) -> bool:
    """Whether a name is that of somebody from whom the record, or where the student is, is or may be kept."""
    return bool(_kept_of_name(record, day, name))


def kept_named_in(record: StudentRecord, text: str, day: date) -> tuple[str, ...]:
    """Return the ids of those named in a text, in full or by id, from whom the record or the place is or may be kept."""
    words = set(words_of_name(text))
    called = dict(record.named_guardians)
    ids = {person_id(each) for each in text.split()}
    named = {each: set(words_of_name(called.get(each, ""))) for each in record.kept_from(day)}
    return tuple(each for each, theirs in named.items() if each in ids or (theirs and theirs <= words))


def _is_on_file(record: StudentRecord, person: str, day: date) -> bool:
    stated = (*record.stated_on(day, "guardian"), *record.stated_on(day, "self"))
    return person in (record.id, *record.guardians, *stated, *record.kept_from(day))


def _kept_of_name(record: StudentRecord, day: date, *names: str | None) -> tuple[str, ...]:
    """Return from whom it is kept of those who are called so, or whose id is written so."""
    wanted = {words_of_name(each) for each in names if each} - {()}
    ids = {person_id(each) for each in names if each}
    called = dict(record.named_guardians)
    return tuple(each for each in record.kept_from(day) if each in ids or words_of_name(called.get(each, "")) in wanted)
