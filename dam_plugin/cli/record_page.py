"""A student's record of disclosures as files: a table for a spreadsheet, and a self-contained page to print."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from dam_plugin.cli.output import write_private
from dam_plugin.errors import InputError
from dam_plugin.ledger.student import COLUMNS, STATEMENT, Line, field_names
from dam_plugin.procedure.words import ASKING, day
from dam_plugin.services import Services
from dam_plugin.yearbook.spreadsheet import MARK, harmless


def write_csv(path: Path, lines: Iterable[Line], *, with_keys: bool = False) -> None:
    """Write the record as a table of texts, for its owner's eyes alone. Raises InputError where it cannot be written."""
    columns = field_names(with_keys=with_keys)
    told = io.StringIO()
    table = csv.writer(told, quoting=csv.QUOTE_ALL)
    table.writerow(columns)
    for line in lines:
        table.writerow([harmless(_text(getattr(line, column))) for column in columns])
    _write(path, MARK + told.getvalue())


def write_page(
    path: Path, lines: Sequence[Line], services: Services, student: str, *, with_keys: bool, required: bool
) -> None:
    """Write the record as a page to print, for its owner's eyes alone. Raises InputError where it cannot be written."""
    templates = Environment(
        loader=PackageLoader("dam_plugin.cli"), autoescape=select_autoescape(default=True), undefined=StrictUndefined
    )
    now = services.now()
    page = templates.get_template("record.html.j2").render(
        lines=lines,
        headings=[column.heading for column in COLUMNS if column.heading],
        district=services.settings.district,
        student=student,
        today=day(now.date()),
        zone=now.tzinfo,
        statement=STATEMENT,
        with_keys=with_keys,
        required=required,
        parties=ASKING,
    )
    _write(path, page)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(value) if isinstance(value, tuple) else str(value)


def _write(path: Path, text: str) -> None:
    try:
        write_private(path, text)
    except OSError as error:
        raise InputError(f"'{path}' cannot be written: {(error.strerror or 'refused').lower()}") from error
