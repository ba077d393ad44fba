/// Tells the receiver of replies which of its calls one belongs to, and the store which jobs a
/// caller gave up.
package struct ReplyToken: Sendable, Hashable {
  /// Such as a connection.
  package let group: UInt64
  /// Such as a stream on that connection.
  package let item: UInt64
  /// Something that the receiver wants to have back with the answer. It names nothing: tokens that
  /// differ in it alone are the same.
  package let note: Int

  /// A token of two numbers that mean something to the receiver.
  package init(group: UInt64, item: UInt64, note: Int = 0) {
    self.group = group
    self.item = item
    self.note = note
  }

  /// Compares the names.
  package static func == (one: ReplyToken, other: ReplyToken) -> Bool {
    one.group == other.group && one.item == other.item
  }

  /// Hashes the name.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(group)
    hasher.combine(item)
  }
}

/// The answer to a job.
package struct Reply: Sendable {
  /// The token of the job.
  package let token: ReplyToken
  /// What the handler returned, or why there is no answer: a ``StoreError`` or what the handler
  /// threw.
  package let result: Result<[UInt8], any Error>

  /// The answer to the job with this token.
  package init(_ token: ReplyToken, _ result: Result<[UInt8], any Error>) {
    self.token = token
    self.result = result
  }
}

/// Takes replies: one for each I/O loop.
package protocol ReplySink: AnyObject, Sendable {
  /// Takes all replies of one transaction that go to this sink. Called on a lane's thread, so it
  /// hands them over with one wake-up and returns.
  func deliver(_ replies: [Reply])
}

/// Replies of one batch, collected for each sink in the order of the jobs.
struct ReplyGroups {
  private var groups: [(sink: any ReplySink, replies: [Reply])] = []

  mutating func add(_ reply: Reply, to sink: any ReplySink) {
    // A handful of loops: looking through them is quicker than hashing.
    if let index = groups.firstIndex(where: { $0.sink === sink }) {
      groups[index].replies.append(reply)
    } else {
      groups.append((sink, [reply]))
    }
  }

  /// Hands every group to its sink and forgets them.
  mutating func deliver() {
    for group in groups { group.sink.deliver(group.replies) }
    groups.removeAll(keepingCapacity: true)
  }
}
