//! The healer is killed with SIGKILL at each of its syncs while it tells people of an incident, and started again: each
//! word arrives at each receiver, a copy has the id of the first, and nobody gets more copies than there were kills.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use prunelle_sandbox::wait::{Stopwatch, try_until};

use super::healer::Healer;
use super::web_hook::WebHook;
use super::{LIMIT, MailServer, header};
use crate::crash::killer::{Call, Killer, thread_of};

/// Of the writes in the course of an incident, each so many-th is one to die at; `PRUNELLE_CRASH_STRIDE=1` takes all.
const STRIDE: usize = 10;
const RECIPIENTS: [&str; 2] = ["ada@example.org", "bob@example.org"];

#[test]
fn at_each_sync_each_word_arrives_and_is_known_when_it_comes_again() -> Result<()> {
    let deaths = killed_at_each(Call::Sync, 1)?;
    // The alert, two turns of the teller, two deliveries; all of it again for the end.
    ensure!(deaths >= 10, "killed only {deaths} times");
    Ok(())
}

#[test]
fn in_the_middle_of_writes_each_word_arrives_and_is_known_when_it_comes_again() -> Result<()> {
    let stride = std::env::var("PRUNELLE_CRASH_STRIDE").map_or(Ok(STRIDE), |text| text.parse())?;
    let deaths = killed_at_each(Call::Write, stride)?;
    ensure!(deaths >= 2, "killed only {deaths} times");
    Ok(())
}

/// One recipient's server has the mail, the other's asks for patience: the healer dies before it is tried again.
#[test]
fn who_has_a_mail_gets_no_second_one_when_another_is_waited_for() -> Result<()> {
    let (mail, hook) = (MailServer::start()?, WebHook::start()?);
    let to = "ada@example.org, grey@example.org";
    let mut healer = Healer::start(&policy(to, hook.port), mail.port, "")?;
    try_until("the alert is taken", LIMIT, || {
        Ok(healer.post("Fault", 1, false).then_some(()))
    })?;
    let tried = "SELECT count(*) FROM deliveries WHERE integration = 'email' AND tries = 1";
    try_until("one has it, the other not yet", LIMIT, || {
        Ok((healer.count(tried)? == 1).then_some(()))
    })?;
    healer.kill()?;
    healer.start_again()?;
    let mut mails = Vec::new();
    try_until("the other has it, too", LIMIT, || {
        mails.extend(mail.come());
        let is_there = |mail: &serde_json::Value| mail["recipients"][0] == "grey@example.org";
        Ok(mails.iter().any(is_there).then_some(()))
    })?;
    ensure!(healer.stop()?, "it did not stop in order");
    mails.extend(mail.come());
    ensure!(mails.len() == 2, "{mails:#?}");
    ensure!(header(&mails[0], "Message-ID") == header(&mails[1], "Message-ID"));
    Ok(())
}

fn policy(to: &str, hook: u16) -> String {
    format!(
        "version: 1
host: {{label: instance, is: ['test:9750']}}
rules: []
receivers:
  ops: {{email: {{to: [{to}]}}}}
  tickets: {{webhook: {{url: 'http://127.0.0.1:{hook}/'}}}}
notify:
  hold: {{critical: 100ms, warning: 100ms}}
  gather: 0s
"
    )
}

/// One incident after the other, each on a journal of its own, until the healer is through before the nth call; how
/// often it died.
fn killed_at_each(call: Call, stride: usize) -> Result<usize> {
    let (mail, hook) = (MailServer::start()?, WebHook::start()?);
    let policy = policy(&RECIPIENTS.join(", "), hook.port);
    let watch = Stopwatch::start();
    let mut deaths = 0;
    for nth in (1..).step_by(stride) {
        let healer = Healer::start(&policy, mail.port, "")?;
        let killer = Killer::attach(&thread_of(&[healer.pid()?.to_string()])?, call, nth)?;
        let mut course = Course {
            alert: format!("Fault{nth}"),
            number: nth,
            healer,
            killer: Some(killer),
            mail: &mail,
            hook: &hook,
            mails: BTreeMap::new(),
            posts: Vec::new(),
            deaths: 0,
        };
        course.run()?;
        if course.deaths == 0 {
            break;
        }
        deaths += 1;
    }
    eprintln!("{call:?}: {deaths} deaths in {:.1?}", watch.elapsed());
    Ok(deaths)
}

/// One incident from its beginning to its end.
struct Course<'a> {
    alert: String,
    number: usize,
    healer: Healer,
    killer: Option<Killer>,
    mail: &'a MailServer,
    hook: &'a WebHook,
    /// Message ids by recipient, as they came.
    mails: BTreeMap<String, Vec<String>>,
    /// Ids with their news, as they came.
    posts: Vec<(String, String)>,
    deaths: usize,
}

impl Course<'_> {
    fn run(&mut self) -> Result<()> {
        self.until("the alert is taken", |course| {
            Ok(course.healer.post(&course.alert, course.number, false))
        })?;
        self.until("its beginning is told", |course| Ok(course.has_told(1)))?;
        self.until("its end is taken", |course| {
            Ok(course.healer.post(&course.alert, course.number, true))
        })?;
        self.until("its end is told", |course| Ok(course.has_told(2)))?;
        self.settles()?;
        drop(self.killer.take());
        // What is on disk can be seen before its sync, at which it may have been killed just now.
        if !self.healer.stop()? {
            self.deaths += 1;
            self.healer.start_again()?;
            self.settles()?;
            ensure!(self.healer.stop()?, "it did not stop in order");
        }
        self.collect();
        self.is_right()?;
        self.healer.verify()
    }

    /// Nothing waits any more.
    fn settles(&mut self) -> Result<()> {
        let open = "SELECT (SELECT count(*) FROM deliveries WHERE ended_wall IS NULL)
             + (SELECT count(*) FROM held)";
        self.until(
            "nothing waits",
            |course| Ok(course.healer.count(open)? == 0),
        )
    }

    /// Waits, and starts the healer again when it is dead.
    fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> Result<bool>) -> Result<()> {
        try_until(&format!("{}: {what}", self.alert), LIMIT, || {
            self.tend()?;
            self.collect();
            Ok(is_so(self)?.then_some(()))
        })
    }

    fn tend(&mut self) -> Result<()> {
        if self.healer.is_dead()? {
            drop(self.killer.take());
            self.deaths += 1;
            self.healer.start_again()?;
        }
        Ok(())
    }

    fn collect(&mut self) {
        for mail in self.mail.come() {
            let id = header(&mail, "Message-ID").to_owned();
            let to = mail["recipients"][0].as_str().unwrap_or_default();
            self.mails.entry(to.to_owned()).or_default().push(id);
        }
        for post in self.hook.come() {
            let news = post.body["content"]["news"].as_str().unwrap_or_default();
            self.posts.push((post.id, news.to_owned()));
        }
    }

    /// So many different words have come to everybody.
    fn has_told(&self, words: usize) -> bool {
        let distinct = |ids: &[String]| ids.iter().collect::<BTreeSet<_>>().len();
        let posts: BTreeSet<_> = self.posts.iter().map(|(id, _)| id).collect();
        let has_mail = |to: &&str| {
            let ids = self.mails.get(*to);
            ids.is_some_and(|ids| distinct(ids) >= words)
        };
        posts.len() >= words && RECIPIENTS.iter().all(has_mail)
    }

    fn is_right(&self) -> Result<()> {
        let at = format!(
            "killed at {} ({} deaths): {:?} {:?}",
            self.number, self.deaths, self.mails, self.posts
        );
        let news: BTreeSet<(&str, &str)> = self
            .posts
            .iter()
            .map(|(id, news)| (id.as_str(), news.as_str()))
            .collect();
        let words: Vec<&str> = news.iter().map(|(_, news)| *news).collect();
        ensure!(
            words.len() == 2 && words.contains(&"began") && words.contains(&"ended"),
            "{at}"
        );
        ensure!(self.posts.len() <= 2 + self.deaths, "{at}");
        for to in RECIPIENTS {
            let ids = &self.mails[to];
            let distinct: BTreeSet<_> = ids.iter().collect();
            ensure!(distinct.len() == 2, "{at}");
            ensure!(ids.len() <= 2 + self.deaths, "{at}");
        }
        Ok(())
    }
}
