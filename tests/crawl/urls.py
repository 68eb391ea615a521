"""The URL standard's parser for the links of http and https pages, as far as a crawl of one host needs it.

urllib goes by RFC 3986, and w3lib and Scrapy quote in ways of their own: `\\` and `/`, `%2e%2e`, a tab, `|` or `{` then
make one page two, or two pages one. Hosts are not converted (IDNA, numbers as addresses): a host that is written in
another way than the crawl's is another host here.
"""

import re

DEFAULT_PORTS = {"http": 80, "https": 443}
# What is printable in the standard's percent-encode sets; all that is not printable ASCII is encoded anyway.
PATH_SET = set(' "#<>?^`{}')
QUERY_SET = set(" \"#<>'")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
ONE_DOT = {".", "%2e"}
TWO_DOTS = {"..", ".%2e", "%2e.", "%2e%2e"}


class NoPage(ValueError):
    """What is no http or https URL."""


def canonical(reference, base=None):
    """The serialisation without fragment and credentials of a reference that is resolved against a canonical URL."""
    text = re.sub(r"[\t\n\r]", "", reference.strip("".join(map(chr, range(0x21)))))
    text = text.partition("#")[0]
    if scheme := SCHEME.match(text):
        name = scheme.group()[:-1].lower()
        if name not in DEFAULT_PORTS:
            raise NoPage(reference)
        rest = text[scheme.end() :]
        slashes = re.match(r"[/\\]*", rest).end()
        # "http:page" with a base of the same scheme is a relative reference.
        if base is None or slashes >= 2 or not base.startswith(f"{name}:"):
            return _absolute(name, rest[slashes:])
        text = rest
    if base is None:
        raise NoPage(reference)
    scheme, authority, path, query = _split(base)
    if re.match(r"[/\\]{2}", text):
        return _absolute(scheme, text.lstrip("/\\"))
    new_path, mark, new_query = text.partition("?")
    if new_path:
        new_path = new_path.replace("\\", "/")
        kept = [] if new_path.startswith("/") else path.split("/")[1:-1]
        path = _path(kept, new_path.removeprefix("/"))
        query = mark + _encode(new_query, QUERY_SET)
    elif mark:
        query = mark + _encode(new_query, QUERY_SET)
    return f"{scheme}://{authority}{path}{query}"


def host(url):
    """The host of a canonical URL, without its port."""
    return re.sub(r":\d+$", "", _split(url)[1])


def _absolute(scheme, rest):
    end = re.search(r"[/\\?]|$", rest).start()
    authority, rest = rest[:end].rpartition("@")[2].lower(), rest[end:]
    name, port = re.fullmatch(r"(\[.*\]|[^:]*):?(.*)", authority).groups()
    if not name or (port and not re.fullmatch(r"[0-9]+", port)) or int(port or 0) > 0xFFFF:
        raise NoPage(authority)
    if port and int(port) != DEFAULT_PORTS[scheme]:
        name += f":{int(port)}"
    path, mark, query = rest.partition("?")
    path = _path([], path.replace("\\", "/").removeprefix("/"))
    return f"{scheme}://{name}{path}{mark}{_encode(query, QUERY_SET)}"


def _path(kept, text):
    """The path state: dots go up or nowhere, the last segment decides whether a slash stands at the end."""
    segments = text.split("/")
    for place, segment in enumerate(segments):
        last = place == len(segments) - 1
        if segment.lower() in TWO_DOTS:
            kept = kept[:-1]
        elif segment.lower() not in ONE_DOT:
            kept = [*kept, _encode(segment, PATH_SET)]
            continue
        if last:
            kept = [*kept, ""]
    return "/" + "/".join(kept)


def _encode(text, characters):
    def encoded(character):
        return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))

    return "".join(
        character if "\x20" <= character <= "\x7e" and character not in characters else encoded(character)
        for character in text
    )


def _split(url):
    """Scheme, authority, path and the query with its question mark, of a canonical URL."""
    scheme, _, rest = url.partition("://")
    end = rest.index("/")
    path, mark, query = rest[end:].partition("?")
    return scheme, rest[:end], path, mark + query
