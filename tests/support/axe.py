"""What axe-core objects to in a page, by its rules for WCAG 2.2 AA."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from browser import Browser

AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"


def found_by_axe(browser: Browser) -> list[Any]:
    """Return the rules that the page at hand breaks, each with where."""
    if not AXE.exists():
        pytest.skip("axe-core was not fetched: python hatch_build.py")
    browser.run(AXE.read_text(encoding="utf-8"))
    wanted = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"
    found = browser.result(f"axe.run(document, {wanted}).then(each => JSON.stringify(each.violations))")
    return [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in json.loads(found)]
