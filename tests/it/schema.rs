//! The two schemas are equivalent.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgPool, SqlitePool};
use stafett::db::Pools;

use crate::support::{Database, Engine};

/// A table in terms that both engines share.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: BTreeMap<String, Column>,
    indexes: BTreeSet<Index>,
    foreign_keys: BTreeSet<ForeignKey>,
    checks: BTreeSet<String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Column {
    kind: Kind,
    nullable: bool,
    default: Option<String>,
}

/// The content of a column: SQLite stores times and dates as text, and booleans as checked integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Id,
    Text,
    Whole,
    Truth,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Index {
    columns: Vec<String>,
    unique: bool,
    primary: bool,
    only_where: Option<String>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ForeignKey {
    columns: Vec<String>,
    table: String,
    refers_to: Vec<String>,
    deferred: bool,
}

type Schema = BTreeMap<String, Table>;

#[tokio::test]
async fn the_two_schemas_are_the_same() {
    let Some(postgres) = Database::create(Engine::Postgres).await else { return };
    let sqlite = Database::create(Engine::Sqlite).await.expect("SQLite is always there");
    let (Pools::Sqlite { readers: lite, .. }, Pools::Postgres { readers: server, .. }) =
        (&sqlite.db.pools, &postgres.db.pools)
    else {
        panic!("one of each");
    };
    let (lite, server) = (of_sqlite(lite).await, of_postgres(server).await);
    assert!(lite.len() > 20, "only {} tables were found", lite.len());
    assert_eq!(lite.keys().collect::<Vec<_>>(), server.keys().collect::<Vec<_>>());
    for (name, table) in &lite {
        let other = &server[name];
        assert_eq!(table.columns, other.columns, "columns of {name}: SQLite left, PostgreSQL right");
        assert_eq!(table.indexes, other.indexes, "indexes of {name}: SQLite left, PostgreSQL right");
        assert_eq!(
            table.foreign_keys, other.foreign_keys,
            "foreign keys of {name}: SQLite left, PostgreSQL right"
        );
        assert_eq!(table.checks, other.checks, "checks of {name}: SQLite left, PostgreSQL right");
    }
    sqlite.finish().await;
    postgres.finish().await;
}

#[test]
fn both_engines_have_the_same_migrations() {
    let names = |engine| {
        let folder = format!("{}/migrations/{engine}", env!("CARGO_MANIFEST_DIR"));
        let files = std::fs::read_dir(folder).expect("a folder of migrations");
        files.map(|file| file.expect("a file").file_name()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

async fn of_sqlite(pool: &SqlitePool) -> Schema {
    let tables = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' \
                  AND name NOT LIKE 'sqlite%'";
    let tables: Vec<(String, String)> = sqlx::query_as(tables).fetch_all(pool).await.expect("tables");
    let mut schema = Schema::new();
    for (name, sql) in tables {
        let all = checks(&sql);
        let truths = all.iter().filter_map(|check| check.strip_suffix("in0,1")).collect::<BTreeSet<_>>();
        let mut table = Table {
            columns: sqlite_columns(pool, &name, &truths).await,
            indexes: sqlite_indexes(pool, &name).await,
            foreign_keys: sqlite_foreign_keys(pool, &name, &sql).await,
            checks: BTreeSet::new(),
        };
        table.checks.extend(all.iter().filter(|check| !check.ends_with("in0,1")).cloned());
        schema.insert(name, table);
    }
    schema
}

/// The names of the tables.
pub async fn tables_of_sqlite(database: &Database) -> BTreeSet<String> {
    let Pools::Sqlite { readers, .. } = &database.db.pools else { panic!("not SQLite") };
    of_sqlite(readers).await.into_keys().collect()
}

async fn sqlite_columns(pool: &SqlitePool, table: &str, truths: &BTreeSet<&str>) -> BTreeMap<String, Column> {
    let sql = "SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info($1)";
    let rows: Vec<(String, String, bool, Option<String>)> =
        sqlx::query_as(sql).bind(table).fetch_all(pool).await.expect("columns");
    let column = |(name, kind, required, default): (String, String, bool, Option<String>)| {
        let kind = match kind.as_str() {
            "BLOB" => Kind::Id,
            "TEXT" => Kind::Text,
            "INTEGER" if truths.contains(name.as_str()) => Kind::Truth,
            "INTEGER" => Kind::Whole,
            other => panic!("{table}.{name} is of the type {other}"),
        };
        let default = default.as_deref().map(bare).map(|value| match (kind, &*value) {
            (Kind::Truth, "0") => "false".to_owned(),
            (Kind::Truth, "1") => "true".to_owned(),
            _ => value,
        });
        (name, Column { kind, nullable: !required, default })
    };
    rows.into_iter().map(column).collect()
}

async fn sqlite_indexes(pool: &SqlitePool, table: &str) -> BTreeSet<Index> {
    let sql = "SELECT l.name, l.\"unique\", l.origin, m.sql FROM pragma_index_list($1) l
               LEFT JOIN sqlite_master m ON m.name = l.name";
    let rows: Vec<(String, bool, String, Option<String>)> =
        sqlx::query_as(sql).bind(table).fetch_all(pool).await.expect("indexes");
    let mut indexes = BTreeSet::new();
    for (name, unique, origin, sql) in rows {
        let columns = "SELECT name FROM pragma_index_info($1) ORDER BY seqno";
        let columns: Vec<(String,)> =
            sqlx::query_as(columns).bind(&name).fetch_all(pool).await.expect("columns");
        let only_where = sql.and_then(|sql| sql.split_once(" WHERE ").map(|(_, only)| bare(only)));
        let columns = columns.into_iter().map(|(name,)| name).collect();
        indexes.insert(Index { columns, unique, primary: origin == "pk", only_where });
    }
    indexes
}

async fn sqlite_foreign_keys(pool: &SqlitePool, table: &str, sql: &str) -> BTreeSet<ForeignKey> {
    let rows = "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list($1) ORDER BY id, seq";
    let rows: Vec<(i64, String, String, String)> =
        sqlx::query_as(rows).bind(table).fetch_all(pool).await.expect("foreign keys");
    let mut keys: BTreeMap<i64, ForeignKey> = BTreeMap::new();
    for (id, table, from, to) in rows {
        let empty = ForeignKey { columns: Vec::new(), table, refers_to: Vec::new(), deferred: false };
        let key = keys.entry(id).or_insert(empty);
        key.columns.push(from);
        key.refers_to.push(to);
    }
    // The engine does not report which are deferred, but its copy of the statement does.
    let deferred = |key: &ForeignKey| {
        let (from, to) = (key.columns.join(", "), key.refers_to.join(", "));
        sql.contains(&format!("({from}) REFERENCES {} ({to}) DEFERRABLE INITIALLY DEFERRED", key.table))
    };
    keys.into_values().map(|key| ForeignKey { deferred: deferred(&key), ..key }).collect()
}

async fn of_postgres(pool: &PgPool) -> Schema {
    let columns = "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES', column_default::text
                   FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%'";
    let columns: Vec<(String, String, String, bool, Option<String>)> =
        sqlx::query_as(columns).fetch_all(pool).await.expect("columns");
    let mut schema = Schema::new();
    for (table, name, kind, nullable, default) in columns {
        let kind = match kind.as_str() {
            "uuid" | "bytea" => Kind::Id,
            "text" | "timestamp with time zone" | "date" => Kind::Text,
            "bigint" => Kind::Whole,
            "boolean" => Kind::Truth,
            other => panic!("{table}.{name} is of the type {other}"),
        };
        schema
            .entry(table)
            .or_default()
            .columns
            .insert(name, Column { kind, nullable, default: default.as_deref().map(bare) });
    }
    for (name, table) in &mut schema {
        table.indexes = postgres_indexes(pool, name).await;
        table.foreign_keys = postgres_foreign_keys(pool, name).await;
        let checks = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conrelid = $1::regclass";
        let found: Vec<(String,)> = sqlx::query_as(checks).bind(name).fetch_all(pool).await.expect("checks");
        table.checks =
            found.iter().map(|(check,)| bare(check.strip_prefix("CHECK").unwrap_or(check))).collect();
    }
    schema
}

async fn postgres_indexes(pool: &PgPool, table: &str) -> BTreeSet<Index> {
    let sql = "
        SELECT ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place)
                     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY k.place),
               i.indisunique, i.indisprimary, pg_get_expr(i.indpred, i.indrelid)
        FROM pg_index i WHERE i.indrelid = $1::regclass";
    let rows: Vec<(Vec<String>, bool, bool, Option<String>)> =
        sqlx::query_as(sql).bind(table).fetch_all(pool).await.expect("indexes");
    let index = |(columns, unique, primary, only): (_, _, _, Option<String>)| Index {
        columns,
        unique,
        primary,
        only_where: only.as_deref().map(bare),
    };
    rows.into_iter().map(index).collect()
}

async fn postgres_foreign_keys(pool: &PgPool, table: &str) -> BTreeSet<ForeignKey> {
    let sql = "
        SELECT ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k (number, place)
                     JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number ORDER BY k.place),
               c.confrelid::regclass::text,
               ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k (number, place)
                     JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number ORDER BY k.place),
               c.condeferred
        FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = $1::regclass";
    let rows: Vec<(Vec<String>, String, Vec<String>, bool)> =
        sqlx::query_as(sql).bind(table).fetch_all(pool).await.expect("foreign keys");
    let key = |(columns, table, refers_to, deferred)| ForeignKey { columns, table, refers_to, deferred };
    rows.into_iter().map(key).collect()
}

/// The normalized text of every check in a statement that creates a table.
fn checks(sql: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, word) in sql.match_indices("CHECK (") {
        let inside = &sql[at + word.len()..];
        let mut depth = 1;
        let end = inside.find(|c| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        found.insert(bare(&inside[..end.expect("a closed check")]));
    }
    found
}

/// An expression without engine-specific notation: casts, brackets, spaces and lists.
fn bare(expression: &str) -> String {
    let mut text = expression.to_lowercase();
    for cast in ["::text[]", "::bigint[]", "::text", "::bigint", "::date"] {
        text = text.replace(cast, "");
    }
    text.retain(|c| !"() \n".contains(c));
    text.replace("=anyarray[", "in").replace("<>allarray[", "notin").replace(']', "")
}

/// Every key begins with the municipality, which selects nothing. SQLite does not know that without statistics.
#[tokio::test]
async fn sqlite_finds_the_rows_of_one_object_without_reading_the_municipality() {
    let joins = [
        "SELECT 1 FROM consent c JOIN consent_unit u ON u.municipality = c.municipality AND u.consent_id = c.id
         WHERE c.case_id = ?",
        "SELECT 1 FROM child s JOIN guardianship g ON g.municipality = s.municipality AND g.child_id = s.id
         WHERE s.person_id = ? AND g.ended_at IS NULL",
        "SELECT 1 FROM care_case c JOIN withholding w ON w.municipality = c.municipality AND w.case_id = c.id
         WHERE c.child_id = ?",
    ];
    let database = Database::create(Engine::Sqlite).await.expect("SQLite is always there");
    let Pools::Sqlite { readers, .. } = &database.db.pools else { panic!("SQLite") };
    for join in joins {
        let plan = format!("EXPLAIN QUERY PLAN {join}");
        let steps: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(plan)).bind("an id").fetch_all(readers).await.expect("a plan");
        assert!(steps.iter().all(|(.., step)| !step.contains("(municipality=?)")), "{join}: {steps:?}");
    }
}
