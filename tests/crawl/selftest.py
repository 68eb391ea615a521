#!/usr/bin/env python3
"""Proves that crawl.py finds exactly the pages of a site that sets every trap that its head speaks of.

    /tmp/crawl/bin/python tests/crawl/selftest.py
"""

import json
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from urls import NoPage, canonical

CRAWL = Path(__file__).with_name("crawl.py")
HTML = "text/html; charset=utf-8"
# A base, a reference, and what the URL standard makes of them (checked with Node.js), none for what is no page.
REFERENCES = [
    ("http://h.example/a/b/c?q=1", "d", "http://h.example/a/b/d"),
    ("http://h.example/a/b/c?q=1", "", "http://h.example/a/b/c?q=1"),
    ("http://h.example/a/b/c?q=1", "#f", "http://h.example/a/b/c?q=1"),
    ("http://h.example/a/b/c?q=1", "?", "http://h.example/a/b/c?"),
    ("http://h.example/a/b/c?q=1", "?b=2&a=1#f", "http://h.example/a/b/c?b=2&a=1"),
    ("http://h.example/a/b/c", "../..", "http://h.example/"),
    ("http://h.example/a/b/c", "../../../../d/.", "http://h.example/d/"),
    ("http://h.example/a/b/c", "%2E%2e/d", "http://h.example/a/d"),
    ("http://h.example/a/b/c", "\\d\\e", "http://h.example/d/e"),
    ("http://h.example/a/b/c", "//h.example/d", "http://h.example/d"),
    ("http://h.example/a//b", "c", "http://h.example/a//c"),
    ("http://h.example/", " \td e\n", "http://h.example/d%20e"),
    ("http://h.example/", "é|{}'?é|{}'", "http://h.example/%C3%A9|%7B%7D'?%C3%A9|{}%27"),
    ("http://h.example/", "%41%zz", "http://h.example/%41%zz"),
    ("http://h.example/", "HTTP://me:hush@H.example:80", "http://h.example/"),
    ("http://h.example/", "https://h.example:443/x", "https://h.example/x"),
    ("http://h.example/a/b", "http:c", "http://h.example/a/c"),
    ("https://h.example/a/b", "http:c", "http://c/"),
    ("http://h.example/", "mailto:someone@h.example", None),
    ("http://h.example/", "javascript:void 0", None),
    ("http://h.example/", "http://h.example:65536/", None),
]


def page(*links, head=""):
    anchors = "".join(f'<a href="{link}">x</a>' for link in links)
    return 200, {"Content-Type": HTML}, f"<!doctype html><title>T</title>{head}<p>First</p><p>Second</p>{anchors}"


def redirect(location, status=302):
    return status, {"Location": location, "Content-Type": HTML}, '<a href="/only-in-a-redirect">x</a>'


LINKS = """
/plain plain#part #part /q?a=1&b=2 /q?b=2&a=1 /to-plain /to-landed /to-landed-too /to-elsewhere /loop /chain/0 /picture
/script /xhtml /gone /failed /based/index /refresh /no-type /%7Etilde /~tilde /a%20b //localhost/elsewhere mailto:a@b
/deep/0 /disguised.html /upper.HTML /nofollow
"""
LONG = "/long?" + "x" * 5_000
PAGES = {
    "/": page(*LINKS.split(), "/a b", LONG),
    "/plain": page("/"),
    "/q?a=1&b=2": page(),
    "/q?b=2&a=1": page(),
    "/to-plain": redirect("/plain"),
    "/to-landed": redirect("landed", 301),
    "/to-landed-too": redirect("/to-landed#part", 308),
    "/landed": page("/found-after-a-redirect"),
    "/found-after-a-redirect": page(),
    "/only-in-a-redirect": page(),
    "/to-elsewhere": redirect("http://localhost:1/"),
    "/loop": redirect("/loop"),
    "/picture": (200, {"Content-Type": "image/png"}, '<a href="/only-in-a-picture">x</a>'),
    "/only-in-a-picture": page(),
    "/script": (200, {"Content-Type": "text/javascript"}, "1"),
    "/xhtml": (200, {"Content-Type": "application/xhtml+xml"}, page("/found-in-xhtml")[2]),
    "/found-in-xhtml": page(),
    "/gone": (404, {"Content-Type": HTML}, '<a href="/only-in-an-error">x</a>'),
    "/failed": (500, {"Content-Type": HTML}, "x"),
    "/only-in-an-error": page(),
    "/based/index": page("sibling", head='<base target="_top"><base href="/elsewhere/"><base href="/no/">'),
    "/elsewhere/sibling": page(),
    "/based/sibling": page(),
    "/refresh": page(head='<meta http-equiv="refresh" content="0; url=/only-in-a-refresh">'),
    "/only-in-a-refresh": page(),
    "/no-type": (200, {}, page("/found-without-a-type")[2]),
    "/found-without-a-type": page(),
    "/%7Etilde": page(),
    "/~tilde": page(),
    "/a%20b": page(),
    LONG: page(),
    "/disguised.html": (200, {"Content-Type": "text/plain"}, page()[2]),
    "/upper.HTML": (200, {"Content-Type": "Text/HTML"}, page()[2]),
    "/nofollow": page("/found-against-nofollow", head='<meta name="robots" content="nofollow">'),
    "/found-against-nofollow": page(),
    "/robots.txt": (200, {"Content-Type": "text/plain"}, "User-agent: *\nDisallow: /"),
    **{f"/chain/{place}": redirect(f"/chain/{place + 1}") for place in range(30)},
    **{f"/deep/{place}": page(str(place + 1)) for place in range(200)},
}
NOT_LINKED = {"/only-in-a-redirect", "/only-in-a-picture", "/only-in-an-error", "/only-in-a-refresh", "/based/sibling"}
NOT_HTML = {"/picture", "/script", "/disguised.html", "/robots.txt"}
FOUND = {path for path, (status, _, _) in PAGES.items() if status == 200} - NOT_LINKED - NOT_HTML


class Site(BaseHTTPRequestHandler):
    """Answers as PAGES say, and remembers what it was asked for."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar = []

    def do_GET(self):
        self.asked.append(self.path)
        status, headers, body = PAGES.get(self.path, (404, {}, ""))
        body = body.encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": len(body)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def crawl(*arguments):
    """The exit status, the lines and the report."""
    command = [sys.executable, CRAWL, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, ended.stdout.split("\n")[:-1], json.loads(ended.stderr.splitlines()[-1])


def main():
    for base, reference, expected in REFERENCES:
        try:
            found = canonical(reference, base)
        except NoPage:
            found = None
        assert found == expected, (base, reference, found, expected)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = f"http://127.0.0.1:{server.server_port}"

    status, found, report = crawl(f"{site}/")
    paths = {line.removeprefix(site) for line in found}
    assert paths == FOUND, (paths - FOUND, FOUND - paths)
    assert found == sorted(found) and len(found) == len(paths) == report["pages"], report
    assert status == 0 and report["failed"] == 0, report
    asked = Site.asked
    assert len(asked) == len(set(asked)) == report["requests"], [path for path in asked if asked.count(path) > 1]
    assert "/robots.txt" not in asked

    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder, "rows.jsonl")
        _, found, _ = crawl(f"{site}/to-landed", "--titles", rows, "--concurrency", "1")
        assert found == [f"{site}/found-after-a-redirect", f"{site}/landed"], found
        written = [json.loads(row) for row in rows.read_text("utf-8").splitlines()]
        wanted = [{"url": url, "title": "T", "paragraph": "First"} for url in found]
        assert sorted(written, key=lambda row: row["url"]) == wanted, written

    _, found, _ = crawl(f"{site}/", "--allow", "/deep/1?[0-9]$")
    assert len(found) == 1 + 20, found

    server.shutdown()
    server.server_close()
    status, found, report = crawl(f"{site}/")
    assert (status, found, report["failed"]) == (1, [], 1), (status, found, report)
    print(f"{len(REFERENCES)} references and {len(FOUND)} pages as they should be")


if __name__ == "__main__":
    main()
