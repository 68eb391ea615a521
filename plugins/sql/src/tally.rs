//! What a person should know of a file, counted while it is written and told at its end.

use snowscrape_plugin_sdk::Warning;

use crate::dialect::Dialect;

/// As many renamed columns as a message names.
const NAMED: usize = 20;

/// The largest statement that MariaDB takes unless it is told otherwise.
pub(crate) const MARIADB_PACKET: usize = 16 << 20;

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// The columns that go by another name, with that name.
    pub(crate) renamed: Vec<(String, String)>,
    /// As many columns as make a table of MyISAM, if it is one.
    pub(crate) without_transactions: Option<usize>,
    /// Values with a NUL that became U+FFFD.
    pub(crate) nuls: u64,
    /// Times that became NULL.
    pub(crate) times: u64,
    /// JSON that became a string of JSON.
    pub(crate) deep: u64,
    /// Rows that do not fit into a page of PostgreSQL's.
    pub(crate) wide: u64,
    /// Statements that are larger than a packet of MariaDB's.
    pub(crate) large: u64,
}

impl Tally {
    /// A warning for each kind that occurred.
    pub(crate) fn warnings(&self, dialect: Dialect) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |code: &str, message: String| {
            warnings.push(Warning {
                code: code.to_owned(),
                message,
            });
        };
        if !self.renamed.is_empty() {
            let named = self
                .renamed
                .iter()
                .take(NAMED)
                .map(|(from, to)| format!("{from:?} is {to:?}"));
            let named = named.collect::<Vec<_>>().join(", ");
            let more = match self.renamed.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let message = format!("columns whose names the database does not take, or takes for one: {named}{more}");
            warn("columns_renamed", message);
        }
        if let Some(columns) = self.without_transactions {
            let message = format!(
                "{columns} columns are more than InnoDB surely takes, so MySQL and MariaDB make a MyISAM table of them: \
                 it has no transactions, and a file that is broken off leaves the rows so far"
            );
            warn("table_without_transactions", message);
        }
        if self.nuls > 0 {
            let message = format!(
                "{}: PostgreSQL holds no U+0000, so U+FFFD stands for it",
                values(self.nuls)
            );
            warn("nul_replaced", message);
        }
        if self.times > 0 {
            let range = match dialect {
                Dialect::Postgres => "PostgreSQL's begins in 4714 BC",
                _ => "MySQL's begins with the year 0",
            };
            warn(
                "datetime_out_of_range",
                format!("{}: outside the calendar ({range}), so NULL", values(self.times)),
            );
        }
        if self.deep > 0 {
            let message = format!(
                "{}: nested deeper than MariaDB reads JSON (31 levels), so written as a string that holds the JSON",
                values(self.deep)
            );
            warn("json_too_deep", message);
        }
        if self.wide > 0 {
            let message = format!(
                "rows that PostgreSQL refuses: {}. A row must fit into a page of 8,160 bytes, where a long text takes 18: \
                 select fewer columns with `columns=`",
                self.wide
            );
            warn("row_too_wide", message);
        }
        if self.large > 0 {
            let message = format!(
                "rows that MariaDB and MySQL refuse unless max_allowed_packet is raised above its 16 MB: {}",
                self.large
            );
            warn("statement_too_large", message);
        }
        warnings
    }
}

fn values(count: u64) -> String {
    format!("{count} value{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::Tally;
    use crate::dialect::Dialect;

    #[test]
    fn each_count_has_its_warning() {
        let renamed = |count: usize| (0..count).map(|at| (format!("A{at}"), format!("A{at}_2"))).collect();
        let tally = Tally::default;
        for (tally, dialect, code, part) in [
            (
                Tally {
                    renamed: renamed(1),
                    ..tally()
                },
                Dialect::Standard,
                "columns_renamed",
                "\"A0\" is \"A0_2\"",
            ),
            (
                Tally {
                    renamed: renamed(21),
                    ..tally()
                },
                Dialect::Standard,
                "columns_renamed",
                ", and 1 more",
            ),
            (
                Tally {
                    without_transactions: Some(500),
                    ..tally()
                },
                Dialect::Mysql,
                "table_without_transactions",
                "500 columns",
            ),
            (
                Tally { nuls: 1, ..tally() },
                Dialect::Postgres,
                "nul_replaced",
                "1 value:",
            ),
            (
                Tally { times: 2, ..tally() },
                Dialect::Postgres,
                "datetime_out_of_range",
                "2 values: outside the calendar (P",
            ),
            (
                Tally { times: 2, ..tally() },
                Dialect::Mysql,
                "datetime_out_of_range",
                "year 0",
            ),
            (
                Tally { deep: 1, ..tally() },
                Dialect::Mysql,
                "json_too_deep",
                "31 levels",
            ),
            (
                Tally { wide: 3, ..tally() },
                Dialect::Postgres,
                "row_too_wide",
                "refuses: 3.",
            ),
            (
                Tally { large: 1, ..tally() },
                Dialect::Mysql,
                "statement_too_large",
                "16 MB: 1",
            ),
        ] {
            let warnings = tally.warnings(dialect);
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert_eq!(warnings[0].code, code);
            assert!(warnings[0].message.contains(part), "{warnings:?}");
        }
        assert_eq!(tally().warnings(Dialect::Standard), []);
    }
}
