//! The component that writes CSV.
