internal import Synchronization
internal import TTRPC

/// The right of one secret of a key, or of a name bound to a key, while connections use it. It ends
/// once. Usable on any thread.
final class KeyStanding: Sendable {
  /// The reason why a right ended.
  enum End: UInt8 {
    /// The key was revoked or removed, or its store or rights are others.
    case revoked = 1
    case expired = 2
    /// The key has another secret, after a rotation without an overlap or with one that was ended.
    case rotated = 3
    /// The name does not stand for the key any more.
    case unbound = 4
  }

  private let end = Atomic<UInt8>(0)

  /// Ends the right. Returns false if it had ended before.
  func end(_ reason: End) -> Bool {
    end.compareExchange(expected: 0, desired: reason.rawValue, ordering: .releasing).exchanged
  }

  /// True after the end.
  var hasEnded: Bool { end.load(ordering: .acquiring) != 0 }

  /// The status of calls after the end; nil while the right lasts.
  var refusal: RPCError? {
    switch End(rawValue: end.load(ordering: .acquiring)) {
    case nil: nil
    case .revoked: KeyRefusal.revoked.status
    case .expired: KeyRefusal.expired.status
    case .rotated: .keyRotated
    case .unbound: .keyNameUnbound
    }
  }
}
