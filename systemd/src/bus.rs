//! The calls: one method for each thing that is asked of the bus or of systemd. No policy, no retry.
//!
//! Calls go to systemd's unique name, so that the bus never tries to start a systemd that is not there. Properties are
//! read by plain calls and never cached.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{try_join, try_join_all, try_join3};
use serde::Serialize;
use tokio::sync::Semaphore;
use zbus::message::{Message, Sequence};
use zbus::names::OwnedUniqueName;
use zbus::{Connection, DynamicType, MessageStream, OwnedVariant, Variant};

use crate::inventory::{ManagerState, SocketState};
use crate::job::{Job, Verb};
use crate::properties::{Properties, control_group, unit_names};
use crate::request::Property;
use crate::scope::Scope;
use crate::unit::{ActiveState, LoadState, UnitName};

pub(crate) const SYSTEMD: &str = "org.freedesktop.systemd1";
pub(crate) const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
pub(crate) const MANAGER: &str = "org.freedesktop.systemd1.Manager";
pub(crate) const UNIT: &str = "org.freedesktop.systemd1.Unit";
pub(crate) const SERVICE: &str = "org.freedesktop.systemd1.Service";
pub(crate) const TIMER: &str = "org.freedesktop.systemd1.Timer";
const SOCKET: &str = "org.freedesktop.systemd1.Socket";
const JOB: &str = "org.freedesktop.systemd1.Job";
pub(crate) const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
pub(crate) const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";
const PEER: &str = "org.freedesktop.DBus.Peer";

/// How many calls may wait for their answers at a time. The bus refuses a connection more than 128
/// (`max_replies_per_connection`).
const CALLS_AT_ONCE: usize = 64;

/// A connection to the bus on which systemd was found.
#[derive(Clone, Debug)]
pub(crate) struct Bus {
    connection: Connection,
    systemd: OwnedUniqueName,
    calls: Arc<Semaphore>,
}

/// A row of `ListUnits`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: UnitName,
    pub(crate) load: LoadState,
    pub(crate) active: ActiveState,
    pub(crate) sub: Arc<str>,
}

/// How to connect.
#[derive(Clone, Debug)]
pub(crate) struct ConnectOptions {
    /// The system bus when none.
    pub(crate) address: Option<String>,
    pub(crate) call: Duration,
    pub(crate) queue: NonZeroUsize,
}

impl Bus {
    /// Connects, asks for all signals that are needed, and finds systemd: in this order, so that no signal is missed.
    /// None while systemd is not on the bus.
    pub(crate) async fn connect(
        options: &ConnectOptions,
    ) -> zbus::Result<Option<(Self, MessageStream)>> {
        let builder = match &options.address {
            Some(address) => zbus::connection::Builder::address(address.as_str()),
            None => zbus::connection::Builder::system(),
        };
        let connection = builder
            .method_timeout(options.call)
            .max_queued(options.queue)
            .build()
            .await?;
        let signals = MessageStream::from(&connection);
        try_join_all(
            match_rules()
                .iter()
                .map(|rule| add_match(&connection, rule)),
        )
        .await?;
        let owner = connection
            .call_method(Some(BUS), BUS_PATH, Some(BUS), "GetNameOwner", &SYSTEMD)
            .await;
        match owner {
            Ok(reply) => {
                let systemd = reply.body().deserialize()?;
                Ok(Some((
                    Self {
                        connection,
                        systemd,
                        calls: Arc::new(Semaphore::new(CALLS_AT_ONCE)),
                    },
                    signals,
                )))
            }
            Err(zbus::Error::FDO(error))
                if matches!(*error, zbus::fdo::Error::NameHasNoOwner(_)) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// systemd's unique name on the bus.
    pub(crate) fn systemd(&self) -> &OwnedUniqueName {
        &self.systemd
    }

    /// When this systemd had started, in microseconds; tells one systemd from another, also across its re-execution.
    pub(crate) async fn manager_started(&self) -> zbus::Result<u64> {
        let (value, _) = self
            .property(MANAGER_PATH, MANAGER, "UserspaceTimestamp")
            .await?;
        value.try_into()
    }

    /// Makes systemd send signals to the bus, for as long as this connection lives.
    pub(crate) async fn subscribe(&self) -> zbus::Result<()> {
        match self.manager("Subscribe", &()).await {
            Err(zbus::Error::MethodError(name, ..))
                if name.as_str() == "org.freedesktop.systemd1.AlreadySubscribed" =>
            {
                Ok(())
            }
            reply => reply.map(drop),
        }
    }

    /// The lightest question there is; any answer will do. Waits behind no other call. Tells where the answer came.
    pub(crate) async fn ping(&self) -> zbus::Result<Sequence> {
        self.connection
            .call_method(Some(&self.systemd), MANAGER_PATH, Some(PEER), "Ping", &())
            .await
            .map(|reply| reply.recv_position())
    }

    /// All loaded units.
    pub(crate) async fn list_units(&self) -> zbus::Result<(Vec<Listed>, Sequence)> {
        let reply = self.manager("ListUnits", &()).await?;
        Ok((rows(&reply)?, reply.recv_position()))
    }

    /// Those of these units that are loaded. Loads none: systemd takes the names as patterns, in which nothing that a
    /// name may hold has a meaning.
    pub(crate) async fn list_loaded(
        &self,
        units: &[UnitName],
    ) -> zbus::Result<(Vec<Listed>, Sequence)> {
        let states: [&str; 0] = [];
        let names: Vec<&str> = units.iter().map(UnitName::as_str).collect();
        let reply = self
            .manager("ListUnitsByPatterns", &(&states[..], &names[..]))
            .await?;
        Ok((rows(&reply)?, reply.recv_position()))
    }

    /// What systemd tells of itself.
    pub(crate) async fn manager_state(&self) -> zbus::Result<ManagerState> {
        let read = async |property| -> zbus::Result<String> {
            let (value, _) = self.property(MANAGER_PATH, MANAGER, property).await?;
            value.try_into()
        };
        let (version, virtualization, system_state) =
            try_join3(read("Version"), read("Virtualization"), self.system_state()).await?;
        Ok(ManagerState {
            version,
            virtualization,
            system_state,
        })
    }

    /// The state of the whole system: `running`, `degraded` …
    pub(crate) async fn system_state(&self) -> zbus::Result<String> {
        let (value, _) = self.property(MANAGER_PATH, MANAGER, "SystemState").await?;
        value.try_into()
    }

    /// The counters of a socket.
    pub(crate) async fn socket_state(&self, unit: &UnitName) -> zbus::Result<SocketState> {
        let read = async |property| -> zbus::Result<u32> {
            let (value, _) = self.unit_property(unit, SOCKET, property).await?;
            value.try_into()
        };
        let (accepted, connections) = try_join(read("NAccepted"), read("NConnections")).await?;
        Ok(SocketState {
            accepted,
            connections,
            refused: read("NRefused").await.ok(),
        })
    }

    /// Names of all unit files that are enabled; templates are none.
    pub(crate) async fn enabled_units(&self) -> zbus::Result<Vec<UnitName>> {
        let states = ["enabled", "enabled-runtime"];
        let patterns: [&str; 0] = [];
        let reply = self
            .manager("ListUnitFilesByPatterns", &(&states[..], &patterns[..]))
            .await?;
        let body = reply.body();
        let files: Vec<(&str, &str)> = body.deserialize()?;
        let names = files.iter().filter_map(|(path, _)| path.rsplit('/').next());
        Ok(names.filter_map(|name| name.parse().ok()).collect())
    }

    /// All properties of a unit: no name of an interface means all interfaces to systemd (`systemctl show` relies on it).
    /// One call, because each may load the unit, which is unloaded again right after.
    pub(crate) async fn unit_properties(&self, unit: &UnitName) -> zbus::Result<Message> {
        self.call(&unit.object_path(), PROPERTIES, "GetAll", &"")
            .await
    }

    /// One property of a unit.
    pub(crate) async fn unit_property(
        &self,
        unit: &UnitName,
        interface: &str,
        property: &str,
    ) -> zbus::Result<(OwnedVariant, Sequence)> {
        self.property(&unit.object_path(), interface, property)
            .await
    }

    /// The units that a timer, socket or path starts.
    pub(crate) async fn triggers(&self, unit: &UnitName) -> zbus::Result<Vec<UnitName>> {
        let (value, _) = self.unit_property(unit, UNIT, "Triggers").await?;
        unit_names(&value).ok_or(zbus::Error::IncorrectType)
    }

    /// Number of the job that is queued for a unit; zero means none.
    pub(crate) async fn job_of(&self, unit: &UnitName) -> zbus::Result<u32> {
        let (value, _) = self.unit_property(unit, UNIT, "Job").await?;
        let (id, _): (u32, zbus::OwnedObjectPath) = value.try_into()?;
        Ok(id)
    }

    /// Type of a job: `start`, `stop` …
    pub(crate) async fn job_kind(&self, path: &str) -> zbus::Result<String> {
        let (value, _) = self.property(path, JOB, "JobType").await?;
        value.try_into()
    }

    /// The cgroup of a service that runs; none when it has none. Would load the unit if it were not loaded.
    pub(crate) async fn control_group(&self, unit: &UnitName) -> zbus::Result<Option<String>> {
        let (value, _) = self.unit_property(unit, SERVICE, "ControlGroup").await?;
        Ok(control_group(<&str>::try_from(&value)?))
    }

    /// Queues a job.
    pub(crate) async fn queue(&self, verb: Verb, unit: &UnitName) -> zbus::Result<Job> {
        let reply = self
            .manager(verb.method(), &(unit.as_str(), verb.mode()))
            .await?;
        let body = reply.body();
        let path: zbus::ObjectPath<'_> = body.deserialize()?;
        Job::from_path(path.as_str()).ok_or(zbus::Error::InvalidReply)
    }

    /// Makes systemd forget that a unit failed.
    pub(crate) async fn reset_failed(&self, unit: &UnitName) -> zbus::Result<()> {
        self.manager("ResetFailedUnit", &unit.as_str())
            .await
            .map(drop)
    }

    /// Starts a scope; one of that name must not be there.
    pub(crate) async fn start_scope(&self, scope: &Scope) -> zbus::Result<Job> {
        let others: [(&str, Vec<(&str, Variant<'_>)>); 0] = [];
        let body = (scope.name.as_str(), "fail", scope.properties(), &others[..]);
        let reply = self.manager("StartTransientUnit", &body).await?;
        let body = reply.body();
        let path: zbus::ObjectPath<'_> = body.deserialize()?;
        Job::from_path(path.as_str()).ok_or(zbus::Error::InvalidReply)
    }

    /// Numbers out of all properties of a unit.
    pub(crate) async fn numbers(
        &self,
        unit: &UnitName,
        properties: &[Property],
    ) -> zbus::Result<Vec<Option<u64>>> {
        let reply = self.unit_properties(unit).await?;
        let body = reply.body();
        let told: Properties<'_> = body.deserialize()?;
        let number = |property: &Property| u64::try_from(told.get(property.as_str())?).ok();
        Ok(properties.iter().map(number).collect())
    }

    /// The units that a unit cannot do without.
    pub(crate) async fn requirements(&self, unit: &UnitName) -> zbus::Result<Vec<UnitName>> {
        let reply = self.unit_properties(unit).await?;
        let body = reply.body();
        let told: Properties<'_> = body.deserialize()?;
        let names = ["Requires", "Requisite", "BindsTo"].into_iter();
        Ok(names
            .filter_map(|name| unit_names(told.get(name)?))
            .flatten()
            .collect())
    }

    /// Sets numbers of a unit, for this boot.
    pub(crate) async fn set_numbers(
        &self,
        unit: &UnitName,
        values: &[(Property, u64)],
    ) -> zbus::Result<()> {
        let is_for_this_boot = true;
        let values: Vec<(&str, Variant<'_>)> = values
            .iter()
            .map(|(property, value)| (property.as_str(), Variant::from(*value)))
            .collect();
        self.manager(
            "SetUnitProperties",
            &(unit.as_str(), is_for_this_boot, values),
        )
        .await
        .map(drop)
    }

    async fn property(
        &self,
        path: &str,
        interface: &str,
        property: &str,
    ) -> zbus::Result<(OwnedVariant, Sequence)> {
        let reply = self
            .call(path, PROPERTIES, "Get", &(interface, property))
            .await?;
        Ok((reply.body().deserialize()?, reply.recv_position()))
    }

    async fn manager<B>(&self, method: &str, body: &B) -> zbus::Result<Message>
    where
        B: Serialize + DynamicType,
    {
        self.call(MANAGER_PATH, MANAGER, method, body).await
    }

    async fn call<B>(
        &self,
        path: &str,
        interface: &str,
        method: &str,
        body: &B,
    ) -> zbus::Result<Message>
    where
        B: Serialize + DynamicType,
    {
        // Never closed, so that it cannot fail.
        let _permit = self.calls.acquire().await;
        self.connection
            .call_method(Some(&self.systemd), path, Some(interface), method, body)
            .await
    }
}

/// The signals that are needed, each filtered by the bus.
fn match_rules() -> Vec<String> {
    let mut rules = Vec::new();
    for member in [
        "UnitNew",
        "UnitRemoved",
        "JobRemoved",
        "Reloading",
        "UnitFilesChanged",
    ] {
        rules.push(format!(
            "type='signal',sender='{SYSTEMD}',path='{MANAGER_PATH}',interface='{MANAGER}',member='{member}'"
        ));
    }
    for interface in [UNIT, SERVICE, TIMER] {
        rules.push(format!(
            "type='signal',sender='{SYSTEMD}',path_namespace='{MANAGER_PATH}/unit',\
             interface='{PROPERTIES}',member='PropertiesChanged',arg0='{interface}'"
        ));
    }
    rules.push(format!(
        "type='signal',sender='{BUS}',path='{BUS_PATH}',interface='{BUS}',\
         member='NameOwnerChanged',arg0='{SYSTEMD}'"
    ));
    rules
}

async fn add_match(connection: &Connection, rule: &str) -> zbus::Result<()> {
    connection
        .call_method(Some(BUS), BUS_PATH, Some(BUS), "AddMatch", &rule)
        .await
        .map(drop)
}

/// Rows of `ListUnits`. One whose name is none by our rules (there is none) would be passed over.
fn rows(reply: &Message) -> zbus::Result<Vec<Listed>> {
    type Row<'a> = (
        &'a str,
        &'a str,
        &'a str,
        &'a str,
        &'a str,
        &'a str,
        zbus::ObjectPath<'a>,
        u32,
        &'a str,
        zbus::ObjectPath<'a>,
    );
    let body = reply.body();
    let rows: Vec<Row<'_>> = body.deserialize()?;
    // There are few, and each is on many units.
    let mut subs: HashMap<&str, Arc<str>> = HashMap::new();
    Ok(rows
        .iter()
        .filter_map(|(id, _, load, active, sub, ..)| {
            Some(Listed {
                id: id.parse().ok()?,
                load: LoadState::parse(load),
                active: ActiveState::parse(active),
                sub: Arc::clone(subs.entry(sub).or_insert_with(|| Arc::from(*sub))),
            })
        })
        .collect())
}
