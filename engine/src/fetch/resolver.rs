//! Names to addresses, for a guarded client: what the guard refuses is never dialled.

use std::fmt;
use std::net::SocketAddr;
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
            let allowed = guard.allowed_of(found.await?.map(|address| address.ip()))?;
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
