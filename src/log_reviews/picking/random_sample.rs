//! Entries selected at random: a fixed number each month, with the same chance for each entry, however many follow
//! (reservoir sampling, Vitter's algorithm R). The sample is drawn when the month is over, so that nobody knows it earlier.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    look::Look,
    store::{NewReview, insert_reasons, insert_reviews},
};
use crate::{
    db::{DbError, Tx, expect_one},
    execute, fetch_all,
    kernel::{
        Id,
        clock::day_in_norway,
        ids::{LogReview, Look as LogEntry},
    },
    log_reviews::{dto::PickReason, month::Month, settings::settings},
    on_engine,
    vault::VaultError,
};

const SAMPLES: &str =
    "SELECT month, looks, drawn_at IS NOT NULL FROM log_sample WHERE municipality = $1 AND month >= $2";
const NOT_DRAWN: &str =
    "SELECT month FROM log_sample WHERE municipality = $1 AND drawn_at IS NULL ORDER BY month";
const IN_SAMPLE: &str = "
    SELECT s.entry_id, s.looked_at, r.id
    FROM log_sample_look s LEFT JOIN log_review r ON r.municipality = s.municipality AND r.entry_id = s.entry_id
    WHERE s.municipality = $1 AND s.month = $2";
const EMPTY: &str = "DELETE FROM log_sample_look WHERE municipality = $1 AND month = $2";
const DRAWN: &str =
    "UPDATE log_sample SET drawn_at = $3 WHERE municipality = $1 AND month = $2 AND drawn_at IS NULL";

/// Offers these accesses to the samples of their months. It is too late for a month that has been drawn.
pub(super) async fn take(tx: &mut Tx, municipality: &str, looks: &[Look]) -> Result<(), DbError> {
    let month_of = |look: &Look| Month::of(day_in_norway(look.at)).first_day();
    let Some(first) = looks.iter().map(month_of).min() else { return Ok(()) };
    let rows = fetch_all!(tx, (NaiveDate, i64, bool), SAMPLES, municipality, first)?;
    let mut samples: HashMap<NaiveDate, (i64, bool)> =
        rows.into_iter().map(|(month, looks, drawn)| (month, (looks, drawn))).collect();
    let mut places = BTreeMap::new();
    let mut changed = BTreeMap::new();
    for look in looks {
        let month = month_of(look);
        let (before, drawn) = samples.entry(month).or_default();
        if *drawn {
            continue;
        }
        if let Some(place) = place_of(*before, settings().random_sample.looks_a_month)? {
            places.insert((month, place), look);
        }
        *before += 1;
        changed.insert(month, *before);
    }
    keep(tx, municipality, &changed, &places).await
}

/// Returns the position of an access that follows so many others; none if it is not in the sample.
fn place_of(before: i64, size: i64) -> Result<Option<i64>, VaultError> {
    if before < size {
        return Ok(Some(before));
    }
    let place = below(before.cast_unsigned() + 1)?.cast_signed();
    Ok((place < size).then_some(place))
}

/// Returns a random number below another. The bias is less than one in 2^40.
fn below(end: u64) -> Result<u64, VaultError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::Randomness)?;
    Ok(u64::from_le_bytes(bytes) % end)
}

async fn keep(
    tx: &mut Tx,
    municipality: &str,
    samples: &BTreeMap<NaiveDate, i64>,
    places: &BTreeMap<(NaiveDate, i64), &Look>,
) -> Result<(), DbError> {
    if samples.is_empty() {
        return Ok(());
    }
    on_engine!(tx, |conn| {
        let mut query = sqlx::QueryBuilder::new("INSERT INTO log_sample (municipality, month, looks) ");
        query.push_values(samples, |mut row, (month, looks)| {
            row.push_bind(municipality.to_owned()).push_bind(*month).push_bind(*looks);
        });
        query.push(" ON CONFLICT (municipality, month) DO UPDATE SET looks = excluded.looks");
        query.build().execute(conn).await.map(|_| ())
    })?;
    if places.is_empty() {
        return Ok(());
    }
    on_engine!(tx, |conn| {
        let sql = "INSERT INTO log_sample_look (municipality, month, place, entry_id, looked_at) ";
        let mut query = sqlx::QueryBuilder::new(sql);
        query.push_values(places, |mut row, ((month, place), look)| {
            row.push_bind(municipality.to_owned()).push_bind(*month).push_bind(*place);
            row.push_bind(look.id).push_bind(look.at);
        });
        query.push(
            " ON CONFLICT (municipality, month, place) DO UPDATE
             SET entry_id = excluded.entry_id, looked_at = excluded.looked_at",
        );
        query.build().execute(conn).await.map(|_| ())
    })
}

/// Returns the months whose samples must be drawn: those that were over at a time.
pub(super) async fn months_to_draw(
    tx: &mut Tx,
    municipality: &str,
    at: DateTime<Utc>,
) -> Result<Vec<NaiveDate>, DbError> {
    let months = fetch_all!(tx, (NaiveDate,), NOT_DRAWN, municipality)?;
    Ok(months.into_iter().map(|(month,)| month).filter(|month| Month::of(*month).end() <= at).collect())
}

/// Selects the entries of a sample, and returns their number.
pub(super) async fn draw(
    tx: &mut Tx,
    municipality: &str,
    month: NaiveDate,
    now: DateTime<Utc>,
) -> Result<usize, DbError> {
    type Row = (Id<LogEntry>, DateTime<Utc>, Option<Id<LogReview>>);
    let rows = fetch_all!(tx, Row, IN_SAMPLE, municipality, month)?;
    let (mut new, mut reasons) = (Vec::new(), Vec::new());
    for (entry, looked_at, picked_before) in rows {
        let id = picked_before.unwrap_or_default();
        reasons.push((PickReason::RandomSample, id));
        if picked_before.is_none() {
            new.push(NewReview { id, entry, looked_at });
        }
    }
    insert_reviews(tx, municipality, &new, now).await?;
    insert_reasons(tx, municipality, &reasons).await?;
    execute!(tx, EMPTY, municipality, month)?;
    expect_one(execute!(tx, DRAWN, municipality, month, now)?)?;
    Ok(reasons.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_look_has_the_same_chance() {
        let (size, looks, rounds) = (5, 50, 4000);
        let mut times_in = vec![0_u32; looks];
        for _ in 0..rounds {
            let mut sample = vec![0; size];
            for look in 0..looks {
                let place =
                    place_of(i64::try_from(look).expect("small"), i64::try_from(size).expect("small"));
                if let Some(place) = place.expect("random numbers") {
                    sample[usize::try_from(place).expect("small")] = look;
                }
            }
            sample.into_iter().for_each(|look| times_in[look] += 1);
        }
        // 400 expected, with a standard deviation of 19: six of those are practically never exceeded.
        assert!(times_in.iter().all(|times| (285..515).contains(times)), "{times_in:?}");
    }
}
