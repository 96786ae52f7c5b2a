"""Corrects lines of a student's record of disclosures that were entered wrongly (34 CFR 99.20(a), 99.21(b)(1), 99.32).

Nothing is taken back: each entry stays in the chain. A line for the wrong student stays on the page, too, and two people put
the correction beside it. So do two of what was given on evidence that never held. What was handed over and entered with a
wrong recipient, exception or day is entered again, and the page shows that in its place, with who said so and why. Of what the
plugin let out to somebody who was entered wrongly two people say who received it, and each student shown has that on record. A
request that it had answered is open again. None of this closes anything. A student for whom a request was entered by mistake
counts no longer as asked for by name in it (`sharing/targeted.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from dam_plugin.custodian.guardianships import NEVER_WAS
from dam_plugin.custodian.queue_checks import require_custodian
from dam_plugin.custodian.request_register import note_wrong_student, reopen_astray
from dam_plugin.custodian.requests import StudentCorrected
from dam_plugin.errors import InputError, UnknownThing
from dam_plugin.intake import two_people
from dam_plugin.ledger.corrected import (
    CORRECTED,
    CORRECTION,
    NEVER_HELD,
    RECEIVED,
    REPLACED,
    STANDS,
    never_held,
    replaced_by,
)
from dam_plugin.model import Actor, LettingGo, Recipient, Referral, role_and_id
from dam_plugin.pseudonyms import REQUEST
from dam_plugin.services import Services
from dam_plugin.sharing.check_request import check_division, check_guardian_id, check_words
from dam_plugin.sharing.in_person import Recorded
from dam_plugin.store import SystemUser, Unit

_ASKED = "asked"
_LONGEST = 500
_OF_ANOTHER = "{0} was not recorded for {1}: `dam-plugin ledger student {1}` lists what was"
_NOT_BY_HAND = (
    "only what was recorded by hand can have been entered for the wrong student: {0} was decided by the plugin. Where the tags "
    "are wrong, correct them: `dam-plugin tag`; where somebody else than was entered received it, two people say so: "
    "`dam-plugin ledger correct {0} --went-to ROLE:ID --why TEXT`{1}"
)
_ON_EVIDENCE = (
    "; where it was given on evidence that never held, as a certificate of somebody else: `dam-plugin queue withdraw rf-… "
    "--never-held --why TEXT`"
)
_AS_A_PARENTS = "; where it was given to somebody who never was a guardian, as by a slip in the roster: {0}"
_ALL_NEVER_HELD = "it is said already that this evidence never held; where it held after all, add --stands"
_NONE_NEVER_HELD = "nobody said that this evidence never held: leave --stands out"


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction of one student's line of a share, or of a request of the register.

    `waits`: a first person stated it, and another one has to agree. Where it is of who received something, `student` is null,
    `went_to` (ROLE:ID) is who did, `students` have it on record, and `links` open it still. `reopened` are the requests that it
    had answered, and that nothing answers now.
    """

    share: str
    student: str | None
    stands: bool
    waits: bool
    went_to: str | None = None
    students: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Claim:
    """What two people say of a line: `what` of it, the ledger's word once both have, and whose records it is about."""

    what: Mapping[str, object]
    done: str
    students: tuple[str, ...]
    stands: bool
    secret: bool

    def is_of(self, details: Mapping[str, Any]) -> bool:
        """Whether an entry is of what this claim is of: of the same student, or of who received it."""
        name, value = next(iter(self.what.items()))
        return details.get(name) is not None and (name == "to" or details[name] == value)

    def is_same(self, details: Mapping[str, Any]) -> bool:
        """Whether an entry says the same as this claim."""
        return all(details.get(name) == value for name, value in self.what.items())


def correct_line(
    services: Services, share: str, student: str, why: str, by: Actor, user: SystemUser, *, stands: bool = False
) -> Correction:
    """State that what was recorded by hand was entered for the wrong student, or agree with another person that it was.

    `stands`: that the line was right after all, of one that was corrected. Raises InputError for a role that is not the
    custodian or a designee, without a reason, for what was not recorded by hand for this student, for what is so already, and
    where one person says it twice; UnknownThing.
    """

    def claim(unit: Unit) -> _Claim:
        secret = _check_by_hand(services, unit, share, student)
        return _Claim({"student": student}, CORRECTED, (student,), stands, secret)

    reopened: list[str] = []

    def note(unit: Unit) -> None:
        if share.startswith(REQUEST):
            note_wrong_student(services, unit, share, StudentCorrected(student, stands), by, user)
        elif not stands:
            reopened.extend(reopen_astray(services, unit, [share], by, user, "was entered for the wrong student"))

    _, waits = _said(services, share, why, by, user, claim, note)
    return Correction(share, student, stands, waits, reopened=tuple(reopened))


def correct_recipient(
    services: Services, share: str, to: Recipient, why: str, by: Actor, user: SystemUser, *, stands: bool = False
) -> Correction:
    """State that somebody else than was entered received what a share let out, or agree with another person that they did.

    The line stays, and says beside it that it was corrected; each student who was shown has on record who received it, as
    given by mistake where it was (34 CFR 99.20(a), 99.32(a)(3)). A request that was closed with it is open again, since whoever
    asked was not given that (34 CFR 99.10(b)). `stands`: that the line was right after all. Raises InputError as
    `correct_line` does, for what nobody received by the plugin, and for whom the line names already; UnknownThing.
    """
    found: list[str] = []
    reopened: list[str] = []

    def claim(unit: Unit) -> _Claim:
        details, secret = _received(services, unit, share, to)
        shown = tuple(sorted((details.get("decision") or {}).get("basis") or {}))
        found.extend(unit.entries.subjects.links([share], open_at=services.now()))
        return _Claim({"to": asdict(to)}, RECEIVED, shown, stands, secret)

    def reopen(unit: Unit) -> None:
        if not stands:
            reopened.extend(reopen_astray(services, unit, [share], by, user))

    said, waits = _said(services, share, why, by, user, claim, reopen)
    return Correction(
        share,
        None,
        stands,
        waits,
        role_and_id(to.role, to.id),
        said.students,
        () if stands else tuple(found),
        tuple(reopened),
    )


def _said(
    services: Services,
    share: str,
    why: str,
    by: Actor,
    user: SystemUser,
    of: Callable[[Unit], _Claim],
    then: Callable[[Unit], None],
) -> tuple[_Claim, bool]:
    """Keep what one person says, or what two have said by now, with what follows; return it, and whether it waits."""
    require_custodian(by)
    _check_why(why)
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        claim = of(unit)
        waits = _kept(services, unit, share, claim, why, by, user)
        if not waits:
            then(unit)
    return claim, waits


def say_never_held(
    services: Services, unit: Unit, shares: Collection[str], why: str, by: Actor, user: SystemUser, *, stands: bool
) -> bool:
    """State that the evidence on which these shares were given never held, or agree with another person that it did not.

    In the caller's transaction. `stands`: that it held after all. Return whether it waits for a second person. Raises
    InputError without a reason, where nothing is left to say, and where one person says it twice.
    """
    _check_why(why)
    so = never_held(unit, services.ledger, shares, secret=True)
    left = [each for each in shares if (each in so) is stands]
    if not left:
        raise InputError(_NONE_NEVER_HELD if stands else _ALL_NEVER_HELD)
    waits = False
    for share in left:
        details, secret = _share(services, unit, share)
        shown = tuple(sorted((details.get("decision") or {}).get("basis") or {}))
        claim = _Claim({"ground": NEVER_HELD}, NEVER_HELD, shown, stands, secret)
        waits |= _kept(services, unit, share, claim, why, by, user)
    return waits


def _kept(services: Services, unit: Unit, share: str, claim: _Claim, why: str, by: Actor, user: SystemUser) -> bool:
    """Keep what one person says of a share, or what two have said by now; return whether it waits for the second."""
    in_force, first = _before(services, unit, share, claim)
    if claim.stands and (in_force is None or not claim.is_same(in_force)):
        raise InputError("no correction stands beside this line: leave --stands out")
    if not claim.stands and in_force is not None:
        raise InputError("this line is corrected already; where it was right after all, add --stands")
    told = {**claim.what, "stands": claim.stands, "by": asdict(by), "system_user": asdict(user), "why": why}
    if first is None:
        _record(services, unit, share, claim.students, {"done": _ASKED, **told}, secret=claim.secret)
        return True
    asked = LettingGo(
        Actor(**first["by"]),
        first["system_user"]["id"],
        first["system_user"]["name"],
        datetime.fromisoformat(str(first["at"])),
        first["why"],
    )
    two_people.check_another(asked, LettingGo(by, user.id, user.name, services.now(), why), user)
    both = {"first": {name: first[name] for name in ("by", "system_user", "why")}}
    done = STANDS if claim.stands else claim.done
    _record(services, unit, share, claim.students, {"done": done, **told, **both}, secret=claim.secret)
    return False


def _before(
    services: Services, unit: Unit, share: str, claim: _Claim
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """Return the correction that stands beside the line, and what a first person said that waits; null where there is none."""
    in_force: Mapping[str, Any] | None = None
    first: Mapping[str, Any] | None = None
    for _, details in services.ledger.about(unit, CORRECTION, [share], secret=claim.secret):
        if details is None or not claim.is_of(details):
            continue
        if details["done"] == _ASKED:
            first = details if details["stands"] == claim.stands and claim.is_same(details) else None
        else:
            in_force, first = None if details["done"] == STANDS else details, None
    return in_force, first


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a disclosure that was entered anew corrects.

    `stays`: the students on whose record the former line stays until two people say that it was wrong, since the new entry
    does not show them, or asks for no line. `work` are the referrals that the former entry opened and that wait, `holds` the
    holds on the recording that came of it. `reopened` are the requests that it had answered, and that nothing answers now.
    """

    share: str
    stays: tuple[str, ...]
    work: tuple[str, ...]
    holds: tuple[str, ...]
    reopened: tuple[str, ...] = ()


def check_replaceable(services: Services, unit: Unit, referral: Referral, shares: Sequence[str], why: str) -> None:
    """Raise InputError unless each share was handed over for this referral and is not corrected yet; UnknownThing."""
    _check_why(why)
    for share in shares:
        details, _ = _by_hand(services, unit, share)
        if details["in_person"].get("referral") != referral.id:
            raise InputError(f"{share} was not handed over for {referral.id}: `dam-plugin queue show` lists what was")
    for former, newer in replaced_by(unit, services.ledger, shares).items():
        raise InputError(f"{former} is corrected already, by {newer}: correct that one, --corrects {newer}")


def record_replaced(  # noqa: PLR0913 - what corrects what, by whom, and since when
    services: Services,
    unit: Unit,
    shares: Sequence[str],
    recorded: Recorded,
    why: str,
    by: Actor,
    user: SystemUser | None,
    *,
    on: date | None = None,
) -> list[Replaced]:
    """Record that a disclosure of a day corrects these shares, in the caller's transaction; the ledger keeps what they said.

    What was closed as answered by them before that day, or by somebody else's, is open again.
    """
    done = []
    shown = recorded.decision.basis if recorded.decision.record_disclosure else {}
    told = {"done": REPLACED, "share": recorded.share.id, "why": why, "by": asdict(by)}
    if user is not None:
        told["system_user"] = asdict(user)
    for share in shares:
        details, secret = _by_hand(services, unit, share)
        former = details["decision"]
        students = {*former["basis"], *recorded.decision.basis}
        _record(services, unit, share, sorted(students), told, secret=secret)
        needed = shown if former.get("record_disclosure") else recorded.decision.basis
        work = (unit.referrals.referral(each) for each in unit.entries.subjects.referrals([share]))
        left = tuple(each.id for each in work if each is not None and each.is_open)
        holds = tuple(each.id for each in unit.holds.of_shares([share]) if each.is_in_force(services.now().date()))
        entered = unit.shares.share(share)
        is_astray = entered is not None and entered.share.recipient.who != recorded.share.recipient.who
        reopened = [*reopen_astray(services, unit, [share], by, user)] if is_astray else []
        if on is not None and not is_astray:
            reopened += reopen_astray(services, unit, [share], by, user, f"was given on {on}", before=on)
        done.append(Replaced(share, tuple(sorted({*former["basis"]} - {*needed})), left, holds, tuple(reopened)))
    return done


def _check_why(why: str) -> None:
    if not why.strip() or not why.isprintable() or len(why) > _LONGEST:
        raise InputError(f"say what shows it, in one line of at most {_LONGEST} characters: --why")


def _check_by_hand(services: Services, unit: Unit, share: str, student: str) -> bool:
    """Raise InputError unless the share, or request, was recorded by hand for this student; UnknownThing for an unknown id.

    Return whether it is in the sealed book.
    """
    unit.people.need(student)
    if share.startswith(REQUEST):
        _check_request(services, unit, share, student)
        return False
    details, secret = _by_hand(services, unit, share)
    if student not in ((details.get("decision") or {}).get("basis") or {}):
        raise InputError(_OF_ANOTHER.format(share, student))
    return secret


def _by_hand(services: Services, unit: Unit, share: str) -> tuple[dict[str, Any], bool]:
    """Return the details of what was handed over, and whether they are in the sealed book. Raises InputError, UnknownThing."""
    details, secret = _share(services, unit, share)
    if (details.get("in_person") or {}).get("what") != "handed over":
        raise InputError(_NOT_BY_HAND.format(share, _ground_that_fell(details)))
    return details, secret


def _ground_that_fell(details: Mapping[str, Any]) -> str:
    """Return how it is said of what the plugin decided that its ground fell: the evidence, or whoever asked as a parent."""
    asked = (details.get("case") or {}).get("share") or {}
    to = asked.get("recipient") or {}
    if any((asked.get("evidence") or {}).values()):
        return _ON_EVIDENCE
    basis = (details.get("decision") or {}).get("basis") or {}
    student = next((each for each, clause in sorted(basis.items()) if clause == "EX2"), None)
    if to.get("role") != "parent" or student is None:
        return ""
    return _AS_A_PARENTS.format(NEVER_WAS.format(student, to.get("id")))


def _received(services: Services, unit: Unit, share: str, to: Recipient) -> tuple[dict[str, Any], bool]:
    """Return the details of what somebody else may have received by a share, and whether they are in the sealed book.

    Raises InputError, UnknownThing.
    """
    details, secret = _share(services, unit, share)
    by_hand = (details.get("in_person") or {}).get("what")
    if by_hand == "handed over":
        raise InputError(
            f"{share} was recorded by hand: enter it again as it was, `dam-plugin queue disclosed rf-… --corrects {share} "
            "--why TEXT`"
        )
    stored = unit.shares.share(share)
    asked = stored.share if stored is not None else None
    if asked is None or asked.kind != "request":
        raise InputError(f"{share} is no request of somebody, so there is no one person who received it")
    if by_hand is None and not _was_opened(services, unit, share, secret=secret):
        raise InputError(
            f"nobody received anything by {share}: where its link went to the wrong person, `dam-plugin revoke` takes it back"
        )
    if to.id in (None, to.role):
        raise InputError("say which person or office received it: --went-to ROLE:ID")
    if to == asked.recipient:
        raise InputError(f"{share} names this recipient already: give who received it instead, --went-to ROLE:ID")
    check_division(to)
    check_guardian_id(to)
    check_words(replace(asked, recipient=to))
    return details, secret


def _was_opened(services: Services, unit: Unit, share: str, *, secret: bool) -> bool:
    """Whether a link of this share was opened and gave something out; an opening whose details were deleted may have."""
    links = unit.entries.subjects.links([share])
    opened = (details for _, details in services.ledger.about(unit, "open", links, secret=secret))
    return any(details is None or details.get("outcome") in ("allow", "redact") for details in opened)


def _share(services: Services, unit: Unit, share: str) -> tuple[dict[str, Any], bool]:
    """Return the details of a share, and whether they are in the sealed book. Raises UnknownThing."""
    told = services.ledger.about(unit, "share", [share], secret=True)
    found = [(details, entry.secret) for entry, details in told if details is not None]
    if not found:
        raise UnknownThing(
            "no share of this id is on record: `dam-plugin ledger student S-… --json` gives it, as `share`"
        )
    return found[0]


def _check_request(services: Services, unit: Unit, request: str, student: str) -> None:
    """Raise InputError unless a request of the register was entered for this student; UnknownThing where there is none."""
    entries = [entry.seq for entry, _ in services.ledger.about(unit, "request", [request])]
    if not entries:
        raise UnknownThing("no request of the register has this id: `dam-plugin request list` lists them")
    if not any(student in students for students in unit.entries.students_of(entries).values()):
        raise InputError(_OF_ANOTHER.format(request, student))


def _record(
    services: Services,
    unit: Unit,
    share: str,
    students: Sequence[str],
    details: Mapping[str, object],
    *,
    secret: bool,
) -> None:
    now = services.now()
    told = {**details, "at": now}
    services.ledger.append(unit, at=now, kind=CORRECTION, subject=share, details=told, students=students, secret=secret)
