//! Requests without response: each cause has its kind, its text and its help.

use std::error::Error as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use prefect_client::{Client, Error, RetryPolicy, Settings, TlsProblem, TransportKind};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\ntrue";

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// Listens on a new port of 127.0.0.1 and calls `serve` with each connection.
fn listen(serve: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    address
}

/// A TLS server with this certificate, which responds `true` to each request.
fn tls_server(certificate: &str) -> SocketAddr {
    let certificate = CertificateDer::from_pem_file(data(certificate)).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(data("localhost.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a TLS configuration");
    let config = Arc::new(config);
    listen(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
        let mut stream = StreamOwned::new(connection, stream);
        // A client that refuses the certificate closes the connection.
        let _ = stream
            .read(&mut [0; 4096])
            .and_then(|_| stream.write_all(RESPONSE))
            .and_then(|()| stream.flush());
    })
}

fn settings(url: &str, trusted: Option<&str>) -> Settings {
    let mut settings = Settings::with_api_url(url);
    settings.ssl_cert_file = trusted.map(data);
    settings.request_timeout = Duration::from_secs(20);
    settings
}

async fn call(settings: &Settings) -> Result<bool, Error> {
    let client = Client::new(settings).expect("a client");
    client.with_retry(RetryPolicy::none()).read_health().await
}

/// The kind of the failure, and the lines that a printer of the chain shows, with `URL` for the API.
async fn failure(url: &str, trusted: Option<&str>) -> (TransportKind, String) {
    let error = call(&settings(url, trusted)).await.expect_err(url);
    let mut lines = vec![error.to_string().replace(url, "URL")];
    let mut source = error.source();
    while let Some(cause) = source {
        lines.push(cause.to_string());
        source = cause.source();
    }
    lines.extend(error.help().map(|help| format!("help: {help}")));
    (
        error.transport_kind().expect("a transport failure"),
        lines.join("\n"),
    )
}

#[tokio::test]
async fn a_refused_connection_is_named() {
    let (kind, text) = failure("http://127.0.0.1:1/api", None).await;
    assert_eq!(kind, TransportKind::ConnectionRefused);
    assert!(kind.is_connect());
    let cause = "GET URL/health failed\nconnection refused (os error ";
    assert!(text.starts_with(cause), "{text}");
}

#[tokio::test]
async fn an_unknown_host_is_a_dns_failure() {
    // A label of more than 63 characters never leaves the machine.
    let url = format!("http://{}.invalid/api", "a".repeat(64));
    let (kind, text) = failure(&url, None).await;
    assert_eq!(kind, TransportKind::Dns);
    assert!(text.contains("\ncannot resolve the host name: "), "{text}");
}

#[tokio::test]
async fn a_trusted_certificate_is_accepted() {
    let port = tls_server("localhost.pem").port();
    let settings = settings(
        &format!("https://localhost:{port}/api"),
        Some("localhost.pem"),
    );
    assert!(call(&settings).await.expect("a response"));
}

#[tokio::test]
async fn a_self_signed_certificate_of_openssl_is_accepted_if_it_is_trusted_itself() {
    for name in ["self_signed.pem", "self_signed_names.pem"] {
        let port = tls_server(name).port();
        let url = format!("https://localhost:{port}/api");
        let result = call(&settings(&url, Some(name))).await;
        assert!(result.expect(name), "{name}");

        // Another certificate of the same name and key.
        let (kind, text) = failure(&url, Some("localhost.pem")).await;
        assert!(matches!(kind, TransportKind::Tls(_)), "{text}");
        // Another host: a common name is not one beside other names.
        let url = format!("https://127.0.0.1:{port}/api");
        let (kind, text) = failure(&url, Some(name)).await;
        assert_eq!(kind, TransportKind::Tls(TlsProblem::NameMismatch), "{text}");
    }
    let port = tls_server("self_signed_expired.pem").port();
    let url = format!("https://localhost:{port}/api");
    let (kind, text) = failure(&url, Some("self_signed_expired.pem")).await;
    assert_eq!(kind, TransportKind::Tls(TlsProblem::Expired), "{text}");
}

#[tokio::test]
async fn a_handshake_that_is_reset_is_a_tls_failure() {
    // Unread bytes turn the end of the connection into a reset.
    let address = listen(|mut stream| drop(stream.read(&mut [0; 1])));
    let (kind, text) = failure(&format!("https://{address}/api"), None).await;
    assert_eq!(kind, TransportKind::Tls(TlsProblem::Other), "{text}");
    assert!(
        text.contains("TLS failure: the connection was lost during the handshake"),
        "{text}"
    );
}

#[tokio::test]
async fn an_untrusted_certificate_is_a_tls_failure() {
    let port = tls_server("localhost.pem").port();
    let (kind, text) = failure(&format!("https://localhost:{port}/api"), None).await;
    assert_eq!(kind, TransportKind::Tls(TlsProblem::UntrustedCertificate));
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_a_tls_failure() {
    let url = format!("https://{}/api", tls_server("localhost.pem"));
    let (kind, text) = failure(&url, Some("localhost.pem")).await;
    assert_eq!(kind, TransportKind::Tls(TlsProblem::NameMismatch));
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn an_expired_certificate_is_a_tls_failure() {
    let port = tls_server("expired.pem").port();
    let url = format!("https://localhost:{port}/api");
    let (kind, text) = failure(&url, Some("expired.pem")).await;
    assert_eq!(kind, TransportKind::Tls(TlsProblem::Expired));
    assert!(
        text.contains("\nTLS failure: certificate expired"),
        "{text}"
    );
}

#[tokio::test]
async fn a_server_without_tls_is_a_tls_failure() {
    let address = listen(|mut stream| {
        let _ = stream
            .read(&mut [0; 4096])
            .and_then(|_| stream.write_all(RESPONSE));
    });
    let (kind, text) = failure(&format!("https://{address}/api"), None).await;
    assert_eq!(kind, TransportKind::Tls(TlsProblem::NotTls));
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_handshake_that_is_cut_off_is_a_tls_failure() {
    let address = listen(|mut stream| drop(stream.read(&mut [0; 4096])));
    let (kind, text) = failure(&format!("https://{address}/api"), None).await;
    assert_eq!(kind, TransportKind::Tls(TlsProblem::Other));
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_server_that_expects_tls_does_not_respond_with_http() {
    let url = format!("http://{}/api", tls_server("localhost.pem"));
    let (kind, text) = failure(&url, None).await;
    assert_eq!(kind, TransportKind::NotHttp);
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_connection_that_closes_without_response_is_lost() {
    let address = listen(|mut stream| drop(stream.read(&mut [0; 4096])));
    let (kind, text) = failure(&format!("http://{address}/api"), None).await;
    assert_eq!(kind, TransportKind::Interrupted);
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_timeout_names_the_limit() {
    let address = listen(std::mem::forget);
    let mut settings = settings(&format!("http://{address}/api"), None);
    settings.request_timeout = Duration::from_millis(50);
    let error = call(&settings).await.expect_err("too slow");
    assert_eq!(error.transport_kind(), Some(TransportKind::Timeout));
    let cause = error.source().expect("a cause").to_string();
    assert_eq!(cause, "no response within 50ms");
}
