"""What each kind of finding, and each of its fields, is called on a page. The kinds and fields themselves are the core's.

A kind, a field or a word of the core that has no words here fails when this module is imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from django.utils.translation import gettext_lazy as _

from dam_plugin.procedure.exceptions import ChildWelfare, Order, PreAdjudication
from dam_plugin.sharing.finding_kinds import KINDS


@dataclass(frozen=True, slots=True)
class Words:
    """What something is called, and a sentence that helps."""

    title: Any
    hint: Any = ""


QUESTIONS: Mapping[str, Words] = {
    "meaning": Words(
        _("Does hiding people change what it means?"),
        _("Look at the recording and at the copy, with those people hidden."),
    ),
    "identified": Words(
        _("I know who is in it"),
        _("Name the students, and say how many people nobody can name. Draw where they are on the recording's page."),
    ),
    "directory": Words(
        _("Is it directory information?"), _("What your policy lets out about any student who has not opted out.")
    ),
    "evidence": Words(_("I verified a paper or an interest")),
    "stay": Words(
        _("A court stayed the order, or lifted the stay"), _("While it stands, nothing goes out on the order.")
    ),
    "dependent": Words(
        _("The student is a dependent of this parent for tax"),
        _("For students who hold the rights themselves. It stays on file to the end of the year."),
    ),
    "parent_verified": Words(
        _("I verified who asks"), _("A parent of the student, or the student. Say what paper you saw.")
    ),
    "retained": Words(
        _("The letters of guardianship leave the student this right"), _("It needs a copy of the letters.")
    ),
    "not_verified": Words(
        _("I could not verify who asks"), _("The request is then answered as anybody's. Say how you looked into it.")
    ),
    "rights_limited": Words(
        _("A court order limits a parent's rights"), _("Their links close at once. Keep a copy of the order.")
    ),
    "asked_family": Words(
        _("I asked the family whether its consent still stands"), _("The family signed it before it opted out.")
    ),
    "means": Words(_("Can anybody be hidden in it at all?"), _("First offer the family to see it in the office.")),
    "closed": Words(_("It is a closed record"), _("By a part of section 610.021 of the Sunshine Law.")),
    "confidential": Words(_("Another law makes it confidential")),
    "reopened": Words(_("It is open again"), _("The reasons for which it was closed have ended. It takes two people.")),
    "mistaken_use": Words(_("It was marked for discipline or another use by mistake"), _("It takes two people.")),
    "crowd": Words(
        _("Is somebody of a crowd, asked for by name, shown?"), _("To release takes two people, and goes by hand.")
    ),
    "not_ours": Words(
        _("It is no record of the district"),
        _("Somebody else made it and keeps it, and not for the district. It takes two people."),
    ),
    "ours": Words(_("It is a record of the district after all")),
    "attorney": Words(_("The district's attorney"), _("Leave the answer empty until there is one.")),
    "offered": Words(_("It was offered to the family"), _("This closes the offer.")),
    "reviewed": Words(_("I looked at it"), _("The request is decided again with what is on file.")),
}
"""The kinds of findings."""

EVIDENCE: Mapping[str, Words] = {
    "interest": Words(
        _("A school official needs it for their work"),
        _("The legitimate educational interest, and that the person may see records."),
    ),
    "order": Words(
        _("A subpoena or a court's order"),
        _("Counsel verified it. Write its return date, and keep a copy of the paper."),
    ),
    "pre_adjudication": Words(
        _("A written certification before adjudication"), _("Of the juvenile office or the police. Keep a copy of it.")
    ),
    "child_welfare": Words(
        _("The Children's Division is responsible for the student"), _("By a court order or a placement.")
    ),
}
"""What evidence can prove, each in a form of its own: a finding verifies one thing."""

BLOCKS: Mapping[str, type] = {"order": Order, "pre_adjudication": PreAdjudication, "child_welfare": ChildWelfare}
FLAGS: Mapping[str, tuple[str, ...]] = {"interest": ("legitimate_interest", "records_authorized")}

FIELDS: Mapping[str, Words] = {
    "another_person": Words(_("It is not the person whom a court order or a protection is about")),
    "answer": Words(_("The answer")),
    "answer_on": Words(_("The day on which it is answered, as the families were told")),
    "assets": Words(_("Which recordings it reaches")),
    "at_once": Words(_("Words of the paper by which it is answered at once"), _("Only if it says so.")),
    "cannot_be_redacted": Words(_("It cannot be redacted")),
    "certified": Words(_("They certified in writing that they pass it on to nobody else without consent")),
    "confirmed_by": Words(_("Who verified the agency"), _("Such as: the office, called back at its number on file.")),
    "copy_considered": Words(_("I considered a copy that hides the others: the whole recording is needed")),
    "created_by": Words(_("Who made it")),
    "directory_status": Words(_("Is it directory information?")),
    "file": Words(
        _("A copy of the paper"), _("A scan or a photo, at most 32 MB. Only the records office can open it.")
    ),
    "found": Words(_("What you found")),
    "ground": Words(_("What it brings")),
    "guardian": Words(_("Which guardian")),
    "how": Words(_("How and when"), _("Such as: letter of 5 October.")),
    "inspection_offered": Words(_("How and when the family was offered to see it in the office")),
    "issued_by": Words(_("The court or agency that issued it")),
    "kept_by": Words(_("Who keeps it")),
    "kind": Words(_("What it is")),
    "law": Words(_("The law"), _("Such as: RSMo 210.150.")),
    "legitimate_interest": Words(_("The person has a legitimate educational interest in it")),
    "meaning": Words(_("With those people hidden, what it means is")),
    "means": Words(_("Can people be hidden by the means at hand?")),
    "name": Words(_("The name as the order has it"), _("Only for somebody who is not on file.")),
    "no_place": Words(_("I looked and listened to all of it: no place, sign, street or route can be told from it")),
    "nobody": Words(_("Nobody else is in it")),
    "not_against": Words(
        _("The student's protection is not against this guardian"),
        _("You know whom it is against. It takes two people."),
    ),
    "not_for_us": Words(_("They neither made it nor keep it for the district")),
    "not_our_contractor": Words(_("The contractor or company named works for somebody else")),
    "notice_required": Words(
        _("The families are told of it"),
        _("Untick it only where the order itself forbids telling. It takes two people."),
    ),
    "notified": Words(_("Whose families were told of it")),
    "only": Words(_("What is kept from this person")),
    "other_person": Words(_("Who has a say by hand and is somebody else")),
    "persons": Words(_("The names of the students who are in it"), _("One on each line, first and last name.")),
    "placement": Words(_("The court order or placement"), _("Its number, or where it is kept.")),
    "proceeding": Words(
        _("The number of the proceeding about child abuse, neglect or dependency"), _("Leave it empty for any other.")
    ),
    "records_authorized": Words(_("The person is authorized to see student records")),
    "report": Words(_("The number of the report")),
    "reported_on": Words(_("The day of the report")),
    "return_on": Words(_("Its return date"), _("The last day to answer it. The request is then due on that day.")),
    "same_person": Words(_("Other entries on file that are the same person")),
    "secret_by": Words(_("Why nobody is told")),
    "seen": Words(
        _("What you saw that proves it"),
        _("Such as: birth certificate, or the order of the circuit court of 5 October."),
    ),
    "since": Words(_("From which day on"), _("Empty: from today.")),
    "state": Words(_("The stay")),
    "students": Words(_("Which students it is about")),
    "subdivision": Words(_("The part of section 610.021"), _("Such as: 610.021(18).")),
    "unidentified": Words(_("How many people in it nobody can name")),
    "until": Words(_("The last day on which it holds"), _("Empty: no end.")),
    "use": Words(_("Which use was entered by mistake")),
    "verified": Words(_("Counsel verified it")),
    "verified_by": Words(_("The counsel who verified it")),
    "was_threat": Words(_("Was there an articulable and significant threat?")),
    "what": Words(_("What has ended")),
    "why": Words(_("Why"), _("This is kept. Write no name.")),
}

CHOICES: Mapping[str, Any] = {
    "available": _("Yes, people can be hidden"),
    "changed": _("changed, and something is left of it"),
    "closed": _("That it is a closed record"),
    "confidential": _("That another law keeps it confidential"),
    "destroyed": _("gone: the recording means nothing any more"),
    "eligible": _("Yes"),
    "ex_parte": _("an ex parte order in a terrorism case"),
    "grand_jury": _("a federal grand jury's subpoena"),
    "judicial_order": _("A court's order"),
    "law_enforcement": _("another subpoena of law enforcement"),
    "legal_responsibility": _("legal responsibility for the student"),
    "lifted": _("The court lifted it"),
    "mandated_report": _("a mandated report"),
    "none": _("No, nobody can reasonably be hidden"),
    "not_eligible": _("No"),
    "preserved": _("preserved: the copy is enough"),
    "refuse": _("Refuse it"),
    "release": _("Release it"),
    "revoked": _("The family revokes it"),
    "stands": _("It stands"),
    "subpoena": _("A subpoena"),
    "undetermined": _("Not settled yet"),
}


def literal_words(hint: Any) -> tuple[str, ...]:
    """Return the words that an annotation allows, also of one that may be null; () for any other annotation."""
    for each in (hint, *get_args(hint)):
        if get_origin(each) is Literal:
            return tuple(str(word) for word in get_args(each))
    return ()


def _unsaid() -> Iterator[str]:
    yield from (f"the finding '{each}'" for each in KINDS.keys() - QUESTIONS.keys())
    for kind in (*KINDS.values(), *BLOCKS.values()):
        hints = get_type_hints(kind)
        for each in fields(kind):
            if each.name != "evidence" and each.name not in FIELDS:
                yield f"the field '{each.name}'"
            yield from (f"the word '{word}'" for word in literal_words(hints[each.name]) if word not in CHOICES)


if _missing := tuple(_unsaid()):
    raise TypeError(f"no words for {', '.join(_missing)}: add them to finding_words.py")
