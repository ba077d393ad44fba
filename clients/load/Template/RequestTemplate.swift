import PatronProto
import ProtoWire
import ProtobufC

/// A request in JSON with placeholders, compiled so that filling it in is cheap.
///
/// If every placeholder is in a string field, requests are assembled from the encoded message
/// (``RequestProgram``). Otherwise (in numbers, times, bytes or keys of maps) the text is filled in
/// and parsed as JSON for each request, which takes a few microseconds.
struct RequestTemplate: Sendable {
  enum Form: Sendable {
    case program(RequestProgram)
    case text(TemplateText)
  }

  let placeholders: [Placeholder]
  let form: Form
  let message: MessageDescriptor
  /// The encoded field `store_id`; empty if the template has it.
  let prefix: [UInt8]
  /// The salts of the placeholders, one each.
  let salts: [UInt64]

  /// Compiles `json` for requests of type `message`. `store` is added to requests that do not name
  /// a store.
  init(json: String, message: MessageDescriptor, store: String?, seed: UInt64)
    throws(TemplateError)
  {
    let text = try TemplateText(parsing: json)
    let salts = text.placeholders.indices.map {
      Placeholder.mix(seed ^ Placeholder.mix(UInt64($0) &+ 1))
    }
    let sample = text.filled { text.digits($0, request: 0, worker: 1, salts: salts) }
    let encoded = try Self.encode(sample, as: message)
    prefix = Self.storeField(store, of: message, missingIn: encoded)
    placeholders = text.placeholders
    self.message = message
    self.salts = salts
    if let program = Self.program(text, message, prefix) {
      form = .program(program)
    } else {
      form = .text(text)
    }
  }

  /// True if requests are assembled without parsing JSON.
  var isPrecompiled: Bool {
    if case .program = form { true } else { false }
  }

  /// The first random placeholder, or nil.
  var firstRandom: (index: Int, range: ClosedRange<Int64>)? {
    for (index, placeholder) in placeholders.enumerated() {
      if case .random(let range) = placeholder.source { return (index, range) }
    }
    return nil
  }

  @inline(__always)
  func value(of index: Int, request: UInt64, worker: Int) -> Int64 {
    placeholders[index].value(request: request, worker: worker, salt: salts[index])
  }

  static func encode(_ json: [UInt8], as message: MessageDescriptor) throws(TemplateError)
    -> [UInt8]
  {
    do throws(JSONError) {
      return try message.packJSON(json, options: options)
    } catch {
      throw TemplateError("the request with its placeholders filled in is malformed: \(error)")
    }
  }

  private static let options = JSONReadOptions(resolve: { MessageTypes.descriptor(named: $0) })

  private static func program(
    _ text: TemplateText,
    _ message: MessageDescriptor,
    _ prefix: [UInt8]
  ) -> RequestProgram? {
    let marked = text.filled { MarkedMessage.mark($0) }
    guard let encoded = try? encode(marked, as: message) else { return nil }
    let bytes = prefix + encoded
    let nodes = MarkedMessage.nodes(
      of: bytes,
      as: message,
      placeholders: text.placeholders.count
    )
    return nodes.map { RequestProgram($0, literals: bytes) }
  }

  private static func storeField(
    _ store: String?,
    of message: MessageDescriptor,
    missingIn encoded: [UInt8]
  ) -> [UInt8] {
    guard let store, !store.isEmpty, let field = message.field(named: "store_id"),
      field.type == .string, !MarkedMessage.contains(field: Int(field.number), encoded)
    else { return [] }
    var prefix: [UInt8] = []
    prefix.appendField(Int(field.number), text: store)
    return prefix
  }
}

extension TemplateText {
  func digits(_ index: Int, request: UInt64, worker: Int, salts: [UInt64]) -> [UInt8] {
    let placeholder = placeholders[index]
    let value = placeholder.value(request: request, worker: worker, salt: salts[index])
    var bytes = [UInt8](repeating: 0, count: Placeholder.maxWidth)
    var elements = bytes.mutableSpan
    var target = elements.mutableBytes
    let start = Digits.write(
      value,
      width: placeholder.width,
      to: &target,
      endingAt: Placeholder.maxWidth
    )
    return Array(bytes[start...])
  }
}
