//! Which of the proxies that may get a request does.

use std::cmp::Ordering;
use std::collections::HashMap;

use rand::seq::IndexedRandom as _;

use super::server::{ProxyId, ProxyServer};
use crate::model::RotationStrategy;

/// The state of a run's rotation.
#[derive(Debug)]
pub(super) enum Rotation {
    /// Smooth weighted round-robin, as nginx has it: each proxy gains its weight at every turn, the one with the most gets
    /// the request and gives back what all have gained together.
    RoundRobin(HashMap<ProxyId, i64>),
    /// Any, by weight.
    Random,
    /// Rendezvous hashing (Thaler and Ravishankar 1998), weighted: a host keeps its proxy while that one is there, and only
    /// the hosts of a proxy that goes away move.
    Sticky {
        /// A hash of the job, so that jobs do not all use the same proxy for a host.
        job: u64,
    },
}

impl Rotation {
    pub(super) fn new(strategy: RotationStrategy, job: &str) -> Self {
        match strategy {
            RotationStrategy::RoundRobin => Self::RoundRobin(HashMap::new()),
            RotationStrategy::Random => Self::Random,
            RotationStrategy::Sticky => Self::Sticky { job: hash(job, 0) },
        }
    }

    /// The place of one of the candidates; `None` if there are none.
    pub(super) fn choose(&mut self, candidates: &[&ProxyServer], host: &str) -> Option<usize> {
        match self {
            Self::RoundRobin(gained) => in_turn(gained, candidates),
            Self::Random => {
                let places: Vec<usize> = (0..candidates.len()).collect();
                let chosen = places.choose_weighted(&mut rand::rng(), |place| candidates[*place].weight().get());
                // The error means that there is none: weights are never 0.
                chosen.ok().copied()
            }
            Self::Sticky { job } => {
                let key = hash(host, *job);
                let score =
                    |server: &ProxyServer| f64::from(server.weight().get()) / -unit(mix(key ^ server.id().hash())).ln();
                let best = |a: &(usize, f64), b: &(usize, f64)| a.1.partial_cmp(&b.1).unwrap_or(Ordering::Equal);
                let scores = candidates.iter().map(|server| score(server)).enumerate();
                scores.max_by(best).map(|(place, _)| place)
            }
        }
    }
}

fn in_turn(gained: &mut HashMap<ProxyId, i64>, candidates: &[&ProxyServer]) -> Option<usize> {
    let mut best: Option<(usize, i64)> = None;
    let mut total = 0;
    for (place, server) in candidates.iter().enumerate() {
        let weight = i64::from(server.weight().get());
        let gained = gained.entry(server.id()).or_default();
        *gained += weight;
        total += weight;
        // The first of equals, so that the order of the settings is kept.
        if best.is_none_or(|(_, most)| *gained > most) {
            best = Some((place, *gained));
        }
    }
    let (place, _) = best?;
    *gained.entry(candidates[place].id()).or_default() -= total;
    Some(place)
}

/// A hash that is the same in every process and version.
fn hash(text: &str, seed: u64) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes()).update(text.as_bytes());
    let digest = hasher.finalize();
    u64::from_le_bytes(*digest.as_bytes().first_chunk().expect("a digest has 32 bytes"))
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood 2014), which spreads a difference in any bit over all.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A number between 0 and 1, both excluded.
fn unit(bits: u64) -> f64 {
    ((bits >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn servers(weights: &[u32]) -> Vec<ProxyServer> {
        let server = |(number, weight): (usize, &u32)| {
            let server: ProxyServer = format!("http://proxy{number}.example").parse().unwrap();
            server.weighing(NonZeroU32::new(*weight).unwrap())
        };
        weights.iter().enumerate().map(server).collect()
    }

    fn picks(strategy: RotationStrategy, servers: &[ProxyServer], hosts: impl Iterator<Item = String>) -> Vec<usize> {
        let mut rotation = Rotation::new(strategy, "job");
        let candidates: Vec<&ProxyServer> = servers.iter().collect();
        hosts.map(|host| rotation.choose(&candidates, &host).unwrap()).collect()
    }

    fn counts(picks: &[usize], servers: usize) -> Vec<usize> {
        (0..servers)
            .map(|place| picks.iter().filter(|pick| **pick == place).count())
            .collect()
    }

    fn hosts(count: usize) -> impl Iterator<Item = String> {
        (0..count).map(|number| format!("shop{number}.example"))
    }

    #[test]
    fn round_robin_is_exact_and_smooth() {
        let check = |weights: &[u32], expected: &[usize]| {
            let found = picks(RotationStrategy::RoundRobin, &servers(weights), hosts(expected.len()));
            assert_eq!(found, expected, "{weights:?}");
        };
        check(&[1, 1, 1], &[0, 1, 2, 0, 1, 2, 0]);
        check(&[5, 1, 1], &[0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0]);
        check(&[1], &[0, 0]);
        check(&[], &[]);
        let found = picks(RotationStrategy::RoundRobin, &servers(&[3, 2, 1]), hosts(600));
        assert_eq!(counts(&found, 3), [300, 200, 100]);
    }

    #[test]
    fn random_goes_by_weight() {
        let found = counts(&picks(RotationStrategy::Random, &servers(&[3, 1]), hosts(20_000)), 2);
        // The standard deviation is 61.
        assert!(found[0].abs_diff(15_000) < 500, "{found:?}");
    }

    #[test]
    fn sticky_goes_by_weight_and_keeps_to_the_host() {
        let servers = servers(&[3, 1]);
        let found = picks(RotationStrategy::Sticky, &servers, hosts(20_000));
        assert!(counts(&found, 2)[0].abs_diff(15_000) < 500, "{:?}", counts(&found, 2));
        assert_eq!(picks(RotationStrategy::Sticky, &servers, hosts(20_000)), found);
    }

    #[test]
    fn only_the_hosts_of_a_proxy_that_goes_away_move() {
        let servers = servers(&[1, 1, 1, 1]);
        let all: Vec<&ProxyServer> = servers.iter().collect();
        let mut rotation = Rotation::new(RotationStrategy::Sticky, "job");
        let mut moved = 0;
        for host in hosts(1000) {
            let before = rotation.choose(&all, &host).unwrap();
            let after = rotation.choose(&all[..3], &host).unwrap();
            assert!(before == 3 || before == after, "{host}");
            moved += usize::from(before == 3);
        }
        assert!(moved.abs_diff(250) < 70, "{moved}");
    }

    #[test]
    fn jobs_differ_in_the_proxies_of_a_host() {
        let servers = servers(&[1; 16]);
        let all: Vec<&ProxyServer> = servers.iter().collect();
        let pick = |job: &str| {
            Rotation::new(RotationStrategy::Sticky, job)
                .choose(&all, "a.example")
                .unwrap()
        };
        let mut found: Vec<usize> = (0..32).map(|job| pick(&job.to_string())).collect();
        found.sort_unstable();
        found.dedup();
        assert!(found.len() > 8, "{found:?}");
    }

    #[test]
    fn the_hash_is_the_same_in_every_version() {
        let servers = servers(&[1; 8]);
        let found = picks(RotationStrategy::Sticky, &servers, hosts(8));
        assert_eq!(found, [7, 1, 1, 0, 6, 7, 1, 1]);
    }
}
