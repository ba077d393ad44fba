import ProtoWire
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
  static func contains(field number: Int, _ bytes: [UInt8]) -> Bool {
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
        let field = descriptor.fields.first(where: { Int($0.number) == found.number }),
        let inner = inner(content, of: field)
      else { continue }
      if isMapEntry && found.number == MapEntry.key { keysAreMarked = true }
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
  ) -> (number: Int, tagEnd: Int, content: Range<Int>?) {
    var reader = ProtoReader(bytes.span.bytes, position..<bytes.count)
    guard let tag = try? reader.nextTag() else {
      preconditionFailure("the message was encoded a moment ago")
    }
    let tagEnd = reader.offset
    var content: Range<Int>?
    do throws(WireError) {
      if tag.type == .lengthDelimited {
        content = try reader.lengthDelimited()
      } else {
        try reader.skip(tag)
      }
    } catch {
      preconditionFailure("the message was encoded a moment ago: \(error)")
    }
    position = reader.offset
    return (tag.field, tagEnd, content)
  }
}
