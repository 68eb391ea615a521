#!/usr/bin/env python3
"""What examples/thirty.rs does, done by lxml: the queries of thirty.txt, asked of one page as often as is said.

    valgrind --tool=callgrind .venv/bin/python plugins/xpath/examples/thirty_lxml.py PAGE.html 11

The same with 1 instead of 11 is what is to be subtracted. Elements give their text content, as in SnowScrape.
"""

import sys
from pathlib import Path

from lxml import etree, html

page, rounds = sys.argv[1], int(sys.argv[2])
root = html.fromstring(Path(page).read_bytes())
queries = [etree.XPath(line) for line in Path(__file__).with_name("thirty.txt").read_text().splitlines()]
text = etree.XPath("string()")
for _ in range(rounds):
    for query in queries:
        found = query(root)
        if isinstance(found, list):
            found = [text(match) if etree.iselement(match) else match for match in found]
