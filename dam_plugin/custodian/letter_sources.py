"""Where the facts of a letter come from: the queue, families' choices, the settings, and what the custodian typed.

INVARIANT: a letter tells the outside nothing that it may not know. It names no student but the one whose family it goes
to, as the custodian typed it. It has no pseudonym and no file name, and says nothing of a protected student or of an order
that nobody is told of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from dam_plugin.custodian.acting_parents import acts_as
from dam_plugin.custodian.amendment_rights import NO_RIGHT, OF_AMENDMENT, AmendmentRight
from dam_plugin.custodian.asked_by_name import (
    TELLING,
    AskedByName,
    asked_by_name,
    asks_before_rights,
    check_cites_no_rights_passed,
    check_tells_no_stranger,
    own_students,
)
from dam_plugin.custodian.consents_beside import ConsentBeside, consents_beside
from dam_plugin.custodian.destroyed_recordings import (
    Destroyed,
    check_excepted,
    check_none_confidential,
    check_none_passed_over,
    destroyed_of,
)
from dam_plugin.custodian.exemption_log import by_name_words, reasons_to_withhold
from dam_plugin.custodian.letter_facts import (
    ABOUT_OPTIONS,
    KINDS,
    LINE,
    Addressee,
    AmendmentTold,
    AskedFor,
    Child,
    ConsentTold,
    Deadline,
    DestroyedTold,
    DistrictTold,
    Extension,
    FeeLineTold,
    FeeTold,
    Ground,
    HearingTold,
    LetterFacts,
    LossTold,
    Money,
    NoticeTold,
    OptOutTold,
    OrderTold,
    Recording,
    Subject,
    Withheld,
)
from dam_plugin.custodian.letter_words import (
    ANSWER_WORDS,
    CLOCK_WORDS,
    FEE_WORDS,
    GIVEN_BY_PAPER,
    STRANGER_CAUSE,
    STRANGER_WORDS,
    Said,
    cited_ground,
    counted_in_words,
    greeting_for,
    grounds_of,
    how_much,
    laws_in,
    metadata_ground,
    party_in_words,
    passed_ground,
    place_in_words,
    purpose_in_words,
    recording_told,
)
from dam_plugin.custodian.named_recordings import (
    Sought,
    check_no_such_record,
    check_not_lost,
    check_nothing_gone,
    check_rights_passed,
    excepted,
    keys_asked,
    need_lost,
    sought_by,
    words_of_keys,
)
from dam_plugin.custodian.opt_out_mistakes import Mistake, taken_back
from dam_plugin.custodian.opt_outs_again import ended_by_another
from dam_plugin.custodian.order_notice import (
    caution_of_number,
    check_court_without_number,
    check_not_sealed,
    check_student,
    is_juvenile,
    need_order_to_tell,
    order_on_file,
    students_to_tell,
)
from dam_plugin.custodian.own_record import FamilyAsks, check_reaches_family
from dam_plugin.custodian.queue_checks import check_still_offered
from dam_plugin.custodian.request_register import (
    MOST_RECORDINGS,
    RequestView,
    before_meeting,
    family_asks,
    get_request,
    requests_answered_by,
    shown_in,
    sought_of,
)
from dam_plugin.custodian.requests import (
    CLOCKS,
    RESEARCH,
    ClockName,
    Delayed,
    Estimated,
    FeeState,
    Happening,
    HearingDecided,
    State,
)
from dam_plugin.custodian.requests import Closed as RequestClosed
from dam_plugin.errors import InputError
from dam_plugin.intake.take_down import purposes_to_take_down
from dam_plugin.ledger.corrected import NEVER_GIVEN_ASKED, never_given, went_astray
from dam_plugin.model import Consent, OptOut, Recipient, Referral, ReferralKind, StudentRecord
from dam_plugin.people.names_in_text import RosterNames, has_name_of, names_of
from dam_plugin.people.parents_right import rights_passed
from dam_plugin.procedure.case_problems import Hints
from dam_plugin.procedure.clauses import RELATION, is_of_known
from dam_plugin.procedure.exceptions import FAMILY
from dam_plugin.procedure.order_day import WAITS_FOR_COURT
from dam_plugin.procedure.outside import joined_provisions
from dam_plugin.procedure.outside_words import ABOUT_SOMEBODY, Language
from dam_plugin.procedure.terms import has_rights
from dam_plugin.pseudonyms import SHARE, is_destruction_id, person_id
from dam_plugin.services import Services
from dam_plugin.settings import school_year
from dam_plugin.sharing.closed_records import is_by_ferpa, lacks_law, names_law
from dam_plugin.sharing.due_dates import DueDay, due_day
from dam_plugin.sharing.file_referral import REFERRAL_KINDS, SETTLED, is_copy_for_family
from dam_plugin.sharing.finding_kinds import need_share
from dam_plugin.sharing.gather_case import is_order_stayed, limited_among, narrowed_order, needs_two, students_in
from dam_plugin.sharing.join_request import not_reached_by
from dam_plugin.sharing.make_copy import HIDES
from dam_plugin.sharing.same_person import check_addressee, is_guarded, is_name_of_kept, keeps_places_from
from dam_plugin.store import LetterAbout, StoredAsset, StoredRequest, StoredShare, Unit
from dam_plugin.store.people import KeptConsent
from dam_plugin.store.sets import PURPOSE as YEARBOOK
from dam_tagging.names.same_name import is_same_name
from dam_tagging.rules.compare_texts import day_of

LONGEST_WORD = 200
LONGEST_TEXT = 2_000
MOST_LINES = 8
_LAW = re.compile(r"(RSMo|CFR|U\.?\s?S\.?\s?C\.?|Constitution|Const\.)\D*\d", re.IGNORECASE)
_PSEUDONYM = re.compile(
    r"(?<![0-9A-Z])(?:[SG]-[0-9A-HJKMNP-TV-Z]{12}|a-[0-9A-HJKMNP-TV-Z]{16})(?![0-9A-Z])", re.IGNORECASE
)
_SHORTEST_NAME = 5
MOST_LISTED = 20
_MOST_WAITING = 5
ACKNOWLEDGEMENT = "acknowledgement"
NO_SUCH = "no-such-record"
RIGHTS_PASSED = "rights-passed"
RELEASE = "redacted-release"
_NO_RIGHT = "no-right-to-amend"
OPT_OUT_ENDED = "opt-out-ended"
CONSENT_ENDED = "consent-ended"
# Work that somebody asked for, with its clock; null where the law gives none.
_ASKED: Mapping[ReferralKind, ClockName | None] = {
    "sunshine": "answer",
    "inspection": "inspection",
    "official": None,
    "transfer": "transfer",
}
# The states of a request in which a letter would say something else.
_CONTRADICTED: Mapping[str, tuple[State, ...]] = {
    "extension": (
        "granted",
        "partly",
        "denied",
        "no-such-record",
        "lost",
        "rights-passed",
        "withdrawn",
        "referred-elsewhere",
    ),
    "denial": ("granted", "no-such-record", "lost", "rights-passed", "withdrawn"),
    "no-such-record": ("granted", "partly", "denied", "lost", "rights-passed", "withdrawn"),
    "lost": ("granted", "partly", "denied", "no-such-record", "rights-passed", "withdrawn", "referred-elsewhere"),
    "redacted-release": ("granted", "denied", "no-such-record", "lost", "rights-passed", "withdrawn"),
    RIGHTS_PASSED: ("granted", "partly", "denied", "no-such-record", "lost", "withdrawn", "referred-elsewhere"),
}
# To a stranger who names a student these say nothing of how it stands, and so are the same then.
_SAME_TO_STRANGERS: Mapping[str, tuple[State, ...]] = {"denial": TELLING, RELEASE: ("granted",)}


@dataclass(frozen=True, slots=True)
class Typed:
    """What the custodian types into a letter; empty: left out, or a line for the pen.

    `guardian` is the id of the guardian to whom an offer, a notice of an order or the confirmation of a choice goes.
    `not_about` are recordings and students that the request names, and that it is not about: no such record is said of others.
    `reason`: why a record is not amended, or the evidence and the reasons of the decision after a hearing.
    `no_record`: what there is no such record of, of a request that is answered with recordings besides.
    `attorney`: an attorney or another representative asks, in an acknowledgement.
    `no_student_named`: a person has read the texts, and a word that is a student's name too means no student.
    `text` is the whole letter as somebody changed it by hand, which is kept in the place of ours and marked.
    """

    name: str = ""
    greeting: str = ""
    address: tuple[str, ...] = ()
    student_name: str = ""
    cause: str = ""
    place: str = ""
    earliest: datetime | None = None
    provisions: tuple[str, ...] = ()
    court: str = ""
    case_number: str = ""
    answer_on: date | None = None
    directory_information: tuple[str, ...] = ()
    guardian: str = ""
    how: str = ""
    tried: str = ""
    lost_on: date | None = None
    not_about: tuple[str, ...] = ()
    no_record: tuple[str, ...] = ()
    attorney: bool = False
    reason: str = ""
    no_student_named: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The facts of a letter, what it is about, its recordings (short id and key), and the students whom it concerns.

    `cautions` are for the custodian alone. `roster` returns the names of all people, which are read once.
    """

    facts: LetterFacts
    about: LetterAbout
    recordings: tuple[tuple[str, str], ...] = ()
    students: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    roster: Callable[[], RosterNames] = field(kw_only=True, repr=False, compare=False)


# The facts that a typed text belongs to, by the option that takes it.
OPTION_OF: Mapping[str, tuple[str, str]] = {
    "student_name": ("--student-name", "student"),
    "cause": ("--cause", "extension"),
    "place": ("--place", "extension"),
    "earliest": ("--earliest", "extension"),
    "provisions": ("--provision", "grounds"),
    "court": ("--court", "order"),
    "case_number": ("--case-number", "order"),
    "answer_on": ("--answer-on", "order"),
    "directory_information": ("--directory-information", "notice"),
    "no_record": ("--no-record", "no_record"),
    "how": ("--how", "loss"),
    "tried": ("--tried", "loss"),
    "lost_on": ("--lost-on", "loss"),
}
# The letters that go to one guardian, and where the custodian sees to whom they may go.
TO_GUARDIAN: Mapping[str, str] = {
    "offer": "queue show {referral}",
    "subpoena-notice": "student show {student}",
    "opt-out-confirmed": "student show {student}",
    "consent-confirmed": "student show {student}",
    OPT_OUT_ENDED: "student show {student}",
    CONSENT_ENDED: "student show {student}",
}
_LATE = (
    "the family had to be told by {0} (34 CFR 99.31(a)(9)(ii)), and the letter says that it comes late. Ask counsel whether "
    "the answer can wait, or the court for a later day, so that they have the time to go to the court"
)
_UNSETTLED = (
    "an opt-out of {0} is as new as this consent or newer, so it counts only once the family confirms it (CONSENT-DOUBTFUL), "
    "and the letter says so. Ask the family, and enter the answer where a share waits for it, `dam-plugin queue finding rf-… "
    "asked_family stands|revoked --student {0} --how TEXT`, or the paper that is signed anew, `dam-plugin consent add {0}`"
)
_NOT_NAMED = (
    "no {} is written by that name: it is the name of somebody from whom the record or where the student is may be kept; "
    "leave --name out, and with --guardian G-… the letter has the name on file"
)
_WITHOUT_PLACE = (
    "from whoever gets this letter it is or may be kept where a student can be found: the letter leaves out what the events "
    "are called, as the student's record does; see that no text of yours names a school, a street or a town either (34 CFR "
    "99.4; RSMo 589.660, 589.664)"
)


def prepare(services: Services, kind: str, about: LetterAbout, language: Language, typed: Typed) -> Prepared:
    """Return the facts of a letter. Raises InputError for what a letter may not say or be about; UnknownThing."""
    if kind not in KINDS:
        hint = Hints().hint_of_value(kind, tuple(KINDS))
        raise InputError(f"'{kind}' is no kind of letter{hint} (one of {', '.join(KINDS)})")
    if typed.reason and "amendment" not in KINDS[kind].parts:
        raise InputError("--reason belongs to other letters (amendment-refused, hearing-decision): leave it out")
    if typed.not_about and kind != NO_SUCH:
        raise InputError(f"--not-about belongs to other letters ({NO_SUCH}): leave it out")
    if typed.attorney and kind != ACKNOWLEDGEMENT:
        raise InputError(f"--attorney belongs to another letter ({ACKNOWLEDGEMENT}): leave it out")
    subject = _subject(kind, about)
    typed = _checked(kind, typed)
    return _Gathering(services, kind, about, language, typed).of(subject)


def kinds_that_fit(view: RequestView) -> tuple[str, ...]:
    """Return the kinds of letter that a request may get as it stands, in the order of `KINDS`; writing one checks the rest."""
    state, strangers = view.status.state, view.by_name.is_strangers
    amends = view.status.amendment is not None
    right = view.amendment_right is not None and (view.amendment_right.holds or view.amendment_right.goes_on)
    fitting = []
    for kind, row in KINDS.items():
        of_amendment = bool({"amendment", "hearing"} & set(row.parts))
        contradicted = _CONTRADICTED.get(kind, ())
        if strangers or (kind == RELEASE and view.by_name.leaves_some_out):
            contradicted = tuple(each for each in contradicted if each not in _SAME_TO_STRANGERS.get(kind, ()))
        if "request" not in row.about or state in contradicted or (view.by_name.hears_nothing and kind in TELLING):
            continue
        if kind == ACKNOWLEDGEMENT:
            fits = True
        elif amends:
            fits = of_amendment if right else kind in (RIGHTS_PASSED, _NO_RIGHT)
        else:
            fits = not of_amendment and kind != _NO_RIGHT
        if fits and kind == RIGHTS_PASSED:
            fits = view.request.recipient.role in FAMILY
        if fits:
            fitting.append(kind)
    return tuple(fitting)


def check_text(text: str, recordings: Iterable[tuple[str, str]]) -> None:
    """Raise InputError where a letter's text has a pseudonym or the file name of one of its recordings."""
    if _PSEUDONYM.search(text):
        raise InputError("the letter would have a pseudonym (S-…, G-…, a-…) in it: write it without")
    for _, key in recordings:
        name = key.rpartition("/")[2]
        if key in text or (len(name) >= _SHORTEST_NAME and name in text):
            raise InputError(
                "the letter would name the file of a recording, which may tell who is in it: write it without"
            )


def _subject(kind: str, about: LetterAbout) -> Subject:
    given: dict[Subject, object] = {
        "request": about.request_id,
        "referral": about.referral_id,
        "consent": about.consent_id,
        "opt-out": about.student_id if about.referral_id is None and about.request_id is None else None,
        "year": about.year,
    }
    named = [subject for subject, value in given.items() if value is not None]
    takes = KINDS[kind].about
    if len(named) != 1 or named[0] not in takes:
        options = " or ".join(ABOUT_OPTIONS[each] for each in takes)
        raise InputError(f"a letter '{kind}' is about one thing: {options}")
    return named[0]


def _checked(kind: str, typed: Typed) -> Typed:
    """Return what was typed, with single spaces. Raises InputError for what no letter takes, or not this kind."""
    if typed.guardian and kind not in TO_GUARDIAN:
        raise InputError(f"--guardian belongs to other letters ({', '.join(TO_GUARDIAN)}): leave it out")
    for name, (option, part) in OPTION_OF.items():
        if getattr(typed, name) and part not in KINDS[kind].parts:
            owners = ", ".join(each for each, row in KINDS.items() if part in row.parts)
            raise InputError(f"{option} belongs to other letters ({owners}): leave it out")
    if len(typed.address) > MOST_LINES:
        raise InputError(f"an address has at most {MOST_LINES} lines")
    cleaned: dict[str, Any] = {}
    for each in fields(Typed):
        value = getattr(typed, each.name)
        longest = LONGEST_TEXT if each.name in ("cause", "place", "how", "tried", "reason") else LONGEST_WORD
        if isinstance(value, str) and each.name != "text":
            cleaned[each.name] = _clean(value, longest)
        elif isinstance(value, tuple):
            cleaned[each.name] = tuple(filter(None, (_clean(one, longest) for one in value)))
        else:
            cleaned[each.name] = value
    for each in cleaned["provisions"]:
        if not _LAW.search(each):
            raise InputError(f"'{each}' is no provision of law: write it as 'RSMo 610.021(14)' or '34 CFR 99.30'")
    return Typed(**cleaned)


def _clean(text: str, longest: int) -> str:
    told = " ".join(text.split())
    if not told.isprintable():
        raise InputError("a text for a letter has control characters in it, which no letter shows: type it again")
    if len(told) > longest:
        raise InputError(f"a text for a letter has at most {longest:,} characters: shorten it")
    return told


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a letter to whoever asked is made from.

    `keys` are the recordings, `more` counts those that are not among them, `unlooked` what nobody has
    looked at (`RequestView`). `shares` are the last ones of each recording.
    `by_name` are the students who are asked for, and whose they are. `secret`: an order is on file of which nobody is told.
    `lost` is the request of which a recording is told to be lost, `closed` how the register has it. `asks` is what a family
    asks for of its own. `died`: a student of the family who asks has died. `sought` is what was asked for by name, but for
    what it is `not_about`. `is_partly`: the register has it as granted in part.
    """

    to: Recipient
    request: AskedFor
    keys: tuple[str, ...]
    shares: tuple[StoredShare, ...]
    sought: Sought
    by_name: AskedByName
    more: int = 0
    unlooked: int = 0
    secret: bool = False
    died: bool = False
    delay: Happening | None = None
    fee: FeeState | None = None
    provisions: tuple[str, ...] = ()
    destroyed: tuple[Destroyed, ...] = ()
    not_about: tuple[str, ...] = ()
    lost: StoredRequest | None = None
    closed: RequestClosed | None = None
    is_partly: bool = False
    asks: FamilyAsks | None = None


class _Gathering:
    """Gathers the facts of one letter."""

    def __init__(self, services: Services, kind: str, about: LetterAbout, language: Language, typed: Typed) -> None:
        self._services = services
        self._kind = kind
        self._about = about
        self._language = language
        self._typed = typed
        self._today = services.now().date()

    def of(self, subject: Subject) -> Prepared:
        """Return the facts of a letter about this."""
        match subject:
            case "request":
                return self._of_request()
            case "referral":
                return self._of_referral()
            case "consent":
                return self._of_consent()
            case "opt-out":
                return self._of_ended_opt_outs() if self._kind == OPT_OUT_ENDED else self._of_opt_outs()
            case "year":
                return self._of_year()

    # Whoever asked

    def _of_request(self) -> Prepared:
        view = get_request(self._services, self._about.request_id or "")
        outcome = view.status.outcome
        shares, astray = self._shares_of(view)
        with self._services.store.reading() as unit:
            by_name = self._by_name(unit, view.request.recipient, view, (*shares, *astray), view.referrals)
        check_tells_no_stranger(view.request.id, by_name, self._kind)
        if self._contradicts(view, by_name, shares):
            raise InputError(
                f"{view.request.id} is {view.status.in_words}: a letter '{self._kind}' would say something else"
            )
        self._check_none_waits(view)
        of_amendment, right = (*OF_AMENDMENT, NO_RIGHT), view.amendment_right
        if right is None and self._kind in of_amendment:
            raise InputError(
                f"{view.request.id} does not ask to amend a record: `dam-plugin request amend {view.request.id}` notes it"
            )
        if right is not None and self._kind not in (*right.letters, ACKNOWLEDGEMENT):
            if self._kind in of_amendment and not right.holds:
                raise InputError(f"no letter '{self._kind}' goes to whoever made {view.request.id}: {right.why}")
            letters = ", ".join(right.letters) or f"none: {right.why}"
            raise InputError(f"{view.request.id} asks to amend a record: its letters are {letters}")
        if right is not None and self._kind in of_amendment:
            return self._of_amendment(view, right)
        with self._services.store.reading() as unit:
            secret = any(_is_secret(unit, each) for each in view.referrals)
            not_about = (*self._not_about, *(outcome.not_about if outcome is not None else ()))
            if self._kind == NO_SUCH or self._typed.no_record:
                check_not_lost(self._services, unit, view.request, not_about)
                check_none_passed_over(view.request, NO_SUCH, view.destroyed, not_about)
            if self._kind == RIGHTS_PASSED:
                check_rights_passed(self._services, unit, view.request, shown_in(unit, view.request))
            if self._kind == "denial" and not by_name.is_strangers:
                deciding = [each for each in shares if each.outcome == "deny"]
                denied = {name for each in deciding for name in (each.share.asset_key, each.asset_id) if name}
                check_nothing_gone(self._services, unit, view.request, denied, "denied", not_about)
            why = outcome.why if outcome is not None else ""
            told = (*shares, *astray)
            sought = sought_of(self._services, unit, view.request, told, why, view.destroyed, not_about)
            asks = family_asks(self._services, unit, view.request, view.status, not_about)
            reached = [each for each in keys_asked(unit, view.request, shares) if each not in view.status.not_reached]
            keys = by_name.keys_told(unit, reached, shares)
        asked = self._asked_for(view)
        if right is not None and not right.holds:
            # To whoever has no right to it no decision and no hearing is promised.
            asked = replace(asked, deadlines=tuple(self._answered(each, ANSWER_WORDS) for each in asked.deadlines))
        return self._answer(
            _Answer(
                to=view.request.recipient,
                request=asked,
                keys=tuple(keys[:MOST_RECORDINGS]),
                more=max(len(keys) - MOST_RECORDINGS, 0),
                unlooked=view.unlooked,
                shares=shares,
                by_name=by_name,
                secret=secret,
                delay=view.status.delay.what if view.status.delay is not None else None,
                fee=view.status.fee,
                provisions=tuple(laws_in(each) or each for each in view.exemptions.provisions),
                destroyed=view.destroyed,
                sought=sought,
                not_about=outcome.not_about if outcome is not None else (),
                lost=view.request if self._kind == "lost" else None,
                closed=outcome,
                is_partly=view.status.state == "partly",
                asks=asks,
            )
        )

    def _check_none_waits(self, view: RequestView) -> None:
        """Raise InputError where a letter would say that all is given, and something of the request waits in the queue."""
        waiting = [each.id for each in view.referrals if each.is_open]
        if self._kind == RELEASE and waiting:
            raise InputError(
                f"{', '.join(waiting[:_MOST_WAITING])}{' and more' if len(waiting) > _MOST_WAITING else ''} of "
                f"{view.request.id} waits in the queue, and a letter '{RELEASE}' would say that this is the whole answer: "
                f"settle it first, see `dam-plugin queue show {waiting[0]}`"
            )

    def _of_amendment(self, view: RequestView, right: AmendmentRight) -> Prepared:
        """Gather a letter to whoever asks to amend a record, or to the student to whom the right passed (34 CFR 99.5(a))."""
        is_told = self._kind != NO_RIGHT
        with self._services.store.reading() as unit:
            # Who has no right to it is told of no student.
            asked_about = [unit.people.need(each) for each in right.students] if is_told else []
            self._check_names(asked_about)
        request = self._asked_for(view)
        if right.goes_on:
            self._write_to_student(view, asked_about)
            request = replace(request, by_parent=True)
        parts: dict[str, Any] = {"student": self._child(asked_about) if is_told else None, "request": request}
        if self._kind == "hearing-notice":
            parts["hearing"] = self._hearing(view)
        elif is_told:
            parts["amendment"] = self._decided(view)
        is_student = right.goes_on or view.request.recipient.role == "eligible_student"
        acts_for = "" if right.goes_on else self._acts_for(view.request.recipient, asked_about)
        to = Addressee(is_family=True, is_student=is_student, acts_for=acts_for)
        return self._prepared(self._facts(to, **parts), {}, asked_about)

    def _write_to_student(self, view: RequestView, students: Collection[StudentRecord]) -> None:
        """Have a letter on what a parent began go to the student, under the student's own name; it is kept as the student's."""
        if len(students) != 1:
            raise InputError(
                f"{view.request.id} is about several students to whom the right has passed: each may ask for their own record, "
                "`dam-plugin request add … --amend TEXT --from eligible_student:S-…`"
            )
        record = next(iter(students))
        name = self._typed.name
        if name and not any(is_same_name(each, name) for each in record.all_names):
            raise InputError(
                f"the right to have this record amended is {record.id}'s own, and '{self._kind}' goes to the student, not to a "
                "parent (34 CFR 99.5(a)): leave --name out, and the letter has the student's name on file"
            )
        self._typed = replace(self._typed, name=name or next(iter(record.names), ""))
        self._about = replace(self._about, student_id=record.id)

    def _hearing(self, view: RequestView) -> HearingTold:
        held = view.status.hearing_set
        if held is None or view.status.hearing_decision is not None:
            raise InputError(
                f"no hearing of {view.request.id} is ahead: `dam-plugin request hearing {view.request.id} --set MOMENT --place "
                "TEXT --officer NAME` notes it"
            )
        return HearingTold(held.at.astimezone(self._services.now().tzinfo), _line(held.place), _line(held.officer))

    def _decided(self, view: RequestView) -> AmendmentTold:
        status, kept = view.status, ""
        is_amended = status.state == "amended"
        if self._kind == "hearing-decision":
            decided = status.hearing_decision.what if status.hearing_decision is not None else None
            if not isinstance(decided, HearingDecided):
                raise InputError(
                    f"nothing is decided after a hearing of {view.request.id}: `dam-plugin request hearing {view.request.id} "
                    "--decision` notes it"
                )
            kept, is_amended = decided.why, decided.outcome == "amended"
        elif is_amended or status.hearing_decision is not None:
            raise InputError(f"{view.request.id} was decided otherwise since, see `dam-plugin request show`")
        elif status.outcome is not None:
            kept = status.outcome.why
        why = self._typed.reason or (_line(kept) if self._language == "en" else "")
        if not why:
            raise InputError("the family reads the reasons, in the letter's language: --reason TEXT")
        return AmendmentTold(why, is_amended)

    def _shares_of(self, view: RequestView) -> tuple[tuple[StoredShare, ...], tuple[StoredShare, ...]]:
        """Return the last share of each recording that answers a request, and those that went to somebody else."""
        ids = [each for each in view.status.parts if each.startswith(SHARE)]
        with self._services.store.reading() as unit:
            kept = unit.shares.stored_of(ids)
            wrong = went_astray(unit, self._services.ledger, ids, view.request.recipient)
        asked = (each for each in kept if each.share.asset_key not in view.status.not_reached)
        last = {each.share.asset_key: each for each in asked if each.share.id not in wrong}
        return tuple(last.values()), tuple(each for each in kept if each.share.id in wrong)

    def _of_stay(self, *, is_stayed: bool) -> str:
        """Return the sentence that a court stayed the order, "" where none did."""
        return WAITS_FOR_COURT.in_(self._language) if is_stayed else ""

    def _asked_for(self, view: RequestView) -> AskedFor:
        clocks = view.status.running
        if self._kind == "extension":
            # What is explained now is no deadline any more; the others stay as they are.
            clocks = tuple(each for each in clocks if each.name not in ("answer", "availability"))
        # When we tell others of an order is not owed to whoever served it, and a stayed order is answered on no day.
        clocks = tuple(each for each in clocks if each.name not in ("notice", *(("return",) if view.is_stayed else ())))
        return AskedFor(
            number=view.request.id,
            received=self._day(view.request.received_at),
            asked_again=view.status.asked_again,
            wants_copy=view.request.wanted == "copy",
            amends=view.status.amendment is not None,
            for_parent=self._kind == RIGHTS_PASSED and self._asks_for_parent(view.request),
            format=_line(view.request.format or ""),
            deadlines=tuple(self._deadline(each.name, each.due) for each in clocks),
            stayed=self._of_stay(is_stayed=view.is_stayed),
        )

    def _asks_for_parent(self, request: StoredRequest) -> bool:
        who, today = request.recipient.id or "", self._services.now().date()
        with self._services.store.reading() as unit:
            theirs = unit.people.family_of(who, today)
        return bool(theirs) and all(who in each.representatives_on(today) for each in theirs)

    def _deadline(self, clock: ClockName, due: DueDay) -> Deadline:
        term, skipped = due.term, {each.day: each.why for each in due.skipped}
        how = counted_in_words(term.days, term.counted, due.start, skipped, self._language)
        if clock == "return":
            how = GIVEN_BY_PAPER.in_(self._language)
        called = f"el día {term.days}" if self._language == "es" else f"the {term.days}th day"
        return Deadline(CLOCK_WORDS[clock].in_(self._language), due.day, how, term.source, due.open_on, called)

    def _answered(self, deadline: Deadline, words: Mapping[str, Said]) -> Deadline:
        """Return a deadline as somebody reads it to whom it is not owed, or perhaps not, to see anything: we answer by then."""
        for clock, said in words.items():
            if deadline.what == CLOCK_WORDS[clock].in_(self._language):
                return replace(deadline, what=said.in_(self._language))
        return deadline

    def _of_referral(self) -> Prepared:
        with self._services.store.reading() as unit:
            referral = unit.referrals.need(self._about.referral_id or "")
        check_not_sealed(referral)
        if self._kind == "subpoena-notice":
            return self._notice(referral)
        if self._kind == "offer":
            return self._offer(referral)
        if referral.kind not in _ASKED:
            raise InputError(f"nobody asked for {referral.id}: it is {REFERRAL_KINDS[referral.kind].called}")
        if self._about.student_id is not None:
            raise InputError("--student belongs to a letter to that student's family: 'subpoena-notice' or 'offer'")
        with self._services.store.reading() as unit:
            kept = unit.shares.stored_of([_answered_by(self._services, unit, referral)])
            secret = _is_secret(unit, referral)
            came = unit.requests.came([referral.id], referral.opened_at)
            destroyed = destroyed_of(unit, self._services.now().tzinfo, [referral.asset_key], came)
        if not kept:
            raise InputError("the share of this referral is not on record: restore the database from a backup")
        share = kept[0].share
        # The request that it answers says by when, and when it came.
        requests = requests_answered_by(self._services, referral.id)
        view = get_request(self._services, requests[0]) if len(requests) == 1 else None
        if view is not None:
            self._about = replace(self._about, request_id=view.request.id)
            known = {each.id: each for each in view.destroyed}
            destroyed = tuple(known.get(each.id, each) for each in destroyed)
        with self._services.store.reading() as unit:
            by_name = self._by_name(unit, share.recipient, view, kept, [referral])
        check_tells_no_stranger(referral.id, by_name, self._kind)
        if view is not None and (self._kind == NO_SUCH or self._typed.no_record):
            with self._services.store.reading() as unit:
                check_not_lost(self._services, unit, view.request, self._not_about)
        asked = (
            self._asked_for(view) if view is not None else self._asked_for_by(referral, share.recipient, share.purpose)
        )
        with self._services.store.reading() as unit:
            named = sought_by(self._services, unit, view.request, kept) if view is not None else None
        return self._answer(
            _Answer(
                to=share.recipient,
                request=asked,
                keys=(referral.asset_key,),
                shares=tuple(kept),
                secret=secret,
                destroyed=destroyed,
                sought=named or Sought(referral.id, (referral.asset_key,), (), frozenset(share.names)),
                by_name=by_name,
                closed=view.status.outcome if view is not None else None,
                asks=FamilyAsks(
                    self._about.request_id or referral.id,
                    share.recipient,
                    (referral.asset_key,),
                    {each.share.asset_key: each.outcome for each in kept},
                ),
            )
        )

    def _contradicts(self, view: RequestView, by_name: AskedByName, shares: Iterable[StoredShare]) -> bool:
        """Whether the letter would say something else than how the request stands."""
        state = view.status.state
        if state == "granted" and self._kind == RELEASE:
            lacks = bool(self._typed.no_record) or any(each.is_named or each.while_asked for each in view.destroyed)
            if lacks or by_name.leaves_some_out or any(map(is_copy_for_family, shares)):
                return False
        if by_name.is_strangers and state in _SAME_TO_STRANGERS.get(self._kind, ()):
            return False
        return state in _CONTRADICTED.get(self._kind, ())

    def _by_name(
        self,
        unit: Unit,
        to: Recipient,
        view: RequestView | None,
        shares: Collection[StoredShare],
        referrals: Iterable[Referral],
    ) -> AskedByName:
        """Return whom a request of the register, and the shares and the work that answer it, ask for by name."""
        request, status = (view.request, view.status) if view is not None else (None, None)
        rulings = self._services.rulings
        return asked_by_name(
            unit, to, request, shares, self._today, status=status, referrals=referrals, rulings=rulings
        )

    def _asked_for_by(self, referral: Referral, recipient: Recipient, purpose: str) -> AskedFor:
        received = self._day(referral.opened_at)
        deadlines: tuple[Deadline, ...] = ()
        clock = _ASKED[referral.kind]
        with self._services.store.reading() as unit:
            order = order_on_file(unit, referral)
            asked = need_share(unit, referral.share_id)
            is_stayed = order is not None and is_order_stayed(unit, asked, self._today)
        if not is_stayed and order is not None and order.answered_on is not None:
            # A subpoena or a court's order is answered on the day that the paper gives, and not by the Sunshine Law.
            told = self._deadline("return", due_day(CLOCKS["return"].term, order.answered_on, ()))
            deadlines = (told if told.day == referral.due else replace(told, day=referral.due, how=""),)
        elif not is_stayed and clock is not None and not (self._kind == "extension" and clock == "answer"):
            term = REFERRAL_KINDS[referral.kind].term
            due = due_day(term, received, self._services.settings.district.holidays)
            # The day was told when it came; it stays, and is not explained by a calendar that changed since. A paper that
            # nobody has verified moves it in the queue alone.
            told = self._deadline(clock, due)
            is_told = due.day == referral.due or order is not None
            deadlines = (told if is_told else replace(told, day=referral.due, how=""),)
            if (before := before_meeting(self._services, referral, recipient)) is not None:
                deadlines = (self._deadline(before.clock.name, before.clock.due), told)
        stayed = self._of_stay(is_stayed=is_stayed)
        return AskedFor(referral.id, received, wants_copy=purpose != "inspection", deadlines=deadlines, stayed=stayed)

    def _answer(self, answer: _Answer) -> Prepared:
        """Gather a letter to whoever asked."""
        is_family = answer.to.role in FAMILY
        with self._services.store.reading() as unit:
            answer = self._without_grown(unit, answer)
            own = own_students(unit, answer.to, self._today)
            if answer.by_name.leaves_some_out:
                own = [each for each in own if each.id not in answer.by_name.passed]
            is_strangers = answer.by_name.is_strangers or self._is_no_more_theirs(answer, own)
            delay = self._delay(answer, is_strangers=is_strangers)
            related = unit.people.related_to(answer.to.id) if is_family and answer.to.id else []
            named = answer.by_name.named
            is_kept = keeps_places_from(related, answer.to.id or "", self._today)
            # Whom nobody has on file may be the one from whom they are kept.
            without_place = is_kept or (is_family and not related)
            # Who may not know it is not told which recordings there are of somebody.
            is_open = answer.by_name.is_own and not is_strangers
            self._check_names(own, delay if not is_strangers else None)
            keys = dict.fromkeys((*answer.keys, *(each.share.asset_key for each in answer.shares))) if is_open else {}
            listed = {key: self._recording(unit, key, own, without_place=without_place) for key in keys}
            answer = replace(answer, died=any(each.death() is not None for each in own))
            withheld, grounds = self._withheld(unit, answer, listed, is_open=is_open)
            shown = {one for key in keys if (kept := unit.assets.current(key)) for one in students_in(kept.tagging)}
            # Whose rights passed is told of nothing that was destroyed: that is the student's to hear (34 CFR 99.5(a)).
            is_told = is_open and not answer.by_name.rights_passed
            destroyed, child_destroyed = self._destroyed(answer, own) if is_told else ((), ())
            self._check_outcome(unit, answer, tells_destroyed=bool(destroyed or child_destroyed))
            self._check_no_record(unit, answer)
            loss = self._loss(unit, answer, listed)
        told = tuple(listed.values())
        # Whose rights an order limits is known: no paper of theirs would change that (34 CFR 99.4).
        theirs = [each for each in related if each.id in shown or each.id in named] or related
        is_limited = any(self._is_kept_from(each, answer.to.id) for each in theirs)
        asked_about = [each for each in own if each.id in shown or each.id in named] or own
        acts_for = self._acts_for(answer.to, asked_about)
        is_attorney = self._typed.attorney or _is_representative(related, answer.to.id)
        # No paper shows whose parent an attorney is: what counts is the family's consent, or the authority that it gave.
        asks_authority = is_attorney and not is_limited and not (acts_for and is_open)
        asks_who = is_family and not is_limited and not is_attorney and _is_asked_who(answer, own)
        request = replace(
            answer.request,
            asks_who=asks_who,
            asks_authority=asks_authority,
            by_name=not answer.by_name.is_own,
            granted=is_open and self._is_granted(answer),
            by_stranger=is_strangers,
            before_rights=self._is_before_rights(answer, asked_about),
            rights_passed=answer.by_name.leaves_some_out,
        )
        is_owed_nothing = request.before_rights or self._are_all_grown(answer.to, asked_about)
        if asks_who or asks_authority or is_limited or is_strangers or is_owed_nothing:
            words = STRANGER_WORDS if is_strangers else ANSWER_WORDS
            request = replace(request, deadlines=tuple(self._answered(each, words) for each in request.deadlines))
        facts = self._facts(
            Addressee(
                is_family=is_family,
                is_student=answer.to.role == "eligible_student" and not answer.died,
                acts_for=acts_for,
                acts_as=self._acts_as(answer.to, asked_about),
            ),
            request=request,
            recordings=told[:MOST_LISTED],
            more_recordings=max(len(told) - MOST_LISTED, 0) + (answer.more if is_open else 0),
            student=self._child(asked_about) if is_family and own and not is_strangers else None,
            extension=delay,
            grounds=grounds,
            withheld=withheld,
            metadata=metadata_ground(self._language, family=is_family) if self._kind == RELEASE else None,
            fee=self._fee(_fee_told(answer)),
            destroyed=destroyed,
            no_record=self._typed.no_record,
            child_destroyed=child_destroyed,
            unlooked=answer.unlooked if is_open else 0,
            loss=loss,
        )
        students = [each for each in own if each.id in shown or each.id in named]
        return replace(
            self._prepared(facts, listed, students), cautions=(_WITHOUT_PLACE,) if is_kept and listed else ()
        )

    def _without_grown(self, unit: Unit, answer: _Answer) -> _Answer:
        """Return an answer without what shows only students over whom a parent holds no right (34 CFR 99.4, 99.5(a), 99.30)."""
        by_name = answer.by_name
        told = by_name.told(unit, answer.shares)
        return replace(
            answer,
            shares=tuple(told),
            keys=tuple(by_name.keys_told(unit, answer.keys, answer.shares)),
            provisions=by_name.cited(answer.provisions),
            destroyed=tuple(each for each in answer.destroyed if by_name.may_hear_of(each.shown)),
        )

    def _acts_for(self, to: Recipient, students: Iterable[StudentRecord]) -> str:
        """Return for whom a representative asks, by the name on file, or a line for the pen; "" for everybody else."""
        person, today = to.id or "", self._today
        represented: dict[str, str] = {}
        for each in students if to.role == "parent" else ():
            if has_rights(each, today, self._services.rulings):
                if person in each.own_representatives_on(today):
                    represented[each.id] = self._typed.student_name or LINE
            elif person in each.representatives_on(today):
                names, holders = dict(each.named_guardians), each.guardians_on(today)
                theirs = (one for one in each.represented_by(person, today) if one in holders)
                represented |= {one: names.get(one, LINE) for one in theirs}
        said = " y " if self._language == "es" else " and "
        return said.join(dict.fromkeys(represented.values()))

    def _acts_as(self, to: Recipient, students: Iterable[StudentRecord]) -> str:
        """Return as what the person acts as the students' parent, with the law; "" for a parent, a guardian, and the others."""
        found = (
            acts_as(each, to.id or "", self._today)
            for each in students
            if to.role == "parent" and to.id in each.guardians_on(self._today)
        )
        return " / ".join(dict.fromkeys(each.told[self._language] for each in found if each is not None))

    def _is_kept_from(self, record: StudentRecord, person: str | None) -> bool:
        """Whether the record is or may be kept from a person, or from a guardian whom the person represents."""
        both = {person, *(record.represented_by(person, self._today) if person else ())}
        return not both.isdisjoint(record.kept_from(self._today))

    def _are_all_grown(self, to: Recipient, students: Collection[StudentRecord]) -> bool:
        """Whether a parent asks about grown students alone: 34 CFR 99.31(a)(8) permits what is shown, and owes none of it."""
        rulings = self._services.rulings
        return to.role == "parent" and all(has_rights(each, self._today, rulings) for each in students)

    def _is_no_more_theirs(self, answer: _Answer, own: Collection[StudentRecord]) -> bool:
        """Whether a parent asks whose children all hold the rights, and was given nothing.

        Then it is not theirs to know whether there is a record (34 CFR 99.5(a), 99.30); 99.31(a)(8) permits, and owes nothing.
        """
        given = any(each.outcome in ("allow", "redact") for each in answer.shares)
        is_answered = self._kind not in ("acknowledgement", "extension")
        return not is_answered and not given and bool(own) and self._are_all_grown(answer.to, own)

    def _is_before_rights(self, answer: _Answer, students: Collection[StudentRecord]) -> bool:
        """Whether a student asks who holds no rights yet: to see it is the parents' right (34 CFR 99.3, 99.10(a))."""
        given = any(each.outcome in ("allow", "redact") for each in answer.shares)
        if given or answer.died or answer.by_name.is_strangers:
            return False
        return asks_before_rights(answer.to, students, self._today, self._services.rulings)

    def _check_outcome(self, unit: Unit, answer: _Answer, *, tells_destroyed: bool) -> None:
        outcomes = sorted({each.outcome for each in answer.shares})
        given = any(each in ("allow", "redact") for each in outcomes)
        held_back = any(each in ("deny", "redact") for each in outcomes)
        # What the custodian withholds by a provision, such as the metadata of the file, no share has decided.
        cites = bool(answer.provisions or self._typed.provisions)
        in_parts = held_back or cites or answer.by_name.is_strangers or answer.by_name.leaves_some_out
        wrong = {
            "denial": given,
            RIGHTS_PASSED: given,
            "no-such-record": given or held_back,
            RELEASE: (given or held_back) and not (given and (in_parts or self._typed.no_record or tells_destroyed)),
        }
        if self._kind == RELEASE and answer.by_name.is_strangers and not given:
            raise InputError(
                f"nothing was released in answer to {answer.request.number}, which asks for a student by name: a letter "
                f"'{RELEASE}' would tell that there is a record (34 CFR 99.3). The denial is the same whether there is one or "
                "none"
            )
        says_nothing = answer.by_name.leaves_some_out and not cites and not self._typed.no_record
        if self._kind == RELEASE and not given and (outcomes or says_nothing):
            raise InputError(
                f"nothing was released yet in answer to {answer.request.number}, so no letter says that something is given: "
                "what waits for you says what can be done, `dam-plugin queue list`"
            )
        if wrong.get(self._kind):
            raise InputError(
                f"it was answered '{', '.join(outcomes)}': a letter '{self._kind}' would say something else"
            )
        cited = (*answer.provisions, *self._typed.provisions) if KINDS[self._kind].needs_grounds else ()
        if answer.asks is not None and (cited or self._kind == "denial"):
            advised = answer.closed.advised if answer.closed is not None else ""
            is_denial = self._kind == "denial"
            check_reaches_family(self._services, unit, answer.asks, cited, advised, is_denial=is_denial)
        if self._kind == NO_SUCH:
            typed = [each for each in self._not_about if not is_destruction_id(each)]
            check_no_such_record(self._services, unit, answer.sought, typed, answer.not_about)
            check_excepted(answer.request.number, answer.destroyed, self._not_about)

    def _check_no_record(self, unit: Unit, answer: _Answer) -> None:
        """Raise InputError where a part of a request is said to be of no record, to whom that tells something or untruly."""
        if not self._typed.no_record:
            return
        number = answer.request.number
        if not answer.by_name.is_own:
            raise InputError(
                f"{number} asks for a student by name, and is not the family's: --no-record would tell whether there is a "
                "record (34 CFR 99.3). Leave it out"
            )
        for each in words_of_keys(" ".join(self._typed.no_record)):
            if unit.assets.newest(each) is not None:
                called = self._services.pseudonyms.outside(each)
                raise InputError(
                    f"--no-record has the key of a recording that the library has or had ({called}): answer with that, or say "
                    "in other words what there is no such record of"
                )

    def _is_granted(self, answer: _Answer) -> bool:
        """Whether a family is given all that it may have: each copy hides others alone (34 CFR 99.12(a))."""
        decided = [each for each in answer.shares if each.outcome != "allow"]
        alone = not (answer.is_partly or answer.provisions or self._typed.provisions or answer.more)
        return alone and bool(decided) and all(map(is_copy_for_family, decided))

    @cached_property
    def _not_about(self) -> tuple[str, ...]:
        """What was typed that the request is not about, as short ids."""
        return excepted(self._services.pseudonyms, self._typed.not_about)

    def _destroyed(
        self, answer: _Answer, own: Collection[StudentRecord]
    ) -> tuple[tuple[DestroyedTold, ...], tuple[DestroyedTold, ...]]:
        """Return what was destroyed of what was asked for, and what else showed the students of a family that asks in words.

        What says that there is no such record tells of each, another letter of what was destroyed while the request was
        pending, or what the custodian named. Raises InputError for what was confidential under another law.
        """
        not_about, theirs = {*self._not_about, *answer.not_about}, {each.id for each in own}
        rulings = self._services.rulings
        by_right = {each.id for each in own if not rights_passed(answer.to, each, self._today, rulings)}
        told = [each for each in answer.destroyed if each.id not in not_about]
        if self._kind != NO_SUCH:
            of_all = bool(self._typed.no_record)
            told = [each for each in told if each.is_named or each.while_asked or (of_all and _is_what_was_asked(each))]
        asked = [each for each in told if _is_what_was_asked(each)]
        others = [each for each in told if each not in asked]
        others = [each for each in others if theirs.issuperset(each.shown) and by_right.intersection(each.shown)]
        check_none_confidential(answer.request.number, [*asked, *others])
        return _destroyed_told(asked, by_right), _destroyed_told(others, by_right)

    def _withheld(
        self, unit: Unit, answer: _Answer, listed: Mapping[str, Recording], *, is_open: bool
    ) -> tuple[tuple[Withheld, ...], tuple[Ground, ...]]:
        """Return what is withheld of which recording, and every ground, each once."""
        rows: list[Withheld] = []
        alone = () if is_open else self._of_somebody()
        grounds: dict[Ground, None] = dict.fromkeys(alone)
        for each in answer.shares:
            theirs = tuple(self._grounds(each, answer, named=not is_open))
            grounds |= dict.fromkeys(theirs)
            if theirs and each.share.asset_key in listed:
                provisions = tuple(dict.fromkeys(one.provision for one in theirs))
                is_whole = each.outcome == "deny"
                places = () if is_whole else self._places(unit, each)
                rows.append(Withheld(listed[each.share.asset_key], is_whole, places, provisions))
        said = tuple(self._cited(answer))
        laws = tuple(filter(names_law, said))
        cited = (cited_ground(each, self._language) for each in said)
        told = (*grounds, *(each for each in cited if each.provision))
        if answer.by_name.passed and not told and self._kind == "denial":
            told = (passed_ground(self._language),)
        return (
            tuple(
                replace(row, provisions=(joined_provisions(_with_law(each, laws) for each in row.provisions),))
                for row in rows
            ),
            tuple(_said_once([replace(each, provision=_with_law(each.provision, laws)) for each in told])),
        )

    def _of_somebody(self) -> tuple[Ground, ...]:
        """Return what somebody who asked for a student by name, and is not the family, is told before all else."""
        words = by_name_words(given=self._kind == RELEASE)
        return (Ground(words.in_(self._language), words.provision),) if KINDS[self._kind].needs_grounds else ()

    def _cited(self, answer: _Answer) -> Iterator[str]:
        """Yield the provisions that the custodian cites, in the closing or here, and that the reader may be told.

        To somebody who asked for a student by name, and is not the family, FERPA is cited by the sentence for that; another
        provision, by which one could tell what there is, is told to no stranger, but what is about a parent's own rights.
        Raises InputError where such a one is typed.
        """
        by_name = answer.by_name
        check_cites_no_rights_passed(answer.request.number, by_name, self._typed.provisions)
        for each in (*answer.provisions, *self._typed.provisions):
            of_own_rights = answer.to.role in FAMILY and cited_ground(each, self._language).says
            if by_name.is_own or of_own_rights or not (by_name.is_strangers or is_by_ferpa(each)):
                yield each
            elif each in self._typed.provisions and not is_by_ferpa(each):
                raise InputError(
                    f"{answer.request.number} asks for a student by name, and is not the family's: '{each}' would tell that "
                    f"there is a record (34 CFR 99.3). Leave it out: the letter cites {by_name_words(given=False).provision}"
                )

    def _places(self, unit: Unit, kept: StoredShare) -> tuple[str, ...]:
        release = unit.shares.release(kept.release_id) if kept.release_id else None
        hidden: Iterable[Mapping[str, Any]] = (release.proof.get(HIDES) if release else None) or ({},)
        return tuple(dict.fromkeys(place_in_words(each, self._language) for each in hidden))

    def _grounds(self, kept: StoredShare, answer: _Answer, *, named: bool) -> Iterator[Ground]:
        if kept.outcome not in ("deny", "redact"):
            return iter(())
        order = kept.share.evidence.get("order") or {}
        secret = answer.secret or order.get("notice_required", True) is False
        reasons = reasons_to_withhold(kept.decision, tuple(kept.decision.get("redact") or ()))
        told = grounds_of(
            reasons,
            named=named,
            secret_order=secret,
            language=self._language,
            family=answer.to.role in FAMILY,
            died=answer.died,
        )
        # It is said before all else, in the words for this letter.
        return (each for each in told if not named or each.says != ABOUT_SOMEBODY.in_(self._language))

    def _delay(self, answer: _Answer, *, is_strangers: bool) -> Extension | None:
        """Return the explanation of a delay: as it was typed, or as the register has it; to a stranger neither."""
        if self._kind != "extension":
            return None
        typed, kept = self._typed, answer.delay if isinstance(answer.delay, Delayed) else None
        if is_strangers and (typed.cause or typed.place):
            raise InputError(
                f"{answer.request.number} asks for a student by name, and whoever asks is not the family: a cause or a place "
                "in your own words may tell that there is a record (34 CFR 99.3). Leave --cause and --place out: the letter "
                "says by when you answer"
            )
        if not is_strangers and kept is not None and self._language != "en" and not (typed.cause and typed.place):
            raise InputError(
                "the register has cause and place in the staff's words: give --cause and --place in the letter's language"
            )
        cause, place = (
            typed.cause or _line(kept.cause if kept else ""),
            typed.place or _line(kept.place if kept else ""),
        )
        if is_strangers:
            district = self._services.settings.district
            cause, place = STRANGER_CAUSE.in_(self._language), _line(district.contact or district.name) or LINE
        earliest = typed.earliest or (kept.earliest if kept else None)
        given = {"cause": cause, "place": place, "earliest": earliest}
        missing = [OPTION_OF[name][0] for name, value in given.items() if not value]
        if missing or earliest is None:
            raise InputError(
                "the explanation of a delay has its cause, the place and the earliest day (RSMo 610.023.3): "
                f"{', '.join(missing)}"
            )
        if self._day(earliest) < self._today:
            raise InputError(f"the earliest day {self._day(earliest)} is over: give one that is to come")
        return Extension(cause, place, earliest.astimezone(self._services.now().tzinfo))

    def _loss(self, unit: Unit, answer: _Answer, listed: Mapping[str, Recording]) -> LossTold | None:
        """Return what was lost, how, and what was tried: as it was typed, or as the register has it."""
        if answer.lost is None:
            return None
        given = {each.share.asset_key for each in answer.shares if each.outcome != "refer"}
        lost = need_lost(self._services, unit, answer.lost, given)
        typed, kept = self._typed, answer.closed if self._language == "en" else None
        how, tried = typed.how or _line(kept.why if kept else ""), typed.tried or _line(kept.tried if kept else "")
        missing = [option for option, text in (("--how", how), ("--tried", tried)) if not text]
        if missing:
            raise InputError(
                "a letter on a loss says how it was lost and what was tried to get it back, in the letter's language; ask the "
                f"district's attorney before it is sent: {', '.join(missing)}"
            )
        found = max(self._day(each.lost_on) for each in lost if each.lost_on is not None)
        if typed.lost_on is not None and typed.lost_on > found:
            raise InputError(f"it was found out on {found} that it is lost, and not before it was: correct --lost-on")
        named = tuple(listed[each.key] for each in lost if each.key in listed)
        return LossTold(found, how, tried, typed.lost_on, named)

    def _fee(self, fee: FeeState | None) -> FeeTold | None:
        if fee is None or (fee.estimate is None and fee.waived is None):
            return None
        # What costs nothing is not listed.
        lines = [each for each in fee.estimate.lines if each.cents] if fee.estimate is not None else []
        return FeeTold(
            lines=tuple(
                FeeLineTold(
                    FEE_WORDS[each.what].in_(self._language),
                    each.count,
                    Money(each.cents),
                    how_much(each.what, each.count, self._language),
                )
                for each in lines
            ),
            total=Money(fee.estimate.cents if fee.estimate is not None else 0),
            owed=Money(fee.owed),
            deposit=Money(fee.deposit) if fee.deposit is not None else None,
            is_waived=fee.waived is not None or not lines,
        )

    # Letters to families

    def _notice(self, referral: Referral) -> Prepared:
        """Gather the notice of an order to one student's family."""
        student = self._about.student_id
        if student is None:
            raise InputError("the notice goes to one student's family: --student S-…")
        check_court_without_number(self._typed.court)
        with self._services.store.reading() as unit:
            order = need_order_to_tell(unit, referral)
            record = unit.people.need(student)
            asked = need_share(unit, referral.share_id)
            issued_by, stayed = asked.recipient, is_order_stayed(unit, asked, self._today)
            narrowed = narrowed_order(unit, asked)
        check_student(referral, students_to_tell(self._services, referral), student)
        given = self._given_under(referral)
        if given is None and narrowed is not None:
            raise InputError(not_reached_by(narrowed))
        if given is None and stayed:
            raise InputError(
                f"a court stayed the order of {referral.id}: nothing is handed over while the stay stands, and no family is "
                f"told a day. Once it is lifted, enter that (`dam-plugin queue finding {referral.id} stay lifted --why TEXT`), "
                "and write the notice then"
            )
        if given is not None and self._typed.answer_on is not None:
            raise InputError(f"the order of {referral.id} was answered on {given[0]}: leave --answer-on out")
        with self._services.store.reading() as unit:
            before = [each.id for each in unit.letters.efforts(referral.id) if each.student_id == student]
        if given is not None and before:
            raise InputError(
                f"the order of {referral.id} was answered on {given[0]}, and the family was told before ({', '.join(before)}): "
                "nothing is left to tell"
            )
        if self._typed.answer_on is not None and self._typed.answer_on <= self._today:
            raise InputError(
                f"a family is told before an order is answered, and {self._typed.answer_on} is not after today: give "
                "a later day; of a paper that is answered at once, leave the day out, and say so with `dam-plugin letter "
                "effort … --at-once WORDS`"
            )
        with self._services.store.reading() as unit:
            self._check_addressee([record], unit.assets.newest(referral.asset_key), referral)
            self._check_names([record])
            listed = {referral.asset_key: self._recording_for(unit, referral.asset_key, [record])}
        court, number = self._typed.court, self._typed.case_number
        juvenile, due = is_juvenile(order, issued_by, court, number), self._notice_was_due(referral)
        told = OrderTold(
            is_subpoena=order.block.get("kind") != "judicial_order",
            answer_on=self._typed.answer_on,
            court=court or LINE,
            number="" if juvenile else number or LINE,
            is_juvenile=juvenile,
            was_due=due if given is None else None,
            given_on=given[0] if given is not None else None,
            given_to=given[1] if given is not None else LINE,
            was_secret=referral.kind == "notice_owed",
        )
        facts = self._facts(
            self._family([record]), student=self._child([record]), order=told, recordings=tuple(listed.values())
        )
        of_number = caution_of_number(juvenile=juvenile, court=court, number=number)
        late = _LATE.format(due) if due is not None and given is None else ""
        return replace(self._prepared(facts, listed, [record]), cautions=tuple(filter(None, (of_number, late))))

    def _given_under(self, referral: Referral) -> tuple[date, str] | None:
        """Return the day on which the recording was handed over under an order, and to whom; None where it was not yet."""
        with self._services.store.reading() as unit:
            answered = _answered_by(self._services, unit, referral)
            given = [
                each
                for each in unit.shares.of_key(referral.asset_key)
                if (each.share.id == answered or each.share.referral == referral.id)
                and each.outcome in ("allow", "redact")
            ]
            # By a link that was closed before anybody opened it nobody was given anything.
            unopened = unit.shares.closed_unopened(each.share.id for each in given)
            given = [each for each in given if each.share.id not in unopened]
            if not given:
                return None
            last = max(given, key=lambda each: each.at)
            on = self._day(last.at)
            for _, details in self._services.ledger.about(unit, "share", [last.share.id]):
                if details and (in_person := details.get("in_person")):
                    on = date.fromisoformat(str(in_person["on"]))
        role = last.share.recipient.role
        # Whoever served it as one of the public is written in with a pen.
        return on, LINE if role == "public" else party_in_words(role, self._language)

    def _notice_was_due(self, referral: Referral) -> date | None:
        """Return the day by which the families had to be told, by the register; None while it is not over."""
        views = [get_request(self._services, each) for each in requests_answered_by(self._services, referral.id)]
        days = (each.due.day for view in views for each in view.status.running if each.name == "notice")
        return min((each for each in days if each < self._today), default=None)

    def _offer(self, referral: Referral) -> Prepared:
        """Gather the offer of a recording to one family."""
        if referral.kind != "offer":
            raise InputError(f"{referral.id} is no offer to a family: `dam-plugin queue list` shows them")
        students = referral.students
        if self._about.student_id is not None:
            if self._about.student_id not in students:
                raise InputError(f"{referral.id} is the offer to another family: leave --student out")
            students = (self._about.student_id,)
        with self._services.store.reading() as unit:
            records = [unit.people.need(each) for each in students]
            stored = unit.assets.newest(referral.asset_key)
            check_still_offered(stored, referral, students)
            self._check_addressee(records, stored, referral)
            self._check_kept_from_none(unit, stored, records)
            self._check_names(records)
            listed = {referral.asset_key: self._recording_for(unit, referral.asset_key, records)}
        facts = self._facts(self._family(records), student=self._child(records), recordings=tuple(listed.values()))
        return self._prepared(facts, listed, records)

    def _check_kept_from_none(self, unit: Unit, stored: StoredAsset | None, records: Iterable[StudentRecord]) -> None:
        """Raise InputError where a whole recording would be offered to a guardian from whom an order keeps somebody in it."""
        shown = [*unit.people.students_of(stored.tagging.students if stored is not None else ()).values()]
        theirs = {guardian for each in records for guardian, _ in each.named_guardians}
        kept = {guardian for guardian in theirs if any(limited_among(shown, guardian, self._today))}
        to = person_id(self._typed.guardian) if self._typed.guardian else None
        if to in kept or (to is None and kept):
            raise InputError(
                "the whole recording shows a child over whom a court order limits the rights of "
                f"{', '.join(sorted(kept))}: the offer goes to another guardian by name, `--guardian G-…`. Where this one "
                "asks, the custodian looks first"
            )

    def _check_addressee(
        self, records: Collection[StudentRecord], stored: StoredAsset | None = None, referral: Referral | None = None
    ) -> None:
        """Raise InputError unless a letter may go to whom it is written (34 CFR 99.4; RSMo 452.375, 452.376, 589.664).

        Where a guardian of the family may not have the recording, or not yet, the custodian says to which one it goes, and
        the letter has that guardian's name. `referral` is about a recording, as it is `stored`; the confirmation of a choice is
        about none.
        """
        today, rulings, kind, typed = self._today, self._services.rulings, self._kind, self._typed
        minors = [each for each in records if not has_rights(each, today, rulings)]
        guarded = [each for each in minors if is_guarded(each, today)]
        look = TO_GUARDIAN[kind].format(referral=referral.id if referral else "", student=next(iter(records)).id)
        by_two = referral is not None and (stored is None or needs_two(stored.tagging))
        guardian = person_id(typed.guardian) if typed.guardian else None
        check_addressee(records, guardian, today, by_two=by_two, rulings=rulings, what=kind, look=look)
        called = ""
        if guardian is not None:
            called = next((name for each in records for who, name in each.named_guardians if who == guardian), "")
            if guarded and called and typed.name and not is_same_name(called, typed.name):
                raise InputError(
                    f"the name is not that of {guardian}: leave --name out, and the letter has the name on file"
                )
        # Father and son may have one name.
        own = [called] if called else [name for each in records if each not in minors for name in each.all_names]
        is_own = any(is_same_name(each, typed.name) for each in own)
        grown = [each for each in records if each not in minors and each.death() is None]
        if not is_own and any(is_same_name(name, typed.name) for each in grown for _, name in each.named_guardians):
            raise InputError(
                f"'{kind}' is about a student who is of age, and telling a parent does not tell the student (34 CFR 99.5): "
                "give the student's own name, or leave --name out"
            )
        if not is_own and any(is_name_of_kept(each, typed.name, today) for each in records):
            raise InputError(_NOT_NAMED.format(kind))
        self._typed = replace(typed, name=typed.name or called)

    def _of_opt_outs(self) -> Prepared:
        with self._services.store.reading() as unit:
            record = unit.people.need(self._about.student_id or "")
            published = purposes_to_take_down(self._services, unit, record.id)
            # A locked set never changes: what a later choice takes out of it, the publisher may have printed.
            locked = next(unit.exports.of_student(record.id, state="locked"), None)
            beside = self._beside(unit, record)
        told = self._open_opt_outs(record)
        if not told:
            raise InputError("no opt-out of this student is in force: `dam-plugin student show` lists them")
        reaches_book = any(
            each.is_open(self._today) and (each.purposes is None or YEARBOOK in each.purposes)
            for each in record.opt_outs
        )
        self._check_addressee([record])
        self._check_names([record])
        facts = self._facts(
            self._family([record]),
            student=self._child([record]),
            opt_outs=told,
            opened=self._opened(record, beside),
            in_print=locked is not None and reaches_book,
            published=self._purposes_told(published),
        )
        return self._prepared(facts, {}, [record])

    def _of_ended_opt_outs(self) -> Prepared:
        """Gather the letter on opt-outs that another parent ended, or that the office noted by mistake.

        A parent is told what the other one ended, since each holds the rights in full (34 CFR 99.4), and nothing of a student
        who holds them; of a mistake whoever holds them is told.
        """
        guardian = person_id(self._typed.guardian) if self._typed.guardian else ""
        with self._services.store.reading() as unit:
            record = unit.people.need(self._about.student_id or "")
            ended = ended_by_another(self._services, unit, record.id, guardian) if guardian else ()
            mistaken = taken_back(self._services, unit, record.id)
            beside = self._beside(unit, record)
        is_students = has_rights(record, self._today, self._services.rulings)
        if is_students and (guardian or not mistaken):
            raise InputError(
                f"{record.id} holds the rights now, and no parent is told what becomes of the student's choices (34 CFR 99.5)"
            )
        if not guardian and not is_students:
            raise InputError(
                "it goes to the guardian whose opt-out another person ended, or was noted by mistake: --guardian G-…, as "
                "`dam-plugin student opt-in` names them"
            )
        self._check_addressee([record])
        if not (ended or mistaken):
            raise InputError(
                f"no opt-out that {guardian} stated for {record.id} was ended by another person or taken back as a mistake, or "
                f"it is on file again: `dam-plugin student show {record.id}` lists them"
            )
        self._check_names([record])
        facts = self._facts(
            self._family([record]),
            student=self._child([record]),
            ended=tuple(dict.fromkeys(map(self._opt_out_told, ended))),
            mistaken=tuple(dict.fromkeys(map(self._mistake_told, mistaken))),
            opt_outs=self._open_opt_outs(record),
            opened=self._opened(record, beside),
        )
        return self._prepared(facts, {}, [record])

    def _beside(self, unit: Unit, record: StudentRecord) -> tuple[ConsentBeside, ...]:
        """Return what the student's consents come to today, in the order in which they were kept."""
        consents = sorted(unit.people.kept_consents([record.id]), key=KeptConsent.order)
        opt_outs = unit.people.kept_opt_outs(record.id)
        return tuple(consents_beside(self._services, record, consents, opt_outs, self._today))

    def _opened(self, record: StudentRecord, beside: Iterable[ConsentBeside]) -> tuple[ConsentTold, ...]:
        """Return the consents that permit what an opt-out on file refuses, each once; never who signed them."""
        told = (self._consent_told(record, each.consent) for each in beside if each.opens)
        return tuple(dict.fromkeys(told))

    def _consent_told(self, record: StudentRecord, consent: Consent) -> ConsentTold:
        """Return a consent; to whom it is kept where the student is, no party is named that may tell the place."""
        guardian = person_id(self._typed.guardian) if self._typed.guardian else None
        without_place = guardian is not None and keeps_places_from([record], guardian, self._today)
        parties = (party_in_words(each, self._language, named=not without_place) for each in consent.parties)
        return ConsentTold(
            purpose=purpose_in_words(self._services.settings.purposes.called(consent.purpose or ""), self._language),
            parties=tuple(dict.fromkeys(parties)),
            signed_on=consent.signed_on,
            expires=consent.expires,
            recordings=len(consent.assets or ()),
            revoked_on=consent.revoked_on,
        )

    def _mistake_told(self, mistake: Mistake) -> OptOutTold:
        return replace(self._opt_out_told(mistake.opt_out), ended=mistake.day)

    def _open_opt_outs(self, record: StudentRecord) -> tuple[OptOutTold, ...]:
        return tuple(self._opt_out_told(each) for each in record.opt_outs if each.is_open(self._today))

    def _opt_out_told(self, choice: OptOut) -> OptOutTold:
        called = self._services.settings.purposes.called
        purposes = (purpose_in_words(called(each), self._language) for each in choice.purposes or ())
        return OptOutTold(choice.since, tuple(dict.fromkeys(purposes)), choice.ended)

    def _of_consent(self) -> Prepared:
        """Gather the confirmation of a consent, or of its revocation."""
        with self._services.store.reading() as unit:
            kept = unit.people.consent(self._about.consent_id or "")
            record = unit.people.need(kept.student)
            others = [each for one, each in unit.people.consents({record.id}) if one != self._about.consent_id]
            published = purposes_to_take_down(self._services, unit, record.id)
            unsettled = any(each.id == kept.id and each.is_doubtful for each in self._beside(unit, record))
            mistaken = self._never_given(unit, kept.id, record.id)
        consent, ended = kept.consent, self._kind == CONSENT_ENDED
        if not ended and consent.revoked_on is not None and consent.revoked_on <= self._today:
            raise InputError(
                f"this consent was revoked on {consent.revoked_on}: `dam-plugin letter write {CONSENT_ENDED} --consent "
                f"{self._about.consent_id}` confirms that"
            )
        if ended and consent.revoked_on is None:
            raise InputError(
                f"nobody revoked this consent: `dam-plugin consent revoke {self._about.consent_id}` notes it first"
            )
        self._check_addressee([record])
        self._check_names([record])
        known = self._services.settings.purposes
        told = replace(
            self._consent_told(record, consent),
            on_directory=self._is_on_directory(record),
            another=any(
                each.is_in_force(self._today) and known.whole(each.purpose or "") == known.whole(consent.purpose or "")
                for each in others
            ),
            refused=tuple(dict.fromkeys(each for told in self._open_opt_outs(record) for each in told.purposes)),
            unsettled=unsettled,
            never_given=mistaken,
        )
        facts = self._facts(self._family([record]), student=self._child([record]), consent=told)
        if ended:
            facts = replace(facts, published=self._purposes_told(published))
        prepared = self._prepared(facts, {}, [record])
        return replace(prepared, cautions=(_UNSETTLED.format(record.id),)) if unsettled and not ended else prepared

    def _never_given(self, unit: Unit, consent: str, student: str) -> date | None:
        """Return the day on which two people had said that nobody ever gave a consent. Raises InputError after the first."""
        told = never_given(unit, self._services.ledger, {student}).get(consent)
        if told is not None:
            return self._day(told[0].at)
        if consent in never_given(unit, self._services.ledger, {student}, NEVER_GIVEN_ASKED):
            raise InputError(
                "one person said that nobody ever gave this consent, and the letter waits until another one says the same: "
                f"`dam-plugin consent revoke {consent} --never-given --why TEXT`"
            )
        return None

    def _is_on_directory(self, record: StudentRecord) -> bool:
        """Whether anything of the student may be shown as directory information: not where all of it is refused already."""
        district, called = self._services.settings.district, self._services.settings.purposes.called
        if not district.directory_includes_images or record.says_no(self._today):
            return False
        refused = {called(one) for each in record.opt_outs if each.is_open(self._today) for one in each.purposes or ()}
        return district.directory_limited_to is None or not refused.issuperset(
            map(called, district.directory_limited_to)
        )

    def _purposes_told(self, purposes: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(purpose_in_words(each, self._language) for each in purposes))

    def _family(self, records: Collection[StudentRecord]) -> Addressee:
        # To a student who has died no letter is written.
        holds_rights = len(records) == 1 and all(
            each.death() is None and has_rights(each, self._today, self._services.rulings) for each in records
        )
        to = Recipient("parent", person_id(self._typed.guardian) if self._typed.guardian else None)
        return Addressee(is_family=True, is_student=holds_rights, acts_as=self._acts_as(to, records))

    def _child(self, records: Collection[StudentRecord]) -> Child:
        died = any(each.death() is not None for each in records)
        held = any(has_rights(each, self._today, self._services.rulings) for each in records)
        return Child(self._typed.student_name or LINE, several=len(records) > 1, died=died, held_rights=held)

    # The annual notice

    def _of_year(self) -> Prepared:
        district, year = self._services.settings.district, self._about.year or 0
        given, until = district.directory_notice, district.opt_out_window_ends
        if given is None or until is None:
            raise InputError(
                "the notice says until when a family may say no (34 CFR 99.37(a)(3)): set `district.directory_notice` and "
                "`district.opt_out_window_ends`"
            )
        if school_year(given) != f"{year}-{year + 1}":
            raise InputError(
                f"the settings have the notice of {given}, of the school year {school_year(given)}: set "
                f"`district.directory_notice` and `district.opt_out_window_ends` for {year}-{year + 1}, or give --year "
                f"{school_year(given)[:4]}"
            )
        if until < given:
            raise InputError(
                f"`district.opt_out_window_ends` ({until}) is before the notice ({given}): it is last year's"
            )
        types = self._typed.directory_information
        if not (types or district.directory_includes_images):
            raise InputError(
                "the notice names what directory information is (34 CFR 99.37(a)(1)): set "
                "`district.directory_includes_images`, or give --directory-information"
            )
        self._check_names(())
        called = self._services.settings.purposes.called
        limited = (purpose_in_words(called(each), self._language) for each in district.directory_limited_to or ())
        notice = NoticeTold(
            school_year=school_year(given),
            given=given,
            until=until,
            includes_images=district.directory_includes_images,
            limited_to=tuple(dict.fromkeys(limited)),
            types=types,
        )
        return self._prepared(self._facts(Addressee(), notice=notice), {}, ())

    # What all have

    def _facts(self, to: Addressee, **more: Any) -> LetterFacts:  # noqa: ANN401 - fields of the facts
        district, typed = self._services.settings.district, self._typed
        name = typed.name or LINE
        addressee = Addressee(
            name,
            typed.greeting or greeting_for(name, self._language),
            typed.address,
            to.is_family,
            to.is_student,
            to.acts_for,
            to.acts_as,
        )
        told = DistrictTold(district.name, district.contact)
        return LetterFacts(language=self._language, day=self._today, district=told, to=addressee, **more)

    def _prepared(
        self, facts: LetterFacts, listed: Mapping[str, Recording], students: Iterable[StudentRecord]
    ) -> Prepared:
        recordings = tuple((each.id, key) for key, each in listed.items())
        ids = tuple(sorted(each.id for each in students))
        return Prepared(facts, self._about, recordings, ids, roster=lambda: self._roster)

    def _recording_for(self, unit: Unit, key: str, own: Collection[StudentRecord]) -> Recording:
        """Return what a letter to the guardian who was typed calls a recording of these students."""
        guardian = person_id(self._typed.guardian) if self._typed.guardian else None
        without_place = guardian is not None and keeps_places_from(own, guardian, self._today)
        return self._recording(unit, key, own, without_place=without_place)

    def _recording(self, unit: Unit, key: str, own: Iterable[StudentRecord], *, without_place: bool) -> Recording:
        """Return what a letter calls a recording; an event that may name somebody is left out.

        `without_place`: so is every event, for a reader from whom it is or may be kept where a student can be found.
        """
        stored = unit.assets.current(key)
        about = stored.about if stored is not None else None
        day = day_of(about.taken) if about is not None else None
        names = names_of(own)
        told = about.events if about is not None and not without_place else ()
        events = (" ".join(each.split())[:LONGEST_WORD] for each in told)
        event = next((each for each in events if each.isprintable() and not self._roster.named_in(each, names)), "")
        return recording_told(self._services.pseudonyms.outside(key), event, day, self._language)

    @cached_property
    def _roster(self) -> RosterNames:
        with self._services.store.reading() as unit:
            return RosterNames(unit.people.stream())

    def _check_names(self, own: Collection[StudentRecord], delay: Extension | None = None) -> None:
        """Raise InputError where a free text names a student; a letter to a family may name its own."""
        typed, names = self._typed, names_of(own)
        if typed.student_name and (not own or self._roster.named_in(typed.student_name, names)):
            raise InputError(
                "--student-name is not the name of the student whom this letter is about: look at `dam-plugin student show`"
            )
        if not typed.no_student_named and self._is_addressed_to_another(own):
            raise InputError(
                "the name, form of address or address has the name of a student whom this letter is not about: mend it, or "
                "where it is somebody else of that name, add --no-student-named"
            )
        delayed = (delay.cause, delay.place) if delay is not None else ()
        free = (
            *delayed,
            typed.how,
            typed.tried,
            typed.court,
            typed.case_number,
            *typed.directory_information,
            *typed.no_record,
        )
        if not typed.no_student_named and any(self._roster.named_in(each, names) for each in free if each):
            raise InputError(
                "a text of this letter may name a student: write it without, or where the word means nobody on the roster, "
                "add --no-student-named"
            )

    def _is_addressed_to_another(self, own: Collection[StudentRecord]) -> bool:
        """Whether what stands above a letter has the whole name of another student: one name alone may be the addressee's."""
        names, theirs = names_of(own), {each.id for each in own}
        above = (self._typed.name, self._typed.greeting, *self._typed.address)
        # That looks for any part of any name, once for the whole roster: few texts are left.
        found = [each for each in above if each and self._roster.named_in(each, names)]
        if not found:
            return False
        with self._services.store.reading() as unit:
            return any(
                has_name_of(text, each) for each in unit.people.stream() if each.id not in theirs for text in found
            )

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._services.now().tzinfo).date()


def _fee_told(answer: _Answer) -> FeeState | None:
    """Return the fee that whoever asked is told of.

    Who may not know whether there is a record, and was given nothing, is told of the time of looking alone. No family pays for
    that (34 CFR 99.11(b)).
    """
    fee = answer.fee
    given = any(each.outcome in ("allow", "redact") for each in answer.shares)
    if fee is None or given or not answer.by_name.is_strangers:
        return fee
    if answer.to.role in FAMILY:
        return None
    lines = [each for each in (fee.estimate.lines if fee.estimate is not None else ()) if each.what == RESEARCH]
    return FeeState(Estimated(tuple(lines)), paid=fee.paid) if lines and fee.waived is None else None


def _is_asked_who(answer: _Answer, own: Collection[StudentRecord]) -> bool:
    """Whether it is not known yet who a family is: nobody has them on file, or a share of theirs waits for that.

    So it is with a parent of others who asks for this student alone.
    """
    if answer.by_name.is_strangers and answer.to.role == "parent":
        return True
    reasons = (each for share in answer.shares for each in share.decision.get("reasons", ()))
    asked = (each for each in reasons if each.get("clause") == RELATION)
    return not own or any(not is_of_known(RELATION, str(each.get("text", ""))) for each in asked)


def _is_representative(related: Iterable[StudentRecord], person: str | None) -> bool:
    """Whether somebody is or was on file as a representative for one of these students, and as a guardian of none."""
    known = list(related)
    stated = (one for each in known for one in each.guardianships if one.guardian == person)
    return any(one.represents is not None for one in stated) and all(
        person not in each.ever_guardians for each in known
    )


def _is_secret(unit: Unit, referral: Referral) -> bool:
    order = order_on_file(unit, referral)
    return order is not None and order.is_secret


def _line(text: str) -> str:
    """Return a text of the register on one line, without what no letter shows."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _answered_by(services: Services, unit: Unit, referral: Referral) -> str:
    """Return the share that answered a referral; while none has, or it went to somebody else, the last one that asked."""
    told = services.ledger.about(unit, "queue", [referral.id])
    settled = [str(each["share"]) for _, each in told if each is not None and each.get("done") == SETTLED]
    asked = unit.shares.share(referral.share_id)
    wrong = unit.shares.closed_unopened(settled)
    wrong |= went_astray(unit, services.ledger, settled, asked.share.recipient) if asked is not None else set()
    return [referral.share_id, *(each for each in settled if each not in wrong)][-1]


def _with_law(provision: str, laws: Collection[str]) -> str:
    """Return a provision, beside 610.021(14) alone also the laws that the custodian names."""
    return joined_provisions((*laws, provision)) if lacks_law(provision) and laws else provision


def _said_once(grounds: Collection[Ground]) -> Iterator[Ground]:
    """Yield each sentence once, with every provision behind it; a provision without a sentence stands alone."""
    provisions: dict[str, list[str]] = {}
    for each in dict.fromkeys(grounds):
        provisions.setdefault(each.says or each.provision, []).append(each.provision)
    says = {each.says for each in grounds}
    for told, theirs in provisions.items():
        yield Ground(told, joined_provisions(theirs)) if told in says else Ground("", told)


def _is_what_was_asked(destroyed: Destroyed) -> bool:
    """Whether it is known to be what was asked for; else it showed the student, and may be that."""
    return destroyed.in_request or not (destroyed.shown or destroyed.is_any)


def _destroyed_told(destroyed: Iterable[Destroyed], by_right: set[str]) -> tuple[DestroyedTold, ...]:
    """Return what is told of what was destroyed; who asked for that, to who holds the rights over a student in it alone.

    To anybody else it would tell that it was a record of special education (34 CFR 300.624(b)).
    """
    told = (
        DestroyedTold(
            each.day,
            each.source,
            each.by_court,
            each.by_parents,
            each.while_asked,
            asked_by=each.asked_by if by_right.intersection(each.shown) else None,
        )
        for each in destroyed
    )
    return tuple(replace(each, count=count) for each, count in Counter(told).items())
