"""Values of conditions that could never hold as they are meant, and what to write instead. Where they stand: `load`."""

from __future__ import annotations

import re

from dam_tagging.rules.conditions import TextField
from dam_tagging.rules.nodes import shown
from dam_tagging.rules.patterns import MAX_PARTS
from dam_tagging.rules.texts import MAX_LEVELS, grade_of, words
from dam_tagging.rules.vocabulary import GRADE_WORDS, GRADES, WORD_FIELDS

REGEX = "this looks like a regular expression, which rules do not know;"
IN_KEY = "in a key '*' stands for a part of one name, '**' for any folders"
_REGEX = re.compile(
    r"\.[*+]|^\^|\$$|\\[dwsbDWSB.]|^/.+/[a-z]*$|\(\?|\(\w[^()|]*\|[^()]*\)|\[[^\]]*(?:a-z|A-Z|0-9)[^\]]*\]"
)
# `photo.*` is any file of that name: of `.*` only what cannot be meant so is refused.
_REGEX_IN_KEY = re.compile(r"^\^|\$$|(?:^|/)\.\*|\.\*[^.]|\.\+|\\\.|\|")
_CHOICE_IN_KEY = re.compile(r"\[[^\]/]*\]|\{[^}/]*,[^}/]*\}")
_OTHER_BARS = re.compile(r"\s*[/\\>]\s*")


def mistake_in(field: TextField, value: str) -> str | None:
    """Return why a value never holds as it is meant, and the remedy; None where it may hold."""
    if field == "key":
        return _in_key(value)
    name = shown(value)
    if _REGEX.search(value):
        return f"'{name}': {REGEX} write the words themselves"
    if "*" in value:
        return f"'{name}': '*' is known in 'key' alone; {_without_star(field, value)}"
    if field in WORD_FIELDS and not words(value).strip():
        return f"'{name}' holds no word"
    return _in_path(value) if field == "hierarchy" else None


def mistake_in_grade(text: str) -> str | None:
    """Return what to write for a grade that is none."""
    if grade_of(text) is not None:
        return None
    meant = GRADE_WORDS.get(text.casefold())
    return f"'{shown(text)}' is no grade; " + (f"write {meant} ({GRADES})" if meant else GRADES)


def _without_star(field: TextField, value: str) -> str:
    alone = " ".join(value.replace("*", " ").split())
    return f"write '{shown(alone)}'" if alone and field in WORD_FIELDS else "write out each that is meant, in a list"


def _in_key(value: str) -> str | None:
    parts = value.split("/")
    name = shown(value)
    inside = shown(value.lstrip("/")) + ("**" if value.endswith("/") else "")
    alone = len(parts) == 1 and not set(value) & set("*?.")
    choice = _CHOICE_IN_KEY.search(value)
    chosen = shown(choice[0]) if choice else ""
    problems = (
        (_REGEX_IN_KEY.search(value), f"{REGEX} {IN_KEY}"),
        (choice, f"'{chosen}' is no pattern here; write each name in a list, or '?' for a bracket of the name"),
        (any("**" in part and part != "**" for part in parts), "'**' stands alone between slashes, as in 'events/**'"),
        (len(parts) > MAX_PARTS, f"it has more than {MAX_PARTS} parts between slashes"),
        ("\\" in value, "folders are written with '/'"),
        (value.startswith("/"), f"keys begin without a slash; write '{inside}'"),
        (value.endswith("/"), f"this is a folder; for everything in it write '{inside}'"),
        (alone, f"this is the whole key of one file; for a folder of that name write '**/{name}/**'"),
    )
    return next((f"'{name}': {problem}" for is_wrong, problem in problems if is_wrong), None)


def _in_path(value: str) -> str | None:
    parts = value.split("|")
    if not all(part.strip() for part in parts):
        return f"'{shown(value)}': there is no name between two bars, or at an end"
    if len(parts) > MAX_LEVELS:
        return f"'{shown(value)}' has more than {MAX_LEVELS} levels"
    # Beside a bar, a slash is a part of a name: who wrote the bar knows what separates levels.
    if len(parts) == 1 and _OTHER_BARS.search(value):
        barred = "|".join(filter(None, _OTHER_BARS.split(value)))
        return f"'{shown(value)}': write '{shown(barred)}': levels are separated by a bar"
    return None
