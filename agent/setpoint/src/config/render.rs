//! Shows a fault the way rustc shows one: id, place, the line itself, a caret, advice.

use super::fault::{ConfigFault, Place};
use annotate_snippets::{
    AnnotationKind, Element, Level, Origin, Renderer, Snippet, renderer::DecorStyle,
};

/// The widest a report gets, in columns.
const WIDTH: usize = 140;

/// `fault` as several lines of text, without a newline at its end.
pub(crate) fn render(fault: &ConfigFault, coloured: bool) -> String {
    let level = if fault.code.is_warning() { Level::WARNING } else { Level::ERROR };
    let mut report =
        level.primary_title(fault.message.as_str()).id(fault.id()).elements(excerpts(fault));
    if let Some(help) = &fault.help {
        report = report.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH).render(&[report])
}

/// `fault` on one line, for a log: "setpoint.toml:15:7: C014: …; widen it".
pub(crate) fn one_line(fault: &ConfigFault) -> String {
    let path = fault.place.file.path.display();
    let at = fault.place.line_and_column();
    let at = at.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
    let help = fault.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    format!("{path}{at}: {}: {}{help}", fault.id(), fault.message)
}

/// The lines the fault speaks of: one excerpt for each file.
fn excerpts(fault: &ConfigFault) -> Vec<Element<'_>> {
    let primary = excerpt(&fault.place, AnnotationKind::Primary, fault.label.as_deref());
    match &fault.also {
        None => vec![primary],
        Some((place, label)) => {
            vec![primary, excerpt(place, AnnotationKind::Context, Some(label))]
        }
    }
}

fn excerpt<'a>(place: &'a Place, kind: AnnotationKind, label: Option<&'a str>) -> Element<'a> {
    let path = place.file.path.display().to_string();
    match &place.span {
        None => Origin::path(path).into(),
        Some(span) => Snippet::source(place.file.text.as_str())
            .path(path)
            .annotation(kind.span(span.clone()).label(label))
            .into(),
    }
}
