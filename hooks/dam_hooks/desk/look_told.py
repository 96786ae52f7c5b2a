"""What comes of a person's look, in words for people: what it changed, and why it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dam_hooks.desk.told import name_of
from dam_plugin.errors import LookRefusal, LookRefused
from dam_plugin.gate.close_links import ClosedLinks
from dam_plugin.model import Look, StudentRecord
from dam_plugin.store import StoredAsset


def refusal(error: LookRefused, records: Mapping[str, StudentRecord]) -> str:
    """Return why a look is refused, and who can say it; `records` are the students whom it is about."""
    if error.why == "family-said-no":
        who = ", ".join(name_of(records, each) for each in error.students)
        return _(
            "The family of %(who)s said no or may still answer, and this would show less of them than is on file. Only the "
            "records custodian can say that: ask them to look at this recording."
        ) % {"who": who}
    words: dict[LookRefusal, str] = {
        "time-in-picture": _("A picture has no time: say where in it somebody is, and not when."),
        "box-without-time": _("In a video or a sound a box without a time shows nothing: say from when until when."),
        "named-already": _(
            "Somebody is named in it already. Only the records custodian can say that they are not in it, or that nobody else "
            "is: ask them to look at this recording."
        ),
        "not-directory": _("The records custodian said what this recording is. Only they can say otherwise."),
        "own-finding": _("Only the records custodian can say this."),
        "two-people": _(
            "This recording is kept for discipline or is about somebody's health. What you say would open it to more people, "
            "and two people have to agree to that: ask the records custodian."
        ),
        "not-your-look": _(
            "This cannot be taken back: somebody has looked at the recording since, or it was not you who said it. Say anew "
            "who is in it."
        ),
        "more-than-names": _(
            "This said more than who is in it, and cannot be taken back here. Ask the records custodian."
        ),
        "stands-for-another": _(
            "This picture took the place of another one, and what was said of it cannot be taken back. Say anew who is in it."
        ),
    }
    return words[error.why]


def outcome(
    stored: StoredAsset, closed: ClosedLinks, look: Look, records: Mapping[str, StudentRecord]
) -> Iterator[str]:
    """Yield what a look left behind besides the names: closed links, who has to be told, who was not hidden after all."""
    if len(closed):
        yield ngettext(
            "%(count)d link to it was closed: it may not be shown any more as it was.",
            "%(count)d links to it were closed: it may not be shown any more as it was.",
            len(closed),
        ) % {"count": len(closed)}
    if closed.opened:
        yield _("Somebody had opened it before. It is on the record, and the records custodian looks at it.")
    if closed.still_published:
        yield _(
            "The district had published it, and it has to be taken down: the records custodian has it in the queue."
        )
    hidden = {each.student for each in look.persons if each.prominence == "incidental"}
    kept = [a.student for a in stored.tagging.appearances if a.student in hidden and a.prominence != "incidental"]
    if kept:
        who = ", ".join(sorted(name_of(records, each) for each in kept))
        yield _(
            "Kept as in focus: %(who)s. That such a student is only in the background, the records custodian says."
        ) % {"who": who}
    if stored.loosens:
        yield _("What was held before stays until the records custodian lets it go.")
