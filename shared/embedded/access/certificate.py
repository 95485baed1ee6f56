"""The certificate of the embedded API server, signed by an authority of its own.

It is needed because kubectl sends no token over plain HTTP (client-go drops all credentials unless
the connection is TLS). The authority's key is forgotten as soon as the one certificate is signed,
so nothing else can ever be signed with it.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shared.embedded.files import DamagedError, replace

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "pki"
"""In the home of the cluster."""

LIFETIME: Final = timedelta(days=800)
"""Below the 825 days above which some clients refuse a server certificate."""

RENEW_BEFORE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """Where the PEM files are: what clients trust, what the server presents, and its key."""

    authority: Path
    certificate: Path
    key: Path


def obtain(folder: Path, now: float) -> ServerCertificate:
    """The certificate for 127.0.0.1, ::1 and localhost kept in `folder`, made anew when needed.

    `now` is in Unix seconds; less than 30 days of validity count as none. The key has mode 0600.
    """
    files = ServerCertificate(folder / "ca.crt", folder / "server.crt", folder / "server.key")
    moment = datetime.fromtimestamp(now, UTC)
    if not _usable(files, moment):
        _issue(files, moment)
    return files


def check(files: ServerCertificate) -> None:
    """Raise DamagedError when the key or the authority is not what was written beside the
    certificate."""
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    try:
        key = serialization.load_pem_private_key(files.key.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm, IsADirectoryError) as error:
        raise DamagedError(files.key, "it holds no key") from error
    if key.public_key() != certificate.public_key():
        raise DamagedError(files.key, "it is not the key of the certificate")
    try:
        authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, IsADirectoryError) as error:
        raise DamagedError(files.authority, "it did not sign the certificate") from error


def _usable(files: ServerCertificate, now: datetime) -> bool:
    if not (files.authority.exists() and files.key.exists() and files.certificate.exists()):
        return False
    try:
        held = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    except ValueError:
        return False
    except IsADirectoryError as error:
        raise DamagedError(files.certificate, "it is no file") from error
    return held.not_valid_before_utc <= now < held.not_valid_after_utc - RENEW_BEFORE


def _issue(files: ServerCertificate, now: datetime) -> None:
    files.certificate.unlink(missing_ok=True)  # a crash between the writes must not leave a mixture
    authority_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _authority(authority_key, now)
    certificate = _server(key, authority, authority_key, now)
    files.key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace(files.key, _pem(key), 0o600)
    replace(files.authority, authority.public_bytes(serialization.Encoding.PEM), 0o644)
    replace(files.certificate, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = _name("embedded cluster authority")
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
) -> x509.Certificate:
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names += [x509.IPAddress(ipaddress.ip_address(each)) for each in ("127.0.0.1", "::1")]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return (
        _builder(_name("embedded API server"), authority.subject, key.public_key(), now)
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


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
