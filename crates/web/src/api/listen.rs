//! How is a connection held? With a time and a room for everything: who sends nothing, or too much, is let go.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::ServerConfig;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::watch::Receiver;
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use super::check::Peer;
use super::peers::{Peers, Taken};

/// How long headers may take, and how long a connection may stay without a call.
const HEADERS: Duration = Duration::from_secs(10);

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Headers have so much room together.
const ROOM: usize = 16 * 1024;
const NAMES: usize = 64;

/// As many connections are held at a time.
const CONNECTIONS: usize = 1024;

/// How long the other end may take nothing of an answer.
const NOTHING: Duration = Duration::from_secs(30);

/// How long calls that are being answered may go on once the process is asked to end.
const GRACE: Duration = Duration::from_secs(20);

/// Answers until it is asked to end: then no call is taken any more, and those under way have twenty seconds.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    encrypted: Option<Arc<ServerConfig>>,
    mut ending: Receiver<bool>,
) {
    let (places, graceful) = (Arc::new(Semaphore::new(CONNECTIONS)), GracefulShutdown::new());
    let (encrypted, peers) = (encrypted.map(TlsAcceptor::from), Arc::new(Peers::default()));
    loop {
        let place = tokio::select! {
            Ok(place) = Arc::clone(&places).acquire_owned() => place,
            Ok(_) = ending.wait_for(|ending| *ending) => break,
        };
        let stream = tokio::select! {
            came = listener.accept() => came,
            Ok(_) = ending.wait_for(|ending| *ending) => break,
        };
        match stream {
            Ok((stream, address)) => {
                // What comes in the clear comes from a proxy, or from this machine: that stands for all who call.
                let counted = encrypted.as_ref().map(|_| peers.count(address.ip()));
                if matches!(counted, Some(None)) {
                    continue;
                }
                let _ = stream.set_nodelay(true);
                let (routes, watcher, encrypted) = (routes.clone(), graceful.watcher(), encrypted.clone());
                drop(tokio::spawn(async move {
                    let peer = Peer { address, certificate: None };
                    match encrypted {
                        None => hold(stream, peer, routes, watcher).await,
                        Some(acceptor) => shake(stream, peer, routes, watcher, acceptor).await,
                    }
                    drop((place, counted));
                }));
            }
            // No descriptor left for now, or a caller who was gone already.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(GRACE) => {}
    }
}

/// Begins to encrypt; what certificate the other end proved to have is known from then on.
async fn shake(stream: TcpStream, peer: Peer, routes: Router, watcher: Watcher, acceptor: TlsAcceptor) {
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    let certificates = stream.get_ref().1.peer_certificates();
    let certificate = certificates.and_then(<[_]>::first).map(|leaf| hex::encode(Sha256::digest(leaf)));
    hold(stream, Peer { certificate, ..peer }, routes, watcher).await;
}

/// Answers over a connection until it ends.
async fn hold(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, peer: Peer, routes: Router, watcher: Watcher) {
    let answer = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        routes.clone().call(request)
    });
    let mut shape = hyper::server::conn::http1::Builder::new();
    shape.timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(ROOM).max_headers(NAMES);
    let _who_hung_up =
        watcher.watch(shape.serve_connection(TokioIo::new(Taken::within(NOTHING, stream)), answer)).await;
}
