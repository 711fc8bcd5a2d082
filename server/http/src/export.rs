//! Downloading the audit log from the Logs page.

use axum::{
    Json,
    body::Body,
    extract::{Extension, Query, State},
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use coffer_admin::{LogExport, Visit};
use coffer_audit::CSV_HEAD;
use coffer_contract::{ApiError, log::LogFilter};
use futures::stream;
use serde::Deserialize;
use tower_sessions::Session;

use crate::{AppState, console, network::Origin};

/// What is wanted.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(flatten)]
    filter: LogFilter,
    #[serde(default)]
    format: Format,
}

/// How it is written.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Ndjson,
    Csv,
}

/// The events that pass the filter, oldest first, as they are read from the database.
pub(crate) async fn logs(
    State(state): State<AppState>,
    session: Session,
    Extension(origin): Extension<Origin>,
    Query(wanted): Query<Wanted>,
    uri: Uri,
) -> Response {
    let visit = Visit::new(state.admin.clone(), session, origin.ip, origin.request_id);
    let begun = match visit.signed_in().await {
        Ok(signed) => signed.export_logs(wanted.filter).await,
        Err(ApiError::Unauthenticated) => {
            return Redirect::to(&console::sign_in_and_back(&uri)).into_response();
        }
        Err(error) => Err(error),
    };
    match begun {
        Ok(export) => download(export, wanted.format),
        Err(error @ ApiError::Forbidden { .. }) => (StatusCode::FORBIDDEN, Json(error)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, Json(error)).into_response(),
    }
}

fn download(export: LogExport, format: Format) -> Response {
    let (kind, name, head) = match format {
        Format::Ndjson => ("application/x-ndjson", "coffer-logs.ndjson", ""),
        Format::Csv => ("text/csv; charset=utf-8; header=present", "coffer-logs.csv", CSV_HEAD),
    };
    let pages = stream::try_unfold((export, Some(head)), move |(mut export, head)| async move {
        if let Some(head) = head {
            return Ok(Some((Bytes::from_static(head.as_bytes()), (export, None))));
        }
        // A body that breaks off is a download that fails: no half file is taken for a whole one.
        let Some(lines) = export.next().await? else { return Ok(None) };
        let mut text = String::with_capacity(lines.len() * 512);
        for line in lines {
            match format {
                Format::Csv => text.push_str(&line.csv()),
                Format::Ndjson => text.push_str(&line.json().map_err(std::io::Error::other)?),
            }
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Some((Bytes::from(text), (export, None))))
    });
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Body::from_stream(pages)).into_response()
}
