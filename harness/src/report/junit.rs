//! Results as JUnit XML, for continuous integration.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Conclusion, Judged, side_by_side};

/// How many characters the lines of a case's description have at most, where that is possible.
const WIDTH: usize = 110;

/// The result of `seqcheck check`: one suite for each server, one case for each divergence, and one for the campaign.
///
/// # Errors
///
/// When the text cannot be written as XML.
pub fn check(judged: &[Judged]) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("seqcheck");
    for one in judged {
        let mut suite = TestSuite::new(one.name());
        for (index, finding) in one.summary.findings.iter().enumerate() {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let (model, server) = (finding.model.as_ref(), finding.server.as_ref());
            let text = side_by_side::observed("model", model, server, WIDTH).join("\n");
            status.set_message(finding.sentence());
            status.set_description(format!("{}\n\n{text}\n\nreproduce: {}", finding.trace, one.reproduce(index)));
            suite.add_test_case(TestCase::new(finding.key(), status));
        }
        let status = match &one.summary.infrastructure {
            Some(reason) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message(reason.clone());
                status
            }
            None if one.conclusion() == Conclusion::NothingCompared => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message("nothing was compared: no step was run on both sides");
                status
            }
            None => TestCaseStatus::success(),
        };
        let mut case = TestCase::new(
            format!(
                "{}{} corpus traces, {} generated traces, {} with crashes",
                one.basis().map_or(String::new(), |basis| format!("{basis}: ")),
                one.summary.corpus,
                one.summary.generated,
                one.summary.crashing
            ),
            status,
        );
        case.set_time(one.summary.elapsed);
        suite.add_test_case(case);
        report.add_test_suite(suite);
    }
    report.to_string()
}
