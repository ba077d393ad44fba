import Foundation
import PatronProto
import ProtobufC
import TTRPC
import TestKit

/// Values of one store, from which requests of any method to another store are made.
struct ForeignValues {
  /// The values of the store's answers, by the names of their fields.
  private var named: [String: [String]] = [:]
  private let secrets: [String]
  /// The values for fields that were asked for, by their names.
  private var known: [String: Candidates] = [:]

  private struct Candidates {
    let texts: [String]
    let numbers: [Int64]
  }

  /// The depth down to which messages are filled.
  private static let maxDepth = 5

  /// No values. A text with one of `secrets` will not be among them.
  init(without secrets: [String]) { self.secrets = secrets }

  // MARK: Values

  /// Adds every text and number of 64 bits of answers, which are JSON.
  mutating func add(_ answers: [String]) throws {
    for answer in answers {
      try add(JSONSerialization.jsonObject(with: Data(answer.utf8)), in: "")
    }
  }

  private mutating func add(_ value: Any, in name: String) throws {
    switch value {
    case let object as [String: Any]:
      // In order, so that a seed repeats the requests.
      for (key, value) in object.sorted(by: { $0.key < $1.key }) {
        try add(value, in: Self.snakeCased(key))
      }
    case let array as [Any]: for value in array { try add(value, in: name) }
    case let text as String: add(text, of: name)
    default: break
    }
  }

  /// Adds a value of a field.
  mutating func add(_ text: String, of name: String) {
    guard !text.isEmpty, named[name]?.contains(text) != true,
      !secrets.contains(where: { text.contains($0) })
    else { return }
    named[name, default: []].append(text)
    known = [:]
  }

  private static func snakeCased(_ name: String) -> String {
    name.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
  }

  /// Returns the values of all fields whose name is that of a field, or the end of it, or ends with
  /// it: those of `next_page_token` for `page_token`, and those of `external_id` for
  /// `order_external_id`. Those of all fields for an empty name.
  mutating func values(for field: String) -> [String] { candidates(for: field).texts }

  private mutating func candidates(for field: String) -> Candidates {
    if let known = known[field] { return known }
    let texts = named.sorted { $0.key < $1.key }.flatMap { name, values in
      field.isEmpty || name == field || field.hasSuffix("_" + name) || name.hasSuffix("_" + field)
        ? values : []
    }
    let candidates = Candidates(texts: texts, numbers: texts.compactMap { Int64($0) })
    known[field] = candidates
    return candidates
  }

  /// Returns a value for a field, mostly of one with such a name.
  private mutating func pick<Value>(
    _ values: KeyPath<Candidates, [Value]>,
    for field: FieldDescriptor,
    _ random: inout SeededRandom
  ) -> Value? {
    var picked = random.below(4) > 0 ? candidates(for: field.name)[keyPath: values] : []
    if picked.isEmpty { picked = candidates(for: "")[keyPath: values] }
    return picked.isEmpty ? nil : picked[random.below(picked.count)]
  }

  // MARK: Requests

  /// Returns an encoded request for `store` whose other fields have random values of these, or
  /// none.
  mutating func request(
    _ type: MessageDescriptor,
    in store: String,
    _ random: inout SeededRandom
  ) -> [UInt8] {
    var output = ResponseBuffer()
    Self.append(1, Array(store.utf8), to: &output)
    appendFields(of: type, except: 1, depth: 0, &random, to: &output)
    return output.takeBytes()
  }

  private mutating func appendFields(
    of type: MessageDescriptor,
    except number: UInt32 = 0,
    depth: Int,
    _ random: inout SeededRandom,
    to output: inout ResponseBuffer
  ) {
    var oneofs: Set<Int> = []
    for field in type.fields where field.number != number && !field.isMap {
      // Limits of the store would refuse the calls that follow.
      guard field.message?.shortName != "CallLimits" else { continue }
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

  private mutating func append(
    _ field: FieldDescriptor,
    depth: Int,
    _ random: inout SeededRandom,
    to output: inout ResponseBuffer
  ) {
    switch field.type {
    case .string:
      let text = pick(\.texts, for: field, &random) ?? ""
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
      let number = pick(\.numbers, for: field, &random) ?? 0
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
