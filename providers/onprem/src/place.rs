//! Where members may run: addresses, written one by one or as ranges.

use std::{fmt, net::SocketAddrV4};

/// The most places that one group may have.
const MOST: usize = 1000;

/// What the name of a server of ours begins with; after it stands its place.
const OURS: &str = "sp-";

/// An address at which one member may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(SocketAddrV4);

/// A text names no places.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPlace {
    /// It is no address.
    #[error(
        "{0:?} is no place: write an IPv4 address with a port, as 10.0.0.7:8080 or \
         10.0.0.[1-20]:8080; HAProxy looks up no names for servers that are added while it runs"
    )]
    Address(String),
    /// A range in it is none.
    #[error("{0:?} is no range: write it as [1-20], the smaller number first")]
    Range(String),
    /// It is there already.
    #[error("{0} is a place twice")]
    Twice(Place),
    /// There are too many.
    #[error("more than {MOST} places")]
    TooMany,
}

impl Place {
    pub(crate) const fn at(address: SocketAddrV4) -> Self {
        Self(address)
    }

    pub(crate) const fn address(self) -> SocketAddrV4 {
        self.0
    }

    /// The name of the server that stands for it in HAProxy.
    pub(crate) fn server(self) -> String {
        format!("{OURS}{self}")
    }

    /// The place of the server called `name`, if it is one of ours.
    pub(crate) fn of_server(name: &str) -> Option<Self> {
        name.strip_prefix(OURS)?.parse().ok().map(Self)
    }

    pub(crate) fn host(self) -> String {
        self.0.ip().to_string()
    }

    pub(crate) const fn port(self) -> u16 {
        self.0.port()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The places that `written` names, in this order.
pub fn places<'a>(written: impl IntoIterator<Item = &'a str>) -> Result<Vec<Place>, BadPlace> {
    let mut found: Vec<Place> = Vec::new();
    for text in written {
        for one in expand(text)? {
            let place = one.parse().ok().map(Place).filter(|it| it.port() != 0);
            let place = place.ok_or_else(|| BadPlace::Address(text.to_owned()))?;
            if found.contains(&place) {
                return Err(BadPlace::Twice(place));
            }
            if found.len() == MOST {
                return Err(BadPlace::TooMany);
            }
            found.push(place);
        }
    }
    Ok(found)
}

/// `text` with each of its ranges spelt out, the last one fastest.
fn expand(text: &str) -> Result<Vec<String>, BadPlace> {
    let Some((head, rest)) = text.split_once('[') else { return Ok(vec![text.to_owned()]) };
    let bad = || BadPlace::Range(text.to_owned());
    let (range, tail) = rest.split_once(']').ok_or_else(bad)?;
    let (first, last) = range.split_once('-').ok_or_else(bad)?;
    let number = |text: &str| text.parse::<u16>().map_err(|_| bad());
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(bad());
    }
    if usize::from(last - first) >= MOST {
        return Err(BadPlace::TooMany);
    }
    let (tails, mut all) = (expand(tail)?, Vec::new());
    for number in first..=last {
        all.extend(tails.iter().map(|tail| format!("{head}{number}{tail}")));
        if all.len() > MOST {
            return Err(BadPlace::TooMany);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places that `written` names, or why it names none.
    #[track_caller]
    fn check(written: &[&str], expected: Result<&[&str], &str>) {
        let told = places(written.iter().copied());
        let told = told.map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
        match (told, expected) {
            (Ok(told), Ok(expected)) => assert_eq!(told, expected),
            (Err(why), Err(part)) => assert!(why.to_string().contains(part), "{why}"),
            (told, expected) => panic!("{told:?} is not {expected:?}"),
        }
    }

    #[test]
    fn ranges_are_spelt_out_in_their_order() {
        check(&["10.0.0.7:80"], Ok(&["10.0.0.7:80"]));
        check(&["10.0.0.[9-11]:80"], Ok(&["10.0.0.9:80", "10.0.0.10:80", "10.0.0.11:80"]));
        let both = ["10.0.0.1:80", "10.0.0.1:81", "10.0.0.2:80", "10.0.0.2:81"];
        check(&["10.0.0.[1-2]:[80-81]"], Ok(&both));
        check(&["10.0.0.2:80", "10.0.0.1:80"], Ok(&["10.0.0.2:80", "10.0.0.1:80"]));
    }

    #[test]
    fn what_is_no_place_is_told_as_it_was_written() {
        check(&["web-1:80"], Err("\"web-1:80\" is no place"));
        check(&["10.0.0.7"], Err("no place"));
        check(&["10.0.0.7:0"], Err("no place"));
        check(&["10.0.0.[250-260]:80"], Err("no place"));
        check(&["[::1]:80"], Err("no range"));
        check(&["10.0.0.[2-1]:80"], Err("no range"));
        check(&["10.0.0.[1-2:80"], Err("no range"));
        check(&["10.0.0.1:80", "10.0.0.[1-2]:80"], Err("10.0.0.1:80 is a place twice"));
        check(&["10.0.[0-255].[0-255]:80"], Err("more than 1000"));
        check(&["10.0.0.1:[1-65535]"], Err("more than 1000"));
    }

    #[test]
    fn a_server_of_ours_is_told_by_its_name() {
        let place = places(["10.0.0.7:80"]).unwrap()[0];
        assert_eq!(place.server(), "sp-10.0.0.7:80");
        assert_eq!(Place::of_server("sp-10.0.0.7:80"), Some(place));
        for theirs in ["10.0.0.7:80", "web1", "sp-web", "sp-"] {
            assert_eq!(Place::of_server(theirs), None, "{theirs}");
        }
    }
}
