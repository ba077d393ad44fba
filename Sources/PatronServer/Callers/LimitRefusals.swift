package import Logging
internal import PatronModel
internal import PatronStore
internal import Synchronization

/// The calls that were refused at a limit of their key or store, for the log. Usable on any thread.
package final class LimitRefusals: Sendable {
  private struct Key: Hashable {
    /// Nil for keys and stores beyond ``maxEntries``.
    let subject: CallerAccount.Subject?
    let name: LimitName
  }

  private struct Entry {
    var limit = 0
    /// The key of the latest call.
    var keyID: KeyID?
    /// Refusals that no line has counted yet, and the time of the latest line.
    var count = 0
    var loggedAt: Int64?
  }

  /// Limits of keys and stores that are counted apart.
  static let maxEntries = 1024
  /// Lines of one look.
  static let maxLines = 16
  /// The time between two lines about one limit of a key or store, in microseconds.
  static let interval: Int64 = 60_000_000

  private let log: Logger
  private let entries = Mutex<[Key: Entry]>([:])

  package init(log: Logger) { self.log = log }

  /// Counts a refusal of a call with a key, or with none.
  func note(_ overrun: LimitOverrun, by keyID: KeyID?) {
    entries.withLock { entries in
      var key = Key(subject: overrun.subject, name: overrun.name)
      if entries[key] == nil, entries.count >= Self.maxEntries {
        key = Key(subject: nil, name: overrun.name)
      }
      var entry = entries[key] ?? Entry()
      entry.limit = overrun.limit
      entry.keyID = keyID
      entry.count += 1
      entries[key] = entry
    }
  }

  /// Logs what was refused, and forgets limits that were quiet for a minute. Call it about once a
  /// second. `now` is in microseconds since 1970.
  package func write(at now: Int64, isLast: Bool = false) {
    let lines = entries.withLock { entries in
      var lines: [String] = []
      for (key, var entry) in entries {
        // A clock that was set back must not silence the log.
        let isDue = entry.loggedAt.map { now >= $0 &+ Self.interval || now < $0 } ?? true
        guard isDue || isLast else { continue }
        if entry.count == 0 {
          entries[key] = nil
        } else if lines.count < Self.maxLines {
          lines.append(Self.line(key, entry))
          (entry.count, entry.loggedAt) = (0, now)
          entries[key] = entry
        }
      }
      return lines
    }
    for line in lines { log.warning("\(line)") }
  }

  private static func line(_ key: Key, _ entry: Entry) -> String {
    let count = "\(entry.count) \(entry.count == 1 ? "call" : "calls")"
    let name = key.name
    guard let subject = key.subject else {
      return "refused \(count) at \(name.rawValue) of other keys and stores"
    }
    let (owner, own) =
      switch subject {
      case .key(let id): ("key \(id)", "its own limits")
      case .store(let store): ("store \(store.name)", "its settings")
      }
    var last = ""
    if case .store = subject, let keyID = entry.keyID { last = ", last with key \(keyID)" }
    return "refused \(count) at \(name.rawValue) of \(owner): \(entry.limit) \(name.text), from "
      + "\(name.flag(of: subject)) or \(own)\(last)"
  }
}
