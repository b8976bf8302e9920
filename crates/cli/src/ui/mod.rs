//! How things look: progress, questions, tables, patches, errors.

pub(crate) mod ask;
pub(crate) mod follow;
pub(crate) mod patch;
pub(crate) mod problem;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod stages;
pub(crate) mod table;

/// A number with its noun: `1 file`, `10,000 files`.
pub(crate) fn count(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// A number with a comma between groups of three digits.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_nouns_agree() {
        assert_eq!(count(1_u32, "file", "files"), "1 file");
        assert_eq!(count(0_u32, "file", "files"), "0 files");
        assert_eq!(count(1_234_567_u64, "file", "files"), "1,234,567 files");
    }
}
