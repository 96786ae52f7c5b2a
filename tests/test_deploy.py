"""The plans of `deploy/`: what they run exists, what they set is known, no secret stands in them, and rights are few."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from dam_hooks import celery_app
from dam_plugin.cli.main import app
from dam_plugin.errors import OtherSchema, SettingsError
from dam_plugin.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SECRET = re.compile(r"PASSWORD|SECRET|_KEY$|_KEY_ID$")
KEY = "k" * 43
ENVIRONMENT_FILES = (DEPLOY / "env.example", DEPLOY / "systemd" / "dam-plugin.env.example")
_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:\?)[^}]*|:-([^}]*))?\}")
_PLUGIN = ("gate", "follow", "worker", "jobs", "people", "beat", "upgrade")


def variables(path: Path) -> dict[str, str]:
    lines = [each for each in path.read_text().splitlines() if each and not each.startswith("#")]
    return dict(each.split("=", 1) for each in lines)


def filled(path: Path) -> dict[str, str]:
    """What an operator has made of an example: a value for each name."""
    return {name: value or KEY for name, value in variables(path).items()}


def unset(given: dict[str, str]) -> set[str]:
    """The variables for which compose refuses to start."""
    text = (DEPLOY / "compose.yaml").read_text()
    return {name for name, needed, _ in _VARIABLE.findall(text) if needed and not given.get(name)}


@cache
def services() -> dict[str, Any]:
    """The services as compose starts them, once the example is filled in."""
    given = filled(DEPLOY / "env.example")
    text = (DEPLOY / "compose.yaml").read_text()
    plan = yaml.safe_load(_VARIABLE.sub(lambda found: given.get(found[1]) or found[3] or "", text))
    found: dict[str, Any] = plan["services"]
    return found


def exec_start(unit: Path) -> list[str]:
    (line,) = re.findall(r"^ExecStart=(.+)$", unit.read_text(), re.MULTILINE)
    words = shlex.split(line.replace("%i", "1").replace("%%", "%"))
    return [Path(words[0]).name, *words[1:]]


def ecs() -> dict[str, Any]:
    task: dict[str, Any] = json.loads((DEPLOY / "ecs" / "gate.json").read_text())
    (container,) = task["containerDefinitions"]
    return {**task, "container": container}


def commands() -> Iterator[Any]:
    for name in _PLUGIN:
        yield pytest.param(services()[name]["command"], id=f"compose {name}")
    for name, each in services().items():
        test = each.get("healthcheck", {}).get("test", [""])
        if test[1:2] in (["dam-plugin"], ["celery"]):
            yield pytest.param(test[1:], id=f"health of {name}")
    for unit in UNITS:
        yield pytest.param(exec_start(unit), id=unit.name)
    yield pytest.param(ecs()["container"]["command"], id="ecs")


@pytest.mark.parametrize("command", list(commands()))
def test_each_command_is_one_that_the_program_knows(command: Sequence[str]) -> None:
    program, *words = command
    if program == "dam-plugin":
        parsed(typer.main.get_command(app), words)
        return
    assert program == "celery"
    assert words[:2] == ["-A", "dam_hooks.celery_app"]
    from celery.bin.celery import celery

    name, *options = words[2:]
    # Celery's own options ask the app for their defaults: here it is read that they exist.
    known = {option for each in celery.commands[name].params for option in each.opts}
    assert {each.partition("=")[0] for each in options if each.startswith("-")} <= known
    queues = set(options[options.index("-Q") + 1].split(",")) if "-Q" in options else set()
    assert queues <= {celery_app.PEOPLE, celery_app.BULK}


def parsed(command: Any, words: Sequence[str]) -> None:
    """Read a command line as the program does, down to the last command, and run nothing."""
    context = command.make_context("dam-plugin", list(words))
    if hasattr(command, "resolve_command"):
        _, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert inner is not None
        parsed(inner, rest)


@pytest.mark.parametrize("words", ["serve --behinds 10.0.0.1", "db upgrad", "reconcile --every", "jobs list --jsn"])
def test_a_command_that_the_program_does_not_know_would_be_found(words: str) -> None:
    with pytest.raises(Exception, match=r"[Nn]o such|requires an argument"):
        parsed(typer.main.get_command(app), words.split())


@pytest.mark.parametrize("path", ENVIRONMENT_FILES, ids=lambda path: path.name)
def test_no_secret_stands_in_an_example_and_without_it_nothing_starts(path: Path) -> None:
    given = variables(path)
    assert [name for name, value in given.items() if SECRET.search(name) and value] == []
    ours = {name: value for name, value in given.items() if name.startswith("DAM_PLUGIN_")}
    with pytest.raises(SettingsError, match="DAM_PLUGIN_PSEUDONYM_KEY is empty: give it a value"):
        Settings.load(environ=ours)


def test_compose_itself_refuses_the_example_and_takes_it_filled_in() -> None:
    example = DEPLOY / "env.example"
    assert unset(variables(example)) == {name for name in variables(example) if SECRET.search(name)}
    assert unset(filled(example)) == set()


def test_no_secret_stands_in_a_plan() -> None:
    for name, service in yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"].items():
        for variable, value in service.get("environment", {}).items():
            if SECRET.search(variable):
                assert re.fullmatch(rf"\$\{{{variable}:\?[^}}]+\}}", value), (name, variable)
    assert [each["name"] for each in ecs()["container"]["environment"] if SECRET.search(each["name"])] == []


@pytest.mark.parametrize("name", _PLUGIN)
def test_what_compose_sets_is_known(name: str) -> None:
    environment = services()[name]["environment"]
    settings = Settings.load(DEPLOY, {key: value for key, value in environment.items() if key.startswith("DAM_")})
    settings.need("bucket", "pseudonym_key", "signing_key", "export_key", "broker_url", "public_url")
    assert settings.database_url == f"postgresql://dam_plugin:{KEY}@db:5432/dam_plugin"


def test_what_the_other_plans_set_is_known() -> None:
    container = ecs()["container"]
    given = {each["name"]: each["value"] for each in container["environment"]}
    given |= {each["name"]: KEY for each in container["secrets"]} | {"DAM_PLUGIN_DATABASE_URL": "postgresql://u@h/d"}
    unit = filled(ENVIRONMENT_FILES[1]) | {"DAM_PLUGIN_DATABASE_URL": "postgresql://u@h/d"}
    for environment in (given, unit):
        ours = {name: value for name, value in environment.items() if name.startswith("DAM_")}
        Settings.load(DEPLOY, ours).need("bucket", "pseudonym_key", "signing_key", "delivery_secret_access_key")


@pytest.mark.parametrize("name", list(services()))
def test_a_container_has_no_rights_that_it_does_not_need(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] not in ("", "root", "0", "0:0")
    assert "privileged" not in service
    if service["restart"] != "no":
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"]


def test_only_the_proxy_is_reached_from_outside_and_the_gate_believes_it_alone() -> None:
    assert [name for name, each in services().items() if each.get("ports")] == ["proxy"]
    proxy, gate = (services()[name]["networks"]["inside"]["ipv4_address"] for name in ("proxy", "gate"))
    assert services()["gate"]["command"][-2:] == ["--behind", proxy]
    assert f"s|127.0.0.1:8000|{gate}:8000|" in services()["proxy"]["command"][-1]
    site = (ROOT / "docs" / "proxy" / "nginx.conf").read_text()
    for old in re.findall(r'-e "s\|([^|]+)\|', services()["proxy"]["command"][-1]):
        assert old in site


def test_the_database_takes_the_connections_of_all_processes() -> None:
    each = int(services()["gate"]["environment"]["DAM_PLUGIN_DATABASE_CONNECTIONS"])
    pools = [int(one["command"][-1]) for one in services().values() if "--concurrency" in one.get("command", [])]
    # Each worker of Celery's has a process beside its pool; the others are upgrade, gate, follow, worker and a person's own.
    processes = sum(pools) + len(pools) + 5
    (most,) = (int(word.partition("=")[2]) for word in services()["db"]["command"] if "max_connections" in word)
    assert processes * each < most


def test_files_that_a_plan_names_are_there() -> None:
    for service in services().values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith((".", "..")) and source != "./config":
                assert (DEPLOY / source).exists(), source
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text()
    for name in re.findall(r"^!(.+)$", ignored, re.MULTILINE):
        assert (ROOT / name).exists(), name


def test_the_image_takes_no_package_without_its_hash_and_runs_as_nobody_of_note() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    fetching = [line for line in re.findall(r"pip (?:install|wheel)[^&]*", text) if "--no-index" not in line]
    assert fetching
    assert all("--require-hashes --requirement requirements.lock" in each for each in fetching)
    assert (
        re.findall(r"^USER (.+)$", text, re.MULTILINE) == [services()["gate"]["user"]] == [ecs()["container"]["user"]]
    )


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_started_again_after_an_upgrade(unit: Path) -> None:
    text = unit.read_text()
    assert "Restart=on-failure" in text
    assert f"{OtherSchema.exit_code}: another version" in text
    (prevented,) = re.findall(r"^RestartPreventExitStatus=(.+)$", text, re.MULTILINE)
    assert str(OtherSchema.exit_code) not in prevented.split()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_each_unit_and_finds_it_closed(unit: Path, tmp_path: Path) -> None:
    # The program need not be installed here.
    (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/dam-plugin/bin/", "/bin/true "))
    checked = analyzed("verify", "--man=no", str(tmp_path / unit.name))
    assert (checked.returncode, [line for line in checked.stderr.splitlines() if unit.stem in line]) == (0, [])
    closed = analyzed("security", "--offline=true", "--no-pager", "--threshold=15", str(unit))
    assert closed.returncode == 0, closed.stdout[-300:]


def analyzed(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


def test_the_task_of_ecs_has_no_rights_that_it_does_not_need() -> None:
    container = ecs()["container"]
    assert container["readonlyRootFilesystem"] is True
    assert container["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}
    assert container["healthCheck"]["command"][1:] == services()["gate"]["healthcheck"]["test"][1:]
    # Amazon's most, and what a request has until it is broken off.
    assert 20 < container["stopTimeout"] <= 120
    assert ecs()["taskRoleArn"] != ecs()["executionRoleArn"]
