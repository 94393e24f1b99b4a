//! The remedies, one file each: plan, apply, identify after a crash.
