//! Answers of the query protocol.

use super::{
    super::http::{Reply, whole},
    data::Data,
    fault::Fault,
};
use hyper::StatusCode;
use setpoint_core::Timestamp;
use std::fmt::Write as _;

/// What came of `action`.
pub(super) fn answer(namespace: &str, action: &str, data: &Data, id: &str) -> Reply {
    let mut text = format!("<{action}Response xmlns=\"{namespace}\">");
    element(&mut text, &format!("{action}Result"), data);
    write!(
        text,
        "<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
    )
    .ok();
    named(whole(StatusCode::OK, "text/xml", text), id)
}

/// Why nothing came of it.
pub(super) fn fault(namespace: &str, fault: &Fault, id: &str) -> Reply {
    let (blames, code, message) = (fault.blames(), fault.code, escaped(&fault.message));
    let text = format!(
        "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{blames}</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
    );
    named(whole(fault.status, "text/xml", text), id)
}

/// The same answer with the id of the request.
pub(super) fn named(mut reply: Reply, id: &str) -> Reply {
    if let Ok(id) = id.parse() {
        reply.headers_mut().insert("x-amzn-requestid", id);
    }
    reply
}

/// Writes `data` as the element `name`. Writing to a text does not fail.
pub(super) fn element(text: &mut String, name: &str, data: &Data) {
    write!(text, "<{name}>").ok();
    match data {
        Data::Text(own) => text.push_str(&escaped(own)),
        Data::Whole(number) => drop(write!(text, "{number}")),
        Data::Real(number) => drop(write!(text, "{number}")),
        Data::Flag(flag) => drop(write!(text, "{flag}")),
        Data::Time(at) => text.push_str(&written(*at)),
        Data::List(one, all) => all.iter().for_each(|entry| element(text, one, entry)),
        Data::Map(all) => all.iter().for_each(|(name, value)| element(text, name, value)),
    }
    write!(text, "</{name}>").ok();
}

/// `2026-12-19T00:00:00.250Z`.
pub(super) fn written(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.ms()).map_or_else(|_| String::new(), |at| at.to_string())
}

/// What may stand between two tags.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // Of the rest below a blank XML can hold only tabs and ends of lines.
            '\t' | '\n' => safe.push(letter),
            letter if letter < ' ' => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}

/// What was escaped between two tags.
pub(super) fn plain(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_structures_and_odd_letters_are_written_as_clients_read_them() {
        let data = Data::map()
            .with("Name", "a<b>&\"c\"\u{1}")
            .with("Size", 3_u32)
            .members("All", [Data::from("x"), Data::Flag(true)])
            .with("At", Timestamp::from_ms(1_797_638_400_250));
        let mut text = String::new();
        element(&mut text, "R", &data);
        assert_eq!(
            text,
            "<R><Name>a&lt;b&gt;&amp;&quot;c&quot;\u{fffd}</Name><Size>3</Size><All><member>x\
             </member><member>true</member></All><At>2026-12-19T00:00:00.25Z</At></R>"
        );
    }
}
