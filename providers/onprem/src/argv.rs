//! A program with its arguments, written once for all places. No shell ever reads it.

use crate::Place;

/// What may stand in it for a place.
const KNOWN: [&str; 4] = ["host", "port", "name", "folder"];

/// A program and its arguments, with `{host}`, `{port}` and `{name}` where a place belongs, and
/// `{folder}` where the data directory of a database does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argv(Vec<String>);

/// A list is no program with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadArgv {
    /// There is no program.
    #[error("no program is named")]
    Empty,
    /// Nobody knows what is meant.
    #[error(
        "there is no {{{0}}}: {{host}}, {{port}} and {{name}} stand for a place, and of a database \
         {{folder}} for its data directory"
    )]
    Unknown(String),
}

impl Argv {
    /// The program first, then its arguments.
    pub fn new(words: Vec<String>) -> Result<Self, BadArgv> {
        if words.first().is_none_or(|program| program.trim().is_empty()) {
            return Err(BadArgv::Empty);
        }
        let unknown = words.iter().flat_map(|word| holes(word)).find(|hole| !KNOWN.contains(hole));
        match unknown.map(str::to_owned) {
            Some(unknown) => Err(BadArgv::Unknown(unknown)),
            None => Ok(Self(words)),
        }
    }

    /// The program as it is written.
    pub(crate) fn program(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// No program at all.
    pub(crate) const fn nothing() -> Self {
        Self(Vec::new())
    }

    /// For one place.
    pub(crate) fn at(&self, place: Place) -> Vec<String> {
        self.filled(place, &place.server(), "")
    }

    /// For a place with a name and a data directory.
    pub(crate) fn filled(&self, place: Place, name: &str, folder: &str) -> Vec<String> {
        let (host, port) = (place.host(), place.port().to_string());
        let fill = |word: &String| {
            let word = word.replace("{host}", &host).replace("{port}", &port);
            word.replace("{name}", name).replace("{folder}", folder)
        };
        self.0.iter().map(fill).collect()
    }
}

/// Every `{word}` in a text; other braces are nobody's business.
fn holes(text: &str) -> impl Iterator<Item = &str> {
    let inner = text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    inner.filter(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places;

    fn argv(words: &[&str]) -> Result<Argv, BadArgv> {
        Argv::new(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn a_place_is_filled_in_and_nothing_else_is_read() {
        let place = places(["10.0.0.7:80"]).unwrap()[0];
        let argv = argv(&["ssh", "{host}", "start {name} $PORT; {port} {{.State}} {}"]).unwrap();
        let filled = ["ssh", "10.0.0.7", "start sp-10.0.0.7:80 $PORT; 80 {{.State}} {}"];
        assert_eq!((argv.program(), argv.at(place)), ("ssh", filled.map(str::to_owned).to_vec()));
    }

    #[test]
    fn nothing_is_started_where_nobody_knows_what_is_meant() {
        assert_eq!(argv(&[]), Err(BadArgv::Empty));
        assert_eq!(argv(&[" "]), Err(BadArgv::Empty));
        assert_eq!(argv(&["run", "--at={prot}"]), Err(BadArgv::Unknown("prot".to_owned())));
    }
}
