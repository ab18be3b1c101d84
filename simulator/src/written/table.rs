//! A TOML table being read: every key is asked for by name and type, and what nobody
//! asked for is a fault.
//!
//! The readers answer `None` both for a key that is not there and for one whose value is
//! wrong; the latter they have reported already. [`Table::finish`] reports the keys nobody
//! knew.

use super::{
    fault::{At, Code, Faults, FileFault, Place, SourceFile},
    suggest,
};
use setpoint_core::Span;
use std::sync::Arc;
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

/// A value as it is written, with its place.
pub(crate) type Value<'a> = &'a Spanned<DeValue<'a>>;

/// The file being read, and where its faults go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) file: &'a Arc<SourceFile>,
    pub(crate) faults: &'a Faults,
}

impl Reader<'_> {
    /// The place of `value`.
    pub(crate) fn place<T>(&self, value: &Spanned<T>) -> Place {
        Place::new(self.file, value.span())
    }

    /// Reports a value of another type than its key wants.
    pub(crate) fn wrong_type(&self, value: Value<'_>, wanted: &str, key: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with decimals",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = format!("`{key}` takes {wanted}, not {found}");
        self.faults.push(FileFault::new(Code::WrongType, &self.place(value), message));
    }

    /// A text.
    pub(crate) fn text(&self, value: Value<'_>, key: &str) -> Option<At<String>> {
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(value, "a text", key);
            return None;
        };
        Some(At { value: text.to_string(), place: self.place(value) })
    }

    /// A length of time: "15s".
    pub(crate) fn span(&self, value: Value<'_>, key: &str) -> Option<At<Span>> {
        let At { value, place } = self.text(value, key)?;
        if let Ok(value) = value.parse() {
            return Some(At { value, place });
        }
        let message = format!("`{key}` is {}, which is no length of time", place.written());
        let fault = FileFault::new(Code::BadValue, &place, message);
        self.faults.push(fault.help("write it as 250ms, 15s, 5m, 1h30m or 14d"));
        None
    }

    /// A whole number from 0 up.
    pub(crate) fn count(&self, value: Value<'_>, key: &str) -> Option<At<u32>> {
        let place = self.place(value);
        let DeValue::Integer(number) = value.get_ref() else {
            self.wrong_type(value, "a whole number", key);
            return None;
        };
        let Ok(value) = u32::from_str_radix(number.as_str(), number.radix()) else {
            let message = format!("`{key}` is {}, which is no count", place.written());
            let fault = FileFault::new(Code::BadValue, &place, message);
            self.faults.push(fault.help("write a whole number from 0 up"));
            return None;
        };
        Some(At { value, place })
    }

    /// A number, with or without decimals; finite.
    pub(crate) fn number(&self, value: Value<'_>, key: &str) -> Option<At<f64>> {
        let place = self.place(value);
        let number = match value.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .ok()
                .map(|number| number as f64),
            DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
            DeValue::String(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => {
                self.wrong_type(value, "a number", key);
                return None;
            }
        };
        let Some(value) = number.filter(|number| number.is_finite()) else {
            let message = format!("`{key}` is {}, which is no number", place.written());
            let fault = FileFault::new(Code::BadValue, &place, message);
            self.faults.push(fault.help("write a number such as 0.5"));
            return None;
        };
        Some(At { value, place })
    }

    /// A text, a number, or true or false, as text.
    pub(crate) fn scalar(&self, value: Value<'_>, key: &str) -> Option<At<String>> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Boolean(yes) => yes.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
                self.wrong_type(value, "a text, a number, or true or false", key);
                return None;
            }
        };
        Some(At { value: text, place: self.place(value) })
    }
}

/// A table being read.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    pub(crate) reader: Reader<'a>,
    entries: &'a DeTable<'a>,
    /// The header or the braces.
    pub(crate) place: Place,
    /// What to call it in a message: "test"; empty for the whole file.
    title: String,
    known: Vec<&'static str>,
}

impl<'a> Table<'a> {
    /// The file as a table.
    pub(crate) fn whole(reader: Reader<'a>, entries: &'a DeTable<'a>) -> Self {
        let place = Place::whole(reader.file);
        Self { reader, entries, place, title: String::new(), known: Vec::new() }
    }

    /// The table that `value` is.
    pub(crate) fn inner(reader: Reader<'a>, value: Value<'a>, key: &str) -> Option<Self> {
        let DeValue::Table(entries) = value.get_ref() else {
            reader.wrong_type(value, "a table", key);
            return None;
        };
        let (place, title) = (reader.place(value), key.to_owned());
        Some(Self { reader, entries, place, title, known: Vec::new() })
    }

    /// The value of `key`, whatever it is.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<Value<'a>> {
        self.known.push(key);
        self.entries.get(key)
    }

    /// A text.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<At<String>> {
        let value = self.value(key)?;
        self.reader.text(value, key)
    }

    /// A length of time.
    pub(crate) fn span(&mut self, key: &'static str) -> Option<At<Span>> {
        let value = self.value(key)?;
        self.reader.span(value, key)
    }

    /// A whole number from 0 up.
    pub(crate) fn count(&mut self, key: &'static str) -> Option<At<u32>> {
        let value = self.value(key)?;
        self.reader.count(value, key)
    }

    /// A number.
    pub(crate) fn number(&mut self, key: &'static str) -> Option<At<f64>> {
        let value = self.value(key)?;
        self.reader.number(value, key)
    }

    /// True or false.
    pub(crate) fn truth(&mut self, key: &'static str) -> Option<At<bool>> {
        let value = self.value(key)?;
        let DeValue::Boolean(truth) = value.get_ref() else {
            self.reader.wrong_type(value, "true or false", key);
            return None;
        };
        Some(At { value: *truth, place: self.reader.place(value) })
    }

    /// The table under `key`.
    pub(crate) fn table(&mut self, key: &'static str) -> Option<Self> {
        let value = self.value(key)?;
        Self::inner(self.reader, value, key)
    }

    /// A list of anything; one that is not a list is reported.
    pub(crate) fn list(&mut self, key: &'static str) -> Option<Vec<Value<'a>>> {
        let value = self.value(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.reader.wrong_type(value, "a list", key);
            return None;
        };
        Some(items.iter().collect())
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, key: &'static str) -> Vec<At<String>> {
        let reader = self.reader;
        let items = self.list(key).unwrap_or_default();
        items.into_iter().filter_map(|item| reader.text(item, key)).collect()
    }

    /// A list of tables.
    pub(crate) fn tables(&mut self, key: &'static str) -> Vec<Self> {
        let reader = self.reader;
        let items = self.list(key).unwrap_or_default();
        items.into_iter().filter_map(|item| Self::inner(reader, item, key)).collect()
    }

    /// The entries of the table under `key`, whose names are free.
    pub(crate) fn named(&mut self, key: &'static str) -> Vec<(At<String>, Value<'a>)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        entries(self.reader, value, key)
    }

    /// Whether the table has `key`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Reports `key` as missing: a table without it means nothing.
    pub(crate) fn missing(&self, key: &str, example: &str) {
        let message = match self.title.as_str() {
            "" => format!("`{key}` is missing"),
            title => format!("`{title}` has no `{key}`"),
        };
        let fault = FileFault::new(Code::MissingKey, &self.place, message);
        self.reader.faults.push(fault.help(format!("write `{example}`")));
    }

    /// Ends the reading: every key nobody asked for is a fault.
    pub(crate) fn finish(self) {
        for key in self.entries.keys().filter(|key| !self.known.contains(&&**key.get_ref())) {
            let message = match self.title.as_str() {
                "" => format!("unknown key `{}`", key.get_ref()),
                title => format!("`{title}` has no key `{}`", key.get_ref()),
            };
            let fault = FileFault::new(Code::UnknownKey, &self.reader.place(key), message);
            let help = suggest::advice(key.get_ref(), self.known.iter().copied());
            self.reader.faults.push(fault.maybe_help(help));
        }
    }
}

/// The entries of a table whose names are free.
pub(crate) fn entries<'a>(
    reader: Reader<'a>,
    value: Value<'a>,
    key: &str,
) -> Vec<(At<String>, Value<'a>)> {
    let DeValue::Table(entries) = value.get_ref() else {
        reader.wrong_type(value, "a table", key);
        return Vec::new();
    };
    let named = |(name, value): (&'a Spanned<DeString<'a>>, Value<'a>)| {
        (At { value: name.get_ref().to_string(), place: reader.place(name) }, value)
    };
    entries.iter().map(named).collect()
}
