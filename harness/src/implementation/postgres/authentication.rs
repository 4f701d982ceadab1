//! Proving who we are (manual, "Message Flow", Start-up).

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;

/// One exchange of authentication messages.
pub(super) struct Authentication<'a> {
    user: &'a str,
    password: Option<&'a str>,
    scram: Option<ScramSha256>,
}

impl<'a> Authentication<'a> {
    pub(super) fn new(user: &'a str, password: Option<&'a str>) -> Authentication<'a> {
        Authentication { user, password, scram: None }
    }

    /// Writes the answer to one of the server's messages; fails with the reason when there is none.
    pub(super) fn answer(&mut self, message: Message, output: &mut BytesMut) -> Result<(), String> {
        match message {
            Message::AuthenticationOk => Ok(()),
            Message::AuthenticationCleartextPassword => {
                frontend::password_message(self.password()?.as_bytes(), output).map_err(|error| error.to_string())
            }
            Message::AuthenticationMd5Password(body) => {
                let hash = md5_hash(self.user.as_bytes(), self.password()?.as_bytes(), body.salt());
                frontend::password_message(hash.as_bytes(), output).map_err(|error| error.to_string())
            }
            Message::AuthenticationSasl(body) => {
                let offered: Vec<&str> = body.mechanisms().collect().map_err(|error| error.to_string())?;
                if !offered.contains(&SCRAM_SHA_256) {
                    return Err(format!("the server offers only {}, not {SCRAM_SHA_256}", offered.join(", ")));
                }
                let scram = ScramSha256::new(self.password()?.as_bytes(), ChannelBinding::unsupported());
                frontend::sasl_initial_response(SCRAM_SHA_256, scram.message(), output)
                    .map_err(|error| error.to_string())?;
                self.scram = Some(scram);
                Ok(())
            }
            Message::AuthenticationSaslContinue(body) => {
                let scram = self.scram()?;
                scram.update(body.data()).map_err(|error| error.to_string())?;
                frontend::sasl_response(scram.message(), output).map_err(|error| error.to_string())
            }
            Message::AuthenticationSaslFinal(body) => {
                self.scram()?.finish(body.data()).map_err(|error| error.to_string())
            }
            Message::AuthenticationGss | Message::AuthenticationSspi | Message::AuthenticationKerberosV5 => {
                Err("the server wants GSSAPI, SSPI or Kerberos; allow trust, password, md5 or scram-sha-256".into())
            }
            _ => Err("the server sent something else before it let us in".into()),
        }
    }

    fn password(&self) -> Result<&'a str, String> {
        self.password.ok_or_else(|| format!("the server wants a password for {}; give one in the URL", self.user))
    }

    fn scram(&mut self) -> Result<&mut ScramSha256, String> {
        self.scram.as_mut().ok_or_else(|| "the server began SCRAM in the middle".into())
    }
}
