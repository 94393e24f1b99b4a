use super::*;

fn times() -> CpuTimes {
    CpuTimes::default()
}

impl CpuTimes {
    /// Takes over lines like `cpu0 1 2 3 4` and says what is published.
    fn then(&mut self, lines: &str) -> Vec<(String, Vec<u64>)> {
        self.update(format!("cpu  0 0 0 0\n{lines}\nintr 0\n").as_bytes())
            .unwrap();
        let known = |it: &CpuTime| it.ticks.iter().take(it.known).copied().collect();
        self.cpus()
            .iter()
            .map(|it| (it.cpu().to_owned(), known(it)))
            .collect()
    }
}

fn cpu(number: &str, ticks: &[u64]) -> (String, Vec<u64>) {
    (number.to_owned(), ticks.to_vec())
}

#[test]
fn ticks_are_hundredths_of_a_second() {
    let mut times = times();
    times.then("cpu0 250 1 0 100000");
    let seconds: Vec<_> = times.cpus()[0].seconds().collect();
    assert_eq!(seconds, [2.5, 0.01, 0.0, 1000.0]);
}

#[test]
fn what_shrank_is_held_until_it_has_grown_past_that() {
    let mut times = times();
    times.then("cpu0 10 0 0 1000 90");
    assert_eq!(
        times.then("cpu0 20 0 0 900 80"),
        [cpu("0", &[20, 0, 0, 1000, 90])]
    );
    assert_eq!(
        times.then("cpu0 21 0 0 999 95"),
        [cpu("0", &[21, 0, 0, 1000, 95])]
    );
    assert_eq!(
        times.then("cpu0 21 0 0 1001 95"),
        [cpu("0", &[21, 0, 0, 1001, 95])]
    );
}

#[test]
fn idle_time_that_shrank_by_seconds_is_another_life() {
    let mut times = times();
    times.then("cpu0 500 0 0 1000\ncpu1 500 0 0 1000");
    assert_eq!(
        times.then("cpu0 501 0 0 1001\ncpu1 3 0 0 700"),
        [cpu("0", &[501, 0, 0, 1001]), cpu("1", &[3, 0, 0, 700])]
    );
}

#[test]
fn an_offline_cpu_is_forgotten_and_one_that_comes_back_starts_anew() {
    let mut times = times();
    times.then("cpu0 1 0 0 10\ncpu1 7 0 0 10\ncpu2 1 0 0 10");
    assert_eq!(
        times.then("cpu0 1 0 0 11\ncpu2 1 0 0 12"),
        [cpu("0", &[1, 0, 0, 11]), cpu("2", &[1, 0, 0, 12])]
    );
    assert_eq!(
        times.then("cpu0 1 0 0 11\ncpu1 2 0 0 9\ncpu2 1 0 0 12"),
        [
            cpu("0", &[1, 0, 0, 11]),
            cpu("1", &[2, 0, 0, 9]),
            cpu("2", &[1, 0, 0, 12])
        ]
    );
}

#[test]
fn a_file_without_a_cpu_is_an_error_and_one_cut_short_loses_nothing() {
    let mut times = times();
    times.then("cpu0 5 0 0 10\ncpu1 5 0 0 10");
    assert!(times.update(b"cpu  0 0 0 0\nintr 0\n").is_err());
    times.then("cpu0 5 0 0 10\ncpu1 5 0 0 10");
    assert!(times.update(b"cpu  0 0 0 0\ncpu0 4 0 0 9\ncpu1 0").is_err());
    assert_eq!(
        times.then("cpu0 4 0 0 9\ncpu1 4 0 0 9"),
        [cpu("0", &[5, 0, 0, 10]), cpu("1", &[5, 0, 0, 10])]
    );
}
