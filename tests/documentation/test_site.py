"""The site is built from the pages, strictly, and loads nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.documentation.pages import PAGES, ROOT

FROM_ELSEWHERE = re.compile(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="(?:https?:)?//[^"]*"')


def test_the_site_is_built_without_a_complaint_and_needs_no_network() -> None:
    """Strict: links, anchors and pages that the navigation lacks fail the build."""
    made = subprocess.run(
        [sys.executable, "docs/site.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    pages = [path for path in (ROOT / "build/docs").rglob("*.html") if "assets" not in path.parts]
    assert len(pages) > len(PAGES)
    assert {path.name: FROM_ELSEWHERE.findall(path.read_text()) for path in pages} == {
        path.name: [] for path in pages
    }
    assert "build/docs/search/search_index.json" in {
        path.relative_to(ROOT).as_posix() for path in Path(ROOT / "build/docs/search").iterdir()
    }
