"""Who looked at whom at the desk: kept before a page with names is sent, and no such page without it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from desk_pages import text_of
from district import HANNAH, INES, TEAM, UNTITLED
from sqlalchemy import text

from dam_plugin.errors import StoreError
from dam_plugin.intake.keep_look import as_seen
from dam_plugin.ledger.access_chain import ACCEPTED, FORGOTTEN, Access, AccessLog
from dam_plugin.model import Finding
from dam_plugin.store import Store

if TYPE_CHECKING:
    from conftest import Pages

pytest.importorskip("django")

from dam_hooks.desk import access_log

DESK = Path(access_log.__file__).parent


def looks(pages: Pages) -> list[Access]:
    at = pages.district.services
    with at.store.reading() as unit:
        assert AccessLog(at.ledger).verify(unit).ok
        return AccessLog(at.ledger).last(unit, limit=100)


def test_a_page_with_names_is_on_the_log_by_account_role_and_pseudonym(pages: Pages) -> None:
    pages.district.upload(TEAM)
    pages.user("media", name="maria").get(f"/recordings/{pages.asset(TEAM)}/")
    pages.user("custodian", name="carol").post("/students/", {"text": "hannah"})
    found, seen = looks(pages)
    assert (found.account, found.roles, found.page) == ("carol", ("custodian",), "students")
    assert found.students == (pages.district.student(HANNAH),)
    assert (seen.account, seen.roles, seen.page) == ("maria", ("media",), "recording")
    assert pages.district.student(HANNAH) in seen.students


def test_whom_a_reason_to_wait_names_is_on_the_log(pages: Pages) -> None:
    stored, hannah = pages.district.upload(UNTITLED), pages.district.student(HANNAH)
    why = Finding("unidentified_people", "1", f"a word of the caption may be {hannah}", "caption")
    seen = replace(stored.tagging, unidentified_people=1, findings=(why,))
    with pages.district.services.store.writing() as unit:
        unit.assets.save(replace(stored, tagging=seen))
    page = pages.user("media").get(f"/recordings/{stored.asset.id}/who")
    assert "a word of the caption may be Hannah Lindqvist" in text_of(page)
    assert [(each.page, each.students) for each in looks(pages)] == [("who", (hannah,))]


def test_whom_the_sentence_after_a_look_names_is_on_the_log(pages: Pages) -> None:
    stored, hannah = pages.district.upload(UNTITLED), pages.district.student(HANNAH)
    row = {"p-TOTAL_FORMS": "1", "p-INITIAL_FORMS": "0", "p-0-student": hannah, "p-0-prominence": "incidental"}
    form = {**row, "seen": as_seen(stored), "do": "save", "unknown": "0"}
    maria = pages.user("media")
    saved = maria.post(f"/recordings/{stored.asset.id}/who", form)
    assert [(each.page, each.students) for each in looks(pages)] == [("who", (hannah,))]
    assert "Kept as in focus: Hannah Lindqvist" in text_of(maria.get(saved["Location"]))


def test_a_page_without_names_is_not(pages: Pages) -> None:
    person = pages.user("custodian")
    for where in ("/", "/library/", "/students/", "/students/S-000000000000/"):
        person.get(where)
    person.post("/students/", {"text": "nobody-is-called-so"})
    assert looks(pages) == []


def test_what_cannot_be_kept_is_not_shown(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    person = pages.user("custodian")

    def full(*_: Any) -> None:
        raise StoreError("the database or its disk is full (nothing was changed): free some space and try again")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "noting", full)
        answer = person.post("/students/", {"text": "hannah"})
    assert (answer.status_code, "Lindqvist" in text_of(answer)) == (503, False)
    person.post("/students/", {"text": "hannah"})
    with pages.district.services.store._writer.begin() as connection:
        connection.execute(text("UPDATE access_head SET mac = 'x'"))
    answer = person.get(f"/students/{pages.district.student(HANNAH)}/")
    assert (answer.status_code, "Lindqvist" in text_of(answer)) == (500, False)
    assert "Tell an administrator." in text_of(answer)
    assert "dam-plugin" not in text_of(answer).replace("· dam-plugin", "")


def test_it_says_who_looked_at_a_student_and_what_an_account_looked_at(pages: Pages) -> None:
    student = pages.district.student(HANNAH)
    pages.user("custodian", name="carol").get(f"/students/{student}/")
    pages.user("designee", name="diana").get(f"/students/{pages.district.student(INES)}/")
    auditor = pages.user("auditor", name="otto")
    told = text_of(auditor.get(f"/students/{student}/looks"))
    assert "Hannah Lindqvist" in told
    assert "carol Records custodian a student's page" in told
    assert "diana" not in told
    page = auditor.get("/looks/").content.decode()
    of_diana = re.findall(r'href="(/looks/\d+/account)" dir="auto">diana', page)[0]
    told = text_of(auditor.get(of_diana))
    assert ("diana" in told, "carol" in told, "Hannah" in told) == (True, False, False)
    assert student not in told
    assert auditor.get("/looks/999/account").status_code == 404
    assert looks(pages)[0].account == "otto"


def test_the_list_of_looks_goes_on(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from dam_hooks.desk.pages import access_pages

    monkeypatch.setattr(access_pages, "PAGE", 2)
    person = pages.user("custodian")
    for _ in range(3):
        person.get(f"/students/{pages.district.student(HANNAH)}/")
    first = person.get("/looks/").content.decode()
    (before,) = re.findall(r"before=(\d+)", first)
    assert len(re.findall(r'<th scope="row"', person.get("/looks/", {"before": before}).content.decode())) == 1
    assert person.get("/looks/", {"before": "x" * 50}).status_code == 200


def _imported(tree: ast.Module) -> dict[str, str]:
    """What a module calls the things of the desk that it imports, each with its full name."""
    imports = [each for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)]
    return {
        each.asname or each.name: f"{one.module}.{each.name}"
        for one in imports
        if (one.module or "").startswith("dam_hooks.desk")
        for each in one.names
    }


def _used(node: ast.AST, known: dict[str, str]) -> Iterator[str]:
    """The full names of what a piece of code uses, as far as they are known."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id in known:
            yield known[each.id]
        elif isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id in known:
            yield f"{known[each.value.id]}.{each.attr}"


def _uses() -> dict[str, set[str]]:
    """Each function of the desk by its full name, and what it uses."""
    found: dict[str, set[str]] = {}
    for file in DESK.rglob("*.py"):
        module = ".".join(("dam_hooks.desk", *file.relative_to(DESK).with_suffix("").parts))
        tree = ast.parse(file.read_text(encoding="utf-8"))
        functions = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
        known = {**_imported(tree), **{each.name: f"{module}.{each.name}" for each in functions}}
        found |= {known[each.name]: set(_used(each, known)) for each in functions}
    return found


def _all_used(start: str, uses: dict[str, set[str]]) -> set[str]:
    found, left = set(), [start]
    while left:
        each = left.pop()
        if each not in found:
            found.add(each)
            left.extend(uses.get(each, ()))
    return found


def test_each_page_that_notes_whom_it_shows_is_called_in_words(pages: Pages) -> None:
    from dam_hooks.desk.pages.access_pages import _PAGES
    from dam_hooks.desk.urls import urlpatterns

    uses = _uses()
    noting = {
        each.name
        for each in urlpatterns
        if f"{access_log.__name__}.note" in _all_used(f"{each.callback.__module__}.{each.callback.__name__}", uses)
    }
    assert {"recording", "letter_print", "queue_settle"} <= noting
    assert noting - _PAGES.keys() == set()
    assert _PAGES.keys() - {each.name for each in urlpatterns} == {FORGOTTEN, ACCEPTED}
