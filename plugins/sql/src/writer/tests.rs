use snowscrape_plugin_sdk::testing::{column, lists, single, texts};
use snowscrape_plugin_sdk::{Batch, Column, ColumnType, Ending, Values, Writer as _};

use super::{STATEMENT_BYTES, STATEMENT_ROWS, SqlWriter};
use crate::definition::IfExists;
use crate::dialect::Dialect::{self, Mysql, Postgres, Sqlite, Standard};
use crate::tally::MARIADB_PACKET;

const MICROS: i64 = 1_700_000_000_123_000;
const EARLY: i64 = -377_000_000_000_000_000;

/// The file, and the codes of its warnings.
fn written(mut writer: SqlWriter, batches: Vec<Batch>) -> (String, Vec<String>) {
    let mut out: Vec<u8> = batches
        .into_iter()
        .flat_map(|batch| writer.write(batch).unwrap())
        .collect();
    let Ending::Done(closing) = writer.finish().unwrap() else {
        panic!("one piece")
    };
    out.extend(closing.bytes);
    let codes = closing.warnings.into_iter().map(|warning| warning.code).collect();
    (String::from_utf8(out).unwrap(), codes)
}

fn every_type() -> (Vec<Column>, Batch) {
    let columns = vec![
        column("text", ColumnType::Text, false),
        column("i", ColumnType::Integer, false),
        column("n", ColumnType::Number, false),
        column("b", ColumnType::Boolean, false),
        column("d", ColumnType::Datetime, false),
        column("j", ColumnType::Json, false),
        column("l", ColumnType::Text, true),
        column("t", ColumnType::Datetime, true),
        column("o", ColumnType::Json, true),
    ];
    let batch = Batch {
        rows: 2,
        columns: vec![
            single(texts(&["a\\'\0", ""]), &[0b01]),
            single(Values::Integers(vec![i64::MIN, 7]), &[]),
            single(Values::Numbers(vec![0.1, -0.0]), &[]),
            single(Values::Booleans(vec![true, false]), &[]),
            single(Values::Datetimes(vec![MICROS, EARLY]), &[]),
            single(texts(&["{\"a'\":\"\\u0000\"}", "null"]), &[]),
            lists(single(texts(&["x\"", "", ""]), &[0b011]), &[3, 3], &[0b01]),
            lists(single(Values::Datetimes(vec![0, MICROS]), &[]), &[0, 2], &[]),
            lists(single(texts(&["[1]", "2"]), &[]), &[2, 2], &[]),
        ],
    };
    (columns, batch)
}

fn check_every_type(dialect: Dialect, if_exists: IfExists, expected: &str, warnings: &[&str]) {
    let (columns, batch) = every_type();
    let writer = SqlWriter::new(&columns, dialect, "re\"s`", if_exists).unwrap();
    let (file, codes) = written(writer, vec![batch]);
    assert_eq!(file, expected);
    assert_eq!(codes, warnings);
}

#[test]
fn every_type_in_standard() {
    let expected = r#"/*!40101 SET @OLD_SQL_MODE = @@SESSION.sql_mode, SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES' */;
/*!50503 SET NAMES utf8mb4 */;
BEGIN;
CREATE TABLE IF NOT EXISTS "re""s`" (
  "text" TEXT /*!40101 (4294967295) */,
  "i" BIGINT,
  "n" DOUBLE PRECISION,
  "b" BOOLEAN,
  "d" TEXT /*!40101 (4294967295) */,
  "j" TEXT /*!40101 (4294967295) */,
  "l" TEXT /*!40101 (4294967295) */,
  "t" TEXT /*!40101 (4294967295) */,
  "o" TEXT /*!40101 (4294967295) */
) /*!50503 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;
/*!40101 START TRANSACTION */;
INSERT INTO "re""s`" ("text", "i", "n", "b", "d", "j", "l", "t", "o") VALUES
('a\''�',-9223372036854775808,0.1,TRUE,'2023-11-14T22:13:20.123Z','{"a''":"\u0000"}','["x\"","",null]','[]','[[1],2]'),
(NULL,7,'-0.0',FALSE,'-009977-05-07T01:46:40Z','null',NULL,'["1970-01-01T00:00:00Z","2023-11-14T22:13:20.123Z"]','[]');
COMMIT;
/*!40101 SET SESSION sql_mode = @OLD_SQL_MODE */;
"#;
    check_every_type(Standard, IfExists::Append, expected, &["nul_replaced"]);
}

#[test]
fn every_type_in_postgres() {
    let expected = r#"BEGIN;
SET LOCAL client_encoding = 'UTF8';
SET LOCAL standard_conforming_strings = on;
DROP TABLE IF EXISTS "re""s`";
CREATE TABLE "re""s`" (
  "text" TEXT,
  "i" BIGINT,
  "n" DOUBLE PRECISION,
  "b" BOOLEAN,
  "d" TIMESTAMPTZ,
  "j" JSONB,
  "l" JSONB,
  "t" JSONB,
  "o" JSONB
);
INSERT INTO "re""s`" ("text", "i", "n", "b", "d", "j", "l", "t", "o") VALUES
('a\''�',-9223372036854775808,0.1,TRUE,'2023-11-14 22:13:20.123+00','{"a''":"\ufffd"}','["x\"","",null]','[]','[[1],2]'),
(NULL,7,'-0.0',FALSE,NULL,'null',NULL,'["1970-01-01T00:00:00Z","2023-11-14T22:13:20.123Z"]','[]');
COMMIT;
"#;
    check_every_type(
        Postgres,
        IfExists::Replace,
        expected,
        &["nul_replaced", "datetime_out_of_range"],
    );
}

#[test]
fn every_type_in_mysql() {
    let expected = r#"SET @OLD_SQL_MODE = @@SESSION.sql_mode, SESSION sql_mode = 'STRICT_ALL_TABLES';
SET NAMES utf8mb4;
DROP TABLE IF EXISTS `re"s```;
CREATE TABLE `re"s``` (
  `text` LONGTEXT,
  `i` BIGINT,
  `n` DOUBLE,
  `b` BOOLEAN,
  `d` DATETIME(6),
  `j` JSON,
  `l` JSON,
  `t` JSON,
  `o` JSON
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
START TRANSACTION;
INSERT INTO `re"s``` (`text`, `i`, `n`, `b`, `d`, `j`, `l`, `t`, `o`) VALUES
('a\\''\0',-9223372036854775808,0.1,TRUE,'2023-11-14 22:13:20.123','{"a''":"\\u0000"}','["x\\"","",null]','[]','[[1],2]'),
(NULL,7,'-0.0',FALSE,NULL,'null',NULL,'["1970-01-01T00:00:00Z","2023-11-14T22:13:20.123Z"]','[]');
COMMIT;
SET SESSION sql_mode = @OLD_SQL_MODE;
"#;
    check_every_type(Mysql, IfExists::Replace, expected, &["datetime_out_of_range"]);
}

#[test]
fn every_type_in_sqlite() {
    let expected = r#"BEGIN;
CREATE TABLE IF NOT EXISTS "re""s`" (
  "text" TEXT,
  "i" BIGINT,
  "n" REAL,
  "b" BOOLEAN,
  "d" TEXT,
  "j" TEXT,
  "l" TEXT,
  "t" TEXT,
  "o" TEXT
);
INSERT INTO "re""s`" ("text", "i", "n", "b", "d", "j", "l", "t", "o") VALUES
(replace('a\''^','^',char(0)),-9223372036854775808,0.1,TRUE,'2023-11-14T22:13:20.123Z','{"a''":"\u0000"}','["x\"","",null]','[]','[[1],2]'),
(NULL,7,'-0.0',FALSE,'-009977-05-07T01:46:40Z','null',NULL,'["1970-01-01T00:00:00Z","2023-11-14T22:13:20.123Z"]','[]');
COMMIT;
"#;
    check_every_type(Sqlite, IfExists::Append, expected, &[]);
}

fn integers(rows: usize) -> Batch {
    Batch {
        rows: rows as u32,
        columns: vec![single(Values::Integers(vec![1; rows]), &[])],
    }
}

#[test]
fn a_statement_ends_after_so_many_rows() {
    for (batches, expected) in [
        (vec![], vec![]),
        (vec![1], vec![1]),
        (vec![STATEMENT_ROWS], vec![STATEMENT_ROWS]),
        (vec![STATEMENT_ROWS - 1, 2, 1], vec![STATEMENT_ROWS, 2]),
        (vec![2 * STATEMENT_ROWS + 1], vec![STATEMENT_ROWS, STATEMENT_ROWS, 1]),
    ] {
        let columns = [column("a", ColumnType::Integer, false)];
        let writer = SqlWriter::new(&columns, Sqlite, "t", IfExists::Append).unwrap();
        let (file, _) = written(writer, batches.iter().map(|rows| integers(*rows)).collect());
        let statements = file.split("INSERT INTO \"t\" (\"a\") VALUES\n").skip(1);
        let rows: Vec<usize> = statements.map(|statement| statement.matches("(1)").count()).collect();
        assert_eq!(rows, expected, "{batches:?}");
        assert_eq!(file.matches(";\n").count(), 3 + expected.len());
    }
}

#[test]
fn a_statement_ends_after_so_many_bytes() {
    let head = "INSERT INTO \"t\" (\"a\") VALUES\n('')".len();
    for (length, statements) in [(STATEMENT_BYTES - head - 1, 1), (STATEMENT_BYTES - head, 2)] {
        let columns = [column("a", ColumnType::Text, false)];
        let writer = SqlWriter::new(&columns, Sqlite, "t", IfExists::Append).unwrap();
        let batch = Batch {
            rows: 2,
            columns: vec![single(texts(&["x".repeat(length), String::new()]), &[])],
        };
        let (file, _) = written(writer, vec![batch]);
        assert_eq!(file.matches("INSERT").count(), statements);
    }
}

#[test]
fn a_large_row_is_a_statement_of_its_own() {
    let columns = [column("a", ColumnType::Text, false)];
    let insert = "INSERT INTO \"t\" (\"a\") VALUES\n('')".len();
    let check = |dialect, large: usize, statements: usize, warnings: &[&str]| {
        let writer = SqlWriter::new(&columns, dialect, "t", IfExists::Append).unwrap();
        let batch = Batch {
            rows: 3,
            columns: vec![single(texts(&["a".to_owned(), "x".repeat(large), "b".to_owned()]), &[])],
        };
        let (file, codes) = written(writer, vec![batch]);
        assert_eq!(file.matches("INSERT").count(), statements, "{large} bytes");
        assert_eq!(codes, warnings, "{large} bytes");
        assert!(file.contains("('a')") && file.contains("x')") && file.contains("('b')"));
    };
    let joined = ",\n('')".len();
    check(Sqlite, STATEMENT_BYTES - joined - 1, 2, &[]);
    check(Sqlite, STATEMENT_BYTES - joined, 3, &[]);
    // With the row before it, it would be too large.
    check(Mysql, MARIADB_PACKET - insert - 1, 3, &[]);
    check(Mysql, MARIADB_PACKET - insert, 3, &["statement_too_large"]);
}

#[test]
fn what_a_database_refuses_is_counted() {
    let check = |columns: &[Column], dialect, batch: Batch, expected: &[&str]| {
        let writer = SqlWriter::new(columns, dialect, "t", IfExists::Append).unwrap();
        assert_eq!(written(writer, vec![batch]).1, expected, "{dialect:?}");
    };
    let one = |values: Values| Batch {
        rows: 1,
        columns: vec![single(values, &[])],
    };
    let json = [column("a", ColumnType::Json, false)];
    let deep = |depth| one(texts(&["[".repeat(depth) + &"]".repeat(depth)]));
    check(&json, Mysql, deep(31), &[]);
    check(&json, Mysql, deep(32), &["json_too_deep"]);
    check(&json, Standard, deep(32), &[]);

    let text = [column("a", ColumnType::Text, false)];
    for (dialect, quote) in [(Standard, '"'), (Mysql, '`'), (Sqlite, '"'), (Postgres, '"')] {
        let around = format!("INSERT INTO {quote}t{quote} ({quote}a{quote}) VALUES\n('')").len();
        let of_bytes = |bytes: usize| one(texts(&["x".repeat(bytes - around)]));
        let large: &[&str] = if dialect.for_mysql() {
            &["statement_too_large"]
        } else {
            &[]
        };
        check(&text, dialect, of_bytes(MARIADB_PACKET - 1), &[]);
        check(&text, dialect, of_bytes(MARIADB_PACKET), large);
    }

    let names: Vec<Column> = ["a", "A"].map(|name| column(name, ColumnType::Text, false)).into();
    let pair = || Batch {
        rows: 1,
        columns: vec![single(texts(&["x"]), &[]), single(texts(&["y"]), &[])],
    };
    check(&names, Standard, pair(), &["columns_renamed"]);
    check(&names, Postgres, pair(), &[]);

    let wide: Vec<Column> = (0..500)
        .map(|at| column(&format!("c{at}"), ColumnType::Text, false))
        .collect();
    let row = |length: usize| Batch {
        rows: 1,
        columns: vec![single(texts(&["x".repeat(length)]), &[]); 500],
    };
    check(&wide, Postgres, row(15), &[]);
    check(&wide, Postgres, row(16), &["row_too_wide"]);
    check(&wide, Mysql, row(16), &["table_without_transactions"]);
    check(
        &wide,
        Standard,
        row(16),
        &["table_without_transactions", "row_too_wide"],
    );
    check(&wide, Sqlite, row(16), &[]);
}
