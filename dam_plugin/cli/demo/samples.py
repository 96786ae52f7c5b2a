"""The samples that ship with the plugin, and their roster with its dates computed from a day: the same every year.

The date grammar: `today`, followed by any of `±Ny` (calendar years; 29 February falls back to the 28th) and `±Nd` (days).
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

from dam_plugin.errors import InputError

_RELATIVE = re.compile(r"today((?:[+-]\d{1,5}[yd])*)")
_STEP = re.compile(r"([+-])(\d+)([yd])")
MEDIA = (".jpg", ".wav", ".mov")


def sample_folder() -> Path:
    """Return the folder of the samples: inside the installed package, or at the top of a checkout."""
    package = Path(str(files("dam_plugin")))
    for folder in (package / "sample_assets", package.parent / "sample_assets"):
        if (folder / "roster" / "students.csv").is_file():
            return folder
    raise InputError("the samples are not installed with this package; install dam-plugin from its wheel again")


def sample_media(folder: Path) -> list[tuple[str, Path]]:
    """Return the sample recordings as (key, file), in the order of their keys."""
    found = (path for path in folder.rglob("*") if path.suffix in MEDIA)
    return sorted((path.relative_to(folder).as_posix(), path) for path in found)


def write_roster(folder: Path, out: Path, today: date) -> Path:
    """Write the sample roster with its dates resolved, and return its folder."""
    return resolve_roster(folder / "roster", out / "roster", today)


def resolve_roster(source: Path, target: Path, today: date) -> Path:
    """Write every CSV file of `source` to `target` with its relative dates made absolute; return `target`."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.csv")):
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        with (target / path.name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([[resolved(cell, today) for cell in row] for row in rows])
    return target


def resolved(cell: str, today: date) -> str:
    """Return a cell with a relative date made absolute; any other cell as it is."""
    match = _RELATIVE.fullmatch(cell)
    if match is None:
        return cell
    day = today
    for sign, count, unit in _STEP.findall(match[1]):
        number = int(count) if sign == "+" else -int(count)
        day = _years_later(day, number) if unit == "y" else day + timedelta(days=number)
    return day.isoformat()


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
