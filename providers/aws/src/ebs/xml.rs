//! As much XML as EC2's answers are made of: elements with a name, and texts or elements inside.

use xmlparser::{ElementEnd, EntityDefinition, Token, Tokenizer};

/// The deepest that elements of an answer lie in each other.
const DEEPEST: usize = 32;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    name: String,
    text: String,
    inside: Vec<Element>,
}

impl Element {
    /// The outermost element of a document.
    pub(super) fn parse(document: &[u8]) -> Result<Self, String> {
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
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.find(name).map(|element| element.text.trim())
    }

    /// The first element of this name inside.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        self.inside.iter().find(|element| element.name == name)
    }

    /// What the list of this name has inside.
    pub(super) fn list(&self, name: &str) -> impl Iterator<Item = &Self> {
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

/// A text with its five escapes undone.
fn plain(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_lists_and_texts() {
        let answer = "<?xml version=\"1.0\"?><R xmlns=\"x\"><set><item><id>a</id></item>\
                      <item><id> b &amp;&lt; </id><none/></item></set><nextToken/></R>";
        let answer = Element::parse(answer.as_bytes()).unwrap();
        let ids: Vec<_> = answer.list("set").map(|item| item.text("id")).collect();
        assert_eq!(ids, [Some("a"), Some("b &<")]);
        assert_eq!((answer.text("nextToken"), answer.text("other")), (Some(""), None));
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
