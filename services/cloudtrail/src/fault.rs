//! CloudTrail's errors: the codes are those of its model, and all of them are 400.

/// What CloudTrail answers when it is not the gate that refuses:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html#API_LookupEvents_Errors>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    LookupAttributes(&'static str),
    TimeRange,
    MaxResults(i64),
    NextToken,
    /// Commits kept conflicting.
    Conflict,
}

impl kernel::Fault for Fault {
    fn code(&self) -> &'static str {
        match self {
            Self::LookupAttributes(_) => "InvalidLookupAttributesException",
            Self::TimeRange => "InvalidTimeRangeException",
            Self::MaxResults(_) => "InvalidMaxResultsException",
            Self::NextToken => "InvalidNextTokenException",
            Self::Conflict => "ConflictException",
        }
    }

    fn status(&self) -> u16 {
        400
    }

    fn text(&self) -> String {
        match self {
            Self::LookupAttributes(text) => (*text).to_owned(),
            Self::TimeRange => "StartTime must not be after EndTime.".to_owned(),
            Self::MaxResults(number) => format!("MaxResults must be from 1 to 50, and is {number}."),
            Self::NextToken => "NextToken is not valid, or was given for a request with other parameters.".to_owned(),
            Self::Conflict => "The request conflicts with another one. You can retry the request.".to_owned(),
        }
    }

    fn conflict() -> Self {
        Self::Conflict
    }
}
