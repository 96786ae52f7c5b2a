"""One student's record of requests and disclosures (34 CFR 99.32): who asked or received, when, what, for which interest.

It is made from entries of the ledger: those that concern the student, and those about shares of a recording (or an
earlier version of it) in which the student was found only later. It names no other student.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any, Literal

from dam_plugin.errors import CaseError
from dam_plugin.ledger.chain import Ledger
from dam_plugin.ledger.corrected import (
    CORRECTED,
    CORRECTION,
    NEVER_GIVEN_ASKED,
    REPLACED,
    ByTwo,
    in_force,
    never_given,
    never_held,
    true_recipients,
)
from dam_plugin.ledger.referred import Ended, closing_of, ends_of, is_exempt, refused_before, waited
from dam_plugin.model import LONG_AGO, Consent, LedgerEntry, Recipient, StudentRecord, role_and_id
from dam_plugin.people.others_named import others_named_in
from dam_plugin.people.parents_right import (
    consent_never_stood,
    had_no_authority,
    had_no_right,
    known_at,
    was_no_dependent,
)
from dam_plugin.procedure.case import Case, parse_case
from dam_plugin.procedure.clauses import CLAUSES, MISTAKE, VOICES, is_of_known
from dam_plugin.procedure.exceptions import FAMILY, RECORDED
from dam_plugin.procedure.outside_words import NO_CONSENT, Language, day_in_words
from dam_plugin.procedure.switches import BUILT_IN, Rulings
from dam_plugin.procedure.terms import as_ruled, consent_faults, seen_as_ruled, terms_of
from dam_plugin.pseudonyms import REQUEST, folded_id, guardian_ids_in
from dam_plugin.store import StoredAsset, StoredRequest, Unit
from dam_plugin.store.codec import canonical
from dam_plugin.store.ledger_subjects import Recording, ShareTrace
from dam_plugin.store.people import KeptConsent, KeptOptOut
from dam_plugin.store.roster_names import family_ids
from dam_tagging.names.same_name import is_named_in, words_of_name
from dam_tagging.rules.compare_texts import day_of

STATEMENT = (
    "An educational agency keeps a record of each request for access to, and each disclosure of, personally identifiable "
    "information from a student's education records, with the parties who have requested or received it and the legitimate "
    "interests they had; a parent, or the student once 18, may inspect it (34 CFR 99.32)."
)
AFTERWARDS = "the student was found in the recording only afterwards"
WITHOUT_RIGHT = (
    "by what is on file now, the parent who got it, or who consented, held no right over the record on that day"
)
TAKEN_BACK_BEFORE = "by what is on file now, the consent on which it was given had been taken back before that day"
AGAINST_A_NO = "by what is on file now, the family had said no to that by that day"
NO_DANGER = "the review of the emergency, on {day}, found that there was no such danger"
NEVER_HELD = (
    "the evidence on which it was given never held for it, as was corrected on {day}; corrected by {who}: {why}"
)
NEVER_GIVEN = "nobody ever gave the consent on which it was given, as was corrected on {day}; corrected by {who}: {why}"
NOT_IN_IT = "the student was found later not to be in the recording"
HIDDEN = "the copy hides the student"
FOUND_LATER = "the student was found in a later version of the recording: this one may have shown the student"
ELSEWHERE = (
    "the copy hides the student where they were known to be; found at another place later, they may have been shown"
)
DELETED = "the details were deleted"
NOT_TO_TELL = "under an order that forbids telling the family: show this line to nobody"
REPORT = (
    "what the Children's Division asks may be about a report (RSMo 210.150, confidential): show this line to nobody"
)
# In place of the id of another student's guardian.
ANOTHER_FAMILY = "another family"
FOR_ANOTHER_FAMILY = "for another family"
IN_A_SET = "published in the yearbook set {set} as {path}"
SAME_DAY = "the family was told of the order on the same day, before it was answered, or could not be reached"
PARTY = "a parent is a party to the court proceeding in which the order was issued: no further notice was needed"
TOLD_EARLIER = "the family had been told of the order, and the day of the answer had not come"
TOLD_IN_TIME = "the family had been told of the order in advance"
TOLD_THAT_DAY = "the family was told of the order only on the same day"
ORDER_NOTICE = {
    "same_day": SAME_DAY,
    "party": PARTY,
    "earlier": TOLD_EARLIER,
    "in_time": TOLD_IN_TIME,
    "that_day": TOLD_THAT_DAY,
}
WRONG_RECIPIENT = "somebody else than this line names received it, as was corrected on {day}"
TRUE_RECIPIENT = "who received it was entered wrongly, as was corrected on {day}; corrected by {who}: {why}"
WRONG_STUDENT = "this line was entered for the wrong student, as was corrected on {day}; corrected by {who}: {why}"
REPLACES = "this line corrects what was entered before, as was corrected on {day}; corrected by {who}: {why}"
REPLACED_ON = "what this line says was corrected on {day}"
# How a request ended that waited for the custodian: on a day, or as the register closed it.
GIVEN_ON, REFUSED_ON = "answered on {day}", "refused by the office on {day}"
# Nothing of what was given in answer is on this student's record.
WITHOUT_THEM = "answered on {day} with no record of the student"
# A request of the register that was denied, and on which the office works again since.
REOPENED = "refused on {0}, and taken up again on {1}"
NOT_REACHED = "the court struck this recording from its order on {day}"
WITHDRAWN = "it was withdrawn"
# Of an order, by the register alone.
WITHDRAWN_ORDER = "it was withdrawn, or the court quashed it"
NO_SUCH_RECORD = "the answer was that there is no such record"
LOST = "the answer was that it was lost"
RIGHTS_PASSED = "the answer was that the rights are the student's"
ELSEWHERE_ASKED = "whoever asked was sent to another office"
ENDED_AS: Mapping[str, str] = {
    "given": GIVEN_ON,
    "refused": REFUSED_ON,
    "not-reached": NOT_REACHED,
    "withdrawn": WITHDRAWN,
    "no-such-record": NO_SUCH_RECORD,
    "lost": LOST,
    "rights-passed": RIGHTS_PASSED,
    "referred-elsewhere": ELSEWHERE_ASKED,
}
# What answers a request that waited.
_ANSWERS: tuple[What, ...] = ("asked", "viewed", "handed over")
# How a request ended that waited, with nothing else beside it.
_END = re.compile(r"(?:answered on|refused by the office on) \d{4}-\d\d-\d\d[a-z ]*")
# Of what an order asked for, and went out too early.
_BEFORE_NOTICE = ", before the families were told"
_RELEASED = ("allow", "redact")

What = Literal["asked", "published", "handed over", "viewed", "opened", "received", "closed", "finding"]
Entry = tuple[LedgerEntry, dict[str, Any] | None]
# Whose request an order may forbid to tell of (34 CFR 99.32(d)(5)), or is about a report that is confidential (RSMo 210.150).
_MAY_BE_SECRET = ("court", "law_enforcement", "childrens_division")
# Who asks for a record of their own or of their work: 34 CFR 99.32(d)(1) and (2). Of a family it holds where it is one.
_NOT_RECORDED = ("parent", "eligible_student", "school_official")
_SCHOOL = "other_school"
# The clause by which the school of the student themselves gets the recording.
_OWN_SCHOOL = "TRANSFER"
# What was done by hand, and behind the colon how, in free words.
_HOW = re.compile(r"((?:by hand|in the office) on \d{4}-\d\d-\d\d[^:;]*): [^;]*")
# Of a word by which somebody is looked for.
_LEAST_LETTERS = 3
# Directory information, a consent, a family's right over its own child, and what goes with it of others, by their clauses.
_DIRECTORY, CONSENT, _OWN, _WITH_OWN = "EX4", "EX3", "EX2", "EX2-MULTI"
# By which clauses a release rests on a parent's right or on a consent: see `was_given_without_right`.
_FOR_ANOTHER, _DEPENDENT = "EX2-REPRESENTATIVE", "EX2-DEPENDENT"
_BY_RIGHT = frozenset({_OWN, _FOR_ANOTHER, _DEPENDENT})
ON_A_RIGHT = frozenset({_OWN, _FOR_ANOTHER, _DEPENDENT, _WITH_OWN, CONSENT})
# The question who a person is, by its clause.
_ASKED_WHO = "EX2-RELATION"
# A release in an emergency, and that the office looks at it afterwards, by their clauses.
_EMERGENCY, _REVIEWED_AFTERWARDS = "EX9", "NOTIFY-CUSTODIAN"
# What a release rests on that no evidence and no emergency has to hold for: also what is no record of ours.
ON_NO_EVIDENCE = frozenset({*ON_A_RIGHT, _DIRECTORY, "SCOPE"})
# That the office looks first, by a clause that says no more of it.
_LOOKED_AT = "CLOSED-REVIEW"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the record.

    `share` is the share, or the request of the register. `recording` is the id of its version, `key` its key, which may name
    somebody. `who` is ROLE:ID of the person who asked or received. `interest` is the purpose, `grounds` the clauses behind
    the answer, in words, `clauses` their ids, which no output has. `threat` is the threat in an emergency. `outcome` is the
    answer's word, or the state of a finding; `deny` also of what the office refused after it was referred. `required`: 34 CFR
    99.32 asks for this line. `see` are the shares whose lines say more, where the record has them, and `of_report` says that
    the Children's Division asked for a mandated report: no output has these two but the words. `again` are the moments at
    which the same was asked for besides (`as_asked_once`).
    """

    entry: int
    at: datetime
    what: What
    share: str
    recording: str | None = None
    media_type: str | None = None
    key: str | None = field(default=None, repr=False)
    who: str | None = None
    interest: str | None = None
    grounds: tuple[str, ...] = ()
    threat: str | None = None
    outcome: str | None = None
    required: bool = False
    remark: str | None = None
    clauses: tuple[str, ...] = field(default=(), repr=False)
    see: tuple[str, ...] = field(default=(), repr=False)
    of_report: bool = field(default=False, repr=False)
    again: tuple[datetime, ...] = field(default=(), repr=False)

    @property
    def day(self) -> date:
        """The district's day on which it happened."""
        return self.at.astimezone().date()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the record: in words for a family, and the fields of a line behind it for programs.

    `name` is the title of the words in CSV and JSON (`custodian/family_record`). `heading` is the title on a page, in English
    and Spanish: null if the page tells it elsewhere. `of` are fields of `Line`.
    """

    name: str
    heading: Mapping[Language, str] | None = None
    of: tuple[str, ...] = ()


# The page, CSV, JSON and the table in a terminal all come from this list.
COLUMNS = (
    Column("student"),
    Column("section"),
    Column("when", {"en": "When", "es": "Cuándo"}, ("entry", "at")),
    Column("called", {"en": "Recording", "es": "Grabación"}, ("recording", "media_type", "key")),
    Column("happened", {"en": "What happened", "es": "Qué pasó"}, ("share", "what", "outcome", "remark")),
    Column("party", None, ("who",)),
    Column("why", {"en": "Why", "es": "Por qué"}, ("interest", "grounds", "threat")),
    Column("recorded", None, ("required",)),
)
# What a terminal tells in another cell, or not at all.
_NOT_IN_A_TERMINAL = ("entry", "share", "media_type", "key", "grounds", "threat")


def titles(*, with_keys: bool) -> tuple[str, ...]:
    """Return the titles in CSV and JSON: each column's words, then its fields; a recording's key only if asked for."""
    told = (name for column in COLUMNS for name in (column.name, *column.of))
    return tuple(name for name in told if with_keys or name != "key")


def terminal_titles() -> tuple[str, ...]:
    """Return the titles of the record in a terminal, which has no words for a family."""
    return tuple(name for column in COLUMNS for name in column.of if name not in _NOT_IN_A_TERMINAL)


def cells(line: Line, *, with_keys: bool) -> tuple[object, ...]:
    """Return a line as a terminal has it; a recording is told by its id and media type, or by its key if asked for."""
    recording = line.key if with_keys else " ".join(filter(None, (line.recording, line.media_type)))
    interest = "; ".join(filter(None, (line.interest, *line.grounds, line.threat and f"threat: {line.threat}")))
    told = {"recording": recording, "interest": interest, "required": "yes" if line.required else "no"}
    return tuple(told.get(name, getattr(line, name)) for name in terminal_titles())


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A share by its entry; by its row, where the entry's details were deleted (`is_known` false).

    `is_hidden`: as far as is known, its copy hides the student everywhere. `remark` describes its meaning for the student,
    `in_set` the yearbook set in which it was published. `in_person` says how it was disclosed without a link: what was done,
    and in words when and how. `order_notice`: whose families were told of an order on the day of its answer (`same_day`), and
    who need not be told, since a parent is a `party`; of what went out too early, who was told all the same. `case` is what was
    decided on, as the entry has it.
    """

    entry: LedgerEntry
    is_known: bool
    share: Mapping[str, Any]
    decision: Mapping[str, Any]
    asset: Mapping[str, Any]
    is_released: bool
    recording: Recording | None
    is_hidden: bool = False
    remark: str | None = None
    in_set: str | None = None
    in_person: tuple[What, str] | None = None
    secret: bool = False
    order_notice: Mapping[str, Sequence[str]] = field(default_factory=dict)
    case: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def day(self) -> date:
        """The district's day on which it was shared."""
        return self.entry.at.astimezone().date()

    @property
    def outcome(self) -> str | None:
        """The answer's word."""
        return self.decision.get("outcome")

    @property
    def is_recorded(self) -> bool:
        """Whether 34 CFR 99.32 asks to record it for the student."""
        return self.is_known and not self.is_hidden and bool(self.decision.get("record_disclosure"))

    @property
    def is_of_division(self) -> bool:
        """Whether the Children's Division asked."""
        return (self.share.get("recipient") or {}).get("role") == "childrens_division"

    @property
    def of_report(self) -> bool:
        """Whether the Children's Division asked for a mandated report, and not for a student in its care."""
        welfare = (self.share.get("evidence") or {}).get("child_welfare") or {}
        return self.is_of_division and welfare.get("ground") == "mandated_report"

    @property
    def people(self) -> set[str]:
        """The students who were in the recording by the case."""
        seen = (each.get("student") for each in self.asset.get("appearances") or ())
        return {*(self.asset.get("record_pii") or ()), *seen}


@dataclass(frozen=True, slots=True)
class _Traces:
    """The traces of a student: versions, earlier versions of the same keys, and the student's own entries.

    `tagged` are the versions that the student is in by the tags of today, `without` those of which it is known today that the
    student is not in them.
    `secret`: what is under an order that forbids telling counts, too.
    """

    own: str
    versions: frozenset[str]
    earlier: frozenset[str]
    tagged: frozenset[str]
    without: frozenset[str]
    indexed: Sequence[Entry]
    secret: bool = False

    @property
    def listed(self) -> set[str]:
        """The shares that are listed under the student."""
        return {entry.subject for entry, _ in self.indexed if entry.kind == "share"}


def record_of(
    unit: Unit, ledger: Ledger, student_id: str, *, secret: bool = False, rulings: Rulings = BUILT_IN
) -> list[Line]:
    """Return a student's record, oldest first. Raises UnknownThing if no student has this id.

    `rulings` say whose the rights over it were. `secret`: with what is under an order that forbids telling, which says so; else
    as if there were none.
    """
    own = unit.people.need(student_id)
    traced = _traced(unit, own.id, ledger.student(unit, student_id, secret=secret), secret=secret)
    attempts = {attempt.entry.subject: attempt for attempt in _attempts(unit, ledger, traced)}
    ends = _ends(unit, ledger, attempts, secret=secret)
    lines = [_asked(attempt, own.id) for attempt in attempts.values()]
    lines += _opened(unit, ledger, attempts, traced)
    lines += _closed(unit, ledger, attempts, traced)
    lines += _found(unit, ledger, attempts, traced)
    lines += _requested(unit, own, traced)
    lines = [_referred(unit, own, line, attempts, ends.get(line.share)) for line in lines]
    lines = [_claimed(unit, own, line, attempts.get(line.share)) for line in lines]
    lines = [_given_as_not_ours(unit, own, line, attempts.get(line.share)) for line in lines]
    corrected = _corrections(traced)
    lines = [_corrected(line, corrected.get(line.share)) for line in lines]
    # What was entered for the wrong student gave nothing of this one, so no ground of it fell.
    given = {share: attempt for share, attempt in attempts.items() if share not in corrected}
    lines = [_shown_to_another_family(unit, own, line, given.get(line.share)) for line in lines]
    noes = unit.people.kept_opt_outs(own.id)
    lines = [_given_against_a_no(unit, own, noes, line, given.get(line.share)) for line in lines]
    # Of what one person said that nobody ever gave it, the record says nothing until a second one does.
    asked = never_given(unit, ledger, {own.id}, NEVER_GIVEN_ASKED)
    every = sorted(unit.people.kept_consents({own.id}), key=KeptConsent.order)
    kept = [each for each in every if each.id not in asked]
    consents = [each.consent for each in kept]
    lines = [_given_without_right(unit, own, consents, line, given.get(line.share), rulings) for line in lines]
    lines = [_given_on_anothers_consent(unit, own, consents, line, given.get(line.share), rulings) for line in lines]
    lines = [_given_after_it_was_taken_back(own, line, given.get(line.share), kept, rulings) for line in lines]
    mistaken = never_given(unit, ledger, {own.id})
    if mistaken:
        lines = [_given_on_no_consent(own, line, given.get(line.share), every, mistaken, rulings) for line in lines]
    fallen = _fallen(unit, ledger, attempts, secret=secret)
    lines = [_given_on_what_fell(own, line, given.get(line.share), fallen.get(line.share), rulings) for line in lines]
    lines = list(_replaced(lines, _replacements(traced), corrected))
    lines = list(_received(unit, own, lines, attempts, true_recipients(unit, ledger, attempts, secret=secret), rulings))
    untold = {
        each for each, attempt in attempts.items() if _is_school_untold(attempt, own.id, attempts, ends.get(each))
    }
    lines = list(_without_schools(unit, own, lines, untold))
    return list(_without_others(unit, own, sorted(lines, key=lambda line: (line.at, line.entry))))


def _ends(unit: Unit, ledger: Ledger, attempts: Mapping[str, _Attempt], *, secret: bool) -> dict[str, Ended]:
    """Return how each request ended that was referred to the custodian, by its share."""
    asked = {
        each
        for each, attempt in attempts.items()
        if attempt.is_known and attempt.outcome == "refer" and attempt.share.get("kind") == "request"
    }
    rows = unit.entries.subjects.shares(ids=asked)
    return ends_of(unit, ledger, {each: row for each, row in rows.items() if waited(row)}, secret=secret)


def _referred(
    unit: Unit, own: StudentRecord, line: Line, attempts: Mapping[str, _Attempt], ended: Ended | None
) -> Line:
    """Return the line of a request that waited for the custodian, with its end; it is required once it has come.

    34 CFR 99.32(a)(1) asks for each request. One that ended in a release is required if the release is.
    """
    if ended is None or line.what != "asked":
        return line
    attempt = attempts[line.share]
    recipient = attempt.share.get("recipient") or {}
    required = recipient.get("role") not in FAMILY and is_required_of(unit, recipient, [own.id], line.day)
    answers = {each: attempts[each].is_recorded for each in ended.by if each in attempts}
    is_without = ended.how == "given" and not answers
    words = WITHOUT_THEM if is_without else ENDED_AS.get(ended.how)
    told = words.format(day=ended.day) if words is not None else None
    if told == WITHDRAWN and unit.requests.orders_answered([line.share]):
        told = WITHDRAWN_ORDER
    return replace(
        line,
        outcome="deny" if ended.how == "refused" else line.outcome,
        required=required and not is_exempt(ended, answers),
        remark="; ".join(filter(None, (line.remark, told))) or None,
        see=ended.by,
        # Nobody decided on it: nobody asks for it any more.
        clauses=() if ended.how == "not-reached" else line.clauses,
    )


def _corrections(traced: _Traces) -> dict[str, str]:
    """Return, by share, what two people said of a line that was entered for the wrong student."""
    said = (
        (entry, details)
        for entry, details in traced.indexed
        if entry.kind == CORRECTION and details is not None and details.get("student") == traced.own
    )
    return {share: _said_by_two(WRONG_STUDENT, *each) for share, each in in_force(said, CORRECTED).items()}


def as_asked_once(lines: Iterable[Line]) -> list[Line]:
    """Return lines with the retries of one request as one, which knows when it was asked for besides; for a page alone.

    What one party asked for anew while it waited, and each finding that changed nothing, is one request (34 CFR
    99.32(a)(1)). It stands with what answered it, where that is the same party's and on record. The ledger, CSV and JSON
    keep each attempt.
    """
    lines = list(lines)
    heads: dict[tuple[object, ...], int] = {}
    told = {(line.share, line.who, line.recording): place for place, line in enumerate(lines) if line.what in _ANSWERS}
    joins: dict[int, list[Line]] = {}
    for place, line in enumerate(lines):
        if not _is_retry(line):
            continue
        answers = [told[key] for each in line.see if (key := (each, line.who, line.recording)) in told]
        same = (line.who, line.recording, line.interest, line.outcome, line.remark, line.see)
        head = answers[0] if answers else heads.setdefault(same, place)
        if head != place:
            joins.setdefault(head, []).append(line)
    gone = {id(each) for theirs in joins.values() for each in theirs}
    return [_joined(line, joins.get(place, ())) for place, line in enumerate(lines) if id(line) not in gone]


def _is_retry(line: Line) -> bool:
    """Whether a line is of a request that waited, by a party that is known, with nothing else to say of it than its end."""
    role, _, person = (line.who or "").partition(":")
    if line.what != "asked" or line.recording is None or person in ("", role, ANOTHER_FAMILY, FOR_ANOTHER_FAMILY):
        return False
    if line.remark is None:
        return line.outcome == "refer"
    return line.outcome in ("refer", "deny") and _END.fullmatch(line.remark) is not None


def _joined(line: Line, others: Sequence[Line]) -> Line:
    if not others:
        return line
    moments = sorted({each.at for each in others} - {line.at})
    return replace(line, required=line.required or any(each.required for each in others), again=tuple(moments))


def _said_by_two(words: str, entry: LedgerEntry, details: Mapping[str, Any]) -> str:
    """Return in words what two people corrected: on which day, who they are and why."""
    both = (details["first"], details)
    people = [role_and_id(each["by"]["role"], each["by"].get("id")) for each in both]
    reasons = dict.fromkeys(each["why"] for each in both)
    return words.format(day=entry.at.astimezone().date(), who=" and ".join(people), why="; ".join(reasons))


def _received(
    unit: Unit,
    own: StudentRecord,
    lines: Sequence[Line],
    attempts: Mapping[str, _Attempt],
    corrected: Mapping[str, ByTwo],
    rulings: Rulings,
) -> Iterator[Line]:
    """Yield lines with what two people said of who received it: beside each line of the share, and as a line of its own.

    That one is required where it was a mistake (34 CFR 99.30, 99.32(a)(3)). Of a copy that hides the student there is nothing
    to say: its recipient is told by role alone.
    """
    told = {share: each for share, each in corrected.items() if not attempts[share].is_hidden}
    gone: dict[str, Line] = {}
    for line in lines:
        if line.share not in told or line.what not in ("asked", "viewed", "opened") or line.outcome == "deny":
            yield line
            continue
        # The first opening, once there is one, is when they received it.
        if line.what == "opened" and (line.share not in gone or gone[line.share].what != "opened"):
            gone[line.share] = line
        gone.setdefault(line.share, line)
        beside = WRONG_RECIPIENT.format(day=told[line.share][0].at.astimezone().date())
        remark = "; ".join(filter(None, (line.remark, beside)))
        yield replace(line, remark=remark, see=(line.share,))
    for share, line in gone.items():
        entry, details = told[share]
        who = role_and_id(details["to"]["role"], details["to"].get("id"))
        clauses = _clauses_received(unit, own, line, attempts[share], details["to"], rulings)
        yield replace(
            line,
            entry=entry.seq,
            what="received",
            who=who,
            clauses=clauses,
            grounds=grounds_of(clauses),
            required=MISTAKE in clauses,
            remark=_remark(attempts[share], entry, _said_by_two(TRUE_RECIPIENT, entry, details)),
            see=(),
        )


def _clauses_received(
    unit: Unit, own: StudentRecord, line: Line, attempt: _Attempt, recipient: Mapping[str, Any], rulings: Rulings
) -> tuple[str, ...]:
    """Return the clauses behind what somebody else received: those of the answer where it was their own child's."""
    if recipient["role"] in FAMILY and not is_required_of(unit, recipient, [own.id], attempt.day):
        return _clauses_for(attempt, own.id)
    return _clauses_without_ground(own, line, attempt, rulings)


def _clauses_without_ground(own: StudentRecord, line: Line, attempt: _Attempt, rulings: Rulings) -> tuple[str, ...]:
    """Return the clause behind a release whose ground does not hold: directory information, or else a mistake."""
    return (_DIRECTORY,) if _was_directory(own, line, attempt, rulings) else (MISTAKE,)


def _was_directory(own: StudentRecord, line: Line, attempt: _Attempt, rulings: Rulings) -> bool:
    """Whether a release could have gone to anybody, as directory information of this student (34 CFR 99.31(a)(11), 99.37).

    By the tags, the notice and the choices of its day, with the family's no as it is known now. False where that cannot be
    told: of a student who was found only afterwards, of what asked for the student by name, and of what an older version kept.
    """
    day = attempt.day
    if _said_no(own, line.interest, day):
        return False
    if (attempt.decision.get("basis") or {}).get(own.id) == _DIRECTORY:
        return True
    case = _case_of(attempt, rulings)
    if case is None or own.id in case.share.names:
        return False
    terms = terms_of(case, rulings)
    return terms.known and terms.route_open and own.id in terms.identifiable - terms.opted_out


def _case_of(attempt: _Attempt, rulings: Rulings) -> Case | None:
    """Return the case on which a share was decided, as ruled; None where none is kept, or an older version's."""
    try:
        return as_ruled(parse_case(attempt.case), rulings)
    except CaseError:
        return None


@dataclass(frozen=True, slots=True)
class _Replacement:
    """The share that corrects another one, the day on which it did, who said so and why."""

    share: str
    day: date
    who: str
    why: str


def _replacements(traced: _Traces) -> dict[str, _Replacement]:
    """Return what corrects a share that was recorded by hand, by the share that it corrects."""
    return {
        entry.subject: _Replacement(
            str(details["share"]),
            entry.at.astimezone().date(),
            role_and_id(details["by"]["role"], details["by"].get("id")),
            str(details["why"]),
        )
        for entry, details in traced.indexed
        if entry.kind == CORRECTION and details is not None and details["done"] == REPLACED
    }


def _replaced(
    lines: Sequence[Line], replacements: Mapping[str, _Replacement], by_two: Collection[str]
) -> Iterator[Line]:
    """Yield lines without those in whose place another one stands now, which says so.

    INVARIANT: one person's correction takes no required line away. Of a student whom the other one does not show the line
    stays, and so does one that would be required no longer, until two people say that it was wrong (`by_two`).
    """
    by_hand = {line.share: line for line in lines if line.what == "handed over"}
    for line in lines:
        if line.share not in by_hand:
            yield line
            continue
        last = line.share
        while last in replacements:
            last = replacements[last].share
        stands = by_hand.get(last)
        told = [REPLACES.format(**asdict(each)) for each in replacements.values() if each.share == line.share]
        if last != line.share and stands is not None:
            if stands.required or not line.required or line.share in by_two:
                continue
            told.append(REPLACED_ON.format(day=replacements[line.share].day))
        see = line.see if last == line.share else (last,)
        yield replace(line, remark="; ".join(filter(None, (line.remark, *dict.fromkeys(told)))) or None, see=see)


def _corrected(line: Line, told: str | None) -> Line:
    """Return a line with its correction beside it: the line itself stays, and so does whether it is required."""
    # What was asked for is told once, as a request of the register; its shares were decided by the plugin.
    if told is None or line.what not in ("handed over", "asked"):
        return line
    return replace(line, remark="; ".join(filter(None, (line.remark, told))))


def grounds_of(clauses: Iterable[str]) -> tuple[str, ...]:
    """Return clauses in words, each with its id.

    INVARIANT: an opt-out, a protected student, a doubtful consent and a missing one cannot be told apart: either parent reads
    the record, also the one from whom it is kept where the student is.
    """
    return tuple(dict.fromkeys(map(_ground, clauses)))


def _ground(clause: str) -> str:
    told = {**CLAUSES, **VOICES}.get(clause)
    if told is None:
        return clause
    if told.outside == NO_CONSENT:
        return f"{NO_CONSENT.en} ({NO_CONSENT.provision})"
    return f"{told.title} ({clause})"


def _traced(unit: Unit, own: str, indexed: Sequence[Entry], *, secret: bool) -> _Traces:
    """Return the versions that a student is in, by tags, by looks and by shares that named the student."""
    traces = unit.entries.subjects
    tagged = traces.versions_with(own)
    versions = tagged | {entry.subject for entry, _ in indexed if entry.kind == "look"}
    versions |= {str(_asset(details).get("id")) for entry, details in indexed if entry.kind == "share"}
    known = traces.recordings(versions)
    last: dict[str, datetime] = {}
    for each in known.values():
        last[each.key] = max(each.first_seen, last.get(each.key, each.first_seen))
    earlier = {version for version, each in traces.versions_of(last).items() if each.first_seen <= last[each.key]}
    # A destroyed recording has lost its tags: that says nothing of who was in it.
    without = known.keys() - tagged
    without -= unit.destructions.destroyed(without)
    return _Traces(
        own,
        frozenset(versions),
        frozenset(earlier - versions),
        frozenset(tagged),
        frozenset(without),
        indexed,
        secret,
    )


def _attempts(unit: Unit, ledger: Ledger, traced: _Traces) -> Iterator[_Attempt]:
    """Yield the shares that concern the student."""
    traces = unit.entries.subjects
    rows = traces.shares(ids=traced.listed, versions=traced.versions | traced.earlier)
    if not traced.secret:
        rows = {each: row for each, row in rows.items() if not row.secret}
    entries = list(ledger.about(unit, "share", traced.listed | set(rows), secret=traced.secret))
    of_rows = {row.asset_id for row in rows.values() if row.asset_id}
    recordings = traces.recordings(of_rows | {str(_asset(details).get("id")) for _, details in entries})
    for entry, details in entries:
        row = rows.get(entry.subject)
        attempt = _attempt(entry, details, row, recordings, traced.own, _statement_sent(unit, details, row))
        concerned = _concerned(attempt, traced) if attempt and not _is_for_others(attempt, traced) else None
        if concerned is not None:
            yield concerned


def _attempt(
    entry: LedgerEntry,
    details: Mapping[str, Any] | None,
    row: ShareTrace | None,
    recordings: Mapping[str, Recording],
    own: str,
    sent: date | None,
) -> _Attempt | None:
    """Return a share by its entry; by its row where the details were deleted; None if nothing of it is left.

    `sent`: the day on which a family's statement was sent after.
    """
    if details is not None:
        asset, share = _asset(details), (details.get("case") or {}).get("share") or {}
        decision, in_person = details.get("decision") or {}, _in_person(details.get("in_person"), own, sent)
        is_released = details.get("release") is not None or in_person is not None
        recording = recordings.get(str(asset.get("id")))
        in_set = _in_set(details.get("set"))
        known = _Attempt(entry, True, share, decision, asset, is_released, recording)  # noqa: FBT003
        secret = entry.secret or (row is not None and row.secret)
        notice = details.get("order_notice") or {}
        return replace(
            known, in_set=in_set, in_person=in_person, secret=secret, order_notice=notice, case=details.get("case")
        )
    if row is None:
        return None
    left = {"kind": row.share.kind, "purpose": row.share.purpose, "recipient": {"role": row.share.recipient.role}}
    decision = {**row.decision, "outcome": row.outcome}
    recording = recordings.get(row.asset_id or "")
    known = _Attempt(entry, False, left, decision, {"id": row.asset_id}, row.is_released, recording)  # noqa: FBT003
    return replace(known, remark=DELETED, secret=row.secret)


def _in_set(told: Mapping[str, Any] | None) -> str | None:
    """Return in words where a share was published in a yearbook set; None if it was not."""
    if not told:
        return None
    pages = ", ".join(map(str, told.get("pages") or ()))
    where = IN_A_SET.format(set=told.get("id"), path=told.get("path"))
    return f"{where}, page {pages}" if pages else where


def _in_person(told: Mapping[str, Any] | None, own: str, sent: date | None) -> tuple[What, str] | None:
    """Return what was done in person, and in words when and how, for one student; None if it was not.

    That a family's statement went along, or did not, stands in the line of the student whose family filed it, and nowhere else
    (34 CFR 99.30): it would tell the others who contests the recording.
    """
    if not told:
        return None
    handed_over = told.get("what") == "handed over"
    where = "by hand" if handed_over else "in the office"
    took = f", {told['minutes']} minutes" if told.get("minutes") else ""
    how = f": {told['how']}" if told.get("how") else ""
    early = _BEFORE_NOTICE if told.get("before_notice") else ""
    law = f", under {told['law']}" if told.get("law") else ""
    along = ", with the family's statement" if own in (told.get("statement_of") or ()) else ""
    why = ""
    if own in (told.get("statement_owed") or ()):
        along = f", without the family's statement, {f'sent after on {sent}' if sent else 'which is to be sent after'}"
        why = f"; why it went without the statement: {told.get('without_statement')}"
    return (
        "handed over" if handed_over else "viewed",
        f"{where} on {told.get('on')}{took}{early}{along}{law}{how}{why}",
    )


def _statement_sent(unit: Unit, details: Mapping[str, Any] | None, row: ShareTrace | None) -> date | None:
    """Return the day on which a statement was sent after that did not go along; None where it is still to be sent."""
    told = (details or {}).get("in_person") or {}
    if not told.get("statement_owed") or row is None:
        return None
    work = unit.referrals.listed(open_only=False, asset_key=row.share.asset_key, secret=row.secret)
    ended = [each.closed_at for each in work if each.kind == "statement_owed" and each.share_id == row.share.id]
    return max((each.astimezone().date() for each in ended if each is not None), default=None)


def _asset(details: Mapping[str, Any] | None) -> Mapping[str, Any]:
    asset: Mapping[str, Any] = ((details or {}).get("case") or {}).get("asset") or {}
    return asset


def _concerned(attempt: _Attempt, traced: _Traces) -> _Attempt | None:
    """Return the share with its remark for the student; None if it does not concern the student."""
    own, decision, version = traced.own, attempt.decision, attempt.asset.get("id")
    if not attempt.is_known:
        # It is no longer known which student this was about. The record says so instead of leaving it out.
        return attempt if version in traced.versions else None
    if own in (decision.get("redact") or ()) and attempt.is_released:
        elsewhere = _is_found_elsewhere(attempt, traced)
        return replace(attempt, is_hidden=not elsewhere, remark=ELSEWHERE if elsewhere else HIDDEN)
    if attempt.entry.subject in traced.listed or own in (decision.get("basis") or {}):
        # What was handed over stands as the custodian stated it.
        by_hand = attempt.in_person is not None and attempt.in_person[0] == "handed over"
        was_tagged = own in attempt.people and not by_hand
        return replace(attempt, remark=NOT_IN_IT) if was_tagged and version in traced.without else attempt
    if own not in attempt.people:
        remark = _found_since(attempt, traced)
        return replace(attempt, remark=remark) if remark else None
    # In the background, so it is no record of the student. But a copy that an exception released whole showed them too.
    # For a handover the custodian has stated who is shown.
    is_whole = attempt.is_released and (attempt.in_person is None or attempt.in_person[0] != "handed over")
    return attempt if is_whole and decision.get("record_disclosure") else None


def _is_for_others(attempt: _Attempt, traced: _Traces) -> bool:
    """Whether somebody asked for others, and nothing that asks for a record shows this student.

    So the Children's Division asks for those in its care, and another school by name for who goes there. It stands on their
    records alone (34 CFR 99.32(a)(1)): it would tell this family what the Division looks into, or where the other one goes.
    """
    if _is_school(attempt):
        names = attempt.share.get("names") or ()
        return bool(names) and traced.own not in names and traced.own not in (attempt.decision.get("basis") or {})
    if not (attempt.is_known and attempt.is_of_division) or attempt.secret:
        return False
    own = traced.own
    if own not in attempt.people:
        return not attempt.is_released and attempt.entry.subject not in traced.listed
    welfare = (attempt.share.get("evidence") or {}).get("child_welfare") or {}
    if welfare.get("ground") != "legal_responsibility" or own in (welfare.get("students") or ()):
        return False
    was_hidden = own in (attempt.decision.get("redact") or ())
    if was_hidden and _is_found_elsewhere(attempt, traced):
        return False
    return (attempt.decision.get("basis") or {}).get(own) not in RECORDED


def _is_school(attempt: _Attempt) -> bool:
    return attempt.is_known and (attempt.share.get("recipient") or {}).get("role") == _SCHOOL


def _found_since(attempt: _Attempt, traced: _Traces) -> str | None:
    """Return how the student was found after a share that named them nowhere; None where nothing found them since.

    Who was named by mistake, and taken out before the share, was not in it: 34 CFR 99.32 asks for no line.
    """
    version = attempt.asset.get("id")
    if version not in traced.versions:
        return FOUND_LATER if version in traced.earlier else None
    later = ((entry, details) for entry, details in traced.indexed if entry.seq > attempt.entry.seq)
    if version in traced.tagged:
        return AFTERWARDS
    if not any(_finds(entry, details, version, traced.own) for entry, details in later):
        return None
    return f"{AFTERWARDS}; {NOT_IN_IT}" if version in traced.without else AFTERWARDS


def _finds(entry: LedgerEntry, details: Mapping[str, Any] | None, version: object, own: str) -> bool:
    """Whether an entry that lists a student says that they are in a recording; a look whose details were deleted may."""
    if entry.kind == "share":
        return _asset(details).get("id") == version
    if entry.kind != "look" or entry.subject != version:
        return False
    look = (details or {}).get("look") or {}
    used = (use.get("students") or () for use in look.get("official_uses") or ())
    named = {each.get("student") for each in look.get("persons") or ()}.union(*used)
    return details is None or own in named


def _is_found_elsewhere(attempt: _Attempt, traced: _Traces) -> bool:
    """Whether a look after the copy was made places the student where no look before it did."""
    before: set[str] = set()
    after: set[str] = set()
    for entry, details in traced.indexed:
        if entry.kind == "look" and entry.subject == attempt.asset.get("id"):
            (before if entry.seq < attempt.entry.seq else after).update(_places(details, traced.own))
    return bool(after - before)


def _places(details: Mapping[str, Any] | None, own: str) -> Iterator[str]:
    """Yield each place and time that a look gives for a student, as texts to compare."""
    for person in ((details or {}).get("look") or {}).get("persons") or ():
        if person.get("student") == own:
            for name in ("regions", "intervals", "keyframes", "heard"):
                yield from (f"{name} {canonical(place)}" for place in person.get(name) or ())


def _asked(attempt: _Attempt, own: str) -> Line:
    asked: What = "asked" if attempt.share.get("kind") == "request" else "published"
    done, how = attempt.in_person or (asked, None)
    line = _line(attempt, attempt.entry, done)
    notice = _notice(attempt, own)
    if how is not None and notice is not None:
        # Of this family it is known when it was told.
        how = how.replace(_BEFORE_NOTICE, "", 1)
    emergency = (attempt.share.get("evidence") or {}).get("emergency") or {}
    return replace(
        line,
        outcome=attempt.outcome,
        grounds=grounds_of(_clauses_for(attempt, own)),
        clauses=_clauses_told(attempt, own),
        threat=emergency.get("threat"),
        required=attempt.is_recorded,
        remark=_remark(attempt, attempt.entry, attempt.in_set, how, notice, attempt.remark),
    )


def _notice(attempt: _Attempt, own: str) -> str | None:
    """Return in words when this student's family was told of an order, where it was not in advance as is usual."""
    of = (said for name, said in ORDER_NOTICE.items() if own in (attempt.order_notice.get(name) or ()))
    return "; ".join(of) or None


def _clauses_told(attempt: _Attempt, own: str) -> tuple[str, ...]:
    """Return the clauses as a family reads them: of a guardian who is on file that we look, not that we ask who it is."""
    reasons = attempt.decision.get("reasons") or ()
    is_known = any(is_of_known(str(each["clause"]), str(each.get("text", ""))) for each in reasons)
    found = _clauses_for(attempt, own)
    return tuple(dict.fromkeys(_LOOKED_AT if is_known and each == _ASKED_WHO else each for each in found))


def _clauses_for(attempt: _Attempt, own: str) -> tuple[str, ...]:
    """Return the clauses behind the answer for this student, without those for other students."""
    if not attempt.is_known:
        # What is left of the reasons no longer says whose they are.
        return ()
    clause = (attempt.decision.get("basis") or {}).get(own)
    if clause:
        return (clause,)
    reasons = attempt.decision.get("reasons") or ()
    return tuple(each["clause"] for each in reasons if own in each["students"] or not each["students"])


def _line(attempt: _Attempt, entry: LedgerEntry, what: What) -> Line:
    recording, recipient = attempt.recording, attempt.share.get("recipient") or {}
    # The recipient of a copy that does not show the student is given by role alone.
    who = role_and_id(recipient.get("role"), None if attempt.is_hidden else recipient.get("id"))
    return Line(
        entry=entry.seq,
        at=entry.at,
        what=what,
        share=attempt.entry.subject,
        recording=attempt.asset.get("id"),
        media_type=recording.media_type if recording else None,
        key=recording.key if recording else None,
        who=who,
        interest=attempt.share.get("purpose"),
        of_report=attempt.of_report,
    )


def _opened(unit: Unit, ledger: Ledger, attempts: Mapping[str, _Attempt], traced: _Traces) -> Iterator[Line]:
    """Yield the openings that concern the student: of shares that show the student, and those listed under the student."""
    shown = [share for share, attempt in attempts.items() if attempt.is_known and not attempt.is_hidden]
    links = unit.entries.subjects.links(shown)
    entries = {entry.hash: (entry, details) for entry, details in traced.indexed if entry.kind == "open"}
    entries |= {
        entry.hash: (entry, details) for entry, details in ledger.about(unit, "open", links, secret=traced.secret)
    }
    for entry, details in entries.values():
        told = details or {}
        attempt = attempts.get(told.get("share") or links.get(entry.subject, ""))
        if attempt is None:
            continue
        outcome = told.get("outcome")
        # The cause of a refusal may be about other students. The plugin's own cause, such as a replaced recording, is
        # not about a student.
        clauses = tuple(str(each) for each in told.get("reasons") or () if each in VOICES)
        on = (told.get("basis") or {}).get(traced.own)
        if outcome in _RELEASED:
            clauses = (str(on),) if on is not None else _clauses_for(attempt, traced.own)
        yield replace(
            _line(attempt, entry, "opened"),
            outcome=outcome,
            grounds=grounds_of(clauses),
            clauses=clauses,
            required=bool(attempt.decision.get("record_disclosure")) and outcome in (*_RELEASED, None),
            remark=_remark(attempt, entry, DELETED if details is None else None, attempt.remark),
        )


def _closed(unit: Unit, ledger: Ledger, attempts: Mapping[str, _Attempt], traced: _Traces) -> Iterator[Line]:
    """Yield the closing of links: one entry may be about many links, and most of them may not concern the student."""
    shares = [share for share, attempt in attempts.items() if not attempt.is_hidden]
    closings = {each.link: each for each in unit.entries.subjects.closings(shares)}
    entries = {entry.hash: (entry, details) for entry, details in traced.indexed if entry.kind == "close"}
    entries |= {
        entry.hash: (entry, details) for entry, details in ledger.about(unit, "close", closings, secret=traced.secret)
    }
    told = {link for entry, details in entries.values() for link in _links(entry, details)}
    if moments := {each.at for link, each in closings.items() if link not in told}:
        # An entry about several links has none of them as its subject; it lists the students until its details are deleted.
        entries |= {entry.hash: (entry, details) for entry, details in ledger.closings_at(unit, moments)}
    for entry, details in entries.values():
        known = _links(entry, details) if details else [each for each in closings if closings[each].at == entry.at]
        for share in dict.fromkeys(closings[each].share for each in known if each in closings):
            remark = _remark(attempts[share], entry, details.get("why") if details else DELETED)
            yield replace(_line(attempts[share], entry, "closed"), remark=remark)


def _links(entry: LedgerEntry, details: Mapping[str, Any] | None) -> list[str]:
    return list((details or {}).get("links") or [entry.subject])


def _remark(attempt: _Attempt, entry: LedgerEntry, *remarks: str | None) -> str | None:
    """Return remarks as one; those of what is sealed say so first. Only the custodian's own record has such lines."""
    sealed = (REPORT if attempt.is_of_division else NOT_TO_TELL) if attempt.secret or entry.secret else None
    return "; ".join(dict.fromkeys(filter(None, (sealed, *remarks)))) or None


def _found(unit: Unit, ledger: Ledger, attempts: Mapping[str, _Attempt], traced: _Traces) -> Iterator[Line]:
    """Yield a custodian's findings about a request: only their kinds, not their content."""
    referrals = unit.entries.subjects.referrals(attempts)
    theirs = ledger.about(unit, "queue", referrals, secret=traced.secret)
    entries = {entry.hash: (entry, details) for entry, details in theirs}
    entries |= {entry.hash: (entry, details) for entry, details in traced.indexed if entry.kind == "queue"}
    for entry, details in entries.values():
        share = referrals.get(entry.subject)
        if share is None or not details or details.get("done") != "finding":
            continue
        remark = _remark(attempts[share], entry, f"a finding of the custodian: {details.get('kind')}")
        yield replace(_line(attempts[share], entry, "finding"), outcome=details.get("state"), remark=remark)


def _requested(unit: Unit, own: StudentRecord, traced: _Traces) -> Iterator[Line]:
    """Yield the requests of the register that are about the student: 34 CFR 99.32(a)(1) asks for requests, too.

    Those of families and school officials are not required (34 CFR 99.32(d)); those of people who only say that they are the
    family are. While a court's or the police's request is open, an order may turn out to forbid telling of it, so only the
    custodian's own record has it.
    """
    entries: dict[str, list[LedgerEntry]] = {}
    for entry, details in traced.indexed:
        if entry.kind == "request" and details and details.get("done") in ("received", "closed"):
            entries.setdefault(entry.subject, []).append(entry)
    known, happened = unit.requests.requests_of(entries), unit.requests.events_of(entries)
    for request_id, found in entries.items():
        request, closing = known.get(request_id), closing_of(happened.get(request_id, ()))
        closed_as = closing.outcome if closing is not None else None
        before = refused_before(happened.get(request_id, ()))
        if request is None or (_is_kept_back(request, closed_as) and not traced.secret):
            continue
        if request.recipient.role == _SCHOOL and request.students and own.id not in request.students:
            # Another school's request by name is for the record of who goes there.
            continue
        yield Line(
            entry=found[0].seq,
            at=request.received_at,
            what="asked",
            share=request_id,
            who=role_and_id(request.recipient.role, request.recipient.id),
            interest=request.purpose,
            outcome="deny" if closed_as == "denied" else None,
            required=is_required_of(
                unit,
                asdict(request.recipient),
                [own.id, *_students_of(unit, found)],
                found[0].at.astimezone().date(),
            ),
            remark="; ".join(
                filter(
                    None,
                    (
                        f"the request {request_id} of the register",
                        REOPENED.format(*before) if before is not None else None,
                        _told_as(closed_as, is_order=unit.requests.paper(request_id) is not None),
                    ),
                )
            ),
        )


def _is_kept_back(request: StoredRequest, closed_as: str | None) -> bool:
    role = request.recipient.role
    return request.secret or role == "childrens_division" or (role in _MAY_BE_SECRET and closed_as is None)


def _told_as(closed_as: str | None, *, is_order: bool) -> str | None:
    """Return how the register closed a request that it neither granted nor denied; None where the line says it otherwise."""
    told = ENDED_AS.get(closed_as or "")
    return WITHDRAWN_ORDER if is_order and told == WITHDRAWN else told


def _students_of(unit: Unit, entries: Iterable[LedgerEntry]) -> set[str]:
    return {
        student
        for students in unit.entries.students_of([each.seq for each in entries]).values()
        for student in students
    }


def is_required_of(unit: Unit, recipient: Mapping[str, Any], students: Sequence[str], day: date) -> bool:
    """Whether 34 CFR 99.32 asks to record this recipient's request for the record of the first of these students.

    It does of a person who only says that they are a parent, or the student (99.32(a)(1)): one who holds the rights of none
    of these students, or whose rights over the first an order limits. `students` are all whom the request is about.
    """
    role, person = recipient.get("role"), recipient.get("id")
    if role not in FAMILY:
        return role not in _NOT_RECORDED
    records = unit.people.students_of(set(students))
    own = records.get(students[0])
    if own is not None and person in own.stated_on(day, "limited"):
        return True
    return not any(_is_family(each, role, person, day) for each in records.values())


def _is_family(record: StudentRecord, role: str, person: str | None, day: date) -> bool:
    """Whether a person is a student's parent, or the student, by what is on file today; also one who was verified later."""
    if role == "parent" and person is not None and record.never_was(person, day, by_two=True):
        return False
    known, what = (record.guardians, "guardian") if role == "parent" else ((record.id,), "self")
    verified = (each for each in record.guardianships if each.what == what and each.guardian == person)
    return person in known or any(each.is_in_force(max(day, each.since)) for each in verified)


def _claimed(unit: Unit, own: StudentRecord, line: Line, attempt: _Attempt | None) -> Line:
    """Return a line that is required besides where somebody asked who only says that they are the family."""
    if attempt is None or line.what != "asked" or line.required or not attempt.is_known:
        return line
    recipient = attempt.share.get("recipient") or {}
    refused = attempt.outcome not in _RELEASED or _ASKED_WHO in _clauses(attempt)
    if recipient.get("role") not in FAMILY or not refused:
        return line
    return replace(line, required=is_required_of(unit, recipient, [own.id, *attempt.people], line.day))


def _given_as_not_ours(unit: Unit, own: StudentRecord, line: Line, attempt: _Attempt | None) -> Line:
    """Return a line that is required since what was given as not ours turned out to be ours (34 CFR 99.3, 99.32)."""
    if attempt is None or line.required or line.outcome not in _RELEASED or not attempt.is_known:
        return line
    if (attempt.decision.get("basis") or {}).get(own.id) != "SCOPE":
        return line
    kept = unit.assets.by_id(str(attempt.asset.get("id")))
    if kept is None or (kept.tagging.maintained_by == "other" and not kept.tagging.is_in_use):
        return line
    recipient = attempt.share.get("recipient") or {}
    required = is_required_of(unit, recipient, [own.id, *attempt.people], line.day)
    return replace(line, required=required)


def _shown_to_another_family(unit: Unit, own: StudentRecord, line: Line, attempt: _Attempt | None) -> Line:
    """Return a line that is required since another family was given, as its own child's, what turned out to show this one.

    That a family's own record needs no line (34 CFR 99.32(d)(1)) is of no help here: it was not theirs.
    """
    if attempt is None or line.required or not attempt.is_known or attempt.is_hidden or own.id in attempt.people:
        return line
    recipient = attempt.share.get("recipient") or {}
    if recipient.get("role") not in FAMILY or line.outcome not in _RELEASED or line.what in ("closed", "finding"):
        return line
    return replace(line, required=is_required_of(unit, recipient, [own.id], line.day))


def _given_on_anothers_consent(
    unit: Unit,
    own: StudentRecord,
    consents: Sequence[Consent],
    line: Line,
    attempt: _Attempt | None,
    rulings: Rulings,
) -> Line:
    """Return a line of what went out on other families' consents alone, and turned out to show this student: by mistake.

    34 CFR 99.32(d)(3) exempts what goes out on a consent of this student's own (99.30).
    """
    if attempt is None or not attempt.is_known or attempt.is_hidden or own.id in attempt.people:
        return line
    if (
        line.outcome not in _RELEASED
        or line.what in ("closed", "finding", "received")
        or AFTERWARDS not in (line.remark or "")
    ):
        return line
    basis, recipient = attempt.decision.get("basis") or {}, attempt.share.get("recipient") or {}
    if own.id in basis or CONSENT not in basis.values() or _DIRECTORY in basis.values():
        return line
    if recipient.get("role") in FAMILY and not is_required_of(unit, recipient, [own.id], line.day):
        return line
    own_consent = any(each.purpose == line.interest and each.is_in_force(attempt.day) for each in consents)
    if own_consent or (_was_open_to_anybody(attempt, rulings) and not _said_no(own, line.interest, attempt.day)):
        return line
    return replace(line, required=True, clauses=(MISTAKE,), grounds=grounds_of((MISTAKE,)))


def _was_open_to_anybody(attempt: _Attempt, rulings: Rulings) -> bool:
    """Whether a recording was directory information on its day, for whoever had not said no."""
    case = _case_of(attempt, rulings)
    terms = terms_of(case, rulings) if case is not None else None
    return terms is not None and terms.known and terms.route_open


def _given_against_a_no(
    unit: Unit, own: StudentRecord, noes: Iterable[KeptOptOut], line: Line, attempt: _Attempt | None
) -> Line:
    """Return a line that is required since what went out as directory information showed a student who was none.

    34 CFR 99.32(d)(4) exempts directory information, and of who had opted out or was protected it was none (99.37(a)(2)).
    """
    if attempt is None or line.required or not attempt.is_known or attempt.is_hidden:
        return line
    if line.outcome not in _RELEASED or line.what in ("closed", "finding"):
        return line
    then = _before_no_of_the_day(own, noes, attempt.entry.at)
    if not was_given_against_a_no(then, attempt.decision, line.interest, attempt.day):
        return line
    recipient = attempt.share.get("recipient") or {}
    line = replace(line, required=is_required_of(unit, recipient, [own.id], line.day))
    is_directory = (attempt.decision.get("basis") or {}).get(own.id) == _DIRECTORY
    if not is_directory or line.what == "received" or not _said_no_by_a_day(then, line.interest, attempt.day):
        return line
    remark = "; ".join(filter(None, (line.remark, AGAINST_A_NO)))
    return replace(line, clauses=(MISTAKE,), grounds=grounds_of((MISTAKE,)), remark=remark)


def _before_no_of_the_day(own: StudentRecord, noes: Iterable[KeptOptOut], at: datetime) -> StudentRecord:
    """Return a record without the opt-outs of a moment's own day that came to the office after it: they have no hour."""
    day = at.astimezone().date()
    after = [each.opt_out for each in noes if each.opt_out.since == day and at < each.at]
    return replace(own, opt_outs=tuple(each for each in own.opt_outs if each not in after)) if after else own


def _said_no_by_a_day(student: StudentRecord, purpose: str | None, day: date) -> bool:
    """Whether a no of a known day was in force: of one whose day nobody knows, it is not known that it was said by then."""
    known = tuple(each for each in student.opt_outs if each.since > LONG_AGO)
    return _said_no(replace(student, opt_outs=known), purpose, day)


def was_given_against_a_no(student: StudentRecord, decision: Mapping[str, Any], purpose: str | None, day: date) -> bool:
    """Whether a release showed a student without a ground, or as directory information, whose family had said no by that day.

    As it is known now: a student who was found only afterwards, and a no that was entered later with an earlier day, count.
    """
    if student.id in (decision.get("redact") or ()):
        return False
    if (decision.get("basis") or {}).get(student.id) not in (None, _DIRECTORY):
        return False
    return _said_no(student, purpose, day)


def _said_no(student: StudentRecord, purpose: str | None, day: date) -> bool:
    """Whether a student was protected, or opted out of this purpose, on a day, as it is known now."""
    refused = (each for each in student.opt_outs if each.is_in_force(day))
    return student.is_protected(day) or any(each.purposes is None or purpose in each.purposes for each in refused)


def _given_without_right(
    unit: Unit,
    own: StudentRecord,
    consents: Sequence[Consent],
    line: Line,
    attempt: _Attempt | None,
    rulings: Rulings,
) -> Line:
    """Return a line of what was given on a right that nobody had, by what is on file now: a required one, by mistake.

    34 CFR 99.32(d)(1) and (3) exempt what goes to who holds the rights, and on their consent.
    """
    if attempt is None or not attempt.is_known or attempt.is_hidden:
        return line
    if line.outcome not in _RELEASED or line.what in ("closed", "finding", "received"):
        return line
    to, decision, at = _recipient_of(attempt.share), attempt.decision, attempt.entry.at
    if not was_given_without_right(unit, own, consents, decision, to, line.interest, at, rulings=rulings):
        return line
    return _by_mistake(own, line, attempt, WITHOUT_RIGHT, rulings)


def _by_mistake(own: StudentRecord, line: Line, attempt: _Attempt, why: str, rulings: Rulings) -> Line:
    """Return a line whose ground fell, which says why: a required one, of what the law did not permit (34 CFR 99.30).

    What could have gone to anybody as directory information, the law permitted all the same; it is required if it was.
    """
    clauses = _clauses_without_ground(own, line, attempt, rulings)
    return replace(
        line,
        required=line.required or MISTAKE in clauses,
        clauses=clauses,
        grounds=grounds_of(clauses),
        remark="; ".join(filter(None, (line.remark, why))),
    )


@dataclass(frozen=True, slots=True)
class _Fallen:
    """What became of the ground of a release: `why` it never held, in words; null where it was `reviewed` and held."""

    why: str | None
    reviewed: bool = False


def _fallen(unit: Unit, ledger: Ledger, attempts: Mapping[str, _Attempt], *, secret: bool) -> dict[str, _Fallen]:
    """Return, by share, what a review found of an emergency, and of which evidence two people said that it never held."""
    emergencies = [each for each, attempt in attempts.items() if _is_emergency(attempt)]
    found: dict[str, _Fallen] = {}
    for referral_id, share in unit.entries.subjects.referrals(emergencies).items():
        review = unit.referrals.need(referral_id)
        if review.kind != "review" or review.is_open:
            continue
        said = [
            each for each in unit.referrals.findings(referral_id) if (each.kind, each.state) == ("reviewed", "applied")
        ]
        last = max(said, key=lambda each: each.at, default=None)
        no_danger = last is not None and last.content.get("was_threat") is False
        day = last.at.astimezone().date() if last is not None else None
        found[share] = _Fallen(NO_DANGER.format(day=day) if no_danger else None, reviewed=True)
    for share, told in never_held(unit, ledger, attempts, secret=secret).items():
        found[share] = _Fallen(_said_by_two(NEVER_HELD, *told))
    return found


def _is_emergency(attempt: _Attempt) -> bool:
    reasons = attempt.decision.get("reasons") or ()
    clauses = {*(attempt.decision.get("basis") or {}).values(), *(each.get("clause") for each in reasons)}
    return attempt.is_released and _EMERGENCY in clauses


def _given_on_what_fell(
    own: StudentRecord, line: Line, attempt: _Attempt | None, fallen: _Fallen | None, rulings: Rulings
) -> Line:
    """Return a line of what was given in an emergency that was none, or on evidence that never held: given by mistake.

    99.32(a)(5) has the danger on record as it was stated, so that stays. Of an emergency that was reviewed, nothing says that
    the office looks at it afterwards.
    """
    if attempt is None or fallen is None or not attempt.is_known or line.what in ("closed", "finding"):
        return line
    if line.outcome not in (*_RELEASED, None):
        return line
    if fallen.why is None:
        clauses = tuple(each for each in line.clauses if each != _REVIEWED_AFTERWARDS)
        return replace(line, clauses=clauses, grounds=grounds_of(clauses)) if clauses != line.clauses else line
    if attempt.is_hidden or (attempt.decision.get("basis") or {}).get(own.id) in ON_NO_EVIDENCE:
        return line
    return _by_mistake(own, line, attempt, fallen.why, rulings)


def _given_on_no_consent(
    own: StudentRecord,
    line: Line,
    attempt: _Attempt | None,
    kept: Sequence[KeptConsent],
    mistaken: Mapping[str, ByTwo],
    rulings: Rulings,
) -> Line:
    """Return a line of what went out on a consent that nobody ever gave, as two people said: a required one, by mistake.

    34 CFR 99.32(d)(3) exempts what goes out on a consent, and of this student there was none for it (99.30).
    """
    if attempt is None or not _is_on_consent(own, line, attempt):
        return line
    grounds = [each for each in kept if each.id in mistaken and had_begun(each.consent, attempt.day)]
    others = [each.consent for each in kept if each.id not in mistaken]
    if not grounds or not _stood_on(own, line, attempt, grounds, others, rulings):
        return line
    purposes = [each.id for each in grounds if each.consent.purpose == line.interest]
    told = mistaken[(purposes or [each.id for each in grounds])[0]]
    return _by_mistake(own, line, attempt, _said_by_two(NEVER_GIVEN, *told), rulings)


def _is_on_consent(own: StudentRecord, line: Line, attempt: _Attempt) -> bool:
    """Whether a line is of what went out on a consent of this student, and is not by mistake already."""
    if not attempt.is_known or attempt.is_hidden or line.clauses == (MISTAKE,):
        return False
    is_release = line.outcome in _RELEASED and line.what not in ("closed", "finding", "received")
    return is_release and (attempt.decision.get("basis") or {}).get(own.id) == CONSENT


def _given_after_it_was_taken_back(
    own: StudentRecord, line: Line, attempt: _Attempt | None, kept: Sequence[KeptConsent], rulings: Rulings
) -> Line:
    """Return a line of what went out on a consent that had been taken back before that day, and was entered late: by mistake.

    34 CFR 99.32(d)(3) exempts what goes out on a consent, and by then there was none (99.30). Of the day itself nobody knows.
    """
    if attempt is None or not _is_on_consent(own, line, attempt):
        return line
    day = attempt.day
    grounds = [each for each in kept if was_taken_back_before(each.consent, day)]
    others = [each.consent for each in kept if each not in grounds]
    if not grounds or not _stood_on(own, line, attempt, grounds, others, rulings):
        return line
    return _by_mistake(own, line, attempt, TAKEN_BACK_BEFORE, rulings)


def was_taken_back_before(consent: Consent, day: date) -> bool:
    """Whether a consent that had begun by a day had been taken back before it."""
    return had_begun(consent, day) and consent.revoked_on is not None and consent.revoked_on < day


def had_begun(consent: Consent, day: date) -> bool:
    """Whether a consent, as it was entered, was in force on a day, whatever it was revoked by since."""
    return replace(consent, revoked_on=None).is_in_force(day)


def _stood_on(
    own: StudentRecord,
    line: Line,
    attempt: _Attempt,
    never: Sequence[KeptConsent],
    others: Sequence[Consent],
    rulings: Rulings,
) -> bool:
    """Whether a release stood on consents that nobody ever gave, so that no other one on file permitted it on its day.

    By the case on which it was decided, with what is on file now besides; by purpose and day where no case is kept.
    """
    case = _case_of(attempt, rulings)
    if case is None:
        day = attempt.day
        of_purpose = any(each.consent.purpose == line.interest for each in never)
        return of_purpose and not any(each.purpose == line.interest and each.is_in_force(day) for each in others)
    student = next((each for each in case.students if each.id == own.id), None)
    if student is None:
        return False
    purpose = case.share.purpose

    def is_never_given(entered: Consent) -> bool:
        same = [each for each in never if _is_same_paper(entered, each)]
        # A paper for several purposes is a consent for each: the case has each under the word of the share, or another.
        is_named = any(each.consent.purpose == purpose for each in same)
        return bool(same) and (
            is_named or not any(each.purpose == purpose and _has_parties(entered, each) for each in others)
        )

    def has_none(consent: Consent) -> bool:
        return not consent_faults(consent, seen_as_ruled(student, rulings), case)

    decided = [each for each in case.consents if each.student == own.id and has_none(each)]
    left = [each for each in decided if not is_never_given(each)]
    left += [each for each in others if has_none(each)]
    return len(left) == 0 and bool(decided)


def _is_same_paper(entered: Consent, kept: KeptConsent) -> bool:
    """Whether a consent of a case is this one: it has the day on which the family confirmed it in place of its own."""
    return entered.signed_on in (kept.consent.signed_on, kept.confirmed_on) and _has_parties(entered, kept.consent)


def _has_parties(entered: Consent, other: Consent) -> bool:
    return (entered.signed_by, entered.parties) == (other.signed_by, other.parties) and (
        (entered.assets is None) == (other.assets is None)
    )


def _recipient_of(share: Mapping[str, Any]) -> Recipient:
    """Return who asked, by the details of a share."""
    told = share.get("recipient") or {}
    return Recipient(str(told.get("role") or "public"), told.get("id"))


def was_given_without_right(  # noqa: PLR0913 - what was given, to whom, on which day, and what is on file
    unit: Unit,
    student: StudentRecord,
    consents: Iterable[Consent],
    decision: Mapping[str, Any],
    to: Recipient,
    purpose: str | None,
    at: datetime,
    *,
    rulings: Rulings,
) -> bool:
    """Whether a release rested on a parent's right over a student, or on a consent, that nobody had on that day.

    As it is known now: an order that was entered later with an earlier day, and a day of birth that was corrected, count. What
    showed another family's child went with the parent's own, so it rests on the right over that one.
    """
    if student.id in (decision.get("redact") or ()):
        return False
    basis = decision.get("basis") or {}
    day, student, clause = at.astimezone().date(), known_at(student, at), basis.get(student.id)
    if clause == CONSENT:
        return consent_never_stood(consents, student, purpose, day, rulings)
    if clause != _WITH_OWN:
        return _rested_on_none(clause, to, student, day, rulings)
    theirs = unit.people.students_of(each for each, on in basis.items() if on in _BY_RIGHT)
    return bool(theirs) and all(
        _rested_on_none(basis[each], to, known_at(record, at), day, rulings) for each, record in theirs.items()
    )


def _rested_on_none(clause: str | None, to: Recipient, student: StudentRecord, day: date, rulings: Rulings) -> bool:
    """Whether nobody held the right over a student by which a record was given on a day, by the clause behind it."""
    if clause == _OWN:
        return had_no_right(to, student, day, rulings)
    if clause == _FOR_ANOTHER:
        return had_no_authority(to, student, day, rulings)
    return clause == _DEPENDENT and was_no_dependent(to, student, day)


def _clauses(attempt: _Attempt) -> set[str]:
    return {each.get("clause") for each in attempt.decision.get("reasons") or ()}


def party_names(unit: Unit, student_id: str, lines: Iterable[Line]) -> dict[str, str]:
    """Return the names of the parties of a record, by share: as the register's contact has them, for a page alone.

    34 CFR 99.32(a)(3)(i) asks for the parties. A family's name is another student's, and an address is none of a party.
    """
    found: dict[str, str] = {}
    for share, who in {line.share: line.who for line in lines if line.who and ":" in line.who}.items():
        ids = [share] if share.startswith(REQUEST) else unit.requests.answered_by([share])
        for request in unit.requests.requests_of(ids).values():
            role, _, person = who.partition(":")
            if (
                request.contact
                and not request.secret
                and role not in FAMILY
                and (role, folded_id(person)) == request.recipient.who
            ):
                found[share] = re.split(r"[,;]", request.contact)[0].strip()
    others = others_named_in(unit.people, unit.people.need(student_id), found.values()).of_whole_names()
    return {share: others.without(name) for share, name in found.items()}


_KINDS: Mapping[Language, Mapping[str, str]] = {
    "en": {"image": "photo", "video": "video", "audio": "sound recording", "": "recording"},
    "es": {"image": "foto", "video": "video", "audio": "grabación de sonido", "": "grabación"},
}


def recordings_called(
    unit: Unit, student_id: str, lines: Iterable[Line], language: Language = "en", *, with_events: bool = True
) -> dict[str, str]:
    """Return what a family reads of each recording, by the id of its version: its kind, its day and its event.

    An event that names another student is left out; so is every event where it could tell a place.
    """
    kinds, of = _KINDS[language], {"en": " of ", "es": " del "}[language]
    kept = {each: unit.assets.by_id(each) for each in {line.recording for line in lines if line.recording}}
    told = {each: _events(stored) if with_events else () for each, stored in kept.items() if stored is not None}
    texts = (event for events in told.values() for event in events)
    others = others_named_in(unit.people, unit.people.need(student_id), texts)
    found: dict[str, str] = {}
    for each, stored in kept.items():
        if stored is None:
            continue
        called = kinds.get(stored.asset.media_type.partition("/")[0], kinds[""])
        taken = day_of(stored.about.taken) if stored.about is not None else None
        event = next((event for event in told[each] if others.without(event) == event), "")
        found[each] = (
            f"{called}{f'{of}{day_in_words(taken, language)}' if taken else ''}{f', {event}' if event else ''}"
        )
    return found


def file_names(unit: Unit, student_id: str, lines: Iterable[Line]) -> dict[str, str]:
    """Return the names of the recordings' files without their folders, by the id of the version.

    One that may name another student is left out, whole.
    """
    keys = {line.recording: line.key for line in lines if line.recording and line.key}
    names = {each: " ".join(key.rpartition("/")[2].split()) for each, key in keys.items()}
    others = others_named_in(unit.people, unit.people.need(student_id), names.values())
    return {each: name for each, name in names.items() if name.isprintable() and others.without(name) == name}


def _events(stored: StoredAsset) -> tuple[str, ...]:
    """Return the events of a recording, each as one line that can be printed."""
    events = (" ".join(event.split()) for event in (stored.about.events if stored.about is not None else ()))
    return tuple(event for event in events if event.isprintable())


def _without_others(unit: Unit, own: StudentRecord, lines: Iterable[Line]) -> Iterator[Line]:
    """Yield lines without the names and ids of other families, which free texts by a host or a person may hold."""
    lines = list(lines)
    texts = (text for line in lines for text in (line.who, line.interest, line.threat, line.remark))
    others = others_named_in(unit.people, own, texts)
    whole = others.of_whole_names()
    people = {(role, person) for role, _, person in ((line.who or "").partition(":") for line in lines)}
    asked = {person.casefold() for role, person in people if role == "parent" or guardian_ids_in(person)}
    others_records = [record for record in unit.people.with_family(asked) if record.id != own.id]
    theirs = {each for record in others_records for each in family_ids(record)} - family_ids(own)
    asking_for = {each.casefold() for record in others_records for each, _ in record.named_representatives}
    # A parent who represents somebody since is a parent on the lines of before.
    asking_for -= {each.casefold() for record in others_records for each in record.ever_guardians}

    @cache
    def guardians_named(person: str) -> frozenset[str]:
        return _guardians_named(unit, own, person)

    def told(text: str | None) -> str | None:
        return others.without(text) if text else text

    def party(who: str | None) -> str | None:
        role, _, person = (who or "").partition(":")
        if role not in FAMILY and person.casefold() not in theirs:
            # The record names the parties (34 CFR 99.32(a)(3)(i)). A name like that of another student's guardian is no proof
            # that it is that person, and an officer or a reporter is named as any other. Whom else the text names is no party.
            return whole.but_for(guardians_named(person)).without(who) if who else who
        if role == "eligible_student" or person.casefold() not in theirs:
            return told(who)
        return f"{role}:{FOR_ANOTHER_FAMILY if person.casefold() in asking_for else ANOTHER_FAMILY}"

    for line in lines:
        yield replace(
            line,
            who=party(line.who),
            interest=told(line.interest),
            threat=told(line.threat),
            remark=told(line.remark),
        )


def _guardians_named(unit: Unit, own: StudentRecord, text: str) -> frozenset[str]:
    """Return the names of other students' guardians that a party has."""
    words = (each for each in words_of_name(text) if len(each) >= _LEAST_LETTERS)
    found = {student for word in words for student in unit.people.find_by_guardian(word)} - {own.id}
    records = unit.people.students_of(found).values()
    names = (name for each in records for _, name in each.named_guardians)
    return frozenset(name for name in names if is_named_in(name, text))


def _is_school_untold(attempt: _Attempt, own: str, attempts: Mapping[str, _Attempt], ended: Ended | None) -> bool:
    """Whether another school asked for a recording of several students, and perhaps not for this one's record.

    It asks where somebody goes to, which the others' families are not told (34 CFR 99.3, "personally identifiable information";
    99.30). It is this student's who is named, who alone is in it or who is given to it, and everybody's where it was refused.
    """
    share = attempt.share
    is_alone = attempt.people <= {own}
    if not _is_school(attempt) or is_alone or own in (share.get("names") or ()) or ended is None:
        return False
    about_own = any(own in (attempts[each].decision.get("basis") or {}) for each in ended.by if each in attempts)
    return ended.how == "waiting" or (ended.how == "given" and not about_own)


def _without_schools(unit: Unit, own: StudentRecord, lines: Sequence[Line], untold: Collection[str]) -> Iterator[Line]:
    """Yield lines without the school of somebody else in it: only their own family is told which.

    So it is where it asked in one of the `untold` shares, and where somebody else in the recording is kept from somebody.
    """
    kept = _kept_from_somebody(unit, own, lines)
    for line in lines:
        is_own = line.what == "handed over" and _OWN_SCHOOL in line.clauses
        if (line.recording in kept or line.share in untold) and is_of_school(line.who) and not is_own:
            yield replace(line, who=_SCHOOL, remark=_HOW.sub(r"\1", line.remark or "") or None)
        else:
            yield line


def is_of_school(who: str | None) -> bool:
    """Whether it is another school, which tells where a student is now."""
    return (who or "").partition(":")[0] == _SCHOOL


def _kept_from_somebody(unit: Unit, own: StudentRecord, lines: Iterable[Line]) -> set[str]:
    """Return those recordings that another school asked for with another student in them who is kept from somebody.

    Of such a student where they are is told nobody but their own family and the custodian (RSMo 452.375, 589.664).
    """
    asked = {each.recording for each in lines if each.recording is not None and is_of_school(each.who)}
    found = set()
    for version in asked:
        stored = unit.assets.by_id(version)
        others = (stored.tagging.students | stored.machine.students) - {own.id} if stored else set()
        records = unit.people.students_of(others).values()
        if any(each.will_be_protected(date.min) or each.limits_from(date.min) for each in records):
            found.add(version)
    return found
