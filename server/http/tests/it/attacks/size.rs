//! Input that is longer, or deeper, than anything that is meant: it is not taken, and the server goes on.

use coffer_http::Protection;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::input::{FORM, JSON, posts, send};
use crate::harness::Server;
use crate::management::Machine;

const CONSOLE: &str = "/console/api/{name}";
/// Forms that are a button and no more.
const FIELDLESS: [&str; 2] = ["/u/sign-out", "/u/account/sign-out-everywhere"];

/// Bodies longer than anybody needs: the limits are 64 KiB, and 512 KiB for administrators and machines.
#[tokio::test]
async fn oversized_bodies_are_not_taken() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let before = server.store.audit().list(&Default::default(), None, 100).await.unwrap().len();
    for endpoint in posts() {
        for kind in [FORM, JSON] {
            server.clock.advance_seconds(1);
            let body = format!("email=a&password=b&return_to={}", "x".repeat(1024 * 1024)).into_bytes();
            let answer = send(&server, endpoint, machine.token(), kind, body).await;
            let status = answer.status.as_u16();
            // Whoever has to prove themselves in a header may be turned away before the body is read, and
            // what has no fields reads none.
            let proven = matches!(endpoint.protection, Protection::Bearer | Protection::Management(_));
            let reads =
                kind == FORM && !proven && !FIELDLESS.contains(&endpoint.path) && endpoint.path != CONSOLE;
            assert!((400..500).contains(&status) || endpoint.path == "/u/sign-out", "{}", endpoint.path);
            assert!(!reads || status == 413, "{} {kind}: {status} {}", endpoint.path, answer.text);
        }
    }
    let after = server.store.audit().list(&Default::default(), None, 100).await.unwrap().len();
    assert_eq!(before, after, "nothing was done");
}

/// JSON that nests without end would take a recursive parser's stack.
#[tokio::test]
async fn deeply_nested_json_is_refused() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    server
        .registrations(|settings| settings.mode = coffer_contract::registration::RegistrationMode::Open)
        .await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let depth = 10_000;
        let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        for body in [nested.clone(), format!("{{\"name\":{nested},\"client_id\":\"x\",\"jwks\":{nested}}}")] {
            for endpoint in posts() {
                server.clock.advance_seconds(1);
                let answer = send(&server, endpoint, machine.token(), JSON, body.clone().into_bytes()).await;
                let status = answer.status.as_u16();
                assert!(
                    (400..500).contains(&status) || endpoint.path == "/u/sign-out",
                    "{}: {status}",
                    endpoint.path
                );
            }
        }
    }
}

/// A head without end, over a real connection: it is refused, and the server goes on.
#[tokio::test]
async fn an_endless_head_is_refused() {
    let server = Server::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = coffer_http::router(server.state.clone());
    let service = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    let ask = async |head: String| {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(head.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
    };
    let close = "Host: coffer.example\r\nConnection: close\r\n";
    for head in [
        format!("GET /healthz HTTP/1.1\r\n{close}X-Long: {}\r\n\r\n", "x".repeat(1024 * 1024)),
        format!("GET /healthz HTTP/1.1\r\n{close}{}\r\n", "X-Many: 1\r\n".repeat(10_000)),
        format!("GET /{} HTTP/1.1\r\n{close}\r\n", "x".repeat(1024 * 1024)),
        format!("GET /healthz HTTP/1.1\r\n{close}Bad Header: x\r\n\r\n"),
        format!("POST /oauth/token HTTP/1.1\r\n{close}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"),
        format!("POST /oauth/token HTTP/1.1\r\n{close}Content-Length: -1\r\n\r\n"),
        "\u{0}\u{1}\u{2}\r\n\r\n".to_owned(),
    ] {
        let status = ask(head.clone()).await;
        assert!(status.is_empty() || status.contains(" 4"), "{:.60}: {status}", head);
    }
    assert!(ask(format!("GET /healthz HTTP/1.1\r\n{close}\r\n")).await.contains("200"));
}
