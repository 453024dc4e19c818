"""Asking a time-stamping authority (RFC 3161), and believing it only if it answers this question.

Needs `rfc3161-client`. The station works the same without any authority, and never waits for one.
"""

import http.client
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from uplink.station.log.stamps import NotStamped

_TOKEN_MAX_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Authority:
    """Whom the station asks: `ask` carries a request there and brings the answer back."""

    roots: tuple[x509.Certificate, ...]
    ask: Callable[[bytes], bytes]

    def stamp(self, head: bytes) -> bytes:
        """Return a token over the bytes of `head`. Raise NotStamped."""
        builder = TimestampRequestBuilder().data(head).hash_algorithm(HashAlgorithm.SHA256)
        request = builder.build()
        token = self.ask(request.as_bytes())
        check_stamp(token, head, self.roots, request.nonce)
        return token


def check_stamp(
    token: bytes, head: bytes, roots: Sequence[x509.Certificate], nonce: int | None = None
) -> datetime:
    """Return when the authority saw `head`.

    Raise NotStamped unless the token is granted for these bytes, answers `nonce` if one is given,
    and is signed by a certificate for time-stamping alone that one of `roots` stands behind.
    """
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    if nonce is not None:
        builder = builder.nonce(nonce)
    try:
        answer = decode_timestamp_response(token)
        builder.build().verify_message(answer, head)
        instant = answer.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise NotStamped(f"the authority's token is not one of this head: {error}") from error
    return instant


@dataclass(frozen=True, slots=True)
class HttpAuthority:
    """An authority that speaks RFC 3161 §3.4, HTTP, at `url`."""

    url: str
    answer_seconds: float = 20.0

    def ask(self, request: bytes) -> bytes:
        """Carry a request there and bring the answer back. Raise NotStamped."""
        place = urllib.parse.urlsplit(self.url)
        secure = place.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        line = kind(place.hostname or "", place.port, timeout=self.answer_seconds)
        wanted = (place.path or "/") + (f"?{place.query}" if place.query else "")
        try:
            line.request("POST", wanted, request, {"Content-Type": "application/timestamp-query"})
            answer = line.getresponse()
            token = answer.read(_TOKEN_MAX_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise NotStamped(
                f"the authority at {self.url} does not answer ({error}); ask again later"
            ) from error
        finally:
            line.close()
        if answer.status != http.HTTPStatus.OK or len(token) > _TOKEN_MAX_BYTES:
            raise NotStamped(f"the authority at {self.url} answered {answer.status}, no token")
        return token
