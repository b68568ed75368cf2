//! Can anybody tell from a no why it is one: by its bytes, its headers, or how long it takes? `cargo xtask distinguish` asks 10,000 times
//! each about nobody, about people who are withheld, and about people outside the population.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;

use super::told::Desk;
use crate::governance::place::Kind;

/// Connections that ask side by side.
const CONNECTIONS: usize = 8;

/// Two samples are of one distribution, as far as the test of Kolmogorov and Smirnov can tell: the probability that two of one are as far
/// apart as these (asymptotic; Numerical Recipes gives the series).
fn same(one: &mut [f64], other: &mut [f64]) -> f64 {
    one.sort_by(f64::total_cmp);
    other.sort_by(f64::total_cmp);
    let (n, m) = (one.len() as f64, other.len() as f64);
    let (mut at, mut beside, mut apart) = (0, 0, 0.0_f64);
    while at < one.len() && beside < other.len() {
        let value = one[at].min(other[beside]);
        while at < one.len() && one[at] <= value {
            at += 1;
        }
        while beside < other.len() && other[beside] <= value {
            beside += 1;
        }
        apart = apart.max((at as f64 / n - beside as f64 / m).abs());
    }
    let root = (n * m / (n + m)).sqrt();
    let lambda = (root + 0.12 + 0.11 / root) * apart;
    // The series converges for what is apart at all; below this the probability is one to ten digits.
    if lambda < 0.25 {
        return 1.0;
    }
    let term = |k: i32| 2.0 * (-1.0_f64).powi(k - 1) * (-2.0 * f64::from(k * k) * lambda * lambda).exp();
    (1..=100).map(term).sum::<f64>().clamp(0.0, 1.0)
}

#[test]
fn the_test_of_samples_tells_apart_what_is_apart_and_nothing_else() {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let mut sample = |shift: f64| (0..4_000).map(|_| random.random::<f64>() + shift).collect::<Vec<f64>>();
    assert!(same(&mut sample(0.0), &mut sample(0.0)) > 0.01);
    assert!(same(&mut sample(0.0), &mut sample(0.05)) < 0.01);
    let mut ticks = sample(0.0).into_iter().map(|value| (value * 4.0).floor()).collect::<Vec<f64>>();
    assert!(same(&mut ticks.clone(), &mut ticks) > 0.99, "many of one value");
}

/// Head and body of one answer, over a connection that stays.
fn asked(stream: &mut TcpStream, token: &str, number: &str) -> (String, String) {
    let body = json!({ "by": { "individual_no": number } }).to_string();
    let text = format!(
        "POST /api/v1/exchanges/desk-plain/look-ups HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    loop {
        let mut some = [0; 4_096];
        let read = stream.read(&mut some).unwrap();
        assert!(read > 0, "it hung up: {}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&some[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() >= length.parse().unwrap() {
            return (head.to_owned(), body.to_owned());
        }
    }
}

#[test]
#[ignore = "some minutes: `cargo xtask distinguish` runs it"]
fn no_sort_of_no_can_be_told_from_another() {
    let each: usize = std::env::var("CAUSEWAY_EACH").ok().and_then(|each| each.parse().ok()).unwrap_or(10_000);
    let desk = Desk::open_wide(Kind::Sqlite);
    let people = desk.people();
    let numbers = |meant: &dyn Fn(&super::told::Person) -> bool| {
        people.iter().filter(|one| meant(one)).map(|one| one.number.clone()).collect::<Vec<_>>()
    };
    let sorts = [
        (0..50).map(|of| format!("KEN-of-nobody-{of:02}")).collect(),
        numbers(&|one| one.covered && !one.told),
        numbers(&|one| !one.covered),
    ];
    assert!(sorts.iter().all(|numbers: &Vec<String>| !numbers.is_empty()));
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    let mut order: Vec<usize> = (0..3).flat_map(|sort| vec![sort; each]).collect();
    order.shuffle(&mut random);
    let questions: Vec<(usize, String)> =
        order.into_iter().map(|sort| (sort, sorts[sort][random.random_range(0..sorts[sort].len())].clone())).collect();
    let (address, begun) = (desk.gateway.address.clone(), Instant::now());
    let heard: Vec<(usize, f64, String)> = std::thread::scope(|threads| {
        let asking: Vec<_> = questions
            .chunks(questions.len().div_ceil(CONNECTIONS))
            .map(|some| {
                let (program, address) = (&desk.program, &address);
                threads.spawn(move || {
                    let mut stream = TcpStream::connect(address).unwrap();
                    stream.set_nodelay(true).unwrap();
                    let (mut token, mut fetched) = (program.token(address), Instant::now());
                    let mut heard = Vec::with_capacity(some.len());
                    for (sort, number) in some {
                        // A token counts for ten minutes.
                        if fetched.elapsed().as_secs() > 400 {
                            (token, fetched) = (program.token(address), Instant::now());
                        }
                        let since = Instant::now();
                        let (head, body) = asked(&mut stream, &token, number);
                        let took = since.elapsed().as_secs_f64();
                        let plain = |line: &&str| !line.starts_with("date") && !line.starts_with("ratelimit");
                        let head: Vec<&str> = head.lines().filter(plain).collect();
                        heard.push((*sort, took, format!("{}\n{body}", head.join("\n"))));
                    }
                    heard
                })
            })
            .collect();
        asking.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    let bytes: BTreeSet<&String> = heard.iter().map(|(_, _, text)| text).collect();
    assert_eq!(bytes.len(), 1, "{bytes:?}");
    assert!(bytes.first().unwrap().ends_with(r#"{"found":false}"#), "{bytes:?}");
    let times =
        |of: usize| heard.iter().filter(|(sort, ..)| *sort == of).map(|(_, took, _)| *took).collect::<Vec<f64>>();
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let (mut one_took, mut other_took) = (times(one), times(other));
        let p = same(&mut one_took, &mut other_took);
        let middle = |took: &[f64]| took[took.len() / 2] * 1_000.0;
        println!(
            "{} against {}: p = {p:.3}, medians {:.2} and {:.2} ms",
            ["nobody", "withheld", "outside"][one],
            ["nobody", "withheld", "outside"][other],
            middle(&one_took),
            middle(&other_took)
        );
        assert!(p > 0.01, "{one} {other}: p = {p}");
    }
    println!("{} questions in {:.1} s", heard.len(), begun.elapsed().as_secs_f64());
    desk.ended();
}
