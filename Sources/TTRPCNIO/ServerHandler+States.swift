// The states of a connection.
extension ServerHandler {
  enum Place {
    case held
    /// An operator's connection needs none.
    case uncounted
    /// None was free. The connection asks for one with its first frame.
    case wanted
    /// The loops look for an idle connection that gives way.
    case asked
    /// The connection is refused, or has given way, and ends.
    case none
  }

  enum Ending {
    case open
    /// The output is closed as soon as it is sent. Input is discarded until the client closes or
    /// the time is up. Closing at once would let the kernel discard the last answers.
    case lingering(until: ContinuousClock.Instant)
    case closed
  }
}
