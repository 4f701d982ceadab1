//! A private PostgreSQL for the tests of the wire protocol.

use seqcheck::server::{Encryption, Endpoint, Host};
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A running server; it ends with this value.
pub(crate) struct Server {
    bindir: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    user: Option<(u32, u32)>,
}

/// The folder that holds the newest server's programs, if there is one on this machine.
///
/// `SEQCHECK_TEST_BINDIR` chooses another one, or none when it is empty.
pub(crate) fn find_programs() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("SEQCHECK_TEST_BINDIR") {
        return (!folder.is_empty()).then(|| folder.into());
    }
    let mut versions: Vec<PathBuf> =
        fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|entry| entry.path().join("bin")).collect();
    versions.retain(|bindir| bindir.join("pg_ctl").exists());
    versions.sort();
    versions.pop()
}

/// The certificate of a server, which it shows where it must be reached with TLS.
pub(crate) struct Certificate {
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl Server {
    pub(crate) fn start(bindir: PathBuf) -> Server {
        let access = "local all all trust\nhost all clear all password\nhost all hashed all md5\n\
                      host all scrambled all scram-sha-256\nhost all all all trust\n";
        Server::start_with(bindir, access, None)
    }

    /// One that lets nobody in over TCP but with TLS.
    pub(crate) fn start_encrypted(bindir: PathBuf, certificate: &Certificate) -> Server {
        let access = "local all all trust\nhostssl all scrambled all scram-sha-256\nhostssl all all all trust\n";
        Server::start_with(bindir, access, Some(certificate))
    }

    fn start_with(bindir: PathBuf, access: &str, certificate: Option<&Certificate>) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let user = unprivileged_user(folder.path());
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid)).expect("root may give a folder away");
        }
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port is free").port();
        let server = Server { bindir, folder, port, user };
        server.run("initdb", &["-D", "data", "-U", "postgres", "-A", "trust", "-N", "--locale=C", "-E", "UTF8"]);
        let write = |name: &str, text: &str| {
            fs::write(server.folder.path().join("data").join(name), text).expect("the server's folder is writable");
        };
        write("pg_hba.conf", access);
        let mut tls = "off";
        if let Some(Certificate { chain, key }) = certificate {
            tls = "on";
            write("server.crt", chain);
            write("server.key", key);
            let key = server.folder.path().join("data/server.key");
            fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("the key is ours");
            if let Some((uid, gid)) = user {
                chown(&key, Some(uid), Some(gid)).expect("root may give a file away");
            }
        }
        let options = format!(
            "-k {} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c max_prepared_transactions=10 \
             -c autovacuum=off -c ssl={tls}",
            server.folder.path().display()
        );
        server.run("pg_ctl", &["-D", "data", "-l", "log", "-w", "-o", &options, "start"]);
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where `database` is, over the Unix-domain socket.
    pub(crate) fn endpoint(&self, database: &str) -> Endpoint {
        Endpoint {
            host: Host::Unix(self.folder.path().to_owned()),
            port: self.port,
            user: "postgres".into(),
            password: None,
            database: database.into(),
            options: None,
            encryption: Encryption::Never,
        }
    }

    /// The same over TCP, as another user.
    pub(crate) fn tcp_endpoint(&self, database: &str, user: &str, password: Option<&str>) -> Endpoint {
        Endpoint {
            host: Host::Tcp("127.0.0.1".into()),
            user: user.into(),
            password: password.map(str::to_owned),
            ..self.endpoint(database)
        }
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.bindir.join(program));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        let status = command.status().expect("the server's programs can be run");
        assert!(status.success(), "{program} failed with {status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run("pg_ctl", &["-D", "data", "-w", "-m", "immediate", "stop"]);
    }
}

/// The user that runs the server, when this is root, which PostgreSQL refuses.
fn unprivileged_user(owned: &Path) -> Option<(u32, u32)> {
    if fs::metadata(owned).expect("the folder exists").uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("the users can be read");
    let find = |name: &str| {
        let fields: Vec<&str> =
            users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|user| user[0] == name)?;
        Some((fields[2].parse().ok()?, fields[3].parse().ok()?))
    };
    find("postgres").or_else(|| find("nobody"))
}
