"""Fields that the forms of several pages have, with the classes of the style sheet, and errors of the core at their fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dam_hooks.desk.apps import services
from dam_hooks.desk.request_sentences import field_of, plainly
from dam_plugin.errors import InputError

LONGEST = 2_000
# What was sent is not repeated: it is an id.
NOT_LISTED = _("Select a valid choice: what was ticked is not in the list any more. Look again.")


def words(
    label: Any, *, required: bool = True, lines: int = 1, longest: int = LONGEST, hint: Any = ""
) -> forms.CharField:
    """Return a field for words, on one line or several."""
    attributes = {"autocomplete": "off", "dir": "auto"}
    widget: forms.Widget = forms.TextInput(attrs={"class": "usa-input", **attributes})
    if lines > 1:
        widget = forms.Textarea(attrs={"class": "usa-textarea", "rows": lines, **attributes})
    return forms.CharField(label=label, required=required, max_length=longest, widget=widget, help_text=hint)


def day(label: Any, *, required: bool = True, hint: Any = "") -> forms.DateField:
    """Return a field for a day."""
    widget = forms.DateInput(attrs={"class": "usa-input", "type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, help_text=hint)


def clock(label: Any, *, required: bool = True) -> forms.TimeField:
    """Return a field for a time of the day."""
    widget = forms.TimeInput(attrs={"class": "usa-input", "type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=required, widget=widget)


def choice(label: Any, choices: list[tuple[str, Any]], *, required: bool = True, hint: Any = "") -> forms.ChoiceField:
    """Return a field to choose one of a list."""
    widget = forms.Select(attrs={"class": "usa-select"})
    return forms.ChoiceField(label=label, choices=choices, required=required, widget=widget, help_text=hint)


def tick(label: Any, *, hint: Any = "") -> forms.BooleanField:
    """Return a box to tick."""
    widget = forms.CheckboxInput(attrs={"class": "usa-checkbox__input"})
    return forms.BooleanField(label=label, required=False, widget=widget, help_text=hint)


def several(label: Any, choices: list[tuple[str, Any]]) -> forms.MultipleChoiceField:
    """Return boxes to tick, any number of them."""
    widget = forms.CheckboxSelectMultiple(attrs={"class": "usa-checkbox__input"})
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=widget, error_messages={"invalid_choice": NOT_LISTED}
    )


def nobody_named() -> forms.BooleanField:
    """Return the box by which a person says that no word of a text is the name of a student."""
    hint = _("Only where a text was sent back because it may name a student, and the word means something else.")
    return tick(_("No word here is a student's name"), hint=hint)


def one_line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def moment(on: date, at: time | None = None) -> datetime:
    """Return a moment of the district's own time: a day, and the time on it [its beginning]."""
    return datetime.combine(on, at or time(), tzinfo=services().now().tzinfo)


def add_error(form: forms.Form, error: InputError, recordings: Mapping[str, str] | None = None) -> None:
    """Say an error of the core at its field, or above all fields, in the words of a page."""
    with services().store.reading() as unit:
        told = plainly(unit, str(error), recordings)
    form.add_error(field_of(str(error), form.fields), told)
