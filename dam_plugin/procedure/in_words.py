"""The facts of a case in the words of a school office: days, students, consents, the share. Pure.

`CaseIndex` finds them by student. What clauses say is in `clauses.py`, what steps ask in `questions.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from dam_plugin.model import Consent, Student
from dam_plugin.procedure.case import Case, CaseAppearance
from dam_plugin.procedure.clauses import listed, remedy
from dam_plugin.procedure.exceptions import FAMILY, ROLES
from dam_plugin.procedure.terms import ELIGIBLE, Students, age_of, comes_of_age, is_unanswered, opt_out_of, people_of

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class CaseIndex:
    """A case, its students by their ids, and by student: consents, the appearance, purposes of official uses.

    `used_for_all` holds the purposes of the uses that name nobody: they are about every student of `identifiable`.
    """

    case: Case
    students: Mapping[str, Student]
    consents: Mapping[str, tuple[Consent, ...]]
    appearances: Mapping[str, CaseAppearance]
    identifiable: Students
    record_pii: Students
    asked_for: Students
    used_for: Mapping[str, tuple[str, ...]]
    used_for_all: tuple[str, ...]


def index_of(case: Case) -> CaseIndex:
    """Return a case indexed by student; telling of each student then takes the same time in any case."""
    asset = case.asset
    return CaseIndex(
        case=case,
        students={student.id: student for student in case.students},
        consents=_grouped((each.student, each) for each in case.consents),
        appearances={seen.student: seen for seen in asset.appearances},
        identifiable=people_of(asset)[0],
        record_pii=frozenset(asset.record_pii),
        asked_for=frozenset(case.share.names),
        used_for=_grouped((student, use.purpose) for use in asset.official_uses for student in use.students),
        used_for_all=tuple(dict.fromkeys(use.purpose for use in asset.official_uses if not use.students)),
    )


def _grouped(pairs: Iterable[tuple[str, Row]]) -> Mapping[str, tuple[Row, ...]]:
    found: dict[str, list[Row]] = {}
    for student, row in pairs:
        found.setdefault(student, []).append(row)
    return {student: tuple(rows) for student, rows in found.items()}


MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
ACTORS = {
    "custodian": "the records custodian",
    "designee": "a designee of the records custodian",
    "media_staff": "media staff",
}
# Who would receive it, as people say it; a publication goes to everybody.
AUDIENCES = {**{role.id: role.audience for role in ROLES.values()}, "publication": "a publication"}
# Who asks, where that is said otherwise than whom a release would reach.
ASKING = {**{role.id: role.asking or role.audience for role in ROLES.values()}, "publication": AUDIENCES["publication"]}
AGES = {
    "minor": "a minor",
    "adult": "18 or older",
    "postsecondary": "in college",
    "ward": "under a guardian whom a court appointed",
    "unknown": "of an age that is not known",
}
OPT_OUTS = {
    "none": "never made",
    "later": "made after this day",
    "ended": "ended",
    "elsewhere": "for another purpose",
    "stands": "in force",
}
UNANSWERED = "none yet: the family is new and may still answer the notice"
USES: Mapping[str, str] = {
    "discipline": "for discipline",
    "victim": "because it shows a victim",
    "violation": "because it shows a violation",
    "health_emergency": "in a health emergency",
    "other": "in another way",
}
STATUSES = {
    "eligible": "marked as directory information",
    "not_eligible": "marked as not directory information",
    "undetermined": "not yet marked as directory information or not",
}
PROMINENCE = {
    "focus": "a subject of the recording",
    "unknown": "in the recording (nobody has said how prominently, so taken as a subject)",
    "incidental": "in the background",
}


def day(when: date) -> str:
    """Return a day as an office writes it: `October 2, 2026`."""
    return f"{MONTHS[when.month - 1]} {when.day}, {when.year}"


def sentence(text: str) -> str:
    """Return a text with a capital letter in front."""
    return text[:1].upper() + text[1:]


def either(names: Iterable[str]) -> str:
    """Return names as a choice: `p1, p2 or p3`."""
    *head, last = names
    return f"{', '.join(head)} or {last}" if head else last


# The share


def asked(case: Case) -> str:
    """Return the share in one or two sentences: actor, recording, recipient, purpose, day."""
    share, day_of_it = case.share, day(case.at)
    actor = _named(ACTORS[share.actor.role], share.actor.role, share.actor.id)
    what = f"recording {case.asset.id} ({'; '.join(_kind_of_recording(case))})"
    if share.kind == "publication":
        return f"A publication by {actor}, for everybody to see, of {what}, for '{share.purpose}', as of {day_of_it}."
    by_name = f" It asks for {listed(tuple(sorted(set(share.names))))} by name." if share.names else ""
    who = _named(ASKING[share.recipient.role], share.recipient.role, share.recipient.id)
    if share.recipient.role in FAMILY and not share.recipient.known:
        who = f"{who}, whose relation is to be verified,"
    request = f"A request from {who} for {what}, for '{share.purpose}', as of {day_of_it}."
    return f"{request} It is being answered by {actor}.{by_name}"


def party(case: Case) -> str:
    """Return the party that a consent to this share has to name."""
    return case.share.recipient.id or case.share.recipient.role


def _named(what: str, role: str, who: str | None) -> str:
    return f"{what} ({who})" if who and who != role else what


def _kind_of_recording(case: Case) -> Iterator[str]:
    asset = case.asset
    if asset.maintained_by == "other":
        yield "maintained by somebody else"
    for purpose in dict.fromkeys(use.purpose for use in asset.official_uses):
        yield f"officially used {USES[purpose]}"
    if asset.closed:
        yield f"a closed record: {asset.closed}"
    if asset.confidential:
        yield f"confidential under another law: {asset.confidential}"
    yield STATUSES[asset.directory_status]


# A student


def place(student: str, rows: CaseIndex) -> str:
    """Return how a student is in the recording."""
    seen = rows.appearances.get(student)
    if seen is None:
        return "in the content only" if student in rows.record_pii else "not in the recording"
    if not seen.identifiable:
        told = "the content alone says who they are" if student in rows.record_pii else "nobody could identify them"
        return f"in the recording, but {told}"
    return PROMINENCE[seen.prominence]


def relations(student: str, rows: CaseIndex) -> Iterator[str]:
    """Yield what else ties a student to the recording: their record, an official use, a mark that is lacking, a name.

    Also that the student is protected.
    """
    if rows.students[student].protected:
        yield "protected: it must not become known where they can be found"
    if student in rows.record_pii:
        yield "the content tells something from their education record"
    for purpose in rows.used_for.get(student, ()):
        yield f"named by an official use ({USES[purpose]})"
    if student in rows.identifiable:
        for purpose in rows.used_for_all:
            yield f"an official use that names nobody ({USES[purpose]}) is about every student in the recording"
    seen = rows.appearances.get(student)
    if seen and seen.identifiable and not seen.located:
        yield "where they appear is not marked"
    if student in rows.asked_for:
        yield "asked for by name"


def age(student: Student, at: date) -> str:
    """Return a student's standing on a day, and who holds the rights."""
    standing = age_of(student, at)
    if standing == "unknown":
        return f"{AGES[standing]}; taken as a minor, whose rights a parent holds"
    if standing == "ward":
        return f"{AGES[standing]}, who holds the rights, whatever the age"
    if standing == "postsecondary":
        since = f" since {day(student.postsecondary_since)}" if student.postsecondary_since else ""
        return f"{AGES[standing]}{since}; holds the rights, whatever the age"
    birthday = _eighteenth_birthday(student)
    if student.died is not None and student.died <= at:
        holder = "their rights ended with them" if standing == "adult" else "a parent holds the rights"
        return f"{'18 or older' if standing == 'adult' else 'a minor'} when they died on {day(student.died)}; {holder}"
    if standing == "adult":
        return f"{AGES[standing]} since {birthday}; holds the rights"
    return f"{AGES[standing]}{f' until {birthday}' if birthday else ''}; a parent holds the rights"


def _eighteenth_birthday(student: Student) -> str:
    """Return the day on which a student turns 18, "" behind the end of the calendar."""
    birthday = comes_of_age(student)
    return day(birthday) if birthday else ""


def opt_out(student: Student, case: Case) -> str:
    """Return what an opt-out of directory information does here."""
    out, state = student.opted_out, opt_out_of(student, case)
    if is_unanswered(student, case) and student.may_answer_until is not None:
        return f"{UNANSWERED}, through {day(student.may_answer_until)}"
    if out is None:
        return OPT_OUTS[state]
    purposes = "every purpose" if out.purposes is None else either(f"'{each}'" for each in out.purposes)
    return {
        "later": f"{OPT_OUTS[state]}, on {day(out.since)}",
        "ended": f"{OPT_OUTS[state]} on {day(out.ended or case.at)}",
        "elsewhere": f"{OPT_OUTS[state]} ({purposes}), so it does not reach '{case.share.purpose}'",
        "stands": f"{OPT_OUTS[state]} since {day(out.since)}, for {purposes}",
    }[state]


def students(named: Iterable[str]) -> str:
    """Return students as words, in order."""
    return listed(tuple(sorted(named)))


def signer(student: Student, at: date) -> str:
    """Return who could sign a consent for a student on a day."""
    if nobody_signs(student, at):
        return f"nobody: {nobody_signs(student, at)}"
    if age_of(student, at) in ELIGIBLE:
        return "the student"
    return either(dict.fromkeys(student.guardians)) if student.guardians else "a parent (none is on file)"


def nobody_signs(student: Student, at: date) -> str:
    """Return why no consent for a student could count on a day, "" where somebody can sign one."""
    if student.protected:
        return "no consent lets the student be shown"
    dead = student.died is not None and student.died <= at
    return "the student held the rights, and has died" if dead and age_of(student, at) in ELIGIBLE else ""


def not_to_be_asked(student: Student, at: date) -> str:
    """Return why a student with the rights is not to be asked for consent on a day, "" where they are."""
    if why := nobody_signs(student, at):
        return why
    younger = age_of(replace(student, postsecondary=False), at) == "minor"
    if age_of(student, at) != "postsecondary" or not younger:
        return ""
    by = "the custodian's statement" if student.postsecondary_since else "the roster"
    in_college = f"in college by {by} (`postsecondary`), which counts for the college's own records"
    return f"the student is younger than 18 and {in_college}"


def signers(students: Iterable[str], rows: CaseIndex) -> str:
    """Return who could sign consents, for each of these students."""
    return listed(tuple(_signs_for(rows.students[student], rows.case.at) for student in sorted(students)))


def remedied(clause: str, about: Iterable[str], rows: CaseIndex, said: str = "") -> str:
    """Return what a person can do about a clause that is about these students, "" when nothing is to be done.

    `said` is the text of a reason, where it is one.
    """
    case, named = rows.case, tuple(about)
    asks = not_to_be_asked if clause == "RIGHTS-TRANSFERRED" else nobody_signs
    why = {student: asks(rows.students[student], case.at) for student in named}
    signing = [student for student in named if not why[student]]
    if named and not signing and clause in _BY_SIGNING:
        return sentence(f"{listed(tuple(dict.fromkeys(why.values())))}: ask the records custodian.")
    who = {"signers": signers(signing, rows)} if signing else {}
    return remedy(clause, purpose=case.share.purpose, party=party(case), said=said, **who)


# What they ask for is signed by a family.
_BY_SIGNING = ("EX3-MISSING", "EX3-FORM", "RIGHTS-TRANSFERRED", "CONSENT-DOUBTFUL")


def _signs_for(student: Student, at: date) -> str:
    who = signer(student, at)
    return f"{who} {student.id}" if age_of(student, at) in ELIGIBLE else f"{who} for {student.id}"


def consent(given: Consent) -> str:
    """Return what a consent says."""
    by, on = given.signed_by or "nobody", f" on {day(given.signed_on)}" if given.signed_on else ""
    signed = {
        "ink": f"signed by {by}{on} in ink",
        "electronic": f"signed by {by}{on} electronically",
        "none": "handed in without a signature",
    }[given.signature]
    parties = listed(tuple(_party(each) for each in dict.fromkeys(given.parties))) if given.parties else "nobody"
    says = [signed, f"to '{given.purpose}'" if given.purpose else "to no purpose", f"naming {parties}"]
    if given.assets is not None:
        says.append(f"for {either(dict.fromkeys(given.assets))} alone")
    if given.expires:
        says.append(f"until {day(given.expires)}")
    if given.revoked_on:
        says.append(f"revoked on {day(given.revoked_on)}")
    if given.after_opt_out:
        says.append("after the opt-out of that day")
    return ", ".join(says)


def _party(named: str) -> str:
    return {**ASKING, "public": "everybody"}.get(named, named) if named != "publication" else named
