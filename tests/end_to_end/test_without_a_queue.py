"""A library without a queue, followed by `reconcile --every` as a process of its own."""

from __future__ import annotations

import json
import signal

import served_command
from commands import Commands
from district import GRADUATION, TEAM, District
from use_cases import is_known
from waiting import wait_until

from dam_plugin.cli.demo.samples import sample_folder


def put(district: District, key: str) -> None:
    district.services.library.put(key, (sample_folder() / key).read_bytes(), media_type="image/jpeg")


def test_uploads_and_deletions_are_followed_until_it_is_told_to_stop(district: District, commands: Commands) -> None:
    put(district, TEAM)
    with served_command.at_work(commands, "reconcile", "--every", "1s", "--json") as rounds:
        assert json.loads(rounds.line)["tagged"] == 1
        put(district, GRADUATION)
        wait_until(lambda: district.release_tag(GRADUATION), "what was uploaded later was not tagged")
        district.services.library.delete(TEAM)
        wait_until(lambda: not is_known(district.services, TEAM), "what was deleted was not forgotten")
        ended = rounds.end(signal.SIGTERM)
    assert (ended.code, ended.err) == (0, "")
    assert sum(each["tagged"] for each in ended.objects()) == 1
    assert sum(each["forgotten"] for each in ended.objects()) == 1
