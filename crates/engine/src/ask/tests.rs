//! Does a message come whole or not at all, whatever the other end writes?

use tokio::sync::Semaphore;

use super::frame::{self, Cut, FRAME, HEAD, LONG};
use super::{Answer, Ask};

async fn written(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::write(&mut bytes, &Ask::Trial, body).await.unwrap();
    bytes
}

async fn read(mut bytes: &[u8], most: usize) -> Result<(bool, Vec<u8>), Cut> {
    let ask: Ask = frame::head(&mut bytes).await?;
    let places = Semaphore::new(1);
    let (body, place) = frame::body(&mut bytes, most, &places).await?;
    assert_eq!(place.is_some(), body.len() > LONG, "a long one has its place until it is let go");
    assert!(bytes.is_empty(), "nothing is left over");
    Ok((ask == Ask::Trial, body))
}

#[tokio::test]
async fn what_is_written_is_read() {
    for length in [0, 1, FRAME - 1, FRAME, FRAME + 1, LONG, LONG + 1, 3 * LONG] {
        let body: Vec<u8> = (0..length).map(|place| u8::try_from(place % 251).unwrap()).collect();
        let bytes = written(&body).await;
        assert_eq!(read(&bytes, length).await.unwrap(), (true, body), "{length}");
        if length > 0 {
            assert!(matches!(read(&bytes, length - 1).await, Err(Cut::TooLong(_))), "{length}");
        }
    }
}

#[tokio::test]
async fn what_ends_early_is_no_message() {
    let bytes = written(b"a body").await;
    for end in 0..bytes.len() {
        assert!(matches!(read(&bytes[..end], 100).await, Err(Cut::Ended(_))), "cut at {end}");
    }
}

#[tokio::test]
async fn a_length_is_looked_at_before_room_is_made() {
    for length in [u32::try_from(HEAD).unwrap() + 1, 1 << 31, u32::MAX] {
        assert!(matches!(read(&length.to_be_bytes(), 100).await, Err(Cut::TooLong(_))), "as a head");
        let mut bytes = written(b"").await;
        bytes.truncate(bytes.len() - 4);
        bytes.extend(length.to_be_bytes());
        assert!(matches!(read(&bytes, usize::MAX).await, Err(Cut::TooLong(_))), "as a frame");
    }
}

#[tokio::test]
async fn a_head_that_is_not_known_is_no_ask() {
    for head in ["", "{}", "null", "[1", r#"{"ask":"everything"}"#, "\u{0}"] {
        let mut bytes = u32::try_from(head.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend(head.as_bytes());
        assert!(matches!(frame::head::<Ask>(&mut bytes.as_slice()).await, Err(Cut::NotUnderstood)), "{head}");
        assert!(frame::head::<Answer>(&mut bytes.as_slice()).await.is_err(), "{head}");
    }
}

#[tokio::test]
async fn long_bodies_wait_for_a_place() {
    let (places, bytes) = (Semaphore::new(0), written(&vec![7; LONG + 1]).await);
    let mut from = bytes.as_slice();
    frame::head::<Ask>(&mut from).await.unwrap();
    let reading = frame::body(&mut from, usize::MAX, &places);
    tokio::pin!(reading);
    let waits = tokio::time::timeout(std::time::Duration::from_millis(20), &mut reading).await;
    assert!(waits.is_err(), "there is no place");
    places.add_permits(1);
    assert_eq!(reading.await.unwrap().0.len(), LONG + 1);
}
