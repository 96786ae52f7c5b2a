"""Every ruling: where the procedure's wording leaves room, what was ruled, and what an attorney might rule instead.

Each is one place in the code, marked `# RULING id`. Which cases exercise it is in `ruling_sides.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dam_plugin.procedure.clauses import listed
from dam_plugin.procedure.decide import QUESTIONS
from dam_plugin.procedure.exception_row import ExceptionRow
from dam_plugin.procedure.exceptions import EXCEPTIONS, LACKING, RECORDED, WHOLE, number_of, of_step
from dam_plugin.procedure.questions import STEPS
from dam_plugin.procedure.switches import SWITCHES, Switch


@dataclass(frozen=True, slots=True)
class Ruling:
    """One ruling: the open question, the answer, its alternatives, the part of the procedure that leaves room.

    `clauses` are the clauses whose answers it changes.
    """

    id: str
    question: str
    answer: str
    alternatives: tuple[str, ...]
    source: str
    clauses: tuple[str, ...] = ()

    @property
    def switch(self) -> Switch | None:
        """Return the switch by which a district rules it more strictly; None where that takes a programmer."""
        return SWITCHES.get(self.id)


def _numbers(rows: Iterable[ExceptionRow]) -> tuple[str, ...]:
    return tuple(str(number) for number in dict.fromkeys(map(number_of, rows)))


def _exceptions(rows: Iterable[ExceptionRow]) -> str:
    """Return exceptions by their numbers, as words: `exceptions 5, 7 and 8`."""
    return f"exceptions {listed(_numbers(rows))}"


_WHOLE = [row for row in EXCEPTIONS if row.whole]
# In the order in which the steps ask.
_IN_SHORT = tuple(whole.in_short for step in STEPS for _, whole in of_step(step.number) if whole.in_short)
# Those that may leave families to be told first cover nobody who is not known.
_UNSEEN = [row for row in _WHOLE if not (row.lacking and row.lacking.leaves)]

_ALL = (
    Ruling(
        "not-ours",
        "What becomes of a recording that the district does not maintain?",
        "It is outside of the procedure, and nothing here forbids it. What a parent or a reporter made but the library "
        "keeps is maintained by the district.",
        ("Refer it to a person.", "Let the district's procedure govern whatever lies in its library."),
        "scope; 34 CFR 99.3, maintained by",
        ("SCOPE",),
    ),
    Ruling(
        "staff-on-the-spot",
        "May staff other than the custodian release in an emergency?",
        "A life may depend on it: they may act for police and emergency personnel, and for a mandated report. The "
        "custodian is told at once and reviews it afterwards.",
        (
            SWITCHES["staff-on-the-spot"].says,
            "Only the custodian or a designee releases, whatever happens.",
            *SWITCHES["staff-on-the-spot"].looser.values(),
        ),
        "exception 9; exception 8; requests go to the custodian",
        ("EX9", "EX8", "NOTIFY-CUSTODIAN"),
    ),
    Ruling(
        "official-sees-all",
        "Is a recording redacted for a school official?",
        "No: exception 1 gives access to what an official needs, and nobody redacts for staff with a need to know.",
        ("Hide the students whom the official has no interest in, wherever that can be done.",),
        "exception 1; isolate or redact",
        ("EX1",),
    ),
    Ruling(
        "officials-at-once",
        "Do requests of school officials go to the records custodian first?",
        "No: with an interest and an authorization on file, staff answer them at once; the custodian answers outsiders.",
        ("Every request goes to the custodian, an official's too.",),
        "exception 1; requests go to the custodian",
        ("EX1", "CUSTODIAN"),
    ),
    Ruling(
        "other-law-later",
        "Does confidentiality under another law stop an exception that covers the whole recording?",
        f"No: {listed(_IN_SHORT)} come before that question is asked.",
        ("The attorney looks first wherever another law makes it confidential, but in an emergency.",),
        f"confidential records; {_exceptions(_WHOLE)}; RSMo 610.021(14)",
        (*WHOLE, "CONFIDENTIAL"),
    ),
    Ruling(
        "whole-and-unseen",
        "May an exception release a whole recording before anybody has said who is in it?",
        f"Yes, where it covers everybody (exceptions {', '.join(_numbers(_UNSEEN))}, and an order that needs no notice).",
        ("A person looks first, but in an emergency.",),
        f"{_exceptions(_WHOLE)}; personally identifiable",
        (*WHOLE, "HOLD-UNTAGGED", "HOLD-UNKNOWN-PERSON"),
    ),
    Ruling(
        "anybody-unnamed",
        "Does a person hold a recording whom no tag names, though it may be a grown-up spectator?",
        "Yes: whoever is not named may be a student.",
        (SWITCHES["anybody-unnamed"].says, *SWITCHES["anybody-unnamed"].looser.values()),
        "personally identifiable; 34 CFR 99.3",
        ("HOLD-UNKNOWN-PERSON",),
    ),
    Ruling(
        "one-parent",
        "Is the signature of one parent enough, where there are two?",
        "Yes: either parent holds full rights.",
        ("Both sign.", "Not against the other's opt-out."),
        "exception 3; 34 CFR 99.4, 99.30",
        ("EX3", "EX3-FORM"),
    ),
    Ruling(
        "parties-by-role",
        "May a consent name a party by its role, or the public?",
        "Yes: a role names everyone in it, and the public everyone.",
        ("Each recipient is named.",),
        "exception 3; 34 CFR 99.30(b)(3)",
        ("EX3", "EX3-FORM"),
    ),
    Ruling(
        "closed-and-own",
        "What does closing a record under the Sunshine Law stop?",
        "The directory route, consents, and a copy for anybody. A parent's right and the other exceptions go on; where "
        "everybody shown has consented, the custodian is asked whether to reopen it.",
        ("A closed record goes to nobody but its own family.", "Consents open it, as they open any other."),
        "closed records; exception 2; RSMo 610.021; 34 CFR 99.10",
        ("CLOSED", "EX2", "CLOSED-CONSENT"),
    ),
    Ruling(
        "exceptions-before-redaction",
        "Is a recording released whole on an exception though those it is not about could be hidden?",
        f"Yes: {listed(_IN_SHORT)} are answered before anybody asks for a copy.",
        (
            SWITCHES["exceptions-before-redaction"].says,
            "Hide whoever the exception is not about, wherever that can be done in time.",
        ),
        f"isolate or redact; {_exceptions(_WHOLE)}",
        (*WHOLE, "COPY-FIRST"),
    ),
    Ruling(
        "protected",
        "May a student be shown whose place must not become known?",
        "As one who opted out of everything, and whom no consent reaches: in the background, too.",
        ("As any other student.", "Nobody sees any recording of such a student but by an exception of the procedure."),
        "exception 4; RSMo 589.664",
        ("PROTECTED",),
    ),
    Ruling(
        "age-at-death",
        "Who holds the rights of a student who died?",
        "Age stops on that day: the parents of a minor go on holding them.",
        ("They pass to nobody.", "The student would have been 18."),
        "eligible student; 34 CFR 99.5",
        ("EX2", "EX3", "EX3-FORM"),
    ),
    Ruling(
        "relation-not-known",
        "What becomes of a parent or an adult student whom the roster does not know?",
        "A person verifies who they are, before anybody says no.",
        ("They are the public.",),
        "exception 2; 34 CFR 99.31(c), 99.10",
        ("EX2-RELATION",),
    ),
    Ruling(
        "record-of-a-secret-order",
        "Is a disclosure recorded that an order forbids telling the family of?",
        "Yes, sealed: it is kept and verified as any other, in no record that a parent may ask for, and seen by the custodian "
        "alone.",
        ("Keep no record of it, as 34 CFR 99.32(d)(5) allows.", "Record it as any other."),
        "exception 7; 34 CFR 99.32(d)(5), 99.31(a)(9)(ii)",
        ("EX7",),
    ),
    Ruling(
        "juvenile-whole",
        "Does the juvenile office see the other students of the recording?",
        "Yes: exception 5 says 'a student in the image', so the recording goes to the juvenile office whole.",
        (SWITCHES["juvenile-whole"].says,),
        "exception 5; 34 CFR 99.38",
        ("EX5",),
    ),
    Ruling(
        "order-from-anyone",
        "Whose order or subpoena counts?",
        "Whoever brings it, a lawyer too, and of whichever kind: that counsel has verified it is what counts.",
        (
            SWITCHES["order-from-anyone"].says,
            "Only what a court serves itself.",
            "Only where the kind of the order is on file as well.",
        ),
        "exception 7; 34 CFR 99.31(a)(9)",
        ("EX7", "EX7-EVIDENCE"),
    ),
    Ruling(
        "notice-to-all",
        "Whose families are told before an order is followed?",
        "Those of every directly related student; where it is not known who is in it, nobody can be told, so a person "
        "looks first.",
        ("Only the family of the student whom the order is about.", "An effort to tell them is enough."),
        "exception 7; 34 CFR 99.31(a)(9)(ii)",
        ("EX7", "EX7-NOTICE"),
    ),
    Ruling(
        "prominence-not-known",
        "Is a student of unknown prominence a subject of the recording?",
        "Yes: only who is known to be incidental is in the background.",
        ("No: without a sign of focus a student is incidental.", "A person looks first."),
        "directly related; 34 CFR 99.3",
        ("EX4", "EX4-OPTOUT", "OPEN-UNRELATED"),
    ),
    Ruling(
        "use-of-nobody",
        "Whom does an official use concern that names nobody?",
        "Every student depicted.",
        ("Nobody, until somebody is named.", "A person says first whom."),
        "directly related, official uses",
        ("EX3", "EX2", "OPEN-UNRELATED"),
    ),
    Ruling(
        "postsecondary",
        "Whose are the rights of a student who attends a college as well?",
        "The student's, for every day or from the day that is named, once the district has set it; the custodian looks before "
        "a parent is turned away.",
        (SWITCHES["postsecondary"].says,),
        "eligible student; 34 CFR 99.3, 99.5",
        ("EX2", "RIGHTS-TRANSFERRED", "EX3-FORM"),
    ),
    Ruling(
        "ward",
        "Who holds the rights of an adult for whom a court appointed a guardian?",
        "The guardian whom the court appointed (RSMo 475.120), and no other parent.",
        ("The student: FERPA knows a dependent for tax alone (34 CFR 99.31(a)(8)).",),
        "eligible student; 34 CFR 99.5",
        ("EX2", "RIGHTS-TRANSFERRED"),
    ),
    Ruling(
        "representative",
        "May somebody inspect a student's record in the place of a parent, or of a student who holds the rights?",
        "Yes, by their signed authority: what the parent or the student may inspect, which is recorded, and no more. A "
        "parent's authority ends with the parent's right; the student gives a new one (34 CFR 99.5).",
        (
            "What shows several families, only with the consent of each of them.",
            "For a student who holds the rights a consent alone, which asks for that of all who are depicted.",
        ),
        "exception 2; 34 CFR 99.5, 99.30, 300.613(b)(3), 300.614",
        ("EX2-REPRESENTATIVE",),
    ),
    Ruling(
        "age-not-known",
        "What is a student whose birth date is not on file?",
        "A minor, whose parents hold the rights.",
        ("A person finds out first.",),
        "eligible student; 34 CFR 99.3",
        ("EX2", "EX3"),
    ),
    Ruling(
        "born-29-february",
        "When does somebody born on 29 February turn 18?",
        "On 1 March of a year that is no leap year; the parents hold the rights through 28 February.",
        ("On 28 February.",),
        "eligible student",
        ("EX2", "RIGHTS-TRANSFERRED", "EX3-FORM"),
    ),
    Ruling(
        "late-opt-out",
        "Does an opt-out count that comes after the window?",
        "Yes, from the day it is made.",
        ("No: the next year's answer counts, as 34 CFR 99.37(a)(3) would let the district hold.",),
        "exception 4; 34 CFR 99.37",
        ("EX4-OPTOUT",),
    ),
    Ruling(
        "opt-out-outlives-18",
        "Does a parent's opt-out end on the student's 18th birthday, or when the student leaves?",
        "No: it stands until the student, who holds the rights now, ends it.",
        ("It ends at 18: the student decides anew.",),
        "exception 4; 34 CFR 99.5, 99.37(b)",
        ("EX4-OPTOUT",),
    ),
    Ruling(
        "consent-then-opt-out",
        "Does an opt-out take back a consent that was signed before?",
        "It makes it doubtful: the consent counts for nothing until a person has asked the family what they meant. So does an "
        "opt-out of the same day, unless the custodian states what shows that the consent was signed after it. An opt-out of "
        "an earlier day does not touch it.",
        ("A later opt-out revokes every earlier consent.", "The consent stands: revoking it is a step of its own."),
        "exception 3; exception 4",
        ("CONSENT-DOUBTFUL", "EX3-FORM", "EX4-OPTOUT"),
    ),
    Ruling(
        "consent-at-18",
        "Does a consent still count that was signed before the student turned 18?",
        "No: the right to consent passed to the student; neither a parent's consent nor the minor's own counts.",
        ("What was valid when it was signed stays valid until it is revoked.",),
        "exception 3; 34 CFR 99.5",
        ("EX3", "EX3-FORM"),
    ),
    Ruling(
        "discipline-whomever",
        "Is a recording directory information for those whom its use for discipline does not name?",
        "No: one use for discipline closes the directory route for everybody in it.",
        ("It closes the route for those named alone.",),
        "exception 4 (discipline)",
        ("EX4-DISCIPLINE",),
    ),
    Ruling(
        "notice-of-a-year",
        "How long does the annual notice hold?",
        "Less than a year: on the same day of the next year it is too late. A notice of 29 February holds through 28 "
        "February.",
        ("Until the end of the school year.", "Until the next notice is given."),
        "exception 4; 34 CFR 99.37(a)",
        ("EX4-NOTICE",),
    ),
    Ruling(
        "through-the-window",
        "May directory information be released while parents can still answer the notice?",
        "No, not through the window's last day.",
        ("Yes: an opt-out counts from the day it comes in.", "Yes, on the last day."),
        "exception 4; 34 CFR 99.37(a)(3)",
        ("EX4-WINDOW",),
    ),
    Ruling(
        "new-student",
        "May directory information of a student be released who enrolled after the annual notice, and whose family has not "
        "answered?",
        "No, not through the last day of that family's own time to answer; a written consent lets the student be shown.",
        ("Yes: the district's window is over.", "Yes, until the family opts out."),
        "exception 4; 34 CFR 99.37(a)(3)",
        ("EX4-WINDOW",),
    ),
    Ruling(
        "last-years-window",
        "What does a window mean that ended before this notice was given?",
        "It answered another notice: this year's is not on file, so the route stays closed.",
        ("No window is open, so the route is.",),
        "exception 4; 34 CFR 99.37(a)(3)",
        ("EX4-WINDOW",),
    ),
    Ruling(
        "police-own-only",
        "Do the police see the other students of the recording?",
        "No: exception 6 speaks of the student whose records are released; the others are hidden.",
        ("The recording goes to the police whole, as it does to the juvenile office.",),
        "exception 6; 34 CFR 99.38",
        ("EX6",),
    ),
    Ruling(
        "custody-own-only",
        "Does the Children's Division see the other students of the recording?",
        "Custody of one child opens the record of that child: the others are hidden as they are for a parent. A mandated "
        "report opens all of it.",
        ("The recording goes to the Children's Division whole.",),
        "exception 8; 20 U.S.C. 1232g(b)(1)(L)",
        ("EX8",),
    ),
    Ruling(
        "as-anybody",
        "What becomes of a request whose exception lacks its evidence?",
        "It is decided as anybody else's would be, and the reasons end with what was lacking.",
        ("Deny it until the evidence is there.",),
        _exceptions(row for row in EXCEPTIONS if row.lacking),
        tuple(LACKING),
    ),
    Ruling(
        "named-in-a-crowd",
        "Is a student in the background the subject once somebody asks for them by name?",
        "No: a name in the request does not turn a background figure into a subject. But where such a student opted out, the "
        "custodian decides.",
        ("Yes: a request aimed at a student makes the student its subject.", "The name changes nothing."),
        "exception 4 (crowd at a public event); 34 CFR 99.3 (targeted request)",
        ("NAMED-IN-CROWD", "OPEN-UNRELATED"),
    ),
    Ruling(
        "shut-with-consent",
        "Does a closed record that is about no student open by consent?",
        "Not by itself: consent is the key of FERPA, not of the Sunshine Law. When everybody who can be identified has "
        "consented, the attorney says.",
        ("Yes.", "No: what is closed for a reason of its own stays closed."),
        "exception 3; RSMo 610.021",
        ("CLOSED", "LEGALITY"),
    ),
    Ruling(
        "attorney-first",
        "Does confidentiality under another law yield to a right of one's own, or to a consent?",
        "The district's attorney says: such a case is referred.",
        ("It never yields: deny.", "FERPA's right to inspect goes first: allow."),
        "confidential records; RSMo 610.021(14)",
        ("LEGALITY", "CONFIDENTIAL"),
    ),
    Ruling(
        "each-a-ground",
        "May one recording stand on several exceptions?",
        "Yes: each directly related student needs a ground, and these may differ.",
        ("One exception must cover everybody in it.",),
        "or unless another exception applies",
        ("EX2", "EX3", "EX4"),
    ),
    Ruling(
        "background-consent",
        "Does exception 3 ask for the consent of those in the background?",
        "Yes: it says 'all personally identifiable students depicted'. A copy that stands on consents hides bystanders too.",
        ("No: FERPA asks consent of those alone whom the recording is directly related to.",),
        "exception 3; 34 CFR 99.30",
        ("EX3", "EX3-MISSING"),
    ),
    Ruling(
        "hidden-for-anyone",
        "Who may have a copy in which nobody protected can be identified?",
        "Anybody, unless the record is closed for a reason of its own.",
        ("Only who could name an exception.", "Of a closed record too."),
        "isolate or redact; RSMo 610.024",
        ("REDACT", "CLOSED"),
    ),
    Ruling(
        "fewest-hidden",
        "Which copy is released where several would be lawful?",
        "The one that hides the fewest subjects, then the fewest students, then the first in the order A, B, C, N.",
        ("The one that hides most.", "The custodian chooses."),
        "isolate or redact",
        ("EX4-OPTOUT", "EX3", "REDACT"),
    ),
    Ruling(
        "asked-by-name",
        "May a student be hidden who was asked for by name?",
        "No: who asked would know whom the blur hides, so such a copy is no protection.",
        ("Yes: the copy itself identifies nobody.",),
        "personally identifiable; 34 CFR 99.3 (targeted request)",
        ("REDACT-NAMED",),
    ),
    Ruling(
        "changed-meaning",
        "May a student be hidden where that changes the meaning, but does not destroy it?",
        "For an opt-out and for the others in a parent's recording yes: exception 4 asks whether the identity can be "
        "protected, exception 2 whether the meaning is destroyed. The general rule excuses it.",
        ("Never where the meaning changes.", "Always unless it is destroyed."),
        "exception 2; exception 4; isolate or redact",
        ("EX4-OPTOUT", "EX2", "REDACT-MEANING"),
    ),
    Ruling(
        "unreviewed-meaning",
        "What is presumed of the meaning until a custodian has looked?",
        "Hiding every subject destroys it, hiding some of them does not: so a parent gets something now, and can ask for "
        "more.",
        (SWITCHES["unreviewed-meaning"].says, *SWITCHES["unreviewed-meaning"].looser.values()),
        "without changing or destroying the meaning",
        ("REDACT-MEANING",),
    ),
    Ruling(
        "destroyed-only",
        "When does a recording of several students go to all of their families?",
        "Where a custodian found that redaction would destroy the meaning, or that it cannot reasonably be done. Where only "
        "the means are missing, a person looks for them first.",
        ("Also wherever the district cannot redact.", "Also where redaction would change the meaning."),
        "exception 2 (several students); 34 CFR 99.12(a)",
        ("EX2-MULTI", "REDACT-UNABLE"),
    ),
    Ruling(
        "joint-despite",
        "Do opt-outs, or a student asked for by name, stop the release to all families?",
        "No: nobody's record is kept from them for another family's choice.",
        ("The custodian weighs it.",),
        "exception 2 (several students)",
        ("EX2-MULTI",),
    ),
    Ruling(
        "open-question",
        "Is a request denied while a person could still answer what stands in its way?",
        "No: it is referred, with the question first: families not told, a certification, a parent of an adult, an "
        "unmarked recording, a meaning nobody reviewed, a consent before an opt-out, a closed record with every consent, a "
        "parent whom the roster misses.",
        ("Deny; who asks may ask again.",),
        "requests go to the custodian",
        QUESTIONS,
    ),
    Ruling(
        "dependent-student",
        "May a parent of an eligible student still see the recording?",
        "The rights are the student's now. A parent who shows that the student is a dependent for tax may see it; until then "
        "the custodian says.",
        ("Deny: the student asks or consents.",),
        "eligible student; 34 CFR 99.31(a)(8)",
        ("RIGHTS-TRANSFERRED", "EX2-DEPENDENT"),
    ),
    Ruling(
        "record-unknown",
        "Is a release recorded that may show nobody?",
        f"Under {_exceptions(row for row in _WHOLE if row.recorded)} yes, where it is not known who is in it: someone may be.",
        ("Only once a student is named in it.",),
        "34 CFR 99.32",
        tuple(clause for clause in WHOLE if clause in RECORDED),
    ),
)

# Rulings about what comes before a case: no case file can exercise them.
_BEFORE = (
    Ruling(
        "control-characters",
        "What may an id of a case file be?",
        "Any text without control characters, which would let one id look like another on a screen.",
        ("Any text.",),
        "the case file",
    ),
    Ruling(
        "spelling-of-purposes",
        "Does an opt-out from 'Social media' reach a share for 'facebook'?",
        "Yes: purposes are the district's closed list, and an opt-out reaches one by whichever of its words either is "
        "called; an opt-out by a word that the list does not know reaches every purpose. A consent to a part of a purpose, "
        "or by a word that the list does not know, is none. A case file is read to the letter.",
        ("To the letter.", "An opt-out by an unknown word reaches nothing."),
        "exception 4; 34 CFR 99.37",
    ),
    Ruling(
        "told-on-file",
        "Does an order count as announced because the custodian says that the families were told?",
        "No: a notice, or what was done to reach the family, is on file from a day before that of the answer, and that day has "
        "come, as has the return day that the paper or the register gives, where that is later. Where the paper says that it "
        "is answered at once, it is on file from that day. Where a parent is a party to the proceeding about child abuse, "
        "neglect or dependency in which an order was issued, that is on file, and no notice. Where it takes two people to "
        "loosen a recording, the second one confirms it. What somebody was told who does not hold the rights on the day of the "
        "answer, as the parents of a student who has turned 18, does not count.",
        ("The custodian's word is enough.",),
        "exception 7; 34 CFR 99.31(a)(9)(ii); 20 U.S.C. 1232g(b)(2)(B)",
    ),
    Ruling(
        "report-verified",
        "Who releases a recording to the Children's Division?",
        "The custodian or an administrator, with who verified the agency or was called back, and with the report's number or "
        "its day, or the court order or placement that makes it responsible for the student. Anything less waits for the "
        "custodian, a report as urgent. A case file is read to the letter.",
        ("Whoever is called, as a case file is read.",),
        "exception 8; RSMo 210.115; 20 U.S.C. 1232g(b)(1)(L); 34 CFR 99.31(c)",
    ),
    Ruling(
        "report-is-sealed",
        "Does a family read in a student's record that there was a report to the Children's Division?",
        "No: reports are confidential, and the parent who reads may be the one reported. The line is kept in the sealed book, "
        "for the custodian alone, until the custodian lifts that. So is all that the Division asks, until the custodian has "
        "verified that it asks on another ground.",
        ("Yes: 34 CFR 99.32(d) names no such exception.",),
        "34 CFR 99.32; RSMo 210.150",
    ),
    Ruling(
        "look-and-opt-out",
        "May whoever looks at a recording say that a student whom its metadata name is not in it?",
        "Not staff: the custodian says so, for an opt-out must not be undone by a glance.",
        ("Whoever looks may correct it.",),
        "personally identifiable; 34 CFR 99.3",
    ),
    Ruling(
        "hold-of-a-rule",
        "Who lets go of what a rule, or another plugin's failure, holds?",
        "The custodian, not whoever looks first.",
        ("Any member of the media staff.",),
        "the plugin fails closed",
    ),
    Ruling(
        "faces-unseen",
        "Is it known who is in a picture that names somebody, where the detector finds no face and no region marks one?",
        "No: whoever turns away, wears a mask or is far off may stand beside others, so a person looks.",
        ("Yes: no face is no more faces than names.",),
        "the plugin fails closed",
    ),
)

RULINGS: Mapping[str, Ruling] = {ruling.id: ruling for ruling in _ALL}
BEFORE_A_CASE: Mapping[str, Ruling] = {ruling.id: ruling for ruling in _BEFORE}
