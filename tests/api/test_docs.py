"""The page that describes the API: all of the contract, readable under a strict policy, and nothing that runs."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tgcfd.api.contract import document, operations
from tgcfd.api.docs.codes import as_markdown, codes
from tgcfd.api.docs.markdown import block, inline
from tgcfd.api.docs.page import page
from tgcfd.api.docs.schema import sample

ROOT = Path(__file__).parents[2]
EMPTY = {"meta", "link", "br"}


class Page(HTMLParser):
    """What a page holds; fails where an element is not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.tags: set[str] = set()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if "href" in found else []
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def test_it_is_served_once_and_then_known(api: Any) -> None:
    for path, content_type in (
        ("/api/docs", "text/html"),
        ("/api/docs.css", "text/css"),
        ("/api/openapi.json", "application/json"),
    ):
        first = await api.get(path)
        whole = await first.read()
        assert (first.status, first.content_type) == (200, content_type)
        assert first.headers["Cache-Control"] == "no-cache"

        again = await api.get(path, headers={"If-None-Match": f'"x", W/{first.headers["ETag"]}'})
        assert (again.status, await again.read()) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]

        other = await api.get(path, headers={"If-None-Match": '"x"'})
        assert (other.status, await other.read()) == (200, whole)


async def test_it_runs_nothing_and_loads_its_stylesheet_alone(api: Any) -> None:
    policy = (await api.get("/api/docs")).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self'" in policy
    assert "script-src" not in policy
    found = Page(page())
    assert not found.tags & {"script", "style", "iframe", "img", "form", "object"}
    assert not {name for name in found.attributes if name == "style" or name.startswith("on")}
    assert [link for link in found.links if not link.startswith("#")] == ["/api/docs.css", "/api/openapi.json"]


def test_all_of_the_contract_is_in_it() -> None:
    found = Page(page())
    wanted = {item["operationId"] for methods in document()["paths"].values() for item in methods.values()}
    wanted |= {f"schema-{name}" for name in document()["components"]["schemas"]}
    wanted |= {f"code-{each.code}" for each in codes()}
    assert wanted <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))
    assert {link.removeprefix("#") for link in found.links if link.startswith("#")} <= set(found.ids)


def test_what_is_made_of_several_schemas_shows_all_of_their_fields() -> None:
    shown = dict(re.findall(r'<section id="(\w+)">(.*?)</section>', page(), re.DOTALL))
    for operation, ref, name in (("makeApiToken", "ApiToken", "token"), ("makeInvite", "Invite", "code")):
        answers = shown[operation].partition("<h4>Answers</h4>")[2]
        assert f'<a href="#schema-{ref}">' in answers
        assert f"<dt><code>{name}</code>" in answers
    assert "anything" not in shown["makeApiToken"]


def test_the_example_of_a_browser_s_log_in_has_what_a_browser_sends() -> None:
    shown = re.findall(r"<pre>(curl[^<]*)</pre>", page())
    (example,) = [text for text in shown if text.endswith("/api/auth/session") and "-c COOKIES" in text]
    assert "Origin: https://" in example


def test_every_tag_of_an_operation_is_described() -> None:
    tags = {tag["name"] for tag in document()["tags"]}
    for path, methods in document()["paths"].items():
        for method, item in methods.items():
            assert len(item.get("tags", ())) == 1, (method, path)
            assert item["tags"][0] in tags, (method, path)
            assert item["summary"], (method, path)


def test_what_it_says_to_send_is_good() -> None:
    for (method, path), operation in operations().items():
        for content_type, validator in operation.bodies.items():
            if content_type.endswith("json"):
                found = operation.violations(content_type, sample(validator.schema))
                assert found == [], (method, path, found)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b & `c < d`", "a &lt; b &amp; <code>c &lt; d</code>"),
        ("an *important* word, 2 * 3 * 4", "an <em>important</em> word, 2 * 3 * 4"),
        ("`*code*` and <script>", "<code>*code*</code> and &lt;script&gt;"),
        ('a "quote"', "a &quot;quote&quot;"),
    ],
)
def test_a_line_of_markdown(text: str, html: str) -> None:
    assert inline(text) == html


def test_paragraphs_and_lists_of_markdown() -> None:
    assert block("one\nline\n\n- a\n- b\n  and c\n\nend\n") == (
        "<p>one line</p><ul><li>a</li><li>b and c</li></ul><p>end</p>"
    )
    assert block("") == ""


def test_the_list_of_codes_is_the_one_of_this_code() -> None:
    assert (ROOT / "docs/errors.md").read_text() == as_markdown(), "run: make docs"


def test_every_code_is_told_by_one_class_with_a_meaning() -> None:
    found = [each.code for each in codes()]
    assert len(found) == len(set(found))
    for each in codes():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", each.code)
        assert each.meaning.endswith("."), each.code
        assert "|" not in each.meaning
        assert not each.title.endswith(".")


def test_the_threat_model_names_files_that_are_there() -> None:
    text = (ROOT / "docs/threat-model.md").read_text()
    named = set(re.findall(r"`([\w./-]+\.(?:py|lock|service)|[a-z]+/(?:[a-z_]+/)?)`", text))
    assert len(named) > 30
    assert [name for name in named if not ((ROOT / "tgcfd" / name).exists() or (ROOT / name).exists())] == []
