//! Which server is asked, and which query tells which column: options, or a file of TOML.
//!
//! ```toml
//! url = "http://127.0.0.1:9090"
//!
//! [queries]
//! load  = 'sum(rate(http_requests_total[1m]))'
//! ready = 'sum(up{job="web"})'
//! ```

use super::Column;
use crate::{
    trouble::Trouble,
    written::{
        fault::{Code, Faults, FileFault, Place, SourceFile},
        suggest,
        table::{Reader, Table},
    },
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};
use toml::de::DeTable;
use url::Url;

/// Which server is asked, and which query tells which column.
#[derive(Clone, Debug)]
pub struct Queries {
    /// The server; its address may have a path before `/api/v1`.
    pub url: Url,
    /// The query of each column.
    pub columns: BTreeMap<Column, String>,
    /// A file with a token to be shown to the server.
    pub token_file: Option<PathBuf>,
    /// More headers, such as a tenant's name.
    pub headers: Vec<(String, String)>,
}

/// What a file says; options may add to it.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The server.
    pub url: Option<String>,
    /// The query of each column.
    pub columns: BTreeMap<Column, String>,
    /// A file with a token.
    pub token_file: Option<PathBuf>,
    /// More headers.
    pub headers: BTreeMap<String, String>,
}

/// A query of one column, as an option has it: `load=PROMQL`, or `PROMQL` alone for the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The column that it tells.
    pub column: Column,
    /// The query.
    pub query: String,
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = text.split_once('=').filter(|(name, rest)| {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            // `a == b` is PromQL as well, and so is whatever has more than a word before the sign.
            name.chars().all(is_word) && !rest.starts_with('=')
        });
        let (column, query) = match named {
            None => (Column::Load, text),
            Some((name, query)) => {
                let known = Column::ALL.map(Column::name);
                let column = Column::named(name).ok_or_else(|| {
                    let advice = suggest::advice(name, known).unwrap_or_default();
                    format!("there is no column `{name}`: {advice}")
                })?;
                (column, query)
            }
        };
        Ok(Self { column, query: query.trim().to_owned() })
    }
}

/// Reads a file with queries.
///
/// Fails with every fault of it, each with its line.
pub fn read_queries(path: &Path) -> Result<Written, Trouble> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| Trouble::file(format!("{name} cannot be read: {error}")))?;
    let file = Arc::new(SourceFile { path: name, text });
    let faults = Faults::default();
    let written = match DeTable::parse(&file.text) {
        Ok(table) => {
            written(Table::whole(Reader { file: &file, faults: &faults }, table.get_ref()))
        }
        Err(error) => {
            let place = Place::new(&file, error.span().unwrap_or(0..0));
            faults.push(FileFault::new(Code::Syntax, &place, error.message()));
            Written::default()
        }
    };
    let found: Vec<String> = faults.into_vec().iter().map(FileFault::to_string).collect();
    if found.is_empty() { Ok(written) } else { Err(Trouble::file(found.join("\n"))) }
}

fn written(mut table: Table<'_>) -> Written {
    let reader = table.reader;
    let url = table.text("url").map(|url| url.value);
    // A path in a file is meant from where the file is.
    let folder = Path::new(&reader.file.path).parent().map(Path::to_owned).unwrap_or_default();
    let token_file = table.text("token_file").map(|path| folder.join(path.value));
    let headers = table
        .named("headers")
        .into_iter()
        .filter_map(|(name, value)| Some((name.value, reader.text(value, "headers")?.value)));
    let headers = headers.collect();
    let mut columns = BTreeMap::new();
    for (name, query) in table.named("queries") {
        let Some(column) = Column::named(&name.value) else {
            let message = format!("there is no column `{}`", name.value);
            let fault = FileFault::new(Code::UnknownName, &name.place, message);
            let known = Column::ALL.map(Column::name);
            reader.faults.push(fault.maybe_help(suggest::advice(&name.value, known)));
            continue;
        };
        columns.extend(reader.text(query, column.name()).map(|query| (column, query.value)));
    }
    table.finish();
    Written { url, columns, token_file, headers }
}

impl Written {
    /// What is asked, once options are added.
    ///
    /// Fails without a server or without any query.
    pub fn finish(self) -> Result<Queries, Trouble> {
        let Some(url) = self.url else {
            return Err(Trouble::command_line("which server is to be asked?")
                .help("give --prometheus URL, or `url` in the file of queries"));
        };
        let url = Url::parse(&url)
            .ok()
            .filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())
            .ok_or_else(|| {
                let what = format!("'{url}' is no address of a server");
                Trouble::command_line(what).help("write it as http://127.0.0.1:9090")
            })?;
        if self.columns.is_empty() {
            return Err(Trouble::command_line("nothing is asked of the server").help(
                "name queries: --query load='sum(rate(http_requests_total[1m]))' --query ready=…",
            ));
        }
        let headers = self.headers.into_iter().collect();
        Ok(Queries { url, columns: self.columns, token_file: self.token_file, headers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(Column, &str), &str>) {
        let asked = text.parse::<Asked>();
        let asked = asked.as_ref().map(|asked| (asked.column, &*asked.query));
        assert_eq!(asked, expected.map_err(String::from).as_ref().copied());
    }

    #[test]
    fn a_query_is_told_from_the_name_before_it() {
        check("cpu=avg(cpu)", Ok((Column::Cpu, "avg(cpu)")));
        check("sum(rate(a{job=\"b\"}[1m]))", Ok((Column::Load, "sum(rate(a{job=\"b\"}[1m]))")));
        check("a == 1", Ok((Column::Load, "a == 1")));
        check("a==1", Ok((Column::Load, "a==1")));
        check("cpus=a", Err("there is no column `cpus`: did you mean `cpu`?"));
    }
}
