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

/// The reply to a job.
package struct Reply: Sendable {
  package let token: ReplyToken
  /// The encoded response, or the reason why there is none: a ``StoreError`` or the handler's own
  /// error.
  package let result: Result<[UInt8], any Error>

  package init(_ token: ReplyToken, _ result: Result<[UInt8], any Error>) {
    self.token = token
    self.result = result
  }
}

/// A receiver of replies. Each I/O loop has one.
package protocol ReplySink: AnyObject, Sendable {
  /// Takes all replies of one transaction that are for this sink. Runs on a lane's thread: hand the
  /// replies over with one wake-up and return.
  func deliver(_ replies: [Reply])
}

/// The replies of one batch, grouped by sink, in the order of the jobs.
struct ReplyGroups {
  private var groups: [(sink: any ReplySink, replies: [Reply])] = []

  mutating func add(_ reply: Reply, to sink: any ReplySink) {
    // There are only a handful of loops: a linear search is faster than hashing.
    if let index = groups.firstIndex(where: { $0.sink === sink }) {
      groups[index].replies.append(reply)
    } else {
      groups.append((sink, [reply]))
    }
  }

  /// Hands every group to its sink and empties the list.
  mutating func deliver() {
    for group in groups { group.sink.deliver(group.replies) }
    groups.removeAll(keepingCapacity: true)
  }
}
