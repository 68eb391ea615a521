#!/usr/bin/env python3
"""Holds the golden values against parsel, and SnowScrape against both.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install -r tests/golden/requirements.txt
    /tmp/golden/bin/python tests/golden/check_parsel.py                      # expected.jsonl against parsel
    /tmp/golden/bin/python tests/golden/check_parsel.py --snowscrape PATH    # and the binary against expected.jsonl
    /tmp/golden/bin/python tests/golden/check_parsel.py --write              # after queries.jsonl has changed

Every query is answered twice by parsel: over libxml2's tree, which parsel makes itself, and over html5lib's tree of the
same page, which follows the HTML standard as SnowScrape does. A query on which the two disagree, or on which we want
something else than parsel, must stand in differences.jsonl with its reason; a difference that is none any more is an
error too. expected.jsonl is what SnowScrape must print: parsel's answer, except for those differences.

What is compared are values. parsel's get() gives an element as its outer HTML, a boolean as 1 or 0 and a number as
Python prints it; SnowScrape gives the element's text content, true or false, and the number as XPath's string() does.
So this script takes the nodes that parsel found and writes them SnowScrape's way. regex queries are Python's re.
"""

import argparse
import html as html_module
import json
import math
import re
import subprocess
import sys
import tempfile
import warnings
from decimal import Decimal
from pathlib import Path

import html5lib
from lxml import etree
from parsel import Selector

HERE = Path(__file__).resolve().parent
PAGES = HERE.parent / "fixtures" / "pages"
QUERIES, EXPECTED, DIFFERENCES = HERE / "queries.jsonl", HERE / "expected.jsonl", HERE / "differences.jsonl"

# HTML standard, section 13.3 "Serializing HTML fragments".
VOID = set("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr".split())
RAW_TEXT = set("style script xmp iframe noembed noframes plaintext".split())
INVISIBLE = " or ".join(f"ancestor::{name}" for name in "head script style template title *[@hidden]".split())


def read_lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def write_lines(path, records):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")


def local_name(name):
    """The name without its namespace, in lower case: how SnowScrape's XPath sees it."""
    return name.rsplit("}", 1)[-1].lower()


def escape(text, attribute=False):
    text = text.replace("&", "&amp;").replace("\u00a0", "&nbsp;")
    return text.replace('"', "&quot;") if attribute else text.replace("<", "&lt;").replace(">", "&gt;")


def standard_inner_html(element):
    raw = element.tag in RAW_TEXT
    parts = [(element.text or "") if raw else escape(element.text or "")]
    for child in element:
        parts.append(standard_outer_html(child))
        parts.append((child.tail or "") if raw else escape(child.tail or ""))
    return "".join(parts)


def standard_outer_html(node):
    if node.tag is etree.Comment:
        return f"<!--{node.text or ''}-->"
    attributes = "".join(f' {name}="{escape(value, True)}"' for name, value in node.attrib.items())
    start = f"<{node.tag}{attributes}>"
    return start if node.tag in VOID else f"{start}{standard_inner_html(node)}</{node.tag}>"


def libxml2_outer_html(node):
    return etree.tostring(node, method="html", encoding="unicode", with_tail=False)


def libxml2_inner_html(node):
    children = (etree.tostring(child, method="html", encoding="unicode") for child in node)
    return html_module.escape(node.text or "", quote=False) + "".join(children)


class Tree:
    """One page as one parser sees it, with parsel on top."""

    def __init__(self, source, standard):
        self.source = source
        self.outer_html = standard_outer_html if standard else libxml2_outer_html
        self.inner_html = standard_inner_html if standard else libxml2_inner_html
        self.selector = Selector(root=self.parse(source), type="html") if standard else Selector(source, type="html")

    @staticmethod
    def parse(source):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # html5lib says that it renames attributes such as xml:lang.
            parsed = html5lib.parse(source, treebuilder="lxml", namespaceHTMLElements=False).getroot()
        # Moved into a document that libxml2 knows as HTML, or else no attribute is an ID for XPath's id().
        root = etree.HTML("<html></html>")
        for comment in reversed(list(parsed.itersiblings(preceding=True))):
            root.addprevious(comment)
        root.attrib.update(parsed.attrib)
        root.text = parsed.text
        root.extend(list(parsed))
        for element in root.iter(etree.Element):
            element.tag = local_name(element.tag)
            attributes = [(local_name(name), value) for name, value in element.attrib.items()]
            element.attrib.clear()
            element.attrib.update(attributes)
        return root

    def matches(self, query):
        if "item" not in query:
            return self.evaluate(self.selector, query, inside_item=False)
        items = self.select(self.selector, query["item"])
        return [self.evaluate(item, query, inside_item=True) for item in items]

    @staticmethod
    def select(selector, query):
        return selector.css(query["query"]) if query["type"] == "css" else selector.xpath(query["query"])

    def evaluate(self, selector, query, inside_item):
        options = query.get("options", {})
        if query["type"] == "regex":
            return find_all(query["query"], self.text_for_regex(selector, options, inside_item))
        output, expression = options.get("output", "text"), query["query"]
        # SnowScrape's own pseudo-elements, which parsel does not have.
        for name in ("inner-html", "html"):
            if query["type"] == "css" and expression.endswith(f"::{name}"):
                output, expression = name, expression.removesuffix(f"::{name}")
        found = self.select(selector, {"type": query["type"], "query": expression})
        return [self.value(match.root, output) for match in found]

    def text_for_regex(self, selector, options, inside_item):
        if options.get("on") == "text":
            return "".join(selector.root.xpath(f"descendant::text()[not({INVISIBLE})]"))
        return self.outer_html(selector.root) if inside_item else self.source

    def value(self, root, output):
        if isinstance(root, bool):
            return "true" if root else "false"
        if isinstance(root, float):
            return number(root)
        if not isinstance(root, etree._Element):
            return str(root)
        if not isinstance(root.tag, str):
            return root.text or ""
        if output == "text":
            return str(root.xpath("string()"))
        return self.outer_html(root) if output == "html" else self.inner_html(root)


def number(value):
    """XPath 1.0, section 4.2, function string(): as many digits as tell it from its neighbours, and no exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value == int(value) else format(Decimal(repr(value)), "f")


def find_all(pattern, text):
    """All matches: the group `value`, else the first group, else the whole; a group that took no part gives nothing."""
    compiled = re.compile(pattern)
    group = "value" if "value" in compiled.groupindex else min(compiled.groups, 1)
    return [m.group(group) for m in compiled.finditer(text) if m.group(group) is not None]


def answer(tree, query):
    """The matches, or what parsel says against the query."""
    try:
        return tree.matches(query)
    except Exception as error:  # parsel and cssselect raise many types, and any of them is an answer here.
        return {"error": f"{type(error).__name__}: {error}"}


def load_pages(queries):
    sources = {name: (PAGES / name).read_bytes().decode("utf-8") for name in sorted({q["page"] for q in queries})}
    return sources, {name: (Tree(text, False), Tree(text, True)) for name, text in sources.items()}


def wanted(query, difference, parsel, standard, trees):
    """What SnowScrape must print for this query, and whether that could be worked out."""
    if difference is None:
        return parsel
    match difference["how"]:
        case "html5":
            return standard
        case "equivalent":
            return answer(trees[1], query | difference["equivalent"])
        case "stated":
            return difference["expected"]
    raise SystemExit(f"{query['id']}: unknown 'how' in differences.jsonl: {difference['how']}")


def check_references(queries, differences, expected, write):
    """Compares both parsel answers with expected.jsonl and differences.jsonl; returns the problems and the answers."""
    sources, pages = load_pages(queries)
    problems, records, answers = [], [], {}
    for query in queries:
        trees, difference = pages[query["page"]], differences.get(query["id"])
        parsel, standard = answer(trees[0], query), answer(trees[1], query)
        ours = wanted(query, difference, parsel, standard, trees)
        answers[query["id"]] = (parsel, standard)
        records.append({"id": query["id"], "matches": ours})
        if difference is None and isinstance(parsel, dict):
            problems.append((query, "parsel refuses it and no difference is listed", parsel, standard))
        elif difference is None and parsel != standard:
            problems.append((query, "libxml2's and html5lib's trees disagree, and it is not listed", parsel, standard))
        elif difference is not None and ours == parsel:
            problems.append((query, "listed as a difference and is none", parsel, ours))
        elif isinstance(ours, dict):
            problems.append((query, "what SnowScrape must print cannot be worked out", parsel, ours))
        if difference is not None:
            if write:
                difference["parsel"], difference["expected"] = parsel, ours
            elif (difference.get("parsel"), difference.get("expected")) != (parsel, ours):
                problems.append((query, "differences.jsonl is out of date, run --write", parsel, ours))
        if not write and expected.get(query["id"]) != ours:
            problems.append((query, "expected.jsonl is not what the references say", expected.get(query["id"]), ours))
    known = {query["id"] for query in queries}
    stray = sorted((set(differences) | (set() if write else set(expected))) - known)
    problems += [({"id": name}, "there is no such query", None, None) for name in stray]
    return problems, records, answers, sources


def run_snowscrape(binary, queries, sources):
    """What `snowscrape extract --batch` prints for the same queries, by id."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as batch:
        for query in queries:
            line = {key: query[key] for key in ("id", "type", "query", "item", "options") if key in query}
            batch.write(json.dumps(line | {"html": sources[query["page"]]}, ensure_ascii=False) + "\n")
        batch.flush()
        try:
            done = subprocess.run([binary, "extract", "--batch", batch.name], stdout=subprocess.PIPE, check=False)
        except OSError as error:
            raise SystemExit(f"cannot run {binary}: {error}") from error
    if done.returncode != 0:
        print(f"{binary} extract --batch ended with exit code {done.returncode}")
    return {r["id"]: r.get("matches", {"error": r.get("error")}) for r in map(json.loads, done.stdout.splitlines())}


def check_snowscrape(binary, queries, records, answers, sources):
    ours = run_snowscrape(binary, queries, sources)
    failures = 0
    for query, record in zip(queries, records, strict=True):
        got, (parsel, standard) = ours.get(query["id"]), answers[query["id"]]
        if got == record["matches"]:
            continue
        failures += 1
        print(f"\n{query['id']} {query['page']} {query['type']} {query['query']}")
        print(f"  snowscrape {brief(got)}\n  expected   {brief(record['matches'])}")
        print(f"  parsel     {brief(parsel)}\n  html5lib   {brief(standard)}")
    print(f"\nsnowscrape: {len(queries) - failures} of {len(queries)} as expected")
    return failures


def brief(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}… ({len(text)} characters)"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--write", action="store_true", help="write expected.jsonl and differences.jsonl anew")
    arguments.add_argument("--snowscrape", metavar="PATH", help="a snowscrape binary to compare with")
    options = arguments.parse_args()

    queries = read_lines(QUERIES)
    differences = {r["id"]: r for r in read_lines(DIFFERENCES)}
    expected = {r["id"]: r["matches"] for r in read_lines(EXPECTED)} if EXPECTED.exists() else {}
    problems, records, answers, sources = check_references(queries, differences, expected, options.write)

    for query, what, parsel, ours in problems:
        print(f"\n{query['id']} {query.get('type', '')} {query.get('query', '')} {query.get('item', '')}\n  {what}")
        print(f"  {brief(parsel)}\n  {brief(ours)}")
    if options.write and not problems:
        write_lines(EXPECTED, records)
        write_lines(DIFFERENCES, [differences[q["id"]] for q in queries if q["id"] in differences])
    print(f"parsel: {len(queries)} queries, {len(differences)} listed differences, {len(problems)} problems")

    failures = check_snowscrape(options.snowscrape, queries, records, answers, sources) if options.snowscrape else 0
    sys.exit(1 if problems or failures else 0)


if __name__ == "__main__":
    main()
