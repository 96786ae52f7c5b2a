"""The contract: every hook and argument is explained in docs/hooks.md, nothing else is, and each has one sentence."""

from __future__ import annotations

import inspect
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pluggy
import pytest

from dam_hooks.plugin import GROUP, DamPlugin, PluginVoices
from dam_hooks.specs import FOR_THIRD_PARTIES, FROM_HOST, PROJECT, HostHooks, PluginHooks
from dam_plugin.model import Actor, Decision, Outcome, Recipient, Share
from dam_plugin.services import NoThirdParties

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT = (REPOSITORY / "docs" / "hooks.md").read_text("utf-8")
SUMMARY = (REPOSITORY / "hooks" / "README.md").read_text("utf-8")
HOOKS = sorted(FROM_HOST | FOR_THIRD_PARTIES)
# A hook has a heading of its own, and below it one line for each argument.
SECTION = re.compile(r"^### `(?P<name>\w+)`\n(?P<body>.*?)(?=^#{1,3} |\Z)", re.MULTILINE | re.DOTALL)
ARGUMENT = re.compile(r"^- `(?P<name>\w+)`: ", re.MULTILINE)


def sections() -> dict[str, str]:
    return {found["name"]: found["body"] for found in SECTION.finditer(DOCUMENT)}


def spec_of(hook: str) -> inspect.Signature:
    return inspect.signature(getattr(HostHooks if hook in FROM_HOST else PluginHooks, hook))


def arguments_of(function: object) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]  # type: ignore[arg-type]


def test_exactly_the_hooks_that_exist_are_explained() -> None:
    headings = [found["name"] for found in SECTION.finditer(DOCUMENT)]
    assert sorted(headings) == HOOKS


@pytest.mark.parametrize("hook", HOOKS)
def test_exactly_the_arguments_of_a_hook_are_explained(hook: str) -> None:
    explained = [found["name"] for found in ARGUMENT.finditer(sections()[hook])]
    assert explained == [name for name in spec_of(hook).parameters if name != "self"]


@pytest.mark.parametrize("hook", HOOKS)
def test_what_a_hook_returns_is_explained(hook: str) -> None:
    assert "\nReturns " in sections()[hook]


@pytest.mark.parametrize("part", ["## For hosts", "## For third parties"])
def test_a_hook_is_explained_to_those_whom_it_is_for(part: str) -> None:
    text = DOCUMENT.partition(f"\n{part}\n")[2].partition("\n## ")[0]
    mine = FROM_HOST if part == "## For hosts" else FOR_THIRD_PARTIES
    assert {found["name"] for found in SECTION.finditer(text)} == mine


def test_the_page_for_hosts_names_their_hooks_alone_and_points_to_the_document() -> None:
    called = re.findall(r"^\| .* \| `(\w+)\(([\w, ]+)\)` \|$", SUMMARY, re.MULTILINE)
    assert dict(called) == {hook: ", ".join(arguments_of(getattr(HostHooks, hook))) for hook in FROM_HOST}
    assert "(../docs/hooks.md)" in SUMMARY


def test_the_example_of_a_third_party_attaches_and_refers() -> None:
    example = DOCUMENT.partition("\n## For third parties\n")[2]
    entry = tomllib.loads(re.search(r"```toml\n(.*?)```", example, re.DOTALL)[1])  # type: ignore[index]
    module = ModuleType("district_review")
    exec(re.search(r"```python\n(.*?)```", example, re.DOTALL)[1], vars(module))  # type: ignore[index]  # noqa: S102
    assert entry["project"]["entry-points"][GROUP] == {"district-review": module.__name__}
    pm = pluggy.PluginManager(PROJECT)
    pm.add_hookspecs(PluginHooks)
    pm.register(module, "district-review")
    share = Share("", "a.jpg", "publication", "website", Actor("media_staff"), Recipient("public"))
    heard = PluginVoices(pm).review_decision(share, Decision(Outcome.ALLOW))
    assert [each.value and each.value.outcome for each in heard] == [Outcome.REFER]
    assert PluginVoices(pm).review_decision(replace(share, purpose="yearbook"), Decision(Outcome.ALLOW)) == []


@pytest.mark.parametrize("hook", HOOKS)
def test_a_spec_says_in_one_sentence_when_it_fires(hook: str) -> None:
    said = inspect.getdoc(getattr(HostHooks if hook in FROM_HOST else PluginHooks, hook)) or ""
    assert said.startswith("Fires ")
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize("hook", sorted(FROM_HOST))
def test_we_answer_a_hosts_hook_with_its_arguments(hook: str) -> None:
    assert arguments_of(getattr(DamPlugin, hook)) == arguments_of(getattr(HostHooks, hook))


@pytest.mark.parametrize("hook", sorted(FOR_THIRD_PARTIES))
@pytest.mark.parametrize("voices", [PluginVoices, NoThirdParties])
def test_the_use_cases_ask_third_parties_with_the_arguments_of_the_hook(voices: type, hook: str) -> None:
    assert arguments_of(getattr(voices, hook)) == arguments_of(getattr(PluginHooks, hook))
