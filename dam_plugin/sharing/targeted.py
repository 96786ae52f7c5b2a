"""A targeted request stays targeted: whoever asked for a student by name knows whom a copy hides.

A record is about a person, even without a name, where the school believes that who asks knows the student (34 CFR 99.3,
"personally identifiable information", (g)). So the names count that the request in the register has, also those that an
appeal or the reason of a reopening names in words (`S-…`), and those that the same recipient asked for on the same recording
before. More names never loosen an answer.
"""

from __future__ import annotations

from dataclasses import replace

from dam_plugin.errors import InputError
from dam_plugin.model import Recipient, Share
from dam_plugin.people.names_in_text import has_name_of, typed_pseudonyms
from dam_plugin.procedure.exceptions import FAMILY
from dam_plugin.store import Unit
from dam_tagging.names.written_names import parts

# The events of a request that hold the words of whoever asked, each with the field that has them.
_ASKERS_WORDS = {"appealed": "text", "reopened": "why"}


def with_every_name(unit: Unit, request: Share) -> Share:
    """Return a share with every student who counts as asked for by name: those it names first, then the others sorted.

    A recipient without an id is the same as any other of the role without one. A student who has left the roster is left
    out. A publication has no requester.
    """
    if request.kind == "publication":
        return request
    asked = _students_of_request(unit, request.answers) if request.answers else set()
    more = (asked | unit.shares.named_before(request)).difference(request.names)
    known = unit.people.students_of(more) if more else {}
    return replace(request, names=(*request.names, *sorted(known)))


def check_names_nobody(unit: Unit, recipient: Recipient) -> None:
    """Raise InputError where the id of somebody who is no family holds a student's whole name, or a pseudonym.

    Such an id is a request by name that would count as none, and it stays on record for good. A part of a name is let pass,
    since whoever asks has a family name, too.
    """
    told = recipient.id or ""
    if recipient.role in FAMILY:
        return
    words = {each for each in parts(told) if len(each) > 1}
    known = {each.id: each for word in words for each in unit.people.find(word)} if len(words) > 1 else {}
    if any(each.is_certain for each in typed_pseudonyms(told)) or any(
        has_name_of(told, each) for each in known.values()
    ):
        raise InputError(
            "the recipient's id holds a student's name: write who asks without it (`public:aunt-1`), and name the student in "
            "`--name S-…`; where the student asks, it is `eligible_student:S-…`"
        )


def _students_of_request(unit: Unit, request_id: str) -> set[str]:
    said = (
        str(event.content[_ASKERS_WORDS[event.kind]])
        for event in unit.requests.events(request_id)
        if event.kind in _ASKERS_WORDS
    )
    return {
        *unit.requests.need(request_id).students,
        *(each.student for text in said for each in typed_pseudonyms(text)),
    }
