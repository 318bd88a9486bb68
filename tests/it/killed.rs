//! The real binary, killed in the middle of an apply against an emulator of AWS behind a bad network, and run again.
//!
//! What the cloud holds at the end is counted by asking the emulator itself, not Cairn and not through the network.
//! `CAIRN_KILLS=1500` kills so often; `CAIRN_KILL_SEED` begins elsewhere. `tests/proxy/table` prints the table of the book.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cairn::host::local_store::LocalStore;
use cairn::state::StateStore as _;
use cairn_conformance::emulator::{Emulator, Kind};
use cairn_provider::failpoint::Failpoint;

use crate::project::{Project, repository};
use crate::proxy::Proxy;
use crate::proxy::faults::Shares;
use crate::proxy::http::Message;

/// Twenty objects whose creates are safe to repeat by a token (NAT gateways, route tables), by an identity of their own
/// (roles, topics, buckets, routes …) or by nothing but their tags (VPC, internet gateway, addresses).
const STACK: &str = r#"stack killed {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

let slots = { a: 0, b: 1 }

resource vpc = aws.ec2.Vpc { cidr_block: 10.77.0.0/16 }
resource igw = aws.ec2.InternetGateway
resource attachment = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: igw }

resource subnet[zone, slot in slots] = aws.ec2.Subnet {
  vpc
  availability_zone: "eu-central-1a"
  cidr_block: 10.77.0.0/16.subnet(newbits: 8, index: slot)
}

resource group[zone in slots] = aws.ec2.SecurityGroup { vpc, group_description: "servers in ${zone}" }

resource address[zone in slots] = aws.ec2.Eip { domain: "vpc" }
resource nat[zone in slots] = aws.ec2.NatGateway { subnet: subnet[zone], allocation: address[zone] }

resource routes[zone in slots] = aws.ec2.RouteTable { vpc }
resource out[zone in slots] = aws.ec2.Route {
  route_table: routes[zone]
  destination_cidr_block: 0.0.0.0/0
  nat_gateway: nat[zone]
}

resource role = aws.iam.Role {
  role_name: "killed"
  assume_role_policy_document: {
    Version: "2012-10-17"
    Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }]
  }
}
resource topic = aws.sns.Topic { topic_name: "killed" }
resource log = aws.logs.LogGroup { log_group_name: "killed" }
resource bucket = aws.s3.Bucket { bucket_name: "killed-4711" }
resource login = aws.secretsmanager.Secret { name: "killed" }
"#;

/// What the stack is when it is whole: no duplicate, no orphan.
fn expected() -> BTreeMap<&'static str, usize> {
    let one = ["vpc", "gateway", "role", "topic", "log", "bucket", "secret"].map(|name| (name, 1));
    let two = ["subnet", "group", "address", "nat", "table"].map(|name| (name, 2));
    one.into_iter().chain(two).collect()
}

/// How often the binary is killed if nothing else is said.
const KILLS: u32 = 60;

/// A stopped process sleeps so long, as RELIABILITY.md asks; a create that is on its way is waited for longer.
const ASLEEP: Duration = Duration::from_secs(30);
const QUARANTINE_WHILE_ASLEEP: &str = "40";

/// A run that is told that the network failed is begun again by whoever runs it, a scheduler or a person, so often.
const MOST_RUNS: usize = 5;

/// How the binary is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    /// SIGKILL to the process.
    Process,
    /// SIGKILL to its process group, as when a container ends.
    Group,
    /// Aborted at a named place.
    Failpoint,
    /// SIGSTOP, another apply takes over and finishes, SIGCONT half a minute later.
    Stopped,
}

impl How {
    /// In twenty kills: ten of a process, four of a group, five at named places, one that sleeps.
    fn of(kill: u32) -> Self {
        match kill % 20 {
            0 | 2 | 4 | 6 | 8 | 10 | 12 | 14 | 16 | 18 => Self::Process,
            1 | 5 | 9 | 13 => Self::Group,
            7 => Self::Stopped,
            _ => Self::Failpoint,
        }
    }
}

/// What came of one kill.
#[derive(Debug, Default)]
struct Outcome {
    /// Objects that had been made by then.
    made: usize,
    /// Applies it took afterwards.
    runs: usize,
    /// How long it took until somebody else had the lock.
    locked: Duration,
    /// Objects that were made in all.
    created: usize,
    /// What is wrong in the end.
    wrong: Option<String>,
    faults: BTreeMap<&'static str, usize>,
}

/// An emulator and a network of its own.
struct Cloud {
    moto: Emulator,
    proxy: Proxy,
    numbers: u64,
}

impl Cloud {
    fn new(seed: u64) -> Self {
        let moto = Emulator::start(Kind::Moto, repository()).unwrap();
        let proxy = Proxy::start(at(&moto));
        Self { moto, proxy, numbers: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    /// A number from 0 to 1.
    fn number(&mut self) -> f64 {
        self.numbers ^= self.numbers << 13;
        self.numbers ^= self.numbers >> 7;
        self.numbers ^= self.numbers << 17;
        (self.numbers >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn reset(&self) {
        let asked = Message { line: "POST /moto-api/reset HTTP/1.1".to_owned(), ..Message::default() };
        assert!(asked.send(at(&self.moto)).unwrap().text().contains("ok"));
        self.proxy.reset();
    }

    fn project(&self) -> Project {
        Project::with(STACK).against(&self.proxy.url())
    }

    /// Asks the emulator itself.
    fn ask(&self, service: &str, line: &str, headers: &[(&str, &str)], body: &str) -> String {
        let scope =
            format!("AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/{service}/aws4_request, Signature=0");
        let host = at(&self.moto).to_string();
        let mut all = vec![("Authorization".to_owned(), scope), ("Host".to_owned(), host)];
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let asked = Message { line: format!("{line} HTTP/1.1"), headers: all, body: body.as_bytes().to_vec() };
        asked.send(at(&self.moto)).unwrap().text().to_owned()
    }

    fn form(&self, service: &str, body: &str) -> String {
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        self.ask(service, "POST /", &kind, body)
    }

    fn json(&self, service: &str, target: &str) -> String {
        let kind = [("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", target)];
        self.ask(service, "POST /", &kind, "{}")
    }

    /// What is there, by kind: of EC2 what carries Cairn's mark, so that what is somebody else's is not counted.
    fn count(&self) -> BTreeMap<&'static str, usize> {
        let marked = "&Filter.1.Name=tag-key&Filter.1.Value.1=cairn:stack";
        let ec2 = |action: &str, filter: &str| self.form("ec2", &format!("Action={action}{filter}&Version=2016-11-15"));
        let occurrences = |text: &str, what: &str| text.matches(what).count();
        let tables = ec2("DescribeRouteTables", marked);
        let groups = ec2("DescribeSecurityGroups", marked);
        let available = "&Filter.1.Name=state&Filter.1.Value.1=available";
        BTreeMap::from([
            ("vpc", occurrences(&ec2("DescribeVpcs", marked), "<vpcId>")),
            ("subnet", occurrences(&ec2("DescribeSubnets", marked), "<subnetId>")),
            ("gateway", occurrences(&ec2("DescribeInternetGateways", marked), "<internetGatewayId>")),
            ("group", occurrences(&groups, "<groupDescription>servers")),
            ("address", occurrences(&ec2("DescribeAddresses", marked), "<allocationId>")),
            ("nat", occurrences(&ec2("DescribeNatGateways", available), "<natGatewayId>")),
            ("table", occurrences(&tables, "<routeTableId>") - occurrences(&tables, "<routeTableAssociationId>")),
            ("role", occurrences(&self.form("iam", "Action=ListRoles&Version=2010-05-08"), "<RoleName>")),
            ("topic", occurrences(&self.form("sns", "Action=ListTopics&Version=2010-03-31"), "<TopicArn>")),
            ("log", occurrences(&self.json("logs", "Logs_20140328.DescribeLogGroups"), "\"logGroupName\"")),
            ("secret", occurrences(&self.json("secretsmanager", "secretsmanager.ListSecrets"), "\"ARN\"")),
            ("bucket", occurrences(&self.ask("s3", "GET /", &[], ""), "<Bucket>")),
        ])
    }

    /// An address that is nobody's: it must still be there in the end.
    fn foreign(&self) -> String {
        let answer = self.form("ec2", "Action=AllocateAddress&Domain=vpc&Version=2016-11-15");
        let id = answer.split("<allocationId>").nth(1).and_then(|rest| rest.split('<').next());
        id.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// How long an apply takes that nobody disturbs; it makes what is expected, and destroys all of it again.
    fn undisturbed(&self) -> Duration {
        self.reset();
        let project = self.project();
        let begun = Instant::now();
        project.expect(0, APPLY);
        let took = begun.elapsed();
        assert_eq!(self.count(), expected());
        project.expect(0, "plan --detailed-exitcode");
        project.expect(0, "destroy --yes");
        assert_eq!(self.count().values().sum::<usize>(), 0, "{:?}", self.count());
        took
    }

    /// Ends an apply in one way; nothing if it ended by itself before.
    fn kill(&mut self, how: How, seed: u64, whole: Duration) -> Option<Outcome> {
        self.reset();
        let foreign = self.foreign();
        self.proxy.faults(seed, Shares::bad());
        let quarantine = if how == How::Stopped { QUARANTINE_WHILE_ASLEEP } else { "1" };
        let project = self.project().variable("CAIRN_QUARANTINE", quarantine);
        let mut command = project.command(APPLY.split_whitespace());
        command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        if how == How::Failpoint {
            command.env("CAIRN_FAILPOINT", self.place());
        }
        let mut child = command.spawn().unwrap();
        // Half as long again as an apply takes on a good network: this one is slower.
        let moment = whole.mul_f64(1.5 * self.number());
        let zombie = match how {
            How::Failpoint => child.wait().unwrap().code().is_none().then_some(None)?,
            How::Process | How::Group | How::Stopped => self.signal(child, how, moment)?,
        };
        let mut outcome = Outcome { made: self.count().values().sum(), ..Outcome::default() };
        let dead = Instant::now();
        if zombie.is_some() {
            take_over(&project);
        }
        let woken = zombie.map(|mut zombie| {
            std::thread::spawn(move || {
                std::thread::sleep(ASLEEP.saturating_sub(dead.elapsed()));
                send("CONT", &zombie.id().to_string());
                zombie.wait().unwrap().code()
            })
        });
        let mut said = String::new();
        let mut done = false;
        while !done && outcome.runs < MOST_RUNS {
            if outcome.runs > 0 {
                self.proxy.faults(0, Shares::default());
            }
            let again = project.run(APPLY);
            outcome.runs += 1;
            if outcome.locked.is_zero() && again.code != Some(4) {
                outcome.locked = dead.elapsed();
            }
            done = again.code == Some(0);
            said.push_str(&format!("{:?}\n{}{}\n", again.code, again.out, again.err));
        }
        self.proxy.faults(0, Shares::default());
        if let Some(woken) = woken {
            let code = woken.join().unwrap();
            said.push_str(&format!("woken up, it ends with {code:?}\n"));
            // It had finished before it was stopped, or it finds out.
            if ![Some(4), Some(0), Some(1)].contains(&code) {
                outcome.wrong = Some(said);
                return Some(outcome);
            }
        }
        let plan = project.run("plan --detailed-exitcode");
        let found = self.count();
        let kept = self.form("ec2", "Action=DescribeAddresses&Version=2016-11-15").contains(&foreign);
        outcome.created = self.proxy.ledger().made.len();
        outcome.faults.clone_from(&self.proxy.ledger().faults);
        if !done || plan.code != Some(0) || found != expected() || !kept {
            let end = format!("plan {:?}\n{}{}\n{found:?}, kept {kept}", plan.code, plan.out, plan.err);
            outcome.wrong = Some(format!("{said}{end}"));
        }
        Some(outcome)
    }

    /// Sends what a kill sends; a stopped process is given back, alive.
    fn signal(&mut self, mut child: Child, how: How, moment: Duration) -> Option<Option<Child>> {
        std::thread::sleep(moment);
        if child.try_wait().unwrap().is_some() {
            return None;
        }
        let id = child.id();
        match how {
            How::Stopped => {
                send("STOP", &id.to_string());
                return Some(Some(child));
            }
            How::Group => send("KILL", &format!("-{id}")),
            How::Process | How::Failpoint => child.kill().unwrap(),
        }
        child.wait().unwrap().code().is_none().then_some(None)
    }

    /// A named place, and how many times it is reached before.
    fn place(&mut self) -> String {
        let often = [Failpoint::BeforeSend, Failpoint::AfterSend, Failpoint::BeforeAppend, Failpoint::MidAppend]
            .into_iter()
            .chain([Failpoint::BeforeSync, Failpoint::AfterAppend, Failpoint::AfterIdentity]);
        let often: Vec<Failpoint> = often.collect();
        let pick = (self.number() * Failpoint::ALL.len() as f64) as usize;
        let point = Failpoint::ALL[pick];
        let times = if often.contains(&point) { 1 + (self.number() * 14.0) as usize } else { 1 };
        format!("{}:{times}", point.name())
    }
}

const APPLY: &str = "apply --yes --parallelism 4";

fn at(moto: &Emulator) -> SocketAddr {
    moto.url().trim_start_matches("http://").parse().unwrap()
}

fn send(signal: &str, to: &str) {
    // It may have ended by itself in this moment.
    let _ = Command::new("kill").args([&format!("-{signal}"), "--", to]).stderr(Stdio::null()).status().unwrap();
}

/// Takes the state from the process that stands still, as `cairn unlock` does.
fn take_over(project: &Project) {
    let state = project.path().join(".cairn/killed/default");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = LocalStore::new(&state);
        store.take_over("somebody with patience at an end").unwrap();
        store.release().await.unwrap();
    });
}

fn number_of(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn killed_at_any_moment_the_next_run_finishes_alone() {
    let kills = u32::try_from(number_of("CAIRN_KILLS", u64::from(KILLS))).unwrap();
    let seed = number_of("CAIRN_KILL_SEED", 20_261_121);
    let next = AtomicU32::new(0);
    let begun = Instant::now();
    let outcomes: Vec<(u32, How, Outcome)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2)
            .map(|worker| {
                let next = &next;
                scope.spawn(move || {
                    let mut cloud = Cloud::new(seed.wrapping_add(worker));
                    let whole = cloud.undisturbed();
                    let mut outcomes = Vec::new();
                    loop {
                        let kill = next.fetch_add(1, Ordering::SeqCst);
                        if kill >= kills {
                            return outcomes;
                        }
                        let how = How::of(kill);
                        let mut tries = (0..12).filter_map(|again| {
                            cloud.kill(how, seed.wrapping_add(u64::from(kill) * 100 + again), whole)
                        });
                        let outcome = tries.next().expect("the applies end before they are killed");
                        outcomes.push((kill, how, outcome));
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let size: usize = expected().values().sum();
    let table = table(&outcomes, size);
    println!("{table}\n{kills} kills from seed {seed} in {} s", begun.elapsed().as_secs());
    let wrong: Vec<String> = outcomes
        .iter()
        .filter_map(|(kill, how, outcome)| Some(format!("kill {kill}, {how:?}: {}", outcome.wrong.as_ref()?)))
        .collect();
    assert!(wrong.is_empty(), "{} of {kills}\n{}\n{table}", wrong.len(), wrong.join("\n\n"));
    let middle = outcomes.iter().filter(|(_, _, outcome)| outcome.made > 0).count();
    assert!(middle * 3 >= outcomes.len(), "the kills miss the applies\n{table}");
    let slowest = outcomes.iter().map(|(_, _, outcome)| outcome.locked).max().unwrap_or_default();
    assert!(slowest < Duration::from_secs(90), "{slowest:?}\n{table}");
}

fn table(outcomes: &[(u32, How, Outcome)], size: usize) -> String {
    let mut text = String::from(
        "| ended by | kills | in the middle | runs afterwards, most | lock held, longest | made beyond the 17, undone again | wrong in the end |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for (how, words) in [
        (How::Process, "SIGKILL of the process"),
        (How::Group, "SIGKILL of the process group"),
        (How::Failpoint, "abort at a named place"),
        (How::Stopped, "SIGSTOP for 30 s, takeover, SIGCONT"),
    ] {
        let these: Vec<&Outcome> = outcomes.iter().filter(|(_, by, _)| *by == how).map(|(_, _, it)| it).collect();
        let middle = these.iter().filter(|outcome| outcome.made > 0).count();
        let runs = these.iter().map(|outcome| outcome.runs).max().unwrap_or(0);
        let locked = these.iter().map(|outcome| outcome.locked).max().unwrap_or_default();
        let beyond: usize = these.iter().map(|outcome| outcome.created.saturating_sub(size)).sum();
        let wrong = these.iter().filter(|outcome| outcome.wrong.is_some()).count();
        text.push_str(&format!(
            "| {words} | {} | {middle} | {runs} | {:.1} s | {beyond} | {wrong} |\n",
            these.len(),
            locked.as_secs_f64()
        ));
    }
    let mut faults = BTreeMap::<&str, usize>::new();
    for (_, _, outcome) in outcomes {
        outcome.faults.iter().for_each(|(name, count)| *faults.entry(name).or_default() += count);
    }
    text.push_str(&format!("\nwhat the network did: {faults:?}\n"));
    text
}
