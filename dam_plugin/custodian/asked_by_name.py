"""Whether somebody who asks for a student by name may learn if there is a record of that student.

What is asked for by somebody who knows the student is about that student, even without a name (34 CFR 99.3, "personally
identifiable information", (g)). That there is no such record tells as much as that there is one: a stranger is told neither.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from dam_plugin.custodian.family_grounds import is_of_rights_passed
from dam_plugin.custodian.order_notice import order_on_file
from dam_plugin.custodian.requests import RequestStatus, State
from dam_plugin.errors import InputError
from dam_plugin.model import Recipient, Referral, StudentRecord
from dam_plugin.people.parents_right import rights_passed
from dam_plugin.procedure.exceptions import FAMILY, OTHER_SCHOOL
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import has_rights
from dam_plugin.pseudonyms import REQUEST
from dam_plugin.sharing.gather_case import shown_in
from dam_plugin.sharing.secret_order import DIVISION, is_verified_order
from dam_plugin.sharing.targeted import names_in_answer
from dam_plugin.store import StoredRequest, StoredShare, Unit
from dam_plugin.store.requests import matches

# The law lets them have records of a student without a consent (34 CFR 99.31(a)(1), (2); 20 U.S.C. 1232g(b)(1)(L)).
_BY_RIGHT = ("school_official", OTHER_SCHOOL.id, DIVISION)
_ORDER = "order"


@dataclass(frozen=True, slots=True)
class AskedByName:
    """The students whom somebody `named`, and the students who are their `own`: themselves, or their family.

    `by_right`: the law may let them have records of others without a consent. `unverified`: the register notes a subpoena or a
    court's order, and nobody has verified it. `passed`: a parent asks, and these of the students whom they ask about hold the
    rights and let nobody on file have them; `rights_passed`: so does each of them. They ask about whoever of theirs they name,
    or is shown in what they ask for; in words that name nobody, about all. `kept_from`: a parent asks, and of these students,
    whose parent they are or were, they may inspect no record; a court's order may limit their right.
    """

    named: frozenset[str]
    own: frozenset[str]
    by_right: bool = False
    unverified: bool = False
    passed: frozenset[str] = frozenset()
    rights_passed: bool = False
    kept_from: frozenset[str] = frozenset()

    @property
    def hears_nothing(self) -> bool:
        """Whether whoever asks has no right to the record, and is not told whether there is, or was, one."""
        return self.is_strangers or self.rights_passed

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

    @property
    def leaves_some_out(self) -> bool:
        """Whether a parent asks about several students, and some of them hold the rights: nothing is told of these."""
        return bool(self.passed) and not self.rights_passed

    def may_hear_of(self, shown: Collection[str]) -> bool:
        """Whether an answer may tell of a recording that shows these students.

        Not of one that shows students of a parent over whom the parent holds no right, and none over whom they do.
        """
        return not shows_these_alone(shown, self.own, self.kept_from)

    def told(self, unit: Unit, shares: Iterable[StoredShare]) -> list[StoredShare]:
        """Return which of these answers are told: what was given, and of what was not only what may be heard of."""
        return [each for each in shares if each.outcome in _GIVEN or self._tells(unit, each.share.asset_key)]

    def keys_told(self, unit: Unit, keys: Iterable[str], shares: Iterable[StoredShare]) -> list[str]:
        """Return which of these recordings are told: what these answers gave, and of the others what may be heard of."""
        given = {each.share.asset_key for each in shares if each.outcome in _GIVEN}
        return [each for each in keys if each in given or self._tells(unit, each)]

    def _tells(self, unit: Unit, key: str) -> bool:
        return not self.kept_from or self.may_hear_of(shown_in(unit, key))

    def to_be_answered(self, unit: Unit, keys: Iterable[str]) -> list[str]:
        """Return which of these recordings an answer is asked for of: not those of a parent's students with rights alone."""
        if not self.passed:
            return list(keys)
        return [each for each in keys if not shows_these_alone(shown_in(unit, each), self.own, self.passed)]

    def cited(self, provisions: Iterable[str]) -> tuple[str, ...]:
        """Return which of these provisions are told: that the rights passed withholds nothing of the other students."""
        return tuple(each for each in provisions if not (self.leaves_some_out and is_of_rights_passed(each)))


def shows_these_alone(shown: Collection[str], own: frozenset[str], these: frozenset[str]) -> bool:
    """Whether what shows these students (`shown`) shows of a parent's `own` none but some of `these`."""
    return not these.isdisjoint(shown) and (own - these).isdisjoint(shown)


# What tells whether there is, or was, a record of a student: the outcomes of a request, and the letters of these names. That
# somebody else has it says that we have none.
TELLING: tuple[State, ...] = ("no-such-record", "lost", "referred-elsewhere")
_GIVEN = ("allow", "redact")
_GRANTING: tuple[State, ...] = ("granted", "partly")


def check_tells_no_stranger(called: str, asked: AskedByName, outcome: str, *, given: bool = True) -> None:
    """Raise InputError where an outcome, or the letter of its name, would tell a stranger whether there is a record.

    `called` is the request or the referral. `given`: something was released, so that it may be said to be granted.
    """
    if asked.rights_passed and (outcome in TELLING or (outcome in _GRANTING and not given)):
        raise InputError(_rights_passed_says(called, outcome))
    if outcome not in TELLING or not asked.is_strangers:
        return
    option = "--request" if called.startswith(REQUEST) else "--referral"
    close = f"`dam-plugin request close {called} --outcome denied --why TEXT` and " if option == "--request" else ""
    verify = (
        ". The paper that is noted changes this once it was verified as lawfully issued (34 CFR 99.31(a)(9)(i)): `dam-plugin "
        f"request order {called if called.startswith(REQUEST) else 'RQ-…'} --verified HOW`"
        if asked.unverified
        else ""
    )
    raise InputError(
        f"{called} asks for a student by name, and whoever asks is not the family: '{outcome}' would tell whether there is a "
        'record of that student (34 CFR 99.3, "personally identifiable information", (g)). Where there is one and where there '
        f"is none, the answer is the same denial, with its provision: {close}`dam-plugin letter write denial {option} {called}`"
        f"{verify}"
    )


def check_cites_no_rights_passed(called: str, asked: AskedByName, provisions: Collection[str]) -> None:
    """Raise InputError where it would be cited that rights passed, as if something of the other students were withheld."""
    for each in provisions:
        if each not in asked.cited(provisions):
            raise InputError(
                f"the rights over the records of {', '.join(sorted(asked.passed))} passed to the student (34 CFR 99.5(a)): "
                f"{called} is answered for the others alone, and '{each}' would tell a parent that something of that student "
                "is withheld. Leave it out; where nothing else is withheld, close it as 'granted'. The letters say in general "
                "words that the rights are the student's"
            )


def _rights_passed_says(called: str, outcome: str) -> str:
    close = (
        f"close it as such, `dam-plugin request close {called} --outcome rights-passed --why TEXT`, and tell the parent: "
        f"`dam-plugin letter write rights-passed --request {called}`"
        if called.startswith(REQUEST)
        else f"deny it, `dam-plugin letter write denial --referral {called}`"
    )
    return (
        f"{called} is a parent's, and the rights passed to the student whom it is about (18, or in college; 34 CFR 99.3, "
        f"99.5(a)): '{outcome}' would tell what there is or was of the student, which a parent does not hear without the "
        f"student's consent (34 CFR 99.30). So {close}. Where the student is the parent's dependent for tax, or has the parent "
        "act, put that on file first: `dam-plugin student guardian dependent` or `represent`"
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


def asked_by_name(  # noqa: PLR0913 - who asks for what, and what is known of it
    unit: Unit,
    to: Recipient,
    request: StoredRequest | None,
    shares: Collection[StoredShare],
    day: date,
    *,
    status: RequestStatus | None,
    referrals: Iterable[Referral],
    rulings: Rulings,
) -> AskedByName:
    """Return whom somebody named in a request of the register (null: in none) and in the shares that answer them.

    By `day`, which is today, it is seen who holds the rights. `status` is that of the request, and `referrals` are the work
    that answers it, or the work without a request.
    """
    named = names_in_answer(unit, request.id if request is not None else None, [each.share for each in shares])
    own = own_students(unit, to, day)
    asks_in_words = request is not None and request.asks_in_words
    grown = frozenset(each.id for each in own if rights_passed(to, each, day, rulings))
    about = set(named)
    if asks_in_words and not named:
        about = {each.id for each in own}
    elif grown and not asks_in_words:
        about |= _shown_of(unit, own, request, shares)
    asked_about = [each for each in own if each.id in about]
    passed = grown.intersection(about)
    is_verified = _is_verified(unit, shares, status, referrals)
    is_paper = status is not None and status.order is not None
    return AskedByName(
        named,
        frozenset(each.id for each in own),
        by_right=is_verified or to.role in _BY_RIGHT,
        unverified=is_paper and not is_verified,
        passed=passed,
        rights_passed=bool(asked_about) and len(passed) == len(asked_about),
        kept_from=_kept_from(unit, to, request, named, own, grown),
    )


def _shown_of(
    unit: Unit, own: Iterable[StudentRecord], request: StoredRequest | None, shares: Iterable[StoredShare]
) -> set[str]:
    """Return the students in what a request names by key, folder or glob, and in what was shared; by patterns their `own`."""
    keys, patterns = (request.recordings, request.patterns) if request is not None else ((), ())
    asked = {*keys, *(each.share.asset_key for each in shares)}
    shown = {student for key in asked for student in shown_in(unit, key)}
    theirs = ((each.id, found.asset.key) for each in own if patterns for found in unit.assets.of_student(each.id))
    return shown | {student for student, key in theirs if any(matches(key, each) for each in patterns)}


def _kept_from(
    unit: Unit,
    to: Recipient,
    request: StoredRequest | None,
    named: frozenset[str],
    own: Iterable[StudentRecord],
    grown: frozenset[str],
) -> frozenset[str]:
    """Return the students, whose parent somebody is or was, of whom they may inspect no record today.

    Who names another's student is told of no recording at all, see `AskedByName.is_own`.
    """
    if to.role != "parent" or to.id is None:
        return frozenset()
    theirs = {each.id for each in own} - grown
    asked = unit.requests.asked_students(request) if request is not None else frozenset()
    return asked.union(each.id for each in unit.people.related_to(to.id)) - theirs - (named - grown)


def _is_verified(
    unit: Unit, shares: Collection[StoredShare], status: RequestStatus | None, referrals: Iterable[Referral]
) -> bool:
    """Whether a subpoena or a court's order was verified by which somebody asks (34 CFR 99.31(a)(9)(i)).

    So it is by the register, by the last answer to a share with the paper, or by what counts for work in the queue. A paper
    that anybody can print opens nothing: neither that there is a record nor that there is none.
    """
    if status is not None and status.order_verified is not None:
        return True
    answered = [each.share for each in sorted(shares, key=lambda each: each.at) if each.share.evidence.get(_ORDER)]
    if any(is_verified_order(each) for each in answered[-1:]):
        return True
    on_file = (order_on_file(unit, each) for each in referrals)
    return any(each is not None and each.is_verified for each in on_file)


def asks_before_rights(to: Recipient, own: Collection[StudentRecord], day: date, rulings: Rulings) -> bool:
    """Whether a student asks for their own who holds no rights yet: to see it is the parents' right (34 CFR 99.3, 99.10(a))."""
    return to.role == "eligible_student" and bool(own) and not any(has_rights(each, day, rulings) for each in own)


def own_students(unit: Unit, to: Recipient, day: date) -> list[StudentRecord]:
    """Return the students who are the family of whoever asks; nobody where no family asks."""
    if to.role not in FAMILY or to.id is None:
        return []
    return unit.people.family_of(to.id, day)
