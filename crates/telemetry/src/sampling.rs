//! Which traces are recorded: every caller's word, or a share.
//!
//! Decides nothing about where they go. Reads the variables that OpenTelemetry has for it, but no environment.

use crate::context::{Parent, TraceId};
use crate::settings::SettingsError;

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

/// What the six samplers of OpenTelemetry come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sampling {
    /// Whether a caller who says so with `traceparent` decides about its own traces.
    pub(crate) follows_caller: bool,
    /// The share of all others, 0 to 1.
    pub(crate) ratio: f64,
}

impl Sampling {
    /// What the operator's `ratio` says, else what the variables do; everything where nobody says anything.
    pub(crate) fn from(
        ratio: Option<f64>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        if let Some(ratio) = ratio {
            let ratio =
                share(ratio).map_err(|problem| SettingsError { name: "sample_ratio", problem })?;
            return Ok(Self { follows_caller: true, ratio });
        }
        let Some(name) = variable(SAMPLER) else {
            return Ok(Self { follows_caller: true, ratio: 1.0 });
        };
        let name = name.trim().to_ascii_lowercase();
        let own = name.strip_prefix("parentbased_");
        let ratio = match own.unwrap_or(&name) {
            "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => variable(ARGUMENT).map_or(Ok(1.0), |text| {
                let number = text.trim().parse().map_err(|_| NO_NUMBER.to_owned());
                number.and_then(share).map_err(|problem| SettingsError { name: ARGUMENT, problem })
            })?,
            _ => return Err(SettingsError { name: SAMPLER, problem: UNKNOWN.to_owned() }),
        };
        Ok(Self { follows_caller: own.is_some(), ratio })
    }

    /// Whether a trace is recorded that begins here, or comes from `caller`.
    pub(crate) fn takes(self, trace: TraceId, caller: Option<Parent>) -> bool {
        match caller {
            Some(caller) if self.follows_caller => caller.sampled,
            _ => trace.is_within(self.ratio),
        }
    }
}

const NO_NUMBER: &str = "is no number; write one from 0 to 1, such as 0.1";
const UNKNOWN: &str = "is no sampler that is known here; write always_on, always_off or traceidratio, or one of \
                       them behind `parentbased_` to let callers decide about their own traces, or set the share \
                       in the configuration";

fn share(ratio: f64) -> Result<f64, String> {
    if (0.0..=1.0).contains(&ratio) {
        return Ok(ratio);
    }
    Err(format!("{ratio} is no share; write a number from 0 to 1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::SpanId;

    fn read(ratio: Option<f64>, variables: &[(&str, &str)]) -> Result<Sampling, SettingsError> {
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        Sampling::from(ratio, value)
    }

    #[test]
    fn the_six_samplers_of_opentelemetry_are_known() {
        for (name, follows_caller, ratio) in [
            ("always_on", false, 1.0),
            ("always_off", false, 0.0),
            ("traceidratio", false, 0.25),
            ("parentbased_always_on", true, 1.0),
            ("parentbased_always_off", true, 0.0),
            ("parentbased_traceidratio", true, 0.25),
            (" ParentBased_TraceIdRatio ", true, 0.25),
        ] {
            let found = read(None, &[(SAMPLER, name), (ARGUMENT, " 0.25 ")]);
            assert_eq!(found, Ok(Sampling { follows_caller, ratio }), "{name}");
        }
        let everything = Ok(Sampling { follows_caller: true, ratio: 1.0 });
        assert_eq!(read(None, &[]), everything);
        assert_eq!(read(None, &[(ARGUMENT, "0.25")]), everything, "it belongs to a sampler");
        assert_eq!(read(None, &[(SAMPLER, "parentbased_traceidratio")]), everything);
    }

    #[test]
    fn what_the_operator_wrote_goes_before_the_sampler() {
        let off = [(SAMPLER, "always_off")];
        assert_eq!(read(Some(0.5), &off), Ok(Sampling { follows_caller: true, ratio: 0.5 }));
        assert!(read(Some(1.0), &[(SAMPLER, "jaeger_remote")]).is_ok(), "it does not count");
    }

    #[test]
    fn what_is_no_sampler_or_no_share_is_named() {
        for name in ["jaeger_remote", "parentbased_", "always", "parentbased_parentbased_always_on"]
        {
            assert_eq!(read(None, &[(SAMPLER, name)]).unwrap_err().name, SAMPLER, "{name}");
        }
        for share in ["half", "1.5", "-0.1", "NaN", "inf", "1,0"] {
            let variables = [(SAMPLER, "traceidratio"), (ARGUMENT, share)];
            assert_eq!(read(None, &variables).unwrap_err().name, ARGUMENT, "{share}");
            // Nobody reads it then.
            assert!(read(None, &[(SAMPLER, "always_on"), (ARGUMENT, share)]).is_ok());
        }
        for ratio in [-0.1, 1.1, f64::NAN] {
            assert_eq!(read(Some(ratio), &[]).unwrap_err().name, "sample_ratio");
        }
    }

    #[test]
    fn a_caller_decides_where_it_is_followed_and_nowhere_else() {
        let trace = TraceId([1; 16]);
        let caller = |sampled| Some(Parent { trace, span: SpanId([1; 8]), sampled });
        for (follows_caller, ratio, taken) in [
            (true, 1.0, [true, true, false]),
            (true, 0.0, [false, true, false]),
            (false, 1.0, [true; 3]),
            (false, 0.0, [false; 3]),
        ] {
            let sampling = Sampling { follows_caller, ratio };
            let found =
                [None, caller(true), caller(false)].map(|caller| sampling.takes(trace, caller));
            assert_eq!(found, taken, "{sampling:?}");
        }
    }
}
