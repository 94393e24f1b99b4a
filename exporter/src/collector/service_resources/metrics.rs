//! The metrics of `service_resources`.

use crate::metric::Metric;

pub(super) const METRICS: &[&Metric] = &[
    &CPU,
    &CPU_PERIODS,
    &CPU_THROTTLED_PERIODS,
    &CPU_THROTTLED,
    &MEMORY,
    &MEMORY_PEAK,
    &MEMORY_SWAP,
    &MEMORY_ANON,
    &MEMORY_FILE,
    &OOM_KILLS,
    &IO_READ_BYTES,
    &IO_WRITTEN_BYTES,
    &IO_READS,
    &IO_WRITES,
    &CPU_WAITING,
    &CPU_STALLED,
    &MEMORY_WAITING,
    &MEMORY_STALLED,
    &IO_WAITING,
    &IO_STALLED,
    &TASKS,
    &TASKS_MAX,
    &OPEN_FILES,
    &SUB_STATE,
    &LAST_RESULT,
    &LAST_EXIT_CODE,
    &LAST_EXIT_SIGNAL,
    &NEXT_RUN,
];

const NAME: &[&str] = &["name"];

pub(super) static CPU: Metric = Metric::counter(
    "prunelle_service_cpu_seconds_total",
    "CPU time of the service since its start, by mode (cgroup: cpu.stat; version 1: cpuacct.stat).",
)
.labels(&["name", "mode"]);

pub(super) static CPU_PERIODS: Metric = Metric::counter(
    "prunelle_service_cpu_periods_total",
    "Periods of its CPU quota in which the service ran; absent while it never had one (cgroup: cpu.stat).",
)
.labels(NAME);

pub(super) static CPU_THROTTLED_PERIODS: Metric = Metric::counter(
    "prunelle_service_cpu_throttled_periods_total",
    "Periods in which the service used up its CPU quota (cgroup: cpu.stat).",
)
.labels(NAME);

pub(super) static CPU_THROTTLED: Metric = Metric::counter(
    "prunelle_service_cpu_throttled_seconds_total",
    "Time for which tasks of the service were held back by its CPU quota (cgroup: cpu.stat).",
)
.labels(NAME);

pub(super) static MEMORY: Metric = Metric::gauge(
    "prunelle_service_memory_bytes",
    "Memory of the service, page cache included (cgroup: memory.current; version 1: memory.usage_in_bytes).",
)
.labels(NAME);

pub(super) static MEMORY_PEAK: Metric = Metric::gauge(
    "prunelle_service_memory_peak_bytes",
    "The most memory the service has had since its start (cgroup: memory.peak; version 1: memory.max_usage_in_bytes).",
)
.labels(NAME);

pub(super) static MEMORY_SWAP: Metric = Metric::gauge(
    "prunelle_service_memory_swap_bytes",
    "Swap of the service (cgroup: memory.swap.current; version 1: memory.stat).",
)
.labels(NAME);

pub(super) static MEMORY_ANON: Metric = Metric::gauge(
    "prunelle_service_memory_anon_bytes",
    "Memory of the service that no file stands behind: heap and stacks (cgroup: memory.stat).",
)
.labels(NAME);

pub(super) static MEMORY_FILE: Metric = Metric::gauge(
    "prunelle_service_memory_file_bytes",
    "Page cache of the service, shared memory included (cgroup: memory.stat).",
)
.labels(NAME);

pub(super) static OOM_KILLS: Metric = Metric::counter(
    "prunelle_service_oom_kills_total",
    "Processes of the service that the kernel killed for want of memory (cgroup: memory.events; version 1: memory.oom_control).",
)
.labels(NAME);

pub(super) static IO_READ_BYTES: Metric = Metric::counter(
    "prunelle_service_io_read_bytes_total",
    "Bytes that the service read from all block devices (cgroup: io.stat; version 1: blkio.throttle).",
)
.labels(NAME);

pub(super) static IO_WRITTEN_BYTES: Metric = Metric::counter(
    "prunelle_service_io_written_bytes_total",
    "Bytes that the service wrote to all block devices (cgroup: io.stat; version 1: blkio.throttle).",
)
.labels(NAME);

pub(super) static IO_READS: Metric = Metric::counter(
    "prunelle_service_io_reads_total",
    "Reads of the service from all block devices (cgroup: io.stat; version 1: blkio.throttle).",
)
.labels(NAME);

pub(super) static IO_WRITES: Metric = Metric::counter(
    "prunelle_service_io_writes_total",
    "Writes of the service to all block devices (cgroup: io.stat; version 1: blkio.throttle).",
)
.labels(NAME);

pub(super) static CPU_WAITING: Metric = Metric::counter(
    "prunelle_service_pressure_cpu_waiting_seconds_total",
    "Time in which some task of the service waited for a CPU (cgroup: cpu.pressure).",
)
.labels(NAME);

pub(super) static CPU_STALLED: Metric = Metric::counter(
    "prunelle_service_pressure_cpu_stalled_seconds_total",
    "Time in which all tasks of the service waited for a CPU (cgroup: cpu.pressure).",
)
.labels(NAME);

pub(super) static MEMORY_WAITING: Metric = Metric::counter(
    "prunelle_service_pressure_memory_waiting_seconds_total",
    "Time in which some task of the service waited for memory (cgroup: memory.pressure).",
)
.labels(NAME);

pub(super) static MEMORY_STALLED: Metric = Metric::counter(
    "prunelle_service_pressure_memory_stalled_seconds_total",
    "Time in which all tasks of the service waited for memory (cgroup: memory.pressure).",
)
.labels(NAME);

pub(super) static IO_WAITING: Metric = Metric::counter(
    "prunelle_service_pressure_io_waiting_seconds_total",
    "Time in which some task of the service waited for I/O (cgroup: io.pressure).",
)
.labels(NAME);

pub(super) static IO_STALLED: Metric = Metric::counter(
    "prunelle_service_pressure_io_stalled_seconds_total",
    "Time in which all tasks of the service waited for I/O (cgroup: io.pressure).",
)
.labels(NAME);

pub(super) static TASKS: Metric = Metric::gauge(
    "prunelle_service_tasks",
    "Processes and threads of the service (cgroup: pids.current).",
)
.labels(NAME);

pub(super) static TASKS_MAX: Metric = Metric::gauge(
    "prunelle_service_tasks_max",
    "How many processes and threads the service may have; absent without a limit (D-Bus: TasksMax).",
)
.labels(NAME);

pub(super) static OPEN_FILES: Metric = Metric::gauge(
    "prunelle_service_open_files",
    "Files that the processes of the service had open when processes were sampled last, every MONITORING_INTERVAL; absent where that may not be counted (/proc/<pid>/fd).",
)
.labels(NAME);

pub(super) static SUB_STATE: Metric = Metric::gauge(
    "prunelle_service_sub_state",
    "1 for the state in which the service is, as its type of unit has them; any that is not known reads other (D-Bus: SubState).",
)
.labels(&["name", "state"]);

pub(super) static LAST_RESULT: Metric = Metric::gauge(
    "prunelle_service_last_result",
    "1 for how the last run of the service ended, success while it has not; any that is not known reads other (D-Bus: Result).",
)
.labels(&["name", "result"]);

pub(super) static LAST_EXIT_CODE: Metric = Metric::gauge(
    "prunelle_service_last_exit_code",
    "With what its main process exited last; absent while one runs, and when it was killed (D-Bus: ExecMainStatus).",
)
.labels(NAME);

pub(super) static LAST_EXIT_SIGNAL: Metric = Metric::gauge(
    "prunelle_service_last_exit_signal",
    "The signal that killed its main process last; absent while one runs, and when it exited (D-Bus: ExecMainStatus).",
)
.labels(NAME);

pub(super) static NEXT_RUN: Metric = Metric::gauge(
    "prunelle_service_next_run_timestamp_seconds",
    "When the first of the timers that start the service elapses next (D-Bus: NextElapseUSecRealtime, NextElapseUSecMonotonic).",
)
.labels(NAME);
