//! Which classes a stylesheet defines and which a source uses.

use std::collections::BTreeSet;

use super::literals;

/// Classes in the selectors of a stylesheet.
pub fn defined(css: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let code = css.split("/*").map(|piece| piece.rsplit_once("*/").map_or(piece, |(_, code)| code));
    // Addresses in quotes hold dots too.
    for piece in code.flat_map(|code| code.split(['"', '\'']).step_by(2)) {
        for after in piece.split('.').skip(1) {
            let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
            let name = &after[..end.unwrap_or(after.len())];
            if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                found.insert(name);
            }
        }
    }
    found
}

/// Classes in the places where a view takes them: `class="..."`, `class=("...", condition)`, an expression
/// behind `class=` up to its line's end, and the default of a property named `class`.
pub fn used(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for literal in literals::all(source) {
        let line = source[..literal.start].rfind('\n').map_or(0, |end| end + 1);
        let before = &source[line..literal.start];
        let property =
            before.trim_end().ends_with("default =") && source[literal.end..].starts_with(")] class:");
        if property || before.rfind("class=").is_some_and(|at| is_value(&before[at + "class=".len()..])) {
            found.extend(literal.text.split_whitespace().map(str::to_owned));
        }
    }
    found
}

/// Whether a literal that follows `between` still belongs to the attribute's value.
fn is_value(between: &str) -> bool {
    let branches = between.starts_with("if ") || between.starts_with("move ");
    between.is_empty() || between == "(" || (branches && !between.contains('>') && between.ends_with("{ "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_selectors() {
        let css =
            "/* see a.b, it's */ .btn:hover, p.note > .x-1 { margin: 0.5rem; background: url('a.svg') }";
        assert_eq!(defined(css), BTreeSet::from(["btn", "note", "x-1"]));
    }

    #[test]
    fn classes_of_views() {
        let source = r#"
            <p class="a b" id="no" class=("c", mono)>"no"
            <p class=if failed { "d e" } else { "f" }>{"no"}
            #[prop(default = "g h")] class: &'static str,
            #[prop(default = "no")] label: &'static str,
        "#;
        let expected = ["a", "b", "c", "d", "e", "f", "g", "h"];
        assert_eq!(used(source), expected.map(str::to_owned).into());
    }
}
