internal import SwiftProtobuf

/// The Swift code for one field of a message.
struct FieldCode {
  let field: ProtoField
  let names: SwiftNames

  /// The property.
  var property: String { SwiftNames.property(field.name) }

  /// The type of one value.
  var valueType: String {
    switch field.type {
    case .double: "Double"
    case .float: "Float"
    case .int64, .sfixed64, .sint64: "Int64"
    case .uint64, .fixed64: "UInt64"
    case .int32, .sfixed32, .sint32: "Int32"
    case .uint32, .fixed32: "UInt32"
    case .bool: "Bool"
    case .string: "String"
    case .bytes: "[UInt8]"
    default: names.type(field.typeName)
    }
  }

  /// The type of the property and its default: `: String = ""`.
  var declaration: String {
    if let map = field.map {
      let key = FieldCode(field: map.key, names: names).valueType
      return ": [\(key): \(FieldCode(field: map.value, names: names).valueType)] = [:]"
    }
    if field.isRepeated { return ": [\(valueType)] = []" }
    if field.isOptional || field.type == .message { return ": \(valueType)?" }
    switch field.type {
    case .bool: return " = false"
    case .string: return " = \"\""
    case .bytes: return ": [UInt8] = []"
    case .enum: return " = \(valueType)(rawValue: 0)"
    default: return ": \(valueType) = 0"
    }
  }

  // MARK: Decoding

  /// Turns one C value into a Swift value.
  func decoded(_ value: String) -> String {
    switch field.type {
    case .bool: "\(value) != 0"
    case .string: "String(cString: \(value))"
    case .bytes: "CArray.copy(\(value).data, \(value).len)"
    case .enum:
      "\(valueType)(rawValue: Int32(truncatingIfNeeded: \(value).rawValue))"
    case .message: "\(valueType)(fromC: \(value))"
    default: value
    }
  }

  /// The statements that set the property from the C struct `c`.
  func decodeStatement() -> String {
    let member = "c.pointee.\(CNames.member(field.name))"
    let target = "self.\(property)"
    let count = "c.pointee.\(CNames.count(field.name))"
    if let map = field.map {
      return """
        \(target) = CArray.dictionary(\(member), \(count)) {
          (\(FieldCode(field: map.key, names: names).decoded("$0!.pointee.key")), \(mapValue(map)))
        }
        """
    }
    if field.isRepeated {
      switch field.type {
      case .string, .message:
        return "\(target) = CArray.map(\(member), \(count)) { \(decoded("$0!")) }"
      case .bool, .bytes, .enum:
        return "\(target) = CArray.map(\(member), \(count)) { \(decoded("$0")) }"
      default: return "\(target) = CArray.copy(\(member), \(count))"
      }
    }
    if field.isOptional {
      return """
        if c.pointee._\(field.name)_case.rawValue == \(field.number) {
          \(target) = \(decoded(member))
        }
        """
    }
    if field.type == .message {
      return "\(target) = \(member).map { \(decoded("$0")) }"
    }
    return "\(target) = \(decoded(member))"
  }

  private func mapValue(_ map: MapEntry) -> String {
    let code = FieldCode(field: map.value, names: names)
    let value = "$0!.pointee.value"
    guard map.value.type == .message else { return code.decoded(value) }
    // An entry whose value is absent has the default value.
    return "\(value).map { \(code.decoded("$0")) } ?? \(code.valueType)()"
  }

  // MARK: Encoding

  /// Turns one Swift value into a C value.
  func encoded(_ value: String) -> String {
    switch field.type {
    case .bool: "\(value) ? 1 : 0"
    case .string: "try arena.string(\(value), \"\(field.fullName)\")"
    case .bytes: "ProtobufCBinaryData(len: \(value).count, data: try arena.bytes(\(value)))"
    case .enum: ".init(rawValue: .init(truncatingIfNeeded: \(value).rawValue))"
    case .message:
      "try \(value).makeC(in: arena).assumingMemoryBound(to: \(cType).self)"
    default: value
    }
  }

  private var cType: String { CNames.type(field.typeName) }

  /// The statements that fill the C struct `c` from the property.
  func encodeStatement() -> String {
    let member = "c.pointee.\(CNames.member(field.name))"
    let source = "self.\(property)"
    if let map = field.map { return encodeMap(map, member, source) }
    if field.isRepeated { return encodeRepeated(member, source) }
    if field.isOptional {
      return """
        if let value = \(source) {
          c.pointee._\(field.name)_case = .init(rawValue: \(field.number))
          \(member) = \(encoded("value"))
        }
        """
    }
    switch field.type {
    case .message: return "if let value = \(source) { \(member) = \(encoded("value")) }"
    case .string, .bytes: return "if !\(source).isEmpty { \(member) = \(encoded(source)) }"
    default: return "\(member) = \(encoded(source))"
    }
  }

  private func encodeRepeated(_ member: String, _ source: String) -> String {
    let count = "c.pointee.\(CNames.count(field.name)) = \(source).count"
    switch field.type {
    case .string, .message, .bool, .bytes, .enum:
      let element = "{ element throws(CodecError) in \(encoded("element")) }"
      return "\(count)\n\(member) = try arena.map(\(source)) \(element)"
    default: return "\(count)\n\(member) = try arena.copy(\(source))"
    }
  }

  private func encodeMap(_ map: MapEntry, _ member: String, _ source: String) -> String {
    let entry = CNames.type(field.typeName)
    let accessor = CNames.descriptorAccessor(field.typeName)
    let order = map.key.type == .bool ? "!$0.key && $1.key" : "$0.key < $1.key"
    let key = FieldCode(field: map.key, names: names)
    let value = FieldCode(field: map.value, names: names)
    return """
      c.pointee.\(CNames.count(field.name)) = \(source).count
      \(member) = try arena.map(\(source).sorted { \(order) }) {
        element throws(CodecError) -> UnsafeMutablePointer<\(entry)>? in
        let entry = try MessageDescriptor(\(accessor)()).makeStruct(in: arena)
          .assumingMemoryBound(to: \(entry).self)
        entry.pointee.key = \(key.encoded("element.key"))
        entry.pointee.value = \(value.encoded("element.value"))
        return entry
      }
      """
  }
}
