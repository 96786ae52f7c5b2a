"""A command killed at any of its steps: nothing is readable without a record, and `doctor --repair` puts everything right.

Each walk runs one command again and again and kills it (SIGKILL) one step later each time, until it completes: at its
requests to the storage (before the storage hears them, and before it answers) or at its transactions (before they are
committed, and after).
"""

from __future__ import annotations

import csv
import itertools
import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlsplit

import pytest
from commands import Commands, Ended
from district import HALLWAY, INES, SCIENCE_LAB, TEAM, District
from moto.sqs.models import sqs_backends
from storage_proxy import Request, StorageProxy
from use_cases import ALL_STATES

from dam_plugin.admin.reconcile import repair
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.gate.close_links import revoke
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake.examine import tag_by_roster
from dam_plugin.intake.roster_cache import roster_of
from dam_plugin.intake.tag_changes import decided_fields
from dam_plugin.ledger.end_kept_outside import OBJECT
from dam_plugin.library.event_queue import Counts, Queue
from dam_plugin.library.setup import prepare

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SHARE = ("share", TEAM, "--to", "public", "--purpose", "website", "--kind", "publication", "--json")
BREAK_GLASS = ("break-glass", HALLWAY, "--to", "emergency:hospital", "--threat", "a fire", "--json")
KILLED = -signal.SIGKILL
UNFINISHED = ("preparing", "recorded", "closing", "purging")


def is_work(request: Request) -> bool:
    """Whether a request is no part of keeping the ledger's end outside, which a thread of its own does at any time."""
    return "/ledger/" not in request.path and "object-lock" not in request.path


@dataclass(frozen=True)
class Scene:
    """A district with its commands, and the bucket as anybody with its keys sees it."""

    district: District
    commands: Commands
    proxy: StorageProxy
    raw_s3: S3Client
    dies_at: str

    def run(self, *arguments: str) -> Ended:
        ended = self.commands.run(*arguments)
        assert ended.code == 0, ended
        return ended

    def deaths(
        self, *arguments: str | Callable[[], str], counted: Callable[[Request], bool] = is_work
    ) -> Iterator[int]:
        """Yield after each death of the command, until it completes."""
        for border in itertools.count(1):
            given = [each if isinstance(each, str) else each() for each in arguments]
            ended = self._run_killed(given, border, counted)
            if ended.code == 0:
                return
            assert ended.code == KILLED, ended
            yield border

    def _run_killed(self, arguments: list[str], border: int, counted: Callable[[Request], bool]) -> Ended:
        at_proxy = {"AWS_ENDPOINT_URL": self.proxy.url}
        if self.dies_at == "transactions":
            return self.commands.run(*arguments, environment=at_proxy, killed_at_border=border)
        self.proxy.kill_at(border, counted)
        running = self.commands.start(*arguments, environment=at_proxy)
        self.proxy.victim(running.pid)
        return running.wait()

    def open_objects(self) -> set[str]:
        """The keys of which any version can be read by delivery."""
        bucket = self.district.services.library.bucket
        versions = self.raw_s3.list_object_versions(Bucket=bucket).get("Versions", [])
        tags = {
            (each["Key"], each["VersionId"]): self.raw_s3.get_object_tagging(
                Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"]
            )["TagSet"]
            for each in versions
        }
        return {key for (key, _), pairs in tags.items() if {"Key": "dam-release", "Value": "open"} in pairs}

    def recorded_releases(self) -> set[str]:
        services = self.district.services
        with services.store.reading() as unit:
            entries = services.ledger.show(unit, last=None, kind="share")
        return {details["release"]["id"] for _, details in entries if details and details["release"]}

    def states(self) -> dict[str, str]:
        """The state of each release on record, by the key of its copy."""
        with self.district.services.store.reading() as unit:
            return {release.key: release.state for release in unit.shares.releases(ALL_STATES)}

    def linked(self) -> set[str]:
        """The keys of the copies that an open link opens."""
        with self.district.services.store.reading() as unit:
            needed = {link.release_id for link in unit.shares.links(open_only=True)}
            return {release.key for release in unit.shares.releases(ALL_STATES) if release.id in needed}

    def assert_nothing_is_open_without_a_record(self) -> None:
        opened = self.open_objects()
        assert all(key.startswith("released/") for key in opened)
        # The name of a copy begins with the id of its release.
        assert {key.split("/")[1] for key in opened} <= self.recorded_releases()
        # It has a link that is open, or is on its way back.
        states = self.states()
        assert opened - self.linked() <= {key for key, state in states.items() if state == "closing"}
        services = self.district.services
        with services.store.reading() as unit:
            assert services.ledger.verify(unit).ok

    def repair(self) -> None:
        """Do what `doctor --repair` does; see `assert_the_plugin_repairs_itself`."""
        repair(self.district.services)
        self.assert_everything_is_right()

    def assert_everything_is_right(self) -> None:
        self.assert_nothing_is_open_without_a_record()
        states = self.states()
        assert not set(states.values()) & set(UNFINISHED)
        assert self.open_objects() == {key for key, state in states.items() if state == "open"}
        assert self.open_objects() <= self.linked()
        copies = {listed.key for listed in self.district.services.library.list("released/")}
        assert copies <= {key for key, state in states.items() if state != "undone"}

    def assert_the_plugin_repairs_itself(self) -> None:
        checks = {check["check"]: check for check in self.run("doctor", "--repair", "--json").objects()}
        assert [checks[each]["state"] for each in ("repair", "releases", "closed copies", "ledger")] == ["ok"] * 4
        self.assert_everything_is_right()

    def reviews(self) -> set[str]:
        """The ids of the releases of emergencies that wait for the custodian's review."""
        with self.district.services.store.reading() as unit:
            waiting = [each for each in unit.referrals.listed() if each.kind == "review"]
            shares = [unit.shares.share(each.share_id) for each in waiting]
            return {each.release_id for each in shares if each and each.release_id}

    def opens(self, token: str) -> bool:
        return open_link(self.district.services, token).url is not None


@pytest.fixture(params=["requests", "transactions"])
def scene(
    district: District, commands: Commands, proxy: StorageProxy, raw_s3: S3Client, request: pytest.FixtureRequest
) -> Scene:
    return Scene(district, commands, proxy, raw_s3, request.param)


def token_of(shared: Ended) -> str:
    [answer] = shared.objects()
    token: str = answer["token"]
    return token


def test_a_share_killed_at_any_step_releases_nothing_unrecorded(scene: Scene) -> None:
    scene.district.upload(TEAM)
    deaths = 0
    for deaths in scene.deaths(*SHARE):  # noqa: B007 - counted
        scene.assert_nothing_is_open_without_a_record()
        scene.assert_the_plugin_repairs_itself()
        # So that the next share makes its own copy.
        revoke(scene.district.services, key=TEAM)
    # The source looked up, its tags and what may lie beside it (4); the source, the copy, its tag; the copy staged, recorded
    # and opened.
    assert deaths == {"requests": 18, "transactions": 6}[scene.dies_at]


@pytest.mark.parametrize("scene", ["transactions"], indirect=True)
def test_a_share_killed_at_any_step_can_be_asked_again_at_once(scene: Scene) -> None:
    scene.district.upload(TEAM)
    for _ in scene.deaths(*SHARE):
        assert scene.opens(token_of(scene.run(*SHARE)))
        scene.assert_nothing_is_open_without_a_record()
        scene.repair()
        revoke(scene.district.services, key=TEAM)


@pytest.mark.parametrize("scene", ["transactions"], indirect=True)
def test_an_emergency_killed_at_any_step_releases_nothing_unrecorded(scene: Scene) -> None:
    scene.district.upload(HALLWAY)
    deaths = 0
    for deaths in scene.deaths(*BREAK_GLASS):  # noqa: B007 - counted
        scene.assert_nothing_is_open_without_a_record()
        scene.repair()
        assert scene.reviews() == scene.recorded_releases()
        revoke(scene.district.services, key=HALLWAY)
    # As a share; then who released it is recorded.
    assert deaths == 8


def test_an_opening_killed_at_any_step_can_be_tried_again(scene: Scene) -> None:
    scene.district.upload(TEAM)
    token = token_of(scene.run(*SHARE))
    deaths = 0
    for deaths in scene.deaths("open", token):  # noqa: B007 - counted
        scene.assert_nothing_is_open_without_a_record()
        scene.repair()
        assert scene.opens(token)
    # The copy, the source and what may lie beside that (4); the opening on record.
    assert deaths == {"requests": 12, "transactions": 2}[scene.dies_at]


def test_a_revocation_killed_at_any_step_is_carried_out_by_a_second_run(scene: Scene) -> None:
    scene.district.upload(TEAM)
    tokens: list[str] = []

    def fresh_link() -> str:
        tokens.append(token_of(scene.run(*SHARE)))
        return TEAM

    deaths = 0
    for deaths in scene.deaths("revoke", fresh_link):  # noqa: B007 - counted
        scene.assert_nothing_is_open_without_a_record()
        if scene.dies_at == "requests":
            # The link is closed before the storage is asked for anything.
            assert not scene.opens(tokens[-1])
        scene.repair()
        scene.run("revoke", TEAM)
        assert not scene.opens(tokens[-1])
        assert scene.open_objects() == set()
        scene.assert_everything_is_right()
    # The tag of its copy; the link closed with the copy closing, and the copy closed.
    assert deaths == {"requests": 2, "transactions": 4}[scene.dies_at]


def test_an_opt_out_killed_at_any_step_lets_no_link_pass_once_it_is_kept(scene: Scene) -> None:
    scene.district.upload(TEAM)
    student = scene.district.student(INES)
    tokens: list[str] = []

    def fresh_link() -> str:
        if is_opted_out(scene.district, student):
            scene.run("student", "opt-in", student, "--why", "a letter", "--as", "custodian:c")
        tokens.append(token_of(scene.run(*SHARE)))
        return student

    deaths = 0
    for deaths in scene.deaths("student", "opt-out", fresh_link):  # noqa: B007 - counted
        scene.assert_nothing_is_open_without_a_record()
        is_kept = is_opted_out(scene.district, student)
        assert is_kept or scene.dies_at == "transactions"
        assert scene.opens(tokens[-1]) is not is_kept
        scene.repair()
        scene.run("student", "opt-out", student)
        assert not scene.opens(tokens[-1])
        scene.assert_everything_is_right()
    # As a revocation: the link is closed in the transaction that keeps the opt-out.
    assert deaths == {"requests": 2, "transactions": 4}[scene.dies_at]


def test_an_upload_whose_worker_is_killed_at_any_step_is_tagged_by_a_second_run(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = scene.district.services.library
    _, queue_url = prepare(library.bucket, f"{library.bucket}-events", dry_run=False, create_bucket=False)
    assert queue_url
    monkeypatch.setenv("DAM_PLUGIN_QUEUE_URL", scene.proxy.url + urlsplit(queue_url).path)

    def fresh_upload() -> str:
        # A run tells the bucket of the ledger's end when it is over, which the bucket announces: the next one passes it by.
        scene.run("worker", "--until-empty")
        with Queue.connect(queue_url) as queue:
            assert queue.counts() == Counts(visible=0, in_flight=0, dead=0)
        library.put(SCIENCE_LAB, (sample_folder() / SCIENCE_LAB).read_bytes(), media_type="image/jpeg")
        return "worker"

    deaths = 0
    for deaths in scene.deaths(fresh_upload, "--until-empty", counted=is_change):  # noqa: B007 - counted
        assert scene.open_objects() == set()
        scene.proxy.kill_at(None)
        _pass_the_time(queue_url)
        scene.run("worker", "--until-empty")
        head = library.head(SCIENCE_LAB)
        with scene.district.services.store.reading() as unit:
            stored = unit.assets.current(SCIENCE_LAB)
        assert stored is not None
        assert stored.asset.version_id == head.version_id
        assert library.tags(SCIENCE_LAB, head.version_id)["dam-release"] == stored.release_tag
        assert _announced(queue_url) <= {OBJECT}
        with Queue.connect(queue_url) as queue:
            assert queue.counts().dead == 0
    # Its object tagged, the message acknowledged; the asset kept, and what the worker notes of itself, some once a minute.
    assert deaths in {"requests": (4,), "transactions": range(6, 12)}[scene.dies_at]


def is_change(request: Request) -> bool:
    """Whether a request of the worker leaves anything changed."""
    return is_work(request) and (request.action == "DeleteMessage" or request.method == "PUT")


def is_opted_out(district: District, student: str) -> bool:
    with district.services.store.reading() as unit:
        return any(each.ended is None for each in unit.people.opt_outs(student))


def _messages(queue_url: str) -> list[Any]:
    backends: Any = sqs_backends
    account, name = urlsplit(queue_url).path.strip("/").split("/")
    messages: list[Any] = backends[account]["us-east-1"].queues[name]._messages
    return messages


def _announced(queue_url: str) -> set[str]:
    """The keys that the messages tell of which nobody has acknowledged, hidden ones too."""
    records = [json.loads(message.body)["Records"] for message in _messages(queue_url)]
    return {unquote_plus(each["s3"]["object"]["key"]) for told in records for each in told}


def _pass_the_time(queue_url: str) -> None:
    """Let the server take the time for passed during which a message is hidden from other receivers."""
    for message in _messages(queue_url):
        message.change_visibility(0)


def tags_are_fresh_or_stale(district: District) -> bool:
    """Whether each recording has the tags that the roster on file gives, or is kept back as stale."""
    services = district.services
    with services.store.reading() as unit:
        roster, stale = roster_of(services, unit), set(unit.words.stale_keys())
        recordings = [each for each, _ in unit.assets.current_ids()]
        for asset, key, facts in unit.assets.current_facts(recordings):
            stored = unit.assets.by_id(asset)
            assert stored is not None
            anew = tag_by_roster(services, roster, key, facts, (), stored.machine.faces, unit.people.pictured_in(key))
            if key not in stale and decided_fields(anew) != decided_fields(stored.machine):
                return False
    return True


@pytest.mark.parametrize("scene", ["transactions"], indirect=True)
def test_an_import_killed_at_any_step_leaves_no_recording_with_old_tags_that_is_not_kept_back(scene: Scene) -> None:
    district = scene.district
    keys = (TEAM, HALLWAY, SCIENCE_LAB)
    for key in keys:
        district.upload(key)
    students = district.folder / "roster" / "students.csv"
    head, *rows = csv.reader(students.read_text(encoding="utf-8").splitlines())
    family = head.index("family_name")
    with students.open("w", encoding="utf-8", newline="") as file:
        # Everybody has another family name: by the former ones they are still found.
        csv.writer(file).writerows([head, *([*row[:family], f"New{row[family]}", *row[family + 1 :]] for row in rows)])
    deaths = 0
    for deaths in scene.deaths("roster", "import", "roster", "--confirm"):  # noqa: B007 - counted
        assert tags_are_fresh_or_stale(district)
        scene.assert_nothing_is_open_without_a_record()
    assert deaths > len(keys)
    assert tags_are_fresh_or_stale(district)
    with district.services.store.reading() as unit:
        assert unit.words.stale_keys() == []
