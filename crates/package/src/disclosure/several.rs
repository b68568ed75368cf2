//! Which of many sealed sets hold a person, how many people are in all of them together, and who of a list is?

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{Pseudonym, SealedSet, Sets};
use crate::error::PackageError;
use crate::key::Identities;

/// Pseudonyms that one thread holds at a time while people are counted: 32 MiB.
const TOGETHER: u64 = 2 << 20;

impl Sets {
    /// For each set, whether it holds the person.
    ///
    /// # Errors
    /// One of the sets cannot be asked: there is no answer then, since it would be silently short.
    pub fn holding(
        &self,
        sets: &[SealedSet],
        person: &Pseudonym,
        identities: &Identities,
    ) -> Result<Vec<bool>, PackageError> {
        on_two(sets, |set| self.open(set, identities)?.contains(person))
    }

    /// How many different people are in all the sets together, and in each. Exact; holds a range of them in memory at a time.
    ///
    /// # Errors
    /// One of the sets cannot be read.
    pub fn distinct(&self, sets: &[SealedSet], identities: &Identities) -> Result<(u64, Vec<u64>), PackageError> {
        let each = on_two(sets, |set| Ok(self.open(set, identities)?.len()))?;
        let ranges = u128::from(each.iter().sum::<u64>() / TOGETHER + 1);
        // Pseudonyms are evenly spread: every range has about as many.
        let width = u128::MAX / ranges;
        let below = |number: u128| (number < ranges).then_some(number * width);
        let ranges: Vec<_> = (0..ranges).map(|number| (number * width, below(number + 1))).collect();
        let counts = on_two(&ranges, |(from, below)| {
            let mut found = Vec::new();
            for set in sets {
                self.open(set, identities)?.between(*from, *below, |member| found.push(member))?;
            }
            found.sort_unstable();
            found.dedup();
            Ok(found.len() as u64)
        })?;
        Ok((counts.into_iter().sum(), each))
    }

    /// Of each person of a list, whether any of the sets holds that person. Every set is read once.
    ///
    /// # Errors
    /// One of the sets cannot be read.
    pub fn among(
        &self,
        sets: &[SealedSet],
        people: &[Pseudonym],
        identities: &Identities,
    ) -> Result<Vec<bool>, PackageError> {
        let mut sorted: Vec<(u128, usize)> =
            people.iter().enumerate().map(|(at, person)| (u128::from_be_bytes(*person), at)).collect();
        sorted.sort_unstable();
        let found: Vec<AtomicBool> = people.iter().map(|_| AtomicBool::new(false)).collect();
        on_two(sets, |set| {
            let mut asked = sorted.iter().peekable();
            self.open(set, identities)?.between(0, None, |member| {
                while asked.next_if(|(person, _)| *person < member).is_some() {}
                while let Some((_, at)) = asked.next_if(|(person, _)| *person == member) {
                    if let Some(found) = found.get(*at) {
                        found.store(true, Ordering::Relaxed);
                    }
                }
            })
        })?;
        Ok(found.into_iter().map(AtomicBool::into_inner).collect())
    }
}

/// Does the same with each of many things, two at a time, in any order; the answers in theirs.
fn on_two<T: Sync, A: Send>(
    things: &[T],
    work: impl Fn(&T) -> Result<A, PackageError> + Sync,
) -> Result<Vec<A>, PackageError> {
    let next = AtomicUsize::new(0);
    let share = || {
        let mut answers = Vec::new();
        while let Some((at, thing)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, things.get(at)?)))
        {
            let answer = work(thing);
            let failed = answer.is_err();
            answers.push((at, answer));
            if failed {
                break;
            }
        }
        answers
    };
    let mut answers = std::thread::scope(|threads| {
        // Where there is no second thread, this one does it all.
        let other = if things.len() > 1 { std::thread::Builder::new().spawn_scoped(threads, share).ok() } else { None };
        let mut answers = share();
        if let Some(Ok(more)) = other.map(std::thread::ScopedJoinHandle::join) {
            answers.extend(more);
        }
        answers
    });
    answers.sort_by_key(|(at, _)| *at);
    let answers: Vec<A> = answers.into_iter().map(|(_, answer)| answer).collect::<Result<_, _>>()?;
    if answers.len() == things.len() { Ok(answers) } else { Err(PackageError::Interrupted) }
}
