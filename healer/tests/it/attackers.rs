//! Attackers beside the killer: processes that take another's number, change their name, program, cgroup or user, end at
//! the wrong moment, or do not want to end. A signal reaches the process that was chosen, or nobody.

mod choosing;
mod fixture;
mod killer;
mod many;
mod reuse;
