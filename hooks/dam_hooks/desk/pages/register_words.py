"""What pages call things of the register: who asks, the channels, what happened, how a request ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dam_hooks.desk.told import name_of
from dam_plugin.custodian.request_register import RequestView
from dam_plugin.model import Recipient
from dam_plugin.procedure.exceptions import FAMILY, ROLES
from dam_plugin.pseudonyms import students_within
from dam_plugin.store import StoredRequest, Unit

CHANNELS: Mapping[str, Any] = {
    "letter": gettext_lazy("by letter"),
    "email": gettext_lazy("by e-mail"),
    "counter": gettext_lazy("in person, at the office"),
    "telephone": gettext_lazy("by telephone"),
    "web-form": gettext_lazy("by a form on the web"),
    "staff": gettext_lazy("through a member of staff"),
}
WANTED: Mapping[str, Any] = {"copy": gettext_lazy("a copy"), "view": gettext_lazy("to see or hear it")}
OUTCOMES: Mapping[str, Any] = {
    "granted": gettext_lazy("Given: whoever asked got all of it"),
    "partly": gettext_lazy("Given in part: something was withheld"),
    "denied": gettext_lazy("Denied"),
    "no-such-record": gettext_lazy("There is no such recording"),
    "lost": gettext_lazy("It was lost after it was asked for"),
    "rights-passed": gettext_lazy("The rights have passed to the student"),
    "amended": gettext_lazy("The record is amended"),
    "not-amended": gettext_lazy("The record is not amended"),
    "referred-elsewhere": gettext_lazy("Somebody else has it: referred there"),
}
MEETINGS: Mapping[str, Any] = {
    "iep": gettext_lazy("IEP meeting"),
    "hearing": gettext_lazy("due process hearing"),
    "resolution": gettext_lazy("resolution session"),
}
PAPERS: Mapping[str, Any] = {
    "subpoena": gettext_lazy("a subpoena"),
    "judicial_order": gettext_lazy("a court's order"),
}
APPEALS: Mapping[str, Any] = {
    "attorney-general": gettext_lazy("the Missouri Attorney General"),
    "board": gettext_lazy("the board of education"),
    "court": gettext_lazy("a court"),
    "student-privacy-policy-office": gettext_lazy("the Student Privacy Policy Office"),
}
HAPPENED: Mapping[str, Any] = {
    "received": gettext_lazy("It came in"),
    "assigned": gettext_lazy("Somebody took it on"),
    "joined": gettext_lazy("An answer was given, or work was put in the queue"),
    "delayed": gettext_lazy("The delay was explained"),
    "meeting-set": gettext_lazy("The day of a meeting became known"),
    "order-noted": gettext_lazy("It is a subpoena or a court's order"),
    "order-verified": gettext_lazy("The order was verified as lawfully issued"),
    "order-ended": gettext_lazy("It is no order after all"),
    "order-narrowed": gettext_lazy("The court narrowed its order"),
    "order-widened": gettext_lazy("The order reaches a recording again"),
    "families-told": gettext_lazy("The families were told"),
    "asked-too": gettext_lazy("Its letter asks for something else, too"),
    "families-left": gettext_lazy("A family is still to be told"),
    "amendment-asked": gettext_lazy("It asks to amend a record"),
    "hearing-asked": gettext_lazy("A hearing was asked for"),
    "hearing-set": gettext_lazy("The hearing was set"),
    "hearing-told": gettext_lazy("The family was told of the hearing"),
    "hearing-not-wanted": gettext_lazy("The hearing is no longer wanted"),
    "hearing-decided": gettext_lazy("It was decided after the hearing"),
    "estimated": gettext_lazy("The fee was estimated"),
    "deposit-asked": gettext_lazy("A deposit was asked for"),
    "paid": gettext_lazy("Somebody paid"),
    "fee-waived": gettext_lazy("No fee is taken"),
    "reasons-asked": gettext_lazy("Written reasons were asked for"),
    "reasons-given": gettext_lazy("The written reasons were given"),
    "reasons-not-wanted": gettext_lazy("The written reasons are no longer asked for"),
    "appealed": gettext_lazy("An appeal or a complaint came"),
    "appeal-over-asked": gettext_lazy("One person says that the appeal is over"),
    "appeal-over": gettext_lazy("The appeal is over"),
    "closed": gettext_lazy("It was closed"),
    "reopened": gettext_lazy("It was opened again"),
    "found-later": gettext_lazy("Somebody was found later in a recording that the library had"),
    "found-settled": gettext_lazy("What was found later is not what was asked for"),
    "received-asked": gettext_lazy("One person says that it came later"),
    "received-corrected": gettext_lazy("The day on which it came was corrected"),
    "student-corrected": gettext_lazy("It was entered for the wrong student"),
    "seal-claimed": gettext_lazy("It was sealed: an order is said to forbid telling of it"),
    "seal-confirmed": gettext_lazy("A second person confirmed the seal"),
    "unseal-asked": gettext_lazy("One person says that the seal is to end"),
    "unsealed": gettext_lazy("The seal ended: every page shows it again"),
}
ANSWERS: Mapping[str | None, Any] = {
    "allow": gettext_lazy("given"),
    "redact": gettext_lazy("given, with others hidden"),
    "refer": gettext_lazy("waits for a decision"),
    "deny": gettext_lazy("refused"),
    "not-reached": gettext_lazy("not reached by the order"),
    None: gettext_lazy("not answered yet"),
}


def who_asks(request: StoredRequest, names: Mapping[str, str]) -> str:
    """Return who made a request, by name where one is on file; `names` are those of guardians and students, by pseudonym."""
    to = request.recipient
    if to.role in FAMILY and to.id in names:
        return names[to.id or ""]
    if request.contact:
        return request.contact.partition(",")[0]
    return role_of(to) if to.role == "public" or not to.id else to.id


def role_of(to: Recipient) -> str:
    """Return in words what whoever asks is."""
    words = {
        "public": _("a newspaper, a resident, or anybody else"),
        "parent": _("a parent or guardian"),
        "eligible_student": _("a student who holds the rights"),
    }
    return words.get(to.role) or ROLES[to.role].audience


def names_of_askers(unit: Unit, requests: Collection[StoredRequest]) -> dict[str, str]:
    """Return the names of the guardians and students who made requests, by pseudonym."""
    people = {each.recipient.id for each in requests if each.recipient.role in FAMILY and each.recipient.id}
    students = {each for person in people for each in students_within(person)}
    related = unit.people.with_guardians(people - students) if people - students else []
    records = unit.people.students_of({*students, *related})
    names = {person: name for record in records.values() for person, name in record.named_guardians}
    return names | {each: name_of(records, each) for each in students}


def called_in(view: RequestView) -> dict[str, str]:
    """Return what pages call the recordings of a request, by their short ids."""
    return {each.outside: each.key.rpartition("/")[2] for each in view.recordings}
