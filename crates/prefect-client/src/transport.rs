//! Sends all requests: tries, retries, the CSRF token and the decoding of responses.

use jiff::Timestamp;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::client::Client;
use crate::csrf::{self, CsrfToken, Protection};
use crate::error::{Error, ErrorKind, LARGEST_BODY};
use crate::explanation::{explanation, shortened};
use crate::no_response::{NoResponse, innermost};
use crate::request::Request;
use crate::retry::{Failure, parse_http_date, parse_retry_after};
use crate::secret::{Secret, mask};

/// A successful response.
struct Reply {
    body: Vec<u8>,
    /// The server's clock at the time of the response, in whole seconds.
    date: Option<Timestamp>,
}

/// A failed try: the error for the caller, and the failure for the retry policy.
struct Failed {
    error: Error,
    failure: Failure,
}

impl Client {
    /// Sends a request, and decodes the body of the response; an empty one counts as `null`.
    ///
    /// # Errors
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if the path does not begin with `/`, or if the request fails.
    pub async fn send<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Error> {
        request.check()?;
        let reply = self.perform(request).await?;
        self.decode(request, &reply)
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.send(&Request::get(path)).await
    }

    /// The time of the server's clock, from the response to a GET.
    pub(crate) async fn date_of(&self, path: &str) -> Result<Option<Timestamp>, Error> {
        Ok(self.perform(&Request::get(path)).await?.date)
    }

    /// A POST that the server may receive twice: a read, or a write with an id of its own.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        let request = Request::post(path).json(body)?.repeatable(true);
        self.send(&request).await
    }

    /// A POST that must not be sent again if the server may have acted on it.
    pub(crate) async fn post_once<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        self.send(&Request::post(path).json(body)?).await
    }

    /// Sends a body and ignores the body of the response.
    pub(crate) async fn submit(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
        repeatable: bool,
    ) -> Result<(), Error> {
        let request = Request::new(method, path).json(body)?;
        self.perform(&request.repeatable(repeatable))
            .await
            .map(drop)
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), Error> {
        self.perform(&Request::delete(path)).await.map(drop)
    }

    async fn perform(&self, request: &Request) -> Result<Reply, Error> {
        let span =
            tracing::debug_span!("prefect", method = %request.method, path = request.shown_path());
        self.send_with_retries(request).instrument(span).await
    }

    async fn send_with_retries(&self, request: &Request) -> Result<Reply, Error> {
        let mut retries = 0;
        let mut token_renewed = false;
        loop {
            let failed = match self.attempt(request).await {
                Ok(reply) => return Ok(reply),
                Err(failed) => failed,
            };
            if is_stale_token(&failed.error) && !token_renewed && self.shared.csrf.forget().await {
                token_renewed = true;
                continue;
            }
            let delay =
                self.retry
                    .next_delay(retries, &failed.failure, request.repeatable, random_roll());
            let Some(delay) = delay else {
                return Err(failed.error);
            };
            if !failed.failure.is_maintenance() {
                retries += 1;
            }
            log_retry(&failed.error, delay, retries);
            tokio::time::sleep(delay).await;
        }
    }

    /// One try, with the CSRF token.
    async fn attempt(&self, request: &Request) -> Result<Reply, Failed> {
        let token = if request.method == Method::GET {
            None
        } else {
            self.csrf_token().await?
        };
        self.exchange(request, token.as_ref()).await
    }

    /// The token for a request other than GET; `None` if the server requires none.
    async fn csrf_token(&self) -> Result<Option<Secret>, Failed> {
        let mut protection = self.shared.csrf.protection.lock().await;
        match &*protection {
            Protection::Off => return Ok(None),
            Protection::On { token, expiration } if *expiration > Timestamp::now() => {
                return Ok(Some(token.clone()));
            }
            _ => {}
        }
        let client = self.shared.csrf.client;
        let request = Request::get(format!("/csrf-token?client={client}"));
        match self.exchange(&request, None).await {
            Ok(reply) => {
                let answer: CsrfToken = self.decode(&request, &reply).map_err(Failed::for_good)?;
                let token = Secret::new(answer.token);
                *protection = Protection::On {
                    token: token.clone(),
                    expiration: answer.expiration,
                };
                Ok(Some(token))
            }
            // 422: CSRF protection is switched off; 404: the server has no such endpoint.
            Err(failed) if matches!(failed.error.status(), Some(404 | 422)) => {
                *protection = Protection::Off;
                Ok(None)
            }
            Err(failed) => Err(failed),
        }
    }

    /// Sends one request and receives its response.
    async fn exchange(&self, request: &Request, token: Option<&Secret>) -> Result<Reply, Failed> {
        let url = format!("{}{}", self.shared.url.expose(), request.path);
        let mut builder = self.shared.http.request(request.method.clone(), url);
        if let Some(token) = token {
            builder = builder
                .header(csrf::TOKEN_HEADER, token.expose())
                .header(csrf::CLIENT_HEADER, self.shared.csrf.client.to_string());
        }
        if let Some(body) = &request.body {
            builder = builder
                .header(CONTENT_TYPE, "application/json")
                .header(CONTENT_LENGTH, body.len())
                .body(body.clone());
        }
        let response = builder
            .send()
            .await
            .map_err(|error| self.no_response(request, error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let (body, is_complete) = read_body(response)
            .await
            .map_err(|error| self.no_response(request, error))?;
        self.note_answer();
        if status.is_success() && !is_complete {
            return Err(Failed::for_good(ErrorKind::BodyTooLarge {
                method: request.method_name(),
                url: self.shown_url(request),
            }));
        }
        if status.is_success() {
            let date = headers.get(DATE).and_then(|value| value.to_str().ok());
            return Ok(Reply {
                body,
                date: date.and_then(parse_http_date),
            });
        }
        Err(self.failure_status(request, status, &headers, &body))
    }

    fn no_response(&self, request: &Request, error: reqwest::Error) -> Failed {
        if error.is_builder() {
            let cause = innermost(&error.without_url());
            let problem = format!("{} {}: {cause}", request.method, self.shown_url(request));
            return Failed::for_good(Error::invalid(self.masked(&problem)));
        }
        let (kind, cause) = NoResponse::explain(error, self.settings().request_timeout);
        Failed {
            error: ErrorKind::Transport {
                method: request.method_name(),
                url: self.shown_url(request),
                kind,
                source: cause.into(),
            }
            .into(),
            failure: Failure::Transport {
                kind,
                reached_before: self.has_reached_server(),
            },
        }
    }

    fn failure_status(
        &self,
        request: &Request,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Failed {
        let retry_after = headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| parse_retry_after(value, Timestamp::now()));
        let maintenance = headers
            .get("prefect-maintenance")
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
        Failed {
            error: ErrorKind::Status {
                method: request.method_name(),
                url: self.shown_url(request),
                status: status.as_u16(),
                detail: self.masked(&explanation(body)),
                retry_after,
            }
            .into(),
            failure: Failure::Status {
                code: status.as_u16(),
                retry_after,
                maintenance,
            },
        }
    }

    fn decode<T: DeserializeOwned>(&self, request: &Request, reply: &Reply) -> Result<T, Error> {
        let bytes = if reply.body.is_empty() {
            b"null"
        } else {
            reply.body.as_slice()
        };
        serde_json::from_slice(bytes).map_err(|error| {
            let kind = ErrorKind::Undecodable {
                method: request.method_name(),
                url: self.shown_url(request),
                problem: self.masked(&error.to_string()),
                body: self.masked(&shortened(&String::from_utf8_lossy(bytes), 200)),
            };
            kind.into()
        })
    }

    /// The URL of a request as errors show it, without credentials and query.
    fn shown_url(&self, request: &Request) -> String {
        format!("{}{}", self.shared.url, request.shown_path())
    }

    fn masked(&self, text: &str) -> String {
        mask(text, &self.shared.secrets)
    }
}

impl Failed {
    /// A failure that is not retried.
    fn for_good(error: impl Into<Error>) -> Self {
        Self {
            error: error.into(),
            failure: Failure::Status {
                code: 400,
                retry_after: None,
                maintenance: false,
            },
        }
    }
}

/// Reads the body of a response, up to [`LARGEST_BODY`]; the flag says whether this is all of it.
async fn read_body(mut response: reqwest::Response) -> Result<(Vec<u8>, bool), reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LARGEST_BODY {
            return Ok((body, false));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, true))
}

fn is_stale_token(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Status { status: 403, detail, .. } if detail.contains("Invalid CSRF token"))
}

/// A random number from 0 to 1, taken from a random UUID.
fn random_roll() -> f64 {
    let bits = u32::from_be_bytes(Uuid::new_v4().as_bytes()[..4].try_into().unwrap_or([0; 4]));
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

/// Logs a retry with the whole chain of causes.
fn log_retry(error: &Error, delay: std::time::Duration, retries: u32) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::debug!(error, ?delay, retries, "retrying a request");
}
