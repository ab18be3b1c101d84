//! A report: one page in one file that says what happened, shows it, and explains every decision.
//!
//! The page needs no network and no other file. What it says in words and tables is there
//! without a script too; the charts are drawn by one, from the data that the page holds. Equal
//! results give equal bytes.
//!
//! ```text
//! Results, Verdict ──► words.rs   sentences ─────┐
//!                  ──► tables.rs  rows of tables ├─► page.html (a template) ──► one file
//!                  ──► data.rs    for the charts ┘
//! ```
//!
//! What the page is made of lies in `simulator/report/`. Start reading at [`html`].

mod data;
mod explained;
mod strings;
mod tables;
mod words;

use crate::experiment::{Results, Verdict};
use minijinja::{Environment, context};

const PAGE: &str = include_str!("../../report/page.html");
const STYLE: &str = include_str!("../../report/style.css");
const SCRIPT: &str = include_str!("../../report/charts.js");
const UPLOT: &str = include_str!("../../report/vendor/uPlot.iife.min.js");
const UPLOT_STYLE: &str = include_str!("../../report/vendor/uPlot.min.css");
const UPLOT_VERSION: &str = "1.6.32";

/// The page about these results; there are charts of those that were recorded.
pub fn html(results: &Results, verdict: &Verdict) -> String {
    let scenario = &results.scenario;
    let mut templates = Environment::new();
    // The name of the template is what turns the escaping of HTML on.
    templates.add_template("page.html", PAGE).expect("the template is well-formed");
    let page = templates.get_template("page.html").expect("the template was added");
    let shown = words::shown(results);
    page.render(context! {
        version => env!("CARGO_PKG_VERSION"),
        name => scenario.name,
        about => scenario.about,
        claim => scenario.claim,
        hash => scenario.hash,
        seed => results.seeds.start(),
        seeds => words::seeds(results),
        basis => words::basis(results),
        verdict => words::verdict(verdict),
        happened => words::happened(results),
        table => tables::scores(results, &shown),
        gates => tables::gates(verdict),
        occurred => tables::occurred(results),
        decided => tables::decided(results),
        data => data::json(results, &shown),
        style => STYLE,
        script => SCRIPT,
        uplot_js => UPLOT,
        uplot_css => UPLOT_STYLE,
        uplot_version => UPLOT_VERSION,
    })
    .expect("the template asks for what it is given")
}
