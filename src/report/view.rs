//! Which findings a format shows, and a count of those that it does not.

use std::collections::BTreeMap;

use super::Format;
use crate::finding::{Confidence, Finding, Level};

/// What the user wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// This level and above.
    pub level: Level,
    /// This confidence and above.
    pub confidence: Confidence,
}

/// Findings that are not shown, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldBack {
    /// Below the level shown, by level.
    pub below_level: BTreeMap<Level, usize>,
    /// Below the confidence shown.
    pub below_confidence: usize,
    /// Suppressed in the source or by configuration, with a reason.
    pub suppressed: usize,
    /// Known to the baseline.
    pub baseline: usize,
}

impl HeldBack {
    /// Whether everything is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The reason that findings known to the baseline carry.
pub(super) use crate::finding::baseline::REASON as BASELINE;

impl View {
    /// The view of `format` under what was typed: text and markdown show warnings and above (and
    /// whatever fails the run), machine formats everything.
    #[must_use]
    pub fn new(format: Format, level: Option<Level>, confidence: Option<Confidence>, fail_on: Option<Level>) -> Self {
        let by_format = match format {
            Format::Text | Format::Markdown => Level::Warning.min(fail_on.unwrap_or(Level::Error)),
            Format::Json | Format::Sarif => Level::Note,
        };
        Self { level: level.unwrap_or(by_format), confidence: confidence.unwrap_or(Confidence::Low) }
    }

    /// The findings of this view, and what is held back.
    #[must_use]
    pub fn of(self, findings: &[Finding]) -> (Vec<&Finding>, HeldBack) {
        let mut held = HeldBack::default();
        let shown = findings.iter().filter(|finding| self.shows(finding, &mut held)).collect();
        (shown, held)
    }

    fn shows(self, finding: &Finding, held: &mut HeldBack) -> bool {
        match finding.suppressed {
            Some(reason) if reason == BASELINE => held.baseline += 1,
            Some(_) => held.suppressed += 1,
            None if finding.confidence < self.confidence => held.below_confidence += 1,
            None if finding.level < self.level => *held.below_level.entry(finding.level).or_default() += 1,
            None => return true,
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::RULES;
    use crate::facts::Place;
    use crate::finding::Draft;
    use crate::finding::complete::complete;

    #[test]
    fn what_is_less_sure_than_asked_for_is_held_back_and_counted() {
        let hint = Draft { confidence: Some(Confidence::Low), ..Draft::new(Place::default(), "perhaps") };
        let findings = complete(&RULES[0], vec![hint], &|_| None);
        let view = |confidence| View::new(Format::Json, None, Some(confidence), None).of(&findings);
        assert_eq!(view(Confidence::Low).0.len(), 1);
        let (shown, held) = view(Confidence::Medium);
        assert_eq!((shown.len(), held.below_confidence), (0, 1));
    }

    #[test]
    fn text_shows_warnings_and_whatever_fails_the_run() {
        let level = |format, asked, fail| View::new(format, asked, None, fail).level;
        assert_eq!(level(Format::Text, None, Some(Level::Error)), Level::Warning);
        assert_eq!(level(Format::Text, None, Some(Level::Note)), Level::Note);
        assert_eq!(level(Format::Sarif, None, Some(Level::Error)), Level::Note);
        assert_eq!(level(Format::Sarif, Some(Level::Warning), None), Level::Warning);
    }
}
