//! A TOML table being read: every key is asked for by name and type, and what
//! nobody asked for is a fault.
//!
//! The readers answer `None` both for a key that is not there and for one whose
//! value is wrong; the latter they have reported already. [`Table::finish`] reports
//! the keys nobody knew.

use super::{
    expand::{Environment, expand},
    fault::{At, Code, ConfigFault, Faults, Place, SourceFile},
    suggest,
};
use setpoint_core::Span;
use std::{ops::Range, sync::Arc};
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

/// What reading a file needs to know besides the file.
pub(crate) struct Context<'a> {
    /// The file.
    pub(crate) file: Arc<SourceFile>,
    /// Where variables are looked up.
    pub(crate) environment: Environment<'a>,
    /// Where faults go.
    pub(crate) faults: &'a Faults,
}

impl Context<'_> {
    /// The place of `span` in this file.
    pub(crate) fn place(&self, span: Range<usize>) -> Place {
        Place { file: Arc::clone(&self.file), span: Some(span) }
    }

    fn wrong_type(&self, value: &Spanned<DeValue<'_>>, wanted: &str, key: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with decimals",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let place = self.place(value.span());
        let message = format!("`{key}` takes {wanted}, not {found}");
        self.faults.push(ConfigFault::new(Code::WrongType, &place, message));
    }
}

/// A table being read.
pub(crate) struct Table<'a> {
    context: &'a Context<'a>,
    entries: &'a DeTable<'a>,
    /// The header or the braces.
    pub(crate) place: Place,
    /// What to call it in a message: "targets.web"; empty for the whole file.
    title: String,
    known: Vec<&'static str>,
}

/// A key and its place.
type Key<'a> = Spanned<DeString<'a>>;

/// A table with the name under which it was written.
pub(crate) type Named<'a> = (At<String>, Table<'a>);

impl<'a> Table<'a> {
    /// The file as a table.
    pub(crate) fn whole(context: &'a Context<'a>, entries: &'a DeTable<'a>) -> Self {
        let place = Place::whole(Arc::clone(&context.file));
        Self { context, entries, place, title: String::new(), known: Vec::new() }
    }

    fn inner(&self, value: &'a Spanned<DeValue<'a>>, key: &str) -> Option<Self> {
        let DeValue::Table(entries) = value.get_ref() else {
            self.context.wrong_type(value, "a table", key);
            return None;
        };
        let place = self.context.place(value.span());
        let title =
            if self.title.is_empty() { key.into() } else { format!("{}.{key}", self.title) };
        Some(Self { context: self.context, entries, place, title, known: Vec::new() })
    }

    /// The value of `key`, whatever it is.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.entries.get(key)
    }

    /// Where the value of `key` stands, if there is one.
    pub(crate) fn place_of(&mut self, key: &'static str) -> Option<Place> {
        Some(self.context.place(self.value(key)?.span()))
    }

    /// A text, with its variables expanded.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<At<String>> {
        let value = self.value(key)?;
        self.text_of(value, key)
    }

    fn text_of(&self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<At<String>> {
        let DeValue::String(text) = value.get_ref() else {
            self.context.wrong_type(value, "a text", key);
            return None;
        };
        let place = self.context.place(value.span());
        match expand(text, self.context.environment) {
            Ok(value) => Some(At { value, place }),
            Err(error) => {
                let fault = ConfigFault::new(Code::Variable, &place, error.message);
                self.context.faults.push(fault.help(error.help));
                None
            }
        }
    }

    /// A length of time: "15s".
    pub(crate) fn span(&mut self, key: &'static str) -> Option<At<Span>> {
        let At { value, place } = self.text(key)?;
        let message = || format!("`{key}` is {}, which is no length of time", place.written());
        match value.parse() {
            Ok(value) => Some(At { value, place }),
            Err(_) => {
                let fault = ConfigFault::new(Code::BadValue, &place, message());
                self.context.faults.push(fault.help("write it as 250ms, 15s, 5m, 1h30m or 14d"));
                None
            }
        }
    }

    /// A whole number from 0 to 4,294,967,295.
    pub(crate) fn count(&mut self, key: &'static str) -> Option<At<u32>> {
        let value = self.value(key)?;
        let place = self.context.place(value.span());
        let DeValue::Integer(number) = value.get_ref() else {
            self.context.wrong_type(value, "a whole number", key);
            return None;
        };
        let number = u32::from_str_radix(number.as_str(), number.radix());
        if number.is_err() {
            let message = format!("`{key}` is {}, which is no count", place.written());
            let fault = ConfigFault::new(Code::BadValue, &place, message);
            self.context.faults.push(fault.help("write a whole number from 0 up"));
        }
        Some(At { value: number.ok()?, place })
    }

    /// The table under `key`.
    pub(crate) fn table(&mut self, key: &'static str) -> Option<Self> {
        let value = self.value(key)?;
        self.inner(value, key)
    }

    /// A text, or a list of them: `page = "ops"`, `page = ["ops", "chat"]`.
    pub(crate) fn one_or_more(&mut self, key: &'static str) -> Vec<At<String>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        if let DeValue::Array(items) = value.get_ref() {
            return items.iter().filter_map(|item| self.text_of(item, key)).collect();
        }
        self.text_of(value, key).into_iter().collect()
    }

    /// The tables under the keys that nobody has asked for, each with its name. Ends the
    /// reading: what is no table is a fault.
    pub(crate) fn other_tables(self) -> Vec<Named<'a>> {
        let others = self.entries.iter();
        let others = others.filter(|(key, _)| !self.known.contains(&key.get_ref().as_ref()));
        let named = |(name, value): (&Key<'a>, &'a _)| {
            Some((self.name(name), self.inner(value, name.get_ref())?))
        };
        others.filter_map(named).collect()
    }

    /// The tables under `key`, each with its own name: `[targets.web]`.
    pub(crate) fn named_tables(&mut self, key: &'static str) -> Vec<Named<'a>> {
        let Some(all) = self.table(key) else { return Vec::new() };
        let named = |(name, value): (&Key<'a>, &'a _)| {
            Some((all.name(name), all.inner(value, name.get_ref())?))
        };
        all.entries.iter().filter_map(named).collect()
    }

    /// The list of tables under `key`: `[[policies]]`.
    pub(crate) fn list_of_tables(&mut self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.context.wrong_type(value, "a list of tables", key);
            return Vec::new();
        };
        items.iter().filter_map(|item| self.inner(item, key)).collect()
    }

    /// The list of texts under `key`: `start = ["systemctl", "start", "web"]`.
    pub(crate) fn texts(&mut self, key: &'static str) -> Option<At<Vec<At<String>>>> {
        let value = self.value(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.context.wrong_type(value, "a list of texts", key);
            return None;
        };
        let texts: Option<Vec<_>> = items.iter().map(|item| self.text_of(item, key)).collect();
        Some(At { value: texts?, place: self.context.place(value.span()) })
    }

    /// The texts under `key`, each with its own name: `targets = { fleet = "web" }`.
    pub(crate) fn named_texts(&mut self, key: &'static str) -> Vec<(At<String>, At<String>)> {
        let Some(all) = self.table(key) else { return Vec::new() };
        let named = |(name, value): (&Key<'_>, &_)| {
            Some((all.name(name), all.text_of(value, name.get_ref())?))
        };
        all.entries.iter().filter_map(named).collect()
    }

    /// The texts, numbers and truth values under `key`, as texts: `params = { goal = "60%", members = 3 }`.
    pub(crate) fn named_scalars(&mut self, key: &'static str) -> Vec<(At<String>, At<String>)> {
        let Some(all) = self.table(key) else { return Vec::new() };
        let named = |(name, value): (&Key<'_>, &_)| {
            Some((all.name(name), all.scalar_of(value, name.get_ref())?))
        };
        all.entries.iter().filter_map(named).collect()
    }

    fn scalar_of(&self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<At<String>> {
        let text = match value.get_ref() {
            DeValue::String(_) => return self.text_of(value, key),
            DeValue::Boolean(yes) => yes.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
                self.context.wrong_type(value, "a text, a number, or true or false", key);
                return None;
            }
        };
        Some(At { value: text, place: self.context.place(value.span()) })
    }

    fn name(&self, name: &Key<'_>) -> At<String> {
        At { value: name.get_ref().to_string(), place: self.context.place(name.span()) }
    }

    /// Reports `key` as missing: a table without it means nothing.
    pub(crate) fn missing(&self, key: &str, example: &str) {
        let message = match self.title.as_str() {
            "" => format!("`{key}` is missing"),
            title => format!("`{title}` has no `{key}`"),
        };
        let fault = ConfigFault::new(Code::MissingKey, &self.place, message);
        self.context.faults.push(fault.help(format!("write `{example}`")));
    }

    /// Reports a fault.
    pub(crate) fn fault(&self, fault: ConfigFault) {
        self.context.faults.push(fault);
    }

    /// Ends the reading: every key nobody asked for is a fault.
    pub(crate) fn finish(self) {
        let unknown =
            self.entries.keys().filter(|key| !self.known.contains(&key.get_ref().as_ref()));
        for key in unknown {
            let place = self.context.place(key.span());
            let message = match self.title.as_str() {
                "" => format!("unknown key `{}`", key.get_ref()),
                title => format!("`{title}` has no key `{}`", key.get_ref()),
            };
            let fault = ConfigFault::new(Code::UnknownKey, &place, message);
            let help = suggest::advice(key.get_ref(), self.known.iter().copied());
            self.context.faults.push(fault.maybe_help(help));
        }
    }
}
