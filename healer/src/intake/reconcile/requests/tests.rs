use super::*;

const INTERVAL: Duration = Duration::from_mins(1);

/// What the paces of a test are measured by.
struct Scene {
    requests: ReconcileRequests,
    pace: Pace,
    begun: Instant,
}

fn scene() -> Scene {
    let requests = ReconcileRequests::default();
    Scene {
        pace: Pace::new(requests.clone()),
        requests,
        begun: Instant::now(),
    }
}

impl Scene {
    /// When the next reading begins, in milliseconds since the beginning.
    async fn next(&mut self) -> u128 {
        self.pace.next(INTERVAL).await;
        self.begun.elapsed().as_millis()
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_request_the_interval_counts() {
    let mut scene = scene();
    assert_eq!(scene.next().await, 60_000);
    assert_eq!(scene.next().await, 120_000);
}

#[tokio::test(start_paused = true)]
async fn what_is_wanted_soon_comes_two_seconds_later_once() {
    let mut scene = scene();
    scene.requests.request_soon();
    scene.requests.request_soon();
    assert_eq!(scene.next().await, 2000);
    assert_eq!(scene.next().await, 62_000);
}

#[tokio::test(start_paused = true)]
async fn a_reading_before_that_does_not_stand_for_it() {
    let mut scene = scene();
    scene.requests.request_soon();
    let (requests, ask) = (scene.requests.clone(), Duration::from_millis(1900));
    let (first, ()) = tokio::join!(scene.next(), async {
        tokio::time::sleep(ask).await;
        requests.request();
    });
    assert_eq!(first, 1900);
    // It found something gone: whether that comes back is to be seen two seconds after it.
    scene.requests.request_soon();
    assert_eq!(scene.next().await, 2000);
    assert_eq!(scene.next().await, 4000);
    assert_eq!(scene.next().await, 64_000);
}

#[tokio::test(start_paused = true)]
async fn however_often_it_is_wanted_one_is_read_every_two_seconds() {
    let mut scene = scene();
    let requests = scene.requests.clone();
    let asking = async {
        loop {
            requests.request_soon();
            tokio::time::sleep(Duration::from_millis(7)).await;
        }
    };
    let readings = async {
        let mut readings = Vec::new();
        while readings.len() < 5 {
            readings.push(scene.next().await);
        }
        readings
    };
    let readings = tokio::select! {
        () = asking => unreachable!(),
        readings = readings => readings,
    };
    for (reading, least) in readings.iter().zip([2000, 4000, 6000, 8000, 10_000]) {
        assert!((least..least + 50).contains(reading), "{readings:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_comes_sooner_is_not_held_up() {
    let mut scene = scene();
    scene.requests.request_soon();
    scene.pace.next(Duration::from_secs(1)).await;
    assert_eq!(scene.begun.elapsed(), Duration::from_secs(1));
    assert_eq!(scene.next().await, 2000);
}
