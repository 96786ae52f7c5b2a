"""The keys of a rule file, and what to say to the words that people write for them or in the wrong place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from dam_tagging.rules.conditions import TextField

FILE_KEYS = ("rules", "examples")
RULE_KEYS = ("name", "when", "then", "why")
TEXT_FIELDS: tuple[TextField, ...] = get_args(TextField)
WHEN_KEYS = (*TEXT_FIELDS, "taken", "people", "roster", "all", "any", "not")
THEN_KEYS = (
    "directory_status", "official_use", "closed", "confidential", "record_pii", "background", "meaning", "hold",
)  # fmt: skip
WORD_FIELDS = frozenset({"event", "key_has", "caption_has", "camera", "official_marker"})

GRADES = "grades are PK, KG and 1 to 12"
GRADE_WORDS = {
    word: str(grade)
    for grade, several in enumerate(
        (
            "one first", "two second", "three third", "four fourth", "five fifth", "six sixth", "seven seventh",
            "eight eighth", "nine ninth freshman freshmen", "ten tenth sophomore sophomores",
            "eleven eleventh junior juniors", "twelve twelfth senior seniors",
        ),
        start=1,
    )
    for word in several.split()
} | {"preschool": "PK", "kinder": "KG"}  # fmt: skip

_MEANT = {
    "key": "folder folders path paths file filename keys pattern",
    "key_has": "folder_has name_has filename_has path_has",
    "keyword": "tag tags subject subjects",
    "hierarchy": "category categories hierarchies",
    "caption_has": "caption captions title headline description text",
    "owner": "photographer creator artist author",
    "taken": "date dates day days year when_taken",
    "people": "count faces persons crowd_size",
    "roster": "grade grades student students active opted_out opt_out",
    "any": "or any_of one_of",
    "all": "and all_of",
    "not": "none unless except",
    "official_marker": "marker markers instructions official",
}
_MEANT_THEN = {
    "directory_status": "status directory eligible",
    "official_use": "official purpose use",
    "record_pii": "pii record",
    "background": "prominence crowd incidental",
    "hold": "review wait block",
}


def _hints(meant: Mapping[str, str], *elsewhere: tuple[str, tuple[str, ...]]) -> dict[str, str]:
    """Return what to say to words that people write for a key, and to keys that belong elsewhere."""
    hints = {key: f"it belongs under '{place}'" for place, keys in elsewhere for key in keys}
    return hints | {word: f"did you mean '{key}'?" for key, several in meant.items() for word in several.split()}


_OUTSIDE = dict.fromkeys(RULE_KEYS, "it is a part of the rule itself: indent it as 'name'")
_MEANT_DAYS = {"from": "since after start begin first", "to": "until untill till through before end last"}

IN_RULE = _hints({}, ("when", WHEN_KEYS), ("then", THEN_KEYS))
IN_WHEN = _OUTSIDE | _hints(_MEANT, ("then", THEN_KEYS))
IN_THEN = _OUTSIDE | _hints(_MEANT_THEN, ("when", WHEN_KEYS))
IN_TAKEN = _hints(_MEANT_DAYS)
