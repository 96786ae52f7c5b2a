"""Keeps a family's statement with a recording that it contests, and ends it once the recording was amended.

After a hearing in which the district decides not to amend a record, the parent, or the student once 18, may place a statement
in it. It is kept as long as the contested part is, and disclosed whenever that is disclosed (34 CFR 99.21(b)(2), (c)): the
notice of each share has it, and what is handed over says that it went along.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import date, tzinfo

from dam_plugin.custodian.amendment_rights import why_not_person
from dam_plugin.errors import InputError
from dam_plugin.model import CUSTODIANS, Actor, Referral
from dam_plugin.people.names_in_text import RosterNames, names_of
from dam_plugin.procedure.exceptions import FAMILY
from dam_plugin.pseudonyms import person_id
from dam_plugin.services import Services
from dam_plugin.sharing.file_referral import open_statement_owed
from dam_plugin.store import FamilyStatement, StoredShare, SystemUser, Unit
from dam_plugin.store.statements import is_kept_with

LONGEST = 4_000
_RELEASED = ("allow", "redact")
_NAMES_ANOTHER = (
    "whoever gets the recording reads the statement, and it may name another student or a guardian: write 'another student' in "
    "the name's place (the family's own paper is kept as it is with --file), or where the word means nobody else on "
    "the roster, add --no-student-named"
)


def place_statement(  # noqa: PLR0913 - a statement says as much
    services: Services,
    key: str,
    student: str,
    words: str,
    by: Actor,
    user: SystemUser,
    *,
    author: str,
    on: date | None = None,
    paper: str | None = None,
    no_student_named: bool = False,
) -> FamilyStatement:
    """Keep a family's statement with a recording, from a day on [today]; return it.

    `author` is who states it, by id: whoever holds the right to have the record amended on that day (34 CFR 99.5(a)).
    `no_student_named`: a person has read it, and a word that is somebody's name too means nobody else on the roster. Raises
    InputError for a role that is not the custodian or a designee, for an author without that right, for a student who is not in
    the recording, for words that cannot be read out or name another person of the roster, and for a day to come; UnknownThing.
    """
    _require_custodian(by)
    told, today = " ".join(words.split()), services.now().date()
    if not told or not told.isprintable() or len(told) > LONGEST:
        raise InputError(
            f"the statement is what whoever gets the recording reads: at most {LONGEST:,} characters of text"
        )
    if on is not None and on > today:
        raise InputError(f"{on} is not here yet: give the day on which the family handed it in, --on YYYY-MM-DD")
    with services.store.reading() as unit:
        own = unit.people.need(student)
        if (why := why_not_person(own, person_id(author), on or today, services.rulings)) is not None:
            raise InputError(f"{why}. A statement is placed by whoever holds that right (34 CFR 99.21(b)(2)): --by ID")
        # Whoever gets the recording reads it, also where a copy hides everybody else (34 CFR 99.30).
        if not no_student_named and RosterNames(unit.people.stream()).named_in(told, names_of([own])):
            raise InputError(_NAMES_ANOTHER)
    with services.store.writing() as unit:
        unit.people.need(student)
        stored = unit.assets.need(key)
        if student not in stored.tagging.students:
            raise InputError(
                f"{student} is not tagged in this recording: a statement is of the family whose record it is"
            )
        statement = FamilyStatement(
            f"st-{secrets.token_hex(6)}",
            services.now(),
            key,
            student,
            on or today,
            told,
            by,
            user,
            paper,
            content=stored.asset.content,
            sha256=stored.asset.sha256,
        )
        unit.statements.add(statement)
        _record(
            services,
            unit,
            statement,
            "placed",
            by,
            user,
            author=person_id(author),
            **({"no_student_named": True} if no_student_named else {}),
        )
    return statement


def owe_statement(services: Services, placed: FamilyStatement) -> tuple[Referral, ...]:
    """Open the work that a statement be sent after, to each who was given the recording since it was handed in; return it.

    It lay on a desk: whoever got the record since then gets the statement (34 CFR 99.21(c)(2)). Of the day itself, too.
    """
    zone = services.now().tzinfo
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        without = [each for each in unit.shares.of_key(placed.asset_key) if _went_without(each, placed, zone)]
        found = [
            open_statement_owed(services, unit, replace(each.share, at=None), [placed.student_id]) for each in without
        ]
    for referral in found:
        services.third_parties.notify(
            "custodian", f"A family's statement is to be sent after: `dam-plugin queue show {referral.id}`"
        )
    return tuple(found)


def _went_without(given: StoredShare, placed: FamilyStatement, zone: tzinfo | None) -> bool:
    share, hidden = given.share, given.decision.get("redact") or ()
    if given.outcome not in _RELEASED or share.kind != "request" or share.secret or placed.student_id in hidden:
        return False
    return share.recipient.role not in FAMILY and placed.on <= given.at.astimezone(zone).date()


def end_statement(services: Services, statement_id: str, why: str, by: Actor, user: SystemUser) -> FamilyStatement:
    """Let a statement go with its recording no more, since that was amended; what was given out with it stays on record.

    Raises InputError for a role that is not the custodian or a designee, without a reason, and for one that has ended;
    UnknownThing.
    """
    _require_custodian(by)
    if not why.strip():
        raise InputError("say what was amended: --why")
    with services.store.writing() as unit:
        if unit.statements.need(statement_id).ended is not None:
            raise InputError("this statement goes with the recording no more already")
        statement = unit.statements.end(statement_id, services.now().date())
        _record(services, unit, statement, "ended", by, user, why=why)
    return statement


@dataclass(frozen=True, slots=True)
class KeptStatement:
    """A statement that has not ended, and whether it `goes` with the recording: a tag still names its student.

    `looks_like`: the key of the recording that it is kept with, where this one only looks like that.
    """

    statement: FamilyStatement
    goes: bool
    looks_like: str | None = None


def statements_of(services: Services, key: str, by: Actor) -> list[KeptStatement]:
    """Return the statements that are kept with a recording, oldest first.

    Raises InputError for a role that is not the custodian or a designee: a family wrote them in a record of its own;
    UnknownThing.
    """
    _require_custodian(by)
    with services.store.reading() as unit:
        stored = unit.assets.need(key)
        kept = unit.statements.of(key, stored.asset)
    return [
        KeptStatement(
            each,
            each.student_id in stored.tagging.students,
            None if is_kept_with(each, key, stored.asset) else each.asset_key,
        )
        for each in kept
    ]


def _require_custodian(by: Actor) -> None:
    if by.role not in CUSTODIANS:
        raise InputError(
            "only the records custodian or a designee reads and keeps families' statements: add --as custodian:NAME"
        )


def _record(
    services: Services,
    unit: Unit,
    statement: FamilyStatement,
    done: str,
    by: Actor,
    user: SystemUser,
    **more: str | bool,
) -> None:
    # What a family wrote is in the sealed row; the ledger has its digest.
    digest = hashlib.sha256(statement.words.encode()).hexdigest()
    told = {
        "done": done,
        "statement": statement.id,
        "student": statement.student_id,
        "on": statement.on,
        "words": digest,
    }
    details = {**told, "paper": statement.paper, "by": asdict(by), "system_user": asdict(user), **more}
    services.ledger.append(
        unit,
        at=services.now(),
        kind="statement",
        subject=statement.id,
        details=details,
        students=[statement.student_id],
    )
