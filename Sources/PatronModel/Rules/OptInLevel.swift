/// The certainty that an agreement is the address owner's own. Raw values are the protocol's.
package enum OptInLevel: Int, Sendable, Hashable, CaseIterable {
  /// The level is unknown.
  case unknown = 0
  /// The agreement was given once.
  case single = 1
  /// The agreement was given, and confirmed from the address.
  case confirmed = 2
}
