mod laid_out;
mod week;

use jiff::tz::TimeZone;

use super::*;
use crate::notify::words::Reader;
use crate::policy::Language;

fn reader(language: Language) -> Reader {
    Reader {
        language,
        time_zone: TimeZone::get("Europe/Paris").unwrap(),
    }
}
