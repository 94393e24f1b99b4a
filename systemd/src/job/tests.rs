use super::*;

#[test]
fn a_path_names_its_job() {
    let job = Job::from_path("/org/freedesktop/systemd1/job/4711").unwrap();
    assert_eq!(job.id, 4711);
    assert_eq!(Job::from_path("/org/freedesktop/systemd1/job/x"), None);
    assert_eq!(Job::from_path("/"), None);
}

#[tokio::test]
async fn an_end_that_came_first_is_found() {
    let board = Board::default();
    board.post("/job/1", "a.service", JobResult::Done);
    board.post("/job/2", "a.service", JobResult::Failed);
    assert_eq!(board.wait("/job/2").await, JobResult::Failed);
    assert_eq!(board.wait("/job/1").await, JobResult::Done);
}

#[tokio::test]
async fn every_waiter_of_a_merged_job_is_told() {
    let board = Board::default();
    let (first, second, ()) = tokio::join!(board.wait("/job/3"), board.wait("/job/3"), async {
        board.post("/job/9", "a.service", JobResult::Done);
        tokio::task::yield_now().await;
        board.post("/job/3", "a.service", JobResult::Canceled);
    });
    assert_eq!((first, second), (JobResult::Canceled, JobResult::Canceled));
}

#[test]
fn the_board_is_bounded_and_drops_the_oldest() {
    let board = Board::default();
    for number in 0..=KEPT {
        board.post(&number.to_string(), "a.service", JobResult::Done);
    }
    assert_eq!(board.result("0"), None);
    assert_eq!(board.result("1"), Some(JobResult::Done));
    assert_eq!(board.lock().results.len(), KEPT);
    board.clear();
    assert_eq!(board.result("1"), None);
}

#[test]
fn the_last_job_of_a_unit_is_known_whoever_asked_for_it() {
    let board = Board::default();
    assert_eq!(board.last_of("a.service"), None);
    board.post("/job/4", "a.service", JobResult::Done);
    board.post("/job/6", "a.service", JobResult::Canceled);
    board.post("/job/7", "b.service", JobResult::Done);
    assert_eq!(board.last_of("a.service").map(|job| job.id), Some(6));
}
