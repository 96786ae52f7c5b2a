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
from rgw_server import ROLES, Refused, arn_of, played, set_policy

from dam_plugin.library import policy
from dam_plugin.library.policy import Ground
from dam_plugin.library.roles import Roles

pytestmark = pytest.mark.rgw

GATEWAY = Roles(*map(arn_of, ROLES))
BY_HEADER = Ground(owner=arn_of("plugin"), tells_urls=True, keeps_versions=True)

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


def is_read_by_host(place: Place, key: str) -> bool:
    try:
        played(lambda: place.rgw.clients["host"].get_object(Bucket=place.bucket, Key=key))
    except Refused:
        return False
    return True


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
    # As where the server refuses what the host signs in a URL: there it reads ordinary originals by its header.
    place.rgw.clients["plugin"].delete_public_access_block(Bucket=place.bucket)
    set_policy(place.rgw, place.bucket, *policy.document(place.bucket, GATEWAY, ground=BY_HEADER)["Statement"])
    place.upload(TEAM)
    first = share()
    url = handed_out(gate, first)
    assert (status(url), is_read_by_host(place, TEAM)) == (200, True)
    ended = killed.run("tag", TEAM, "--closed", "an investigation", killed_at_border=2)
    assert ended.code == -signal.SIGKILL
    until(lambda: (status(url), is_read_by_host(place, TEAM)) == (403, False))
    assert status(gate + first["token"]) == 404
