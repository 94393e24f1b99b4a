//! What every sandbox's manager has before the caller's units: a few targets and the bus.

/// Unit files, by name. The manager sees no unit of the host.
pub(super) const UNITS: [(&str, &str); 6] = [
    (
        "default.target",
        "[Unit]\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n",
    ),
    (
        "basic.target",
        "[Unit]\nWants=sockets.target dbus.service\nAfter=sockets.target\n",
    ),
    ("sockets.target", "[Unit]\nWants=dbus.socket\n"),
    ("shutdown.target", "[Unit]\nDefaultDependencies=no\n"),
    (
        "dbus.socket",
        "[Socket]\nListenStream=%t/bus\n\n[Install]\nWantedBy=sockets.target\n",
    ),
    (
        "dbus.service",
        "[Unit]\nRequires=dbus.socket\nAfter=dbus.socket\n\n\
         [Service]\nType=notify\n\
         ExecStart=/usr/bin/dbus-daemon --config-file=${PRUNELLE_SANDBOX}/bus.conf --address=systemd: \
         --nofork --nopidfile --systemd-activation\n",
    ),
];

/// The bus: everyone in the sandbox may do everything, as root may on a system bus.
pub(super) const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC
  "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/run</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"#;
