//! Bar charts, drawn with SVG attributes alone: the content security policy allows no inline style.
//! Across they are measured in per cent and upwards in pixels, so that text keeps its size at every width.

use leptos::prelude::*;

use super::number::{grouped, short};

/// Pixels above the highest bar, where its value stands.
const HEAD: u64 = 16;
/// Pixels of the highest bar.
const PLOT: u64 = 112;
/// Where bars stand.
const BASE: u64 = HEAD + PLOT;
/// With the labels below.
const HEIGHT: u64 = BASE + 20;
/// Every so many bars has its label, counted from the last one.
const LABEL_EVERY: usize = 4;

/// One bar: its label and its value.
pub(crate) type Bar = (String, u64);

/// A figure: the sum in large, a bar for each value, and the same numbers as a table for screen readers.
#[component]
pub(crate) fn BarChart(
    title: &'static str,
    /// What a bar counts, for the table and the tooltip ("tokens").
    unit: &'static str,
    /// What the labels are ("Day").
    axis: &'static str,
    bars: Vec<Bar>,
    /// Whether bars are bad news.
    #[prop(optional)]
    alarming: bool,
    #[prop(default = "card min-w-0 p-4 sm:p-5")] class: &'static str,
) -> impl IntoView {
    let sum: u64 = bars.iter().map(|(_, value)| value).sum();
    let top = top(bars.iter().map(|(_, value)| *value).max().unwrap_or(0));
    let numbers = bars
        .iter()
        .map(|(label, value)| view! { <tr><th scope="row">{label.clone()}</th><td>{*value}</td></tr> })
        .collect_view();
    view! {
        <figure class=class>
            <figcaption>
                <h3 class="text-sm text-muted">{title}</h3>
                <p class="text-2xl font-semibold">{grouped(sum)}</p>
            </figcaption>
            <div class="mt-3 flex" aria-hidden="true">
                {scale(top)}
                {plot(bars, top, unit, alarming)}
            </div>
            <div class="sr-only">
                <table>
                    <caption>{title}</caption>
                    <thead><tr><th scope="col">{axis}</th><th scope="col">{unit}</th></tr></thead>
                    <tbody>{numbers}</tbody>
                </table>
            </div>
        </figure>
    }
    .into_any()
}

/// The values at the side.
fn scale(top: u64) -> impl IntoView {
    let marks = [0, top / 2, top]
        .map(|value| {
            let y = BASE - height(value, top) + 4;
            view! { <text class="chart-text" x="26" y=y.to_string() text-anchor="end">{short(value)}</text> }
        })
        .collect_view();
    view! { <svg width="32" height=HEIGHT.to_string()>{marks}</svg> }
}

fn plot(bars: Vec<Bar>, top: u64, unit: &'static str, alarming: bool) -> impl IntoView {
    let lines = [top / 2, top]
        .map(|value| {
            let y = (BASE - height(value, top)).to_string();
            view! { <line class="chart-grid" x1="0" x2="100%" y1=y.clone() y2=y></line> }
        })
        .collect_view();
    let count = bars.len();
    let highest = bars.iter().map(|(_, value)| *value).max().unwrap_or(0);
    let slots = bars
        .into_iter()
        .enumerate()
        .map(|(at, bar)| slot(at, count, bar, top, highest, unit, alarming))
        .collect_view();
    let base = BASE.to_string();
    view! {
        <svg class="chart-plot" width="100%" height=HEIGHT.to_string()>
            {lines}
            {slots}
            <line class="chart-base" x1="0" x2="100%" y1=base.clone() y2=base></line>
        </svg>
    }
}

/// A bar with its value above and, for some, its label below.
fn slot(
    at: usize,
    count: usize,
    (label, value): Bar,
    top: u64,
    highest: u64,
    unit: &'static str,
    alarming: bool,
) -> impl IntoView {
    // Hundredths of a per cent.
    let width = 10_000 / count.max(1);
    let (left, middle) = (at * width, at * width + width / 2);
    let tall = height(value, top);
    let last = at + 1 == count;
    let words = format!("{label}: {} {unit}", grouped(value));
    let below = (count - 1 - at).is_multiple_of(LABEL_EVERY).then(|| {
        let (x, anchor) = if last { (percent(10_000), "end") } else { (percent(middle), "middle") };
        view! { <text class="chart-text" x=x y=(BASE + 16).to_string() text-anchor=anchor>{label}</text> }
    });
    // Three digits do not fit side by side on a phone: there the highest bar alone has its value then.
    let class =
        if highest < 100 || value == highest { "chart-value" } else { "chart-value chart-value-wide" };
    let above = (value > 0).then(|| {
        let y = (BASE - tall - 4).to_string();
        view! { <text class=class x=percent(middle) y=y text-anchor="middle">{short(value)}</text> }
    });
    let bar = (value > 0).then(|| {
        view! {
            <rect
                class=if alarming { "chart-bar chart-bar-alarming" } else { "chart-bar" }
                x=percent(left + width / 6)
                y=(BASE - tall).to_string()
                width=percent(width * 2 / 3)
                height=tall.to_string()
                rx="2"
            ></rect>
        }
    });
    view! {
        <g class="chart-slot">
            <rect class="chart-hit" x=percent(left) y="0" width=percent(width) height=BASE.to_string()></rect>
            {bar}
            {above}
            {below}
            <title>{words}</title>
        </g>
    }
}

/// Pixels of a bar: at least two, so that a single event among thousands is seen.
fn height(value: u64, top: u64) -> u64 {
    let pixels = u128::from(value) * u128::from(PLOT) / u128::from(top.max(1));
    let pixels = u64::try_from(pixels).unwrap_or(PLOT);
    if value > 0 { pixels.max(2) } else { 0 }
}

/// The round number at the top of the scale; its half is whole.
fn top(highest: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        let found =
            [2, 4, 6, 8, 10].into_iter().map(|step| unit.saturating_mul(step)).find(|top| *top >= highest);
        if let Some(top) = found {
            return top;
        }
        unit = unit.saturating_mul(10);
    }
}

/// Hundredths of a per cent as SVG writes them.
fn percent(hundredths: usize) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_a_round_number() {
        assert_eq!([0, 1, 3, 9, 11, 100, 101].map(top), [2, 2, 4, 10, 20, 100, 200]);
        assert!(top(u64::MAX) == u64::MAX);
    }

    #[test]
    fn the_smallest_bar_is_seen() {
        assert_eq!(height(0, 10_000), 0);
        assert_eq!(height(1, 10_000), 2);
        assert_eq!(height(10_000, 10_000), PLOT);
    }
}
