//! The stylesheet: `style/base.css`, then the rules of the utility classes that the sources name.

mod classes;
mod literals;

use std::{collections::BTreeSet, path::Path};

use encre_css::{Config, Scanner};

use crate::{Outcome, files};

/// Generates the stylesheet of the repository at `root`. A class that neither `base.css` nor the generator
/// knows is an error: it is misspelt, or its rule was removed.
pub fn build(root: &Path) -> Outcome<String> {
    let base = files::text(&root.join("style/base.css"))?;
    let config = configuration(root)?;
    let mut words = BTreeSet::new();
    let mut unknown = Vec::new();
    let defined = classes::defined(&base);
    for path in files::below(&root.join("app/src"))? {
        let source = files::text(&path)?;
        // Any literal may hold classes (a constant, a default); only those in a `class` place must be known.
        for literal in literals::all(&source) {
            words.extend(literal.text.split_whitespace().map(str::to_owned));
        }
        for class in classes::used(&source) {
            if !defined.contains(class.as_str()) && rules(&class, &config).trim().is_empty() {
                unknown.push(format!("  {class} in {}", path.strip_prefix(root).unwrap_or(&path).display()));
            }
        }
    }
    if !unknown.is_empty() {
        return Err(format!(
            "these classes have no rule, neither in style/base.css nor as utilities:\n{}",
            unknown.join("\n")
        )
        .into());
    }
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !defined.contains(*word)).collect();
    Ok(format!("{base}\n{}\n", rules(&words.join(" "), &config)))
}

fn configuration(root: &Path) -> Outcome<Config> {
    let mut config = Config::from_file(root.join("style/theme.toml"))?;
    config.scanner = Scanner::from_fn(|text| text.split_whitespace().collect());
    Ok(config)
}

fn rules(words: &str, config: &Config) -> String {
    encre_css::generate([words], config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::root;

    #[test]
    fn every_class_of_the_application_has_a_rule() {
        let css = build(&root()).unwrap();
        assert!(css.contains(".btn-primary"));
        assert!(css.contains(".grid {"));
    }

    #[test]
    fn a_class_without_rule_is_named() {
        let folder = std::env::temp_dir().join(format!("coffer-style-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("app/src")).unwrap();
        std::fs::create_dir_all(folder.join("style")).unwrap();
        std::fs::write(folder.join("style/base.css"), ".card { color: red }").unwrap();
        std::fs::write(folder.join("style/theme.toml"), "preflight = \"none\"").unwrap();
        std::fs::write(folder.join("app/src/page.rs"), r#"<p class="card flex flexx">"#).unwrap();
        let error = build(&folder).unwrap_err().to_string();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(error.contains("flexx in app/src/page.rs"), "{error}");
        assert!(!error.contains("card"), "{error}");
    }
}
