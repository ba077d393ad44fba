/// The failure of a call, and the stage that it may have reached on the server.
public struct CallFailure: Error, Sendable, Equatable {
  /// The stage that a failed call may have reached on the server.
  public enum Reach: Sendable, Hashable {
    /// Refused by the client: no connection, or a local limit that another attempt would meet too.
    case notSent
    /// Not passed to the server's methods: another attempt repeats nothing.
    case neverSeen
    /// Possibly carried out by the server.
    case maybeSeen
  }

  /// The error that the caller gets.
  public var error: RPCError
  /// The stage that the call may have reached on the server.
  public var reach: Reach

  /// Creates a failure; by default the server may have carried out the call.
  public init(_ error: RPCError, reach: Reach = .maybeSeen) {
    self.error = error
    self.reach = reach
  }
}
