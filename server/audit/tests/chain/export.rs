use coffer_core::{Clock as _, Timestamp};

use crate::{DAY, World};
use coffer_audit::{FileReport, Line, Span};

async fn exported(world: &World, span: Span) -> Vec<Line> {
    let mut export = world.log.export(span).await.unwrap();
    let mut lines = Vec::new();
    while let Some(page) = export.next().await.unwrap() {
        lines.extend(page);
    }
    lines
}

fn text(lines: &[Line]) -> String {
    lines.iter().map(|line| line.json().unwrap()).collect()
}

async fn verified(world: &World, text: &str, filtered: bool) -> FileReport {
    world.log.verify_file(text.as_bytes(), filtered).await.unwrap()
}

#[tokio::test]
async fn an_exported_file_is_verified_and_every_change_in_it_is_noticed() {
    let world = World::with(1203).await;
    let lines = exported(&world, Span::default()).await;
    assert_eq!(lines.len(), 1203);
    let whole = text(&lines);
    let report = verified(&world, &whole, false).await;
    assert_eq!((report.good, report.span, report.complaints), (1203, Some((1, 1203)), vec![]));
    assert_eq!(report.link, world.log.verify().await.unwrap().link);

    let complaints = async |change: &dyn Fn(&mut Vec<Line>)| {
        let mut lines = lines[..6].to_vec();
        change(&mut lines);
        verified(&world, &text(&lines), false).await.complaints
    };
    assert_eq!(complaints(&|_| {}).await, Vec::<String>::new());
    assert!(
        complaints(&|lines| lines[2].description.push('.')).await[0].contains("line 3: event 3 was changed")
    );
    assert!(complaints(&|lines| lines[1].ip = None).await[0].contains("event 2 was changed"));
    assert!(complaints(&|lines| drop(lines.remove(2))).await[0].contains("positions 3 to 3 are missing"));
    assert!(complaints(&|lines| lines.swap(2, 3)).await[0].contains("are missing"));
    assert!(complaints(&|lines| lines.insert(2, lines[1].clone())).await[0].contains("comes after"));
    assert!(complaints(&|lines| lines[2].link = lines[1].link.clone()).await[0].contains("event 3"));
    assert!(complaints(&|lines| lines[2].position = None).await[0].contains("not sealed"));
    let forged = whole.replacen("\"id\":3,", "\"id\":3,\"x\":1,", 1);
    assert!(verified(&world, &forged, false).await.complaints[0].contains("line 3 is not an exported event"));
}

#[tokio::test]
async fn of_a_filtered_file_each_line_is_verified_by_itself() {
    let world = World::with(10).await;
    let lines = exported(&world, Span::default()).await;
    let mut some: Vec<_> = lines.into_iter().step_by(3).collect();
    assert_eq!(verified(&world, &text(&some), true).await.complaints, Vec::<String>::new());
    assert!(!verified(&world, &text(&some), false).await.complaints.is_empty());
    some[1].success = !some[1].success;
    assert_eq!(verified(&world, &text(&some), true).await.complaints.len(), 1);
}

#[tokio::test]
async fn a_span_has_no_gaps() {
    let world = World::new().await;
    let start = world.clock.now();
    for _ in 0..5 {
        world.write(2).await;
        world.clock.advance_seconds(DAY);
    }
    // The clock was put back for one event.
    world.clock.advance_seconds(-3 * DAY);
    world.write(1).await;
    world.log.seal().await.unwrap();
    let day = |n: i64| Some(Timestamp::from_millis(start.millis()).plus_seconds(n * DAY));
    let positions = async |from, to| {
        let lines = exported(&world, Span { from, to }).await;
        assert_eq!(verified(&world, &text(&lines), false).await.complaints, Vec::<String>::new());
        lines.iter().map(|line| line.position.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(positions(day(1), day(3)).await, [3, 4, 5, 6]);
    assert_eq!(positions(day(4), None).await, [9, 10, 11]);
    assert_eq!(positions(None, day(1)).await, [1, 2]);
    assert!(positions(day(9), None).await.is_empty());
}

#[tokio::test]
async fn a_spreadsheet_calculates_nothing() {
    let world = World::with(1).await;
    let mut line = exported(&world, Span::default()).await.remove(0);
    for evil in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "|x"] {
        line.description = evil.to_owned();
        let row = line.csv();
        assert!(row.contains(&format!(",\"'{evil}\",")), "{row:?}");
    }
    line.description = "said \"no\", twice\nand left".to_owned();
    assert!(line.csv().contains(",\"said \"\"no\"\", twice\nand left\","));
    line.description = "plain".to_owned();
    assert!(line.csv().contains(",plain,"));
    assert_eq!(line.csv().matches(',').count(), coffer_audit::CSV_HEAD.matches(',').count());
}
