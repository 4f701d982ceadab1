//! Encrypted connections (manual, "SSL Support" of the C library, whose parameters and modes these are).

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::ServerError;

/// Whether a connection over TCP is encrypted. One over a Unix-domain socket never is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// It is not (`sslmode=disable`).
    #[default]
    Never,
    /// Only where the server refuses a plain one (`sslmode=allow`, and what a connection string stands for that says
    /// nothing).
    IfRefused(Tls),
    /// Where the server is able to (`sslmode=prefer`).
    IfPossible(Tls),
    /// It is (`sslmode=require`, `verify-ca` or `verify-full`).
    Always(Tls),
}

/// How to encrypt, and what to ask of a server's certificate.
#[derive(Clone)]
pub struct Tls(Arc<ClientConfig>);

impl Tls {
    /// For a connection with a protocol of its own.
    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }

    /// For connections of the drivers.
    pub(crate) fn connector(&self) -> MakeRustlsConnect {
        MakeRustlsConnect::new((*self.0).clone())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tls")
    }
}

impl PartialEq for Tls {
    fn eq(&self, other: &Tls) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Tls {}

impl Encryption {
    /// What the parameters `sslmode` and `sslrootcert` of a connection string ask for.
    ///
    /// `sslrootcert` names a file of certificates in PEM format; `system`, which is the default where there is no
    /// `~/.postgresql/root.crt`, stands for those that the operating system trusts. They matter to `verify-ca` and
    /// `verify-full` alone.
    ///
    /// # Errors
    ///
    /// [`ServerError::BadUrl`] for a mode that does not exist, [`ServerError::BadCertificates`] when the certificates
    /// cannot be read.
    pub fn of_parameters(mode: Option<&str>, root_certificates: Option<&str>) -> Result<Encryption, ServerError> {
        let config = |check| client(check, root_certificates).map(|client| Tls(Arc::new(client)));
        match mode {
            Some("disable") => Ok(Encryption::Never),
            None | Some("allow") => Ok(Encryption::IfRefused(config(Check::Nothing)?)),
            Some("prefer") => Ok(Encryption::IfPossible(config(Check::Nothing)?)),
            Some("require") => Ok(Encryption::Always(config(Check::Nothing)?)),
            Some("verify-ca") => Ok(Encryption::Always(config(Check::Issuer)?)),
            Some("verify-full") => Ok(Encryption::Always(config(Check::IssuerAndName)?)),
            Some(other) => Err(ServerError::BadUrl(format!(
                "sslmode is \"{other}\", but it can be disable, allow, prefer, require, verify-ca or verify-full"
            ))),
        }
    }

    /// How to encrypt, if that is decided.
    pub(crate) fn tls(&self) -> Option<&Tls> {
        match self {
            Encryption::Always(tls) => Some(tls),
            Encryption::Never | Encryption::IfRefused(_) | Encryption::IfPossible(_) => None,
        }
    }
}

/// How much of a server's certificate is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    Nothing,
    Issuer,
    IssuerAndName,
}

fn client(check: Check, root_certificates: Option<&str>) -> Result<ClientConfig, ServerError> {
    let provider = Arc::new(ring::default_provider());
    let trusted = match check {
        Check::Nothing => None,
        Check::Issuer | Check::IssuerAndName => {
            let roots = Arc::new(roots(root_certificates)?);
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
            Some(verifier.map_err(|error| bad_certificates(root_certificates, error.to_string()))?)
        }
    };
    let verifier = Verifier { trusted, checks_name: check == Check::IssuerAndName, provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| bad_certificates(root_certificates, error.to_string()))?;
    Ok(config.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

fn roots(file: Option<&str>) -> Result<RootCertStore, ServerError> {
    let usual = || std::env::home_dir().map(|home| home.join(".postgresql/root.crt")).filter(|file| file.exists());
    let file: Option<PathBuf> = match file {
        Some("system") => None,
        Some(file) => Some(Path::new(file).to_owned()),
        None => usual(),
    };
    let mut store = RootCertStore::empty();
    match &file {
        Some(path) => {
            let unreadable = |reason: String| bad_certificates(path.to_str(), reason);
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.to_string()))? {
                let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
                store.add(certificate).map_err(|error| unreadable(error.to_string()))?;
            }
        }
        None => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    match store.is_empty() {
        true => Err(bad_certificates(file.as_ref().and_then(|path| path.to_str()), "there are none".to_owned())),
        false => Ok(store),
    }
}

fn bad_certificates(roots: Option<&str>, reason: String) -> ServerError {
    ServerError::BadCertificates { roots: roots.unwrap_or("system").to_owned(), reason }
}

/// Judges a server's certificate as the modes demand.
struct Verifier {
    /// What judges it, where its issuer matters.
    trusted: Option<Arc<WebPkiServerVerifier>>,
    checks_name: bool,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Verifier").field("checks_name", &self.checks_name).finish_non_exhaustive()
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
        let Some(trusted) = &self.trusted else { return Ok(ServerCertVerified::assertion()) };
        let wrong_name = |error: &CertificateError| {
            matches!(error, CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })
        };
        // The name is judged last, so that whoever has the wrong one is from the right issuer.
        match trusted.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(Error::InvalidCertificate(error)) if !self.checks_name && wrong_name(&error) => {
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
