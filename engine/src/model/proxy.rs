//! Through which proxies pages are fetched.

use serde::{Serialize, Serializer};

/// Whether and how a job's requests go through the operator's proxies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProxyConfig {
    /// Whether they do; true where the section stands without it.
    pub enabled: bool,
    /// Which proxy a request gets.
    pub rotation_strategy: RotationStrategy,
    /// Where the proxies must stand; anywhere if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geo_targeting: Option<GeoTarget>,
    /// With how many other proxies a request is tried again.
    pub max_retries: u32,
    /// Whether a request goes without a proxy when none works.
    pub fallback_to_direct: bool,
}

impl Default for ProxyConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            rotation_strategy: RotationStrategy::default(),
            geo_targeting: None,
            max_retries: 2,
            fallback_to_direct: false,
        }
    }
}

closed_set! {
    /// Which proxy a request gets.
    #[derive(Default)]
    pub enum RotationStrategy {
        /// One after the other.
        #[default]
        RoundRobin = "round-robin",
        /// Any.
        Random = "random",
        /// The same for each host of the job.
        Sticky = "sticky",
    }
}

/// A country (`US`), or a part of one (`US-CA`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GeoTarget {
    country: [u8; 2],
    subdivision: Option<String>,
}

impl GeoTarget {
    /// Reads a country by its ISO 3166-1 alpha-2 code, without regard to case, or a part of it by a code of ISO 3166-2's
    /// form. `None` if there is no such country, or the form is another; which parts there are is not looked up.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_uppercase();
        let (country, subdivision) = match text.split_once('-') {
            Some((country, part)) => (country, Some(part)),
            None => (&*text, None),
        };
        let well_formed =
            |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !COUNTRIES.split_ascii_whitespace().any(|known| known == country) || !subdivision.is_none_or(well_formed) {
            return None;
        }
        Some(Self {
            country: country.as_bytes().try_into().ok()?,
            subdivision: subdivision.map(str::to_owned),
        })
    }

    /// The country's code, in capitals.
    pub fn country(&self) -> &str {
        std::str::from_utf8(&self.country).expect("a country's code is ASCII")
    }

    /// The code of the part of the country, in capitals and without the country's.
    pub fn subdivision(&self) -> Option<&str> {
        self.subdivision.as_deref()
    }
}

impl Serialize for GeoTarget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.subdivision {
            Some(subdivision) => serializer.collect_str(&format_args!("{}-{subdivision}", self.country())),
            None => serializer.serialize_str(self.country()),
        }
    }
}

/// The 249 officially assigned codes of ISO 3166-1 alpha-2, and XK, which is in common use for Kosovo.
const COUNTRIES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR \
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP \
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT \
    MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ \
    UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW XK";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_and_their_parts() {
        fn check(text: &str, expected: Option<(&str, Option<&str>)>) {
            let target = GeoTarget::parse(text);
            assert_eq!(
                target.as_ref().map(|target| (target.country(), target.subdivision())),
                expected,
                "{text}"
            );
        }
        check("US", Some(("US", None)));
        check("us", Some(("US", None)));
        check("gb-eng", Some(("GB", Some("ENG"))));
        check("FR-75", Some(("FR", Some("75"))));
        check("UK", None);
        check("USA", None);
        check("", None);
        check("US-", None);
        check("US-ABCD", None);
        check("US-É", None);
        check("U S", None);
    }

    #[test]
    fn the_list_is_whole() {
        let mut codes: Vec<_> = COUNTRIES.split_ascii_whitespace().collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 249 + 1);
        assert!(codes.iter().all(|code| code.len() == 2));
    }
}
