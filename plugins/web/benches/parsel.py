#!/usr/bin/env python3
"""One page through parsel, in a loop in one process: the other side of `page.rs` here and of `engine/benches/page.rs`.

    parsel.py [SECONDS]     a line of JSON for each measurement: {"page", "what", "nanoseconds"}

Each round parses the page from its bytes as they are on disk and asks the queries of `queries.txt`, as `Selector`
compiles them: cssselect's translations and lxml's XPath objects come from their caches after the first round. A match is
what SnowScrape gives: of an element its text content. The figure is the median of the rounds, collector on, as users
have it.
"""

import json
import statistics
import sys
import time
from pathlib import Path

from parsel import Selector

HERE = Path(__file__).resolve().parent
PAGES = {
    "55 KB": "postgresql-protocol-message-formats.html",
    "196 KB": "postgresql-monitoring-stats.html",
}
WHATS = {"css": ["css"], "xpath": ["xpath"], "css and xpath": ["css", "xpath"]}


def values(found):
    """Of elements the text content, of everything else what it is."""
    return [str(match.root.xpath("string()")) if hasattr(match.root, "tag") else str(match.root) for match in found]


def answer(page, queries):
    selector = Selector(body=page, encoding="utf-8", type="html")
    found = []
    for language, expression in queries:
        found.append(values(selector.css(expression) if language == "css" else selector.xpath(expression)))
    return found


def median(page, queries, seconds):
    rounds = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(rounds) < 20:
        start = time.perf_counter_ns()
        answer(page, queries)
        rounds.append(time.perf_counter_ns() - start)
    return statistics.median(rounds)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    lines = (HERE / "queries.txt").read_text("utf-8").splitlines()
    queries = [tuple(line.split(" ", 1)) for line in lines]
    for size, file in PAGES.items():
        page = (HERE / "../../../tests/fixtures/pages" / file).read_bytes()
        for what, languages in WHATS.items():
            asked = [query for query in queries if query[0] in languages]
            print(json.dumps({"page": size, "what": what, "nanoseconds": median(page, asked, seconds)}))


if __name__ == "__main__":
    main()
