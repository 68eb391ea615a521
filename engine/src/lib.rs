//! The scraping engine.
