/// Writes the Swift enum of a oneof and its part of the message's codec.
struct OneofWriter {
  let names: SwiftNames
  let message: ProtoMessage
  let oneof: ProtoOneof

  /// `Kind` for `kind`; `OneOf_Kind` where the message has a nested type of that name.
  var typeName: String {
    let name = SwiftNames.upperCamel(oneof.name)
    let taken = message.messages.map(\.name) + message.enums.map(\.name)
    return taken.contains(name) ? "OneOf_\(name)" : SwiftNames.typePiece(name)
  }

  private var property: String { "self.\(SwiftNames.property(oneof.name))" }
  private var caseMember: String { "c.pointee.\(oneof.name)_case" }

  func writeType(_ out: inout SourcePrinter) {
    out.doc(Documentation.of(oneof))
    out.block("public enum \(typeName): Sendable, Equatable") { out in
      for field in oneof.fields {
        let code = FieldCode(field: field, names: names)
        out.doc(Documentation.of(field))
        out.add("case \(code.property)(\(code.valueType))")
      }
    }
  }

  func writeDecoder(_ out: inout SourcePrinter) {
    out.add("switch \(caseMember).rawValue {")
    for field in oneof.fields {
      let code = FieldCode(field: field, names: names)
      let value = code.decoded("c.pointee.\(CNames.member(field.name))")
      out.add("case \(field.number): \(property) = .\(code.property)(\(value))")
    }
    out.add("default: break\n}")
  }

  func writeEncoder(_ out: inout SourcePrinter) {
    out.add("switch \(property) {")
    for field in oneof.fields {
      let code = FieldCode(field: field, names: names)
      out.add(
        """
        case .\(code.property)(let value):
          \(caseMember) = .init(rawValue: \(field.number))
          c.pointee.\(CNames.member(field.name)) = \(code.encoded("value"))
        """
      )
    }
    out.add("case nil: break\n}")
  }
}
