//! The hundred products, made from word lists by a seeded generator: the same ones in every process.

use std::fmt::Write;

/// How many listing pages there are.
pub const LISTING_PAGES: usize = 5;
/// How many products stand on a listing page.
pub const PER_PAGE: usize = 20;
/// How many products there are.
pub const CATALOGUE_SIZE: usize = LISTING_PAGES * PER_PAGE;
/// The place, from 0, of the product whose markup is broken: on page 2.
pub const BROKEN: usize = 26;
/// The place, from 0, of the product without a price: on page 4.
pub const PRICELESS: usize = 71;

const SEED: u64 = 0x5C0F_FEE0_CAFE;
const FIRST_NUMBER: usize = 1001;

const MATERIALS: &[&str] = &[
    "Walnut",
    "Oak",
    "Linen",
    "Brass",
    "Stoneware",
    "Cork",
    "Wool",
    "Copper",
    "Ash",
    "Enamel",
];
const STYLES: &[&str] = &[
    "Folding", "Tall", "Round", "Stacking", "Hanging", "Slim", "Striped", "Everyday",
];
/// Only characters that windows-1252 has, for the page in that encoding.
const MAKERS: &[&str] = &[
    "Café Müller",
    "Smørrebrød",
    "Château",
    "Señorita",
    "Žofín",
    "Blåbær",
    "Crème Brûlée",
    "Œuvre",
];
const TAGS: &[&str] = &[
    "new",
    "handmade",
    "gift",
    "outdoor",
    "bestseller",
    "recycled",
    "small batch",
    "fair trade",
];

/// A kind of product: the letters of its number, its noun, and what it costs at least, in pence.
struct Kind {
    letters: &'static str,
    noun: &'static str,
    pence: u64,
}

const KINDS: &[Kind] = &[
    Kind::new("LMP", "Desk Lamp", 4_500),
    Kind::new("CHR", "Chair", 9_900),
    Kind::new("TBL", "Side Table", 18_000),
    Kind::new("MUG", "Mug", 900),
    Kind::new("KTL", "Kettle", 3_900),
    Kind::new("RUG", "Rug", 64_000),
    Kind::new("BSK", "Basket", 2_200),
    Kind::new("CLK", "Wall Clock", 5_400),
    Kind::new("SOF", "Sofa", 119_000),
    Kind::new("VAS", "Vase", 1_800),
];

impl Kind {
    const fn new(letters: &'static str, noun: &'static str, pence: u64) -> Self {
        Self { letters, noun, pence }
    }
}

/// One product, as the shop knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The place in the catalogue, from 0.
    pub index: usize,
    /// The item number, as `LMP-1001`.
    pub sku: String,
    /// The name, which is not ASCII on page 3.
    pub name: String,
    /// The last segment of the product's address: letters, digits and hyphens.
    pub slug: String,
    /// The price in pence; `None` is a product without a price.
    pub pence: Option<u64>,
    /// Stars, 1 to 5.
    pub rating: u8,
    /// Whether it can be had at once.
    pub in_stock: bool,
    /// One to three tags, in the order in which they stand on the page.
    pub tags: Vec<&'static str>,
    /// When it was put into the catalogue, in RFC 3339 and UTC.
    pub published: String,
    /// The kind's noun, in lower case.
    pub category: String,
}

impl Product {
    /// The price as the page writes it, `£1,234.50`.
    pub fn price(&self) -> Option<String> {
        self.pence
            .map(|pence| format!("£{}.{:02}", thousands(pence / 100), pence % 100))
    }

    /// The listing page on which it stands, from 1.
    pub fn listing_page(&self) -> usize {
        self.index / PER_PAGE + 1
    }

    /// Whether this is the one whose markup is broken.
    pub fn is_broken(&self) -> bool {
        self.index == BROKEN
    }
}

/// The catalogue, [`CATALOGUE_SIZE`] products.
pub fn products() -> Vec<Product> {
    let mut random = SplitMix64(SEED);
    (0..CATALOGUE_SIZE).map(|index| product(index, &mut random)).collect()
}

fn product(index: usize, random: &mut SplitMix64) -> Product {
    let kind = random.pick(KINDS);
    let first = if index / PER_PAGE == 2 {
        *random.pick(MAKERS)
    } else {
        *random.pick(MATERIALS)
    };
    let name = format!("{first} {} {}", random.pick(STYLES), kind.noun);
    let number = FIRST_NUMBER + index;
    let pence = kind.pence + random.below(kind.pence * 2) / 5 * 5;
    let rating = 1 + random.below(5) as u8;
    let in_stock = random.below(4) != 0;
    let mut tags: Vec<&str> = (0..=random.below(3)).map(|_| *random.pick(TAGS)).collect();
    tags.sort_unstable();
    tags.dedup();
    let (month, day, hour, minute) = (
        1 + random.below(12),
        1 + random.below(28),
        random.below(24),
        random.below(60),
    );
    Product {
        index,
        sku: format!("{}-{number}", kind.letters),
        slug: format!("{}-{number}", slug(&name)),
        name,
        pence: (index != PRICELESS).then_some(pence),
        rating,
        in_stock,
        tags,
        published: format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z"),
        category: kind.noun.to_lowercase(),
    }
}

/// `name` in lower case, the letters of [`MAKERS`] without their marks, anything else as one hyphen.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            'a'..='z' | '0'..='9' => slug.push(letter),
            'é' | 'è' | 'ê' => slug.push('e'),
            'ü' | 'û' => slug.push('u'),
            'ø' => slug.push('o'),
            'â' | 'å' => slug.push('a'),
            'ñ' => slug.push('n'),
            'í' => slug.push('i'),
            'ž' => slug.push('z'),
            'æ' => slug.push_str("ae"),
            'œ' => slug.push_str("oe"),
            _ if slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        write!(grouped, "{digit}").expect("writing to a String cannot fail");
    }
    grouped
}

/// Steele, Lea and Flood's generator (OOPSLA 2014): a few lines, and the same numbers for ever.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`; the small bias of the remainder does not matter to a catalogue.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn is_the_same_every_time() {
        assert_eq!(products(), products());
        assert_eq!(products().len(), CATALOGUE_SIZE);
    }

    #[test]
    fn has_no_two_products_at_one_address() {
        let slugs: HashSet<String> = products().into_iter().map(|product| product.slug).collect();
        assert_eq!(slugs.len(), CATALOGUE_SIZE);
        assert!(
            slugs
                .iter()
                .all(|slug| slug.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        );
    }

    #[test]
    fn has_the_oddities_that_the_site_promises() {
        let products = products();
        assert_eq!(products[BROKEN].listing_page(), 2);
        assert_eq!(products[PRICELESS].listing_page(), 4);
        assert_eq!(products.iter().filter(|product| product.pence.is_none()).count(), 1);
        assert!(
            products
                .iter()
                .any(|product| product.price().is_some_and(|price| price.contains(',')))
        );
        assert!(products.iter().any(|product| product.in_stock) && products.iter().any(|product| !product.in_stock));
        let odd: Vec<usize> = products
            .iter()
            .filter(|p| !p.name.is_ascii())
            .map(Product::listing_page)
            .collect();
        assert!(odd.len() > PER_PAGE / 2 && odd.iter().all(|page| *page == 3), "{odd:?}");
    }

    #[test]
    fn writes_prices_as_shops_do() {
        let check = |pence, want: &str| {
            let product = Product {
                pence: Some(pence),
                ..products()[0].clone()
            };
            assert_eq!(product.price().as_deref(), Some(want));
        };
        check(5, "£0.05");
        check(99_999, "£999.99");
        check(100_000, "£1,000.00");
        check(123_450, "£1,234.50");
        check(100_000_000, "£1,000,000.00");
    }
}
