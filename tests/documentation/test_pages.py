"""Documents hold together: every link resolves, every page is reached, and code hosts can read it.

`tests/documentation/test_site.py` asks the same of the site, by MkDocs' own rules.
"""

from __future__ import annotations

import re

import pytest
import yaml

from tests.documentation.pages import BY_NAME, PAGES, ROOT, Page

LINKS = [(page, link) for page in PAGES for link in page.links]


@pytest.mark.parametrize(("page", "link"), LINKS, ids=lambda value: getattr(value, "name", value))
def test_a_link_resolves(page: Page, link: str) -> None:
    if re.match(r"\w+:", link):
        assert link.startswith("https://"), "other sites are linked to by https"
        return
    file, _, anchor = link.partition("#")
    target = (page.path.parent / file).resolve() if file else page.path
    assert target.is_file(), "links lead to files; name a folder as `code`"
    if anchor:
        assert anchor in Page(target).anchors


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_reached_from_the_readme_and_stands_in_the_site(page: Page) -> None:
    readme = BY_NAME["README.md"]
    assert page is readme or page.name in readme.links
    # the file has tags of Python, for the function that makes anchors
    nav = (ROOT / "docs/mkdocs.yml").read_text().partition("\nnav:\n")[2]
    listed = {
        name
        for entry in yaml.safe_load(nav)
        for part in entry.values()
        for name in ([part] if isinstance(part, str) else [n for one in part for n in one.values()])
    }
    assert page.name in listed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_code_hosts_and_mkdocs_read_otherwise_is_not_used(page: Page) -> None:
    """A list needs a blank line before it, and a second level four blanks, for MkDocs."""
    assert not re.search(r"^(?!- |\d+\. |  |#|\|).*\S\n(?:- |1\. )", page.prose, re.MULTILINE)
    assert not re.search(r"^ {1,3}(?:- |\d+\. )", page.prose, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_fence_says_what_it_holds(page: Page) -> None:
    assert [str(block) for block in page.blocks if not block.language] == []


def test_pictures_are_small_and_used() -> None:
    used = {(page.path.parent / link).resolve() for page in PAGES for link in page.links}
    for picture in (ROOT / "docs/images").iterdir():
        assert picture in used, f"{picture.name} is shown on no page"
        assert picture.stat().st_size <= 200_000
