"""The log in its two forms, in a process of its own: what a line says, and what it never says."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from dam_plugin.settings import PREFIX, Settings
from dam_plugin.telemetry.logs import VARIABLE

NAME = "Ines Muñoz"
PROGRAM = f"""
import logging, sys, threading, warnings
from dam_plugin.telemetry import logs
from dam_plugin.telemetry.spans import bound

logs.begin(sys.argv[1])
ours, theirs = logging.getLogger("dam_plugin.intake"), logging.getLogger("urllib3.connectionpool")
with bound(message_id="m-1", asset_id="A-1"):
    ours.warning("message %s failed", "m-1")
    with bound(job_id="job-1"):
        ours.warning("step failed", extra={{logs.FIELDS: {{"status": 500}}}})
try:
    raise ValueError("{NAME}")
except ValueError:
    ours.exception("decision failed, error %s", "e-1")
if sys.argv[1] == "json":
    theirs.warning("Retrying %r after a broken connection", "/photos/{NAME}.jpg")
    theirs.warning("%s", "/photos/{NAME}.jpg")
    logging.getLogger("asyncio").error("Task failed: " + "{NAME}")
    logging.getLogger("dam_plugins_of_others").error("{NAME}")
    ours.warning("%d", "{NAME}")
    warnings.warn("{NAME}")
    thread = threading.Thread(target=lambda: int("{NAME}"))
    thread.start()
    thread.join()
"""


def logged(form: str) -> str:
    ended = subprocess.run([sys.executable, "-c", PROGRAM, form], capture_output=True, encoding="utf-8", check=True)
    assert ended.stdout == ""
    return ended.stderr


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged("json").splitlines()]


def test_a_line_of_ours_carries_the_ids_of_the_work_at_hand() -> None:
    first, second, third, *_ = lines()
    assert {name: first[name] for name in ("level", "logger", "event", "message_id", "asset_id")} == {
        "level": "warning",
        "logger": "dam_plugin.intake",
        "event": "message m-1 failed",
        "message_id": "m-1",
        "asset_id": "A-1",
    }
    assert first["time"].endswith("Z")
    assert (second["job_id"], second["message_id"], second["status"]) == ("job-1", "m-1", 500)
    assert "message_id" not in third


def test_an_exception_is_told_by_its_type_and_place() -> None:
    told = lines()[2]
    assert (told["event"], told["error"], told["at"].partition(":")[0]) == (
        "decision failed, error e-1",
        "ValueError",
        "<string>",
    )
    text = logged("text").splitlines()
    assert text[0] == "WARNING dam_plugin.intake: message m-1 failed"
    assert text[2:] == ["ERROR dam_plugin.intake: decision failed, error e-1", text[3]]
    assert text[3].startswith("ValueError at <string>:")


def test_of_what_others_say_only_the_template_and_the_place_are_told() -> None:
    first, *others, thread = lines()[3:]
    assert first["event"] == "Retrying %r after a broken connection"
    assert first["at"].startswith("<string>:")
    assert {each["event"] for each in others} == {"a message of a library"}
    assert (thread["event"], thread["error"]) == ("a thread ended, this is a bug", "ValueError")


def test_nobody_is_named() -> None:
    for form in ("json", "text"):
        told = logged(form)
        assert NAME not in told
        assert "Ines" not in told


def test_the_variable_is_the_setting() -> None:
    assert f"{PREFIX}LOG" == VARIABLE
    assert "log" in Settings.model_fields
