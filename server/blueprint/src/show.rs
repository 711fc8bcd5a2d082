//! A plan, for people and for machines.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    change::Change,
    plan::{Action, Plan, Step},
};

impl Plan {
    /// For people. `file` is the blueprint's name.
    pub fn text(&self, file: &str) -> String {
        let mut text = String::new();
        let count = |action| self.steps.iter().filter(|step| step.action == action).count();
        if self.is_empty() {
            _ = writeln!(text, "Nothing to do: everything is as {file} says.");
        } else {
            _ = writeln!(
                text,
                "{file}: {} to create, {} to change, {} to delete.",
                count(Action::Create),
                count(Action::Change),
                count(Action::Delete)
            );
        }
        for step in &self.steps {
            _ = writeln!(text, "\n{} {}", sign(step.action), step.title);
            for change in &step.changes {
                _ = writeln!(text, "    {}", line(step, change));
            }
        }
        if !self.unmanaged.is_empty() {
            _ = writeln!(
                text,
                "\nNot in the file, and left as it is (--prune deletes what is of a kind that the file has):"
            );
            for (_, title) in &self.unmanaged {
                _ = writeln!(text, "    {title}");
            }
        }
        text
    }

    /// For machines.
    pub fn json(&self, file: &str) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(step).collect();
        let not_managed: Vec<Value> = self
            .unmanaged
            .iter()
            .map(|(kind, title)| json!({ "kind": kind.table(), "title": title }))
            .collect();
        json!({ "file": file, "changes": steps, "not_managed": not_managed })
    }
}

fn sign(action: Action) -> char {
    match action {
        Action::Create => '+',
        Action::Change => '~',
        Action::Delete => '-',
    }
}

fn line(step: &Step, change: &Change) -> String {
    let Change { field, before, after, secret } = change;
    if *secret {
        return match step.action {
            _ if step.makes_secret() => format!("+ {field}: (a new one is made)"),
            Action::Create => format!("+ {field}: (set)"),
            Action::Change | Action::Delete => format!("~ {field}: (changes)"),
        };
    }
    match (before, after) {
        (None, Some(after)) => format!("+ {field}: {after}"),
        (Some(before), None) => format!("- {field}: {before}"),
        (before, after) => {
            let shown = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
            format!("~ {field}: {} -> {}", shown(before), shown(after))
        }
    }
}

fn step(step: &Step) -> Value {
    let action = match step.action {
        Action::Create => "create",
        Action::Change => "change",
        Action::Delete => "delete",
    };
    let fields = step.changes.iter().map(|change| match change.secret {
        true => json!({ "field": change.field, "secret": true }),
        false => json!({ "field": change.field, "before": change.before, "after": change.after }),
    });
    json!({
        "action": action,
        "kind": step.kind.table(),
        "key": step.key,
        "title": step.title,
        "fields": fields.collect::<Vec<_>>(),
    })
}
