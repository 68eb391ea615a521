//! What a component may import.

use wasmtime::component::Component;

use super::error::LoadError;

/// One list for the host and for the build of the components.
const ALLOWED: &str = include_str!("../../../wit/allowed-imports.txt");

/// Refuses a component that asks for more than guests get.
pub(crate) fn check(component: &Component) -> Result<(), LoadError> {
    let engine = component.engine();
    for (name, _) in component.component_type().imports(engine) {
        if !is_allowed(name) {
            return Err(LoadError::Import {
                import: name.to_owned(),
            });
        }
    }
    Ok(())
}

fn is_allowed(import: &str) -> bool {
    let interface = import.split_once('@').map_or(import, |(interface, _)| interface);
    ALLOWED
        .lines()
        .filter(|line| !line.starts_with('#'))
        .any(|line| line.trim() == interface)
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn only_listed_interfaces_are_allowed() {
        for (import, allowed) in [
            ("wasi:cli/exit@0.2.6", true),
            ("snowscrape:plugin/types@0.1.0", true),
            ("wasi:sockets/tcp@0.2.6", false),
            ("wasi:http/outgoing-handler@0.2.0", false),
            ("wasi:cli/exit2@0.2.6", false),
            ("# The", false),
            ("", false),
        ] {
            assert_eq!(is_allowed(import), allowed, "{import}");
        }
    }
}
