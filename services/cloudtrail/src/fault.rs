//! CloudTrail's errors: the codes are those of its model, and all of them are 400.

/// What CloudTrail answers when it is not the gate that refuses:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html#API_LookupEvents_Errors>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    LookupAttributes(&'static str),
    EventCategory,
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
            Self::EventCategory => "InvalidEventCategoryException",
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
            Self::EventCategory => "The event category is not valid: it can be insight.".to_owned(),
            Self::TimeRange => "StartTime must not be after EndTime.".to_owned(),
            // These words, and those about lookup attributes, were seen in the list of errors of a service modelled on CloudTrail:
            // <https://www.ctyun.cn/qzdh/143922_38>.
            Self::MaxResults(number) => {
                format!("A max results value of {number} is invalid. Specify max results between 1 and 50.")
            }
            Self::NextToken => "NextToken is not valid, or was given for a request with other parameters.".to_owned(),
            Self::Conflict => "The request conflicts with another one. You can retry the request.".to_owned(),
        }
    }

    fn conflict() -> Self {
        Self::Conflict
    }
}
