//! `coffer config`

use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use coffer_blueprint::{Action, BlueprintError, Desk, Draft, Issued, References, SystemSources};

use super::{Failure, say};
use crate::{cli::ConfigCommand, config::Config, files, wiring};

/// Status of `coffer config plan` when there is something to do.
const CHANGES: u8 = 2;

pub(super) async fn run(config: &Config, command: ConfigCommand) -> Result<ExitCode, Failure> {
    match command {
        ConfigCommand::Export { secret_references } => {
            let references = if secret_references { References::Written } else { References::Commented };
            let text = desk(config).await?.export(references).await;
            say(text.map_err(|source| failed("the export", source))?.trim_end());
            Ok(ExitCode::SUCCESS)
        }
        ConfigCommand::Plan { file, prune, json } => {
            let file = File::read(&file)?;
            let draft = file.draft(&desk(config).await?, prune).await?;
            if json {
                say(format_args!("{:#}", draft.plan().json(&file.name)));
            } else {
                say(draft.plan().text(&file.name).trim_end());
            }
            Ok(if draft.plan().is_empty() { ExitCode::SUCCESS } else { ExitCode::from(CHANGES) })
        }
        ConfigCommand::Apply { file, prune, yes, secrets_to, print_secrets } => {
            let file = File::read(&file)?;
            let desk = desk(config).await?;
            let draft = file.draft(&desk, prune).await?;
            apply(&desk, &file.name, &draft, yes, secrets_to.as_deref(), print_secrets).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn desk(config: &Config) -> Result<Desk, Failure> {
    let base = wiring::base(config).await?;
    let admin = wiring::house(config, &base, None).await?.admin;
    Ok(Desk::new(admin, base.store.clone()))
}

fn failed(file: &str, source: BlueprintError) -> Failure {
    Failure::Blueprint { file: file.to_owned(), source }
}

/// A blueprint, read before the database is opened: one with a mistyped name makes none.
struct File {
    /// For people.
    name: String,
    text: String,
}

impl File {
    fn read(path: &Path) -> Result<Self, Failure> {
        let read = || {
            if path != Path::new("-") {
                return Ok(Self { name: path.display().to_string(), text: std::fs::read_to_string(path)? });
            }
            let mut text = String::new();
            io::stdin().lock().read_to_string(&mut text)?;
            Ok(Self { name: "standard input".to_owned(), text })
        };
        read().map_err(|error: io::Error| {
            Failure::Start(format!("the file {} cannot be read: {error}", path.display()))
        })
    }

    /// Works out what it would change.
    async fn draft(&self, desk: &Desk, prune: bool) -> Result<Draft, Failure> {
        let draft = desk.draft(&self.name, &self.text, &SystemSources, prune).await;
        draft.map_err(|source| failed(&self.name, source))
    }
}

async fn apply(
    desk: &Desk,
    name: &str,
    draft: &Draft,
    yes: bool,
    secrets_to: Option<&Path>,
    print_secrets: bool,
) -> Result<(), Failure> {
    let plan = draft.plan();
    if let Some(title) = plan.makes_secret().filter(|_| secrets_to.is_none() && !print_secrets) {
        return Err(failed(name, BlueprintError::Homeless(title.to_owned())));
    }
    if let Some(path) = secrets_to.filter(|path| path.exists()) {
        return Err(Failure::Start(format!(
            "the file {} exists already; move it away, or name another for --secrets-to. Nothing was changed",
            path.display()
        )));
    }
    say(plan.text(name).trim_end());
    if plan.is_empty() {
        return Ok(());
    }
    if !yes {
        tokio::task::spawn_blocking(confirm).await.map_err(|error| Failure::Start(error.to_string()))??;
    }
    let mut placed = None;
    let outcome = desk
        .apply(draft, |issued| {
            if let Some(path) = secrets_to.filter(|_| issued.iter().any(|one| one.secret.is_some())) {
                write_secrets(path, issued)?;
                placed = Some(path.to_owned());
            }
            Ok(())
        })
        .await;
    let outcome = match (outcome, &placed) {
        (Ok(outcome), _) => outcome,
        (Err(source), placed) => {
            discard(placed.as_deref());
            return Err(failed(name, source));
        }
    };
    let count = |action| plan.steps.iter().filter(|step| step.action == action).count();
    say(format_args!(
        "\nDone: {} created, {} changed, {} deleted.",
        count(Action::Create),
        count(Action::Change),
        count(Action::Delete)
    ));
    for one in &outcome.issued {
        if one.new && !one.named {
            say(format_args!(
                "Application “{}” has the client id {id}. Add client_id = \"{id}\" to it in the file, so that it is \
                 still known when its name changes.",
                one.name,
                id = one.client_id
            ));
        }
        if let (Some(secret), true) = (&one.secret, print_secrets) {
            say(format_args!("Client secret of “{}” ({}): {}", one.name, one.client_id, secret.reveal()));
        }
    }
    if let Some(path) = placed {
        say(format_args!("The new client secrets are in {}, which only you can read.", path.display()));
    }
    Ok(())
}

/// Asks at a terminal.
fn confirm() -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        let message =
            "nothing was changed: there is no terminal to ask at. Add --yes to apply without being asked";
        return Err(Failure::Start(message.to_owned()));
    }
    say("\nApply these changes? Enter yes to do so:");
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::Start(format!("the answer could not be read: {error}")))?;
    if line.trim() == "yes" {
        Ok(())
    } else {
        Err(Failure::Start("nothing was changed: it was not confirmed".into()))
    }
}

/// Writes new secrets to a file that is not there yet, for its owner alone.
fn write_secrets(path: &Path, issued: &[Issued]) -> io::Result<()> {
    let mut text = String::from(
        "# Client secrets that `coffer config apply` made, by client id. Coffer keeps hashes alone.\n",
    );
    for one in issued {
        if let Some(secret) = &one.secret {
            _ = writeln!(text, "\n# {}\n\"{}\" = \"{}\"", one.name, one.client_id, secret.reveal());
        }
    }
    let mut file = files::create(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        discard(Some(path));
    }
    written
}

/// The secrets in it were never used.
fn discard(path: Option<&Path>) {
    if let Some(path) = path
        && let Err(error) = std::fs::remove_file(path)
    {
        tracing::warn!(path = %path.display(), %error, "a file with client secrets that are of no use is left");
    }
}
