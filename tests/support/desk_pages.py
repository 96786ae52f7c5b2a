"""Pages of the desk, read and filled in as a person with a browser does."""

from __future__ import annotations

import re
from html import unescape
from typing import Any


def text_of(answer: Any) -> str:
    """The words of a page, without its tags and hidden fields."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def field(answer: Any, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found is not None, name
    return found[1]


def seen(person: Any, where: str, form: dict[str, Any]) -> Any:
    """The page that shows what would come of a finding."""
    answer = person.post(where, {**form, "do": "see"})
    assert answer.status_code == 200, answer
    return answer


def saved(person: Any, where: str, form: dict[str, Any]) -> Any:
    """Look first, then save."""
    page = seen(person, where, form)
    assert "What would come of it" in text_of(page), text_of(page)
    carried = {"seen": field(page, "seen")}
    if 'name="paper_token"' in page.content.decode():
        carried["paper_token"] = field(page, "paper_token")
    # The browser sends the file once.
    again = {name: value for name, value in form.items() if name != "file"}
    return person.post(where, {**again, **carried, "do": "save"})
