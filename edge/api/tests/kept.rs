//! A client asks again over the connection that it has, and over another when the node has closed that.

use api::{Client, Request, Response};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc;

/// Answers one request; what is asked has no matter.
fn answer(stream: &mut UnixStream) {
    let mut said = String::new();
    while !said.ends_with("}") {
        let mut more = [0; 4096];
        let count = stream.read(&mut more).expect("the client asks");
        said.push_str(std::str::from_utf8(&more[..count]).expect("JSON is text"));
    }
    let body = r#"{"response":"events","events":[]}"#;
    let length = body.len();
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}")
        .expect("it listens");
}

#[test]
fn requests_go_over_one_connection_for_as_long_as_it_is_there() {
    let folder = std::env::temp_dir().join(format!("api-kept-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder among the temporary ones");
    let listener = UnixListener::bind(api::socket_path(&folder)).expect("nobody listens there");
    let (closed, is_closed) = mpsc::channel();
    let node = std::thread::spawn(move || {
        for requests in [2, 1] {
            let (mut stream, _) = listener.accept().expect("the client comes");
            (0..requests).for_each(|_| answer(&mut stream));
            drop(stream);
            closed.send(()).expect("the test waits");
        }
    });
    let client = Client::new(&folder);
    let ask = || client.call(&Request::Events { after: 0 }).expect("there is an answer");
    for _ in 0..2 {
        assert_eq!(ask(), Response::Events { events: Vec::new() });
    }
    is_closed.recv().expect("after two answers");
    assert_eq!(ask(), Response::Events { events: Vec::new() });
    node.join().expect("all that was asked was answered");
    std::fs::remove_dir_all(&folder).expect("it is ours");
}
