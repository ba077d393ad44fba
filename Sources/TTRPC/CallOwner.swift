/// The caller of calls, as a connection knows it: it may lose its right while they are open, and
/// they may hold places that it must give back. Usable on any thread.
public protocol CallOwner: AnyObject, Sendable {
  /// The error with which open calls end because their caller has lost its right; nil while it has
  /// it. Once set it stays.
  var refusal: RPCError? { get }

  /// Counts an answer to a unary call, in bytes.
  func answered(_ bytes: Int)

  /// Gives back the places that a call held. Called once for each call that held any, however it
  /// ended.
  func leave(_ places: CallPlaces)
}

/// The limited places that a call holds until it ends.
public struct CallPlaces: OptionSet, Sendable, Hashable {
  /// The bits of the places.
  public let rawValue: UInt8

  /// Creates a set of places.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// A place among the calls of the caller's key that may be open at once.
  public static let call = CallPlaces(rawValue: 1)
  /// A place among the scans of the caller's key that may be open at once.
  public static let scan = CallPlaces(rawValue: 2)
  /// A place among the calls of the store that may be open at once.
  public static let storeCall = CallPlaces(rawValue: 4)
  /// A place among the scans of the store that may be open at once.
  public static let storeScan = CallPlaces(rawValue: 8)
}

/// An open call's owner, with the places that the call holds.
struct CallOwnership {
  let owner: any CallOwner
  let places: CallPlaces

  /// Gives the places back.
  func end() {
    if !places.isEmpty { owner.leave(places) }
  }
}

extension ServerConnection {
  /// Ends the dispatch of a call that ``ServerStep/open(_:)`` began: the call belongs to the owner
  /// that the dispatcher set. Call it after the dispatcher has returned.
  public mutating func opened(_ stream: UInt32) {
    guard let ownership = session.takeOwnership() else { return }
    if calls[stream] == nil { ownership.end() } else { calls[stream]?.ownership = ownership }
  }

  /// Ends the calls whose owners have lost their right. A stream ends at once, with the owner's
  /// error. A pending unary call ends when its work was dropped; if the work has begun, it is
  /// answered. Returns the calls whose handlers must be notified.
  public mutating func endRefusedCalls() -> [(stream: UInt32, error: RPCError)] {
    var ended: [(stream: UInt32, error: RPCError)] = []
    for (stream, call) in calls {
      guard let error = call.ownership?.owner.refusal else { continue }
      ended.append((stream, error))
    }
    for (stream, error) in ended { finish(stream, error) }
    return ended
  }
}

extension ServerCallState {
  /// Returns the result that the client gets. A call whose work was dropped because its owner has
  /// lost its right fails with that reason, and with what the work says of itself.
  func shown(_ result: Result<[UInt8], RPCError>) -> Result<[UInt8], RPCError> {
    guard let ownership else { return result }
    switch result {
    case .success(let bytes):
      ownership.owner.answered(bytes.count)
      return result
    case .failure(let error):
      guard error.code == .cancelled, var refusal = ownership.owner.refusal else { return result }
      refusal.message += " " + error.message
      return .failure(refusal)
    }
  }
}
