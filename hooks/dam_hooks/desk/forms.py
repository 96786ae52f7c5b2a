"""Fields that the forms of several pages have, with the classes of the style sheet, and errors of the core at their fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dam_hooks.desk.apps import services
from dam_hooks.desk.person_names import plainly
from dam_hooks.desk.plain_words import sentence
from dam_plugin.custodian.evidence_files import MOST_BYTES
from dam_plugin.errors import InputError, NotAnother

LONGEST = 2_000
# What was sent is not repeated, as Django does: it may be an id.
NOT_LISTED = {"invalid_choice": _("Select a valid choice: that is not in the list any more. Choose from the list.")}
Choices = Iterable[tuple[str, Any]]


def words(
    label: Any,
    hint: Any = "",
    *,
    required: bool = True,
    lines: int = 1,
    longest: int = LONGEST,
    initial: str | None = None,
) -> forms.CharField:
    """Return a field for words, on one line or several."""
    attributes = {"autocomplete": "off", "dir": "auto"}
    widget: forms.Widget = forms.TextInput(attrs={"class": "usa-input", **attributes})
    if lines > 1:
        widget = forms.Textarea(attrs={"class": "usa-textarea", "rows": lines, **attributes})
    return forms.CharField(
        label=label, required=required, max_length=longest, widget=widget, help_text=hint, initial=initial
    )


def day(label: Any, hint: Any = "", *, required: bool = True) -> forms.DateField:
    """Return a field for a day, as browsers show their calendar."""
    widget = forms.DateInput(attrs={"class": "usa-input", "type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, help_text=hint)


def clock(label: Any, *, required: bool = True) -> forms.TimeField:
    """Return a field for a time of the day."""
    widget = forms.TimeInput(attrs={"class": "usa-input", "type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=required, widget=widget)


def number(
    label: Any, hint: Any = "", *, least: int, most: int, required: bool = True, initial: int | None = None
) -> forms.IntegerField:
    """Return a field for a whole number."""
    widget = forms.NumberInput(attrs={"class": "usa-input", "inputmode": "numeric"})
    return forms.IntegerField(
        label=label,
        required=required,
        min_value=least,
        max_value=most,
        initial=initial,
        widget=widget,
        help_text=hint,
    )


def choice(
    label: Any, choices: Choices = (), *, hint: Any = "", required: bool = True, initial: str | None = None
) -> forms.ChoiceField:
    """Return a field to choose one of a list that opens."""
    return _one(label, choices, hint, forms.Select(attrs={"class": "usa-select"}), required=required, initial=initial)


def one_of(
    label: Any, choices: Choices = (), *, hint: Any = "", required: bool = True, initial: str | None = None
) -> forms.ChoiceField:
    """Return a field to choose one of a few that are all seen."""
    widget = forms.RadioSelect(attrs={"class": "usa-radio__input"})
    return _one(label, choices, hint, widget, required=required, initial=initial)


def _one(
    label: Any, choices: Choices, hint: Any, widget: forms.Widget, *, required: bool, initial: str | None
) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=list(choices),
        required=required,
        initial=initial,
        widget=widget,
        help_text=hint,
        error_messages=NOT_LISTED,
    )


def several(label: Any, choices: Choices = (), *, hint: Any = "", required: bool = False) -> forms.MultipleChoiceField:
    """Return boxes to tick, any number of them."""
    widget = forms.CheckboxSelectMultiple(attrs={"class": "usa-checkbox__input"})
    return forms.MultipleChoiceField(
        label=label,
        choices=list(choices),
        required=required,
        widget=widget,
        help_text=hint,
        error_messages=NOT_LISTED,
    )


def tick(label: Any, hint: Any = "", *, initial: bool = False) -> forms.BooleanField:
    """Return a box to tick, or not."""
    widget = forms.CheckboxInput(attrs={"class": "usa-checkbox__input"})
    return forms.BooleanField(label=label, required=False, initial=initial, widget=widget, help_text=hint)


class PaperField(forms.FileField):
    """A scan or a photo of a paper, no larger than what is kept. It is optional here: a use case that needs one says so."""

    default_error_messages = {"empty": _("The file is empty: scan the paper again.")}  # noqa: RUF012 - as Django has it

    def __init__(self, label: Any, hint: Any = "") -> None:
        """Take what the paper is called."""
        widget = forms.FileInput(attrs={"class": "usa-file-input", "accept": ".pdf,image/*"})
        super().__init__(label=label, help_text=hint, required=False, widget=widget)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the upload. Raises ValidationError for one that is too large."""
        found = super().clean(data, initial)
        if found and found.size > MOST_BYTES:
            told = _("The file is too large: scan it smaller, at most %(most)s MB.")
            raise forms.ValidationError(told, params={"most": MOST_BYTES // 1024**2})
        return found


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


def told_of(error: InputError, said: Callable[[str], str] = sentence) -> str:
    """Return what went wrong in a sentence of a page: who may do it in our own words, anything else as `said` tells it."""
    if isinstance(error, NotAnother):
        return gettext(
            "This takes another person: whoever stated it, asked for the recording, would receive it or released it cannot do "
            "this, under no account."
        )
    return said(str(error))


def add_error(form: forms.Form, error: InputError, recordings: Mapping[str, str] | None = None) -> None:
    """Say an error of the core at its field, or above all fields, in the words of a page."""
    with services().store.reading() as unit:
        told = told_of(error, lambda text: plainly(unit, text, recordings))
    form.add_error(_field_of(str(error), form.fields), told)


def _field_of(text: str, fields: Iterable[str]) -> str | None:
    """Return the field at which an error of the core belongs, by the option or the thing that it names; None: at none."""
    for name in fields:
        option = name.replace("_", "-")
        if re.search(rf"--{re.escape(option)}\b|^the {re.escape(option)}\b|'{re.escape(option)}'", text):
            return name
    return None
