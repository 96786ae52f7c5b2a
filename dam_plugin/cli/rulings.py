"""`procedure rulings`: every ruling, its alternatives, which have a switch, what is in force and who decided it.

Also the option by which other commands decide by a file of rulings.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dam_plugin.cli.output import AsJson, print_json, print_table, say
from dam_plugin.procedure.switches import BUILT_IN, Rulings

if TYPE_CHECKING:
    from dam_plugin.procedure.rulings import Ruling

RulingsFile = Annotated[
    Path | None,
    typer.Option("--rulings", metavar="FILE", help="Decide by this file of rulings (default: as built in)."),
]


def rulings_from(path: Path | None) -> Rulings:
    """Return the rulings of a file as of today, those built in without one. Raises SettingsError with every mistake."""
    if path is None:
        return BUILT_IN
    from dam_plugin.services import local_now
    from dam_plugin.settings import rulings_in

    return rulings_in(path, local_now().date())


def rulings(
    file: Annotated[
        Path | None,
        typer.Option("--rulings", metavar="FILE", help="A file of rulings (default: the one that the settings name)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List every ruling: what is in force, who decided it, what else an attorney may rule, and which have a switch."""
    from dam_plugin.procedure.rulings import BEFORE_A_CASE, RULINGS
    from dam_plugin.procedure.versions import PROCEDURE, procedure_digest

    in_force = rulings_from(file or _of_the_settings())
    listed = [_plain(each, in_force) for each in (*RULINGS.values(), *BEFORE_A_CASE.values())]
    if as_json:
        print_json(*listed)
        print_json(
            {
                "procedure": {"edition": PROCEDURE, "digest": procedure_digest()},
                "rulings": in_force.digest,
                "switches": in_force.plain,
            }
        )
        return
    columns = ("ruling", "question", "in force", "ruled by", "otherwise")
    switched = [each for each in listed if each["switch"]]
    print_table("With a switch in rulings.toml", ("switch", *columns), map(_with_switch, switched))
    print_table("Without a switch", columns, (_row(each) for each in listed if not each["switch"]))
    count = len(in_force.plain)
    are = "switch is" if count == 1 else "switches are"
    say(
        f"{count} {are} in force; digest of the rulings {in_force.digest}, of the procedure {procedure_digest()}",
        "bold",
    )


def _of_the_settings() -> Path | None:
    from dam_plugin.settings import Settings

    return Settings.load().district.rulings


def _plain(ruling: Ruling, in_force: Rulings) -> dict[str, Any]:
    from dam_plugin.procedure.explain import ruling_told

    told, switch, decided = ruling_told(ruling, in_force), ruling.switch, in_force.decided(ruling.id)
    return {
        "ruling": ruling.id,
        "question": ruling.question,
        "in_force": told.answer,
        "alternatives": list(told.alternatives),
        "source": ruling.source,
        "switch": switch.value if switch else None,
        "stricter": switch in in_force.in_force if switch else False,
        "stricter_not_for": (switch.not_for or None) if switch else None,
        "by": decided.by if decided else None,
        "on": decided.on if decided else None,
        "why": decided.why if decided else None,
    }


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    by = f"{each['by']}, {each['on']}: {each['why']}" if each["by"] else ""
    return each["ruling"], each["question"], each["in_force"], by, " Or: ".join(each["alternatives"])


def _with_switch(each: dict[str, Any]) -> tuple[str, ...]:
    return f"{each['switch']}{' (on)' if each['stricter'] else ''}", *_row(each)
