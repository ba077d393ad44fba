/// A program that writes an encoded message with its placeholders filled in, without decoding or
/// encoding it.
///
/// The message is written from its end to its beginning, so the length of a part is known before
/// its length prefix is written, and one pass is enough.
struct RequestProgram: Sendable {
  /// The next part to write, before the parts already written.
  enum Step: Sendable, Equatable {
    /// Bytes of ``literals``.
    case literal(Range<Int>)
    /// The digits of the placeholder with this index.
    case value(Int)
    /// The end of a part with a length prefix.
    case mark
    /// The length prefix of the part whose end was marked last.
    case length
  }

  private(set) var steps: [Step] = []
  /// Maximum size of a request in bytes.
  private(set) var capacity = 0
  /// Maximum nesting depth of parts with a length prefix.
  private(set) var depth = 0
  let literals: [UInt8]

  init(_ nodes: [MarkedMessage.Node], literals: [UInt8]) {
    self.literals = literals
    add(nodes, depth: 0)
  }

  private mutating func add(_ nodes: [MarkedMessage.Node], depth: Int) {
    self.depth = max(self.depth, depth)
    for node in nodes.reversed() {
      switch node {
      case .literal(let range):
        steps.append(.literal(range))
        capacity += range.count
      case .value(let index):
        steps.append(.value(index))
        capacity += Placeholder.maxWidth
      case .delimited(let inner):
        steps.append(.mark)
        add(inner, depth: depth + 1)
        steps.append(.length)
        capacity += 10
      }
    }
  }
}
