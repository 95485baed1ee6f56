"""A certificate for servers on this machine, signed by an authority of its own.

For the embedded API server, and for the gateway of a local run that is to speak TLS. The
authority's key is forgotten as soon as the one certificate is signed, so nothing else can ever be
signed with it: trusting it, in a browser too, trusts this server alone.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shared.runtime import private

if TYPE_CHECKING:
    from pathlib import Path

LIFETIME: Final = timedelta(days=800)
"""Below the 825 days above which some clients refuse a server certificate."""

RENEW_BEFORE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """Where the PEM files are: what clients trust, what the server presents, and its key."""

    authority: Path
    certificate: Path
    key: Path


def files_in(folder: Path) -> ServerCertificate:
    """Where `obtain` keeps its files."""
    return ServerCertificate(folder / "ca.crt", folder / "server.crt", folder / "server.key")


def obtain(folder: Path, now: float, server: str) -> ServerCertificate:
    """The certificate for 127.0.0.1, ::1 and localhost kept in `folder`, made anew when needed.

    `now` is in Unix seconds; less than 30 days of validity count as none. The files have mode 0600.
    `server` says whose it is, for people who look at it. OSError.
    """
    files = files_in(folder)
    moment = datetime.fromtimestamp(now, UTC)
    if not _usable(files, moment):
        _issue(files, moment, server)
    return files


def first(path: Path) -> x509.Certificate:
    """The server's own certificate: the first of a chain. OSError; ValueError if there is none."""
    return x509.load_pem_x509_certificate(path.read_bytes())


def names(certificate: x509.Certificate) -> frozenset[str]:
    """The names and addresses that it is for, as text."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    addresses = map(str, found.get_values_for_type(x509.IPAddress))
    return frozenset((*found.get_values_for_type(x509.DNSName), *addresses))


def _usable(files: ServerCertificate, now: datetime) -> bool:
    if not (files.authority.exists() and files.key.exists() and files.certificate.exists()):
        return False
    try:
        held = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    except ValueError:
        return False
    return held.not_valid_before_utc <= now < held.not_valid_after_utc - RENEW_BEFORE


def _issue(files: ServerCertificate, now: datetime, server: str) -> None:
    files.certificate.unlink(missing_ok=True)  # a crash between the writes must not leave a mixture
    authority_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _authority(authority_key, now, server)
    certificate = _server(key, authority, authority_key, now, server)
    files.key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    private.write(files.key, _pem(key))
    private.write(files.authority, pem(authority))
    private.write(files.certificate, pem(certificate))


def pem(certificate: x509.Certificate) -> str:
    """It as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime, server: str) -> x509.Certificate:
    name = _name(f"authority of the {server}")
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        _builder(name, name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    server: str,
) -> x509.Certificate:
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names += [x509.IPAddress(ipaddress.ip_address(each)) for each in ("127.0.0.1", "::1")]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return (
        _builder(_name(server), authority.subject, key.public_key(), now)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(purpose, critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
