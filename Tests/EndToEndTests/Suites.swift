import Testing

/// Everything that runs the real programs. One test at a time: each starts processes of its own,
/// loads them and looks at the clock, so two at once would measure each other.
@Suite(.serialized) struct EndToEnd {}
