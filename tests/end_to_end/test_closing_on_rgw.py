"""What was handed out dies with its link, on a storage that heeds its policy; also where the command was killed in between."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import served_command
from command_line import call
from commands import Commands
from district import TEAM
from guarded_place import Place

pytestmark = pytest.mark.rgw

PUBLICATION = ("--to", "public", "--purpose", "website", "--kind", "publication", "--json")


@pytest.fixture
def gate(place: Place, commands: Commands) -> Iterator[str]:
    """`dam-plugin serve` as a process of its own; the address of its links."""
    with served_command.serving(commands, "--json") as served:
        yield json.loads(served.line)["url"] + "/s/"
        assert served.end(signal.SIGTERM).code == 0


@pytest.fixture
def killed() -> Iterator[Commands]:
    other = Commands()
    yield other
    other.close()


def share() -> dict[str, Any]:
    made: dict[str, Any] = call("share", TEAM, *PUBLICATION).object()
    return made


def handed_out(gate: str, made: dict[str, Any]) -> str:
    return httpx.get(gate + made["token"], trust_env=False).headers["location"]


def status(url: str) -> int:
    return httpx.get(url, trust_env=False).status_code


def until(is_so: Callable[[], bool]) -> None:
    ticking = threading.Event()
    for _ in range(300):
        if is_so():
            return
        ticking.wait(0.1)
    pytest.fail("it did not come to that")


def test_the_url_of_one_of_two_links_to_a_copy_dies_with_its_link_and_the_other_one_opens(
    place: Place,
    gate: str,
) -> None:
    place.upload(TEAM)
    first, second = share(), share()
    assert first["release"] == second["release"]
    url = handed_out(gate, first)
    assert status(url) == 200
    assert call("revoke", first["link"]).code == 0
    assert status(url) == 403
    assert status(gate + first["token"]) == 404
    other = handed_out(gate, second)
    assert (other.split("?")[0] != url.split("?")[0], status(other)) == (True, 200)


@pytest.mark.parametrize("is_shared", [False, True], ids=["alone", "shared"])
def test_a_revocation_that_was_killed_after_its_commit_ends_the_url_while_the_service_runs(
    place: Place,
    gate: str,
    killed: Commands,
    is_shared: bool,
) -> None:
    place.upload(TEAM)
    first = share()
    others = [share()] if is_shared else []
    url = handed_out(gate, first)
    assert status(url) == 200
    # Right after its first transaction: the link is closed, the storage has heard of nothing.
    assert killed.run("revoke", first["link"], killed_at_border=2).code == -signal.SIGKILL
    until(lambda: status(url) == 403)
    for each in others:
        assert status(handed_out(gate, each)) == 200


def test_an_original_that_became_confidential_is_read_by_no_host_though_the_command_was_killed(
    place: Place,
    gate: str,
    killed: Commands,
) -> None:
    place.upload(TEAM)
    first = share()
    url = handed_out(gate, first)
    original = place.rgw.clients["host"].generate_presigned_url("get_object", {"Bucket": place.bucket, "Key": TEAM})
    assert (status(url), status(original)) == (200, 200)
    ended = killed.run("tag", TEAM, "--closed", "an investigation", killed_at_border=2)
    assert ended.code == -signal.SIGKILL
    until(lambda: (status(url), status(original)) == (403, 403))
    assert status(gate + first["token"]) == 404
