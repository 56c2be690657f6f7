"""Which form of an address names an article, so that a page met twice is one article; nothing is fetched here."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

# What advertising and mailing systems append; none of them changes the page that is shown.
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|yclid|ysclid|msclkid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid"
    r"|_openstat|_ga|_gl|oly_anon_id|oly_enc_id|vero_id|_hsenc|_hsmi|mkt_tok|at_medium|at_campaign",
    re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST = 2000  # characters; longer ones are cut by mail clients and some browsers


def canonical_url(address: str) -> str:
    """The address without fragment and tracking parameters, scheme and host in lower case; "" unless plain http(s).

    An address with a user name, white space or control characters is not one a newsroom publishes, and may be made to
    look like another site: it counts as none.
    """
    address = address.strip()
    if len(address) > _LONGEST or any(char.isspace() or not char.isprintable() for char in address):
        return ""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:  # a port of letters, an unclosed [
        return ""
    scheme, host = parts.scheme.lower(), parts.hostname
    if scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc or "\\" in address:
        return ""
    if ":" in host:
        host = f"[{host}]"
    netloc = host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    return SplitResult(scheme, netloc, parts.path or "/", _kept(parts.query), "").geturl()


def _kept(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [pair for pair in pairs if not _TRACKING.fullmatch(pair[0])]
    # Untouched where nothing was dropped: encoding anew would change an address that the publisher signed.
    return query if len(kept) == len(pairs) else urlencode(kept)
