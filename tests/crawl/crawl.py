#!/usr/bin/env python3
"""Crawls a site with Scrapy: which pages there are, and what it costs, for a comparison with SnowScrape's `follow`.

    python3 -m venv /tmp/crawl && /tmp/crawl/bin/pip install --requirement tests/crawl/requirements.txt
    /tmp/crawl/bin/python tests/crawl/crawl.py URL [--concurrency 16] [--allow REGEX] [--titles ROWS.jsonl]

Prints, one a line and sorted, the canonical URL (the URL standard's serialisation without fragment) of every page that

- `URL` is, or some page's `<a href>` leads to, on the same host; with `--allow` by links on which it matches somewhere,
- answers 200 with an HTML media type; what is of another type, or answers anything else, is asked for and left out.

A redirect counts as the page at which it ends, once, however many links lead there; one to another host is not
followed, and `--allow` is for links alone. `<base>` counts, `<meta http-equiv=refresh>` does not: it answers 200, so it
is a page. robots.txt, `nofollow` and manners are of no concern: the site is the caller's own. `page` and `page?` are
two URLs, as the standard has it, although Twisted leaves an empty query out when it asks.

Standard error gets a line of JSON: what was found and what it took, without the start of Python itself. The exit status
is 1 if a request failed without an answer, since the set is then not exact.

`--titles` writes a row for each page too, its title and its first paragraph: what a job of SnowScrape's stores.
"""

import argparse
import json
import re
import resource
import sys
import time
from contextlib import suppress

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import HtmlResponse

from urls import NoPage, canonical, host

HTML = {"text/html", "application/xhtml+xml"}
REDIRECTS = [301, 302, 303, 307, 308]
MAX_REDIRECTS = 10

SETTINGS = {
    "ROBOTSTXT_OBEY": False,
    "AUTOTHROTTLE_ENABLED": False,
    "DOWNLOAD_DELAY": 0,
    "RETRY_ENABLED": False,
    "COOKIES_ENABLED": False,
    "HTTPPROXY_ENABLED": False,
    "REFERER_ENABLED": False,
    "LOG_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "MEMUSAGE_ENABLED": False,
    # What would change the set: links left out for their length or depth, redirects by Scrapy's own idea of a URL, and
    # pages replaced by those that they name for a refresh.
    "URLLENGTH_LIMIT": 0,
    "DEPTH_LIMIT": 0,
    "REDIRECT_ENABLED": False,
    "METAREFRESH_ENABLED": False,
}


class Pages(Spider):
    """Collects into `pages`."""

    name = "pages"
    handle_httpstatus_list = REDIRECTS

    def __init__(self, url, allow, titles, pages):
        super().__init__()
        self.url, self.allow, self.titles, self.pages = url, allow, titles, pages
        self.host = host(url)

    async def start(self):
        yield request(self.url)

    def parse(self, response, redirects=0):
        if response.status in REDIRECTS:
            location = response.headers.get("Location", b"").decode("utf-8", "replace")
            target = self.on_this_host(location, response.url)
            if location and target and redirects < MAX_REDIRECTS:
                yield request(target, redirects=redirects + 1)
        elif response.status == 200 and is_html(response):
            self.pages.add(response.url)
            if self.titles:
                yield {
                    "url": response.url,
                    "title": response.css("title::text").get(),
                    "paragraph": response.xpath("string((//p)[1])").get(),
                }
            yield from map(request, self.links(response))

    def links(self, response):
        """Each once, in the page's order."""
        base = response.url
        if named := response.xpath("(//base/@href)[1]").get():
            with suppress(NoPage):
                base = canonical(named, base)
        found = (self.on_this_host(link, base) for link in response.xpath("//a/@href").getall())
        return [link for link in dict.fromkeys(found) if link and (not self.allow or self.allow.search(link))]

    def on_this_host(self, reference, base):
        """The canonical URL, none for what is elsewhere or no page's."""
        try:
            url = canonical(reference, base)
        except NoPage:
            return None
        return url if host(url) == self.host else None


def request(url, **arguments):
    """A URL as it stands: sent and told from others byte by byte, not as Scrapy quotes it and sorts its query."""
    return Request(url, meta={"verbatim_url": True}, cb_kwargs=arguments)


def is_html(response):
    """By its header, by what it looks like where there is none."""
    named = response.headers.get("Content-Type", b"").decode("latin-1").partition(";")[0].strip().lower()
    return isinstance(response, HtmlResponse) and (not named or named in HTML)


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("url")
    arguments.add_argument("--concurrency", type=int, default=16)
    arguments.add_argument("--allow", type=re.compile)
    arguments.add_argument("--titles", metavar="FILE")
    options = arguments.parse_args()

    settings = {
        **SETTINGS,
        "CONCURRENT_REQUESTS": options.concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": options.concurrency,
    }
    if options.titles:
        settings["FEEDS"] = {options.titles: {"format": "jsonlines", "encoding": "utf-8", "overwrite": True}}
    pages = set()
    process = CrawlerProcess(settings)
    crawler = process.create_crawler(Pages)
    process.crawl(crawler, canonical(options.url), options.allow, options.titles, pages)
    began, began_cpu = time.monotonic(), cpu_seconds()
    process.start()
    seconds, cpu = time.monotonic() - began, cpu_seconds() - began_cpu

    stats = crawler.stats.get_stats()
    failed = stats.get("downloader/exception_count", 0) + stats.get("spider_exceptions/count", 0)
    for page in sorted(pages):
        print(page)
    report = {
        "pages": len(pages),
        "requests": stats.get("downloader/request_count", 0),
        "failed": failed,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        # Linux counts in KiB.
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(report), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
