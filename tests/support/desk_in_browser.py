"""A running desk in a real browser: starting it, signing in with a new account, and what axe-core objects to."""

from __future__ import annotations

import base64
import hmac
import json
import re
import struct
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from live_processes import PROGRAM, Processes
from waiting import wait_until

if TYPE_CHECKING:
    from browser import Browser

AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"


def started(running: Processes) -> str:
    desk = running.start("desk", [PROGRAM, "desk", "--port", "0", "--json"])
    wait_until(lambda: desk.says('"url"') or not desk.is_alive(), "the desk did not start")
    return str(re.findall(r'"url": "([^"]+)"', desk.log.read_text())[0])


def account(name: str, *roles: str) -> str:
    options = [word for role in roles for word in ("--role", role)]
    made = subprocess.run([PROGRAM, "desk-user", name, *options, "--json"], capture_output=True, check=True)
    return str(json.loads(made.stdout)["password"])


def code(secret: str, at: float) -> str:
    """Return the six digits that an authenticator shows (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(at) // 30), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def signed_in(browser: Browser, desk: str, name: str = "maria", *roles: str) -> str:
    """Sign in with a new account, and set up its second factor; return its password."""
    password = account(name, *(roles or ("media",)))
    browser.open(desk)
    browser.write("login", name)
    browser.write("password", password)
    browser.click("main button[type=submit]")
    secret = browser.value("#authenticator_secret")
    browser.write("code", code(secret, time.time()))
    browser.click("main form button[type=submit]")
    browser.open(desk)
    return password


def found_by_axe(browser: Browser) -> list[Any]:
    """Return what axe-core objects to in the page, by its rules for WCAG 2.2 AA."""
    if not AXE.exists():
        pytest.skip("axe-core was not fetched: python hatch_build.py")
    browser.run(AXE.read_text(encoding="utf-8"))
    wanted = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"
    found = browser.result(f"axe.run(document, {wanted}).then(each => JSON.stringify(each.violations))")
    return [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in json.loads(found)]
