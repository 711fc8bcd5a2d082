//! Numbers for people.

/// A number that fits beside an axis: `1.2k`.
pub(crate) fn short(value: u64) -> String {
    let (unit, letter) = match value {
        0..1_000 => return value.to_string(),
        1_000..1_000_000 => (1_000, 'k'),
        _ => (1_000_000, 'M'),
    };
    match value % unit * 10 / unit {
        tenth if tenth > 0 && value < 100 * unit => format!("{}.{tenth}{letter}", value / unit),
        _ => format!("{}{letter}", value / unit),
    }
}

/// A number with its thousands apart: `12,345`.
pub(crate) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_beside_the_axis_and_whole_elsewhere() {
        assert_eq!(
            [0, 999, 1000, 1234, 20_000, 123_456, 5_000_000].map(short),
            ["0", "999", "1k", "1.2k", "20k", "123k", "5M"]
        );
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
