//! TLS of one client: its cryptography, and which certificates of servers it accepts.

mod certificate_file;
mod unverified;

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;

use self::unverified::Unverified;
use crate::error::{Cause, Error};
use crate::settings::Settings;

/// The configuration that these settings ask for.
///
/// The cryptography is that of the program, if it has installed a provider for the process. Otherwise it is ring, for this
/// client alone: a library has no choice to make for the whole process.
///
/// # Errors
/// [`Setup`](crate::ErrorKind::Setup) if the certificate file, or the certificates of the system, cannot be used.
pub(crate) fn config(settings: &Settings) -> Result<ClientConfig, Error> {
    let provider = CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
    let verifier = verifier(settings, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.into()))?;
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    if settings.enable_http2 {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(config)
}

fn verifier(
    settings: &Settings,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let provider = Arc::clone(provider);
    if settings.tls_insecure_skip_verify {
        return Ok(Arc::new(Unverified(provider)));
    }
    if let Some(path) = &settings.ssl_cert_file {
        return certificate_file::verifier(path, provider);
    }
    let system = rustls_platform_verifier::Verifier::new(provider);
    Ok(Arc::new(system.map_err(|error| unusable(error.into()))?))
}

fn unusable(cause: Cause) -> Error {
    Error::setup("cannot set up TLS", Some(cause))
}
