//! Devices that container engines and hypervisors make by the hundred, one for each container or machine, and the
//! bridges that they hang on. Unless asked for they are not told: their traffic is told once more by the device that it
//! leaves the host through.

/// How such devices are called.
const NOISE: &[&str] = &[
    "cali",
    "cilium",
    "cni",
    "docker",
    "flannel",
    "kube",
    "lxc",
    "lxdbr",
    "nodelocaldns",
    "podman",
    "veth",
    "virbr",
    "vmnet",
    "vnet",
    "weave",
];

/// Whether a device is called as those are. Loopback, bonds, VLANs, tunnels and bridges that people make are not.
pub fn is_noise(device: &str) -> bool {
    NOISE.iter().any(|prefix| device.starts_with(prefix))
        || device.strip_prefix("br-").is_some_and(is_network_of_docker)
        // `tap0` is a person's, `tap1a2b3c4d-5e` a machine's.
        || device.strip_prefix("tap").is_some_and(|rest| rest.contains('-'))
}

/// `br-` is followed by the first twelve digits of the network's identifier.
fn is_network_of_docker(rest: &str) -> bool {
    rest.len() == 12 && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
