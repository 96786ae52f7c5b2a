"""A fresh folder, the commands alone, and the answers of the demo: what the demo shows is what a user gets."""

from __future__ import annotations

import functools
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from demo_run import demo_run
from moto_server import DELIVERY_KEYS

from dam_hooks import s3_events
from dam_plugin.cli.demo import scenes
from dam_plugin.cli.demo.samples import sample_folder, sample_media, write_roster
from dam_plugin.cli.demo.scenes import Scene

# The student (by roster id) whose guardian asks, as the scenes know the guardian by roster id.
WARD = {
    scenes.INES_MOTHER: "104211",
    scenes.HANNAH_MOTHER: "104217",
    scenes.CALEB_FATHER: scenes.CALEB,
    scenes.SOFIA_MOTHER: scenes.SOFIA,
}


def done(*arguments: str) -> Called:
    ended = call(*arguments)
    assert ended.code == 0, ended.err
    return ended


@pytest.fixture(scope="module")
def folder(s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which a new user did everything up to the first share, by commands and the settings file alone."""
    place = tmp_path_factory.mktemp("new-user")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for name, value in (
            ("AWS_ENDPOINT_URL", s3_endpoint),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "new-user"),
            ("AWS_SECRET_ACCESS_KEY", "new-user-secret"),
        ):
            patch.setenv(name, value)
        today = TODAY
        done("init", "--bucket", f"district-{uuid.uuid4().hex[:12]}", "--create-bucket")
        district = f"""
delivery_access_key_id = "{DELIVERY_KEYS[0]}"
delivery_secret_access_key = "{DELIVERY_KEYS[1]}"

[district]
directory_notice = {today - timedelta(days=90)}
opt_out_window_ends = {today - timedelta(days=75)}
directory_includes_images = true
"""
        with Path("dam-plugin.toml").open("a", encoding="utf-8") as settings:
            settings.write(district)
        done("roster", "import", str(write_roster(sample_folder(), place, today)))
        told = done("roster", "import", str(sample_folder() / "portraits" / "INDEX.TXT"), "--json").object()
        assert told["portraits"] == 13
        for key, path in sample_media(sample_folder()):
            done("upload", str(path), "--folder", key.rpartition("/")[0])
        # The queue of the tests shows at once whether it is empty: nothing has to be waited for.
        patch.setattr(s3_events, "EMPTYING_POLL_SECONDS", 0)
        summary = done("worker", "--until-empty", "--json").object()
        assert (summary["handled"], summary["failed"], summary["dead"]) == (28, 0, 0)
        yield place


@functools.cache
def student(roster_id: str) -> dict[str, Any]:
    found: dict[str, Any] = done("student", "find", roster_id, "--json").object()
    return found


def ask(scene: Scene, folder: Path) -> Called:
    who = scene.to.id
    if scene.known == "guardian":
        who = student(WARD[str(who)])["guardians"][0]
    elif scene.known == "student":
        who = student(str(who))["id"]
    arguments = ["--to", f"{scene.to.role}:{who}", "--purpose", scene.purpose, "--kind", scene.kind]
    evidence = dict(scene.evidence)
    if scene.notified:
        evidence["order"] = {**evidence["order"], "notified": [student(each)["id"] for each in scene.notified]}
    if evidence:
        (folder / "evidence.json").write_text(json.dumps(evidence), encoding="utf-8")
        arguments += ["--evidence", "evidence.json"]
    return call("share", scene.key, *arguments, "--as", f"{scene.by.role}:{scene.by.id}", "--json")


def test_doctor_finds_nothing_broken(folder: Path) -> None:
    found = {each["check"]: each["state"] for each in done("doctor", "--json").objects()}
    assert {name for name, state in found.items() if state != "ok"} == {"custodian", "bucket policy", "holidays"}


def look_at_what_waits() -> None:
    """Say as the demo's member of staff who is in three recordings."""
    boxes = {scenes.UNTITLED: scenes.UNTITLED_BOXES, scenes.BAKE_SALE: scenes.BAKE_SALE_BOXES}
    places = {
        key: [f"{student(each)['id']}@{','.join(map(str, box))}" for each, box in seen.items()]
        for key, seen in boxes.items()
    }
    times = [f"{student(each)['id']}@{start:g}-{end:g}" for each, (start, end) in scenes.CLIP_TIMES.items()]
    for key, people in {**places, scenes.CLIP: times}.items():
        persons = [part for person in people for part in ("--person", person)]
        done("tag", key, *persons, "--prominence", "focus")


def test_every_share_is_answered_as_in_the_demo(folder: Path) -> None:
    demo = demo_run()
    for number, scene in enumerate((*scenes.BEFORE_LOOKING, *scenes.SCENES)):
        if number == len(scenes.BEFORE_LOOKING):
            look_at_what_waits()
        ended = ask(scene, folder)
        made, played = ended.object(), demo.attempt(scene.who).answer.decision
        assert ended.code == {"allow": 0, "redact": 0, "deny": 3, "refer": 4}[made["outcome"]]
        assert made["outcome"] == played.outcome.word, scene.who
        assert [r["clause"] for r in made["reasons"]] == [r.clause for r in played.reasons], scene.who
        assert len(made["redact"]) == len(played.redact)
        assert Counter(made["basis"].values()) == Counter(played.basis.values())
        assert made["record_disclosure"] == played.record_disclosure
    assert done("ledger", "verify", "--json").object()["ok"]


def test_a_set_for_the_yearbook_is_made_verified_and_locked(folder: Path) -> None:
    made = done(
        "export", "yearbook", "--out", "book.zip", "--to", "heron-press", "--redact", "allow", "--json"
    ).object()
    assert (made["portraits"], made["set_file"]) == (10, "book.zip")
    (folder / "district.pem").write_text(done("export", "key").out, encoding="utf-8")
    assert (
        done("export", "verify", "book.zip", "--key", "district.pem", "--json").object()["recipient"] == "heron-press"
    )
    assert done("export", "recheck", "book.zip", "--lock", "--json").object()["locked_for"] == "heron-press"
    assert done("ledger", "verify", "--json").object()["ok"]
