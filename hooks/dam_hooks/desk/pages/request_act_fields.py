"""The fields of what may be noted on a request, and when its buttons are shown: for the table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy

from dam_hooks.desk.forms import choice, one_line, several, tick, words
from dam_hooks.desk.pages import register_words as say
from dam_plugin.custodian.request_register import RequestView
from dam_plugin.custodian.requests import (
    Closed,
    FeeBasis,
    Happening,
)

Said = Mapping[str, Any]
_WHY = gettext_lazy("Why")


@dataclass(frozen=True, slots=True)
class Join:
    """Answers that are there already and belong to the request."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that may be noted: its button, its fields, what is noted of them, and when the button is shown."""

    slug: str
    button: Any
    fields: Mapping[str, Callable[[], forms.Field]]
    note: Callable[[Said], Happening | FeeBasis | Join]
    fits: Callable[[RequestView, str], bool]
    intro: Any = ""
    is_weighty: bool = False


def why(label: Any = _WHY) -> Callable[[], forms.Field]:
    """Return a field for a reason."""
    return lambda: words(label, lines=3)


def laws(said: Said) -> tuple[str, ...]:
    """Return the provisions that were typed, one a line."""
    return tuple(filter(None, (one_line(each) for each in said["provision"].splitlines())))


def provision() -> forms.Field:
    """Return a field for provisions of law."""
    hint = gettext_lazy("One on each line, such as: RSMo 610.021(14). Leave it out where the answers have it already.")
    return words(gettext_lazy("By which provision of law"), required=False, lines=2, hint=hint)


def close_fields() -> dict[str, Callable[[], forms.Field]]:
    """Return the fields of a closing."""
    return {
        "outcome": lambda: choice(gettext_lazy("How it ends"), list(say.OUTCOMES.items())),
        "why": why(gettext_lazy("Why, or how it was answered")),
        "provision": provision,
        "not_about": lambda: several(gettext_lazy("It is not about these: you looked"), []),
        "tried": lambda: words(
            gettext_lazy("What was tried to get it back"),
            required=False,
            lines=2,
            hint=gettext_lazy("Only where it was lost after it was asked for."),
        ),
        "advised": lambda: words(
            gettext_lazy("What the district's attorney advised"),
            required=False,
            lines=2,
            hint=gettext_lazy("And when. Only where a record is kept from its own family."),
        ),
        "record_shown": lambda: tick(
            gettext_lazy("The family asked for the record of disclosures alone, and was shown it")
        ),
    }


def closed(said: Said) -> Closed:
    """Return a closing of what was typed."""
    return Closed(
        cast("Any", said["outcome"]),
        one_line(said["why"]),
        laws(said),
        tuple(said["not_about"]),
        one_line(said["tried"]),
        one_line(said["advised"]),
        said["record_shown"],
    )


def cents() -> forms.Field:
    """Return a field for an amount of dollars."""
    widget = forms.NumberInput(attrs={"class": "usa-input", "step": "0.01", "min": "0", "inputmode": "decimal"})
    return forms.DecimalField(
        label=gettext_lazy("How much, in dollars"), max_digits=9, decimal_places=2, min_value=0, widget=widget
    )


def count(label: Any) -> Callable[[], forms.Field]:
    """Return a field for a number."""
    widget = forms.NumberInput(attrs={"class": "usa-input", "min": "0", "inputmode": "numeric"})
    return lambda: forms.IntegerField(label=label, min_value=0, max_value=1_000_000, initial=0, widget=widget)


def is_open(view: RequestView, _me: str) -> bool:
    """Whether it waits for an answer."""
    return view.status.is_open


def of_order(view: RequestView, _me: str) -> bool:
    """Whether it is an order that waits for an answer."""
    return view.status.is_open and view.status.order is not None


def waits_for_reasons(view: RequestView, _me: str) -> bool:
    """Whether written reasons are owed, or will be."""
    return view.status.reasons_wanted is not None or any(each.name == "reasons" for each in view.status.running)


def optional(field: forms.Field, label: Any) -> forms.Field:
    """Return a field that may be left out, with another label."""
    field.required, field.label = False, label
    return field


def in_cents(dollars_typed: Any) -> int:
    """Return an amount that was typed in cents."""
    return int(dollars_typed * 100) if dollars_typed is not None else 0
