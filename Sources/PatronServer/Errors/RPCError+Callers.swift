internal import PatronModel
internal import PatronStore
internal import TTRPC

/// The reason why a call has no caller. Raw values are the reasons of the errors.
enum KeyRefusal: String, CaseIterable {
  case missing = "KEY_MISSING"
  case malformed = "KEY_MALFORMED"
  /// An id that does not exist, or a wrong secret of one that does.
  case unknown = "KEY_UNKNOWN"
  case expired = "KEY_EXPIRED"
  case revoked = "KEY_REVOKED"

  /// Returns the error of a caller without a key whose connection has proved names, none of which
  /// stands for a key.
  static func unbound(_ names: [String]) -> RPCError {
    guard let first = names.first else { return missing.status }
    let all = names.count > 1 ? "\(first) and \(names.count - 1) more" : first
    return .reason(
      .unauthenticated,
      missing.rawValue,
      "The server needs a key, and no name of this connection stands for one: \(all). An operator "
        + "binds a name with `patrond keys bind KEYID \(first)`; or send a key as the metadata "
        + "`authorization: Bearer patron_…`."
    )
  }

  /// The error of the call. It tells nothing about a key that the caller has not proved to have.
  var status: RPCError { .reason(.unauthenticated, rawValue, message) }

  private var message: String {
    switch self {
    case .missing:
      "The server needs a key. Send it as the metadata `authorization: Bearer patron_…`; an "
        + "operator makes one with `patrond keys create`."
    case .malformed:
      "The metadata `authorization` is no key. Expected is one value: `Bearer`, a space and the 83 "
        + "characters of the key, `patron_…`. Copy the whole key."
    case .unknown:
      "The server has no key with this id and secret. The key may be for another server, or its "
        + "secret may have ended with a rotation: ask the operator for the one in use."
    case .expired: "The key has expired. Ask the operator for another one."
    case .revoked: "The key was revoked. Ask the operator for another one."
    }
  }
}

/// The ends of rights that a caller had. Programs see the reason of a revocation.
extension RPCError {
  /// The end of a secret by a rotation, at once or after an overlap that the operator ended.
  static let keyRotated = reason(
    .unauthenticated,
    KeyRefusal.revoked.rawValue,
    "The secret of the key has ended, because the key was rotated. Use the new secret of the key, "
      + "or ask the operator for it."
  )

  /// The end of a name's right.
  static let keyNameUnbound = reason(
    .unauthenticated,
    KeyRefusal.revoked.rawValue,
    "The name that the connection has proved does not stand for its key any more: it was unbound, "
      + "or bound to another key. Send a key, or ask the operator to bind the name."
  )
}

/// The errors of callers that have a key: what they may do, and how much.
extension RPCError {
  /// Returns the error for a method beyond the caller's scopes.
  static func scopeMissing(_ scope: Scope) -> RPCError {
    reason(
      .permissionDenied,
      "SCOPE_MISSING",
      "The key lacks the scope `\(scope.rawValue)`, which this method needs. Use a key that has "
        + "it.",
      metadata: ["scope": scope.rawValue]
    )
  }

  /// Returns the error for a method that no caller may use without a key, although calls of other
  /// methods need none.
  static func keyMissing(for scope: Scope) -> RPCError {
    reason(
      .permissionDenied,
      "SCOPE_MISSING",
      "This method needs a key with the scope `\(scope.rawValue)`, also where others need no key. "
        + "Make one with `patrond keys create`, or use `patrond keys`, `patrond stores` and "
        + "`patrond audit` on the server's machine.",
      metadata: ["scope": scope.rawValue]
    )
  }

  static let storeNotYours = reason(
    .permissionDenied,
    "STORE_NOT_YOURS",
    "The key is for another store. Leave `store_id` empty, or use a key of that store."
  )

  /// The number of stores beyond which no similar name is looked for: a millisecond's work.
  private static let maxComparedStores = 5000

  /// Returns the error for a store that does not exist. Only callers of every store get it.
  /// `isNamed` is false for a call that names no store and is about `default`.
  static func storeUnknown(
    _ store: StoreID,
    isNamed: Bool = true,
    among stores: Set<StoreID>
  ) -> RPCError {
    // A program that is wrong may call often, on a thread that serves others.
    let names = stores.count <= maxComparedStores ? stores : []
    let near = NearestNames.misspelled(store.name, among: names.lazy.map(\.name))
    let hint = near.map { "Did you mean `\($0)`? " } ?? ""
    let cause = isNamed ? "" : "The call names no store, and "
    let there = isNamed ? "There" : "there"
    return reason(
      .notFound,
      "STORE_UNKNOWN",
      "\(cause)\(there) is no store `\(store.name)`. \(hint)Name a store in the field `store_id`, "
        + "by `--store` or PATRON_STORE in the programs, or make it with `patrond stores create`.",
      metadata: near.map { ["nearest": $0] } ?? [:]
    )
  }

  /// Returns the error for a call beyond a limit of its key or store.
  static func limitExceeded(_ overrun: LimitOverrun) -> RPCError {
    let (name, subject) = (overrun.name, overrun.subject)
    let own =
      switch subject {
      case .key: "a key made with `patrond keys create --limits \(name.setting)=N`"
      case .store: "`patron settings set --limits \(name.setting)=N`"
      }
    let owner = if case .key(let id) = subject { "key \(id)" } else { "store" }
    let millis = max(1, Int((overrun.wait / .milliseconds(1)).rounded(.up)))
    return retryLater(
      .resourceExhausted,
      name.rawValue,
      "The limit of the \(owner) is \(overrun.limit) \(name.text), and the call was not run. Send "
        + "less, call again in \(millis) ms, or ask the operator for more: \(own), or "
        + "\(name.flag(of: subject)) of the server.",
      after: overrun.wait,
      metadata: ["limit": "\(overrun.limit)", "of": subject.word]
    )
  }
}
