"""Explain why a connection failed: the cause, and what to do about it, without secrets."""

import errno
import http.client
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

_CERTIFICATES = {
    # OpenSSL's codes: https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
    9: "its certificate is not valid yet; check the clock of this machine, which shows {now} UTC",
    10: "its certificate has expired; renew it there, or check the clock of this machine, which "
    "shows {now} UTC",
    23: "its certificate was revoked; renew it there",
    62: "its certificate is for another name; use the name that the certificate has",
    64: "its certificate is for another address; use the name that the certificate has",
}
_UNTRUSTED_CODES = (2, 18, 19, 20, 21, 27)
_UNTRUSTED = (
    "its certificate is not trusted; if a private authority signed it, set SSL_CERT_FILE to a file "
    "with the certificate of that authority"
)
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL")
NO_TLS = "it does not use TLS on this port"
_CLIENT_CERTIFICATE = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "BAD_CERTIFICATE", "UNKNOWN_CA")
NOT_HTTP = "what answers there is not an HTTP server"
_ERRNOS = {
    errno.ECONNREFUSED: "nothing listens there",
    errno.EHOSTUNREACH: "there is no route to it",
    errno.ENETUNREACH: "there is no route to it; check whether this network has IPv4 or IPv6",
    errno.ECONNRESET: "it closed the connection",
    errno.EPIPE: "it closed the connection",
    errno.ETIMEDOUT: "it does not answer",
    errno.EMFILE: "this process has too many open files",
}


def explain(error: BaseException) -> str:
    """Describe an error by the first exception in its chain that has a known meaning."""
    return explain_known(error) or f"the connection failed ({type(error).__name__})"


def explain_known(error: BaseException) -> str | None:
    """Describe an error as ``explain`` does; None if no exception in its chain is known."""
    known = (meaning for cause in causes(error) if (meaning := _meaning(cause)))
    return next(known, None)


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that are wrapped in it, the innermost first."""
    yield from reversed(list(_wrapped(error, set())))


def _wrapped(error: BaseException, seen: set[int]) -> Iterator[BaseException]:
    if id(error) in seen:
        return
    seen.add(id(error))
    yield error
    inner = (
        *getattr(error, "exceptions", ()),  # pika: one for each address
        getattr(error, "exception", None),  # pika
        getattr(error, "reason", None),  # urllib3
        getattr(error, "original_error", None),  # urllib3, of a proxy
        *error.args,
        error.__cause__,
        error.__context__,
    )
    for cause in inner:
        if isinstance(cause, BaseException):
            yield from _wrapped(cause, seen)


def _meaning(error: BaseException) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error)
    if isinstance(error, ssl.SSLError):
        return _handshake(error)
    if isinstance(error, socket.gaierror):
        return _name(error)
    if isinstance(error, http.client.RemoteDisconnected):
        return "it closed the connection"
    if isinstance(error, http.client.BadStatusLine | http.client.LineTooLong):
        return NOT_HTTP
    if isinstance(error, TimeoutError) or type(error).__name__.endswith("TimeoutError"):
        return _ERRNOS[errno.ETIMEDOUT]
    return _ERRNOS.get(error.errno or 0) or _tunnel(error) if isinstance(error, OSError) else None


def _certificate(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _UNTRUSTED_CODES:
        return _UNTRUSTED
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    text = _CERTIFICATES.get(error.verify_code)
    return text.format(now=now) if text else f"its certificate is refused: {error.verify_message}"


def _handshake(error: ssl.SSLError) -> str | None:
    reason = error.reason or ""
    if any(known in reason for known in _NO_TLS):
        return NO_TLS
    if any(known in reason for known in _CLIENT_CERTIFICATE):
        return "it refused the TLS handshake; it may require a client certificate"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "it ended the TLS handshake; it may not use TLS on this port"
    return f"the TLS handshake failed ({reason})" if reason else "the TLS handshake failed"


def _name(error: socket.gaierror) -> str:
    if error.errno == socket.EAI_AGAIN:
        return "its name cannot be looked up at the moment; check the name and the network's DNS"
    return "its name is unknown"


def _tunnel(error: OSError) -> str | None:
    """Explain what http.client raises if a proxy refuses a tunnel."""
    text = str(error)
    if not text.startswith("Tunnel connection failed: "):
        return None
    if "407" in text:
        return "the proxy requires a user and password: write them into the variable with its URL"
    return (
        f"the proxy refused the connection ({text.removeprefix('Tunnel connection failed: ')[:60]})"
    )
