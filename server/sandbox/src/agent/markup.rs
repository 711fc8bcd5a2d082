//! HTML that cannot forget to escape: literals go in as they are, and whatever else comes goes in escaped.

use std::fmt::{self, Write as _};

/// HTML under construction.
#[derive(Default)]
pub(super) struct Markup(String);

impl Markup {
    /// Only what stands in the source.
    pub(super) fn raw(&mut self, html: &'static str) {
        self.0.push_str(html);
    }

    /// Text, or the value of an attribute in double quotes.
    pub(super) fn text(&mut self, text: impl fmt::Display) {
        // Writing to a string does not fail.
        let _ = write!(Escaped(&mut self.0), "{text}");
    }

    pub(super) fn add(&mut self, inner: Self) {
        self.0.push_str(&inner.0);
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl FromIterator<Self> for Markup {
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        parts.into_iter().fold(Self::default(), |mut all, part| {
            all.add(part);
            all
        })
    }
}

impl From<Option<Self>> for Markup {
    fn from(part: Option<Self>) -> Self {
        part.unwrap_or_default()
    }
}

struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

/// Literals, `{text}` to be escaped, and `[markup]`: `html!("<p>" {name} "</p>" [more])`.
macro_rules! html {
    ($($html:literal $({$text:expr})? $([$inner:expr])?)*) => {{
        let mut markup = $crate::agent::markup::Markup::default();
        $(
            markup.raw($html);
            $(markup.text(&$text);)?
            $(markup.add($crate::agent::markup::Markup::from($inner));)?
        )*
        markup
    }};
}
pub(super) use html;

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_no_literal_is_escaped() {
        let name = "<script>'\"&";
        let inner = html!("<b>" {name} "</b>");
        let markup = html!("<p title=\"" {name} "\">" [inner] "</p>" [None]);
        assert_eq!(
            markup.into_string(),
            "<p title=\"&lt;script&gt;&#39;&quot;&amp;\"><b>&lt;script&gt;&#39;&quot;&amp;</b></p>"
        );
    }
}
