#!/usr/bin/env python3
"""What the benches of one page do, done by parsel: parse the page, answer the queries of queries.txt, make the strings.

    .venv/bin/python plugins/web/benches/page_parsel.py

Prints the best of several rounds in milliseconds for each page and language.
"""

import timeit
from pathlib import Path

from parsel import Selector

HERE = Path(__file__).resolve().parent
FIXTURES = HERE.parents[2] / "tests" / "fixtures" / "pages"
PAGES = {"55 KB": "postgresql-protocol-message-formats.html", "196 KB": "postgresql-monitoring-stats.html"}
QUERIES = [line.split(" ", 1) for line in (HERE / "queries.txt").read_text().splitlines() if " " in line]


def value(match):
    """Of elements the text content, as SnowScrape has it; of everything else what it is."""
    return match.root.xpath("string()") if hasattr(match.root, "tag") else str(match.root)


def answer(page, languages):
    selector = Selector(page, type="html")
    select = {"css": selector.css, "xpath": selector.xpath}
    return [[value(match) for match in select[kind](query)] for kind, query in QUERIES if kind in languages]


for size, name in PAGES.items():
    page = (FIXTURES / name).read_text(encoding="utf-8")
    for languages in (("css",), ("xpath",), ("css", "xpath")):
        best = min(timeit.repeat(lambda: answer(page, languages), number=5, repeat=8)) / 5
        print(f"{size}, {' and '.join(languages)}: {best * 1000:.2f} ms")
