#!/usr/bin/env python3
"""Renders numbered pages with Playwright, for a comparison with SnowScrape's rendering.

    python3 -m venv /tmp/peer && /tmp/peer/bin/pip install --requirement tests/playwright/requirements.txt
    /tmp/peer/bin/python tests/playwright/render.py SITE PAGES CONCURRENCY ITEMS

Drives Debian's Chromium, in as many pages as are asked for, each of which is used again and again. Prints how many pages are
done after each, and ends with 1 where one of them does not show its number and its items.
"""

import asyncio
import sys

from parsel import Selector
from playwright.async_api import async_playwright

CHROMIUM = "/usr/bin/chromium"


async def main(site, pages, concurrency, items):
    """Renders all pages; the rows are kept in memory."""
    numbers = iter(range(1, pages + 1))
    rows = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM)
        context = await browser.new_context()

        async def work():
            page = await context.new_page()
            for number in numbers:
                await page.goto(f"{site}/{number}", wait_until="load")
                document = Selector(await page.content())
                found = document.css("li::text").getall()
                rows.append((int(document.css("h1::text").get()), found))
                print(len(rows), flush=True)

        await asyncio.gather(*(work() for _ in range(concurrency)))
        await browser.close()
    expected = [(number, [f"Item {at} of page {number}" for at in range(items)]) for number in range(1, pages + 1)]
    if sorted(rows) != expected:
        sys.exit("error: the rows are not what the pages show")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
