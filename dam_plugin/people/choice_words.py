"""What a family's choices come to, in one sentence for the person who entered them. Pure; it decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from dam_plugin.model import StudentRecord
from dam_plugin.procedure.purposes import PurposeList

_YEARBOOK = "yearbook"
_PLACES: Mapping[str, str] = {
    "yearbook": "in the yearbook",
    "website": "on the website",
    "social media": "on social media",
    "news": "in the news",
    "newsletter": "in the newsletter",
    "broadcast": "in a broadcast",
}


@dataclass(frozen=True, slots=True)
class ChoiceTold:
    """A student's choices as an import leaves them: `told` is a sentence without its subject, `name` is shown on request."""

    id: str
    name: str
    told: str

    def sentence(self, *, names: bool) -> str:
        """Return the whole sentence, about the name or the pseudonym."""
        return f"By the family's answers, {(names and self.name) or self.id} {self.told}."


_NOWHERE = "may not be shown as directory information anywhere, the yearbook included"


def words_of_choices(record: StudentRecord, day: date, purposes: PurposeList, *, until: date | None) -> str:
    """Return what the opt-outs in force on a day leave, as "may be in the yearbook, not on the website".

    A protected student reads like one whose family said no to everything, as in every answer (RSMo 589.664). `until` is the
    last day on which the family of a new student may answer the notice.
    """
    outs = [each for each in record.opt_outs if each.is_in_force(day)]
    if record.is_protected(day) or any(each.purposes is None for each in outs):
        return _NOWHERE
    if until is not None and day <= until:
        return f"{_NOWHERE}, through {until}: the family is new since the notice, and may still answer it"
    out = [each.name for each in purposes.purposes if any(purposes.reaches(one.purposes, each.name) for one in outs)]
    if len(out) == len(purposes.purposes):
        return _NOWHERE
    if not out:
        return "may be in the yearbook, and shown as directory information for every other purpose"
    where = "may be shown as directory information" if _YEARBOOK in out else "may be in the yearbook"
    return f"{where}, not {listed_places(out)}"


def listed_places(names: Collection[str], last: str = "or") -> str:
    """Return purposes as places: on the website, in the news or for film."""
    *first, end = (_PLACES.get(each, f"for {each}") for each in names)
    return f"{', '.join(first)} {last} {end}" if first else end


def words_of_consents(allowed: Collection[str], older: Iterable[str], some: Iterable[str] = ()) -> str:
    """Return what consents add to the opt-outs.

    `older` are purposes of a consent that is not newer than the opt-out, `some` those of one for the recordings that it names.
    """
    sure, few = sorted(set(allowed)), sorted({*some} - {*allowed})
    unsure = sorted({*older} - {*sure, *few})
    told = f"; a consent on file allows it {listed_places(sure, 'and')}" if sure else ""
    if few:
        told += f"; a consent on file allows it {listed_places(few, 'and')} for the recordings that it names, and for no other"
    if unsure:
        where = listed_places(unsure, "and")
        told += f"; a consent {where} is not newer than the opt-out, and counts only if the family confirms it"
    return told
