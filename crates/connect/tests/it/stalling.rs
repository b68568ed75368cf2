//! A network that stops in the middle: a proxy on the loopback that forwards until it is told not to.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

#[derive(Clone, Copy, PartialEq)]
enum State {
    Forwards,
    Stalls,
    Over,
}

/// The proxy; dropping it cuts every connection.
pub struct Stalling {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    streams: Mutex<Vec<TcpStream>>,
}

impl Stalling {
    /// A proxy to `port` on this machine.
    pub fn before(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let own = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            state: Mutex::new(State::Forwards),
            changed: Condvar::new(),
            streams: Mutex::new(Vec::new()),
        });
        let kept = shared.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                if *kept.state.lock().unwrap() == State::Over {
                    return;
                }
                let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to, shared) = (from.try_clone().unwrap(), to.try_clone().unwrap(), kept.clone());
                    std::thread::spawn(move || forward(from, to, &shared));
                }
                kept.streams.lock().unwrap().extend([client, server]);
            }
        });
        Self { port: own, shared }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on nothing is forwarded, and nobody is told.
    pub fn stall(&self) {
        *self.shared.state.lock().unwrap() = State::Stalls;
    }

    /// Cuts what is connected; new connections are forwarded.
    pub fn cut(&self) {
        for stream in self.shared.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Stalling {
    fn drop(&mut self) {
        *self.shared.state.lock().unwrap() = State::Over;
        self.shared.changed.notify_all();
        self.cut();
        // Wakes the listener, which ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, shared: &Shared) {
    let mut buffer = [0; 16 << 10];
    loop {
        let mut state = shared.state.lock().unwrap();
        while *state == State::Stalls {
            state = shared.changed.wait(state).unwrap();
        }
        if *state == State::Over {
            return;
        }
        drop(state);
        match from.read(&mut buffer) {
            Ok(read @ 1..) if to.write_all(&buffer[..read]).is_ok() => {}
            _ => {
                let _ = to.shutdown(Shutdown::Both);
                return;
            }
        }
    }
}
