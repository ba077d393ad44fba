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

  /// Replaces every success by `error`.
  mutating func fail(_ error: StoreError) {
    for index in groups.indices {
      groups[index].replies = groups[index].replies.map { reply in
        guard case .success = reply.result else { return reply }
        return Reply(reply.token, .failure(error), note: reply.note)
      }
    }
  }

  /// Hands every group to its sink and empties the list.
  mutating func deliver() {
    for group in groups { group.sink.deliver(group.replies) }
    groups.removeAll(keepingCapacity: true)
  }
}
