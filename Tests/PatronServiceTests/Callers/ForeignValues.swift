import PatronProto
import ProtobufC
import TTRPC
import TestKit

/// Values of one store, from which requests of any method to another store are made.
struct ForeignValues {
  var texts: [String] = []
  var numbers: [Int64] = []

  /// The depth down to which messages are filled.
  private static let maxDepth = 5

  /// Returns an encoded request for `store` whose other fields have random values of these, or
  /// none.
  func request(
    _ type: MessageDescriptor,
    in store: String,
    _ random: inout SeededRandom
  ) -> [UInt8] {
    var output = ResponseBuffer()
    Self.append(1, Array(store.utf8), to: &output)
    appendFields(of: type, except: 1, depth: 0, &random, to: &output)
    return output.takeBytes()
  }

  private func appendFields(
    of type: MessageDescriptor,
    except number: UInt32 = 0,
    depth: Int,
    _ random: inout SeededRandom,
    to output: inout ResponseBuffer
  ) {
    var oneofs: Set<Int> = []
    for field in type.fields where field.number != number && !field.isMap {
      guard random.below(3) > 0 else { continue }
      // Of a oneof one member, not always the first.
      if field.isOneofMember {
        guard random.coin(), oneofs.insert(field.quantifierOffset).inserted else { continue }
      }
      for _ in 0..<(field.isRepeated ? 1 + random.below(2) : 1) {
        append(field, depth: depth, &random, to: &output)
      }
    }
  }

  private func append(
    _ field: FieldDescriptor,
    depth: Int,
    _ random: inout SeededRandom,
    to output: inout ResponseBuffer
  ) {
    switch field.type {
    case .string:
      let text = texts.isEmpty ? "" : texts[random.below(texts.count)]
      Self.append(field.number, Array(text.utf8), to: &output)
    case .message:
      guard depth < Self.maxDepth, let type = field.message else { return }
      var inner = ResponseBuffer()
      if type.name == "google.protobuf.Timestamp" {
        Self.append(1, 1_700_000_000, to: &inner)
      } else {
        appendFields(of: type, depth: depth + 1, &random, to: &inner)
      }
      Self.append(field.number, inner.takeBytes(), to: &output)
    case .int64, .uint64:
      let number = numbers.isEmpty ? 0 : numbers[random.below(numbers.count)]
      Self.append(field.number, number, to: &output)
    case .int32, .uint32: Self.append(field.number, Int64(random.below(20)), to: &output)
    case .bool: Self.append(field.number, Int64(random.below(2)), to: &output)
    case .enumeration:
      guard let values = field.enumeration?.values else { return }
      Self.append(field.number, Int64(values[random.below(values.count)].number), to: &output)
    default: return
    }
  }

  private static func append(_ field: UInt32, _ bytes: [UInt8], to output: inout ResponseBuffer) {
    output.appendVarint(UInt64(field) << 3 | 2)
    output.appendVarint(UInt64(bytes.count))
    output.append(bytes.span.bytes)
  }

  private static func append(_ field: UInt32, _ value: Int64, to output: inout ResponseBuffer) {
    output.appendVarint(UInt64(field) << 3)
    output.appendVarint(UInt64(bitPattern: value))
  }
}
