//! `coffer audit`

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::ExitCode;

use coffer_audit::{AuditLog, FileReport, Report, Span};

use super::{Failure, say};
use crate::{cli::AuditCommand, config::Config, files, wiring};

pub(super) async fn run(config: &Config, command: AuditCommand) -> Result<ExitCode, Failure> {
    let base = wiring::base(config).await?;
    let log = AuditLog::new(base.store, base.keyring, base.clock, base.rng);
    match command {
        AuditCommand::Verify { file: None, .. } => Ok(tell(&log.verify().await?)),
        AuditCommand::Verify { file: Some(path), filtered } => {
            let file: Box<dyn BufRead + Send> = match path.as_os_str() == "-" {
                true => Box::new(BufReader::new(std::io::stdin())),
                false => {
                    Box::new(BufReader::new(File::open(&path).map_err(|error| Failure::file(&path, &error))?))
                }
            };
            Ok(tell_file(&log.verify_file(file, filtered).await?))
        }
        AuditCommand::Export { from, to, output } => {
            let out: Box<dyn Write + Send> = match &output {
                Some(path) => Box::new(files::create(path).map_err(|error| Failure::file(path, &error))?),
                None => Box::new(std::io::stdout()),
            };
            export(&log, Span { from, to }, out).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn export(log: &AuditLog, span: Span, out: Box<dyn Write + Send>) -> Result<(), Failure> {
    // So that the newest are in it, too.
    if let Err(error) = log.seal().await {
        tracing::warn!(%error, "the newest events are not in the export, because they cannot be sealed");
    }
    let failed = |error: std::io::Error| Failure::Start(format!("the export cannot be written: {error}"));
    let mut out = BufWriter::new(out);
    let mut export = log.export(span).await?;
    while let Some(lines) = export.next().await? {
        for line in lines {
            let text = line.json().map_err(|error| failed(error.into()))?;
            out.write_all(text.as_bytes()).map_err(failed)?;
        }
    }
    out.flush().map_err(failed)
}

fn tell(report: &Report) -> ExitCode {
    let from = match report.pruned_to {
        0 => String::new(),
        to => format!(" The events up to position {to} were deleted for their age."),
    };
    let waiting = match report.waiting {
        0 => String::new(),
        count => {
            format!(" {count} further events are not sealed yet: a running server does it within seconds.")
        }
    };
    if report.breaks.is_empty() {
        say(format_args!(
            "{} events, none changed, inserted or missing. The chain ends at position {} with link {}.{from}{waiting}",
            report.good, report.position, report.link
        ));
        return ExitCode::SUCCESS;
    }
    list(&report.breaks, report.further);
    say(format_args!("The audit log is NOT as Coffer wrote it.{from}{waiting}"));
    ExitCode::FAILURE
}

fn list(found: &[impl std::fmt::Display], further: u64) {
    found.iter().for_each(say);
    if further > 0 {
        say(format_args!("and {further} more"));
    }
}

fn tell_file(report: &FileReport) -> ExitCode {
    list(&report.complaints, report.further);
    let (first, last) = report.span.unwrap_or_default();
    if !report.complaints.is_empty() {
        say("The file is NOT as Coffer wrote it.");
        return ExitCode::FAILURE;
    }
    say(format_args!(
        "{} lines, all genuine, positions {first} to {last}, ending with link {}. What came before or after is not \
         in the file.",
        report.good, report.link
    ));
    ExitCode::SUCCESS
}
