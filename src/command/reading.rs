//! What the commands that read a tree share: the request, a progress bar, statistics.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nhiscan::Statistics;
use nhiscan::cli::ReadArgs;
use nhiscan::cli::request::{Progress, Request};
use nhiscan::error::Error;

use super::say;

/// The request behind `read`, with the key of this run.
pub(crate) fn request(read: ReadArgs) -> Result<Request, Error> {
    let mut request = read.request();
    request.key = key()?;
    Ok(request)
}

/// The key that value fingerprints are made with: from `NHISCAN_KEY`, else random, so that outputs of
/// two runs cannot be compared by anyone who does not hold it.
pub(crate) fn key() -> Result<[u8; 32], Error> {
    if let Some(given) = std::env::var_os("NHISCAN_KEY").filter(|k| !k.is_empty()) {
        return Ok(blake3::derive_key("nhiscan value fingerprint key v1", given.as_encoded_bytes()));
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|e| Error::Usage {
        what: format!("the system gives no random numbers: {e}"),
        step: "set NHISCAN_KEY to a long random text".into(),
    })?;
    Ok(key)
}

/// Runs `work` with a progress bar on standard error, when that is a terminal and `shown`.
pub(crate) fn with_progress<T>(progress: &Progress, shown: bool, work: impl FnOnce() -> T + Send) -> T
where
    T: Send,
{
    let target = if shown { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    if bar.is_hidden() {
        return work();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} files").expect("the template is well formed");
    bar.set_style(style);
    std::thread::scope(|scope| {
        let working = scope.spawn(work);
        while !working.is_finished() {
            let (done, known) = progress.counts();
            bar.set_length(known);
            bar.set_position(done);
            std::thread::sleep(Duration::from_millis(50));
        }
        bar.finish_and_clear();
        working.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// What was read and where the time went, on standard error.
pub(crate) fn statistics(statistics: &Statistics) {
    let cost = &statistics.cost;
    let lines = [
        ("files", format!("{} text, {} binary", cost.files, cost.binary)),
        ("read", megabytes(cost.read)),
        ("admitted", format!("{} ({})", megabytes(cost.admitted), share(cost.admitted, cost.read))),
        ("parsed", format!("{} ({})", megabytes(cost.parsed), share(cost.parsed, cost.read))),
        ("walk", milliseconds(statistics.walking)),
        ("read and decode", format!("{} over all threads", milliseconds(cost.reading))),
        ("match", format!("{} over all threads", milliseconds(cost.matching))),
        ("parse and extract", format!("{} over all threads", milliseconds(cost.extracting))),
        ("link", milliseconds(statistics.linking)),
        ("judge", milliseconds(statistics.judging)),
    ];
    say::stderr(lines.iter().map(|(what, value)| format!("{what:>18}  {value}")));
}

fn megabytes(bytes: u64) -> String {
    let thousandths = bytes / 1000;
    format!("{}.{:03} MB", thousandths / 1000, thousandths % 1000)
}

fn share(part: u64, whole: u64) -> String {
    let tenths = part.saturating_mul(1000).checked_div(whole).unwrap_or(0);
    format!("{}.{} % of what was read", tenths / 10, tenths % 10)
}

fn milliseconds(time: Duration) -> String {
    let tenths = time.as_micros() / 100;
    format!("{}.{} ms", tenths / 10, tenths % 10)
}
