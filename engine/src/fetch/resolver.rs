//! Names to addresses, for a guarded client: what the guard refuses is never dialled.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::AddressGuard;

/// A resolver behind the guard. What it answers is what is dialled, so that a name cannot mean one address when it is
/// judged and another when it is used.
#[derive(Clone)]
pub(super) struct GuardedResolver {
    guard: AddressGuard,
    names: Arc<dyn Resolve>,
}

impl fmt::Debug for GuardedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedResolver")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

impl GuardedResolver {
    /// Guards the system's resolver.
    pub(super) fn new(guard: AddressGuard) -> Self {
        Self::over(guard, Arc::new(SystemResolver))
    }

    /// Guards what `names` answers.
    pub(super) fn over(guard: AddressGuard, names: Arc<dyn Resolve>) -> Self {
        Self { guard, names }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, found) = (self.guard.clone(), self.names.resolve(name));
        Box::pin(async move {
            let allowed = allowed(&guard, found.await?.map(|address| address.ip()))?;
            // The port is the client's to add.
            let addresses: Addrs = Box::new(allowed.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

/// What the machine's own resolver says.
struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Addrs = Box::new(found.collect::<Vec<_>>().into_iter());
            Ok(addresses)
        })
    }
}

/// The addresses that may be dialled. Where there is none, the reason is that of the first.
fn allowed(
    guard: &AddressGuard,
    found: impl Iterator<Item = IpAddr>,
) -> Result<Vec<IpAddr>, Box<dyn std::error::Error + Send + Sync>> {
    let mut blocked = None;
    let mut allowed = Vec::new();
    for address in found {
        match guard.check_address(address) {
            Ok(()) => allowed.push(address),
            Err(reason) => blocked = blocked.or(Some(reason)),
        }
    }
    match blocked {
        Some(reason) if allowed.is_empty() => Err(reason.into()),
        _ => Ok(allowed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_guard_allows_is_dialled() {
        let check = |found: &[&str], expected: Result<&[&str], &str>| {
            let parse =
                |addresses: &[&str]| -> Vec<IpAddr> { addresses.iter().map(|it| it.parse().unwrap()).collect() };
            let dialled = allowed(&AddressGuard::default(), parse(found).into_iter());
            match (dialled, expected) {
                (Ok(dialled), Ok(expected)) => assert_eq!(dialled, parse(expected)),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
                (dialled, _) => panic!("{dialled:?}"),
            }
        };
        check(&["93.184.215.14"], Ok(&["93.184.215.14"]));
        check(&["127.0.0.1", "93.184.215.14", "::1"], Ok(&["93.184.215.14"]));
        check(&["127.0.0.1", "10.0.0.1"], Err("127.0.0.1 is a loopback address"));
        check(&[], Ok(&[]));
    }
}
