package import Logging
package import PatronModel
internal import PatronStore
internal import Synchronization
internal import TTRPC

/// The calls that were refused because of who called: without a valid key, or beyond its rights.
/// Counted by peer and reason, so that an attacker cannot fill a log or the memory. Usable on any
/// thread.
package final class AuthenticationFailures: Sendable {
  /// Refusals of one peer for one reason.
  package struct Failure: Sendable, Equatable {
    /// The peer's address without its port; `unix` for a Unix socket. Empty for peers beyond
    /// ``maxEntries``.
    package let peer: String
    /// The reason of the error, such as `KEY_UNKNOWN`.
    package let reason: String
    /// The id of the key of the latest refusal, if there is such a key.
    package var keyID: KeyID?
    /// The store of that key; nil without a key, and for a key of every store.
    package var store: String?
    /// Refusals since the last ``drain()``.
    package var count = 0
    /// The time of the latest refusal, in microseconds since 1970 UTC.
    package var lastAt: Int64 = 0
  }

  private struct Key: Hashable {
    let peer: String
    let reason: String
  }

  private struct Entry {
    var failure: Failure
    /// The first name that the connection of the latest refusal had proved, if none stands for a
    /// key.
    var unbound: String?
    /// Refusals that no line of the log has counted yet, and the time of the latest line.
    var unlogged = 0
    var loggedAt = Int64.min
  }

  /// The lines of the log in the present second.
  private struct Lines {
    private var begin = Int64.min
    private var count = 0

    /// Returns true if one more line may be written at a time.
    mutating func take(at now: Int64) -> Bool {
      // A clock that was set back must not silence the log.
      let isNew = now >= begin &+ AuthenticationFailures.logInterval || now < begin
      if isNew { (begin, count) = (now, 0) }
      count += 1
      return count <= AuthenticationFailures.maxLines
    }
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var lines = Lines()
    /// Refusals since the start, by reason.
    var totals: [String: UInt64] = [:]
  }

  /// Pairs of peer and reason that are counted apart.
  package static let maxEntries = 1024
  /// Lines of the log in a second, of all peers together.
  static let maxLines = 16
  /// The time between two lines of the log for one peer and reason, in microseconds.
  private static let logInterval: Int64 = 1_000_000

  private let log: Logger
  private let state = Mutex(State())

  package init(log: Logger) { self.log = log }

  /// Counts a refusal, and logs it if the last line about its peer and reason is a second old and
  /// others have not filled the second. What is not logged is counted in a later line.
  func note(_ reason: String, _ key: Principal?, _ peer: Peer, at now: Int64) {
    note(reason, keyID: key?.keyID, store: key?.store?.name, peer.hostText, at: now)
  }

  func note(
    _ reason: String,
    keyID: KeyID?,
    store: String?,
    _ host: String,
    unbound: String? = nil,
    at now: Int64
  ) {
    let line = state.withLock { state -> Logger.Metadata? in
      state.totals[reason, default: 0] &+= 1
      var key = Key(peer: host, reason: reason)
      if state.entries[key] == nil, state.entries.count >= Self.maxEntries {
        key = Key(peer: "", reason: reason)
      }
      var entry = state.entries[key] ?? Entry(failure: Failure(peer: key.peer, reason: reason))
      entry.failure.count += 1
      entry.failure.keyID = keyID
      entry.failure.store = store
      entry.failure.lastAt = now
      entry.unbound = unbound
      entry.unlogged += 1
      defer { state.entries[key] = entry }
      let isDue = now >= entry.loggedAt &+ Self.logInterval || now < entry.loggedAt
      guard isDue, state.lines.take(at: now) else { return nil }
      entry.loggedAt = now
      defer { entry.unlogged = 0 }
      return Self.line(entry)
    }
    if let line { log.warning("refused calls of a caller", metadata: line) }
  }

  /// Refusals since the start, by the reason of the error.
  package var totals: [String: UInt64] { state.withLock { $0.totals } }

  /// Returns the refusals since the last call, and forgets peers that were quiet since then. For
  /// the writer of the audit log.
  package func drain() -> [Failure] {
    state.withLock { state in
      var failures: [Failure] = []
      for (key, var entry) in state.entries {
        if entry.failure.count == 0 {
          state.entries[key] = nil
          continue
        }
        failures.append(entry.failure)
        entry.failure.count = 0
        state.entries[key] = entry
      }
      return failures.sorted { ($0.lastAt, $0.peer, $0.reason) < ($1.lastAt, $1.peer, $1.reason) }
    }
  }

  /// Returns the fields of a line. Peers that share a count have no address in it.
  private static func line(_ entry: Entry) -> Logger.Metadata {
    let failure = entry.failure
    var line: Logger.Metadata = [
      "reason": "\(failure.reason)", "count": .stringConvertible(entry.unlogged),
    ]
    if !failure.peer.isEmpty { line["peer"] = "\(failure.peer)" }
    if let key = failure.keyID { line["key"] = "\(key)" }
    // For the log alone: the caller must not learn which ids exist.
    if failure.reason == KeyRefusal.unknown.rawValue, failure.keyID != nil {
      line["cause"] = "the key has another secret"
    }
    if let name = entry.unbound { line["unbound"] = "\(name)" }
    return line
  }
}

extension Peer {
  /// The address without its port, which a client changes with each connection.
  var hostText: String {
    guard let colon = address.lastIndex(of: ":"), !address.hasSuffix("]") else { return address }
    return String(address[..<colon])
  }
}
