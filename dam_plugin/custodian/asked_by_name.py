"""Whether somebody who asks for a student by name may learn if there is a record of that student.

What is asked for by somebody who knows the student is about that student, even without a name (34 CFR 99.3, "personally
identifiable information", (g)). That there is no such record tells as much as that there is one: a stranger is told neither.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from dam_plugin.custodian.requests import State
from dam_plugin.errors import InputError
from dam_plugin.model import Recipient, StudentRecord
from dam_plugin.procedure.exceptions import FAMILY, OTHER_SCHOOL
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import has_rights
from dam_plugin.pseudonyms import REQUEST
from dam_plugin.sharing.secret_order import DIVISION
from dam_plugin.sharing.targeted import names_in_answer
from dam_plugin.store import StoredRequest, StoredShare, Unit

# The law lets them have records of a student without a consent (34 CFR 99.31(a)(1), (2); 20 U.S.C. 1232g(b)(1)(L)).
_BY_RIGHT = ("school_official", OTHER_SCHOOL.id, DIVISION)


@dataclass(frozen=True, slots=True)
class AskedByName:
    """The students whom somebody `named`, and the students who are their `own`: themselves, or their family.

    `by_right`: the law may let them have records of others without a consent.
    """

    named: frozenset[str]
    own: frozenset[str]
    by_right: bool = False

    @property
    def is_own(self) -> bool:
        """Whether nobody else is named: then recordings may be listed, and the answer may say what there is."""
        return self.named <= self.own

    @property
    def is_strangers(self) -> bool:
        """Whether a stranger asks, who is not even told that there is none.

        Who names their own child beside another one asks for the record of that child, and is told of it.
        """
        return bool(self.named) and self.named.isdisjoint(self.own) and not self.by_right


# What tells whether there is, or was, a record of a student: the outcomes of a request, and the letters of these names. That
# somebody else has it says that we have none.
TELLING: tuple[State, ...] = ("no-such-record", "lost", "referred-elsewhere")


def check_tells_no_stranger(called: str, asked: AskedByName, outcome: str) -> None:
    """Raise InputError where an outcome, or the letter of its name, would tell a stranger whether there is a record.

    `called` is the request or the referral.
    """
    if outcome not in TELLING or not asked.is_strangers:
        return
    option = "--request" if called.startswith(REQUEST) else "--referral"
    close = f"`dam-plugin request close {called} --outcome denied --why TEXT` and " if option == "--request" else ""
    raise InputError(
        f"{called} asks for a student by name, and whoever asks is not the family: '{outcome}' would tell whether there is a "
        'record of that student (34 CFR 99.3, "personally identifiable information", (g)). Where there is one and where there '
        f"is none, the answer is the same denial, with its provision: {close}`dam-plugin letter write denial {option} {called}`"
    )


def check_fee_tells_no_stranger(called: str, asked: AskedByName) -> None:
    """Raise InputError where a fee for copies, or a deposit, would tell a stranger that there is a record to copy.

    `called` is the request, in answer to which nothing was released.
    """
    if asked.is_strangers:
        raise InputError(
            f"{called} asks for a student by name, and whoever asks is not the family: a fee for copies, or a deposit, would "
            'tell that there is a record of that student (34 CFR 99.3, "personally identifiable information", (g)). Release '
            f"first what may be released (`dam-plugin share … --request {called}`); the time of looking alone is estimated "
            f"without that (`dam-plugin request fee {called} --research MINUTES`); the denial is the same whether there is a "
            "record or none"
        )


def denied_today(called: str) -> str:
    """Return what the custodian is told of a request by which a stranger asks for a student by name, and which is put off."""
    return (
        f"{called} asks for a student by name, and whoever asks is not the family: the letter `extension` says by when you "
        "answer, and neither cause nor place as you typed them. Where nothing may be released, nothing has to be looked "
        "through: the denial is the same whether there is a record or none, and can go today, `dam-plugin request close "
        f"{called} --outcome denied --why TEXT --as custodian:NAME` and `dam-plugin letter write denial --request {called} "
        "--as custodian:NAME`"
    )


def asked_by_name(
    unit: Unit,
    to: Recipient,
    request: StoredRequest | None,
    shares: Iterable[StoredShare],
    day: date,
    *,
    is_order: bool = False,
) -> AskedByName:
    """Return whom somebody named in a request of the register (null: in none) and in the shares that answer them.

    `is_order`: it is a subpoena or a court's order (34 CFR 99.31(a)(9)).
    """
    named = names_in_answer(unit, request.id if request is not None else None, [each.share for each in shares])
    own = (each.id for each in own_students(unit, to, day))
    return AskedByName(named, frozenset(own), by_right=is_order or to.role in _BY_RIGHT)


def asks_before_rights(to: Recipient, own: Collection[StudentRecord], day: date, rulings: Rulings) -> bool:
    """Whether a student asks for their own who holds no rights yet: to see it is the parents' right (34 CFR 99.3, 99.10(a))."""
    return to.role == "eligible_student" and bool(own) and not any(has_rights(each, day, rulings) for each in own)


def own_students(unit: Unit, to: Recipient, day: date) -> list[StudentRecord]:
    """Return the students who are the family of whoever asks; nobody where no family asks."""
    if to.role not in FAMILY or to.id is None:
        return []
    return unit.people.family_of(to.id, day)
