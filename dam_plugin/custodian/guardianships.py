"""What the custodian states by hand of a person and a student: a guardian, a dependent for tax, a court order's limit.

A guardian whom the roster does not have is `add_guardian`'s, with a name, a relation and an id of the plugin's.

It survives every roster. To end a limit takes two people; whatever gives less, one may state. A finding for a referral keeps
the same (`findings.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any
from uuid import uuid4

from dam_plugin.custodian.acting_parents import (
    acting_beside_others,
    acting_parent,
    check_absence,
    says_absence,
    seen_in_absence,
)
from dam_plugin.custodian.opt_outs_again import after_effect, take_effect_on_choices
from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import ClosedLinks
from dam_plugin.intake import two_people
from dam_plugin.model import (
    CUSTODIANS,
    ENDED_BY_TWO,
    LIMITS,
    MAY_NEVER_HAVE_BEEN,
    OF_GUARDIANS,
    Actor,
    Guardianship,
    GuardianshipKind,
    LettingGo,
    Referral,
    StudentRecord,
)
from dam_plugin.pseudonyms import person_id
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import (
    COPY_OF_LETTERS,
    REVOKED_BY_PAPER,
    check_appointed,
    check_dependent,
    check_guardian,
    check_limited,
    check_no_order,
    check_not_against,
    check_representative,
    check_retained,
    check_until,
    end_of_tax_year,
)
from dam_plugin.sharing.gather_case import Supposed
from dam_plugin.sharing.same_person import check_another_person, check_not_mistyped, check_told_apart
from dam_plugin.store import SystemUser, Unit
from dam_plugin.store.people import folded
from dam_tagging.names.same_name import is_same_name, may_be_same_name

# What is kept with a copy of its paper alone.
_ON_PAPER: Mapping[GuardianshipKind, str] = {
    "appointed": COPY_OF_LETTERS,
    "retained": COPY_OF_LETTERS,
    "limited": REVOKED_BY_PAPER,
}
# What is stated of a person of whom it may have to be said that it is another one.
_OF_ANOTHER: tuple[GuardianshipKind, ...] = ("guardian", "representative", *LIMITS)


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement as it is kept now, and the links that it closed. `waits`: a first person wants it to end.

    Of a new guardian: `ended` are those in whose place they came, `standing` the others who hold a parent's rights still,
    each with whether the roster names them. Of an order: `same_person` are the other ids that it limits. `not_against` is
    what was stated beside it: that the student's protection is not against this person. `never_was`: it was said before
    that they never were a guardian, so that this counts by the word of two.
    """

    guardianship: Guardianship
    closed: ClosedLinks = field(default_factory=ClosedLinks)
    waits: bool = False
    ended: tuple[str, ...] = ()
    standing: tuple[tuple[str, bool], ...] = ()
    same_person: tuple[str, ...] = ()
    not_against: Guardianship | None = None
    is_protected: bool = False
    never_was: bool = False


def state_guardianship(  # noqa: PLR0913 - a guardianship says as much
    services: Services,
    student: str,
    person: str,
    what: GuardianshipKind,
    seen: str,
    by: Actor,
    user: SystemUser,
    *,
    since: date | None = None,
    until: date | None = None,
    paper: str | None = None,
    name: str | None = None,
    relation: str | None = None,
    represents: str | None = None,
    another: bool = False,
    in_place_of: tuple[str, ...] = (),
    same_person: tuple[str, ...] = (),
    other_person: tuple[str, ...] = (),
    not_against: bool = False,
) -> Stated:
    """Keep who is a guardian, of whom a student is a dependent, or whom an order limits; return it with the closed links.

    `represents`: for a `representative`, the guardian in whose place they inspect the record, or the student with the rights.
    `in_place_of`: the guardians whose rights end with it, as by an adoption (RSMo 453.090); their links close in the same
    transaction. `same_person`: under which other ids an order meets whom it limits, `other_person`: which are somebody else.
    `not_against`: of a guardian, the custodian knows whom the protection is against, and it is somebody else.

    The same, stated by another person, is approved by two from then on. Raises InputError for a role that is not the
    custodian or a designee, for what cannot be so, where it is not said what was seen, for who acts as a parent in an absence
    that nobody stated (34 CFR 99.3), and for a new guardian who may be whom an order or a protection is about, unless it is
    said that it is `another` person; UnknownThing.
    """
    require_custodian(by)
    person = person_id(person)
    _check_proof(what, seen, paper)
    today = services.now().date()
    check_until(until, max(since or today, today))
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        record = unit.people.need(student)
        if what in LIMITS:
            check_limited(record, person, today, name, another=another)
            same_person, other_person = tuple(map(person_id, same_person)), tuple(map(person_id, other_person))
            check_told_apart(record, person, name, today, same_person, other_person)
        elif what == "appointed":
            check_appointed(record, person, today)
            check_no_order(record, person, today)
        elif what == "retained":
            check_retained(record, today)
        elif what == "representative":
            represents = person_id(represents or "")
            _check_representative(services, record, person, represents, name, paper, another=another)
        elif what == "dependent":
            check_dependent(record, person, today, services.rulings)
            until = until or end_of_tax_year(today)
        else:
            check_guardian(record, person, what, today)
            check_no_order(record, person, today, another=another)
            check_another_person(record, person, name, today, another=another)
            check_not_mistyped(person, unit.people.alike(person), another=another)
            check_not_against(record, person, what, today, said=not_against)
        stated = Guardianship(
            student=student,
            guardian=person,
            what=what,
            since=since or today,
            seen=seen,
            by=by,
            until=until,
            paper=paper,
            system_id=user.id,
            system_name=user.name,
            name=name,
            relation=relation,
            represents=represents,
        )
        if what == "guardian":
            check_absence(record, stated, [*map(person_id, in_place_of)], today)
        # What ends another's rights, as a decree does, or says why a person counts, is kept as it was seen, in place of what
        # made them a guardian before.
        anew = bool(in_place_of) or _says_why(record, stated, today)
        known = None if anew else approved(unit, record.guardianships, stated, user, today)
        if anew:
            _end_before(services, unit, record, stated, by, user)
        stated = keep_stated(services, unit, stated, known, by, user, another=another and what in _OF_ANOTHER)
        cleared = (
            _state_beside(services, unit, record, replace(stated, what="not_against"), by, user)
            if not_against
            else None
        )
        for each in _of_other_ids(stated, same_person, other_person, today):
            _state_beside(services, unit, record, each, by, user)
        ended = _end_replaced(services, unit, record, stated, in_place_of, by, user)
        effect = take_effect_on_choices(services, unit, student, by)
        record = unit.people.need(student)
    closed = after_effect(services, effect, student)
    never = what == "guardian" and record.never_was(person, today)
    if what != "guardian":
        return Stated(stated, closed, same_person=tuple(dict.fromkeys(same_person)))
    standing = tuple((each, each in record.guardians) for each in record.guardians_on(today) if each != person)
    is_protected = record.will_be_protected(today)
    return Stated(
        stated, closed, ended=ended, standing=standing, not_against=cleared, is_protected=is_protected, never_was=never
    )


def _of_other_ids(
    order: Guardianship, same_person: Iterable[str], other_person: Iterable[str], today: date
) -> Iterator[Guardianship]:
    """Yield what an order says of the other ids of whom it is about, and of who is another person."""
    yield from (replace(order, guardian=each) for each in dict.fromkeys(same_person))
    of_others = replace(order, what="another", since=min(order.since, today), until=None)
    yield from (replace(of_others, guardian=each) for each in dict.fromkeys(other_person))


def _state_beside(
    services: Services, unit: Unit, record: StudentRecord, also: Guardianship, by: Actor, user: SystemUser
) -> Guardianship:
    """Keep, in the caller's transaction, what the same paper says besides: of another id, or of a protection; return it."""
    also = replace(also, by=by, system_id=user.id, system_name=user.name, name=None, relation=None, by_two=False, id="")
    known = approved(unit, record.guardianships, also, user, services.now().date())
    return keep_stated(services, unit, also, known, by, user, another=also.what == "another")


def _check_proof(what: GuardianshipKind, seen: str, paper: str | None) -> None:
    """Raise InputError where it is not said what was seen, and without a copy of a paper that is to be kept."""
    if not seen.strip():
        raise InputError(
            "say what was seen: --seen 'birth certificate', --seen 'order of the circuit court, 5 October'"
        )
    if paper is None and what in _ON_PAPER:
        raise InputError(_ON_PAPER[what])


def _says_why(record: StudentRecord, new: Guardianship, today: date) -> bool:
    """Whether it says that no parent or guardian is there, or another relation, which nothing on file of this guardian says."""
    theirs = [each for each in record.guardianships if each.means(new) and each.is_in_force(today)]
    if new.what != "guardian" or not theirs:
        return False
    is_first = says_absence(new) and not any(map(says_absence, theirs))
    acting = acting_parent(new.relation)
    return is_first or (bool(new.relation) and all(acting_parent(each.relation) != acting for each in theirs))


def _end_before(
    services: Services, unit: Unit, record: StudentRecord, new: Guardianship, by: Actor, user: SystemUser
) -> None:
    """End what was stated by hand before of the same person, in the caller's transaction: the new paper says more."""
    today = services.now().date()
    for known in record.guardianships:
        if (known.guardian, known.what) == (new.guardian, new.what) and known.is_open(today):
            end_stated(services, unit, known, today, by, user, new.seen)


def _end_replaced(
    services: Services,
    unit: Unit,
    record: StudentRecord,
    new: Guardianship,
    replaced: tuple[str, ...],
    by: Actor,
    user: SystemUser,
) -> tuple[str, ...]:
    """End the rights of the guardians in whose place a new one came, in the caller's transaction; return them.

    What was stated by hand of them ends. The roster names them until it is right: until then what was seen of the new one
    limits them. Raises InputError for a person who is no guardian of the student, and for the new one.
    """
    today = services.now().date()
    people = tuple(dict.fromkeys(map(person_id, replaced)))
    for each in people:
        if each == new.guardian:
            raise InputError(f"'{each}' is the guardian whom you add: --in-place-of names whose rights end")
        theirs = [known for known in record.guardianships
                  if known.guardian == each and known.what in OF_GUARDIANS and known.is_open(today)]  # fmt: skip
        if not theirs and each not in record.guardians:
            raise InputError(
                f"'{each}' is no guardian of {record.id}: `dam-plugin student show {record.id}` lists who is"
            )
        for known in theirs:
            end_stated(services, unit, known, today, by, user, new.seen)
        if each in record.guardians and each not in record.stated_on(today, "limited"):
            if new.paper is None:
                raise InputError(
                    f"the roster names {each}, whose rights end by the paper alone (34 CFR 99.4): add a copy of it, --file COPY"
                )
            limit = replace(
                new,
                guardian=each,
                what="limited",
                since=today,
                until=None,
                name=None,
                relation=None,
                by_two=False,
                id="",
            )
            keep_stated(services, unit, limit, None, by, user)
    return people


def add_representative(  # noqa: PLR0913 - a guardianship says as much
    services: Services,
    student: str,
    person: str,
    represents: str,
    seen: str,
    by: Actor,
    user: SystemUser,
    *,
    name: str,
    until: date | None = None,
    paper: str | None = None,
    another: bool = False,
) -> Stated:
    """Keep that a person inspects a student's record in the place of a guardian, who signed it (34 CFR 300.613(b)(3)).

    Or of the student who holds the rights (34 CFR 99.5, 99.30): `represents` is then the student's own id. It gives what the
    guardian or the student may inspect, for as long as they may, and is on the record of access (300.614). Raises
    InputError for what `state_guardianship` refuses, without a name and without a copy of the paper; UnknownThing.
    """
    return state_guardianship(
        services,
        student,
        person,
        "representative",
        seen,
        by,
        user,
        until=until,
        paper=paper,
        name=_line(name, "--name"),
        represents=represents,
        another=another,
    )


def _check_representative(
    services: Services,
    record: StudentRecord,
    person: str,
    guardian: str,
    name: str | None,
    paper: str | None,
    *,
    another: bool,
) -> None:
    today = services.now().date()
    check_representative(record, person, guardian, today, services.rulings)
    check_no_order(record, person, today)
    check_another_person(record, person, name, today, another=another)
    if name is None:
        raise InputError("the record of access names the representative (34 CFR 300.614): --name NAME")
    if paper is None:
        raise InputError("it takes a copy of the authority that was signed: --file COPY")


def add_guardian(  # noqa: PLR0913 - a guardianship says as much
    services: Services,
    student: str,
    person: str | None,
    seen: str,
    by: Actor,
    user: SystemUser,
    *,
    name: str | None = None,
    relation: str | None = None,
    until: date | None = None,
    paper: str | None = None,
    another: bool = False,
    in_place_of: tuple[str, ...] = (),
    absence: str | None = None,
) -> Stated:
    """Keep that a person is a guardian of a student, with a name and a relation where nobody knows the person yet.

    Without `person` the plugin makes an id; the same name again for the same student is the same person, and a second
    custodian's word. `another`: a guardian of this name, or whom an order or a protection is about, is somebody else.
    `in_place_of`: the guardians whose rights end with it, as by an adoption. `absence`: of who acts as a parent, how it is
    known that no parent or guardian is there; it is kept with what was seen.
    Raises InputError for what `state_guardianship` refuses, for a new person without a name and a relation, for a name that
    a guardian has already, and for a surrogate parent without a copy of the appointment; UnknownThing.
    """
    require_custodian(by)
    name, relation = _line(name, "--name"), _line(relation, "--relation")
    person = person_id(person) if person is not None else None
    with services.store.reading() as unit:
        record = unit.people.need(student)
        if person is None:
            if name is None or relation is None:
                raise InputError("say who the guardian is: --name and --relation, or the id of a person who is on file")
            person = _of_name(unit, record, name, another=another) or services.pseudonyms.guardian(uuid4().hex)
        else:
            on_file = {
                each: called for known in unit.people.related_to(person) for each, called in known.named_guardians
            }
            if not unit.people.is_family(person) and (name is None or relation is None):
                raise InputError(_WHO.format(person))
            name = name or on_file.get(person)
            relation = relation or _relation_on_file(unit, student, person)
    _check_paper(relation, paper)
    seen = seen_in_absence(seen, relation, absence)
    return state_guardianship(
        services,
        student,
        person,
        "guardian",
        seen,
        by,
        user,
        until=until,
        paper=paper,
        name=name,
        relation=relation,
        another=another,
        in_place_of=in_place_of,
    )


def _relation_on_file(unit: Unit, student: str, person: str) -> str | None:
    """Return what a person is to a student, as was stated by hand; None where nobody said it.

    Raises InputError for somebody who acts as a parent of another student alone: they may be something else to this one.
    """
    stated = [each for known in unit.people.related_to(person) for each in known.guardianships
              if (each.guardian, each.what) == (person, "guardian") and each.relation]  # fmt: skip
    own = next((each.relation for each in reversed(stated) if each.student == student), None)
    if own is None and any(acting_parent(each.relation) for each in stated):
        raise InputError("this person acts as a parent of another student: say what they are to this one, --relation")
    return own


def _check_paper(relation: str | None, paper: str | None) -> None:
    """Raise InputError for somebody who acts as a parent by a paper alone, of which no copy is given."""
    acting = acting_parent(relation)
    if acting is not None and acting.on_paper and paper is None:
        raise InputError(f"a {acting.words[0]} acts by {acting.proof} ({acting.law}): add a copy of it, --file COPY")


def acting_without_absence(services: Services) -> dict[str, tuple[str, ...]]:
    """Return who was added by hand as acting as a parent while others hold a parent's rights, by student (34 CFR 99.3).

    Nobody said that no parent or guardian is there: an earlier version took them, or a parent came on file since.
    """
    today = services.now().date()
    with services.store.reading() as unit:
        stated = [each.student for each in unit.people.guardians_by_relation(today) if acting_parent(each.relation)]
        records = unit.people.students_of(set(stated))
    found = ((each, acting_beside_others(records[each], today)) for each in sorted(records))
    return {student: who for student, who in found if who}


def guardians_to_tell_apart(services: Services) -> tuple[str, ...]:
    """Return the students with a guardian of whom it has to be said whether an order is about them (34 CFR 99.4)."""
    today = services.now().date()
    with services.store.reading() as unit:
        return tuple(sorted(each.id for each in unit.people.with_limits(today) if each.untold_on(today)))


def limit_guardian(  # noqa: PLR0913 - a guardianship says as much
    services: Services,
    student: str,
    person: str | None,
    what: GuardianshipKind,
    seen: str,
    by: Actor,
    user: SystemUser,
    *,
    name: str | None = None,
    relation: str | None = None,
    since: date | None = None,
    until: date | None = None,
    paper: str | None = None,
    another: bool = False,
    same_person: tuple[str, ...] = (),
    other_person: tuple[str, ...] = (),
) -> Stated:
    """Keep whom a court order limits; by the `name` that it has where the person is not on file.

    Without `person` the plugin makes an id; the same name again for the same student is the same person. The order then meets
    whoever comes into the roster under that name. `another`: a guardian who may be called so is somebody else. Of whoever has
    a say by hand it has to be said whether they are the same person (`same_person`, `other_person`). Raises
    InputError for what `state_guardianship` refuses, without a person and a name, for a guardian on file who may be meant;
    UnknownThing.
    """
    require_custodian(by)
    name, relation = _line(name, "--name"), _line(relation, "--relation")
    if person is None and name is None:
        raise InputError(
            "say whom the order is about: the id of a guardian who is on file, or --name with the name as the paper has it"
        )
    if relation is not None and name is None:
        raise InputError("--relation goes with --name: of a guardian who is on file leave it out")
    if person is None and name is not None:
        with services.store.reading() as unit:
            known = unit.people.need(student).limits_from(services.now().date())
        same = (each.guardian for each in known if each.name and is_same_name(each.name, name))
        person = next(same, None) or services.pseudonyms.guardian(uuid4().hex)
    return state_guardianship(
        services,
        student,
        person or "",
        what,
        seen,
        by,
        user,
        since=since,
        until=until,
        paper=paper,
        name=name,
        relation=relation,
        another=another,
        same_person=same_person,
        other_person=other_person,
    )


def remove_guardian(services: Services, student: str, person: str, why: str, by: Actor, user: SystemUser) -> Stated:
    """End today what was stated by hand of a guardian of a student; return the last of it with all the links that closed.

    Raises InputError as `end_guardianship` does, and for a guardian whom the roster names: a roster is mended where it is
    kept, and an order is a limit. Raises UnknownThing.
    """
    require_custodian(by)
    person, today = person_id(person), services.now().date()
    with services.store.reading() as unit:
        record = unit.people.need(student)
    theirs = [each for each in record.guardianships
              if (each.guardian, each.what) == (person, "guardian") and (each.ended is None or each.ended > today)]  # fmt: skip
    if not theirs and person in record.guardians:
        raise InputError(_OF_ROSTER.format(student, person, NEVER_WAS.format(student, person)))
    if not theirs:
        raise InputError(
            f"nobody stated by hand that '{person}' is a guardian of {student}: `dam-plugin student show` lists who is"
        )
    ended = [end_guardianship(services, each.id, why, by, user) for each in theirs]
    return replace(ended[-1], closed=sum((each.closed for each in ended[:-1]), ended[-1].closed))


_WHO = (
    "'{0}' is no guardian whom anybody knows yet: look for the person with `dam-plugin student find`, or give --name and "
    "--relation, and leave the id out: the plugin makes one"
)
_OF_ROSTER = (
    "the roster names this guardian of {0}: where that is wrong, correct it in the student information system and import it "
    "again. Where a court order keeps the record from this person, or until the roster is right: `dam-plugin student guardian "
    "limit {0} {1} --seen TEXT --file COPY`. Where they never were one: {2}"
)
NEVER_WAS = "`dam-plugin student guardian never-was {0} {1} --why TEXT --seen WHAT`"
_SAME_NAME = (
    "a guardian of this name, or of one like it, is on file already: {0}. Where it is this person, give that id in "
    "place of the name; where it is somebody else, add --another-person"
)
_LONGEST = 120


def _line(text: str | None, option: str) -> str | None:
    """Return a text on one line; None for a blank one. Raises InputError for one that is no line."""
    line = " ".join((text or "").split())
    if not line.isprintable() or len(line) > _LONGEST:
        raise InputError(f"{option} must be one line of at most {_LONGEST} characters")
    return line or None


def _of_name(unit: Unit, record: StudentRecord, name: str, *, another: bool) -> str | None:
    """Return the guardian of this name who was stated by hand of the student; None for a new person. Raises InputError."""
    same = [each.guardian for each in record.guardianships
            if each.what == "guardian" and each.ended is None and folded(each.name or "") == folded(name)]  # fmt: skip
    if same:
        return same[0]
    found = unit.people.find_by_guardian(name)
    called = {
        guardian
        for each in unit.people.students_of(found).values()
        for guardian, theirs in each.named_guardians
        if folded(theirs) == folded(name)
    }
    # Of this student's own family, also who may be called so: an order limits a person, however they were written down.
    called |= {guardian for guardian, theirs in record.named_guardians if theirs and may_be_same_name(name, theirs)}
    if called and not another:
        raise InputError(_SAME_NAME.format(", ".join(sorted(called)[:5])))
    return None


def never_was_so(services: Services, stated_id: str, why: str, by: Actor, user: SystemUser) -> Stated:
    """Keep a first person's word that a statement never was so, or let it hold where a second one says the same.

    An order about somebody else, or the paper of another student. What gave a right ends at the first word. By the second it
    was so on no day: what was given is no mistake, or is one (34 CFR 99.30, 99.4). Raises InputError as `end_guardianship`, and
    for what is ended otherwise; UnknownThing.
    """
    require_custodian(by)
    if not why.strip():
        raise InputError("say how the mistake came about, and what shows it: --why")
    today = services.now().date()
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        stated = unit.people.need_guardianship(stated_id)
        _check_may_never_have_been(stated)
        first = stated.lifting if stated.lifting is not None and stated.lifting.never is not None else None
        wish = LettingGo(by, user.id, user.name, services.now(), why, "asked" if first is None else "so")
        if first is not None:
            two_people.check_another(first, wish, user)
        unit.people.wish_to_lift(stated, wish)
        if first is not None or stated.what not in ENDED_BY_TWO:
            unit.people.end_guardianship(stated, today)
        record_stated(services, unit, stated, "never so" if first else "said never so", by, user, why=why)
        effect = take_effect_on_choices(services, unit, stated.student, by)
        stated = unit.people.need_guardianship(stated_id)
    return Stated(stated, after_effect(services, effect, stated.student), waits=first is None)


def _check_may_never_have_been(stated: Guardianship) -> None:
    if stated.never_was_so:
        raise InputError(f"two people said so of {stated.id} already")
    if stated.what in OF_GUARDIANS:
        raise InputError(
            "of a guardian it is said of the person: `dam-plugin student guardian never-was "
            f"{stated.student} {stated.guardian} --why TEXT --seen TEXT`"
        )
    if stated.what not in MAY_NEVER_HAVE_BEEN:
        raise InputError("this ends from today on alone: leave --never-so out")


def end_guardianship(services: Services, stated_id: str, why: str, by: Actor, user: SystemUser) -> Stated:
    """End a statement today; of what takes two people (`ENDED_BY_TWO`), keep the first one's wish until a second one agrees.

    That somebody never was a guardian is taken back whole by that.

    Raises InputError for a role that is not the custodian or a designee, without a reason, for what has ended, and where the
    same person wants it twice; UnknownThing.
    """
    require_custodian(by)
    if not why.strip():
        raise InputError("say why it ends, and what was seen: --why")
    today = services.now().date()
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        stated = unit.people.need_guardianship(stated_id)
        if stated.ended is not None:
            raise InputError(f"this ended on {stated.ended} already")
        wish = LettingGo(by, user.id, user.name, services.now(), why)
        first = stated.lifting if stated.lifting is not None and stated.lifting.never is None else None
        if stated.what in ENDED_BY_TWO and first is None:
            unit.people.wish_to_lift(stated, wish)
            record_stated(services, unit, stated, "asked to end", by, user, why=why)
            return Stated(replace(stated, lifting=wish), waits=True)
        if first is not None:
            two_people.check_another(first, wish, user)
        unit.people.end_guardianship(stated, today)
        record_stated(services, unit, stated, "ended", by, user, why=why)
        effect = take_effect_on_choices(services, unit, stated.student, by)
        stated = unit.people.need_guardianship(stated_id)
    return Stated(stated, after_effect(services, effect, stated.student))


def keep_of_people(
    services: Services,
    unit: Unit,
    people: Supposed,
    by: Actor,
    user: SystemUser,
    approver: SystemUser | None = None,
    referral: Referral | None = None,
) -> set[str]:
    """Keep what a finding says of people, in the caller's transaction; return the students whom it is about.

    `referral` is what the finding is about: a sealed one seals the entries about guardianships, too.
    """
    today, concerned = services.now().date(), set()
    for each in people.guardianships:
        kept = unit.people.add_guardianship(each, services.now(), approver)
        record_stated(services, unit, unit.people.need_guardianship(kept), "stated", by, user, referral=referral)
        concerned.add(each.student)
    for consent_id in sorted(people.confirmed):
        student = unit.people.confirm_consent(consent_id, today, services.now()).student
        _record_consent(services, unit, "consent-confirmed", consent_id, student, by)
        concerned.add(student)
    for consent_id in sorted(people.revoked):
        student = unit.people.revoke_consent(consent_id, today).student
        _record_consent(services, unit, "consent-revoked", consent_id, student, by)
        concerned.add(student)
    return concerned


def approved(
    unit: Unit, known: tuple[Guardianship, ...], stated: Guardianship, user: SystemUser, today: date
) -> str | None:
    """Approve the same statement of another person, if there is one that one person stated; return its id."""
    for each in known:
        same = each.means(stated) and each.is_in_force(today)
        first = SystemUser(each.system_id, each.system_name)
        if same and not each.by_two and not two_people.is_key(first) and not two_people.is_same_person(first, user):
            unit.people.approve_guardianship(each, user)
            return each.id
    return None


def keep_stated(  # noqa: PLR0913 - a statement says as much
    services: Services,
    unit: Unit,
    stated: Guardianship,
    known: str | None,
    by: Actor,
    user: SystemUser,
    *,
    another: bool = False,
    why: str | None = None,
) -> Guardianship:
    """Keep and record a statement in the caller's transaction, and return it; `known` is the id of the same one on file."""
    kept = unit.people.need_guardianship(known or unit.people.add_guardianship(stated, services.now()))
    record_stated(services, unit, kept, "stated", by, user, why, another=another)
    return kept


def end_stated(
    services: Services, unit: Unit, known: Guardianship, on: date, by: Actor, user: SystemUser, why: str
) -> Guardianship:
    """End and record a statement from a day on, in the caller's transaction, and return it."""
    unit.people.end_guardianship(known, on)
    ended = unit.people.need_guardianship(known.id)
    record_stated(services, unit, ended, "ended", by, user, why=why)
    return ended


def require_custodian(by: Actor) -> None:
    """Raise InputError for a role that is not the custodian or a designee."""
    if by.role not in CUSTODIANS:
        raise InputError(
            "only the records custodian or a designee says who holds a parent's rights: add --as custodian:NAME"
        )


def record_stated(  # noqa: PLR0913 - an entry says as much
    services: Services,
    unit: Unit,
    stated: Guardianship,
    done: str,
    by: Actor,
    user: SystemUser,
    why: str | None = None,
    *,
    referral: Referral | None = None,
    another: bool = False,
) -> None:
    """Record what became of a statement; in the sealed book where it was made for what is sealed, or is there already."""
    details: dict[str, Any] = {
        "done": done,
        "by": asdict(by),
        "system_user": asdict(user),
        "guardianship": stated.id,
        "student": stated.student,
        "guardian": stated.guardian,
        "what": stated.what,
        "since": stated.since,
        "until": stated.until,
        # What was seen may tell of a family: the entry holds the hash of that text alone.
        "seen_sha256": hashlib.sha256(stated.seen.encode()).hexdigest(),
        "paper": stated.paper,
        "relation": stated.relation,
        "represents": stated.represents,
        "by_two": stated.by_two,
    }
    details |= {"why": why} if why else {}
    # Most end on the day of the entry; of a college, and of a death that never was, the day is another.
    details |= {"ended": stated.ended} if stated.what in ("college", "died") and stated.ended else {}
    details |= {"referral": referral.id} if referral else {}
    details |= {"another_person": True} if another else {}
    is_sealed = bool(unit.secrets.of_subjects("guardianship", [stated.id]))
    services.ledger.append(
        unit,
        at=services.now(),
        kind="guardianship",
        subject=stated.id,
        details=details,
        students=[stated.student],
        secret=is_sealed or (referral is not None and referral.secret),
    )


def _record_consent(services: Services, unit: Unit, kind: str, consent_id: str, student: str, by: Actor) -> None:
    details = {"by": asdict(by), "id": consent_id, "on": services.now().date()}
    services.ledger.append(unit, at=services.now(), kind=kind, subject=kind, details=details, students=[student])
