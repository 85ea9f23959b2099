//! Requests over TLS: who is let in, as whom, and who is not.

use api::{
    Access, Acknowledgement, Caller, Client, ClientError, EventReport, Host, Request, Response,
    Service, serve_remote,
};
use base::WallTime;
use group::ClusterKey;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use trust::{Authority, Expected, Grant, Pin, Token};

/// The dates on the node, in seconds.
const TODAY: i64 = 1000;
const LATER: i64 = 2000;

/// Says who asked, and tells one event.
struct Echo {
    authority: Arc<Authority>,
    news: watch::Sender<u64>,
    date: AtomicI64,
    /// When somebody has heard the event, it is later.
    ages: bool,
}

impl Service for Echo {
    fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    fn authority(&self) -> Option<Arc<Authority>> {
        Some(self.authority.clone())
    }

    fn date(&self) -> WallTime {
        WallTime::from_seconds(self.date.load(Ordering::SeqCst))
    }

    async fn answer(&self, caller: Caller, request: Request) -> Response {
        match request {
            Request::Events { after: 0 } => {
                let event =
                    EventReport { number: 1, kind: "alarm".into(), ..EventReport::default() };
                Response::Events { events: vec![event] }
            }
            Request::Events { .. } => {
                if self.ages {
                    self.date.store(LATER, Ordering::SeqCst);
                    self.news.send_replace(2);
                }
                Response::Events { events: Vec::new() }
            }
            _ => {
                let warnings = vec![format!("{caller:?}")];
                Response::Done { acknowledgement: Acknowledgement::Unchanged, warnings }
            }
        }
    }
}

fn authority(key: u8) -> Authority {
    Authority::new(&ClusterKey::new([key; 32]).expect("a key")).expect("always")
}

/// A node of the cluster with key 1, at a free port until the test ends.
fn node() -> SocketAddr {
    node_that(false)
}

fn node_that(ages: bool) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be made").block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("there are free ports");
            tell.send(listener.local_addr().expect("it has one")).expect("somebody waits");
            let (authority, news) = (Arc::new(authority(1)), watch::channel(0).0);
            let echo = Echo { authority, news, date: AtomicI64::new(TODAY), ages };
            serve_remote(listener, Arc::new(echo)).await;
        });
    });
    told.recv().expect("it listens")
}

fn host(address: SocketAddr) -> Host {
    Host { name: address.ip().to_string(), port: address.port() }
}

fn access(address: SocketAddr, pin: Pin, token: String) -> Access {
    Access { addresses: vec![host(address)], pin, token }
}

fn token(key: u8, grant: Grant, until: i64) -> String {
    authority(key).seal(&Token { grant, until: WallTime::from_seconds(until), id: 7 })
}

#[test]
fn a_token_says_who_asks() {
    let (node, pin) = (node(), authority(1).pin());
    let alice = || Grant::User("alice".into());
    let ask = |pin, token| Client::remote(access(node, pin, token)).call(&Request::Node);
    let cases = [
        (pin, token(1, alice(), 1000), "Remote { name: \"alice\", address: 127.0.0.1, until:"),
        (pin, token(1, Grant::Node, 1000), "Newcomer { token: 7, address: 127.0.0.1 }"),
        (pin, token(1, alice(), 900), "was good until 100 s ago"),
        (pin, token(2, alice(), 1000), "not made by this cluster"),
        (pin, "nonsense".into(), "this is no token"),
        (pin, "not a header\n".into(), "no proper answer"),
        (authority(2).pin(), token(1, alice(), 1000), "somebody is in between"),
    ];
    for (pin, token, expected) in cases {
        let said = match ask(pin, token.clone()) {
            Ok(answer) => format!("{answer:?}").replace('\\', ""),
            Err(error) => error.to_string(),
        };
        assert!(said.contains(expected), "{token}: {said}");
    }
}

#[test]
fn the_next_node_is_asked_when_one_does_not_answer_or_is_another() {
    let (good, pin) = (node(), authority(1).pin());
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    let nobody = closed.local_addr().expect("it has one");
    drop(closed);
    let alice = token(1, Grant::User("alice".into()), 1000);
    let ask = |addresses: &[SocketAddr]| {
        let addresses = addresses.iter().map(|address| host(*address)).collect();
        Client::remote(Access { addresses, ..access(good, pin, alice.clone()) })
            .call(&Request::Node)
    };
    assert!(matches!(ask(&[nobody, good]), Ok(Response::Done { .. })));
    let error = ask(&[nobody]).expect_err("nobody is there");
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&nobody.to_string()), "{error}");
}

/// What a client in other hands says and hears; the connection ends with it.
fn spoken(node: SocketAddr, request: &str, until: &str) -> String {
    let config = trust::client(Expected::Key(authority(1).pin())).expect("good");
    let name = rustls::pki_types::ServerName::try_from("systole").expect("a name");
    let mut connection = rustls::ClientConnection::new(config, name).expect("good");
    let mut stream = TcpStream::connect(node).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("not zero");
    let mut tls = rustls::Stream::new(&mut connection, &mut stream);
    let _ = tls.write_all(request.as_bytes());
    let (mut heard, mut bytes) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&heard).contains(until) {
        match tls.read(&mut bytes) {
            Ok(0) | Err(_) => break,
            Ok(count) => heard.extend_from_slice(&bytes[..count]),
        }
    }
    String::from_utf8_lossy(&heard).into_owned()
}

#[test]
fn nothing_is_told_without_a_token_and_events_with_one() {
    let node = node();
    let alice = token(1, Grant::User("alice".into()), 1000);
    let with = |line: &str| {
        format!(
            "{line} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer {alice}\r\n"
        )
    };
    let head = |line: &str| format!("{line} HTTP/1.1\r\nhost: x\r\n");
    let cases = [
        (head("GET /v1/openapi.json") + "\r\n", "systole token create", "401"),
        (head("GET /v1/events") + "\r\n", "systole token create", "401"),
        // Not a byte of the body is waited for.
        (head("POST /v1") + "content-length: 1000000\r\n\r\n", "systole token create", "401"),
        (with("GET /v1/events") + "\r\n", "data:", "\"kind\":\"alarm\""),
        (with("POST /v1") + "content-length: 99999999\r\n\r\n{}", "16 MiB at most", "413"),
        // Exactly as much as is read: what is left unread would have the answer torn off.
        (format!("{:y<1$}", "GET / HTTP/1.1\r\nx: ", 32 << 10), "\r\n\r\n", "431"),
    ];
    for (request, until, expected) in cases {
        let heard = spoken(node, &request, until);
        let line = request.lines().next().unwrap_or_default();
        assert!(heard.contains(until) && heard.contains(expected), "{line}: {heard}");
    }
}

#[test]
fn events_end_when_the_token_is_good_no_more() {
    let alice = token(1, Grant::User("alice".into()), TODAY);
    let request =
        format!("GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {alice}\r\n\r\n");
    let heard = spoken(node_that(true), &request, "\r\n0\r\n\r\n");
    assert!(heard.contains("data:") && heard.ends_with("\r\n0\r\n\r\n"), "{heard}");
}

#[test]
fn strangers_leave_room_for_others() {
    let node = node();
    let alice = token(1, Grant::User("alice".into()), 1000);
    let client = Client::remote(access(node, authority(1).pin(), alice));
    let quiet: Vec<TcpStream> =
        (0..50).map(|_| TcpStream::connect(node).expect("the kernel takes it")).collect();
    assert!(client.call(&Request::Node).is_err(), "too many of one address say nothing");
    // They are let go of after a while, whatever they do.
    let said = (0..60).find_map(|_| match client.call(&Request::Node) {
        Ok(answer) => Some(answer),
        Err(_) => {
            std::thread::sleep(Duration::from_millis(500));
            None
        }
    });
    assert!(said.is_some());
    drop(quiet);
}
