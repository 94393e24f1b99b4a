//! Names and units of `/sys/class/hwmon`: pure, as the kernel's `hwmon/sysfs-interface` states them and `node_exporter`
//! names them.

/// What kinds of sensors there are; other files are something else.
const KINDS: &[&str] = &[
    "vrm",
    "beep_enable",
    "update_interval",
    "in",
    "cpu",
    "fan",
    "pwm",
    "temp",
    "curr",
    "power",
    "energy",
    "humidity",
    "intrusion",
    "freq",
];

/// What a file's name says: `temp1_crit` is the property `crit` of the sensor `temp1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// The kind of sensor.
    pub kind: &'static str,
    /// Its number, 0 where there is none.
    pub number: u64,
    /// Which of its properties; empty for the sensor itself.
    pub property: &'a str,
}

/// In which unit a property is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// As the kernel writes it.
    Plain,
    /// A ratio of millionths.
    Ratio,
    /// Whether it beeps.
    Enabled,
    /// Volts, of thousandths.
    Volts,
    /// Degrees Celsius, of thousandths.
    Celsius,
    /// Amperes, of thousandths.
    Amperes,
    /// Joules, of millionths.
    Joules,
    /// Watts, of millionths.
    Watts,
    /// Seconds, of thousandths.
    Seconds,
    /// Revolutions per minute.
    Rpm,
    /// Megahertz, of hertz.
    Megahertz,
}

impl Unit {
    /// The value in this unit.
    pub fn convert(self, value: f64) -> f64 {
        match self {
            Self::Plain | Self::Enabled | Self::Rpm => value,
            Self::Volts | Self::Celsius | Self::Amperes | Self::Seconds => value / 1e3,
            Self::Ratio | Self::Joules | Self::Watts | Self::Megahertz => value / 1e6,
        }
    }
}

/// Takes the name of a file apart; `None` when it is not about a sensor.
pub fn attribute(file: &str) -> Option<Attribute<'_>> {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let (kind, rest) = match file.find(is_digit) {
        Some(digits) => file.split_at_checked(digits)?,
        None => (file, ""),
    };
    let kind = *KINDS.iter().find(|it| **it == kind)?;
    let digits = rest.find(|letter| !is_digit(letter)).unwrap_or(rest.len());
    let (number, property) = rest.split_at_checked(digits)?;
    let number = match number {
        "" => 0,
        number => crate::procfs::number(number.as_bytes())?,
    };
    let property = match property {
        "" => "",
        property => property.strip_prefix('_').filter(|it| !it.is_empty())?,
    };
    Some(Attribute {
        kind,
        number,
        property,
    })
}

/// The unit of a property of a kind of sensor.
pub fn unit(kind: &str, property: &str) -> Unit {
    match (kind, property) {
        (_, "fault" | "alarm") | ("temp", "type") => Unit::Plain,
        (_, "beep") => Unit::Enabled,
        ("in" | "cpu", _) => Unit::Volts,
        ("temp", _) => Unit::Celsius,
        ("curr", _) => Unit::Amperes,
        ("energy", _) => Unit::Joules,
        ("power", "accuracy") | ("humidity", _) => Unit::Ratio,
        ("power", "average_interval" | "average_interval_min" | "average_interval_max") => {
            Unit::Seconds
        }
        ("power", _) => Unit::Watts,
        ("fan", "input" | "min" | "max" | "target") => Unit::Rpm,
        ("freq", "input") => Unit::Megahertz,
        _ => Unit::Plain,
    }
}

/// A name of lower case letters, digits, colons and underscores, without underscores at its ends.
pub fn clean(name: &str) -> String {
    let lower = name.to_lowercase();
    let is_allowed = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || ":_".contains(letter)
    };
    let allowed = lower
        .chars()
        .map(|letter| if is_allowed(letter) { letter } else { '_' });
    allowed.collect::<String>().trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests;
