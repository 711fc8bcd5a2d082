//! Runs the providers by themselves, with `/_control`, until interrupted.

use std::{error::Error, io::Write as _};

use clap::Parser;
use coffer_providers::{Config, Providers};

/// Stand-ins for identity providers, for tests.
#[derive(Parser)]
struct Arguments {
    /// Port on 127.0.0.1; any free one where it is 0.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let config = Config { port: arguments.port, control: true, ..Config::default() };
    let providers = Providers::start(config).await?;
    writeln!(std::io::stdout(), "listening on {}", providers.base())?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}
