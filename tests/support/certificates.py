"""A private certificate authority, and certificates that it issues."""

import datetime
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

_DAY = datetime.timedelta(days=1)


@dataclass
class PrivateAuthority:
    """An authority whose certificate is the file ``authority``."""

    ca: trustme.CA
    authority: Path

    def server_context(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        """Return a server's context with a certificate for these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._issue(*names, expired=expired).configure_cert(context)
        return context

    def write(self, folder: Path, *names: str) -> tuple[Path, Path]:
        """Write a certificate for these names and its key; return their paths."""
        issued, certificate, key = self.ca.issue_cert(*names), folder / "it.crt", folder / "it.key"
        issued.cert_chain_pems[0].write_to_path(str(certificate))
        issued.private_key_pem.write_to_path(str(key))
        return certificate, key

    def _issue(self, *names: str, expired: bool) -> trustme.LeafCert:
        if not expired:
            return self.ca.issue_cert(*names)
        now = datetime.datetime.now(datetime.UTC)
        return self.ca.issue_cert(*names, not_before=now - 2 * _DAY, not_after=now - _DAY)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> PrivateAuthority:
    authority = tmp_path_factory.mktemp("authority") / "ca.crt"
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(authority))
    return PrivateAuthority(ca, authority)
