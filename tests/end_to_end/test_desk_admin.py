"""The desk on the samples, as `make desk` shows it: each person's menu, and the admin's journey; and the district's sign-in."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser
from desk_in_browser import found_by_axe
from district import CROWD, District
from live_processes import PROGRAM, Process, processes
from waiting import wait_until

pytest.importorskip("django")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open pages with")

ROLES = ("media", "yearbook", "custodian", "designee", "admin", "auditor")


@contextmanager
def sample_desk(folder: Path) -> Iterator[tuple[Process, str, dict[str, str]]]:
    with processes() as running:
        temporary = folder / "temporary"
        temporary.mkdir()
        words = [PROGRAM, "desk", "--sample", "--port", "0", "--json"]
        desk = running.start("sample-desk", words, TMPDIR=str(temporary))
        wait_until(lambda: desk.says('"url"') or not desk.is_alive(), "the desk did not start", seconds=600)
        told = json.loads(re.findall(r'\{"url".*\}', desk.log.read_text())[0])
        yield desk, told["url"], told["accounts"]


@pytest.fixture(scope="module")
def at_samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str], Process, Path]]:
    folder = tmp_path_factory.mktemp("sample-desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with sample_desk(folder) as (desk, url, accounts):
            yield url, accounts, desk, folder


def sign_in(browser: Browser, url: str, name: str, password: str) -> None:
    browser.be_new()
    browser.open(url)
    browser.write("login", name)
    browser.write("password", password)
    browser.click("main button[type=submit]")


def test_make_desk_is_this_command() -> None:
    text = (Path(__file__).parents[2] / "Makefile").read_text()
    assert "$(BIN)/dam-plugin desk --sample --port $(PORT)" in text


@pytest.mark.parametrize("role", ROLES)
def test_each_of_the_six_opens_every_entry_of_their_menu(
    at_samples: tuple[str, dict[str, str], Process, Path], browser: Browser, role: str
) -> None:
    url, accounts, _, _ = at_samples
    assert accounts.keys() == set(ROLES)
    sign_in(browser, url, role, accounts[role])
    links = browser.value_of("[...document.querySelectorAll('.desk-menu a')].map(each => each.href)")
    assert len(links) >= 2
    for link in links:
        browser.open(link)
        assert browser.statuses[-1] == 200, link
        assert found_by_axe(browser) == [], link
    assert (browser.complaints, browser.failed) == ([], [])


def test_an_admin_makes_an_account_tries_a_rule_and_looks_whether_all_works(
    at_samples: tuple[str, dict[str, str], Process, Path], browser: Browser
) -> None:
    url, accounts, _, _ = at_samples
    sign_in(browser, url, "admin", accounts["admin"])
    browser.open(f"{url}/users/new")
    browser.write("name", "hannah.weber")
    browser.choose("input[value=media]")
    browser.click("main form .usa-button")
    password = browser.value("#password")
    assert found_by_axe(browser) == []

    browser.open(f"{url}/rules/draft")
    browser.run("document.querySelector('textarea').setSelectionRange(0, 0)")
    browser.write("text", "rulez:\n")
    wait_until(lambda: "Line 1, column 1" in browser.text, "the mistake was not told while typing")
    assert found_by_axe(browser) == []
    browser.run("document.querySelector('[data-line]').click()")
    assert browser.value_of("document.activeElement.tagName") == "TEXTAREA"
    rule = "rules:\n  - name: concerts are closed\n    when: {key: '**/*concert*/**'}\n    then: {closed: a test}\n"
    rule += "    why: a test\n"
    browser.run(
        "const area = document.querySelector('textarea');"
        f" area.value = area.value.slice(7).replace('rules:\\n', {json.dumps(rule)})"
    )
    browser.click("button[value=compare]")
    wait_until(lambda: "is done" in browser.text, "the comparison did not end", seconds=600)
    assert "less may go out (concerts are closed)" in browser.text
    assert "concert-crowd.jpg" in browser.text
    assert found_by_axe(browser) == []

    browser.open(f"{url}/set-up/")
    browser.click("main form .usa-button")
    assert "every setting is known and well-formed" in browser.text
    assert found_by_axe(browser) == []
    for width in (1280, 360):
        browser.size(width, 800)
        for page in ("users/", "users/new", "set-up/", "rules/", "rules/draft", "report/"):
            browser.open(f"{url}/{page}")
            assert browser.is_as_wide_as_its_screen, (page, width)
    assert (browser.complaints, browser.failed) == ([], [])
    sign_in(browser, url, "hannah.weber", password)
    assert "hannah.weber · Media staff" in browser.text


def test_control_c_ends_it_and_leaves_nothing(at_samples: tuple[str, dict[str, str], Process, Path]) -> None:
    _, _, desk, folder = at_samples
    began = time.monotonic()
    desk.running.send_signal(signal.SIGINT)
    assert desk.running.wait(60) == 0
    assert time.monotonic() - began < 45
    assert list((folder / "temporary").glob("dam-plugin-desk-*")) == []
    assert "Traceback" not in desk.log.read_text()


@pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")
def test_somebody_comes_in_by_the_districts_own_sign_in(district: District, browser: Browser) -> None:
    pytest.importorskip("oidc_provider_mock")
    from own_oidc import own_provider

    district.upload(CROWD)
    with own_provider() as provider, processes() as running:
        provider.knows("maria", "Communications", amr=["pwd", "mfa"])
        variables = {
            "DAM_PLUGIN_DESK_OIDC_ISSUER": provider.issuer,
            "DAM_PLUGIN_DESK_OIDC_CLIENT_ID": "desk",
            "DAM_PLUGIN_DESK_OIDC_CLIENT_SECRET": "a secret",
            "DAM_PLUGIN_DESK_OIDC_NAME": "your Riverbend account",
            "DAM_PLUGIN_DESK_OIDC_ROLES": json.dumps({"Communications": "media"}),
        }
        desk = running.start("desk", [PROGRAM, "desk", "--port", "0", "--json"], **variables)
        wait_until(lambda: desk.says('"url"') or not desk.is_alive(), "the desk did not start")
        url = re.findall(r'"url": "([^"]+)"', desk.log.read_text())[0]
        browser.open(f"{url}/library/")
        assert "Sign in with your Riverbend account" in browser.text
        assert found_by_axe(browser) == []
        browser.click("main a.usa-button")
        assert browser.address.startswith(provider.issuer)
        browser.write("sub", "maria")
        browser.click("button[type=submit]")
        assert browser.address == f"{url}/library/"
        assert "concert-crowd.jpg" in browser.text
        assert "maria · Media staff" in browser.text
        provider.knows("maria")
        browser.be_new()
        browser.open(url)
        browser.click("main a.usa-button")
        browser.write("sub", "maria")
        browser.click("button[type=submit]")
        assert "none of your groups there has a role here" in browser.text
        assert found_by_axe(browser) == []
