"""The identities of a test cluster: a certificate authority, and a certificate for each role."""

from pathlib import Path

import trustme

# A client's user is the common name of its certificate, its group the organisation:
# https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates
_ADMINISTRATORS = "system:masters"
_HERE = ("localhost", "127.0.0.1")


class Certificates:
    """PEM files in a folder, each ``<role>.crt`` and ``<role>.key``, and ``ca.crt``."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(str(self.authority))
        self._issue("api-server", *_HERE, "kubernetes.default.svc")
        self._issue("administrator", *_HERE, organisation=_ADMINISTRATORS)
        self._issue("front-proxy", *_HERE)
        self._issue("service-accounts", *_HERE)
        self._issue("keda", *_HERE)

    @property
    def authority(self) -> Path:
        """Return the certificate of the authority."""
        return self._folder / "ca.crt"

    def certificate(self, role: str) -> Path:
        """Return a role's certificate."""
        return self._folder / f"{role}.crt"

    def key(self, role: str) -> Path:
        """Return a role's private key."""
        return self._folder / f"{role}.key"

    def _issue(self, role: str, *names: str, organisation: str | None = None) -> None:
        issued = self._authority.issue_cert(
            *names, common_name=role, organization_name=organisation
        )
        issued.cert_chain_pems[0].write_to_path(str(self.certificate(role)))
        issued.private_key_pem.write_to_path(str(self.key(role)))
