//! The component that serves css, xpath and regex over one parse.
