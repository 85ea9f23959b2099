//! Events as they happen: `GET /v1/events?after=NUMBER`, as server-sent events.
//!
//! Each has its number as `id`, its kind as `event`, and an [`crate::EventReport`] in JSON as
//! `data`. Whoever comes back says the last number it has seen, in the address or as
//! `Last-Event-ID`, and misses nothing that is still kept.

use crate::{Caller, EventReport, Request, Response, Service};
use axum::Json;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;

/// Where to go on.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct From {
    after: Option<u64>,
}

/// All that are kept after the given one, then each as it happens. Where there are none to be had,
/// the answer says why.
pub(crate) async fn events<S: Service>(
    State(service): State<Arc<S>>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, (StatusCode, Json<Response>)> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let after = from.after.or(last).unwrap_or(0);
    let news = service.news();
    let waiting = match service.answer(caller.clone(), Request::Events { after }).await {
        Response::Events { events } => events.into(),
        other @ Response::Forbidden { .. } => return Err((StatusCode::FORBIDDEN, Json(other))),
        other => return Err((StatusCode::SERVICE_UNAVAILABLE, Json(other))),
    };
    let reader = Reader { service, caller, news, after, waiting };
    let events = unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(written(&event)), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

fn written(event: &EventReport) -> Event {
    let data = serde_json::to_string(event).unwrap_or_default();
    Event::default().id(event.number.to_string()).event(&event.kind).data(data)
}

/// One client's place in the journal.
struct Reader<S> {
    service: Arc<S>,
    caller: Caller,
    news: watch::Receiver<u64>,
    after: u64,
    waiting: VecDeque<EventReport>,
}

impl<S: Service> Reader<S> {
    /// The next event; none when the node stops, or what let the client in is good no more.
    async fn next(&mut self) -> Option<EventReport> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                self.after = event.number;
                return Some(event);
            }
            if self.caller.is_over(self.service.date()) {
                return None;
            }
            // Marked as seen before it is looked: what happens meanwhile wakes again.
            self.news.mark_unchanged();
            let request = Request::Events { after: self.after };
            match self.service.answer(self.caller.clone(), request).await {
                Response::Events { events } => self.waiting = events.into(),
                _ => return None,
            }
            if self.waiting.is_empty() {
                self.news.changed().await.ok()?;
            }
        }
    }
}
