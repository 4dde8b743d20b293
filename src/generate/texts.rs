//! Texts about a child, put together from sentences by theme. `{}` is the child's name.

mod general;
mod themes;

pub(super) use self::{general::*, themes::THEMES};
use super::random::Random;

/// The theme of a case.
#[derive(Debug)]
pub(super) struct Theme {
    pub reasons: &'static [&'static str],
    pub facts: &'static [&'static str],
    pub risks: &'static [&'static str],
    pub strengths: &'static [&'static str],
    pub says: &'static [&'static str],
    pub goals: &'static [&'static str],
    /// Title and description.
    pub measures: &'static [(&'static str, &'static str)],
    pub notes: &'static [&'static str],
}

/// One sentence about a child.
pub(super) fn one(random: &mut Random, from: &[&str], name: &str) -> String {
    random.pick(from).replace("{}", name)
}

/// Two sentences, each from a list of its own.
pub(super) fn two(random: &mut Random, first: &[&str], second: &[&str], name: &str) -> String {
    let mut text = one(random, first, name);
    text.push(' ');
    text.push_str(&one(random, second, name));
    text
}
