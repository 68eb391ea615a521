//! Tables in Markdown, and writing them into a document between markers.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// A table in Markdown. The first column is words, the others are figures.
pub(crate) fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &mut dyn Iterator<Item = &str>| format!("| {} |", cells.collect::<Vec<_>>().join(" | "));
    let mut lines = vec![line(&mut head.iter().copied())];
    lines.push(line(
        &mut (0..head.len()).map(|column| if column == 0 { "---" } else { "---:" }),
    ));
    lines.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    lines.join("\n")
}

/// A document with places for tables: what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`.
pub(crate) struct Document {
    path: PathBuf,
    text: String,
}

impl Document {
    /// Reads a document.
    pub(crate) fn read(path: PathBuf) -> Result<Self> {
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self { path, text })
    }

    /// Replaces what stands at a place.
    pub(crate) fn replace(&mut self, name: &str, content: &str) -> Result<()> {
        self.text = replaced(&self.text, name, content).with_context(|| format!("{}", self.path.display()))?;
        Ok(())
    }

    /// Writes the document back.
    pub(crate) fn write(self) -> Result<()> {
        fs::write(&self.path, self.text).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

fn replaced(text: &str, name: &str, content: &str) -> Result<String> {
    let (open, close) = (format!("<!-- bench:{name} -->"), format!("<!-- /bench:{name} -->"));
    if text.matches(&open).count() > 1 || text.matches(&close).count() > 1 {
        bail!("a place for `{name}` stands in it more than once");
    }
    let parts = text
        .split_once(&open)
        .and_then(|(before, rest)| Some((before, rest.split_once(&close)?)));
    let Some((before, (_, after))) = parts else {
        bail!("no place for `{name}`: it needs a line `{open}` and below it a line `{close}`");
    };
    Ok(format!("{before}{open}\n{content}\n{close}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown() {
        let table = markdown(&["what", "ms"], &[vec!["a".into(), "1.5".into()]]);
        assert_eq!(table, "| what | ms |\n| --- | ---: |\n| a | 1.5 |");
    }

    #[test]
    fn what_stands_between_the_markers_is_replaced() {
        let text = "# B\n<!-- bench:a -->\nold\n<!-- /bench:a -->\nmiddle\n<!-- bench:b --><!-- /bench:b -->\nend\n";
        let text = replaced(text, "a", "new").unwrap();
        let text = replaced(&text, "b", "first").unwrap();
        let expected =
            "# B\n<!-- bench:a -->\nnew\n<!-- /bench:a -->\nmiddle\n<!-- bench:b -->\nfirst\n<!-- /bench:b -->\nend\n";
        assert_eq!(text, expected);
        assert_eq!(replaced(&text, "a", "new").unwrap(), text);
    }

    #[test]
    fn a_document_without_the_place_is_an_error() {
        let check = |text: &str, part: &str| {
            let error = replaced(text, "a", "new").unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        check("", "needs a line `<!-- bench:a -->`");
        check("<!-- bench:a -->", "needs a line");
        check("<!-- /bench:a --> <!-- bench:a -->", "needs a line");
        check(
            "<!-- bench:a --><!-- /bench:a --><!-- bench:a --><!-- /bench:a -->",
            "more than once",
        );
    }
}
