//! On which line something stands.

use std::collections::HashMap;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The line of each key and of each object, by its path (`connection.0.options.tenant`).
#[derive(Clone, Debug, Default)]
pub struct Lines(HashMap<String, usize>);

impl Lines {
    /// Of a file; of one that is no TOML, none.
    pub fn of(text: &str) -> Self {
        let mut lines = Self::default();
        if let Ok(table) = DeTable::parse(text) {
            lines.table(text, "", table.get_ref());
        }
        lines
    }

    /// The line of what stands at the path, or else of the nearest thing around it.
    pub fn at(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            if let Some(line) = self.0.get(path) {
                return Some(*line);
            }
            path = path.rsplit_once('.')?.0;
        }
    }

    fn table(&mut self, text: &str, path: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path =
                if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
            self.0.insert(path.clone(), line_at(text, key.span().start));
            self.value(text, &path, value);
        }
    }

    fn value(&mut self, text: &str, path: &str, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) => self.table(text, path, table),
            DeValue::Array(array) => {
                for (index, item) in array.iter().enumerate() {
                    let path = format!("{path}.{index}");
                    self.0.insert(path.clone(), line_at(text, item.span().start));
                    self.value(text, &path, item);
                }
            }
            _ => {}
        }
    }
}

/// The line of this byte, from 1.
pub fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_and_field_has_its_line() {
        let text = "# x\n[[connection]]\nname = \"a\"\n\n[[connection]]\nname = \"b\"\n[connection.options]\n\
                    tenant = \"t\"\nprofile.id = \"sub\"\n\n[[application]]\nconnections = [\n  { name = \"a\" },\n]\n";
        let lines = Lines::of(text);
        for (path, line) in [
            ("connection.0", 2),
            ("connection.0.name", 3),
            ("connection.0.client_id", 2),
            ("connection.1", 5),
            ("connection.1.options.tenant", 8),
            ("connection.1.options.profile.id", 9),
            ("connection.1.options.discovery_url", 7),
            ("application.0.connections.0.scope_ceiling", 13),
            ("application.0.connections", 12),
        ] {
            assert_eq!(lines.at(path), Some(line), "{path}");
        }
        assert_eq!(lines.at("api.0"), None);
    }
}
