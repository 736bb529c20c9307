//! TLS with the certificates of PREFECT_API_SSL_CERT_FILE.
//!
//! `openssl req -x509` makes certificates that are both that of a server and that of an authority. OpenSSL, and so Prefect in
//! Python, accepts such a certificate from a server if exactly this certificate is trusted; rustls refuses every certificate
//! of an authority in this place.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

use crate::error::{self, Cause};
use crate::small_file::read_small_file;

/// A verifier that trusts the certificates of this PEM file and no others.
///
/// # Errors
/// [`Setup`](crate::ErrorKind::Setup) if the file cannot be read or contains no certificate.
pub(super) fn verifier(
    path: &Path,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, error::Error> {
    let name = format!("cannot use the certificate file {}", path.display());
    let failed = |cause: Cause| error::Error::setup(&name, Some(cause));
    let pem = read_small_file(path).map_err(|error| failed(error.into()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let trusted = found.map_err(|error| failed(error.into()))?;
    if trusted.is_empty() {
        let problem = format!("{name}: it contains no certificate");
        return Err(error::Error::setup(&problem, None));
    }
    Verifier::new(trusted, provider)
        .map(|verifier| Arc::new(verifier) as _)
        .map_err(failed)
}

/// Verifies chains as rustls does, and accepts the certificate of an authority from a server if it is itself trusted.
#[derive(Debug)]
struct Verifier {
    chains: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
}

impl Verifier {
    fn new(
        trusted: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Cause> {
        let mut roots = RootCertStore::empty();
        for certificate in &trusted {
            roots.add(certificate.clone())?;
        }
        let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        Ok(Self {
            chains: chains.build()?,
            trusted,
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.chains.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            // This is found after the validity was checked.
            Err(error) if is_authority(&error) && self.trusted.contains(end_entity) => {
                verify_name(end_entity, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

/// Whether the only objection is that the certificate is that of an authority.
fn is_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(cause))) = error else {
        return false;
    };
    matches!(cause.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// Checks the names of a trusted certificate. One without any is valid for its common name, as for Python.
fn verify_name(
    certificate: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
) -> Result<(), Error> {
    let parsed = ParsedCertificate::try_from(certificate)?;
    let verified = rustls::client::verify_server_name(&parsed, server_name);
    let ServerName::DnsName(host) = server_name else {
        return verified;
    };
    let has_names = contains(certificate, &SUBJECT_ALT_NAME);
    let is_common_name = common_names(certificate)
        .last()
        .is_some_and(|name| name.eq_ignore_ascii_case(host.as_ref().as_bytes()));
    match verified {
        Err(_) if !has_names && is_common_name => Ok(()),
        verified => verified,
    }
}

/// The object identifiers 2.5.29.17 and 2.5.4.3, in DER.
const SUBJECT_ALT_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x1d, 0x11];
const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];

fn contains(certificate: &[u8], identifier: &[u8]) -> bool {
    certificate
        .windows(identifier.len())
        .any(|found| found == identifier)
}

/// The common names of the issuer and, after it, of the subject: a short text follows the identifier. The user has named this
/// very certificate, so no other party chooses its bytes.
fn common_names(certificate: &[u8]) -> impl Iterator<Item = &[u8]> {
    let places = certificate
        .windows(COMMON_NAME.len())
        .enumerate()
        .filter(|(_, found)| *found == COMMON_NAME)
        .map(|(place, _)| place + COMMON_NAME.len());
    places.filter_map(|place| match certificate.get(place..)? {
        [_, length, text @ ..] if *length < 0x80 => text.get(..usize::from(*length)),
        _ => None,
    })
}
