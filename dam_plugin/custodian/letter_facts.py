"""The facts that a letter may tell, and the kinds of letters. Pure; the words of a letter are in its template.

A template may use the fields of `LetterFacts` that its kind has, and nothing else. `KINDS` holds each kind with its
source. Where the facts come from is in `letters.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal, get_args

from dam_plugin.procedure.exception_row import Says
from dam_plugin.procedure.outside import each_once
from dam_plugin.procedure.outside_words import Language

LANGUAGES: tuple[str, ...] = get_args(Language)
Subject = Literal["request", "referral", "consent", "opt-out", "year"]
# What is left blank is written in with a pen.
LINE = "______________________________"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in whole cents."""

    cents: int

    def __bool__(self) -> bool:
        """Whether it is more than nothing."""
        return self.cents != 0


@dataclass(frozen=True, slots=True)
class DistrictTold:
    """The district, from the settings."""

    name: Annotated[str, Says("its name")]
    office: Annotated[str, Says("the office that letters come from, with its address")]


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom the letter goes to. Name and address are what the custodian typed, or a line for the pen."""

    name: Annotated[str, Says("the name as it was typed, or a line for the pen")] = LINE
    greeting: Annotated[str, Says("the form of address as it was typed, or `Dear` and the name")] = f"Dear {LINE}"
    lines: Annotated[tuple[str, ...], Says("the lines of the address")] = ()
    is_family: Annotated[bool, Says("a parent, or the student")] = False
    is_student: Annotated[bool, Says("the student, who holds the rights (34 CFR 99.5)")] = False
    acts_for: Annotated[
        str, Says("for whom a representative asks: the guardian, or the student; empty for everybody else")
    ] = ""
    acts_as: Annotated[
        str,
        Says("as what somebody acts as a parent, with the law, such as a surrogate parent; empty for everybody else"),
    ] = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording, by what a stranger may know of it: never its file name."""

    called: Annotated[str, Says("its event, its day and its short id, in the letter's language")]
    id: Annotated[str, Says("its short id")]
    event: Annotated[str, Says("its event, empty where none is known or it may name somebody")] = ""
    day: Annotated[date | None, Says("the day on which it was made, null where it is not known")] = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """One day by which something has to be done, with how it came about."""

    what: Annotated[str, Says("what has to be done, after `we have to`")]
    day: Annotated[date, Says("the last day")]
    how: Annotated[str, Says("how the day came about, as a sentence")]
    source: Annotated[str, Says("the provision")]
    open_on: Annotated[
        date | None, Says("the last day on which the office is open before it, where it is closed on it")
    ] = None
    called: Annotated[str, Says("what the last day is called, as `the 45th day`")] = ""


@dataclass(frozen=True, slots=True)
class AskedFor:
    """The request or referral that the letter answers."""

    number: Annotated[str, Says("its number")]
    received: Annotated[date, Says("the day on which it came")]
    asked_again: Annotated[
        date | None, Says("the day on which it was made again after it was closed, null where it was not")
    ] = None
    wants_copy: Annotated[bool, Says("a copy is asked for; else it is to be looked at")] = True
    format: Annotated[str, Says("the format that is asked for, empty where none is")] = ""
    deadlines: Annotated[tuple[Deadline, ...], Says("the days by which it has to be answered")] = ()
    stayed: Annotated[str, Says("that a court stayed the order that it is, in a sentence")] = ""
    asks_who: Annotated[
        bool, Says("a parent or a student asks, and it is not known yet that they are (34 CFR 99.31(c))")
    ] = False
    amends: Annotated[bool, Says("a family asks to amend a record, and not to see one (34 CFR 99.20)")] = False
    for_parent: Annotated[
        bool, Says("a parent's representative asks, and not the parent (34 CFR 99.5(a), 300.613(b)(3))")
    ] = False
    by_parent: Annotated[
        bool,
        Says("a parent asked to amend a record, and the right is now the student's who reads this (34 CFR 99.5(a))"),
    ] = False
    asks_authority: Annotated[
        bool,
        Says(
            "an attorney or another representative asks, whose consent (34 CFR 99.30) or authority is not on file yet"
        ),
    ] = False
    by_name: Annotated[
        bool,
        Says(
            "a student is asked for by name, and not by the family: the letter says of no recording whether it is there"
        ),
    ] = False
    granted: Annotated[
        bool, Says("a family is given all that it may have: its copies hide others alone (34 CFR 99.12(a))")
    ] = False
    by_stranger: Annotated[
        bool,
        Says(
            "whoever asks for a student by name so may have no record of that student without a consent: the letter does not "
            "speak as if there were one"
        ),
    ] = False
    before_rights: Annotated[
        bool, Says("a student asks for their own, and the rights are the parents' still (34 CFR 99.3, 99.5(a))")
    ] = False
    rights_passed: Annotated[
        bool,
        Says(
            "a parent asks for several students, and some of them hold the rights (34 CFR 99.5(a)): the letter says nothing of "
            "these, not even whether there is a record"
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class Extension:
    """The explanation of a delay (RSMo 610.023.3)."""

    cause: Annotated[str, Says("the cause, in detail")]
    place: Annotated[str, Says("where it will be available")]
    earliest: Annotated[datetime, Says("the earliest day, or day and time")]


@dataclass(frozen=True, slots=True)
class HearingTold:
    """A hearing on a record that is not amended (34 CFR 99.22(b))."""

    at: Annotated[datetime, Says("its date and time")]
    place: Annotated[str, Says("its place")]
    officer: Annotated[str, Says("who holds it; empty where that was not asked when it was set")] = ""


@dataclass(frozen=True, slots=True)
class AmendmentTold:
    """What was decided on a request to amend a record."""

    why: Annotated[str, Says("the reasons; after a hearing also the evidence in short")]
    is_amended: Annotated[bool, Says("the record is amended")] = False


@dataclass(frozen=True, slots=True)
class FeeLineTold:
    """One line of an estimate."""

    what: Annotated[str, Says("what is charged for")]
    count: Annotated[int, Says("how many, or how many minutes")]
    amount: Annotated[Money, Says("what it comes to")]
    how_much: Annotated[str, Says("the same in words, as `60 minutes`; empty where it is the amount itself")] = ""


@dataclass(frozen=True, slots=True)
class FeeTold:
    """What answering costs."""

    lines: Annotated[tuple[FeeLineTold, ...], Says("the lines of the estimate")]
    total: Annotated[Money, Says("the whole estimate")]
    owed: Annotated[Money, Says("what is still to be paid")]
    deposit: Annotated[Money | None, Says("the deposit asked for, null where none is")] = None
    is_waived: Annotated[bool, Says("no fee is taken")] = False


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason why something is not given out, in words for the outside, and the provision of law."""

    says: Annotated[str, Says("the reason, as a sentence; empty where the custodian cited a provision alone")]
    provision: Annotated[str, Says("the provision of law")]


@dataclass(frozen=True, slots=True)
class Withheld:
    """What is withheld of one recording."""

    recording: Annotated[Recording, Says("the recording")]
    is_whole: Annotated[bool, Says("all of it; else parts")] = False
    where: Annotated[tuple[str, ...], Says("which parts")] = ()
    provisions: Annotated[tuple[str, ...], Says("the provisions of law")] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """The student whose family the letter goes to, or who gets it."""

    name: Annotated[str, Says("the student's name as it was typed, or a line for the pen")] = LINE
    several: Annotated[bool, Says("several students of one family")] = False
    died: Annotated[
        bool,
        Says(
            "the student has died, by the roster or as the custodian stated it; then a letter never speaks of your child"
        ),
    ] = False
    held_rights: Annotated[
        bool, Says("the student held the rights over the record (34 CFR 99.5), which pass to nobody with a death")
    ] = False


@dataclass(frozen=True, slots=True)
class OrderTold:
    """The court order or subpoena that a family is told of."""

    is_subpoena: Annotated[bool, Says("a subpoena; else a court order")]
    answer_on: Annotated[date | None, Says("the day on which the district answers it, null where none was given")] = (
        None
    )
    court: Annotated[str, Says("who issued it, as it was typed, or a line for the pen")] = LINE
    number: Annotated[
        str,
        Says(
            "the case number as it was typed, or a line for the pen; empty of a juvenile court, whose records are closed"
        ),
    ] = LINE
    is_juvenile: Annotated[bool, Says("the case is a juvenile one, and its number is left out (RSMo 211.321)")] = False
    was_due: Annotated[
        date | None, Says("the day by which the family had to be told, null where the letter is in time")
    ] = None
    given_on: Annotated[
        date | None, Says("the day on which the records were handed over, null where the letter goes before that")
    ] = None
    given_to: Annotated[str, Says("who got them, or a line for the pen")] = LINE
    was_secret: Annotated[bool, Says("the order forbade telling the family before, and does so no more")] = False


@dataclass(frozen=True, slots=True)
class OptOutTold:
    """One choice of a family that holds things back."""

    since: Annotated[date, Says("the day from which it holds")]
    purposes: Annotated[tuple[str, ...], Says("what for; empty: everything")] = ()
    ended: Annotated[date | None, Says("the day on which it ended, null where it holds")] = None


@dataclass(frozen=True, slots=True)
class ConsentTold:
    """A written consent."""

    purpose: Annotated[str, Says("what for")]
    parties: Annotated[tuple[str, ...], Says("who may get the recordings")]
    signed_on: Annotated[date | None, Says("the day on which it was signed")] = None
    expires: Annotated[date | None, Says("its last day, null where it has none")] = None
    recordings: Annotated[int, Says("how many recordings it is limited to, 0: any")] = 0
    on_directory: Annotated[
        bool, Says("photos of the student may be shown as directory information, which needs no consent")
    ] = False
    revoked_on: Annotated[date | None, Says("the day from which it is taken back, null where it is not")] = None
    never_given: Annotated[
        date | None, Says("the day on which the office found that nobody ever gave it, null where somebody did")
    ] = None
    another: Annotated[bool, Says("another consent for the same purpose is on file")] = False
    refused: Annotated[
        tuple[str, ...], Says("for what a no to directory information is on file, where it is not for everything")
    ] = ()
    unsettled: Annotated[
        bool, Says("a no that is as new or newer is on file, and it does not count until the family confirms it")
    ] = False


@dataclass(frozen=True, slots=True)
class DestroyedTold:
    """A recording that was destroyed, by the schedule or as a court ordered or its parents asked."""

    day: Annotated[date, Says("the day on which it was destroyed")]
    source: Annotated[str, Says("the schedule by which it was destroyed")]
    by_court: Annotated[bool, Says("whether a court ordered it, so that no schedule is named")] = False
    by_parents: Annotated[
        bool,
        Says("whether a parent, or the student with the rights, asked for that, before it was due by the schedule"),
    ] = False
    while_asked: Annotated[
        bool, Says("whether this request had come by then, so that no law is said to provide for it (34 CFR 99.10(e))")
    ] = False
    count: Annotated[int, Says("how many recordings were destroyed so on that day")] = 1
    asked_by: Annotated[
        str | None,
        Says(
            "whether a parent or the student asked for that, told to who holds the rights over the student alone; else null"
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class LossTold:
    """Recordings that the district had when the request came, and that were lost since."""

    found: Annotated[date, Says("the day on which it was found out")]
    how: Annotated[str, Says("how it was lost, as it was typed")]
    tried: Annotated[str, Says("what was tried to get it back, as it was typed")]
    lost_on: Annotated[date | None, Says("the day on which it was lost, null where none was given")] = None
    recordings: Annotated[tuple[Recording, ...], Says("what was lost, where the letter may name it")] = ()


@dataclass(frozen=True, slots=True)
class NoticeTold:
    """The annual notice of directory information (34 CFR 99.37), by the settings."""

    school_year: Annotated[str, Says("the school year, such as 2026-2027")]
    given: Annotated[date, Says("the day of the notice")]
    until: Annotated[date, Says("the last day to say no")]
    includes_images: Annotated[bool, Says("directory information names photos and recordings")]
    limited_to: Annotated[tuple[str, ...], Says("the only purposes of the directory policy; empty: no limit")] = ()
    types: Annotated[tuple[str, ...], Says("the other kinds of directory information, as they were typed")] = ()


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """Everything that a letter may tell."""

    language: Language
    day: Annotated[date, Says("the day of the letter")]
    district: Annotated[DistrictTold, Says("the district")]
    to: Annotated[Addressee, Says("whom it goes to")] = Addressee()
    request: Annotated[AskedFor | None, Says("what it answers")] = None
    recordings: Annotated[tuple[Recording, ...], Says("the recordings that it is about, where it may name them")] = ()
    more_recordings: Annotated[int, Says("how many more there are than are listed")] = 0
    student: Annotated[Child | None, Says("the student whose family it goes to")] = None
    extension: Annotated[Extension | None, Says("the explanation of a delay")] = None
    grounds: Annotated[tuple[Ground, ...], Says("why something is withheld, each with its provision")] = ()
    withheld: Annotated[tuple[Withheld, ...], Says("what is withheld of which recording")] = ()
    metadata: Annotated[Ground | None, Says("that no copy has the metadata of the file, and by which provision")] = None
    fee: Annotated[FeeTold | None, Says("what it costs")] = None
    order: Annotated[OrderTold | None, Says("the order or subpoena")] = None
    opt_outs: Annotated[tuple[OptOutTold, ...], Says("the choices that are on file")] = ()
    ended: Annotated[
        tuple[OptOutTold, ...], Says("the choices that the reader had stated, and that somebody else ended")
    ] = ()
    mistaken: Annotated[
        tuple[OptOutTold, ...],
        Says("the choices that the office noted by mistake, with the day on which it took them back"),
    ] = ()
    opened: Annotated[
        tuple[ConsentTold, ...],
        Says("the consents, signed or confirmed later, that permit what a choice on file refuses"),
    ] = ()
    published: Annotated[
        tuple[str, ...],
        Says(
            "for what the district itself published recordings of the student that wait to be taken down; may be empty"
        ),
    ] = ()
    in_print: Annotated[
        bool, Says("a locked yearbook set shows or names the student, and the no reaches it: it may be in print")
    ] = False
    consent: Annotated[ConsentTold | None, Says("the consent that is on file")] = None
    notice: Annotated[NoticeTold | None, Says("the annual notice")] = None
    destroyed: Annotated[tuple[DestroyedTold, ...], Says("what was destroyed of what was asked for")] = ()
    no_record: Annotated[
        tuple[str, ...], Says("what there is no such record of, of what was asked for, as it was typed")
    ] = ()
    child_destroyed: Annotated[
        tuple[DestroyedTold, ...],
        Says("what was destroyed and showed a student whom the family asks about, in words; by day and reason"),
    ] = ()
    unlooked: Annotated[
        int,
        Says("of how many recordings nobody has said yet who is in them, where a family asks about its child in words"),
    ] = 0
    loss: Annotated[LossTold | None, Says("what was lost of what was asked for, after it was")] = None
    hearing: Annotated[HearingTold | None, Says("the hearing on a record that is not amended")] = None
    amendment: Annotated[AmendmentTold | None, Says("what was decided on a request to amend a record")] = None

    @property
    def tells_of_rights(self) -> bool:
        """Whether it says that a child for whom a parent asks holds the rights."""
        return self.request is not None and self.request.rights_passed

    @property
    def provisions(self) -> tuple[str, ...]:
        """Every provision by which something is withheld, each once."""
        of_rows = (each for row in self.withheld for each in row.provisions)
        return tuple(dict.fromkeys((*(each.provision for each in self.grounds), *of_rows)))

    @property
    def tells_of_missing(self) -> bool:
        """Whether it says of something that there is no such record, or that it was destroyed."""
        return bool(self.no_record or self.destroyed or self.child_destroyed)


# The fields that every template may use, besides the line for the pen.
COMMON = ("day", "district", "to")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterKind:
    """One kind of letter.

    `about`: what it can be about. `has` are the facts that are always there, `may` those that may be missing or empty.
    `cites` are provisions that its text has to name, `cites_family` and `cites_public` those by whom it goes to. With
    `needs_grounds` it is refused without a provision by which something is withheld, unless it tells what there is no record
    of, or that the rights are a grown student's; its text has to name each, and `cites_grounds` besides.
    """

    called: str
    about: tuple[Subject, ...]
    source: str
    has: tuple[str, ...]
    may: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    cites_grounds: tuple[str, ...] = ()
    cites_family: tuple[str, ...] = ()
    cites_public: tuple[str, ...] = ()
    needs_grounds: bool = False
    for_family: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """The facts that its template may use."""
        return (*COMMON, *self.has, *self.may)

    def must_cite(self, facts: LetterFacts) -> tuple[str, ...]:
        """Return the provisions that the text of such a letter has to name."""
        # To complain of the record is the right of who holds the rights over it (34 CFR 99.63).
        holds_rights = facts.to.is_family and not (facts.request is not None and facts.request.before_rights)
        by_reader = self.cites_family if holds_rights else self.cites_public
        grounds = (*self.cites_grounds, *each_once(facts.provisions)) if self.needs_grounds and facts.provisions else ()
        return (*self.cites, *by_reader, *grounds)


_ASKED: tuple[Subject, ...] = ("request", "referral")
_LISTED = ("recordings", "more_recordings")
_COMPLAINT = ("34 CFR 99.64",)
_SUIT = ("RSMo 610.027",)

KINDS: Mapping[str, LetterKind] = {
    "acknowledgement": LetterKind(
        called="that a request came, and by when it is answered",
        about=_ASKED,
        source="RSMo 610.023.3, 610.026; 34 CFR 99.10",
        has=("request",),
        may=(*_LISTED, "student", "fee"),
    ),
    "extension": LetterKind(
        called="why an answer takes longer, and where and when it can be had",
        about=_ASKED,
        source="RSMo 610.023.3",
        has=("request", "extension"),
        may=(*_LISTED, "student"),
        cites=("RSMo 610.023.3",),
    ),
    "denial": LetterKind(
        called="that a request is denied, by which provision, and how to appeal or complain",
        about=_ASKED,
        source="RSMo 610.023.4, 610.027; 34 CFR 99.63, 99.64",
        has=("request", "grounds"),
        may=(*_LISTED, "withheld", "student", "destroyed", "child_destroyed"),
        cites_family=_COMPLAINT,
        cites_public=_SUIT,
        needs_grounds=True,
    ),
    "no-such-record": LetterKind(
        called="that the district has no such recording, or that it was destroyed, when and by which schedule",
        about=_ASKED,
        source="RSMo 610.010(6), 610.023; 34 CFR 99.10",
        has=("request",),
        may=("student", "destroyed", "child_destroyed", "unlooked"),
        cites_family=_COMPLAINT,
        cites_public=_SUIT,
    ),
    "lost": LetterKind(
        called="that what was asked for was lost after the request came: when, how, and what was tried to get it back",
        about=("request",),
        source="RSMo 610.023.3, 610.027; 34 CFR 99.10(a), (e), 99.63, 99.64",
        has=("request", "loss"),
        may=("student",),
        cites_family=_COMPLAINT,
        cites_public=_SUIT,
    ),
    "rights-passed": LetterKind(
        called="to a parent, that the rights passed to the student, and what the parent can do",
        about=("request",),
        source="34 CFR 99.3, 99.5, 99.30, 99.31(a)(8)",
        has=("request",),
        may=("student",),
        cites=("34 CFR 99.5", "34 CFR 99.30", "34 CFR 99.31(a)(8)"),
        for_family=True,
    ),
    "amendment-refused": LetterKind(
        called="to a family, that a record is not amended, and of its right to a hearing",
        about=("request",),
        source="34 CFR 99.20(b), (c), 99.21(a)",
        has=("request", "amendment"),
        may=("student",),
        cites=("34 CFR 99.20(c)", "34 CFR 99.21"),
        for_family=True,
    ),
    "hearing-notice": LetterKind(
        called="to a family, of the date, time and place of the hearing on a record",
        about=("request",),
        source="34 CFR 99.22(b)",
        has=("request", "hearing"),
        may=("student",),
        cites=("34 CFR 99.22",),
        for_family=True,
    ),
    "hearing-decision": LetterKind(
        called="to a family, the written decision after the hearing, and of its right to place a statement",
        about=("request",),
        source="34 CFR 99.21(b), (c), 99.22(e), (f)",
        has=("request", "amendment"),
        may=("student",),
        cites=("34 CFR 99.21(b)", "34 CFR 99.22(f)"),
        for_family=True,
    ),
    "no-right-to-amend": LetterKind(
        called="to whoever asks to amend a record and has no right to that, of whose right it is",
        about=("request",),
        source="34 CFR 99.3, 99.4, 99.5(a), 99.20(a)",
        has=("request",),
        cites=("34 CFR 99.20(a)",),
        for_family=True,
    ),
    "redacted-release": LetterKind(
        called="that a copy goes out in which somebody is hidden, with what is withheld and by which provision, and of what "
        "there is no such record",
        about=_ASKED,
        source="RSMo 610.024, 610.023.4, 610.010(6); 34 CFR 99.12(a)",
        has=("request", "grounds", "metadata"),
        may=(*_LISTED, "withheld", "student", "no_record", "destroyed", "child_destroyed", "fee"),
        cites_grounds=("RSMo 610.024",),
        cites_family=_COMPLAINT,
        cites_public=_SUIT,
        needs_grounds=True,
    ),
    "subpoena-notice": LetterKind(
        called="to a family, before a subpoena or a court order is answered",
        about=("referral",),
        source="34 CFR 99.31(a)(9)(ii)",
        has=("student", "order", "recordings"),
        may=("more_recordings",),
        cites=("34 CFR 99.31(a)(9)",),
        for_family=True,
    ),
    "offer": LetterKind(
        called="to a family, that a recording of several students can be seen or had",
        about=("referral",),
        source="34 CFR 99.10, 99.12(a)",
        has=("student", "recordings"),
        may=("more_recordings",),
        cites=("34 CFR 99.10", "99.12(a)"),
        for_family=True,
    ),
    "opt-out-confirmed": LetterKind(
        called="to a family, that its no is on file",
        about=("opt-out",),
        source="34 CFR 99.37",
        has=("student", "opt_outs"),
        may=("opened", "published", "in_print"),
        cites=("34 CFR 99.37",),
        for_family=True,
    ),
    "consent-confirmed": LetterKind(
        called="to a family, that its consent is on file, and how to take it back",
        about=("consent",),
        source="34 CFR 99.30",
        has=("student", "consent"),
        cites=("34 CFR 99.30",),
        for_family=True,
    ),
    "opt-out-ended": LetterKind(
        called="to a parent who had said no, that somebody else ended it, or that the office noted it by mistake",
        about=("opt-out",),
        source="34 CFR 99.4, 99.37",
        has=("student",),
        may=("ended", "mistaken", "opt_outs", "opened"),
        cites=("34 CFR 99.4", "34 CFR 99.37"),
        for_family=True,
    ),
    "consent-ended": LetterKind(
        called="to a family, that a consent was taken back or never given, what that ends, and what may still be seen",
        about=("consent",),
        source="34 CFR 99.30",
        has=("student", "consent"),
        may=("published",),
        cites=("34 CFR 99.30",),
        for_family=True,
    ),
    "annual-notice": LetterKind(
        called="the notice of a year: rights, directory information, how and until when to say no; with the form",
        about=("year",),
        source="34 CFR 99.7, 99.37",
        has=("notice",),
        cites=("34 CFR 99.7", "99.10", "99.20", "99.22", "99.30", "99.31(a)(1)", "99.37", "99.64"),
    ),
    "opt-out-form": LetterKind(
        called="the form of a year by which a family says no",
        about=("year",),
        source="34 CFR 99.37(a)",
        has=("notice",),
        cites=("34 CFR 99.37",),
    ),
}
# What a letter may be about, and the option that says so.
ABOUT_OPTIONS: Mapping[Subject, str] = {
    "request": "--request RQ-…",
    "referral": "--referral rf-…",
    "consent": "--consent ID",
    "opt-out": "--opt-out S-…",
    "year": "--year YYYY",
}
