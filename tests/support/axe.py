"""Accessibility checks by axe-core, which comes with the web client's development tools."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.support.paths import ROOT

_SCRIPT = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"

_RUN = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
  const { violations } = await axe.run(document, { runOnly: tags })
  const where = (nodes) => nodes.slice(0, 3).map((node) => node.html)
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${where(nodes)}`)
}"""


async def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is now."""
    if not _SCRIPT.is_file():
        pytest.skip("axe-core is not here: `npm ci` in web/ installs it")
    await page.evaluate(_SCRIPT.read_text())
    found: list[str] = await page.evaluate(_RUN)
    return found
