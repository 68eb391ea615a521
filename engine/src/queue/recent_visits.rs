//! The visits of the groups of pages that were looked up last.

use std::collections::VecDeque;

use crate::pipeline::Visit;

/// How many groups are kept: a run comes to its pages in about the order in which the last one did, so that the pages of a group
/// are asked for one after the other, and those of the next group before the last of this one.
const GROUPS: usize = 4;

/// Groups of visits, each by the number of its last page; the one that was asked for last is at the end.
#[derive(Debug, Default)]
pub(super) struct RecentVisits(VecDeque<(u64, Vec<Visit>)>);

impl RecentVisits {
    /// The visits of a group, if it is here.
    pub(super) fn get(&mut self, last_page: u64) -> Option<&[Visit]> {
        let at = self.0.iter().position(|(other, _)| *other == last_page)?;
        let group = self.0.remove(at)?;
        self.0.push_back(group);
        self.0.back().map(|(_, visits)| visits.as_slice())
    }

    /// Keeps a group, for which the one that was not asked for the longest may go.
    pub(super) fn keep(&mut self, last_page: u64, visits: Vec<Visit>) {
        if self.0.len() == GROUPS {
            self.0.pop_front();
        }
        self.0.push_back((last_page, visits));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Fingerprint;

    #[test]
    fn the_groups_that_were_asked_for_last_are_kept() {
        let mut recent = RecentVisits::default();
        let visits = [Visit {
            page: Fingerprint::of("a"),
            etag: None,
            last_modified: None,
            body: Fingerprint::of("body"),
        }];
        for last_page in 0..GROUPS as u64 {
            recent.keep(last_page, visits.to_vec());
        }
        assert_eq!(recent.get(0), Some(visits.as_slice()));
        recent.keep(99, Vec::new());
        let kept = [0, 1, 2, 3, 99].map(|last_page| recent.get(last_page).is_some());
        assert_eq!(kept, [true, false, true, true, true]);
    }
}
