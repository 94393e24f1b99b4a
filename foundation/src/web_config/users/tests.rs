use std::time::Duration;

use super::*;
use crate::lifecycle::Lifecycle;

fn hash(password: &str, cost: u32) -> BcryptHash {
    BcryptHash {
        text: bcrypt::hash(password, cost).unwrap(),
        cost,
    }
}

fn users(cost: u32) -> Arc<Users> {
    Arc::new(Users::new(BTreeMap::from([
        ("ann".to_owned(), hash("secret of ann", cost)),
        ("bob".to_owned(), hash("secret of bob", cost)),
    ])))
}

fn says(user: &str, password: &str) -> Credentials {
    Credentials {
        user: user.to_owned(),
        password: Zeroizing::new(password.as_bytes().to_vec()),
    }
}

#[tokio::test]
async fn a_user_needs_the_own_password() {
    let tasks = Lifecycle::new().tasks();
    let (verdicts, users) = (Arc::new(Verdicts::new()), users(4));
    // Twice: found out, then remembered.
    for _ in 0..2 {
        for (user, password, expected) in [
            ("ann", "secret of ann", true),
            ("bob", "secret of bob", true),
            ("ann", "secret of bob", false),
            ("ann", "", false),
            ("ann", "secret of ann ", false),
            ("ANN", "secret of ann", false),
            ("eve", "secret of ann", false),
            ("", "", false),
        ] {
            let found = verdicts.is_right(&users, says(user, password), &tasks);
            assert_eq!(found.await, Ok(expected), "{user} {password}");
        }
    }
    let kept = verdicts.kept();
    assert_eq!((kept.right.len(), kept.wrong.len()), (2, 6));
}

#[tokio::test]
async fn what_is_remembered_is_about_one_hash() {
    let tasks = Lifecycle::new().tasks();
    let verdicts = Arc::new(Verdicts::new());
    let before = users(4);
    let asks = |users: &Arc<Users>| {
        let (verdicts, users, tasks) = (Arc::clone(&verdicts), Arc::clone(users), tasks.clone());
        async move {
            verdicts
                .is_right(&users, says("ann", "secret of ann"), &tasks)
                .await
        }
    };
    assert_eq!(asks(&before).await, Ok(true));
    let changed = Users::new(BTreeMap::from([("ann".to_owned(), hash("another", 4))]));
    assert_eq!(asks(&Arc::new(changed)).await, Ok(false));
    assert_eq!(asks(&Arc::new(Users::default())).await, Ok(false));
    assert_eq!(asks(&before).await, Ok(true));
}

#[tokio::test]
async fn wrong_ones_never_push_out_right_ones() {
    let tasks = Lifecycle::new().tasks();
    let (verdicts, users) = (Arc::new(Verdicts::new()), users(4));
    let right = || verdicts.is_right(&users, says("ann", "secret of ann"), &tasks);
    assert_eq!(right().await, Ok(true));
    for number in 0..WRONG_KEPT + 10 {
        let guess = says("ann", &number.to_string());
        assert_eq!(verdicts.is_right(&users, guess, &tasks).await, Ok(false));
    }
    let kept = verdicts.kept();
    assert_eq!((kept.right.len(), kept.wrong.len()), (1, WRONG_KEPT));
}

#[tokio::test]
async fn a_full_queue_keeps_out_who_is_not_known_yet() {
    let tasks = Lifecycle::new().tasks();
    let (verdicts, users) = (Arc::new(Verdicts::new()), users(4));
    let right = || verdicts.is_right(&users, says("ann", "secret of ann"), &tasks);
    assert_eq!(right().await, Ok(true));
    let full = Arc::clone(&verdicts.queue)
        .acquire_many_owned(u32::try_from(QUEUE).unwrap())
        .await
        .unwrap();
    assert_eq!(right().await, Ok(true));
    let other = || verdicts.is_right(&users, says("bob", "secret of bob"), &tasks);
    assert_eq!(other().await, Err(Busy));
    drop(full);
    assert_eq!(other().await, Ok(true));
}

/// What this thread has worked, whatever else the machine does.
fn worked() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap()
}

#[test]
fn an_unknown_user_costs_as_much_as_a_wrong_password() {
    let users = Users::new(BTreeMap::from([
        ("cheap".to_owned(), hash("one", 4)),
        ("dear".to_owned(), hash("two", 9)),
    ]));
    let fastest = |user: &str, password: &str| {
        let times = (0..5).map(|_| {
            let before = worked();
            users.is_right(&says(user, password));
            worked().saturating_sub(before)
        });
        times.min().unwrap()
    };
    let expected = fastest("dear", "wrong");
    for (user, password) in [("nobody", "wrong"), ("cheap", "wrong"), ("cheap", "one")] {
        let took = fastest(user, password);
        let ratio = took.as_secs_f64() / expected.as_secs_f64();
        // Without the extra work it would be 0 for a stranger, and 1/32 for the cheap one.
        assert!(
            (0.5..2.0).contains(&ratio),
            "{user}: {took:?} against {expected:?}"
        );
    }
}
