//! The walk: calls of words and functions, their arguments, and what they give back.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other type has the same answer")]

use super::{
    functions::Called,
    members::{is_fixed, opinion_word},
    natives,
    operators::Meeting,
    types::{Measure, Number, Source, Type},
    usage::Asked,
    walk::{Part, Walker, callable},
};
use crate::{
    engine::{per_second, time_of_day},
    fault::FaultId,
    language::{Arg, Gives, NOT_YET, On, Word, why_not, word},
};
use rhai::{Expr, FnCallExpr, Position};
use setpoint_core::{Dimension, Span};

impl Walker<'_, '_> {
    /// `name(…)`, or an operator.
    pub(super) fn call(&mut self, call: &FnCallExpr, place: Position) -> Type {
        let name = call.name.as_str();
        if call.is_operator_call() && !name.starts_with("..") {
            return self.operator(name, &call.args, place);
        }
        let types: Vec<Type> = call
            .args
            .iter()
            .map(|argument| match argument {
                // Not `expr`: a function may be followed with `m` and `p`.
                Expr::Variable(name, _, place) => self.variable(&name.1, *place),
                other => self.expr(other),
            })
            .collect();
        if why_not(name).is_some() {
            self.forbidden(name, place);
            return Type::Unknown;
        }
        if name.starts_with("..") {
            return Type::Other("a range");
        }
        if let Some(called) = self.functions.find(name, types.len()) {
            return self.call_function(called, types);
        }
        types.iter().for_each(|is| self.escapes(is));
        let places: Vec<Position> = call.args.iter().map(Expr::start_position).collect();
        if let Some(word) = word(On::Nothing, name) {
            self.says_something(word, call);
            if word.gives == Gives::Alert {
                self.alert(call);
            }
            return self.tell(word, &Type::Nothing, &types, &places, place);
        }
        self.plain_call(name, &types, &places, place)
    }

    /// A call of a function that is neither ours nor the policy's.
    fn plain_call(
        &mut self,
        name: &str,
        types: &[Type],
        places: &[Position],
        place: Position,
    ) -> Type {
        // `track(fleet, …)` is `fleet.track(…)`.
        if let [first, rest @ ..] = types {
            if let Some(word) = first.words().and_then(|on| word(on, name))
                && word.args.is_some()
            {
                return self.tell(word, first, rest, &places[1..], place);
            }
            if let Some(word) = opinion_word(name).filter(|_| *first == Type::Unknown) {
                self.asks(word, first, rest, place);
                return Type::Unknown;
            }
        }
        if NOT_YET.contains(&(On::Nothing, name)) {
            let message = format!("'{name}' is not supported yet by this version");
            self.faults.add(FaultId::NotYet, place, message);
        } else if natives::BUILT_IN.contains(&name) || natives::accepts(name, types) {
            return result_of_native(name);
        } else if let Some(other) = self.functions.any(name) {
            let message = format!("'{name}' takes {}, not {}", arguments(other), types.len());
            self.faults.add(FaultId::WrongArguments, place, message);
        } else if natives::exists(name) && !name.contains('$') {
            let message = if natives::takes(name, types.len()) {
                let ours = types.iter().find(|is| is.is_ours());
                let ours = ours.map_or_else(|| "these arguments".to_owned(), Type::noun);
                format!("'{name}' knows nothing of {ours}")
            } else {
                format!("'{name}' is called with the wrong number of arguments")
            };
            self.faults.add(FaultId::WrongArguments, place, message);
        } else if !(types.first() == Some(&Type::Unknown) && is_a_word(name)) {
            let known: Vec<String> = self
                .functions
                .names()
                .map(str::to_owned)
                .chain(callable().map(str::to_owned))
                .collect();
            let message = format!("unknown function '{name}'");
            let words = (name, known.iter().map(String::as_str), None);
            self.faults.add_unknown(FaultId::UnknownFunction, place, message, words);
        }
        Type::Unknown
    }

    fn call_function(&mut self, called: usize, types: Vec<Type>) -> Type {
        match self.functions.known(called, &types) {
            Called::Known { gives, acts } => {
                self.usage.rule_acts |= acts;
                gives
            }
            Called::TooMuch => {
                types.iter().for_each(|is| self.escapes(is));
                Type::Unknown
            }
            Called::New => self.every_way_through(called, types),
        }
    }

    /// A word with its arguments: faults what does not fit, and tells what it gives.
    pub(super) fn tell(
        &mut self,
        word: &'static Word,
        of: &Type,
        types: &[Type],
        places: &[Position],
        place: Position,
    ) -> Type {
        let wanted = word.args.unwrap_or_default();
        if wanted.len() != types.len() {
            let name = word.name;
            let message =
                format!("'{name}' takes {}, not {}", arguments(wanted.len()), types.len());
            self.faults.add(FaultId::WrongArguments, place, message);
        } else {
            for (index, arg) in wanted.iter().enumerate() {
                // `Same` is that of the argument before, else that of the receiver.
                let first = if index > 0 { &types[0] } else { of };
                self.argument(word, *arg, (first, of), &types[index], places[index]);
            }
            self.particular(word, of, types, places);
        }
        if word.gives == Gives::Opinion && word.on != On::Opinion {
            self.asks(word, of, types, place);
        }
        if word.gives == Gives::Nothing {
            self.tells(word, place);
        }
        self.gives(word, of, types)
    }

    fn argument(
        &mut self,
        word: &Word,
        arg: Arg,
        (first, of): (&Type, &Type),
        is: &Type,
        place: Position,
    ) {
        let fits = |dimensions: &[Dimension]| match is {
            Type::Unknown => true,
            Type::Quantity(measure) => dimensions.contains(&measure.dimension),
            Type::Number(_) => dimensions.contains(&Dimension::Count),
            _ => false,
        };
        let needs = format!("'{}' needs", word.name);
        match arg {
            Arg::Any if matches!(is, Type::Unknown | Type::Number(_) | Type::Quantity(_)) => {}
            Arg::Any => self.wrong_argument(&needs, "a number", is, place),
            Arg::Same => match (first.dimension(), is) {
                (None, _) | (_, Type::Unknown) => {}
                (Some(_), Type::Number(_) | Type::Quantity(_)) => {
                    let meeting = match word.on {
                        On::Quantity => Meeting::Replace,
                        On::Group => Meeting::Goal,
                        _ => Meeting::Choose,
                    };
                    self.same_dimension(meeting, first, is, [place; 3]);
                }
                (Some(wanted), other) => self.wrong_argument(&needs, wanted.noun(), other, place),
            },
            Arg::Count if fits(&[Dimension::Count]) => {}
            Arg::CountOrShare if fits(&[Dimension::Count, Dimension::Ratio]) => {}
            Arg::Count => self.wrong_dimension(is, Dimension::Count, &needs, place),
            Arg::CountOrShare => self.count_or_share(&needs, is, place),
            Arg::Share => self.share(word, is, place),
            Arg::Bytes if fits(&[Dimension::Bytes]) => {}
            Arg::Bytes => self.wrong_dimension(is, Dimension::Bytes, &needs, place),
            Arg::Time | Arg::Window if fits_time(is) => {
                if arg == Arg::Window {
                    self.window(of, is, place);
                }
            }
            Arg::Time | Arg::Window => self.wrong_dimension(is, Dimension::Time, &needs, place),
            Arg::Shares => self.shares(word, of, is, place),
            Arg::Text | Arg::Destination if matches!(is, Type::Text | Type::Unknown) => {}
            Arg::Text | Arg::Destination => self.wrong_argument(&needs, "a text", is, place),
        }
    }

    fn wrong_argument(&mut self, needs: &str, wanted: &str, is: &Type, place: Position) {
        let message = format!("{needs} {wanted}, not {}", is.noun());
        self.faults.add(FaultId::WrongArguments, place, message);
    }

    fn count_or_share(&mut self, needs: &str, is: &Type, place: Position) {
        let quantity = matches!(is, Type::Quantity(_));
        let id = if quantity { FaultId::MixedDimensions } else { FaultId::WrongArguments };
        let message = format!("{needs} a count or a share, not {}", is.noun());
        self.faults.add_with_help(id, place, message, "write a value such as 12 or 60.percent");
    }

    /// A share, or a number from 0 to 1.
    pub(super) fn share(&mut self, word: &Word, is: &Type, place: Position) {
        let share = matches!(
            is,
            Type::Unknown
                | Type::Number(_)
                | Type::Quantity(Measure { dimension: Dimension::Ratio, .. })
        );
        if !share {
            let needs = format!("'{}' needs", word.name);
            self.wrong_dimension(is, Dimension::Ratio, &needs, place);
        } else if let Some(value) = is.value().filter(|value| !(0.0..=1.0).contains(value)) {
            let message = format!("'{}' needs a share from 0 to 100 %", word.name);
            let help = super::types::with_unit(Some(value), Dimension::Ratio);
            self.faults.add_with_help(FaultId::WrongValue, place, message, help);
        }
    }

    /// A window of the reading `of`, which must keep samples for that long.
    fn window(&mut self, of: &Type, length: &Type, place: Position) {
        let Type::Quantity(Measure { source: Source::Input(input), .. }) = of else { return };
        let declared = self.declared.inputs.get(&**input).and_then(|(_, input)| *input);
        let (Some(declared), Some(seconds)) = (declared, length.value()) else { return };
        if seconds <= declared.window.secs() + 1e-9 {
            return;
        }
        let asked = Span::from_ms((seconds * 1000.0).clamp(0.0, 1e15).round() as u64);
        let message = if declared.window == Span::ZERO {
            format!("the input '{input}' keeps no window")
        } else {
            let kept = declared.window;
            format!("the input '{input}' keeps {kept}, and {asked} are asked for")
        };
        let help = format!("write {input}: #{{ unit: …, window: \"{asked}\" }} in the header");
        self.faults.add_with_help(FaultId::WindowTooLong, place, message, help);
    }

    /// What single words ask of their arguments beyond their types.
    fn particular(&mut self, word: &Word, of: &Type, types: &[Type], places: &[Position]) {
        let asks_window = word.args.is_some_and(|args| args.contains(&Arg::Window));
        if asks_window
            && let Type::Quantity(Measure { source, .. }) = of
            && !matches!(source, Source::Input(_) | Source::Mixed)
        {
            let message = format!("'{}' asks the window of an input, not {}", word.name, of.noun());
            let help = "ask the input itself, such as m.cpu.peak(5.minutes), and calculate after";
            self.faults.add_with_help(FaultId::WrongValue, places[0], message, help);
        }
        let value = |index: usize| types.get(index).and_then(Type::value);
        match (word.on, word.name) {
            (On::Group, "track") if is_fixed(&types[0]) || matches!(types[0], Type::Number(_)) => {
                let message = format!("'track' needs a reading, not {}", types[0].noun());
                let help = "give it an input, such as m.cpu";
                self.faults.add_with_help(FaultId::WrongValue, places[0], message, help);
            }
            (On::Group, "track" | "serve") if value(1).is_some_and(|goal| goal <= 0.0) => {
                let message = format!("the goal must be above 0, not {}", types[1].noun());
                self.faults.add(FaultId::WrongValue, places[1], message);
            }
            (on, "scale_to" | "at_least" | "at_most" | "set_to")
                if on.is_target() && value(0).is_some_and(|size| size < 0.0) =>
            {
                let size = setpoint_core::Short(value(0).unwrap_or_default());
                let message = format!("a size cannot be {size}");
                self.faults.add(FaultId::WrongValue, places[0], message);
            }
            _ => {}
        }
    }

    /// Texts written out, where not every text will do.
    pub(super) fn literals(&mut self, word: &Word, of: &Type, call: &FnCallExpr) {
        if word.args == Some(&[Arg::Destination]) {
            self.destination(of, call);
        }
        if word.on != On::Now {
            return;
        }
        if word.name == "within" {
            self.calendar(call);
            return;
        }
        for argument in &call.args {
            if let Expr::StringConstant(text, place) = argument
                && time_of_day(text).is_err()
            {
                let message = format!("'{text}' is no time of day");
                let help = "write it as \"09:30\", in UTC";
                self.faults.add_with_help(FaultId::WrongValue, *place, message, help);
            }
        }
    }

    /// The name of a calendar is written out, so that it can be looked for.
    fn calendar(&mut self, call: &FnCallExpr) {
        match call.args.first() {
            Some(Expr::StringConstant(name, _)) => {
                self.usage.calendars.insert(name.to_string());
            }
            Some(other) => {
                let message = "the name of a calendar must be written out";
                let help = "write now.within(\"sale\", 30.minutes)";
                let place = other.start_position();
                self.faults.add_with_help(FaultId::WrongValue, place, message, help);
            }
            None => {}
        }
    }

    /// `m.has("name")`
    pub(super) fn has(&mut self, call: &FnCallExpr) {
        match call.args.first() {
            Some(Expr::StringConstant(name, place)) => drop(self.input(name, *place)),
            Some(_) => self.usage.any_input = true,
            None => {}
        }
    }

    /// An opinion is recorded.
    pub(super) fn asks(&mut self, word: &'static Word, of: &Type, types: &[Type], place: Position) {
        self.usage.rule_acts = true;
        let target = match of {
            Type::Target(_, name) => Some(name.clone()),
            _ => None,
        };
        let by = types.first().and_then(|is| match is {
            Type::Quantity(Measure { dimension, source: Source::Input(_) | Source::Window }) => {
                Some(*dimension)
            }
            _ => None,
        });
        self.usage.asks.push(Asked { target, word: word.name, place, by });
        let Some(outside) = self.outside() else { return };
        let message = format!("'{}' records an opinion {outside}", word.name);
        let help = "record it in the body of a rule, so that its line and reason can be told";
        self.faults.add_with_help(FaultId::MisplacedOpinion, place, message, help);
    }

    /// People are told something: from a rule's body, by a policy that somebody answers for.
    fn tells(&mut self, word: &Word, place: Position) {
        self.usage.rule_acts = true;
        let asked_before = std::mem::replace(&mut self.usage.tells, true);
        if !asked_before && !self.declared.is_answered() {
            let message = format!(
                "'{}' calls people, and the header does not say who answers for the policy",
                word.name
            );
            let help = "write owner: \"game team\", runbook: \"where to read on\" in the header";
            self.faults.add_with_help(FaultId::MissingKey, place, message, help);
        }
        let Some(outside) = self.outside() else { return };
        let message = format!("'{}' tells people something {outside}", word.name);
        let help = "say it in the body of a rule: for as long as that stays fired, it is said once";
        self.faults.add_with_help(FaultId::MisplacedOpinion, place, message, help);
    }

    /// A notice that is written out has words.
    fn says_something(&mut self, word: &Word, call: &FnCallExpr) {
        if let Some(Expr::StringConstant(text, place)) = call.args.first()
            && word.gives == Gives::Nothing
            && text.trim().is_empty()
        {
            let message = format!("'{}' needs words for people to read", word.name);
            self.faults.add(FaultId::WrongValue, *place, message);
        }
    }

    /// Where the walk is, if that is not the body of a rule.
    const fn outside(&self) -> Option<&'static str> {
        match self.part {
            Part::Body => None,
            Part::Outside => Some("outside every rule"),
            Part::Condition => Some("in a condition"),
            Part::Function => Some("in a function"),
        }
    }

    /// What a word gives back, said of a value that is `of`, or with these arguments.
    pub(super) fn gives(&mut self, word: &Word, of: &Type, types: &[Type]) -> Type {
        let windowed = word.args.is_some_and(|args| args.contains(&Arg::Window));
        match word.gives {
            Gives::Same if word.on == On::Nothing => same(types),
            Gives::Same | Gives::PerSecond => {
                let Some(dimension) = of.dimension() else { return Type::Unknown };
                let rate = word.gives == Gives::PerSecond;
                let dimension = if rate { per_second(dimension) } else { dimension };
                let source = if windowed { Source::Window } else { Source::Samples };
                Type::Quantity(Measure { dimension, source })
            }
            Gives::Quantity(dimension) => Type::fixed(dimension, None),
            Gives::Number => match types.first() {
                Some(Type::Unknown) => Type::Unknown,
                Some(Type::Number(number)) => Type::Number(Number { value: None, ..*number }),
                Some(is) if !is_fixed(is) => Type::sampled(Dimension::Count),
                _ => Type::fixed(Dimension::Count, None),
            },
            Gives::Bool => Type::Bool,
            Gives::Text => Type::Text,
            Gives::List => Type::Other("a list"),
            Gives::Opinion => Type::Opinion,
            Gives::Alert => Type::Alert,
            Gives::Nothing => Type::Nothing,
        }
    }
}

/// What a function gives that gives back one of its arguments.
fn same(types: &[Type]) -> Type {
    let without_value = |is: &Type| match is {
        Type::Number(number) => Type::Number(Number { value: None, ..*number }),
        Type::Quantity(measure) if is_fixed(is) => Type::fixed(measure.dimension, None),
        Type::Quantity(measure) => Type::sampled(measure.dimension),
        _ => Type::Unknown,
    };
    let types: Vec<Type> = types.iter().map(without_value).collect();
    match types.as_slice() {
        // A plain number beside a count becomes one.
        [Type::Number(_), count @ Type::Quantity(_)]
        | [count @ Type::Quantity(_), Type::Number(_)] => count.clone(),
        [Type::Number(a), Type::Number(b)] if a.whole != b.whole => {
            Type::Number(Number { whole: false, value: None })
        }
        [one] => one.clone(),
        [a, b] => a.clone().or(b.clone()),
        _ => Type::Unknown,
    }
}

const fn fits_time(is: &Type) -> bool {
    matches!(is, Type::Unknown | Type::Quantity(Measure { dimension: Dimension::Time, .. }))
}

fn is_a_word(name: &str) -> bool {
    crate::language::WORDS.iter().any(|word| word.name == name)
}

fn result_of_native(name: &str) -> Type {
    match name {
        "type_of" => Type::Text,
        "is_def_fn" | "is_def_var" | "is_shared" | "contains" => Type::Bool,
        "to_int" => Type::Number(Number { whole: true, value: None }),
        "to_float" => Type::Number(Number { whole: false, value: None }),
        _ => Type::Unknown,
    }
}

fn arguments(count: usize) -> String {
    match count {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        more => format!("{more} arguments"),
    }
}
