"""The HTML report, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hunts.model import HuntResult, Report
from hunts.render import render

from . import sample
from .sample import HOSTILE, hunt

Open = Callable[[Report], Any]


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a report from disk, without a network; afterwards, it must have asked for nothing."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(3000)
    asked: list[str] = []
    said: list[str] = []
    path = tmp_path / "report.html"

    def dismiss(dialog: Any) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    def show(report: Report) -> Any:
        with path.open("w", encoding="utf-8") as stream:
            render(report, "html", stream)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", dismiss)
        page.goto(path.as_uri())
        return page

    yield show
    context.close()
    assert asked == [path.as_uri()]
    assert said == []


def sorting() -> Report:
    rows = [
        {"src_ip": "203.0.113.10", "count": "100", "agent": "curl/8.5.0"},
        {"src_ip": "203.0.113.9", "count": "9", "agent": "Kubectl"},
        {"src_ip": "198.51.100.7", "count": "-2.5"},
        {"src_ip": "203.0.113.100", "count": "20", "agent": "<b>"},
    ]
    return Report(
        [HuntResult(hunt("x"), "findings", fields=["src_ip", "count", "agent"], results=rows)], []
    )


def column(page: Any, number: int) -> list[str]:
    cells = page.locator(f"table.data tbody tr td:nth-child({number})")
    return [text.strip() for text in cells.all_text_contents()]


COUNTS = ["-2.5", "9", "20", "100"]
ADDRESSES = ["198.51.100.7", "203.0.113.9", "203.0.113.10", "203.0.113.100"]
AGENTS = ["<b>", "curl/8.5.0", "Kubectl", ""]


@pytest.mark.parametrize(
    ("name", "number", "ascending", "descending", "key"),
    [
        ("count", 2, COUNTS, COUNTS[::-1], None),
        ("count", 2, COUNTS, COUNTS[::-1], "Enter"),
        ("src_ip", 1, ADDRESSES, ADDRESSES[::-1], "Space"),
        ("agent", 3, AGENTS, ["Kubectl", "curl/8.5.0", "<b>", ""], None),
    ],
)
def test_headings_sort(
    show: Open, name: str, number: int, ascending: list[str], descending: list[str], key: str | None
) -> None:
    page = show(sorting())
    heading = page.locator("table.data thead").get_by_role("button", name=name, exact=True)
    header = heading.locator("xpath=..")
    assert header.get_attribute("aria-sort") is None
    for direction, expected in (("ascending", ascending), ("descending", descending)):
        if key:
            heading.focus()
            page.keyboard.press(key)
        else:
            heading.click()
        assert column(page, number) == expected
        assert header.get_attribute("aria-sort") == direction
        assert page.locator("table.data [aria-sort]").count() == 1


def test_large_numbers_of_the_summary_sort_by_value(show: Open) -> None:
    page = show(sample.report())
    table = page.locator("section:has(#quiet) table")
    table.get_by_role("button", name="Events").click()
    events = [int(t.replace(",", "")) for t in table.locator("td:nth-child(3)").all_text_contents()]
    assert events == sorted(events)
    assert events[-1] == 51204


def test_headings_are_reached_by_the_tab_key(show: Open) -> None:
    page = show(sorting())
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.closest('table.data th')?.innerText"))
    assert {"src_ip", "count", "agent"} <= reached


def test_hostile_text_neither_runs_nor_breaks_the_page(show: Open) -> None:
    page = show(sample.hostile_report())
    assert page.evaluate("window.__pwned") is None
    assert page.locator("script").count() == 1
    assert page.locator("style").count() == 1
    assert page.locator("img, iframe, object, link, form, svg svg").count() == 0
    assert page.locator("body").is_visible()
    handlers = "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes])"
    assert page.evaluate(f"{handlers}.filter(a => a.name.startsWith('on')).length") == 0
    links = page.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    assert all(
        re.fullmatch(r"#[\w-]+|https://attack\.mitre\.org/techniques/T1046/", u) for u in links
    )
    # Every row and every cell is where it belongs, with its text as written.
    width = page.locator("table.data thead th").count()
    cells = page.evaluate(
        "[...document.querySelectorAll('table.data tbody tr')].map(r => r.cells.length)"
    )
    assert cells == [width] * len(HOSTILE)
    shown = set(column(page, 1))
    assert {HOSTILE["script"], HOSTILE["attribute"], HOSTILE["template"]} <= shown
    assert r"\x1b[2J\x1b[31mall clean\x1b[0m" in shown
    assert all(text.isprintable() for text in shown)


@pytest.mark.parametrize(
    "report", [sample.report(), sample.hostile_report()], ids=["real", "hostile"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scroll(show: Open, scheme: str, report: Report) -> None:
    page = show(report)
    page.set_viewport_size({"width": 400, "height": 800})
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    channels = re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert (int(channels[0]) < 128) == (scheme == "dark")


def test_long_values_unfold_by_click_and_for_print(show: Open) -> None:
    page = show(sample.report())
    last = page.get_by_text("/api/v1/namespaces/team-35/secrets").first
    assert not last.is_visible()
    page.get_by_text("33 more").first.click()
    assert last.is_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 1


def test_every_part_of_the_report_is_there(show: Open) -> None:
    page = show(sample.report())
    tiles = [" ".join(text.split()) for text in page.locator(".tile").all_inner_texts()]
    assert tiles[:5] == [
        "Findings 2 of 8 hunts",
        "Clean 2 of 8 hunts",
        "No data 3 of 8 hunts",
        "Error 1 of 8 hunts",
        "Highest risk 49 of 100",
    ]
    assert tiles[5].startswith("Events read 51,204")
    assert page.locator("h2").all_text_contents()[1:] == [
        "Findings by risk",
        "Timeline",
        "Source addresses",
        "Kubernetes Access Scanning",
        "Amazon EKS Kubernetes cluster scan detection",
        "Hunts without findings",
        "Inputs",
        "Errors",
    ]
    assert page.locator("svg[role=img][aria-label]").count() == 3
    assert "No event matches `kubernetes_azure`" in page.locator("section:has(#quiet)").inner_text()
    assert "gzip member" in page.locator("section:has(#errors)").inner_text()


def test_a_report_of_nothing_opens(show: Open) -> None:
    page = show(Report([], []))
    assert page.get_by_text("No hunt has findings.").is_visible()
