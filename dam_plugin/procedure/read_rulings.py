"""A district's file of rulings, TOML, from text to `Rulings`: read strictly, each mistake with its line. No I/O.

```toml
[juvenile-whole]
ruled = "own-only"
by = "district counsel"
on = 2026-11-02
why = "34 CFR 99.38 speaks of that student alone"
```
A file only makes the procedure stricter: an answer that would loosen it is refused by name.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from dam_plugin.errors import Problem
from dam_plugin.procedure.case_problems import FIELD, Hints, short
from dam_plugin.procedure.rulings import BEFORE_A_CASE, RULINGS
from dam_plugin.procedure.switches import BUILT_IN_VALUE, SWITCHES, Ruled, Rulings, Switch, rulings_of

LARGEST_FILE = 256 * 1024
FIELDS = ("ruled", "by", "on", "why")
_WHERE = re.compile(r"\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_LONGEST = 2_000


class WrongRulings(ValueError):
    """A file of rulings with mistakes; `problems` are all of them, each with its line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems."""
        self.problems = problems
        super().__init__("; ".join(str(each) for each in problems))


def read_rulings(data: bytes, *, name: str, today: date) -> Rulings:
    """Return the rulings in the bytes of a file. Raises WrongRulings with every problem.

    `name` is the file's, as it is told; a ruling of a day after `today` is a mistake.
    """
    text, table = _table(data, name)
    reader = _Reader(text, name, today)
    found = [reader.ruled(ruling, fields) for ruling, fields in table.items()]
    if reader.problems:
        raise WrongRulings(tuple(sorted(reader.problems, key=lambda each: each.line or 0)))
    return rulings_of(each for each in found if each is not None)


def is_about_rulings(data: bytes) -> bool:
    """Whether the bytes of a file look like rulings: a table that rules something, or is called as a ruling is."""
    try:
        table = tomllib.loads(data.decode())
    except ValueError:
        return False
    known = {*RULINGS, *BEFORE_A_CASE}
    return any(each in known or (isinstance(fields, dict) and "ruled" in fields) for each, fields in table.items())


def _table(data: bytes, name: str) -> tuple[str, Mapping[str, object]]:
    if len(data) > LARGEST_FILE:
        raise _wrong(f"is larger than {LARGEST_FILE // 1024} KiB: it is no file of rulings", name)
    try:
        text = data.decode("utf-8-sig")
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _wrong("is not UTF-8 text: save it as UTF-8", name, line) from error
    except tomllib.TOMLDecodeError as error:
        place, end = _WHERE.search(str(error)), data.count(b"\n") + 1
        said = str(error)[: place.start()].strip() if place else str(error)
        line = int(place["line"]) if place and place["line"] else end
        raise _wrong(f"is not TOML: {said[:1].lower()}{said[1:]}", name, line) from error
    except RecursionError as error:
        raise _wrong("is nested too deeply: a ruling is a table of four fields", name) from error


def _wrong(message: str, name: str, line: int | None = None) -> WrongRulings:
    return WrongRulings((Problem("", message, name, line),))


@dataclass(slots=True)
class _Reader:
    """Reads the rulings of one file, and keeps what is wrong with them."""

    text: str
    name: str
    today: date
    problems: list[Problem]
    hints: Hints

    def __init__(self, text: str, name: str, today: date) -> None:
        self.text, self.name, self.today = text, name, today
        self.problems, self.hints = [], Hints()

    def ruled(self, ruling: str, fields: object) -> Ruled | None:
        """Return one ruling; None where something is wrong with it, which is then kept."""
        switch = SWITCHES.get(ruling)
        if switch is None:
            self._say(ruling, "", _no_switch(ruling, self.hints))
            return None
        if not isinstance(fields, dict):
            self._say(ruling, "", f"must be a table: `[{ruling}]` with {', '.join(FIELDS)}")
            return None
        before = len(self.problems)
        for each in fields:
            if each not in FIELDS:
                self._say(ruling, each, f"is not known here{self.hints.hint(each, FIELDS)}")
        value, by, why = (self._text(ruling, each, fields) for each in ("ruled", "by", "why"))
        on = self._day(ruling, fields)
        if value and value not in (switch.value, BUILT_IN_VALUE):
            self._say(ruling, "ruled", _no_value(switch, value, self.hints))
        if len(self.problems) > before or on is None:
            return None
        return Ruled(ruling, value, by, on, why)

    def _text(self, ruling: str, name: str, fields: Mapping[str, object]) -> str:
        value = fields.get(name)
        if name not in fields:
            self._say(ruling, "", f"lacks `{name}`: {_LACKING[name]}")
        elif not isinstance(value, str):
            self._say(ruling, name, "must be a text in quotes")
        elif not value.strip() or len(value) > _LONGEST or not value.isprintable():
            self._say(ruling, name, "must be a text of one line, and not blank")
        else:
            return value
        return ""

    def _day(self, ruling: str, fields: Mapping[str, object]) -> date | None:
        on = fields.get("on")
        if "on" not in fields:
            self._say(ruling, "", f"lacks `on`: {_LACKING['on']}")
        elif not isinstance(on, date) or isinstance(on, datetime):
            self._say(ruling, "on", "must be a day without quotes and without a time, such as 2026-11-02")
        elif on > self.today:
            self._say(ruling, "on", f"is a day in the future ({on}): a ruling counts once it was made")
        else:
            return on
        return None

    def _say(self, ruling: str, name: str, message: str) -> None:
        path = f"{short(ruling)}.{short(name)}" if name else short(ruling)
        self.problems.append(Problem(path, message, self.name, _line_of(self.text, ruling, name)))


_LACKING = {
    "ruled": "say what is ruled",
    "by": "say who decided it",
    "on": "say on which day it was decided, such as 2026-11-02",
    "why": "say why",
}


def _no_switch(ruling: str, hints: Hints) -> str:
    known = RULINGS.get(ruling) or BEFORE_A_CASE.get(ruling)
    if known is None:
        return f"is no ruling with a switch{hints.hint(ruling, tuple(SWITCHES), FIELD) or _all_switches()}"
    others = "', '".join(known.alternatives)
    return (
        f"is a ruling without a switch: a file cannot choose '{others}', which would loosen the procedure or takes a change of "
        f"the program{_all_switches()}"
    )


def _all_switches() -> str:
    return f"; there are switches for {', '.join(SWITCHES)}"


def _no_value(switch: Switch, value: str, hints: Hints) -> str:
    if value in switch.looser:
        return (
            f"'{value}' is refused: this would loosen the procedure ({switch.looser[value]}), and a file only makes it "
            f"stricter; '{switch.value}' does, '{BUILT_IN_VALUE}' keeps what there is"
        )
    hint = hints.hint(value, (switch.value, BUILT_IN_VALUE, *switch.looser))
    return f"is not ruled '{short(value)}': '{switch.value}' is stricter, '{BUILT_IN_VALUE}' keeps what there is{hint}"


def _line_of(text: str, ruling: str, name: str) -> int:
    """Return the line on which a ruling's table, or a field of it, is written; the first where that cannot be told."""
    begins = re.compile(rf"""\s*\[?\s*["']?{re.escape(ruling)}["']?\s*[\].=]""")
    lines = list(_numbered(text))
    at = next((number for number, line in lines if begins.match(line)), 1)
    if not name:
        return at
    writes = re.compile(rf"""\s*(?:["']?{re.escape(ruling)}["']?\s*\.\s*)?["']?{re.escape(name)}["']?\s*=""")
    within = (number for number, line in lines if number >= at and writes.match(line))
    return next(within, at)


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    yield from enumerate(text.splitlines(), start=1)
