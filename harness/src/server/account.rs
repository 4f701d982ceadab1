//! Which user runs a managed server. PostgreSQL refuses to run as root (manual, section 19.1, "The PostgreSQL User
//! Account"), and containers and CI machines often know no other user.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::ServerError;

/// The user that managed servers run as.
#[derive(Clone, Debug)]
pub(crate) enum Account {
    /// The user of this process.
    Own,
    /// Another user, because this process runs as root.
    Other { name: &'static str, uid: u32, gid: u32 },
}

impl Account {
    /// Chooses the account: our own, or as root `postgres`, else `nobody`.
    pub(crate) fn choose() -> Result<Self, ServerError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Some(Self::Other { name, uid: id("-u", name)?, gid: id("-g", name)? }))
            .ok_or(ServerError::NoAccount)
    }

    /// Makes a command run as this account.
    pub(crate) fn apply(&self, command: &mut Command) {
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
    }

    /// Hands a file or directory to this account.
    pub(crate) fn give(&self, path: &Path) -> Result<(), ServerError> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid, .. } => {
                chown(path, Some(*uid), Some(*gid)).map_err(|error| ServerError::io("change the owner of", path, error))
            }
        }
    }

    /// Whether the account may enter `directory`, that is, pass each directory on the way.
    pub(crate) fn reaches(&self, directory: &Path) -> bool {
        match self {
            Self::Own => directory.is_dir(),
            Self::Other { uid, gid, .. } => directory.canonicalize().is_ok_and(|path| {
                path.ancestors().all(|step| step.metadata().is_ok_and(|entry| may_pass(&entry, *uid, *gid)))
            }),
        }
    }

    /// The name for messages.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Own => "the current user",
            Self::Other { name, .. } => name,
        }
    }
}

fn may_pass(entry: &Metadata, uid: u32, gid: u32) -> bool {
    let bit = match () {
        () if entry.uid() == uid => 0o100,
        () if entry.gid() == gid => 0o010,
        () => 0o001,
    };
    entry.mode() & bit != 0
}

/// Asks `id`, which knows users of network directories too, where reading /etc/passwd would not.
fn id(flag: &str, name: &str) -> Option<u32> {
    let run = |program| Command::new(program).args([flag, name]).stderr(Stdio::null()).output();
    let output = run("id").or_else(|_| run("/usr/bin/id")).ok()?;
    // nobody is -2 on some systems.
    let number: i64 = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
    output.status.success().then_some(number as u32)
}
