use super::*;

#[test]
fn what_people_make_is_no_noise() {
    for name in [
        "lo",
        "eth0",
        "enp3s0",
        "wlp3s0",
        "bond0",
        "br0",
        "br-lan",
        "br-ex",
        "eth0.100",
        "vlan7",
        "wg0",
        "tun0",
        "tap0",
        "ifb0",
        "dummy0",
        "ovs-system",
    ] {
        assert!(!is_noise(name), "{name}");
    }
}

#[test]
fn what_engines_make_is_noise() {
    for name in [
        "veth0a1b2c",
        "docker0",
        "docker_gwbridge",
        "br-0123456789ab",
        "cali0123456789a",
        "cni0",
        "flannel.1",
        "virbr0",
        "vnet12",
        "lxc1234",
        "kube-ipvs0",
        "podman1",
        "tap1a2b3c4d-5e",
    ] {
        assert!(is_noise(name), "{name}");
    }
}
