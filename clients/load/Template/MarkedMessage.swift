import ProtobufC

/// An encoded message with marked placeholders, split into constant and variable parts.
///
/// Placeholder `n` is marked with the character U+E000 + n, which is EE 80 (80 + n) in UTF-8. Marks
/// in string fields are found by walking the message with its descriptor. Every part that contains
/// a mark becomes a node whose length is computed for each request.
struct MarkedMessage {
  /// A part of the message, in order.
  enum Node: Equatable {
    /// Constant bytes.
    case literal(Range<Int>)
    /// The digits of the placeholder with this index.
    case value(Int)
    /// A length prefix, followed by this content.
    case delimited([Node])
  }

  private let bytes: [UInt8]
  private var timesFound: [Int]
  private var keysAreMarked = false

  private init(_ bytes: [UInt8], placeholders: Int) {
    self.bytes = bytes
    timesFound = Array(repeating: 0, count: placeholders)
  }

  /// Returns the character that marks a placeholder, in UTF-8.
  static func mark(_ index: Int) -> [UInt8] { [0xEE, 0x80, 0x80 + UInt8(index)] }

  /// Returns the parts of `bytes`, or nil if requests cannot be assembled from them: a placeholder
  /// is not in a string field, or it is in the key of a map, where two keys might become equal.
  static func nodes(
    of bytes: [UInt8],
    as descriptor: MessageDescriptor,
    placeholders: Int
  ) -> [Node]? {
    var message = MarkedMessage(bytes, placeholders: placeholders)
    let nodes = message.fields(bytes.indices, descriptor, isMapEntry: false)
    guard !message.keysAreMarked, message.timesFound.allSatisfy({ $0 == 1 }) else { return nil }
    return nodes
  }

  /// Returns true if the message has the field with this number.
  static func contains(field number: UInt32, _ bytes: [UInt8]) -> Bool {
    let message = MarkedMessage(bytes, placeholders: 0)
    var position = 0
    while position < bytes.count {
      let field = message.nextField(&position)
      if field.number == number { return true }
    }
    return false
  }

  private mutating func fields(
    _ range: Range<Int>,
    _ descriptor: MessageDescriptor,
    isMapEntry: Bool
  ) -> [Node] {
    var nodes: [Node] = []
    var literalStart = range.lowerBound
    var position = range.lowerBound
    while position < range.upperBound {
      let found = nextField(&position)
      guard let content = found.content, isMarked(content),
        let field = descriptor.fields.first(where: { $0.number == found.number }),
        let inner = inner(content, of: field)
      else { continue }
      if isMapEntry && field.number == 1 { keysAreMarked = true }
      nodes.append(.literal(literalStart..<found.tagEnd))
      nodes.append(.delimited(inner))
      literalStart = position
    }
    if literalStart < range.upperBound { nodes.append(.literal(literalStart..<range.upperBound)) }
    return nodes
  }

  private mutating func inner(_ content: Range<Int>, of field: FieldDescriptor) -> [Node]? {
    if let message = field.message {
      return fields(content, message, isMapEntry: field.isMap)
    }
    return field.type == .string ? text(content) : nil
  }

  private mutating func text(_ range: Range<Int>) -> [Node] {
    var nodes: [Node] = []
    var literalStart = range.lowerBound
    var position = range.lowerBound
    while position < range.upperBound {
      guard let index = mark(at: position, before: range.upperBound) else {
        position += 1
        continue
      }
      if literalStart < position { nodes.append(.literal(literalStart..<position)) }
      nodes.append(.value(index))
      timesFound[index] += 1
      position += 3
      literalStart = position
    }
    if literalStart < range.upperBound { nodes.append(.literal(literalStart..<range.upperBound)) }
    return nodes
  }

  private func isMarked(_ range: Range<Int>) -> Bool {
    range.contains { mark(at: $0, before: range.upperBound) != nil }
  }

  private func mark(at position: Int, before end: Int) -> Int? {
    guard position + 3 <= end, bytes[position] == 0xEE, bytes[position + 1] == 0x80 else {
      return nil
    }
    let index = Int(bytes[position + 2]) - 0x80
    return timesFound.indices.contains(index) ? index : nil
  }

  /// Reads the next field. The bytes come from libprotobuf-c and are well formed.
  private func nextField(
    _ position: inout Int
  ) -> (number: UInt32, tagEnd: Int, content: Range<Int>?) {
    let tag = varint(&position)
    let tagEnd = position
    var content: Range<Int>?
    switch tag & 7 {
    case 0: _ = varint(&position)
    case 1: position += 8
    case 5: position += 4
    default:
      let count = Int(varint(&position))
      content = position..<position + count
      position += count
    }
    return (UInt32(tag >> 3), tagEnd, content)
  }

  private func varint(_ position: inout Int) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }
}
