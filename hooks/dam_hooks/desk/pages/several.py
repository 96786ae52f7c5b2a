"""Saying the same of several recordings of a folder at once: who alone is in each, nobody, or how many have no name.

First the recordings are picked, then a page says what would be said of which; only then is it kept, as one look for each.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.candidates import MOST_FOUND, candidates
from dam_hooks.desk.desk_roles import SHARES, actor, for_roles
from dam_hooks.desk.look_told import outcome, refusal
from dam_hooks.desk.sightings import (
    LONGEST_NAME,
    MOST_ROWS,
    PREFIX,
    SOURCE,
    Sightings,
    Statement,
    strongest,
    with_added,
)
from dam_hooks.desk.told import Card, card, name_of
from dam_plugin.errors import LookOvertaken, LookRefused, UnknownThing, place_of
from dam_plugin.intake.keep_look import as_seen, check_before, look_and_close
from dam_plugin.model import CUSTODIANS, Actor, Appearance, Look, StudentRecord
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset

PAGE = 60

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pick:
    """A recording that may be picked. `value` names it and what was seen of it; `why_not`: it is left out, and why."""

    card: Card
    value: str
    is_picked: bool = False
    why_not: str = ""
    remark: str = ""


@for_roles(*SHARES)
@require_http_methods(["GET", "POST"])
def several(request: HttpRequest) -> HttpResponse:
    """Let recordings of a folder be picked, show what would be said of them, and keep it once the person says so."""
    folder = request.GET.get("folder", "").strip().strip("/")
    if request.method == "GET":
        statement, rows = Statement(initial={"seen": "-"}), Sightings(prefix=PREFIX)
        return _page(request, folder, statement, rows, set())
    data = with_added(request.POST)
    statement, rows = Statement(data), Sightings(data, prefix=PREFIX)
    picked = dict(_seen(each) for each in data.getlist("pick")[:PAGE])
    is_whole = bool(statement.is_valid()) & bool(rows.is_valid())
    do = data.get("do", "")
    if not is_whole or "add" in data or do in ("find", "back"):
        return _page(request, folder, statement, rows, set(picked))
    if not statement.is_all_chosen():
        return _page(request, folder, statement, rows, set(picked))
    said = _said(statement, rows, nobody=do == "nobody" or data.get("said") == "nobody")
    if not picked:
        statement.add_error(None, _("Pick at least one recording."))
    if not picked or said is None:
        return _page(request, folder, statement, rows, set(picked))
    if do == "really":
        return _keep(request, folder, picked, said)
    return _confirm(request, folder, picked, said, data)


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of each: who is in it, and how many have no name; nobody where both are empty."""

    persons: tuple[Appearance, ...]
    unknown: int

    def of(self, stored: StoredAsset, at: Services, by: Actor) -> Look:
        """Return the look at one recording."""
        seen = {each.student for each in self.persons}
        if self.persons and self.unknown:
            return Look(at.now(), by, persons=self.persons, unidentified=self.unknown)
        if self.unknown:
            return Look(at.now(), by, unidentified=self.unknown)
        if self.persons and {each.student for each in stored.tagging.appearances} <= seen:
            # Nobody else was named: who is on file is who was said.
            return Look(at.now(), by, persons=self.persons, unidentified=0)
        return Look(at.now(), by, persons=self.persons, nobody=True)


def _said(statement: Statement, rows: Any, *, nobody: bool) -> Said | None:
    told = [each.cleaned_data for each in rows.forms if each.cleaned_data.get("student")]
    told = [each for each in told if not each.get("DELETE")]
    unknown = statement.cleaned_data["unknown"] or 0
    if nobody and (told or unknown):
        statement.add_error(None, _("You named somebody, or counted people: take that out first."))
        return None
    if not nobody and not told and not unknown:
        statement.add_error(None, _("Name somebody, say how many you cannot name, or say that no student is in them."))
        return None
    students = dict.fromkeys(each["student"] for each in told)
    persons = (
        Appearance(student, strongest(each for each in told if each["student"] == student), source=SOURCE)
        for student in students
    )
    return Said(tuple(persons), unknown)


def _keep(request: HttpRequest, folder: str, picked: Mapping[str, str], said: Said) -> HttpResponse:
    """Keep what is said of each, and say of which it is kept. INVARIANT: what was kept before an error is told."""
    at = services()
    saved, recordings = 0, _recordings(at, picked)
    for number, stored in enumerate(recordings):
        try:
            saved += _is_kept(request, at, stored, said, picked[stored.asset.id])
        except Exception as error:  # noqa: BLE001 - what is kept has to be told, and the text might name somebody
            log.warning("a look at one of several failed (%s at %s)", type(error).__name__, place_of(error))
            _tell_unfinished(request, recordings[number:])
            break
    told = ngettext("Saved: %(count)d recording.", "Saved: %(count)d recordings.", saved) % {"count": saved}
    messages.success(request, told)
    return redirect(f"{reverse('desk:several')}?{urlencode({'folder': folder})}")


def _is_kept(request: HttpRequest, at: Services, stored: StoredAsset, said: Said, seen: str) -> bool:
    """Keep what is said of one recording; else say why it is not kept."""
    title, look = card(stored).title, said.of(stored, at, actor(request))
    if told := _takes_out(stored, look):
        messages.warning(request, _("Not saved: %(title)s. %(why)s") % {"title": title, "why": told})
        return False
    try:
        after, closed = look_and_close(at, stored.asset.key, look, seen=seen)
    except LookOvertaken:
        messages.warning(request, _("%(title)s has changed meanwhile, and nothing was said of it.") % {"title": title})
    except LookRefused as error:
        named = {"title": title, "why": refusal(error, _records(request, at, error.students))}
        messages.warning(request, _("Not saved: %(title)s. %(why)s") % named)
    except UnknownThing:
        messages.warning(request, _("Not saved: %(title)s is not in the library any more.") % {"title": title})
    else:
        for text in outcome(after, closed, look, _records(request, at, after.tagging.students)):
            messages.warning(request, f"{title}: {text}")
        return True
    return False


def _takes_out(stored: StoredAsset, look: Look) -> str:
    """Return why a custodian does not take a name out of several recordings at once; nothing where they would not.

    INVARIANT: a name on file is taken out by itself alone. Why others do not take one out, the core says.
    """
    left = {each.student for each in stored.tagging.appearances} - {each.student for each in look.persons}
    if not (look.nobody and left and look.by.role in CUSTODIANS):
        return ""
    return _("Somebody else is named in it: open it by itself, and take the name out there if they are not in it.")


def _tell_unfinished(request: HttpRequest, left: Sequence[StoredAsset]) -> None:
    """Say at which recording it stopped, and of which nothing was said."""
    first, *rest = (card(each).title for each in left)
    messages.error(
        request,
        _("An error came up at %(title)s: it may be saved or not. Look at it again on its own page.")
        % {"title": first},
    )
    if rest:
        messages.error(request, _("Nothing was said of: %(titles)s. Pick them again.") % {"titles": ", ".join(rest)})


def _records(request: HttpRequest, at: Services, students: Iterable[str]) -> Mapping[str, StudentRecord]:
    students = set(students)
    with at.store.reading() as unit:
        records = unit.people.students_of(students) if students else {}
    note(request, records)
    return records


def _confirm(request: HttpRequest, folder: str, picked: Mapping[str, str], said: Said, data: QueryDict) -> HttpResponse:
    """Show what would be said of which recording, and which are left out; nothing is kept."""
    at, by = services(), actor(request)
    picks = []
    for stored in _recordings(at, picked):
        look = said.of(stored, at, by)
        why_not = _takes_out(stored, look)
        try:
            check_before(at, stored.asset.key, look, seen=picked[stored.asset.id])
        except LookOvertaken:
            why_not = _("It has changed since you looked at it.")
        except LookRefused as error:
            why_not = refusal(error, _records(request, at, error.students))
        except UnknownThing:
            why_not = _("One of these students is not on the roster any more.")
        value = f"{stored.asset.id}.{picked[stored.asset.id]}"
        picks.append(Pick(card(stored), value, why_not=why_not, remark=_remark(stored, said)))
    records = _records(request, at, {each.student for each in said.persons})
    names = [(each, name_of(records, each.student)) for each in said.persons]
    context = {
        "picks": [each for each in picks if not each.why_not],
        "left_out": [each for each in picks if each.why_not],
        "names": sorted(name for _each, name in names),
        "unknown": said.unknown,
        "is_nobody": not said.persons and not said.unknown,
        "kept": [(name, value) for name in data if name.startswith(f"{PREFIX}-") for value in data.getlist(name)],
        "folder": folder,
        "title": _("Several at once"),
    }
    return render(request, "desk/several_confirm.html", context)


def _remark(stored: StoredAsset, said: Said) -> str:
    tagging = stored.tagging
    count = max(len(tagging.faces or ()), len(tagging.appearances) + tagging.unidentified_people)
    if count <= len(said.persons) + said.unknown:
        return ""
    return ngettext(
        "%(count)d person was counted in it: are you sure?", "%(count)d people were counted in it: are you sure?", count
    ) % {"count": count}


def _page(request: HttpRequest, folder: str, statement: Statement, rows: Any, picked: set[str]) -> HttpResponse:
    at = services()
    typed = request.POST.get("q", "")[:LONGEST_NAME]
    is_searched = request.POST.get("do") == "find"
    behind = request.GET.get("after", "")
    with at.store.reading() as unit:
        last = unit.assets.by_id(behind) if behind else None
        now = unit.assets.current(last.asset.key) if last is not None else None
        after = now.asset.key if now is not None else None
        found = unit.assets.waiting_page(limit=PAGE + 1, after=after, folder=f"{folder}/" if folder else "")
        students = {str(each["student"].value() or "") for each in rows.forms}
        records = unit.people.students_of(students)
        matches = unit.people.called(typed, limit=MOST_FOUND) if is_searched else []
    offered = candidates(matches)
    note(request, {*records, *(each.student for each in offered)})
    shown = [
        Pick(card(each), f"{each.asset.id}.{as_seen(each)}", is_picked=each.asset.id in picked) for each in found[:PAGE]
    ]
    context: dict[str, Any] = {
        "picks": shown,
        "more": shown[-1].card.asset if len(found) > PAGE else None,
        "folder": folder,
        "form": statement,
        "formset": rows,
        "rows": [
            (each, named)
            for each in rows.forms
            for named in candidates(record for record in [records.get(str(each["student"].value() or ""))] if record)
        ],
        "found": offered,
        "is_searched": is_searched,
        "typed": typed,
        "several": True,
        "most": MOST_ROWS,
        "title": _("Several at once"),
    }
    return render(request, "desk/several.html", context)


def _recordings(at: Services, picked: Mapping[str, str]) -> list[StoredAsset]:
    """Return the recordings in the order they were picked in, as they are now; `seen` leaves out later what was replaced."""
    with at.store.reading() as unit:
        known = {each.asset.id: each for each in unit.assets.by_ids(picked)}
        versions = [known[each] for each in picked if each in known]
        now = unit.assets.current_of([each.asset.key for each in versions])
    # Under the id that was picked: its `seen` does not fit another version, which is then not said anything of.
    found = [(each, now[each.asset.key]) for each in versions if each.asset.key in now]
    return [replace(current, asset=replace(current.asset, id=each.asset.id)) for each, current in found]


def _seen(value: str) -> tuple[str, str]:
    asset, _dot, seen = value[:120].partition(".")
    return asset, seen or "-"
