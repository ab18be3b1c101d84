//! `${NAME}` in a text: the environment's value of NAME.
//!
//! Expansion happens after parsing, inside string values only, so what a variable
//! holds can never become a key, a table or a second value.

/// How to look up a variable.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Why a text cannot be expanded, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CannotExpand {
    /// What is wrong.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: String,
}

/// `text` with every `${NAME}` replaced. `$${` stands for `${`; other dollars stand for themselves.
pub(crate) fn expand(text: &str, environment: Environment<'_>) -> Result<String, CannotExpand> {
    let mut rest = text;
    let mut expanded = String::with_capacity(text.len());
    while let Some(dollar) = rest.find('$') {
        expanded.push_str(&rest[..dollar]);
        rest = &rest[dollar..];
        if let Some(after) = rest.strip_prefix("$${") {
            expanded.push_str("${");
            rest = after;
        } else if let Some(after) = rest.strip_prefix("${") {
            let (name, after) = after.split_once('}').ok_or_else(unclosed)?;
            expanded.push_str(&value(name, environment)?);
            rest = after;
        } else {
            expanded.push('$');
            rest = &rest[1..];
        }
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn value(name: &str, environment: Environment<'_>) -> Result<String, CannotExpand> {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    if !name.starts_with(is_letter) || !name.chars().all(|c| is_letter(c) || c.is_ascii_digit()) {
        return Err(CannotExpand {
            message: format!("`{name}` is not the name of a variable"),
            help: "write `$${` for a dollar and a brace that mean themselves".to_owned(),
        });
    }
    environment(name).ok_or_else(|| CannotExpand {
        message: format!("the variable `{name}` is not set"),
        help: format!(
            "set `{name}` where the agent is started, or write `$${{{name}}}` to mean just that"
        ),
    })
}

fn unclosed() -> CannotExpand {
    CannotExpand {
        message: "`${` without its `}`".to_owned(),
        help: "close it, or write `$${` for a dollar and a brace that mean themselves".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        let environment = |name: &str| match name {
            "HOST" => Some("db.internal".to_owned()),
            "ODD" => Some("a${HOST}b".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let actual = expand(text, &environment).map_err(|error| error.message);
        assert_eq!(actual.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn it_expands_variables_once() {
        check("http://${HOST}:9100/${HOST}", Ok("http://db.internal:9100/db.internal"));
        check("${ODD}", Ok("a${HOST}b"));
        check("[${EMPTY}]", Ok("[]"));
        check("", Ok(""));
    }

    #[test]
    fn a_dollar_that_means_itself_stays() {
        check("$${HOST} costs $5 $", Ok("${HOST} costs $5 $"));
        check("up{job=~\"web$\"}", Ok("up{job=~\"web$\"}"));
        check("$$${HOST}", Ok("$${HOST}"));
    }

    #[test]
    fn it_never_guesses_at_a_variable_that_is_not_there() {
        check("${NOT_SET}", Err("the variable `NOT_SET` is not set"));
        check("${HOST", Err("`${` without its `}`"));
        check("${HOST:-x}", Err("`HOST:-x` is not the name of a variable"));
        check("${}", Err("`` is not the name of a variable"));
    }
}
