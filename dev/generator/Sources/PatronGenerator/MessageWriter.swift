/// Writes the Swift struct of a message.
struct MessageWriter {
  let names: SwiftNames
  let message: ProtoMessage

  func write(_ out: inout SourcePrinter) {
    out.doc(Documentation.of(message))
    let name = SwiftNames.declaredName(message.fullName)
    out.block("public struct \(name): ProtobufC.Message") { out in
      writeProperties(&out)
      out.add(
        """
        /// The message with every field absent or at its default.
        public init() {}

        /// Full proto name.
        public static let protoName = "\(message.fullName)"

        /// libprotobuf-c's description of the message.
        public static var descriptor: MessageDescriptor {
          MessageDescriptor(\(CNames.descriptorAccessor(message.fullName))())
        }
        """
      )
      out.blank()
      writeDecoder(&out)
      out.blank()
      writeEncoder(&out)
      writeFieldNumbers(&out)
      for oneof in message.oneofs {
        out.blank()
        OneofWriter(names: names, message: message, oneof: oneof).writeType(&out)
      }
      for nested in message.enums {
        out.blank()
        EnumWriter(enumeration: nested).write(&out)
      }
      for nested in message.messages {
        out.blank()
        MessageWriter(names: names, message: nested).write(&out)
      }
    }
  }

  private func writeProperties(_ out: inout SourcePrinter) {
    for field in message.plainFields {
      let code = FieldCode(field: field, names: names)
      out.doc(Documentation.of(field))
      out.add("public var \(code.property)\(code.declaration)")
      out.blank()
    }
    for oneof in message.oneofs {
      out.doc(Documentation.of(oneof))
      let type = OneofWriter(names: names, message: message, oneof: oneof).typeName
      out.add("public var \(SwiftNames.property(oneof.name)): \(type)?")
      out.blank()
    }
  }

  private func writeDecoder(_ out: inout SourcePrinter) {
    out.add("/// Copies the fields out of the C struct at `source`.")
    out.block("public init(fromC source: UnsafeRawPointer)") { out in
      if message.fields.isEmpty { return }
      out.add("let c = source.assumingMemoryBound(to: \(CNames.type(message.fullName)).self)")
      for field in message.plainFields {
        out.add(FieldCode(field: field, names: names).decodeStatement())
      }
      for oneof in message.oneofs {
        OneofWriter(names: names, message: message, oneof: oneof).writeDecoder(&out)
      }
    }
  }

  private func writeEncoder(_ out: inout SourcePrinter) {
    out.add("/// Fills the initialised C struct at `target`. Its pointers point into `arena`.")
    out.block(
      "public func fillC(_ target: UnsafeMutableRawPointer, in arena: borrowing Arena)"
        + " throws(CodecError)"
    ) { out in
      if message.fields.isEmpty { return }
      out.add("let c = target.assumingMemoryBound(to: \(CNames.type(message.fullName)).self)")
      for field in message.plainFields {
        out.add(FieldCode(field: field, names: names).encodeStatement())
      }
      for oneof in message.oneofs {
        OneofWriter(names: names, message: message, oneof: oneof).writeEncoder(&out)
      }
    }
  }

  /// Writes the numbers as computed constants in a type that can be inlined: they compile faster
  /// than stored ones, and a number costs nothing where another module uses it.
  private func writeFieldNumbers(_ out: inout SourcePrinter) {
    if message.fields.isEmpty { return }
    out.blank()
    out.add("/// The numbers of the fields.")
    out.block("@usableFromInline package enum \(fieldNumbersName)") { out in
      for field in message.fields {
        let property = SwiftNames.property(field.name)
        out.add("@inlinable package static var \(property): Int { \(field.number) }")
      }
    }
  }

  /// `Field`, or `FieldNumber` where the message has a nested type `Field`.
  private var fieldNumbersName: String {
    let nested = message.messages.map(\.name) + message.enums.map(\.name)
    return nested.contains("Field") ? "FieldNumber" : "Field"
  }
}
