#!/usr/bin/env python3
"""What `snowscrape extract` does, done by parsel: the other side of the comparisons in BENCHMARKS.md.

    bench_parsel.py --type css|xpath --query QUERY FILE     a JSON array of the matches
    bench_parsel.py --batch FILE.jsonl                      a line for each line, as `snowscrape extract --batch` has it

It is as fast as parsel's user would write it: a page that comes again on the next line is not parsed again. An element
is given as its text content, as SnowScrape does. It checks nothing: that is check_parsel.py's part.
"""

import argparse
import json
from pathlib import Path

from parsel import Selector


def select(selector, query):
    return selector.css(query["query"]) if query["type"] == "css" else selector.xpath(query["query"])


def values(found):
    """Of elements the text content, of everything else what it is."""
    return [str(match.root.xpath("string()")) if hasattr(match.root, "tag") else str(match.root) for match in found]


def matches(page, query):
    if "item" in query:
        return [values(select(item, query)) for item in select(page, query["item"])]
    return values(select(page, query))


def batch(file):
    page, source = None, None
    with file.open(encoding="utf-8") as lines:
        for query in map(json.loads, lines):
            if query["html"] != source:
                source = query["html"]
                page = Selector(source, type="html")
            print(json.dumps({"id": query["id"], "matches": matches(page, query)}, ensure_ascii=False))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--type", choices=["css", "xpath"])
    arguments.add_argument("--query")
    arguments.add_argument("--batch", action="store_true")
    arguments.add_argument("file", type=Path)
    options = arguments.parse_args()
    if options.batch:
        batch(options.file)
        return
    if options.type is None or options.query is None:
        arguments.error("--type and --query are needed, or --batch")
    page = Selector(options.file.read_text("utf-8"), type="html")
    print(json.dumps(matches(page, {"type": options.type, "query": options.query}), ensure_ascii=False))


if __name__ == "__main__":
    main()
