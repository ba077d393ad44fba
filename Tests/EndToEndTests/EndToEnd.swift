import Testing

/// All tests that run the real programs. They run one at a time: each starts processes, loads them
/// and measures time, so two at once would disturb each other.
@Suite(.serialized) struct EndToEnd {}
