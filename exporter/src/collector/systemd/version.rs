//! The version of systemd as a number.

/// The first run of three or more digits, with what follows a point: `252.39` of `252.39-1~deb12u2`, `260` of
/// `v260~rc1`. None when there is none.
pub(super) fn number(version: &str) -> Option<f64> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let bytes = version.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let rest = bytes.get(start..)?;
        let digits = rest.iter().take_while(|byte| is_digit(**byte)).count();
        if digits < 3 {
            start += digits.max(1);
            continue;
        }
        let after = rest.get(digits + 1..).unwrap_or_default();
        let fraction = match rest.get(digits) {
            Some(b'.') => after.iter().take_while(|byte| is_digit(**byte)).count(),
            _ => 0,
        };
        let end = start + digits + if fraction > 0 { fraction + 1 } else { 0 };
        return version.get(start..end)?.parse().ok();
    }
    None
}
