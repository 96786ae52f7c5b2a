"""Sentences of the use cases as the pages of students say them: with names, and with what to press in place of a command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dam_hooks.desk.told import with_names
from dam_plugin.custodian.letter_words import PARTIES
from dam_plugin.model import Recipient, StudentRecord
from dam_plugin.store import Unit

# What is left out of a sentence: it is said to who types commands.
_OF_COMMANDS = re.compile(r"dam-plugin|--[a-z]|over HTTP|command line|as custodian:NAME|this system|operating system")
_PARTS = re.compile(r"(?<=[;:.])\s+")
_LEFT_OVER = re.compile(r"\s*\((?:gs|sh|rf|a|l|cn|pr)-[0-9A-Za-z-]+\)")
_IDS = re.compile(r"'?\b(?:G-[0-9A-HJKMNP-TV-Z]{12}|gs-[0-9a-f]+)\b'?")
# What to do at the desk, by the option that the sentence asks for.
_INSTEAD: tuple[tuple[str, Any], ...] = (
    (r"--another-person", gettext_lazy("If it is somebody else, tick that it is another person.")),
    (r"--file", gettext_lazy("Add a copy of the paper.")),
    (r"--absence", gettext_lazy("If no parent or guardian is there, say how that is known.")),
    (r"--same-person", gettext_lazy("Say of each of these people whether it is the person of the order.")),
    (r"--only whereabouts", gettext_lazy("If only the place is to be kept from this person, choose that.")),
    (r"--after-opt-out WHAT", gettext_lazy("If it was signed after the opt-out, say what shows that.")),
    (r"--after-revocation WHAT", gettext_lazy("If it is a new paper, say what shows that it was signed later.")),
    (r"--for ID", gettext_lazy("Choose that person under “To hand to”.")),
    (r"--by\b", gettext_lazy("Choose who says so.")),
    (r"student guardian verify", gettext_lazy("Confirm first who this guardian is.")),
    (r"guardian add", gettext_lazy("Add the parent or guardian first.")),
    (r"roster import", gettext_lazy("An administrator imports the corrected roster.")),
    (
        r"takes two people|operating system|this system",
        gettext_lazy("Another custodian or designee has to say the same, signed in with an account of their own."),
    ),
)


def called(record: StudentRecord) -> str:
    """Return what people call a student; a word for one without a name."""
    return record.names[0] if record.names else _("a student without a name")


def guardians_called(record: StudentRecord) -> dict[str, str]:
    """Return the names of everybody who is or was on file for a student, by id; a word where there is none."""
    names = {**dict(record.named_guardians), **dict(record.named_representatives)}
    others = (*record.guardians, *(each.guardian for each in record.guardianships))
    found = {each: names.get(each) or _("a guardian without a name") for each in dict.fromkeys((*names, *others))}
    return {**found, record.id: called(record)}


def said_plainly(unit: Unit, record: StudentRecord, text: str) -> str:
    """Return a sentence of a use case for a page: with names in the place of ids, and without commands."""
    parts = _PARTS.split(text.replace("\n", " "))
    kept = [each for each in parts if not _OF_COMMANDS.search(each)]
    told = " ".join(kept).rstrip(" ;:,.")
    hints = [str(hint) for option, hint in _INSTEAD if re.search(option, text)]
    sentence = f"{told[:1].upper()}{told[1:]}." if told else ("" if hints else _("This cannot be saved as it is."))
    return " ".join(filter(None, (_named(unit, record, sentence), *hints)))


def _named(unit: Unit, record: StudentRecord, text: str) -> str:
    text = _LEFT_OVER.sub("", text)
    for person, name in guardians_called(record).items():
        text = text.replace(f"'{person}'", name).replace(person, name)
    (text,) = with_names(unit, [text])
    return _IDS.sub(_("somebody"), text)


def recipient_in_words(recipient: Recipient, kind: str, guardians: Mapping[str, str]) -> str:
    """Return to whom something went, as people say it: everybody, a parent by name, or who it was by role and name."""
    if kind == "publication":
        return _("everybody")
    name = guardians.get(recipient.id or "")
    if name is not None:
        return name
    role = PARTIES[recipient.role].en if recipient.role in PARTIES else recipient.role
    known = recipient.id if recipient.id and recipient.id != recipient.role and not _IDS.search(recipient.id) else None
    return f"{known} ({role})" if known else role
