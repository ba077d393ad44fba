/// The identity of a call. The receiver finds the call of a reply by it, and the store the jobs of
/// a caller that gave up.
package struct ReplyToken: Sendable, Hashable {
  /// The group of the call, for example a connection.
  package let group: UInt64
  /// The call within its group, for example a stream on that connection.
  package let item: UInt64
  /// Opaque data that the receiver gets back with the reply. Not part of the identity: tokens that
  /// differ only here are equal.
  package let note: Int

  /// Makes a token of two numbers that mean something to the receiver.
  package init(group: UInt64, item: UInt64, note: Int = 0) {
    self.group = group
    self.item = item
    self.note = note
  }

  /// Compares `group` and `item`.
  package static func == (one: ReplyToken, other: ReplyToken) -> Bool {
    one.group == other.group && one.item == other.item
  }

  /// Hashes `group` and `item`.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(group)
    hasher.combine(item)
  }
}
