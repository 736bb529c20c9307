//! TLS with the certificates of PREFECT_API_SSL_CERT_FILE.
//!
//! `openssl req -x509` makes certificates that are both that of a server and that of an authority. OpenSSL, and so Prefect in
//! Python, accepts such a certificate from a server if exactly this certificate is trusted; rustls refuses every certificate
//! of an authority in this place.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
};

use crate::error::Cause;

/// A configuration that trusts these certificates and no others.
pub(crate) fn config(
    trusted: Vec<CertificateDer<'static>>,
    enable_http2: bool,
) -> Result<ClientConfig, Cause> {
    let provider = CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
    let mut roots = RootCertStore::empty();
    for certificate in &trusted {
        roots.add(certificate.clone())?;
    }
    let chains =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = Verifier {
        chains: chains.build()?,
        trusted,
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    if enable_http2 {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(config)
}

/// Verifies chains as rustls does, and accepts the certificate of an authority from a server if it is itself trusted.
#[derive(Debug)]
struct Verifier {
    chains: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
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
