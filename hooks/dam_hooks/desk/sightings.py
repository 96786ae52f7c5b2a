"""The form in which a person says who is in a recording: a row for each sighting, and how many have no name.

A row is a student, and where in the picture (percent of its sides) or when in the recording. Rows that say nothing new are not
said again; nobody is taken out by a row that is missing, only by one that is crossed out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dam_plugin.model import Actor, Appearance, Interval, Look, Region
from dam_plugin.sharing.whereabouts import has_time
from dam_plugin.store import StoredAsset
from dam_tagging.facts import Prominence

MOST_ROWS = 120
MOST_UNKNOWN = 999
LONGEST_NAME = 100
SOURCE = "a person's look"
PREFIX = "p"
_DAY = 24 * 60 * 60
_TIME = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5}(?:\.\d{1,3})?)")
# Percents have three decimals.
_HAIR = 0.000011
_STRONGEST: tuple[Prominence, ...] = ("focus", "unknown", "incidental")
_SIDES = ("left", "top", "width", "height")


def _side(label: Any) -> forms.FloatField:
    return forms.FloatField(
        label=label,
        required=False,
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"class": "usa-input desk-small", "step": "any"}),
    )


def _time(label: Any) -> forms.CharField:
    attrs = {"class": "usa-input desk-small", "placeholder": "0:00", "autocomplete": "off"}
    return forms.CharField(label=label, required=False, max_length=12, widget=forms.TextInput(attrs=attrs))


class Sighting(forms.Form):
    """One student, once."""

    student = forms.CharField(max_length=64, widget=forms.HiddenInput)
    prominence = forms.ChoiceField(
        label=gettext_lazy("How prominent"),
        choices=[
            ("unknown", gettext_lazy("In it")),
            ("focus", gettext_lazy("In focus")),
            ("incidental", gettext_lazy("In the background")),
        ],
        widget=forms.Select(attrs={"class": "usa-select desk-small"}),
    )
    left = _side(gettext_lazy("From the left, %"))
    top = _side(gettext_lazy("From the top, %"))
    width = _side(gettext_lazy("Width, %"))
    height = _side(gettext_lazy("Height, %"))
    start = _time(gettext_lazy("From"))
    end = _time(gettext_lazy("To"))
    heard = forms.BooleanField(
        label=gettext_lazy("Only heard"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "usa-checkbox__input"}),
    )

    def clean(self) -> dict[str, Any]:
        """Check that a box lies in the picture, and that a stretch of time ends after it starts."""
        said: dict[str, Any] = super().clean() or {}
        sides = [said.get(each) for each in _SIDES]
        if any(each is not None for each in sides) and not any(each in self.errors for each in _SIDES):
            said["region"] = self._region(sides)
        start, end = (self._seconds(each, said.get(each) or "") for each in ("start", "end"))
        if said.get("start") or said.get("end"):
            if start is None or end is None:
                self._at_once("end", _("Say both: from when until when, such as 0:05 to 0:12."))
            elif start >= end:
                self._at_once("end", _("It has to end after it starts."))
            else:
                said["stretch"] = Interval(start, end)
        elif said.get("heard"):
            self._at_once("end", _("Say from when until when they are heard."))
        return said

    def _at_once(self, field: str, text: str) -> None:
        if field not in self.errors:
            self.add_error(field, text)

    def _region(self, sides: Sequence[float | None]) -> Region | None:
        if any(each is None for each in sides):
            self.add_error("left", _("A box needs all four numbers, or none."))
            return None
        x, y, w, h = (cast("float", each) / 100 for each in sides)
        if not (w > 0 and h > 0 and x + w <= 1 + _HAIR and y + h <= 1 + _HAIR):
            self.add_error("left", _("The box is not within the picture."))
            return None
        return Region(x, y, min(w, 1 - x), min(h, 1 - y))

    def _seconds(self, field: str, text: str) -> float | None:
        if not text.strip():
            return None
        found = _TIME.fullmatch(text.strip())
        hours, minutes, seconds = (float(each or 0) for each in found.groups()) if found else (0.0, 0.0, 0.0)
        told = hours * 3600 + minutes * 60 + seconds
        if found is None or told > _DAY:
            self._at_once(field, _("Write a time as minutes and seconds, such as 1:05."))
            return None
        return told


class Statement(forms.Form):
    """What is said of the whole recording: what was looked at, and how many nobody can name."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    unknown = forms.IntegerField(
        label=gettext_lazy("People whom I cannot name"),
        required=False,
        min_value=0,
        max_value=MOST_UNKNOWN,
        widget=forms.NumberInput(attrs={"class": "usa-input desk-small"}),
    )
    q = forms.CharField(required=False, max_length=LONGEST_NAME)

    def is_all_chosen(self) -> bool:
        """Whether no name was typed and not chosen, in a form that is whole; else the sentence is in the form.

        INVARIANT: a name that nobody found, or that was not chosen, is never dropped.
        """
        if not self.cleaned_data["q"]:
            return True
        self.add_error(
            None,
            _(
                "A name is typed and not chosen: choose it from the list, count it among whom you cannot name, or empty it."
            ),
        )
        return False


class _Rows(forms.BaseFormSet):  # type: ignore[type-arg]  # it has none as it runs
    """Rows, each with a box to cross it out."""

    deletion_widget = forms.CheckboxInput(attrs={"class": "usa-checkbox__input"})  # type: ignore[assignment]


Sightings = forms.formset_factory(
    Sighting, formset=_Rows, extra=0, can_delete=True, max_num=MOST_ROWS, absolute_max=MOST_ROWS, validate_max=True
)


def with_added(data: QueryDict) -> QueryDict:
    """Return what was sent with one more row for the student whom the person wants to add, where there is one."""
    data = data.copy()
    if added := data.get("add", "")[:64]:
        number = data.get(f"{PREFIX}-TOTAL_FORMS", "0")
        count = min(int(number), MOST_ROWS) if number.isdecimal() else 0
        data[f"{PREFIX}-{count}-student"] = added
        data[f"{PREFIX}-{count}-prominence"] = "unknown"
        data[f"{PREFIX}-TOTAL_FORMS"] = str(count + 1)
    return data


def initial_rows(stored: StoredAsset) -> list[dict[str, Any]]:
    """Return the rows of a form for what is on file: one for each box, else one for each student."""
    rows: list[dict[str, Any]] = []
    for each in stored.tagging.appearances:
        about = {"student": each.student, "prominence": each.prominence}
        regions = () if has_time(stored.asset.media_type) else each.regions
        rows += [about | _percents(region) for region in regions] or [about]
    return rows[:MOST_ROWS]


def look_of(
    stored: StoredAsset, rows: Iterable[Mapping[str, Any]], unknown: int | None, *, at: datetime, by: Actor
) -> Look:
    """Return what somebody says by rows that were checked: a look with whom it names anew, or otherwise than on file.

    With a row that is crossed out it says that all others are the only ones in it, besides the `unknown`.
    """
    rows = list(rows)
    kept, gone = ([each for each in rows if bool(each.get("DELETE")) is crossed] for crossed in (False, True))
    known = {each.student: each for each in stored.tagging.appearances}
    seen = [_appearance(student, kept, known.get(student)) for student in dict.fromkeys(r["student"] for r in kept)]
    if {each["student"] for each in gone}.intersection(known) - {each.student for each in seen}:
        # Also whom the form had no room for.
        shown = {each["student"] for each in rows}
        others = [each for each in stored.tagging.appearances if each.student not in shown]
        return Look(at, by, persons=(*seen, *others), nobody=True, unidentified=unknown)
    news = tuple(each for each in seen if _says_more(each, known.get(each.student)))
    return Look(at, by, persons=news, unidentified=unknown or 0)


def _appearance(student: str, rows: Iterable[Mapping[str, Any]], before: Appearance | None) -> Appearance:
    """Return what the rows of one student say together."""
    own = [each for each in rows if each["student"] == student]
    known = before.regions if before else ()
    regions = tuple(dict.fromkeys(_as_known(each["region"], known) for each in own if each.get("region")))
    times = [(each["stretch"], bool(each.get("heard"))) for each in own if each.get("stretch")]
    return Appearance(
        student,
        strongest(own),
        identifiable=before.identifiable if before else True,
        regions=regions,
        intervals=tuple(stretch for stretch, heard in times if not heard),
        heard=tuple(stretch for stretch, heard in times if heard),
        source=SOURCE,
    )


def strongest(rows: Iterable[Mapping[str, Any]]) -> Prominence:
    """Return how prominent the rows of one student say they are: the most that any of them says."""
    return min((cast("Prominence", each["prominence"]) for each in rows), key=_STRONGEST.index)


def _says_more(seen: Appearance, before: Appearance | None) -> bool:
    if before is None:
        return True
    moved = bool(seen.regions) and set(seen.regions) != set(before.regions)
    return moved or bool(seen.intervals or seen.heard) or seen.prominence != before.prominence


def _as_known(region: Region, known: Iterable[Region]) -> Region:
    """Return a box as it is on file, where the form only rounded it."""
    for each in known:
        sides = ((region.x, each.x), (region.y, each.y), (region.w, each.w), (region.h, each.h))
        if all(abs(one - other) < _HAIR for one, other in sides):
            return each
    return replace(region)


def _percents(region: Region) -> dict[str, float]:
    sides = (region.x, region.y, region.w, region.h)
    return {name: round(side * 100, 3) for name, side in zip(_SIDES, sides, strict=True)}
