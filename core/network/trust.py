"""The certificates that every client trusts, and TLS contexts with them.

Private authorities are added to the system's and to Mozilla's (certifi), so that a store with a
private certificate and the public hub both work.
"""

import os
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

import certifi

from core.errors import SettingsError

CA_VARIABLES = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "AWS_CA_BUNDLE",
)
"""Variables of OpenSSL, requests, curl and the AWS SDKs: a file or folder of authorities."""


def client_context(environment: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """Return a context that verifies servers. Raises SettingsError, which names the variable."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    for variable, path in _authorities(environment):
        load_authorities(context, path, variable)
    return context


def load_authorities(context: ssl.SSLContext, path: str, setting: str) -> None:
    """Trust the authorities of a PEM file or folder, too. Raises SettingsError."""
    is_folder = Path(path).is_dir()
    try:
        context.load_verify_locations(
            cafile=None if is_folder else path, capath=path if is_folder else None
        )
    except ssl.SSLError:
        raise SettingsError(
            f"{setting} names {path}, which has no certificate in PEM form."
        ) from None
    except OSError as error:
        raise SettingsError(
            f"{setting} names {path}, which cannot be read: {error.strerror}."
        ) from None


def _authorities(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for variable in CA_VARIABLES:
        value = environment.get(variable, "")
        # SSL_CERT_DIR may list several folders, and Debian's default need not exist.
        paths = value.split(os.pathsep) if variable == "SSL_CERT_DIR" else [value]
        yield from ((variable, path) for path in paths if path)
