"""`--limit` and `--after`: each list comes a page at a time, whole and in order, and says where more follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from district import HALLWAY, PORTRAIT, SCIENCE_LAB, TEAM, District

AS = ("--as", "custodian:records-office")
LISTS = {
    "links": (("links",), "link"),
    "open links": (("links", "--open"), "link"),
    "waiting recordings": (("review",), "key"),
    "referrals": (("queue", "list"), "id"),
    "all referrals": (("queue", "list", "--all"), "id"),
    "what is held": (("hold", "list"), "held"),
    "what is held of a folder": (("hold", "list", "--key", "inbox/a.jpg"), "held"),
    "all holds": (("hold", "list", "--all"), "held"),
    "students by their names": (("student", "find", "o"), "id"),
    "students by their guardians, too": (("student", "find", "a", *AS), "id"),
}


@pytest.fixture
def full(district: District) -> District:
    """Three links, three recordings that wait for a look, and four referrals, two of them closed."""
    for key in (TEAM, HALLWAY, SCIENCE_LAB, PORTRAIT, "inbox/a.jpg", "inbox/b.jpg", "inbox/more/c.jpg"):
        district.upload(key, None if key in (TEAM, HALLWAY, SCIENCE_LAB, PORTRAIT) else key.encode())
    for person in ("one", "two", "three"):
        assert call("share", TEAM, "--to", f"public:{person}", "--purpose", "news", *AS).code == 0
    asked = [
        call("share", HALLWAY, "--to", f"parent:G-nobody-{number}", "--purpose", "inspection", *AS, "--json").object()
        for number in range(4)
    ]
    waiting = [each["referrals"][0]["id"] for each in asked]
    for place in ("inbox/", HALLWAY, TEAM):
        told = ("--matter", f"No. {place}", "--why", "a suit", "--source", "counsel's letter")
        assert call("hold", "add", place, "--kind", "litigation", *told, *AS).code == 0
    came = ("--from", "public:herald", "--purpose", "news", "--received", str(TODAY), "--channel", "letter")
    assert call("request", "add", TEAM, "inbox/", *came, *AS).code == 0
    for each in waiting[:2]:
        assert call("queue", "close", each, "--why", "withdrawn", *AS).code == 0
    return district


def pages(command: tuple[str, ...], name: str, limit: int) -> Iterator[list[str]]:
    """Yield the ids of one page after the other, as the notes on standard error tell to ask for them."""
    after: tuple[str, ...] = ()
    while True:
        page = call(*command, "--limit", str(limit), *after, "--json")
        assert page.code == 0, page.text
        yield [_name(each, name) for each in page.objects()]
        if not page.err:
            return
        after = ("--after", page.err.removeprefix("note: more follow: --after ").strip())


def _name(row: dict[str, Any], name: str) -> str:
    # One request holds several places.
    return f"{row['id']} {row['key']}" if name == "held" else str(row[name])


def test_the_pages_of_a_list_are_the_list(full: District) -> None:
    for command, name in LISTS.values():
        whole = call(*command, "--json")
        ids = [_name(each, name) for each in whole.objects()]
        assert (len(ids) > 1, len(set(ids)), whole.err) == (True, len(ids), ""), command
        for limit in (1, 2, 3):
            found = list(pages(command, name, limit))
            assert [each for page in found for each in page] == ids, command
            assert all(len(page) == limit for page in found[:-1])
            assert 0 < len(found[-1]) <= limit
        ended = call(*command, "--after", "no-such-id")
        # An empty list would look like its end.
        assert (ended.code, ended.out, ended.err[:12]) == (1, "", "dam-plugin: "), command
        assert call(*command, "--limit", "1001").code == call(*command, "--limit", "0").code == 2
    told = call("review", "--limit", "1").text
    assert ("By folder" in told, "inbox/more" in told) == (True, True)


def test_a_folder_is_told_apart_from_one_in_capitals(district: District) -> None:
    for key in ("inbox/a.jpg", "Inbox/b.jpg", "inbox2/c.jpg"):
        district.upload(key, key.encode())
    listed = call("review", "--folder", "inbox", "--json").objects()
    assert [each["key"] for each in listed] == ["inbox/a.jpg"]


def test_an_emergency_comes_first_on_the_first_page_alone(full: District) -> None:
    told = ("--threat", "a threat to the school", "--confirmed-by", "called back")
    asked = call(
        "break-glass", HALLWAY, "--to", "law_enforcement:deputy-hale", *told, "--as", "media_staff:desk", "--json"
    )
    command, name = LISTS["referrals"]
    ids = [each[name] for each in call(*command, "--json").objects()]
    assert ids[0] in {each["id"] for each in asked.object()["referrals"]}
    assert [each for page in pages(command, name, 1) for each in page] == ids
