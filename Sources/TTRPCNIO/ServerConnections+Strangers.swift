import Synchronization
import TTRPC

// Connections without an accepted key: at most `Limits.unauthenticatedConnections` of the places.
// One beyond them has a single turn to prove who it is; callers with a key always get that turn.
extension ServerConnections {
  /// Finds a place for a connection that was just accepted, if it may have one without a key.
  /// Returns true if it has one now.
  func takeFirstPlace() -> Bool {
    guard shared.takeStrangerPlace() else { return false }
    if shared.takePlace() || giveWay(to: .silent) { return true }
    shared.releaseStrangerPlace()
    return false
  }

  /// Finds a free place for a connection that has not proved who it is with its first call. Returns
  /// false if there is none: others do not give way to it.
  func takeStrangersPlace() -> Bool {
    guard shared.takeStrangerPlace() else { return false }
    if shared.takePlace() { return true }
    shared.releaseStrangerPlace()
    return false
  }

  /// Ends the calls of this loop whose owners have lost their right.
  func endRefusedCalls() {
    counters?.setTime(.now)
    for handler in Array(handlers.values) { handler.endRefusedCalls() }
  }
}

extension ServerShared {
  /// Counts a connection without an accepted key. Returns false if there are too many, and always
  /// true if nobody needs a key.
  func takeStrangerPlace() -> Bool {
    guard limits.unauthenticated != nil else { return true }
    let count = strangers.wrappingAdd(1, ordering: .relaxed).newValue
    if count <= limits.unauthenticatedConnections { return true }
    strangers.wrappingSubtract(1, ordering: .relaxed)
    return false
  }

  /// Forgets a connection that has an accepted key now, or has ended.
  func releaseStrangerPlace() {
    if limits.unauthenticated != nil { strangers.wrappingSubtract(1, ordering: .relaxed) }
  }
}
