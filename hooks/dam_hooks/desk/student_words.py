"""Sentences of the use cases as the pages of students say them: with names, and with what to press in place of a command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dam_hooks.desk.plain_words import days_in_words
from dam_hooks.desk.told import with_names
from dam_plugin.custodian.letter_words import PARTIES
from dam_plugin.model import Recipient, StudentRecord
from dam_plugin.store import Unit

# What is left out of a sentence: it is said to who types commands.
_OF_COMMANDS = re.compile(r"dam-plugin|--[a-z]|over HTTP|command line|as custodian:NAME|this system|operating system")
_PARTS = re.compile(r"(?<=[;:.])\s+")
_OVER_HTTP = re.compile(r"\s*\(over HTTP:[^)]*\)")
_LEADS_ON = re.compile(r"(?:where|if|of whom|until then)\b", re.IGNORECASE)
_OURS: tuple[tuple[str, Any], ...] = (
    ("give that id in place of the name", gettext_lazy("choose that person in the list")),
    ("use that id", gettext_lazy("choose that person in the list")),
    ("has the id given", gettext_lazy("is meant")),
)
_LEFT_OVER = re.compile(r"\s*\((?:gs|sh|rf|a|l|cn|pr)-[0-9A-Za-z-]+\)")
_IDS = re.compile(r"'?\b(?:G-[0-9A-HJKMNP-TV-Z]{12}|gs-[0-9a-f]+)\b'?")
# What to do at the desk, by the option that the sentence asks for.
_INSTEAD: tuple[tuple[str, Any], ...] = (
    (r"--another-person", gettext_lazy("If it is somebody else, tick that it is another person.")),
    (r"copy of [^:;.]*[:,] --file", gettext_lazy("Add a copy of the paper.")),
    (
        r"Where a court order keeps",
        gettext_lazy("If a court order keeps the record from this person, record the order."),
    ),
    (r"--absence TEXT`?\. Who", gettext_lazy("Say in the form how it is known that no parent or guardian is there.")),
    (r"--same-person", gettext_lazy("Say of each of these people whether it is the person of the order.")),
    (r"--only whereabouts", gettext_lazy("If only the place is to be kept from this person, choose that.")),
    (r"--after-opt-out WHAT", gettext_lazy("If it was signed after the opt-out, say what shows that.")),
    (r"--after-revocation WHAT", gettext_lazy("If it is a new paper, say what shows that it was signed later.")),
    (r"--for ID", gettext_lazy("Choose that person under “To hand to”.")),
    (r"--since, --purpose and --by", gettext_lazy("Choose which opt-out it was.")),
    (r"--by\b", gettext_lazy("Choose who says so.")),
    (r"student guardian verify", gettext_lazy("Confirm first who this guardian is.")),
    (r"guardian add`\)", gettext_lazy("Add the parent or guardian first.")),
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
    told = _without_commands(_OVER_HTTP.sub("", text.replace("\n", " ")))
    for former, ours in _OURS:
        told = told.replace(former, str(ours))
    hints = [str(hint) for option, hint in _INSTEAD if re.search(option, text) and str(hint).rstrip(".") not in told]
    if not told and not hints:
        return _("This cannot be saved as it is.")
    return " ".join(filter(None, (_named(unit, record, told), *hints)))


def _without_commands(text: str) -> str:
    """Return a text without the parts that are said to who types commands, and without what only leads to them."""
    parts = _PARTS.split(text)
    left_out = [bool(_OF_COMMANDS.search(each)) for each in parts]
    for at, part in enumerate(parts[:-1]):
        if left_out[at + 1] and part.endswith(":") and _LEADS_ON.match(part):
            left_out[at] = True
    told = ""
    for at, part in enumerate(parts):
        if left_out[at]:
            continue
        begins_anew = not told or left_out[at - 1]
        told = f"{told.rstrip(' ;:,.')}." if told and begins_anew else told
        told = f"{told} {part[:1].upper() if begins_anew else part[:1]}{part[1:]}".lstrip()
    told = told.rstrip(" ;:,.")
    return f"{told}." if told else ""


def _named(unit: Unit, record: StudentRecord, text: str) -> str:
    text = _LEFT_OVER.sub("", text)
    for person, name in guardians_called(record).items():
        text = text.replace(f"'{person}'", name).replace(person, name)
    (text,) = with_names(unit, [text])
    return _IDS.sub(_("somebody"), days_in_words(text))


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
