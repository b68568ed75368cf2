//! Who moves people, always in transactions after which everything agrees?

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::place::{CARDS, HOUSEHOLDS, PEOPLE, WRITERS};

/// Between two moves of a writer, so that the readers get a share of the machine.
const PAUSE: Duration = Duration::from_millis(2);

/// Writers that move people until they are told to stop.
pub(super) struct Writers {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<usize>>,
}

impl Writers {
    /// Each client writes for its share of the households; `tables` names those of its database.
    pub(super) fn start(clients: Vec<(Command, [&'static str; 3], usize)>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let start = |(client, tables, share)| {
            let stop = stop.clone();
            std::thread::spawn(move || Writer::new(client, tables, share).write(&stop))
        };
        Self { threads: clients.into_iter().map(start).collect(), stop }
    }

    /// How often each has moved somebody, once all have stopped.
    pub(super) fn stop(mut self) -> Vec<usize> {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.drain(..).map(|thread| thread.join().expect("a writer failed")).collect()
    }
}

impl Drop for Writers {
    /// They stop, whatever becomes of the readers.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

/// A client that knows its households, as nobody else writes them.
struct Writer {
    client: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    tables: [&'static str; 3],
    /// People of each household of its share.
    members: Vec<(usize, Vec<usize>)>,
}

impl Writer {
    fn new(mut command: Command, tables: [&'static str; 3], share: usize) -> Self {
        let mut client = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (ask, answers) = (client.stdin.take().unwrap(), BufReader::new(client.stdout.take().unwrap()));
        let own = (0..HOUSEHOLDS).filter(|household| household % WRITERS == share);
        let of = |household: usize| (0..PEOPLE).filter(move |person| person % HOUSEHOLDS == household).collect();
        let members = own.map(|household| (household, of(household))).collect();
        Self { client, ask, answers, tables, members }
    }

    fn write(mut self, stop: &AtomicBool) -> usize {
        let mut moves = 0;
        while !stop.load(Ordering::Relaxed) {
            self.move_somebody(moves);
            moves += 1;
            std::thread::sleep(PAUSE);
        }
        drop(self.ask);
        assert!(self.client.wait().unwrap().success());
        moves
    }

    /// Somebody leaves the first household that can spare somebody, from a place that goes round, and joins another.
    fn move_somebody(&mut self, turn: usize) {
        let count = self.members.len();
        let from = (0..count).map(|at| (turn * 7 + at) % count).find(|at| self.members[*at].1.len() > 1).unwrap();
        let to = (from + 1 + turn * 13 % (count - 1)) % count;
        let person = self.members[from].1.remove(0);
        self.members[to].1.push(person);
        let (left, joined) = (self.members[from].0, self.members[to].0);
        let [households, people, cards] = self.tables;
        let (first_card, last_card) = (person * CARDS, person * CARDS + CARDS - 1);
        let sql = format!(
            "BEGIN; UPDATE {people} SET household_no = {joined} WHERE person_no = {person};
             UPDATE {households} SET size = size - 1 WHERE household_no = {left};
             UPDATE {cards} SET household_no = {joined} WHERE card_no BETWEEN {first_card} AND {last_card};
             UPDATE {households} SET size = size + 1 WHERE household_no = {joined}; COMMIT; SELECT 'moved';\n"
        );
        self.ask.write_all(sql.as_bytes()).unwrap();
        let mut answer = String::new();
        while answer.trim() != "moved" {
            answer.clear();
            assert!(self.answers.read_line(&mut answer).unwrap() > 0, "the client ended");
        }
    }
}
