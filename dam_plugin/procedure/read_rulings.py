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

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from dam_plugin.errors import Problem
from dam_plugin.procedure.case_problems import FIELD, Finding, Hints, short
from dam_plugin.procedure.read_toml import NotToml, read_toml
from dam_plugin.procedure.rulings import BEFORE_A_CASE, RULINGS
from dam_plugin.procedure.switches import BUILT_IN_VALUE, SWITCHES, Ruled, Rulings, Switch, rulings_of

LARGEST_FILE = 256 * 1024
FIELDS = ("ruled", "by", "on", "why")
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
    try:
        file = read_toml(data, name, largest=LARGEST_FILE, otherwise="no file of rulings")
    except NotToml as error:
        raise WrongRulings((error.problem,)) from None
    reader = _Reader(today)
    found = [reader.ruled(ruling, fields) for ruling, fields in file.values.items()]
    if reader.findings:
        raise WrongRulings(file.placed(reader.findings))
    return rulings_of(each for each in found if each is not None)


def is_about_rulings(data: bytes) -> bool:
    """Whether the bytes of a file look like rulings: a table that rules something, or is called as a ruling is."""
    try:
        table = tomllib.loads(data.decode())
    except ValueError:
        return False
    known = {*RULINGS, *BEFORE_A_CASE}
    return any(each in known or (isinstance(fields, dict) and "ruled" in fields) for each, fields in table.items())


@dataclass(slots=True)
class _Reader:
    """Reads the rulings of one file, and keeps what is wrong with them."""

    today: date
    findings: list[Finding] = field(default_factory=list)
    hints: Hints = field(default_factory=Hints)

    def ruled(self, ruling: str, fields: object) -> Ruled | None:
        """Return one ruling; None where something is wrong with it, which is then kept."""
        switch = SWITCHES.get(ruling)
        if switch is None:
            self._say(ruling, "", _no_switch(ruling, self.hints))
            return None
        if not isinstance(fields, dict):
            self._say(ruling, "", f"must be a table: `[{ruling}]` with {', '.join(FIELDS)}")
            return None
        before = len(self.findings)
        for each in fields:
            if each not in FIELDS:
                self._say(ruling, each, f"is not known here{self.hints.hint(each, FIELDS)}", at_key=True)
        value, by, why = (self._text(ruling, each, fields) for each in ("ruled", "by", "why"))
        on = self._day(ruling, fields)
        if value and value not in (switch.value, BUILT_IN_VALUE):
            self._say(ruling, "ruled", _no_value(switch, value, self.hints))
        if len(self.findings) > before or on is None:
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

    def _say(self, ruling: str, name: str, message: str, *, at_key: bool = False) -> None:
        path = (ruling, name) if name else (ruling,)
        self.findings.append(Finding(path, message, at_key=at_key or not name))


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
