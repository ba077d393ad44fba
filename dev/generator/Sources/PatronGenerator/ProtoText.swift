internal import SwiftProtobuf

/// Prints declarations as proto source text, from their descriptors and comments.
struct ProtoText {
  /// Types of this package are printed without it.
  let package: String

  func text(_ message: ProtoMessage) -> String {
    var out = SourcePrinter()
    write(message, &out)
    return out.text
  }

  func text(_ enumeration: ProtoEnum) -> String {
    var out = SourcePrinter()
    write(enumeration, &out)
    return out.text
  }

  func text(_ service: ProtoService) -> String {
    var out = SourcePrinter()
    comment(service.comment, &out)
    out.block("service \(service.name)") { out in
      for method in service.methods { write(method, &out) }
    }
    return out.text
  }

  func text(_ method: ProtoMethod) -> String {
    var out = SourcePrinter()
    write(method, &out)
    return out.text
  }

  private func write(_ message: ProtoMessage, _ out: inout SourcePrinter) {
    comment(message.comment, &out)
    if message.fields.isEmpty && message.messages.isEmpty && message.enums.isEmpty
      && message.reserved.isEmpty
    {
      out.add("message \(message.name) {}")
      return
    }
    out.block("message \(message.name)") { out in
      for nested in message.enums { write(nested, &out) }
      for nested in message.messages { write(nested, &out) }
      if !message.reserved.isEmpty {
        out.add("reserved \(message.reserved.joined(separator: ", "));")
      }
      var printed: Set<Int> = []
      for field in message.fields {
        guard let index = field.oneof else {
          write(field, &out)
          continue
        }
        guard printed.insert(index).inserted,
          let oneof = message.oneofs.first(where: { $0.fields.contains { $0.oneof == index } })
        else { continue }
        comment(oneof.comment, &out)
        out.block("oneof \(oneof.name)") { out in
          for member in oneof.fields { write(member, &out) }
        }
      }
    }
  }

  private func write(_ field: ProtoField, _ out: inout SourcePrinter) {
    comment(field.comment, &out)
    let type: String
    if let map = field.map {
      type = "map<\(typeName(map.key)), \(typeName(map.value))>"
    } else {
      let label = field.isRepeated ? "repeated " : field.isOptional ? "optional " : ""
      type = label + typeName(field)
    }
    out.add("\(type) \(field.name) = \(field.number);")
  }

  private func write(_ enumeration: ProtoEnum, _ out: inout SourcePrinter) {
    comment(enumeration.comment, &out)
    out.block("enum \(enumeration.name)") { out in
      for value in enumeration.values {
        comment(value.comment, &out)
        out.add("\(value.name) = \(value.number);")
      }
    }
  }

  private func write(_ method: ProtoMethod, _ out: inout SourcePrinter) {
    comment(method.comment, &out)
    let input = (method.clientStreaming ? "stream " : "") + relative(method.input)
    let output = (method.serverStreaming ? "stream " : "") + relative(method.output)
    let opening = "rpc \(method.name)(\(input)) returns (\(output))"
    var options: [String] = []
    if !method.scope.isEmpty { options.append("(patron.v1.scope) = \"\(method.scope)\"") }
    switch method.idempotency {
    case .noSideEffects: options.append("idempotency_level = NO_SIDE_EFFECTS")
    case .idempotent: options.append("idempotency_level = IDEMPOTENT")
    default: break
    }
    if options.isEmpty { return out.add(opening + ";") }
    out.block(opening) { out in
      for option in options { out.add("option \(option);") }
    }
  }

  private func comment(_ text: String, _ out: inout SourcePrinter) {
    if text.isEmpty { return }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      out.add(line.isEmpty ? "//" : "// \(line)")
    }
  }

  private func relative(_ name: String) -> String {
    name.hasPrefix(package + ".") ? String(name.dropFirst(package.count + 1)) : name
  }

  private func typeName(_ field: ProtoField) -> String {
    switch field.type {
    case .double: "double"
    case .float: "float"
    case .int64: "int64"
    case .uint64: "uint64"
    case .int32: "int32"
    case .fixed64: "fixed64"
    case .fixed32: "fixed32"
    case .bool: "bool"
    case .string: "string"
    case .bytes: "bytes"
    case .uint32: "uint32"
    case .sfixed32: "sfixed32"
    case .sfixed64: "sfixed64"
    case .sint32: "sint32"
    case .sint64: "sint64"
    default: relative(field.typeName)
    }
  }
}
