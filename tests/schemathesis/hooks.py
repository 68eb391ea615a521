"""Puts valid values where no schema can say what is valid.

schemathesis makes requests from the document. Some of what the server asks for stands in no schema: that an expression
parses, that names differ, that one field goes with another. A request at fault there is answered with 400, and rightly;
so these places get values that are valid, and the check `positive_data_acceptance` keeps its meaning: every request
that keeps to the document and passed through here must be accepted. Everything else is sent as it was made.

Requests with a fault made on purpose are mended too, all but the fault: else they would be refused for an expression
that does not parse, and the fault would never be seen. Where the fault is what would be mended, the request stays as it
was made. schemathesis looks at the mended request again, so it always knows whether it keeps to the document.

Each function says what it excuses and why. The environment variable SNOWSCRAPE_SITE is the URL of a page on loopback
that answers.
"""

import atexit
import copy
import json
import os
import re
import secrets
from collections import Counter
from pathlib import Path
from zlib import crc32

import schemathesis
from schemathesis.generation.meta import TestPhase

SITE = os.environ["SNOWSCRAPE_SITE"]

# Not in the schema: an expression must parse as its type says. Each is in its type's grammar as SnowScrape and parsel
# have it.
EXPRESSIONS = {
    "css": ["h1::text", "p", "a::attr(href)", "ul > li:nth-child(2n+1)", "[class~='price'], td:not(:empty)"],
    "xpath": ["//h1/text()", ".", ".//a/@href", "count(//li)", "//p[contains(., 'a')][position() < 3]"],
    "regex": ["[0-9]+", "<title>([^<]*)</title>", "(?i)price: (?P<value>[0-9.,]+)"],
}
# Not in the schema: what finds items must find nodes, so no text, attribute, number or regex will do.
ITEMS = {"css": ["li", "div > p", "tr:has(td)"], "xpath": ["//li", ".//tr[td]", "//*[@class]"]}
# These find nothing, on purpose: a run then fetches one page and ends at once, however few requests a minute it has.
LINKS = {
    "css": ["a.nowhere::attr(href)", "link[rel='nowhere']::attr(href)"],
    "xpath": ["//a[@class='nowhere']/@href"],
    "regex": ["nowhere (https?://[^ ]+)"],
}
# Not in the schema: which options there are is said by the type.
OPTIONS = {
    "css": [{}, {"output": "text"}, {"output": "html"}, {"output": "inner-html"}],
    "xpath": [{}, {"output": "text"}, {"output": "html"}, {"output": "inner-html"}],
    "regex": [{}, {"on": "source"}, {"on": "text"}],
}
# Not in the schema: a regular expression must parse, and as the regex crate does it, without look-around.
PATTERNS = ["[0-9.,]+", "/p/", "^https?://[^/]+/", "(?i)page=([0-9]+)", ""]
# Not in the schema: a format has strftime's letters, and must give a whole date.
FORMATS = ["%Y-%m-%d", "%d.%m.%Y %H:%M", "%d %B %Y", "%s"]
# Not in the schema: an http or https URL that the address guard lets through, and that answers. What is varied stands
# in the fragment, so that it is one page and a run of it is over at once.
SOURCES = [SITE, f"{SITE}#[001-010:3]-[a,b]", f"{SITE}#{{{{date-1d:%Y/%m/%d}}}}-[x"]
# The source of the stateful phase's jobs, and the fields that they do without: with them a run may be over at once,
# since its pages are no CSV, no browser is there to render them, or a secret is not set.
LONG_SOURCE = f"{SITE}?page=[1-9]"
AT_ONCE = "source_type source_column pagination follow rows_from request render_config proxy_config".split()
# Not in the schema: names of the IANA database, and countries of ISO 3166.
TIME_ZONES = ["UTC", "Europe/Paris", "America/St_Johns", "Asia/Kathmandu"]
COUNTRIES = ["US", "us", "GB-ENG", "fr-75", "DE"]
# Not in the schema: the options of `GET …/download` go with one format each. They are the built-in exporters'.
EXPORT_OPTIONS = {
    "json": {"lines"},
    "csv": {"bom", "delimiter", "formulas"},
    "xlsx": {"links", "sheet"},
    "parquet": {"compression", "row_group_rows"},
    "sql": {"dialect", "if_exists", "table"},
}
# Not in the schema: what an exporter takes for these is its own to say, and which columns there are is the job's. Those that
# tell where a row comes from are always there.
EXPORT_VALUES = {
    "delimiter": [",", ";", "|", "tab"],
    "sheet": ["Results", "Prices é"],
    "table": ["results", 'a "table"'],
    "columns": ["_url", "_run,_scraped_at"],
}
ROW_GROUP_ROWS = [1024, 131072, 1048576]

TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
CLIENT_FIELDS = set("connection content-length expect host keep-alive te transfer-encoding upgrade".split())


def pick(choices, text):
    """The same choice for the same text, so that a run can be repeated; a text that is one of them stays."""
    return text if text in choices else choices[crc32(str(text).encode("utf-8", "surrogatepass")) % len(choices)]


def mend_text(owner, name, mend):
    """Mends a field that is a text; a missing one, or one of another type, is left to the server."""
    if isinstance(owner.get(name), str):
        owner[name] = mend(owner[name])


def mend_texts(owner, name, mend):
    if isinstance(owner.get(name), list):
        owner[name] = [mend(member) if isinstance(member, str) else member for member in owner[name]]


def inner(owner, name):
    """The object in a field; one that is forgotten again where there is none, so that callers need no check."""
    return owner[name] if isinstance(owner.get(name), dict) else {}


def inner_list(owner, name):
    members = owner.get(name)
    return [member for member in members if isinstance(member, dict)] if isinstance(members, list) else []


def selector(owner, expressions):
    kind = owner.get("type")
    if not isinstance(kind, str):
        return
    # Not in the schema, where it does not list them: plugins can add types.
    owner["type"] = kind = pick(list(expressions), kind)
    mend_text(owner, "query", lambda query: pick(expressions[kind], query))
    if isinstance(owner.get("options"), dict):
        owner["options"] = pick(OPTIONS[kind], owner["options"])


def query(owner):
    selector(owner, EXPRESSIONS)
    mend_text(owner, "match", lambda text: pick(PATTERNS, text))
    mend_text(owner, "format", lambda text: pick(FORMATS, text))
    # Not in the schema: fields that only have a meaning with another. That one is set where it is free, else they go.
    if owner.get("many") is True and owner.get("join") is True:
        owner["join"] = False
    if isinstance(owner.get("join_separator"), str) and owner.get("join") is not True:
        if owner.get("join") is None and owner.get("many") is not True:
            owner["join"] = True
        else:
            del owner["join_separator"]
    for field, kinds in (("decimal", ["number", "integer"]), ("format", ["datetime"])):
        if isinstance(owner.get(field), str):
            if owner.get("as") is None:
                owner["as"] = kinds[0]
            elif owner["as"] not in kinds:
                del owner[field]


def queries(owner):
    seen = set()
    for place, member in enumerate(inner_list(owner, "queries")):
        query(member)
        # Not in the schema: names differ, without regard to case.
        name = member.get("name")
        if isinstance(name, str):
            if name.casefold() in seen:
                member["name"] = name[:100] + f" {place}"
            seen.add(member["name"].casefold())


def rules(owner):
    for name in ("allow", "deny"):
        mend_texts(owner, name, lambda text: pick(PATTERNS, text))


def header_text(text):
    return CONTROL.sub("-", text)


def fields(owner, name, taken, text):
    """`request.headers` and `request.cookies`. Not in the schema: names are tokens and unique without regard to case,
    not the client's own, nor set by another field; values hold no control characters."""
    if not isinstance(owner.get(name), dict):
        return
    mended = {}
    for place, (field, value) in enumerate(owner[name].items()):
        lower = {known.lower() for known in mended}
        if not TOKEN.fullmatch(field) or field.lower() in taken or field.lower() in lower:
            field = f"X-{place}"
        mended[field] = text(value) if isinstance(value, str) else value
    owner[name] = mended


def request(owner):
    # Not in the schema: a body does not go with GET, which is the default.
    if isinstance(owner.get("body"), str):
        if owner.get("method") is None:
            owner["method"] = "POST"
        elif owner["method"] == "GET":
            del owner["body"]
    also = {"auth": "authorization", "user_agent": "user-agent"}
    fields(owner, "headers", CLIENT_FIELDS | {also[name] for name in also if owner.get(name) is not None}, header_text)
    fields(owner, "cookies", set(), lambda text: header_text(text).replace(";", "-"))
    mend_text(owner, "user_agent", header_text)
    mend_text(inner(owner, "auth"), "username", lambda name: name.replace(":", "-"))
    # No excuse: a request that times out is not tried again and again, so that runs stay short.
    if isinstance(owner.get("timeout_ms"), int) and owner["timeout_ms"] < 1000 and owner.get("attempts") is None:
        owner["attempts"] = 1


def render_config(owner):
    # Not in the schema: the selector belongs to one of the strategies.
    if owner.get("wait_strategy") == "selector" and owner.get("wait_for_selector") is None:
        owner["wait_for_selector"] = "#more"
    elif isinstance(owner.get("wait_for_selector"), str) and owner.get("wait_strategy") not in (None, "selector"):
        del owner["wait_for_selector"]
    # Not in the schema, where it says that every key may be null: an action has exactly one.
    for action in inner_list(owner, "actions"):
        given = [name for name in action if action[name] is not None]
        for name in given[1:]:
            del action[name]
        if not given:
            action["wait_ms"] = 0


def definition(owner):
    """A job, and the parts of one that `POST /extract` takes."""
    # Not in the schema: a name is more than white space.
    mend_text(owner, "name", lambda name: name if name.strip() else "Job")
    mend_texts(owner, "urls", lambda text: SITE)
    # Not in the schema: the column is one of a CSV source.
    if isinstance(owner.get("source_column"), str):
        if owner.get("source_type") is None:
            owner["source_type"] = "csv"
        elif owner["source_type"] != "csv":
            del owner["source_column"]
    selector(inner(owner, "item"), ITEMS)
    queries(owner)
    selector(inner(inner(owner, "pagination"), "next"), LINKS)
    for rule in inner_list(owner, "follow"):
        selector(inner(rule, "links"), LINKS)
        rules(rule)
    rules(inner(owner, "rows_from"))
    request(inner(owner, "request"))
    mend_text(inner(owner, "scheduling"), "timezone", lambda name: pick(TIME_ZONES, name))
    render_config(inner(owner, "render_config"))
    mend_text(inner(owner, "proxy_config"), "geo_targeting", lambda code: pick(COUNTRIES, code))


def for_a_while(owner):
    """No excuse, but for the stateful phase: a run goes on for two seconds, or nothing could be paused, and no longer,
    however few requests a minute its job asks for. The fields that it does without are sent in the other phases."""
    if not isinstance(owner.get("source"), str):
        return
    owner["source"] = LONG_SOURCE
    for name in AT_ONCE:
        owner.pop(name, None)
    if owner.get("budget") is None:
        owner["budget"] = {}
    budget = inner(owner, "budget")
    if budget.get("seconds") is None or isinstance(budget["seconds"], int) and budget["seconds"] > 2:
        budget["seconds"] = 2


def mend_body(case, body):
    if not isinstance(body, dict):
        return
    definition(body)
    if case.meta.phase.name == TestPhase.STATEFUL:
        for_a_while(body)
    else:
        mend_text(body, "source", lambda text: pick(SOURCES, text))
    if case.operation.path == "/extract":
        # Not in the schema, where it does not say so: a page is given by its URL or as HTML, not both.
        mend_text(body, "url", lambda text: SITE)
        if body.get("url") is not None and body.get("html") is not None:
            del body["url"]
        elif body.get("url") is None and body.get("html") is None:
            body["html"] = "<h1>A</h1>"
        if body.get("url") is not None:
            # Not in the schema: robots.txt is not asked yet, and a fetch that should is refused and says so.
            if inner(body, "request").get("robots") == "obey":
                body["request"]["robots"] = "ignore"
            # Not in the schema: which secrets the operator has set. None is here.
            for name in "headers", "cookies", "auth":
                values = inner(inner(body, "request"), name)
                for field, value in values.items():
                    if isinstance(value, dict) and set(value) == {"secret"} and isinstance(value["secret"], str):
                        values[field] = "text"


def mend_query(case, parameters):
    # Not in the schema: a cursor is one that the server gave, for the same list.
    if isinstance(parameters.get("cursor"), str):
        del parameters["cursor"]
    if case.operation.path.endswith("/download"):
        mend_text(parameters, "format", lambda text: pick(list(EXPORT_OPTIONS), text))
        for name, values in EXPORT_VALUES.items():
            mend_text(parameters, name, lambda text: pick(values, text))
        if re.fullmatch(r"-?[0-9]+", str(parameters.get("row_group_rows"))):
            parameters["row_group_rows"] = pick(ROW_GROUP_ROWS, parameters["row_group_rows"])
        for name, options in EXPORT_OPTIONS.items():
            if parameters.get("format", "json") in [other for other in EXPORT_OPTIONS if other != name]:
                for option in options:
                    parameters.pop(option, None)


def mend_headers(case, headers):
    # Not in the schema: an event's id is one that the server gave, for the same run.
    headers.pop("Last-Event-ID", None)
    # No excuse: the same key again is answered with the first job, which another test may have deleted meanwhile. The
    # length is kept where it is long enough to be told apart.
    key = headers.get("Idempotency-Key")
    if isinstance(key, str) and key.strip():
        headers["Idempotency-Key"] = key[:-16] + secrets.token_hex(8)


def mend_path(case, parameters):
    # No excuse, but for the stateful phase: chains may begin with any POST, and an id that was made up ends them. The
    # other phases make ids up.
    job = parameters.get("id")
    if case.meta.phase.name == TestPhase.STATEFUL and isinstance(job, str) and job not in made and there:
        parameters["id"] = there[-1]


MEND = {"path_parameters": mend_path, "query": mend_query, "headers": mend_headers, "body": mend_body}
# The ids of all jobs that were made, and of those that are there.
made, there = set(), []
# How often each operation answered with which status, for run.py.
answers = Counter()


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None:
        return
    for name, mend in MEND.items():
        original = getattr(case, name)
        mended = copy.deepcopy(original)
        if mended:
            mend(case, mended)
        if mended == original:
            continue
        mode = case.meta.generation.mode
        setattr(case, name, mended)
        if mode.is_negative and case.meta.generation.mode.is_positive:
            setattr(case, name, original)
        elif mode.is_positive and case.meta.generation.mode.is_negative:
            raise AssertionError(f"hooks.py wrote something that the document does not allow: {name}: {mended!r}")


@schemathesis.hook
def after_call(context, case, response):
    answer = f"{case.operation.label} {response.status_code}"
    answers[answer] += 1
    if answer == "POST /jobs 201":
        job = response.json()["job_id"]
        made.add(job)
        there.append(job)
    elif answer == "DELETE /jobs/{id} 204" and case.path_parameters["id"] in there:
        there.remove(case.path_parameters["id"])


if "SNOWSCRAPE_ANSWERS_FILE" in os.environ:
    path = Path(os.environ["SNOWSCRAPE_ANSWERS_FILE"])
    atexit.register(lambda: path.write_text(json.dumps(answers), "utf-8"))
