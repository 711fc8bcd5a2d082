//! Verifying an exported file, line by line.

use std::io::BufRead;

use crate::{
    AuditError, AuditLog, Line,
    encode::{ChainKey, unhex},
};

/// Complaints that are named; the others are counted.
const NAMED: usize = 20;

/// What was found in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Lines that are genuine.
    pub good: u64,
    /// Position of the first and the last of them.
    pub span: Option<(i64, i64)>,
    /// The last link, in hexadecimal.
    pub link: String,
    /// What is wrong, with the number of the line.
    pub complaints: Vec<String>,
    /// How many complaints there are more.
    pub further: u64,
}

impl FileReport {
    fn complain(&mut self, text: String) {
        if self.complaints.len() < NAMED {
            self.complaints.push(text);
        } else {
            self.further += 1;
        }
    }
}

impl AuditLog {
    /// Verifies an exported file with the key of this database's chain. `filtered`: lines may be missing
    /// between others.
    pub async fn verify_file(&self, file: impl BufRead, filtered: bool) -> Result<FileReport, AuditError> {
        let Some(head) = self.store.chain().head().await? else { return Err(AuditError::NoHead) };
        let key = self.key(&head).await?;
        Ok(verify_lines(&key, file, filtered)?)
    }
}

pub(crate) fn verify_lines(
    key: &ChainKey,
    file: impl BufRead,
    filtered: bool,
) -> std::io::Result<FileReport> {
    let mut report = FileReport::default();
    let mut last: Option<(i64, String)> = None;
    for (index, text) in file.lines().enumerate() {
        let (text, number) = (text?, index + 1);
        let Ok(line) = serde_json::from_str::<Line>(&text) else {
            report.complain(format!("line {number} is not an exported event"));
            continue;
        };
        let (Some(position), Some(previous), Some(link)) = (line.position, &line.previous, &line.link) else {
            report
                .complain(format!("line {number}: event {} was not sealed yet: nothing proves it", line.id));
            continue;
        };
        let genuine = match (unhex(previous), unhex(link)) {
            (Some(previous), Some(link)) => key.link(&previous, position, &line.event()) == link,
            _ => false,
        };
        if !genuine {
            report.complain(format!("line {number}: event {} was changed or put there", line.id));
        } else {
            report.good += 1;
        }
        if let Some((before, its)) = &last {
            if position <= *before && !filtered {
                report.complain(format!("line {number}: position {position} comes after {before}"));
            } else if position > before + 1 && !filtered {
                let missing = (before + 1, position - 1);
                report
                    .complain(format!("line {number}: positions {} to {} are missing", missing.0, missing.1));
            } else if position == before + 1 && its != previous {
                report.complain(format!("line {number}: it does not follow the line before"));
            }
        }
        report.span = Some((report.span.map_or(position, |(first, _)| first), position));
        report.link.clone_from(link);
        last = Some((position, link.clone()));
    }
    Ok(report)
}
