"""Whoever has a set, or is to have it: whether they can be its recipient, and how it stands for each of them.

A set is decided for a recipient: what one publisher may have (a consent names them, say) another may not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dam_plugin.errors import InputError
from dam_plugin.model import RECIPIENT_ROLES, Actor, Reason, Recipient, Share
from dam_plugin.services import Services
from dam_plugin.sharing.wording import checked
from dam_plugin.store import Unit
from dam_plugin.store.sets import PURPOSE, ExportFile, ExportSet, Handover
from dam_plugin.yearbook.again import Again, again, captions_of

# Reasons that name everybody whom the recording is about, whoever it is that has to be hidden.
_OF_ALL = frozenset({"REDACT-MEANING"})


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who has a set or is to have it, and who handed it to them."""

    recipient: Recipient
    by: Actor

    @property
    def id(self) -> str:
        """Their id as it stands in a handover."""
        return self.recipient.id or self.recipient.role


@dataclass(frozen=True, slots=True)
class Held:
    """A file as it stands for all who have it: what stops it for any of them, and for which ones.

    `today` is the file as it stands for the first for whom it stops, or of all.
    """

    today: Again
    stops: tuple[Reason, ...]
    stopped_for: tuple[Holder, ...]

    @property
    def students(self) -> tuple[str, ...]:
        """The students for whose sake it may not be shown, sorted: nobody of whom the copy shows and names nothing."""
        own = {student for each in self.stops if each.clause not in _OF_ALL for student in each.students}
        return tuple(sorted((own or {student for each in self.stops for student in each.students}) - self.today.safe))

    def stopped(self, handed: Collection[Handover]) -> tuple[Handover, ...]:
        """Return those handovers for which it stops."""
        who = {(each.id, each.by) for each in self.stopped_for}
        return tuple(each for each in handed if (each.to, each.by) in who)


def check_recipient(recipient: Recipient, by: Actor) -> None:
    """Raise InputError for a recipient of a set whose id nobody can have: none, a role's name, blanks, what deceives."""
    # As the words of any share: they stand in the ledger.
    checked(Share("", "", "publication", PURPOSE, by, recipient))
    name = recipient.id or ""
    if not name or name != name.strip() or name.casefold() in RECIPIENT_ROLES:
        raise InputError(
            "whom the set goes to needs an id such as a publisher's name, without spaces around it, and not a role's: give "
            "it with --to"
        )


def holders_of(set_: ExportSet, handed: Collection[Handover]) -> tuple[Holder, ...]:
    """Return who has a set, each once, in the order of time; of one that nobody has yet, for whom it was made."""
    recipient = set_.order.recipient
    if not handed:
        return (Holder(recipient, set_.by),)
    own = recipient.id or recipient.role
    found = (Holder(recipient if each.to == own else replace(recipient, id=each.to), each.by) for each in handed)
    return tuple(dict.fromkeys(found))


def held(  # noqa: PLR0913 - how several files stand for several people, as `again` takes it
    services: Services,
    unit: Unit,
    set_: ExportSet,
    holders: Sequence[Holder],
    day: date,
    files: Callable[[], Iterator[ExportFile]],
    *,
    printed: bool = False,
    lost: Collection[str] = (),
) -> Iterator[Held]:
    """Yield files as they stand on a day for each of these holders; `files` gives the same ones again for each.

    `printed` and `lost` as `again` takes them. They are read side by side: memory does not grow with the files.
    """
    captions = captions_of(unit, set_.order)
    standing = [
        again(
            services,
            unit,
            replace(set_.order, recipient=each.recipient),
            each.by,
            day,
            files(),
            captions=captions,
            printed=printed,
            lost=lost,
        )
        for each in holders
    ]
    for found in zip(*standing, strict=True):
        stopped = [(holder, each) for holder, each in zip(holders, found, strict=True) if each.stops]
        today = stopped[0][1] if stopped else found[0]
        stops = dict.fromkeys(reason for _, each in stopped for reason in each.stops)
        yield Held(today, tuple(stops), tuple(holder for holder, _ in stopped))
