//! As much XML as the answers are made of: elements with a name, and texts or elements inside.

use xmlparser::{ElementEnd, EntityDefinition, Token, Tokenizer};

/// The deepest that elements of an answer lie in each other.
const DEEPEST: usize = 32;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    name: String,
    text: String,
    inside: Vec<Element>,
}

impl Element {
    /// The outermost element of a document.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(document).map_err(|error| error.to_string())?;
        let mut open = vec![Self::default()];
        for token in Tokenizer::from(text) {
            match token.map_err(|error| error.to_string())? {
                Token::ElementStart { local, .. } if open.len() <= DEEPEST => {
                    open.push(Self { name: local.to_string(), ..Self::default() });
                }
                Token::ElementStart { .. } => return Err("elements lie too deep".to_owned()),
                Token::ElementEnd { end: ElementEnd::Open, .. } => {}
                Token::ElementEnd { .. } => close(&mut open)?,
                Token::Text { text } => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&plain(text.as_str()));
                    }
                }
                Token::Cdata { text, .. } => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(text.as_str());
                    }
                }
                Token::EntityDeclaration {
                    definition: EntityDefinition::EntityValue(_), ..
                }
                | Token::EntityDeclaration { .. }
                | Token::DtdStart { .. } => return Err("an answer declares no entities".to_owned()),
                Token::Declaration { .. }
                | Token::ProcessingInstruction { .. }
                | Token::Comment { .. }
                | Token::EmptyDtd { .. }
                | Token::DtdEnd { .. }
                | Token::Attribute { .. } => {}
            }
        }
        let whole = open.pop().filter(|_| open.is_empty()).ok_or("an element is not closed")?;
        whole.inside.into_iter().next().ok_or_else(|| "there is no element".to_owned())
    }

    /// The text of the first element of this name inside.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.find(name).map(|element| element.text.trim())
    }

    /// The first element of this name inside.
    pub(crate) fn find(&self, name: &str) -> Option<&Self> {
        self.inside.iter().find(|element| element.name == name)
    }

    /// The text of the element itself.
    pub(crate) fn own_text(&self) -> &str {
        self.text.trim()
    }

    /// The same as fields of a form, under `name`: entries of lists and of maps are numbered from
    /// one. What is empty is left out: not to give it means the same.
    pub(crate) fn fields(&self, name: &str) -> Vec<(String, String)> {
        if self.inside.is_empty() {
            let own = (name.to_owned(), self.own_text().to_owned());
            return Some(own).filter(|(_, text)| !text.is_empty()).into_iter().collect();
        }
        let parts = self.inside.iter().zip(1..).flat_map(|(part, number)| {
            let is_entry = matches!(&*part.name, "member" | "entry");
            let number = if is_entry { format!(".{number}") } else { String::new() };
            part.fields(&format!("{name}.{}{number}", part.name))
        });
        parts.collect()
    }

    /// What it has inside, if it is a list.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Self> {
        self.inside.iter()
    }

    /// What the list of this name has inside.
    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.find(name).into_iter().flat_map(|list| &list.inside)
    }
}

/// Puts the element that ends into the one around it.
fn close(open: &mut Vec<Element>) -> Result<(), String> {
    let ended = open.pop();
    match (ended, open.last_mut()) {
        (Some(ended), Some(around)) => {
            around.inside.push(ended);
            Ok(())
        }
        _ => Err("an element is closed that was not open".to_owned()),
    }
}

/// A text with its escapes undone: the five that have names, and characters by number.
fn plain(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let named = part.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        match named {
            Some((character, rest)) => {
                plain.push(character);
                plain.push_str(rest);
            }
            None => {
                plain.push('&');
                plain.push_str(part);
            }
        }
    }
    plain
}

/// The character that an escape stands for.
fn character(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "amp" => Some('&'),
        numbered => {
            let number = numbered.strip_prefix('#')?;
            let number = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(number.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_lists_and_texts() {
        let answer = "<?xml version=\"1.0\"?><R xmlns=\"x\"><set><item><id>a</id></item>\
                      <item><id> b &amp;lt;&#38;&#x3c; &x; </id><none/></item></set><nextToken/></R>";
        let answer = Element::parse(answer.as_bytes()).unwrap();
        let ids: Vec<_> = answer.list("set").map(|item| item.text("id")).collect();
        assert_eq!(ids, [Some("a"), Some("b &lt;&< &x;")]);
        assert_eq!((answer.text("nextToken"), answer.text("other")), (Some(""), None));
    }

    #[test]
    fn what_was_read_can_be_written_as_it_was() {
        let read = "<A><member><Type>x</Type><C><L><member>1</member><member>2</member></L><None/>\
                    <M><entry><key>k</key><value>v</value></entry></M></C></member></A>";
        let fields = Element::parse(read.as_bytes()).unwrap().fields("Actions");
        let expected = [
            ("Actions.member.1.Type", "x"),
            ("Actions.member.1.C.L.member.1", "1"),
            ("Actions.member.1.C.L.member.2", "2"),
            ("Actions.member.1.C.M.entry.1.key", "k"),
            ("Actions.member.1.C.M.entry.1.value", "v"),
        ];
        assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_is_not_whole_is_no_answer() {
        for broken in
            ["", "<a>", "<a></a></b>", "<a", "x", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"]
        {
            assert!(Element::parse(broken.as_bytes()).is_err(), "{broken}");
        }
        assert!(Element::parse("<a>".repeat(100).as_bytes()).is_err());
        assert!(Element::parse(&[0xff, 0xfe]).is_err());
    }
}
