//! How many requests an application may send.

use super::{Machine, refusal};
use crate::harness::{MANAGEMENT_BURST, MANAGEMENT_PER_SECOND, Server};

#[tokio::test]
async fn each_application_has_a_bucket_that_fills_again() {
    let server = Server::start().await;
    let (machine, other) = (Machine::new(&server).await, Machine::new(&server).await);
    let number = |text: &str| text.parse::<i64>().unwrap();
    for n in 1..=MANAGEMENT_BURST {
        let answer = machine.get("/logs?per_page=1").await;
        assert_eq!(answer.status, 200);
        assert_eq!(number(answer.header("x-ratelimit-limit")), i64::from(MANAGEMENT_BURST));
        assert_eq!(number(answer.header("x-ratelimit-remaining")), i64::from(MANAGEMENT_BURST - n));
        assert!(number(answer.header("x-ratelimit-reset")) > server.now());
    }
    let refused = machine.get("/logs?per_page=1").await;
    assert_eq!(refusal(&refused), (429, "too_many_requests".into()));
    assert_eq!((refused.header("retry-after"), refused.header("x-ratelimit-remaining")), ("1", "0"));
    assert_eq!(number(refused.header("x-ratelimit-reset")), server.now() + 1);
    assert_eq!(other.get("/logs?per_page=1").await.status, 200, "one does not spend another's");
    server.clock.advance_seconds(1);
    let mut passed = 0;
    while machine.get("/logs?per_page=1").await.status == 200 {
        passed += 1;
    }
    assert_eq!(passed, MANAGEMENT_PER_SECOND);
}
