"""A request as the law sees it: its clocks, its fee, what may happen with it next, and where it stands. Pure.

`CLOCKS` holds each clock with its term and source; the table in docs/requests.md is made from it. Everything follows from
the request and its events: days are counted anew each time (`sharing/due_dates.py`). Keeping and finding requests is in
`request_register.py`, what was withheld in `exemption_log.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from typing import Any, ClassVar, Literal, TypeVar, get_args

from dam_plugin.errors import InputError
from dam_plugin.model import Actor, Recipient
from dam_plugin.procedure.exceptions import FAMILY, OTHER_SCHOOL, SecretBy
from dam_plugin.procedure.outside import joined_provisions
from dam_plugin.pseudonyms import SHARE, is_destruction_id
from dam_plugin.settings import Fees
from dam_plugin.sharing.check_request import check_division, check_guardian_id
from dam_plugin.sharing.closed_records import check_names_law
from dam_plugin.sharing.due_dates import (
    AT_ONCE_BEFORE_AMENDMENT_HEARING,
    AT_ONCE_BEFORE_RETURN,
    BEFORE_AMENDMENT_HEARING,
    BEFORE_HEARING,
    BEFORE_MEETING,
    BEFORE_RETURN,
    DAY_GIVEN,
    INSPECTION,
    REASONABLE,
    RETURN_DAY,
    SUNSHINE,
    TRANSFER,
    WRITTEN_REASONS,
    DueDay,
    Term,
    due_before,
    due_day,
    in_words,
)
from dam_plugin.sharing.file_referral import REFERRAL_KINDS
from dam_plugin.sharing.finding_kinds import EvidenceFile
from dam_plugin.sharing.join_request import FOUND_SETTLED, JOINED, REOPENED, STUDENT_CORRECTED
from dam_plugin.sharing.secret_order import DIVISION
from dam_plugin.store import RequestEvent, StoredRequest
from dam_plugin.store.codec import from_plain, to_plain
from dam_plugin.store.requests import (
    AMENDMENT_ASKED,
    FOUND_LATER,
    MEETING_SET,
    ORDER_ENDED,
    ORDER_NARROWED,
    ORDER_NOTED,
    ORDER_VERIFIED,
    ORDER_WIDENED,
    RECEIVED,
    WAITING,
)
from dam_tagging.names.same_name import is_same_name, may_be_same_name

Channel = Literal["letter", "email", "counter", "telephone", "web-form", "staff"]
WantedAs = Literal["view", "copy"]
Outcome = Literal[
    "granted",
    "partly",
    "denied",
    "no-such-record",
    "lost",
    "rights-passed",
    "amended",
    "not-amended",
    "withdrawn",
    "referred-elsewhere",
]
State = Literal["open", "delayed", Outcome]
AppealTo = Literal["attorney-general", "board", "court", "student-privacy-policy-office"]
MeetingKind = Literal["iep", "hearing", "resolution"]
Paper = Literal["subpoena", "judicial_order"]
AmendedAs = Literal["amended", "not-amended"]
ClockName = Literal[
    "amendment",
    "amendment-decision",
    "amendment-hearing",
    "answer",
    "availability",
    "division",
    "found-later",
    "hearing",
    "inspection",
    "meeting",
    "notice",
    "reasons",
    "return",
    "transfer",
]
CHANNELS: tuple[str, ...] = get_args(Channel)
WANTED_AS: tuple[str, ...] = get_args(WantedAs)
OUTCOMES: tuple[str, ...] = get_args(Outcome)
STATES: tuple[str, ...] = get_args(State)
APPEALS_TO: tuple[str, ...] = get_args(AppealTo)
MEETING_KINDS: tuple[str, ...] = get_args(MeetingKind)
PAPER_KINDS: tuple[str, ...] = get_args(Paper)
AMENDED_AS: tuple[str, ...] = get_args(AmendedAs)
# How a request to amend a record is closed: `rights-passed` and `denied` are for whoever has no right to have it amended.
_OF_AMENDMENT: tuple[Outcome, ...] = (
    "amended",
    "not-amended",
    "rights-passed",
    "denied",
    "withdrawn",
    "referred-elsewhere",
)
# Outcomes that withhold something from the person who asked: the written reasons cite the provision.
WITHHELD: tuple[str, ...] = ("partly", "denied")
LONGEST_TEXT = 2_000
MOST_MINUTES = 60 * 24 * 365
MOST_PAGES = 1_000_000
MOST_CENTS = 100_000_000
_MINUTES_AN_HOUR = 60
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One clock of a request: what has to be done until it ends, when it begins and stops, and its term."""

    called: str
    means: str
    begins: str
    stops: str
    term: Term

    @property
    def in_full(self) -> str:
        """The duty, in full."""
        return f"{self.called}: {self.means}" if self.means else self.called

    @property
    def due_words(self) -> str:
        """The due date in words."""
        return self.term.words


# The clocks of a subpoena or a court's order, which wait while a court stays it.
OF_ORDERS: tuple[ClockName, ...] = ("notice", "return")
# In the order in which clocks of the same day are listed.
CLOCKS: Mapping[ClockName, ClockRule] = {
    "answer": ClockRule(
        "act on it",
        "give access, deny it, or explain the delay",
        "the request comes, or is made again, and is no subpoena and no court's order; with its old day, where it is found "
        "to be none",
        "it is closed, or the delay is explained",
        SUNSHINE,
    ),
    "notice": ClockRule(
        "tell the families of the order",
        "a reasonable effort, before it is answered",
        "the return day of a subpoena or a court's order is known, and the families are told of it",
        "they were told, or it is closed",
        BEFORE_RETURN,
    ),
    "return": ClockRule(
        "answer the order",
        "on the return day, or go to the court before it",
        "the return day of a subpoena or a court's order is known",
        "it is closed",
        RETURN_DAY,
    ),
    "division": ClockRule(
        "answer the Children's Division",
        "it may be about a report",
        "the Children's Division asks, or asks again",
        "it is closed",
        REFERRAL_KINDS["review"].term,
    ),
    "availability": ClockRule(
        "have it available", "", "a delay is explained, with the earliest day", "it is closed", DAY_GIVEN
    ),
    "reasons": ClockRule(
        "give the written reasons",
        "a statement that cites the provision of law",
        "whoever was denied asks for them; where they asked before, it is denied, whole or in part",
        "they are given, or no longer asked for; it runs on when the request is reopened",
        WRITTEN_REASONS,
    ),
    "found-later": ClockRule(
        "look at what was found later",
        "reopen it and answer, or say why it is not what was asked for",
        "a look finds a student about whom a family asked in words, in a recording that the library had when it was closed",
        "it is reopened, or it is said why not (`request found`)",
        replace(REFERRAL_KINDS["found_later"].term, source="the plugin's own rule, for 34 CFR 99.10(a), (e)"),
    ),
    "hearing": ClockRule(
        "let the family see it in time for the hearing",
        "a due process hearing",
        "a family asks, and the day of such a hearing is known",
        "it is closed",
        BEFORE_HEARING,
    ),
    "meeting": ClockRule(
        "let the family see it before the meeting",
        "an IEP meeting or a resolution session",
        "a family asks, and the day of such a meeting is known",
        "it is closed",
        BEFORE_MEETING,
    ),
    "amendment": ClockRule(
        "decide whether to amend the record",
        "and tell the family; of a refusal, also of its right to a hearing",
        "a family asks to amend a record, or asks again",
        "it is closed",
        REASONABLE,
    ),
    "amendment-hearing": ClockRule(
        "tell the family when and where the hearing is",
        "its date, time and place, in advance, by the letter `hearing-notice`",
        "a family asks for a hearing, since the record is not amended, which is held by that day too; once it is set, the last "
        "business day before it is its end, where that is sooner; one that moves, or whose right passes to the student before "
        "it, is told anew",
        "the notice of the hearing that is set went out, or the family was told otherwise, or no longer wants it",
        replace(REASONABLE, source="34 CFR 99.22(a), (b)"),
    ),
    "amendment-decision": ClockRule(
        "decide in writing after the hearing",
        "on the evidence presented there alone, with a summary of it and the reasons",
        "the hearing is held",
        "the decision is made, or the family no longer wants it",
        replace(REASONABLE, source="34 CFR 99.22(e), (f)"),
    ),
    "inspection": ClockRule(
        "let the family see it",
        "",
        "a parent or an eligible student asks, or asks again",
        "it is closed",
        INSPECTION,
    ),
    "transfer": ClockRule(
        "answer the other school", "", "another school asks, or asks again", "it is closed", TRANSFER
    ),
}
# Meetings as people read them.
MEETING_WORDS: Mapping[MeetingKind, str] = {
    "iep": "IEP meeting",
    "hearing": "due process hearing",
    "resolution": "resolution session",
}
# The clocks whose days the district may set (`reasonable_days`).
_REASONABLE: tuple[ClockName, ...] = ("amendment", "amendment-hearing", "amendment-decision")
# Those of the hearing on a record that is not amended.
_HEARINGS: tuple[ClockName, ...] = ("amendment-hearing", "amendment-decision")
# Papers as people read them.
PAPER_WORDS: Mapping[Paper, str] = {"subpoena": "subpoena", "judicial_order": "court's order"}
# What a family has to have seen: of these clocks an answer without a single recording meets none.
_SHOWN: tuple[ClockName, ...] = ("availability", "hearing", "meeting", "inspection")
# States as people read them.
STATE_WORDS: Mapping[State, str] = {
    "open": "open",
    "delayed": "delayed",
    "granted": "granted",
    "partly": "granted in part",
    "denied": "denied",
    "no-such-record": "no such record",
    "lost": "lost after it was asked for",
    "rights-passed": "the rights passed to the student",
    "amended": "the record is amended",
    "not-amended": "the record is not amended",
    "withdrawn": "withdrawn",
    "referred-elsewhere": "referred elsewhere",
}


# What can happen


@dataclass(frozen=True, slots=True)
class Received:
    """It came in; `due` are the days as they were told then.

    `students`: where a family's words name nobody, its own by what was on file then. A roster that drops a guardian since
    takes nothing from what the request holds (34 CFR 99.10(e)).
    """

    kind: ClassVar[str] = RECEIVED
    due: dict[str, date] = field(default_factory=dict)
    students: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceivedAsked:
    """A first person says that it came later than was entered; its days stay until a second one says the same."""

    kind: ClassVar[str] = "received-asked"
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class ReceivedCorrected:
    """It came at another moment than was entered (`was`), and why that was wrong; `due` are its days, counted from then."""

    kind: ClassVar[str] = "received-corrected"
    at: datetime
    why: str
    was: datetime | None = None
    due: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assigned:
    """It was given to a member of staff, or taken over; also once it is closed: what comes in then has its days as well."""

    kind: ClassVar[str] = "assigned"
    owner: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Shares and referrals that answer it."""

    kind: ClassVar[str] = JOINED
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delayed:
    """The explanation of a delay (RSMo 610.023.3): the detailed cause, the place, the earliest time and date.

    `late`: it was given after the day on which it was due.
    """

    kind: ClassVar[str] = "delayed"
    cause: str
    place: str
    earliest: datetime
    late: bool = False


@dataclass(frozen=True, slots=True)
class MeetingSet:
    """The day of a meeting before which the family has to see it became known, or moved; `due` is the day told then.

    `told_in` is the request of the same family that told of it; empty: this one.
    """

    kind: ClassVar[str] = MEETING_SET
    meeting: MeetingKind
    day: date
    due: dict[str, date] = field(default_factory=dict)
    told_in: str = ""


@dataclass(frozen=True, slots=True)
class OrderNoted:
    """It is a subpoena or a court's order, to be answered on its return day; `due` are the days told then.

    `no_notice`: why no family is told of it before (34 CFR 99.31(a)(9)(ii)); "" where they are.
    """

    kind: ClassVar[str] = ORDER_NOTED
    paper: Paper
    return_day: date
    no_notice: str = ""
    due: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderVerified:
    """The subpoena or court's order that it is was verified as lawfully issued (34 CFR 99.31(a)(9)(i)): by whom, and how."""

    kind: ClassVar[str] = ORDER_VERIFIED
    how: str


@dataclass(frozen=True, slots=True)
class OrderEnded:
    """It is no subpoena and no court's order after all, and why; its own days run again, which `due` has."""

    kind: ClassVar[str] = ORDER_ENDED
    why: str
    due: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderNarrowed:
    """The court struck these recordings (keys) from the order, which does not reach them from then on; `file`: its paper."""

    kind: ClassVar[str] = ORDER_NARROWED
    recordings: tuple[str, ...]
    why: str
    file: EvidenceFile | None = None


@dataclass(frozen=True, slots=True)
class OrderWidened:
    """The order reaches these recordings (keys) again, and why; `file`: the paper."""

    kind: ClassVar[str] = ORDER_WIDENED
    recordings: tuple[str, ...]
    why: str
    file: EvidenceFile | None = None


@dataclass(frozen=True, slots=True)
class FamiliesTold:
    """Every family whom the order is about was told of it, or a reasonable effort was made, and how.

    `students` are those who were known then, for whom it is said; null: the efforts on file say whose families were told.
    """

    kind: ClassVar[str] = "families-told"
    how: str
    students: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class FamiliesLeft:
    """A family of the order is to be told after all: a student was found since, came of age, or a recording came to it."""

    kind: ClassVar[str] = "families-left"


@dataclass(frozen=True, slots=True)
class AskedToo:
    """Its letter asks for something else beside it, which is `entered_as` a request of its own, with its own days.

    `text`: what is wrong with a record that a family asks to amend; null: it asks by the Sunshine Law, beside an order.
    """

    kind: ClassVar[str] = "asked-too"
    text: str | None = None
    entered_as: str = ""


@dataclass(frozen=True, slots=True)
class AmendmentAsked:
    """It asks to amend a record, and to see nothing (34 CFR 99.20(a)).

    `text`: what is inaccurate or misleading, or violates the student's privacy.
    """

    kind: ClassVar[str] = AMENDMENT_ASKED
    text: str
    due: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HearingAsked:
    """The family asks for a hearing, since the record is not amended (34 CFR 99.21(a)); `due` is the day told then.

    `asker` is who asks for it, an id; empty: whoever made the request.
    """

    kind: ClassVar[str] = "hearing-asked"
    due: dict[str, date] = field(default_factory=dict)
    asker: str = ""


@dataclass(frozen=True, slots=True)
class HearingSet:
    """The date, time and place of the hearing are set, and who holds it; the family is told of them (34 CFR 99.22(b), (c)).

    `officer` is a name, empty in what an earlier version kept. `another_person`: of a name like that of who refused the
    amendment, and somebody else.
    """

    kind: ClassVar[str] = "hearing-set"
    at: datetime
    place: str
    due: dict[str, date] = field(default_factory=dict)
    officer: str = ""
    another_person: bool = False


@dataclass(frozen=True, slots=True)
class HearingTold:
    """The family was told of the date, time and place of the hearing that is set, and how (34 CFR 99.22(b))."""

    kind: ClassVar[str] = "hearing-told"
    how: str


@dataclass(frozen=True, slots=True)
class HearingNotWanted:
    """The family no longer wants the hearing, and how that is known; `asker` as in `HearingAsked`."""

    kind: ClassVar[str] = "hearing-not-wanted"
    why: str
    asker: str = ""


@dataclass(frozen=True, slots=True)
class HearingDecided:
    """The written decision after the hearing, with the evidence in short and the reasons (34 CFR 99.22(e), (f)).

    `officer` is who held the hearing; `another_person` as in `HearingSet`.
    """

    kind: ClassVar[str] = "hearing-decided"
    outcome: AmendedAs
    why: str
    officer: str = ""
    another_person: bool = False


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One line of an estimate: what, how many, cents each or an hour, and the cents that come of it; `why` where none does."""

    what: str
    count: int
    rate: int
    cents: int
    source: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Estimated:
    """An estimate of the fee, by the rates that held then."""

    kind: ClassVar[str] = "estimated"
    lines: tuple[FeeLine, ...]

    @property
    def cents(self) -> int:
        """The whole estimate."""
        return sum(each.cents for each in self.lines)


@dataclass(frozen=True, slots=True)
class DepositAsked:
    """So many cents were asked for before copies are made (RSMo 610.026.2)."""

    kind: ClassVar[str] = "deposit-asked"
    cents: int


@dataclass(frozen=True, slots=True)
class Paid:
    """So many cents were paid."""

    kind: ClassVar[str] = "paid"
    cents: int


@dataclass(frozen=True, slots=True)
class FeeWaived:
    """No fee is taken, and why: it would keep a family from inspecting, or the public interest (RSMo 610.026.1(1))."""

    kind: ClassVar[str] = "fee-waived"
    why: str


@dataclass(frozen=True, slots=True)
class ReasonsAsked:
    """Whoever asks wants the written reasons of a denial (RSMo 610.023.4); `due` is the day that was stated then.

    A request may ask for them already, as many letters do: they are owed once it is denied.
    """

    kind: ClassVar[str] = "reasons-asked"
    due: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReasonsGiven:
    """The written reasons were given, with the provisions that they cite."""

    kind: ClassVar[str] = "reasons-given"
    provisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReasonsNotWanted:
    """The denied person no longer asks for the written reasons, and how that is known."""

    kind: ClassVar[str] = "reasons-not-wanted"
    why: str


@dataclass(frozen=True, slots=True)
class Appealed:
    """An appeal or a complaint: its recipient, and the words of the person who asked."""

    kind: ClassVar[str] = "appealed"
    to: AppealTo
    text: str


@dataclass(frozen=True, slots=True)
class AppealOverAsked:
    """A first person says that every appeal and complaint is over, and why; the recordings are held until a second one does."""

    kind: ClassVar[str] = "appeal-over-asked"
    why: str


@dataclass(frozen=True, slots=True)
class AppealOver:
    """Every appeal and complaint is over, and how it ended; until then the recordings are held (34 CFR 99.10(e))."""

    kind: ClassVar[str] = "appeal-over"
    why: str


@dataclass(frozen=True, slots=True)
class Closed:
    """It was answered: the outcome, how, and the provisions by which something is withheld.

    `not_about` are recordings (`R-…`), students and destructions (`ds-…`) of which the custodian found that it is not about
    them.
    `tried` is what was done to get back what was lost, and that the attorney was asked; it belongs to the outcome `lost`.
    `advised` is what the district's attorney said of a ground by which a record is withheld from its own family.
    `record_shown`: a family asked for the record of disclosures alone, and was shown it (34 CFR 99.32(c)).
    """

    kind: ClassVar[str] = "closed"
    outcome: Outcome
    why: str
    provisions: tuple[str, ...] = ()
    not_about: tuple[str, ...] = ()
    tried: str = ""
    advised: str = ""
    record_shown: bool = False


@dataclass(frozen=True, slots=True)
class Reopened:
    """It is worked on again, and why; `due` are the days as they were told then.

    `asked_again` is the day on which whoever asked did so anew, from which the clocks run. Null: nobody did, as where the
    office closed it by mistake; then the days from before stand (34 CFR 99.10(b): "after it has received the request").
    `astray` are the shares by which it was closed and that went to somebody else: by these nothing was given.
    """

    kind: ClassVar[str] = REOPENED
    why: str
    due: dict[str, date] = field(default_factory=dict)
    asked_again: date | None = None
    astray: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundLater:
    """A look found these students, about whom it asks, in a recording (`R-…`) that the library had when it was closed."""

    kind: ClassVar[str] = FOUND_LATER
    students: tuple[str, ...]
    recording: str
    due: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundSettled:
    """What was found later is not what was asked for, or is wanted no more, and why; `recordings` (`R-…`) are all of it."""

    kind: ClassVar[str] = FOUND_SETTLED
    why: str
    recordings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StudentCorrected:
    """Two people said that it was entered for the wrong student; `stands`: that it was right after all."""

    kind: ClassVar[str] = STUDENT_CORRECTED
    student: str
    stands: bool = False


@dataclass(frozen=True, slots=True)
class SealClaimed:
    """It is said to be about an order that forbids telling, and sealed from then on: the ground, and the copy of the paper."""

    kind: ClassVar[str] = "seal-claimed"
    secret_by: SecretBy
    file: EvidenceFile


@dataclass(frozen=True, slots=True)
class SealConfirmed:
    """A second person has confirmed it."""

    kind: ClassVar[str] = "seal-confirmed"
    secret_by: SecretBy


@dataclass(frozen=True, slots=True)
class UnsealAsked:
    """A first person wants a confirmed seal to end, and why."""

    kind: ClassVar[str] = "unseal-asked"
    why: str


@dataclass(frozen=True, slots=True)
class Unsealed:
    """It is back on every page, and why."""

    kind: ClassVar[str] = "unsealed"
    why: str


Happening = (
    Received
    | Assigned
    | ReceivedAsked
    | ReceivedCorrected
    | Joined
    | Delayed
    | MeetingSet
    | OrderNoted
    | OrderVerified
    | OrderEnded
    | OrderNarrowed
    | OrderWidened
    | FamiliesTold
    | AskedToo
    | FamiliesLeft
    | AmendmentAsked
    | HearingAsked
    | HearingSet
    | HearingTold
    | HearingNotWanted
    | HearingDecided
    | Estimated
    | DepositAsked
    | Paid
    | FeeWaived
    | ReasonsAsked
    | ReasonsGiven
    | ReasonsNotWanted
    | Appealed
    | AppealOverAsked
    | AppealOver
    | Closed
    | Reopened
    | FoundLater
    | FoundSettled
    | StudentCorrected
    | SealClaimed
    | SealConfirmed
    | UnsealAsked
    | Unsealed
)


def words_of(happening: Happening) -> tuple[str, ...]:
    """Return the free texts of what happened."""
    match happening:
        case Delayed():
            return happening.cause, happening.place
        case OrderVerified() | FamiliesTold() | HearingTold():
            return (happening.how,)
        case (
            OrderNoted(no_notice=text)
            | HearingSet(place=text)
            | Appealed(text=text)
            | AmendmentAsked(text=text)
            | AskedToo(text=str() as text)
        ):
            return (text,)
        case Closed():
            return happening.why, happening.tried, happening.advised
        case (
            FeeWaived()
            | AppealOverAsked()
            | AppealOver()
            | ReceivedAsked()
            | ReceivedCorrected()
            | Reopened()
            | OrderEnded()
            | OrderNarrowed()
            | OrderWidened()
            | FoundSettled()
            | HearingNotWanted()
            | HearingDecided()
        ):
            return (happening.why,)
    return ()


HAPPENINGS: Mapping[str, type[Happening]] = {each.kind: each for each in get_args(Happening)}


def content_of(event: RequestEvent) -> Happening:
    """Return what an event says. Raises StoreError where it is damaged."""
    return from_plain(HAPPENINGS[event.kind], event.content)


def plain_content(happening: Happening) -> dict[str, Any]:
    """Return what happened as plain data."""
    plain: dict[str, Any] = to_plain(happening)
    return plain


@dataclass(frozen=True, slots=True)
class SealState:
    """The seal of a request: who claimed it, who confirmed it, and who wants it to end; null: nobody."""

    claimed: RequestEvent | None = None
    confirmed: RequestEvent | None = None
    ending: RequestEvent | None = None

    @property
    def is_claim(self) -> bool:
        """Whether no second person has confirmed it yet."""
        return self.claimed is not None and self.confirmed is None


def seal_of(events: Iterable[RequestEvent]) -> SealState:
    """Return the state of a request's seal by its events; nobody claimed it where the queue sealed it."""
    state = SealState()
    for each in events:
        if each.kind == SealClaimed.kind:
            state = SealState(each)
        elif each.kind == SealConfirmed.kind:
            state = SealState(state.claimed, each)
        elif each.kind == UnsealAsked.kind:
            state = SealState(state.claimed, state.confirmed, each)
        elif each.kind == Unsealed.kind:
            state = SealState()
    return state


# Where a request stands


@dataclass(frozen=True, slots=True)
class Calendar:
    """The district's days: its time zone, its holidays, and within how many days a record is amended."""

    zone: tzinfo | None
    holidays: Collection[date]
    reasonable_days: int = REASONABLE.days

    def day(self, moment: datetime) -> date:
        """Return the district's day of a moment."""
        return moment.astimezone(self.zone).date()

    def term(self, name: ClockName) -> Term:
        """Return the term of a clock, with the days that the district has set."""
        term = CLOCKS[name].term
        return replace(term, days=self.reasonable_days) if name in _REASONABLE else term


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock: its rule, how its day comes about, and the day on which it stopped (null: it runs).

    `was_told` is the day that was told at first, where it has moved since: the holidays of the settings changed. `met`: what
    it asks for was done when it stopped.
    """

    name: ClockName
    due: DueDay
    stopped: date | None = None
    was_told: date | None = None
    met: bool = False

    @property
    def rule(self) -> ClockRule:
        """The rule of this clock."""
        return CLOCKS[self.name]

    @property
    def sentence(self) -> str:
        """How its day came about, and that it moved."""
        moved = f" It was {in_words(self.was_told)} at first: the calendar changed." if self.was_told else ""
        return f"{self.due.sentence}{moved}"

    def is_late(self, today: date) -> bool:
        """Whether it stopped, or runs still, after its day."""
        return (self.stopped or today) > self.due.day


@dataclass(frozen=True, slots=True)
class FeeState:
    """The state of the fee, in cents: the last estimate, the requested deposit, the payments, and the reason for a waiver."""

    estimate: Estimated | None = None
    deposit: int | None = None
    paid: int = 0
    waived: str | None = None

    @property
    def owed(self) -> int:
        """The unpaid part of the estimate."""
        return 0 if self.waived is not None or self.estimate is None else max(self.estimate.cents - self.paid, 0)


@dataclass(frozen=True, slots=True)
class Told:
    """An event, with its moment and the person who recorded it."""

    on: datetime
    by: Actor
    what: Happening


@dataclass(frozen=True, slots=True)
class RequestStatus:
    """Where a request stands: its state, whose it is, every clock, the fee, and the last delay, closing and appeals.

    `appeals` are those that are not over, `appeals_over` the others, each with its end. `parts` are the shares and
    referrals that answer it. `asked_again` is the day on which it was made anew after a closing, null where it was not.
    `meeting` is the last day of those before which the family has to see what it asked for: a hearing stays ahead once it was
    answered or withdrawn (34 CFR 300.613(a)). `may_contest_until`: so long does a record that is not amended wait for the
    family to ask for a hearing, or to place its statement with it (34 CFR 99.21). `order` is the subpoena or court's order
    that it is, `order_verified` who verified it (null: nobody, by the register alone), and `families_told` how the families
    were told of it. `told_by_hand` are the days on which somebody said so of a student's family, without efforts on file;
    `families_left` whom it waits for, as far as is known now. `not_reached` are the recordings (keys) that the court struck
    from the order, each with who noted it. `wrong_students` are those for whom it was entered by mistake.
    `reasons_wanted`: the written reasons of a denial were asked for, and it was not denied yet.
    `found_later`: whom a look found since it was closed, while the custodian has not looked at that.
    `asked_too` is what its letter asks beside it.
    `amendment`: it asks to amend a record; `hearing` is the one that was set for that, `hearing_told` how the
    family was told of it, and `hearing_decision` what it led to. `hearing_by` is the day by which it is held, and
    `hearing_untold` are the students to whom the right passed after the family was told, as far as is known now.
    """

    state: State
    owner: str | None
    clocks: tuple[Clock, ...]
    fee: FeeState
    delay: Told | None = None
    closing: Told | None = None
    appeals: tuple[Told, ...] = ()
    appeals_over: tuple[tuple[Told, Told], ...] = ()
    appeal_ending: Told | None = None
    reasons: Told | None = None
    reasons_wanted: Told | None = None
    parts: tuple[str, ...] = ()
    meeting: date | None = None
    may_contest_until: date | None = None
    asked_again: date | None = None
    order: Told | None = None
    order_verified: Told | None = None
    families_told: Told | None = None
    told_by_hand: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    families_left: tuple[str, ...] = ()
    not_reached: Mapping[str, Told] = field(default_factory=dict)
    wrong_students: tuple[str, ...] = ()
    asked_too: tuple[AskedToo, ...] = ()
    amendment: Told | None = None
    hearing: Told | None = None
    hearing_told: Told | None = None
    hearing_decision: Told | None = None
    hearing_by: date | None = None
    hearing_untold: tuple[str, ...] = ()
    found_later: Told | None = None

    @property
    def in_words(self) -> str:
        """Its state in words; of an order that nobody has to answer any more, also that a court may have quashed it."""
        is_order = self.order is not None and self.state == "withdrawn"
        return "withdrawn or quashed" if is_order else STATE_WORDS[self.state]

    @property
    def hearing_set(self) -> HearingSet | None:
        """The hearing that was set; None where there is none."""
        held = self.hearing.what if self.hearing is not None else None
        return held if isinstance(held, HearingSet) else None

    @property
    def tells_families(self) -> bool:
        """Whether it waits as an order of which families are told; a sealed request is none."""
        order = self.order.what if self.order is not None else None
        return self.is_open and isinstance(order, OrderNoted) and not order.no_notice

    @property
    def waits_for_notice(self) -> bool:
        """Whether the families of its order are still to be told, by the register."""
        return any(each.name == "notice" for each in self.running)

    @property
    def held_until_return(self) -> date | None:
        """The return day of an order that was closed and not answered: what it asks for is held until then. None otherwise.

        Who served it may withdraw it: then nobody asks for it any more.
        """
        order = self.order.what if self.order is not None else None
        is_over = self.is_open or self.state in ("granted", "partly", "withdrawn")
        return order.return_day if isinstance(order, OrderNoted) and not is_over else None

    @property
    def is_appealed(self) -> bool:
        """Whether an appeal or a complaint is not over."""
        return bool(self.appeals)

    @property
    def is_contested(self) -> bool:
        """Whether an appeal, a complaint, or a hearing on a record that is not amended is not over (34 CFR 99.21)."""
        return self.is_appealed or any(each.name in _HEARINGS for each in self.running)

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.state in WAITING

    @property
    def running(self) -> tuple[Clock, ...]:
        """The clocks that run, the next one to end first."""
        order = list(CLOCKS)
        return tuple(
            sorted(
                (each for each in self.clocks if each.stopped is None),
                key=lambda each: (each.due.day, order.index(each.name)),
            )
        )

    @property
    def next(self) -> Clock | None:
        """The clock that ends next."""
        return next(iter(self.running), None)

    def is_overdue(self, today: date) -> bool:
        """Whether a clock has run out that still runs."""
        return self.next is not None and self.next.is_late(today)

    @property
    def outcome(self) -> Closed | None:
        """How it was answered, while it is closed."""
        closed = self.closing.what if self.closing and not self.is_open else None
        return closed if isinstance(closed, Closed) else None


def status_of(request: StoredRequest, events: Iterable[RequestEvent], calendar: Calendar) -> RequestStatus:
    """Return where a request stands, by its events (oldest first) and the district's calendar of today."""
    course = _Course(request, calendar)
    for _, told in _passing(events, calendar):
        course.take(told)
    return course.status()


def days_anew(request: StoredRequest, events: Sequence[RequestEvent], calendar: Calendar) -> dict[str, date]:
    """Return the days of the clocks that began when a request came, counted from then by the calendar of today, by clock."""
    course, came = _Course(request, calendar), calendar.day(request.received_at)
    for _, told in _passing(events, calendar, {}):
        course.take(told)
    return {each.name: each.due.day for each in course.status().clocks if each.due.start == came}


def _passing(
    events: Iterable[RequestEvent], calendar: Calendar, due: Mapping[str, date] | None = None
) -> Iterator[tuple[RequestEvent, Told]]:
    """Yield events with what happened; the days as they were told when it came are these, or as they were corrected last."""
    events = list(events)
    if due is None:
        corrected = [content_of(each) for each in events if each.kind == ReceivedCorrected.kind]
        due = next((each.due for each in reversed(corrected) if isinstance(each, ReceivedCorrected)), None)
    for event in events:
        what = content_of(event)
        if due is not None and isinstance(what, Received | AmendmentAsked):
            what = replace(what, due={**(what.due if due else {}), **due})
        yield event, Told(event.on.astimezone(calendar.zone), event.by, what)


def days_pending(request: StoredRequest, events: Iterable[RequestEvent], calendar: Calendar) -> list[tuple[date, date]]:
    """Return the days on which a request was pending, as stretches of a first and a last day (34 CFR 99.10(e)).

    It is while it waits for an answer, while an appeal or a hearing is not over, and while what was found later waits for a
    look. What was entered late was pending from the day on which it came; what is reopened with its old days was pending all
    along, whatever it was closed as: nobody asked anew.
    """
    found: list[tuple[date, date]] = []
    course, since = _Course(request, calendar), calendar.day(request.received_at)
    is_pending, closed = True, since
    for event, told in _passing(events, calendar):
        day, what = calendar.day(event.at), told.what
        course.take(told)
        status = course.status()
        is_now = status.is_open or status.is_contested or status.found_later is not None
        if is_now is not is_pending:
            is_pending = is_now
            since, found = (day, found) if is_now else (since, [*found, (since, day)])
        if isinstance(what, Closed):
            closed = day
        elif isinstance(what, Reopened) and what.asked_again is None:
            while found and found[-1][1] >= closed:
                since, _ = found.pop()
    return [*found, (since, date.max)] if is_pending else found


def clocks_at_first(request: StoredRequest, calendar: Calendar) -> dict[str, date]:
    """Return the days that are told when a request comes, by clock."""
    course = _Course(request, calendar)
    return {each.name: each.due.day for each in course.status().running}


def days_told(
    request: StoredRequest, events: Sequence[RequestEvent], new: RequestEvent, calendar: Calendar
) -> dict[str, date]:
    """Return the days of the clocks that an event begins, by clock."""
    before = {each.name: each.due.start for each in status_of(request, events, calendar).running}
    after = status_of(request, [*events, new], calendar).running
    return {each.name: each.due.day for each in after if before.get(each.name) != each.due.start}


@dataclass(frozen=True, slots=True)
class _BeforeClosing:
    """What a closing ended: the state and the delay until then, the clocks that ran, and how many had ended by then."""

    state: State
    delay: Told | None
    clocks: Mapping[ClockName, Clock]
    ended: int


@dataclass(frozen=True, slots=True)
class _BeforeOrder:
    """What the first note of an order ended: the state until then, and the clocks of the Sunshine Law that ran."""

    state: State
    clocks: Mapping[ClockName, Clock]


# The clocks of the Sunshine Law, which do not run for a subpoena or a court's order.
_SUNSHINE: tuple[ClockName, ...] = ("answer", "availability")


class _Course:
    """The course of a request while its events pass by."""

    def __init__(self, request: StoredRequest, calendar: Calendar) -> None:
        self._request = request
        self._calendar = calendar
        self._ended: list[Clock] = []
        self._running: dict[ClockName, Clock] = {}
        self._state: State = "open"
        self._owner: str | None = None
        self._fee = FeeState()
        self._delay: Told | None = None
        self._closing: Told | None = None
        self._before: _BeforeClosing | None = None
        self._asked_again: date | None = None
        self._appeals: list[Told] = []
        self._appeals_over: list[tuple[Told, Told]] = []
        self._appeal_ending: Told | None = None
        self._reasons: Told | None = None
        self._reasons_wanted: Told | None = None
        self._parts: dict[str, None] = {}
        # The day of each meeting, and the day on which it was known of.
        self._meetings: dict[MeetingKind, tuple[date, date]] = {}
        if request.meeting is not None:
            self._meetings[_meeting_kind(request)] = request.meeting, calendar.day(request.received_at)
        self._order: Told | None = None
        self._before_order: _BeforeOrder | None = None
        self._order_verified: Told | None = None
        self._families_told: Told | None = None
        # The return day of the order of which the families were told.
        self._told_for: date | None = None
        self._by_hand: dict[str, tuple[date, ...]] = {}
        self._not_reached: dict[str, Told] = {}
        self._wrong: dict[str, None] = {}
        self._asked_too: list[AskedToo] = []
        self._amendment: Told | None = None
        self._hearing: Told | None = None
        self._hearing_told: Told | None = None
        self._hearing_decision: Told | None = None
        # The clock as it runs until a hearing is set, which is held by its day.
        self._hearing_by: Clock | None = None
        self._found_later: Told | None = None
        self._begin(calendar.day(request.received_at), {})

    def take(self, told: Told) -> None:  # noqa: C901, PLR0912, PLR0915 - one branch for each thing that can happen
        """Let one event pass by."""
        day = self._calendar.day(told.on)
        match told.what:
            case Received(due, _):
                self._begin(self._calendar.day(self._request.received_at), due)
            case Assigned(owner):
                self._owner = owner
            case Joined(parts):
                self._parts.update(dict.fromkeys(parts))
            case Delayed():
                self._stop("answer", on=day, met=True)
                self._stop("availability", on=day)
                self._start("availability", self._calendar.day(told.what.earliest))
                self._state, self._delay = "delayed", told
            case MeetingSet(meeting, held_on, due, _):
                self._meetings[meeting] = held_on, day
                self._start_meetings(due)
            case OrderNoted(paper, _, _, due):
                if self._order is not None and getattr(self._order.what, "paper", paper) != paper:
                    # Nobody has verified this paper: it was the other one.
                    self._order_verified = None
                clocks = {name: clock for name in _SUNSHINE if (clock := self._running.pop(name, None)) is not None}
                if self._order is None:
                    self._before_order = _BeforeOrder(self._state, clocks)
                self._state, self._order = "open", told
                self._tell_sooner(told.what)
                self._start_order(due)
            case OrderVerified():
                self._order_verified = told
            case OrderEnded(_, due):
                self._undo_order(due)
            case OrderNarrowed(recordings):
                self._not_reached |= dict.fromkeys(recordings, told)
            case OrderWidened(recordings):
                self._not_reached = {key: each for key, each in self._not_reached.items() if key not in recordings}
            case AskedToo():
                self._asked_too.append(told.what)
            case AmendmentAsked(_, due):
                self._amendment = told
                # Nobody asks to see anything by it.
                self._running.clear()
                self._begin(self._asked_again or self._calendar.day(self._request.received_at), due)
            case HearingAsked(due):
                self._start("amendment-hearing", day, due)
                self._hearing_by = self._running["amendment-hearing"]
                self._hearing = self._hearing_told = None
            case HearingSet(at, _, due):
                # Of one that moves the family is told anew.
                self._run_on("amendment-hearing")
                self._start_hearing_notice(self._calendar.day(at), day, due)
                self._start("amendment-decision", self._calendar.day(at), due)
                self._hearing, self._hearing_told = told, None
            case HearingTold():
                # Who holds the right now may be told after who held it.
                self._run_on("amendment-hearing")
                self._stop("amendment-hearing", on=day, met=True)
                self._hearing_told = told
            case HearingNotWanted():
                self._stop("amendment-hearing", "amendment-decision", on=day)
                self._hearing = None
            case HearingDecided(outcome):
                self._stop("amendment-hearing", on=day)
                self._stop("amendment-decision", on=day, met=True)
                self._state, self._hearing_decision = outcome, told
            case StudentCorrected(student, stands):
                self._wrong.pop(student, None)
                self._wrong |= {} if stands else {student: None}
            case FamiliesTold():
                if self._families_told is not None:
                    self._tell_anew()
                self._stop("notice", on=day, met=True)
                self._families_told = told
                self._told_for = getattr(self._order.what, "return_day", None) if self._order is not None else None
                self._by_hand |= {each: (*self._by_hand.get(each, ()), day) for each in told.what.students or ()}
            case FamiliesLeft():
                self._tell_anew()
            case Estimated():
                self._fee = FeeState(told.what, None, self._fee.paid, self._fee.waived)
            case DepositAsked(cents):
                self._fee = FeeState(self._fee.estimate, cents, self._fee.paid, self._fee.waived)
            case Paid(cents):
                self._fee = FeeState(self._fee.estimate, self._fee.deposit, self._fee.paid + cents, self._fee.waived)
            case FeeWaived(why):
                self._fee = FeeState(self._fee.estimate, None, self._fee.paid, why)
            case ReasonsAsked(due):
                denied_on = self._denied_on(day)
                # Of a denial nothing is owed before it.
                if denied_on is not None:
                    self._start("reasons", max(day, denied_on), due)
                else:
                    self._reasons_wanted = told
                self._reasons = None
            case ReasonsGiven():
                self._stop("reasons", on=day, met=True)
                self._reasons = told
            case Appealed():
                self._appeals.append(told)
                # Whoever said that all is over did not know of this one.
                self._appeal_ending = None
            case AppealOverAsked():
                self._appeal_ending = told
            case AppealOver():
                self._appeals_over += [(each, told) for each in self._appeals]
                self._appeals, self._appeal_ending = [], None
            case ReasonsNotWanted():
                self._stop("reasons", on=day)
                self._reasons_wanted = None
            case Closed():
                self._before = _BeforeClosing(self._state, self._delay, dict(self._running), len(self._ended))
                if told.what.outcome == "withdrawn":
                    self._stop("reasons", on=day)
                    self._reasons_wanted = None
                given = told.what.record_shown or (
                    told.what.outcome in ("granted", "partly") and any(map(is_share, self._parts))
                )
                acted = told.what.outcome != "withdrawn"
                self._stop("amendment", "answer", "division", "return", "transfer", on=day, met=acted)
                self._stop(*_SHOWN, on=day, met=given)
                self._stop("notice", on=day)
                if told.what.outcome not in AMENDED_AS:
                    # No hearing is held for whoever has no right to have the record amended.
                    self._stop("amendment-hearing", "amendment-decision", on=day)
                self._state, self._closing = told.what.outcome, told
                if self._reasons_wanted is not None and told.what.outcome in WITHHELD:
                    self._start("reasons", day)
                    self._reasons_wanted = None
            case FoundLater(_, _, due):
                self._start("found-later", day, due)
                self._found_later = told
            case FoundSettled():
                self._stop("found-later", on=day, met=True)
                self._found_later = None
            case Reopened(_, due, asked_again, astray):
                self._stop("found-later", on=day, met=True)
                self._found_later = None
                if asked_again is None:
                    self._undo_closing(astray)
                    return
                # The written reasons are owed of the denial that was: its day stands (RSMo 610.023.4).
                self._begin(asked_again, due)
                self._state, self._delay, self._asked_again = "open", None, asked_again
                self._before_order = None

    def status(self) -> RequestStatus:
        """Return where the request stands by now."""
        return RequestStatus(
            state=self._state,
            owner=self._owner,
            clocks=(*self._ended, *(self._running[name] for name in CLOCKS if name in self._running)),
            fee=self._fee,
            delay=self._delay,
            closing=self._closing,
            appeals=tuple(self._appeals),
            appeals_over=tuple(self._appeals_over),
            appeal_ending=self._appeal_ending,
            reasons=self._reasons,
            reasons_wanted=self._reasons_wanted,
            parts=tuple(self._parts),
            meeting=max((day for day, _ in self._meetings.values()), default=None),
            may_contest_until=self._may_contest_until(),
            asked_again=self._asked_again,
            order=self._order,
            order_verified=self._order_verified,
            families_told=self._families_told,
            told_by_hand=self._by_hand,
            not_reached=dict(self._not_reached),
            wrong_students=tuple(self._wrong),
            asked_too=tuple(self._asked_too),
            amendment=self._amendment,
            hearing=self._hearing,
            hearing_told=self._hearing_told,
            hearing_decision=self._hearing_decision,
            hearing_by=self._hearing_by.due.day if self._hearing_by is not None else None,
            found_later=self._found_later,
        )

    def _may_contest_until(self) -> date | None:
        """Return until when a record that is not amended waits for the family's next step; None where it is none."""
        refused = [each.on for each in (self._closing, self._hearing_decision) if each is not None]
        if self._state != "not-amended" or not refused:
            return None
        term = self._calendar.term("amendment-hearing")
        return due_day(term, self._calendar.day(max(refused)), self._calendar.holidays).day

    def _undo_order(self, told: Mapping[str, date]) -> None:
        """Let the clocks run, with their days, that run where there is no subpoena and no court's order."""
        self._running.pop("return", None)
        self._running.pop("notice", None)
        before = self._before_order
        self._order = self._before_order = self._order_verified = self._families_told = None
        self._told_for, self._by_hand, self._not_reached = None, {}, {}
        if before is not None and before.clocks:
            self._state = before.state
            self._running |= before.clocks
        elif self._amendment is None:
            self._start("answer", self._asked_again or self._calendar.day(self._request.received_at), told)

    def _denied_on(self, asked_on: date) -> date | None:
        """Return the day of the denial of which somebody asks for the reasons; None where it is the one that may come.

        Of a request that was reopened since it is the denial that was, unless they asked before it, or have its reasons.
        """
        closing = self._closing
        if closing is None or not isinstance(closing.what, Closed) or closing.what.outcome not in WITHHELD:
            return None
        day = self._calendar.day(closing.on)
        is_of_it = self._state in WITHHELD or (asked_on >= day and self._reasons is None)
        return day if is_of_it else None

    def _undo_closing(self, astray: Collection[str]) -> None:
        """Let each clock that the last closing stopped run on, with its day; none of them is said to be done.

        What was given was given: where a family has got something, it was acted on, and what is left is to let it see the rest.
        What went to somebody else (`astray`) was not given.
        """
        before = self._before
        if before is None:
            return
        stopped = {name: clock for name, clock in before.clocks.items() if name not in self._running}
        ended = self._ended[before.ended : before.ended + len(stopped)]
        if not astray and any(each.met and each.name in _SHOWN for each in ended):
            stopped.pop("answer", None)
        left = [each for each in ended if each.name not in stopped]
        self._ended[before.ended : before.ended + len(ended)] = left
        self._running |= stopped
        self._state, self._delay = before.state, before.delay

    def _begin(self, day: date, told: Mapping[str, date]) -> None:
        if self._amendment is not None:
            self._start("amendment", day, told)
            return
        if self._order is None:
            self._start("answer", day, told)
        self._start_order(told)
        if self._request.recipient.role in FAMILY:
            self._start("inspection", day, told)
            self._start_meetings(told)
        if self._request.recipient.role == OTHER_SCHOOL.id:
            self._start("transfer", day, told)
        if self._request.recipient.role == DIVISION:
            self._start("division", day, told)

    def _start_meetings(self, told: Mapping[str, date]) -> None:
        """Start the clocks of the meetings that are known: of several the first counts."""
        days: dict[ClockName, list[tuple[date, date]]] = {}
        for meeting, known in self._meetings.items():
            days.setdefault("hearing" if meeting == "hearing" else "meeting", []).append(known)
        for name, theirs in days.items():
            self._run(name, due_before(CLOCKS[name].term, *min(theirs), self._calendar.holidays), told)

    def _tell_sooner(self, order: OrderNoted) -> None:
        """Have the families told anew of an order that is answered before the day of which they were told."""
        if self._told_for is not None and order.return_day < self._told_for:
            self._told_for, self._by_hand = None, {}
            self._tell_anew()

    def _tell_anew(self) -> None:
        """Let the clock of the notice run again, by the return day as it is now."""
        self._families_told = None
        self._ended = [each for each in self._ended if each.name != "notice"]
        self._start_notice({})

    def _start_order(self, told: Mapping[str, date]) -> None:
        """Start the clocks of a subpoena or a court's order; of one that is sealed nobody is told."""
        if self._order is not None and isinstance(self._order.what, OrderNoted):
            self._start("return", self._order.what.return_day, told)
        self._start_notice(told)

    def _start_notice(self, told: Mapping[str, date]) -> None:
        noted, order = self._order, self._order.what if self._order else None
        self._running.pop("notice", None)
        if noted is None or not isinstance(order, OrderNoted):
            return
        if not order.no_notice and self._families_told is None and not self._request.secret:
            known, holidays = self._calendar.day(noted.on), self._calendar.holidays
            due = due_before(CLOCKS["notice"].term, order.return_day, known, holidays, AT_ONCE_BEFORE_RETURN)
            self._run("notice", due, told)

    def _start_hearing_notice(self, held_on: date, known: date, told: Mapping[str, date]) -> None:
        """Let the notice of a hearing that was set on a day be due before it, or by the day by which any is held."""
        limit = self._hearing_by
        if "amendment-hearing" not in self._running:
            return
        holidays = self._calendar.holidays
        due = due_before(BEFORE_AMENDMENT_HEARING, held_on, known, holidays, AT_ONCE_BEFORE_AMENDMENT_HEARING)
        if limit is not None and limit.due.day < due.day:
            self._running["amendment-hearing"] = limit
        else:
            self._run("amendment-hearing", due, told)

    def _start(self, name: ClockName, day: date, told: Mapping[str, date] | None = None) -> None:
        self._run(name, due_day(self._calendar.term(name), day, self._calendar.holidays), told)

    def _run(self, name: ClockName, due: DueDay, told: Mapping[str, date] | None) -> None:
        at_first = (told or {}).get(name)
        self._running[name] = Clock(name, due, was_told=at_first if at_first not in (None, due.day) else None)

    def _run_on(self, name: ClockName) -> None:
        """Let a clock that stopped run on, with its day."""
        last = next((each for each in reversed(self._ended) if each.name == name), None)
        if name not in self._running and last is not None:
            self._ended.remove(last)
            self._running[name] = replace(last, stopped=None, met=False)

    def _stop(self, *names: ClockName, on: date, met: bool = False) -> None:
        for name in names:
            clock = self._running.pop(name, None)
            if clock is not None:
                self._ended.append(Clock(clock.name, clock.due, on, clock.was_told, met))


def is_share(part: str) -> bool:
    """Whether what answers a request is a share, and not work that waits for one."""
    return part.startswith(SHARE)


@dataclass(frozen=True, slots=True)
class KnownMeeting:
    """The day of a meeting or hearing, the moment from which it was known, and in which other request it was told, if any."""

    day: date
    since: datetime
    told_in: str = ""


def known_meetings(request: StoredRequest, events: Iterable[RequestEvent]) -> dict[MeetingKind, KnownMeeting]:
    """Return each meeting or hearing before which a family has to see what it asks for, as it was told last."""
    known: dict[MeetingKind, KnownMeeting] = {}
    if request.meeting is not None:
        known[_meeting_kind(request)] = KnownMeeting(request.meeting, request.received_at)
    for each in events:
        if isinstance(what := content_of(each), MeetingSet):
            known[what.meeting] = KnownMeeting(what.day, each.on, what.told_in)
    return known


def _meeting_kind(request: StoredRequest) -> MeetingKind:
    return next((each for each in get_args(MeetingKind) if each == request.meeting_kind), "iep")


# What may happen next


def check_request(request: StoredRequest, now: datetime, calendar: Calendar) -> None:
    """Raise InputError for a request that cannot have come in like this; it says what, and the remedy."""
    check_division(request.recipient)
    check_guardian_id(request.recipient)
    if request.received_at > now:
        raise InputError(f"the request would come at {_moment(request.received_at, calendar)}, which is not yet")
    for what, text in (("the description", request.described), ("the format", request.format)):
        if text is not None:
            check_text(what, text)
    if request.contact is not None:
        check_text("the contact", request.contact)
    if not (request.recordings or request.patterns or request.described):
        raise InputError(
            "say what is asked for: the recordings (KEY, 'a*.jpg' or folder/), or --described TEXT in words"
        )
    if request.meeting is not None:
        check_meeting(request.recipient, request.meeting, calendar.day(request.received_at))


def _check_received(
    request: StoredRequest, status: RequestStatus, at: datetime, now: datetime, calendar: Calendar
) -> None:
    """Raise InputError where a request cannot have come at a moment, by what is noted of it."""
    if at > now:
        raise InputError(f"the request would have come at {_moment(at, calendar)}, which is not yet")
    if at == request.received_at:
        raise InputError(f"{request.id} is on file as received at {_moment(at, calendar)} already")
    if request.meeting is not None:
        check_meeting(request.recipient, request.meeting, calendar.day(at))
    order = status.order.what if status.order is not None else None
    if isinstance(order, OrderNoted) and order.return_day < calendar.day(at):
        raise InputError(
            f"it is to be answered by {order.return_day}, which is before {calendar.day(at)}: give the right day"
        )


def check_meeting(recipient: Recipient, day: date, received: date) -> None:
    """Raise InputError where a meeting on a day hurries no request of this recipient that came on `received`."""
    if recipient.role not in FAMILY:
        raise InputError("a meeting hurries a family's request alone (34 CFR 300.613(a)): leave out the meeting")
    if day < received:
        raise InputError(f"the meeting of {day} was before the request came: give the day of the next one")


def check_text(what: str, text: str) -> None:
    """Raise InputError for a text that is blank, too long, or not of printable characters on one line."""
    if not text.strip() or not text.isprintable() or len(text) > LONGEST_TEXT:
        raise InputError(f"{what} is one line of 1 to {LONGEST_TEXT:,} printable characters: write it anew")


def check_happening(  # noqa: C901, PLR0912, PLR0915 - one branch for each thing that can happen
    request: StoredRequest, status: RequestStatus, new: Told, now: datetime, calendar: Calendar
) -> None:
    """Raise InputError where this cannot happen with a request now; it says why, and the remedy."""
    day = calendar.day(new.on)
    if new.on > now:
        raise InputError(f"this would happen at {_moment(new.on, calendar)}, which is not yet")
    if day < calendar.day(request.received_at):
        raise InputError(
            f"{day} is before the request was received ({calendar.day(request.received_at)}): give the right day with --on"
        )
    for name in ("cause", "place", "why", "text", "owner", "how", "officer"):
        if (text := getattr(new.what, name, None)) is not None:
            check_text(f"the {name}", text)
    cited = getattr(new.what, "provisions", ())
    for each in cited:
        check_text("a provision", each)
    check_names_law(cited)
    match new.what:
        case Delayed():
            _need_open(request, status)
            if status.order is not None:
                raise InputError(
                    f"{request.id} is a subpoena or a court's order, which no explanation puts off: where the court or whoever "
                    f"served it gives a later day, `dam-plugin request order {request.id} --return DAY`"
                )
            if status.amendment is not None:
                raise InputError(
                    f"{request.id} asks to amend a record, which is decided within a reasonable time (34 CFR 99.20(b)): no "
                    "explanation puts it off"
                )
            _check_order(status.closing, day, "the last closing", calendar)
            _check_order(status.delay, day, "the last explanation", calendar)
            _check_delay(status, new.what, day, calendar)
        case FoundSettled():
            if status.found_later is None:
                raise InputError(
                    f"nothing that was found later waits for a look in {request.id}: see `dam-plugin request show {request.id}`"
                )
        case MeetingSet(_, held_on):
            _need_open(request, status)
            check_meeting(request.recipient, held_on, calendar.day(request.received_at))
        case OrderNoted(_, return_day, no_notice):
            _need_open(request, status)
            if no_notice:
                check_text("the text of --no-notice", no_notice)
            if return_day < calendar.day(request.received_at):
                raise InputError(
                    f"{return_day} is before the request was received ({calendar.day(request.received_at)}): give the return "
                    "day that the paper has, or the day to which it was moved"
                )
        case OrderVerified():
            _need_open(request, status)
            if status.order is None:
                raise InputError(
                    f"{request.id} is noted as no subpoena and no court's order: note first what it is and its return day, "
                    f"`dam-plugin request order {request.id} --paper subpoena --return DAY`"
                )
        case OrderEnded():
            _need_open(request, status)
            if status.order is None:
                raise InputError(f"{request.id} is noted as no subpoena and no court's order: nothing of it ends")
        case OrderNarrowed(recordings) | OrderWidened(recordings):
            _need_open(request, status)
            _check_reach(request, status, recordings, is_narrowed=isinstance(new.what, OrderNarrowed))
        case AmendmentAsked():
            _need_open(request, status)
            if request.recipient.role not in FAMILY or status.amendment is not None:
                raise InputError(
                    f"{request.id} is noted as a request to amend a record already"
                    if status.amendment is not None
                    else "a parent or a student with the rights alone asks to amend a record (34 CFR 99.20(a))"
                )
            if status.parts:
                raise InputError(
                    f"{request.id} asks to see something, since {status.parts[0]} answers it: leave --only out, and what is to "
                    "be amended is entered as a request of its own"
                )
        case AskedToo(text):
            _check_asked_too(request, status, text)
        case HearingAsked() | HearingSet() | HearingTold() | HearingNotWanted() | HearingDecided():
            _check_hearing(request, status, new.what, day, now, calendar)
        case FamiliesTold():
            _need_open(request, status)
            if not status.waits_for_notice:
                raise InputError(
                    f"no family waits to be told of an order of {request.id}: note first what it is and its return day, "
                    f"`dam-plugin request order {request.id} --paper subpoena --return DAY`"
                )
        case Estimated():
            _need_open(request, status)
        case DepositAsked(cents):
            _need_open(request, status)
            _check_deposit(status.fee, cents)
        case Paid(cents):
            _check_payment(status.fee, cents)
        case ReasonsAsked():
            is_answered_otherwise = status.outcome is not None and status.outcome.outcome not in WITHHELD
            if is_answered_otherwise or status.amendment is not None:
                raise InputError(f"{request.id} was not denied: written reasons are given of a denial (RSMo 610.023.4)")
            if status.reasons_wanted is not None or any(each.name == "reasons" for each in status.running):
                raise InputError(f"the written reasons of {request.id} were asked for already, see `request show`")
        case ReasonsGiven(provisions):
            if not any(each.name == "reasons" for each in status.running):
                raise InputError(
                    f"the written reasons of {request.id} are those of a denial, and it is not denied yet: close it first"
                    if status.reasons_wanted is not None
                    else f"nobody waits for written reasons of {request.id}: note first that they are asked for"
                )
            if not provisions:
                raise InputError(
                    "the written reasons cite the provision (RSMo 610.023.4): --provision 'RSMo 610.021(…)'"
                )
        case ReasonsNotWanted():
            if status.reasons_wanted is None and not any(each.name == "reasons" for each in status.running):
                raise InputError(f"nobody waits for written reasons of {request.id}, see `dam-plugin request show`")
        case ReceivedAsked(at) | ReceivedCorrected(at):
            _check_received(request, status, at, now, calendar)
        case AppealOverAsked() | AppealOver():
            if not status.is_appealed:
                raise InputError(f"no appeal or complaint about {request.id} is open, see `dam-plugin request show`")
            for each in status.appeals:
                _check_order(each, day, "the appeal", calendar)
        case Closed(outcome, _, provisions, not_about, tried, advised, record_shown):
            _need_open(request, status)
            _check_tried(outcome, tried)
            _check_advised(outcome, advised)
            if record_shown:
                _check_record_shown(request, status, outcome)
            _check_amended(request, status, outcome)
            of_words = request.asks_in_words and (
                outcome in ("granted", "partly") or request.students or request.recipient.is_family
            )
            # Of what it names by key, it may not be about the version that was saved over.
            of_names = outcome in ("granted", "partly", "denied") and (request.recordings or request.patterns)
            is_left_out = any(not is_destruction_id(each) for each in not_about)
            if (
                is_left_out
                and outcome not in ("no-such-record", "referred-elsewhere")
                and not of_words
                and not of_names
            ):
                raise InputError(
                    "--not-about belongs to --outcome no-such-record or referred-elsewhere, or to the closing of a request in "
                    "words for a student's recordings: leave it out"
                )
            _check_order(status.closing, day, "the last closing", calendar)
            _check_order(status.delay, day, "the explanation of the delay", calendar)
            if outcome in WITHHELD and not provisions:
                raise InputError(
                    "what is withheld is withheld by a provision of law: --provision 'RSMo 610.021(…)'; it is cited without "
                    "that where a share with --request has decided on everything that was asked for"
                    + (f". {quashed_how(request.id)}" if status.order is not None else "")
                )
        case Reopened(_, _, asked_again):
            if status.is_open:
                raise InputError(f"{request.id} is open")
            _check_order(status.closing, day, "the closing", calendar)
            if asked_again is not None:
                _check_asked_again(request, status, asked_again, day, calendar)


def _need_open(request: StoredRequest, status: RequestStatus) -> None:
    if status.is_open or status.closing is None:
        return
    closing = status.closing
    by = closing.by.id or closing.by.role
    raise InputError(
        f"{request.id} was closed as '{STATE_WORDS[status.state]}' by {by} on {closing.on.date()}: "
        f"`dam-plugin request reopen {request.id} --why TEXT` opens it again"
    )


def _check_reach(
    request: StoredRequest, status: RequestStatus, recordings: Iterable[str], *, is_narrowed: bool
) -> None:
    """Raise InputError where a court cannot have struck these recordings from the order, or put them in again."""
    if status.order is None:
        raise InputError(
            f"{request.id} is noted as no subpoena and no court's order, so no court narrows it: note first what it is, "
            f"`dam-plugin request order {request.id} --paper subpoena --return DAY`"
        )
    if not is_narrowed and not status.not_reached.keys() >= {*recordings}:
        raise InputError(
            f"nothing says that the order of {request.id} does not reach this: see `dam-plugin request show {request.id}`"
        )


def quashed_how(request_id: str) -> str:
    """Return how it is noted that a court quashed the order that a request is, or that whoever served it withdrew it."""
    return (
        "Where the court quashed the order, or whoever served it withdrew it, nobody asks any more, and no letter is owed: "
        f"`dam-plugin request withdraw {request_id} --why TEXT --as custodian:NAME`"
    )


def _check_asked_too(request: StoredRequest, status: RequestStatus, text: str | None) -> None:
    """Raise InputError where what a letter asks beside a request is not entered with its words."""
    order = status.order.what if status.order is not None else None
    if request.secret or (isinstance(order, OrderNoted) and order.no_notice):
        what = "by the Sunshine Law" if text is None else "to be amended"
        raise InputError(
            "this may be about an order that forbids telling, and its words go into no other request: enter what is asked "
            f"{what} by itself, `dam-plugin request add` without --paper"
        )
    if text is None and order is None:
        raise InputError("what is asked by the Sunshine Law is entered beside a subpoena or a court's order alone")
    if text is not None and status.amendment is not None:
        raise InputError(
            f"{request.id} is noted as a request to amend a record already: enter another one by itself, "
            "`dam-plugin request add … --amend TEXT`"
        )
    if not status.is_open:
        raise InputError(
            f"{request.id} is closed: what is asked beside it is entered by itself, `dam-plugin request add`, with the day on "
            "which that came"
        )


def _check_amended(request: StoredRequest, status: RequestStatus, outcome: Outcome) -> None:
    """Raise InputError where a request to amend is closed as one to see something, or the other way round."""
    if status.amendment is None and outcome in AMENDED_AS:
        raise InputError(
            f"{request.id} does not ask to amend a record: where its letter does, `dam-plugin request amend {request.id} "
            "--what TEXT` enters that as a request of its own, which is closed so"
        )
    if status.amendment is not None and outcome not in _OF_AMENDMENT:
        raise InputError(
            f"{request.id} asks to amend a record: close it as {' or '.join(AMENDED_AS)}; what the family asks to see is a "
            "request of its own, `dam-plugin request add`"
        )
    decided = status.hearing_decision.what if status.hearing_decision is not None else None
    if isinstance(decided, HearingDecided) and outcome in AMENDED_AS and outcome != decided.outcome:
        raise InputError(
            f"it was decided after the hearing: {decided.outcome}, and that decision stands (34 CFR 99.22(f)): close it so"
        )


def _check_hearing(
    request: StoredRequest,
    status: RequestStatus,
    what: HearingAsked | HearingSet | HearingTold | HearingNotWanted | HearingDecided,
    day: date,
    now: datetime,
    calendar: Calendar,
) -> None:
    """Raise InputError where this cannot happen with the hearing of a request to amend now (34 CFR 99.21, 99.22)."""
    running = {each.name for each in status.running} & {*_REASONABLE}
    command = f"dam-plugin request hearing {request.id}"
    if isinstance(what, HearingAsked):
        if status.amendment is None or status.state != "not-amended" or running or status.hearing_decision is not None:
            raise InputError(
                f"a hearing follows the refusal to amend a record, once (34 CFR 99.20(c)): see `dam-plugin request show "
                f"{request.id}`"
            )
        _check_order(status.closing, day, "the refusal", calendar)
        return
    if not running - {"amendment"}:
        raise InputError(f"no hearing of {request.id} was asked for: note that first, `{command} --asked`")
    if isinstance(what, HearingSet) and calendar.day(what.at) <= day:
        raise InputError(
            f"the family is told of the hearing in advance (34 CFR 99.22(b)), and {calendar.day(what.at)} is not after {day}: "
            "give a later day, or with --on the day on which it was set"
        )
    if isinstance(what, HearingTold):
        _check_told_in_advance(request, status, day, now, calendar)
    held = status.hearing_set
    # One that is moved has the same limit: its day stays. In place of one of which nobody was told there may be no such day.
    was_untold = held is not None and calendar.day(held.at) <= day and waits_for_hearing_notice(status)
    held_by = status.hearing_by if not was_untold else None
    if isinstance(what, HearingSet) and held_by is not None and day <= held_by < calendar.day(what.at):
        raise InputError(
            f"a hearing is held within a reasonable time after it was asked for (34 CFR 99.22(a)), here by {held_by}: give an "
            "earlier day"
        )
    if isinstance(what, HearingDecided):
        if held is None or day < calendar.day(held.at):
            raise InputError(
                f"the decision rests on what was presented at the hearing alone (34 CFR 99.22(f)), and none was held by {day}: "
                f"`{command} --set MOMENT --place TEXT --officer NAME` notes its day"
            )
        if waits_for_hearing_notice(status):
            raise InputError(_untold(status, calendar.day(held.at), command))


def _untold(status: RequestStatus, held_on: date, command: str) -> str:
    """Return that a hearing is not decided of which nobody told whoever holds the right, and what to do."""
    whom = (
        f"{' and '.join(status.hearing_untold)}, whose right it is now (34 CFR 99.5(a)),"
        if status.hearing_untold
        else ("whoever holds the right")
    )
    return (
        f"nothing on record told {whom} of the hearing of {held_on} in advance (34 CFR 99.22(b), (d)), so it is not decided "
        f"yet: where they were told, `{command} --told HOW --on DAY`; where they came, the same with --on {held_on}, saying "
        "that they were present and had no objection; else set a new day, "
        f"`{command} --set MOMENT --place TEXT --officer NAME`"
    )


def waits_for_hearing_notice(status: RequestStatus) -> bool:
    """Whether a hearing is set of which whoever holds the right was not told yet."""
    return status.hearing is not None and any(each.name == "amendment-hearing" for each in status.running)


def with_hearing_untold(status: RequestStatus, students: tuple[str, ...]) -> RequestStatus:
    """Return where a request stands if these students, whose right it is now, were not told: the notice is due."""
    last = max(number for number, each in enumerate(status.clocks) if each.name == "amendment-hearing")
    runs_on = replace(status.clocks[last], stopped=None, met=False)
    return replace(status, clocks=(*status.clocks[:last], runs_on, *status.clocks[last + 1 :]), hearing_untold=students)


def _check_told_in_advance(
    request: StoredRequest, status: RequestStatus, day: date, now: datetime, calendar: Calendar
) -> None:
    """Raise InputError where the family cannot have been told on a day of the hearing, in advance (34 CFR 99.22(b)).

    On the day of the hearing it is noted once that has begun, of who came to it.
    """
    held = status.hearing_set
    if not waits_for_hearing_notice(status) or held is None:
        raise InputError(
            f"no hearing of {request.id} waits for the family to be told of it: `dam-plugin request hearing {request.id} "
            "--set MOMENT --place TEXT --officer NAME` sets or moves one"
        )
    _check_order(status.hearing, day, "the day on which the hearing was set", calendar)
    held_on = calendar.day(held.at)
    if day > held_on or (day == held_on and now < held.at):
        raise InputError(
            f"the family is told of the hearing in advance (34 CFR 99.22(b)), and {day} is not before {held_on}: give the day "
            "on which it was told, --on DAY; where they came to it and had no objection, say so once it is held, with --on "
            f"{held_on}; or move the hearing"
        )


def check_officer(events: Iterable[RequestEvent], what: HearingSet | HearingDecided) -> None:
    """Raise InputError for a hearing that is held by who refused the amendment, as that is on record (34 CFR 99.22(c))."""
    refused = [each for each in events
               if isinstance(closed := content_of(each), Closed) and closed.outcome == "not-amended"]  # fmt: skip
    for each in refused[-1:]:
        for name in filter(None, (each.by.id, each.user.name if each.user else None)):
            if is_same_name(what.officer, name):
                raise InputError(
                    f"'{name}' refused to amend the record, and an official without a direct interest in the outcome holds the "
                    "hearing (34 CFR 99.22(c)): name another, --officer NAME"
                )
            if may_be_same_name(what.officer, name) and not what.another_person:
                raise InputError(
                    f"the officer may be '{name}', who refused to amend the record, and an official without a direct interest "
                    "in the outcome holds the hearing (34 CFR 99.22(c)): name another, or where it is somebody else, add "
                    "--another-person"
                )


def _check_record_shown(request: StoredRequest, status: RequestStatus, outcome: Outcome) -> None:
    """Raise InputError where a family did not ask for the record of disclosures alone, in words, or was not granted it."""
    if outcome != "granted":
        raise InputError("--record-of-disclosures belongs to --outcome granted: leave it out")
    if request.recipient.role not in FAMILY or not request.asks_in_words or any(map(is_share, status.parts)):
        raise InputError(
            "--record-of-disclosures belongs to a family that asked in words for the record of disclosures alone (34 CFR "
            f"99.32(c)), and {request.id} is somebody else's, or asks for recordings: leave it out; what is asked for beside "
            "recordings is a request of its own"
        )


def _check_tried(outcome: Outcome, tried: str) -> None:
    if outcome != "lost":
        if tried:
            raise InputError("--tried belongs to --outcome lost: leave it out")
        return
    if not tried.strip():
        raise InputError(
            "say what was tried to get back what was lost (its versions in the bucket, the backups), and that the district's "
            "attorney was asked: --tried TEXT"
        )
    check_text("the text of --tried", tried)


def _check_advised(outcome: Outcome, advised: str) -> None:
    if not advised:
        return
    if outcome not in WITHHELD:
        raise InputError(f"--advised belongs to --outcome {' or '.join(WITHHELD)}: leave it out")
    check_text("the text of --advised", advised)


def _check_asked_again(
    request: StoredRequest, status: RequestStatus, asked_again: date, day: date, calendar: Calendar
) -> None:
    if asked_again > day:
        raise InputError(
            f"{asked_again} is after the day on which {request.id} is reopened ({day}): give the right day"
        )
    if status.closing is not None and asked_again < (closed := calendar.day(status.closing.on)):
        raise InputError(
            f"{request.id} was open on {asked_again} (it was closed on {closed}), and who asks twice waits no longer: leave "
            "--asked-again out, and the days from before stand"
        )


def _check_order(before: Told | None, day: date, what: str, calendar: Calendar) -> None:
    if before is not None and day < calendar.day(before.on):
        raise InputError(f"{day} is before {what} ({calendar.day(before.on)}): give the right day with --on")


def _check_delay(status: RequestStatus, delay: Delayed, day: date, calendar: Calendar) -> None:
    earliest = calendar.day(delay.earliest)
    if earliest < day:
        raise InputError(f"the earliest day {earliest} is before the delay was explained ({day}): give a later one")
    for clock in status.running:
        if clock.name in ("inspection", "hearing", "meeting", "transfer") and earliest > clock.due.day:
            raise InputError(
                f"{earliest} is after {clock.due.day}, and nothing extends {clock.due.term.source}: give an earlier day"
            )
    late = next((each for each in status.running if each.name in ("answer", "availability")), None)
    if late is not None and day > late.due.day and not delay.late:
        raise InputError(
            f"the delay had to be explained by {late.due.day} ({late.due.term.source}): if it was explained on {day}, "
            "add --late, and it is kept as late"
        )


def _check_deposit(fee: FeeState, cents: int) -> None:
    _check_cents(cents)
    if fee.estimate is None:
        raise InputError("a deposit is asked for on an estimate: `dam-plugin request fee` makes one")
    if fee.waived is not None:
        raise InputError("the fee is waived: no deposit is asked for")
    if cents > fee.owed:
        raise InputError(f"a deposit of {dollars(cents)} is more than what the estimate leaves: {dollars(fee.owed)}")


def _check_payment(fee: FeeState, cents: int) -> None:
    _check_cents(cents)
    if cents > fee.owed:
        raise InputError(f"{dollars(cents)} is more than what is owed: {dollars(fee.owed)}; see `request show`")


def _check_cents(cents: int) -> None:
    if not 0 < cents <= MOST_CENTS:
        raise InputError(f"an amount is more than nothing and at most {dollars(MOST_CENTS)}")


def _moment(moment: datetime, calendar: Calendar) -> str:
    return f"{moment.astimezone(calendar.zone):%Y-%m-%d %H:%M}"


# The fee


@dataclass(frozen=True, slots=True)
class FeeBasis:
    """The work for an answer: minutes of copying and of research, pages up to 9 by 14 inches, and other media in cents.

    `media` is the actual cost of the disks, drives or larger prints that are handed out.
    """

    copying_minutes: int = 0
    research_minutes: int = 0
    pages: int = 0
    media: int = 0


_BY_SUNSHINE = "RSMo 610.026.1(1)"
_BY_MEDIA = "RSMo 610.026.1(2)"
_NO_SEARCH = "34 CFR 99.11(b): a family is charged for no search and no retrieval"
# The one line of an estimate that tells nothing of whether there is something to copy.
RESEARCH = "research, minutes"
_NO_VIEWING = "it is looked at, and no copy is made"


def estimate_fee(basis: FeeBasis, rates: Fees, *, family: bool, wanted: str) -> Estimated:
    """Return the estimate of a fee by the district's rates. Raises InputError for numbers that cannot be.

    A family is charged for copies alone (34 CFR 99.11), and for nothing where it only looks. Parts of a cent are dropped.
    """
    for what, count, most in (
        ("minutes of copying", basis.copying_minutes, MOST_MINUTES),
        ("minutes of research", basis.research_minutes, MOST_MINUTES),
        ("pages", basis.pages, MOST_PAGES),
        ("cents for media", basis.media, MOST_CENTS),
    ):
        if not 0 <= count <= most:
            raise InputError(f"{what} are 0 to {most:,}: {count:,} is not")
    no_copy = _NO_VIEWING if family and wanted == "view" else ""
    lines = (
        _by_the_hour("copying, minutes", basis.copying_minutes, rates.copying_cents_an_hour, _BY_SUNSHINE, no_copy),
        _by_the_hour(
            RESEARCH,
            basis.research_minutes,
            rates.research_cents_an_hour,
            _BY_SUNSHINE,
            _NO_SEARCH if family else "",
        ),
        _line("pages up to 9 by 14 inches", basis.pages, rates.page_cents, _BY_SUNSHINE, no_copy),
        _line("other media, at cost", basis.media, 1, _BY_MEDIA, no_copy),
    )
    return Estimated(tuple(each for each in lines if each.count))


def _by_the_hour(what: str, minutes: int, rate: int, source: str, why: str) -> FeeLine:
    if not why and minutes and not rate:
        why = "the settings give no rate: [fees]"
    return FeeLine(what, minutes, rate, 0 if why else minutes * rate // _MINUTES_AN_HOUR, source, why)


def _line(what: str, count: int, rate: int, source: str, why: str) -> FeeLine:
    return FeeLine(what, count, rate, 0 if why else count * rate, source, why)


def dollars(cents: int) -> str:
    """Return cents as `$12.05`."""
    return f"${cents // 100:,}.{cents % 100:02}"


# What a letter or a page needs


@dataclass(frozen=True, slots=True)
class RecordingAnswer:
    """The answer for one requested recording: its id, and its last answer.

    `outside` is what letters and the exemption log call it. `answer` is null if there was no share for it yet. `share` and
    `referral` are the last ones. `not_reached` is the day on which the court struck it from the order, null where it did not.
    `unopened`: its answer is a link that was closed before anybody opened it, so that nothing was given by it.
    """

    key: str
    recording: str
    outside: str
    answer: str | None = None
    share: str | None = None
    referral: str | None = None
    not_reached: date | None = None
    unopened: bool = False


def _found_told(status: RequestStatus) -> Iterator[str]:
    if status.found_later is None or not isinstance(found := status.found_later.what, FoundLater):
        return
    days = (each for each in status.clocks if each.name in ("inspection", "answer") and each.stopped is not None)
    last = max((each.due.day for each in days), default=None)
    yield (
        f"On {status.found_later.on:%Y-%m-%d} a look found {' and '.join(found.students)} in {found.recording}, which the "
        "library had when it was closed. Until you have looked, what shows whom it asks about is not destroyed"
        + (f"; its own last day is {last}" if last is not None else "")
    )


def _closing_told(status: RequestStatus) -> Iterator[str]:
    closing, outcome = status.closing, status.outcome
    if outcome is None or closing is None:
        return
    yield f"Closed on {closing.on:%Y-%m-%d} by {closing.by.id}: {status.in_words}; {outcome.why}"
    if outcome.provisions:
        yield f"Withheld by: {joined_provisions(outcome.provisions)}"
    if outcome.advised:
        yield f"As the district's attorney advised: {outcome.advised}"
    if outcome.record_shown:
        yield "The family was shown the record of disclosures, for which alone it asked (34 CFR 99.32(c))"
    if outcome.tried:
        yield f"Tried to get it back: {outcome.tried}"
    if outcome.not_about:
        yield f"Not about: {', '.join(outcome.not_about)}"
    if status.meeting is not None and closing.on.date() <= status.meeting:
        yield (
            f"What it asks for is held until {status.meeting}, the day of the meeting or hearing, which stands "
            "(34 CFR 300.613(a))"
        )
    if status.held_until_return is not None and closing.on.date() <= status.held_until_return:
        yield (
            f"What it names is held until {status.held_until_return}, its return day, since it was not answered: where it "
            "is no such paper, reopen it, note --paper none, and close it again"
        )


def _order_told(status: RequestStatus) -> Iterator[str]:
    for each in status.asked_too:
        what = "by the Sunshine Law" if each.text is None else "to amend a record"
        yield f"Its letter also asks {what}: that is {each.entered_as}, a request of its own; this one keeps its days"
    if status.amendment is not None and isinstance(asked := status.amendment.what, AmendmentAsked):
        yield f"It asks to amend a record: {asked.text}"
    if status.order is not None and isinstance(order := status.order.what, OrderNoted):
        unnoticed = f" No family is told of it before: {order.no_notice}" if order.no_notice else ""
        yield f"It is a {PAPER_WORDS[order.paper]}, to be answered on {order.return_day}.{unnoticed}"
    yield from _narrowed_told(status)
    if status.order_verified is not None and isinstance(verified := status.order_verified.what, OrderVerified):
        yield f"It was verified, as was noted on {status.order_verified.on:%Y-%m-%d}: {verified.how}"
    if status.families_told is not None and isinstance(made := status.families_told.what, FamiliesTold):
        yield f"The families were told of it on {status.families_told.on:%Y-%m-%d}: {made.how}"


def _narrowed_told(status: RequestStatus) -> Iterator[str]:
    of_events: dict[tuple[datetime, str], list[str]] = {}
    for key, each in status.not_reached.items():
        of_events.setdefault((each.on, getattr(each.what, "why", "")), []).append(key)
    for (on, why), keys in of_events.items():
        yield f"Not reached by the order, as the court narrowed it on {on:%Y-%m-%d}: {', '.join(sorted(keys))}; {why}"


def _hearing_told(status: RequestStatus) -> Iterator[str]:
    held = status.hearing_set
    if status.hearing is not None and held is not None:
        at = held.at.astimezone(status.hearing.on.tzinfo)
        by = f", held by {held.officer}" if held.officer else ""
        yield f"The hearing is on {at:%Y-%m-%d %H:%M}, at {held.place}{by}; it was set on {status.hearing.on:%Y-%m-%d}"
        if status.hearing_told is not None and isinstance(told := status.hearing_told.what, HearingTold):
            yield f"The family was told of the hearing on {status.hearing_told.on:%Y-%m-%d}: {told.how}"
            if status.hearing_untold:
                yield f"{hearing_untold_told(status)}: `dam-plugin letter write hearing-notice`, and send it"
        elif status.hearing_decision is None:
            yield (
                "The family is told of it in advance (34 CFR 99.22(b)): `dam-plugin letter write hearing-notice`, and send it; "
                "without a notice on record, or `request hearing --told HOW`, no decision is noted"
            )
    if status.hearing_decision is not None and isinstance(made := status.hearing_decision.what, HearingDecided):
        by = f", which {made.officer} held" if made.officer else ""
        day = status.hearing_decision.on
        yield f"Decided on {day:%Y-%m-%d} after the hearing{by}: {STATE_WORDS[made.outcome]}; {made.why}"


def hearing_untold_told(status: RequestStatus) -> str:
    """Return in a clause that nobody told the students of the hearing to whom the right to it passed."""
    whom = " and ".join(status.hearing_untold)
    return f"{whom}, whose hearing it is now (34 CFR 99.5(a), 99.22(b)), was not told of it"


def outcomes_told(status: RequestStatus) -> Iterator[str]:
    """Yield what can be said of a request in a sentence each: its delay, its answer, what was asked for since."""
    if status.asked_again is not None:
        yield f"It was asked for again on {status.asked_again}: its days count from then"
    if isinstance(delay := status.delay and status.delay.what, Delayed):
        late = " It was explained late." if delay.late else ""
        cause = delay.cause.rstrip(".")
        yield f"Delayed: {cause}. Available at the earliest on {delay.earliest:%Y-%m-%d %H:%M}, at {delay.place}.{late}"
    if status.wrong_students:
        yield f"Entered for the wrong student, as two people said: {', '.join(status.wrong_students)}"
    yield from _order_told(status)
    yield from _closing_told(status)
    yield from _found_told(status)
    yield from _hearing_told(status)
    for each, end in status.appeals_over:
        if isinstance(each.what, Appealed) and isinstance(end.what, AppealOver):
            yield f"{_appeal(each, each.what)}. It was over on {end.on:%Y-%m-%d}: {end.what.why}"
    for each in status.appeals:
        if isinstance(each.what, Appealed):
            yield f"{_appeal(each, each.what)}. Its recordings are held until it is over (`request appeal --over`)"
    if status.appeal_ending is not None:
        yield (
            f"{status.appeal_ending.by.id} says that this is over: another custodian or designee has to say so too "
            "(`request appeal --over`)"
        )
    yield from _reasons_told(status)


def _reasons_told(status: RequestStatus) -> Iterator[str]:
    due = CLOCKS["reasons"].term
    if status.reasons_wanted is not None and status.is_open:
        yield (
            f"Written reasons are asked for already ({status.reasons_wanted.on:%Y-%m-%d}): where it is denied, whole or in "
            f"part, they are due {due.days} {due.counted} after that ({due.source})"
        )
    if status.reasons is not None and isinstance(status.reasons.what, ReasonsGiven):
        cited = joined_provisions(status.reasons.what.provisions)
        yield f"Written reasons given on {status.reasons.on:%Y-%m-%d}, citing {cited}"


def seal_told(events: Iterable[RequestEvent]) -> str:
    """Return a sentence on how a sealed request is sealed, and what it waits for."""
    state = seal_of(events)
    if state.claimed is None:
        return (
            "Sealed without a claim: an order is said to forbid telling of its work in the queue, or the Children's Division "
            "asks, which may be about a report."
        )
    by = f"{state.claimed.by.id or state.claimed.by.role} on {state.claimed.on:%Y-%m-%d}"
    ground = state.claimed.content.get("secret_by")
    if state.confirmed is None:
        return (
            f"Sealed by {by} ({ground}): a claim, until another custodian or designee confirms it with "
            "`request seal`, or `request unseal` ends it"
        )
    if state.ending is not None:
        return f"Sealed by two people ({ground}); {state.ending.by.id} wants it to end: another one has to want it too"
    return f"Sealed by {by} and confirmed by {state.confirmed.by.id or state.confirmed.by.role} ({ground})"


def _appeal(told: Told, what: Appealed) -> str:
    return f"Appeal or complaint of {told.on:%Y-%m-%d} to the {what.to.replace('-', ' ')}: {what.text}"
