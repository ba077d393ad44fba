/// Writes the text that `list` and `describe` show, and the registry of message types.
struct ContractWriter {
  let files: [ProtoFile]
  let names: SwiftNames

  func writeText(_ out: inout SourcePrinter) {
    out.block("extension Contract") { out in
      out.add("/// Every service, in the order of the proto files.")
      out.add("public static let services: [ContractService] = [")
      for file in files { for service in file.services { write(service, file, &out) } }
      out.add("]")
      out.blank()
      out.add("/// Every symbol with its proto source text.")
      out.add("static let declarations: [ContractDeclaration] = [")
      for file in files { write(file, &out) }
      out.add("]")
    }
  }

  private func write(_ service: ProtoService, _ file: ProtoFile, _ out: inout SourcePrinter) {
    let scope = names.namespace(file.package).map { "\($0)." } ?? ""
    out.add(
      """
        ContractService(
          name: \(scope)\(service.name).name, summary: \(literal(firstSentence(service.comment))),
          methods: [
      """
    )
    for method in service.methods {
      out.add(
        """
              ContractMethod(
                method: \(scope)\(service.name).\(SwiftNames.method(method.name)).method,
                requestType: "\(method.input)", responseType: "\(method.output)",
                scope: "\(method.scope)",
                summary: \(literal(firstSentence(method.comment)))),
        """
      )
    }
    out.add("    ]),")
  }

  private func write(_ file: ProtoFile, _ out: inout SourcePrinter) {
    let proto = ProtoText(package: file.package)
    for service in file.services {
      declaration(service.fullName, .service, proto.text(service), &out)
      for method in service.methods {
        declaration("\(service.fullName).\(method.name)", .method, proto.text(method), &out)
      }
    }
    for message in file.allMessages {
      declaration(message.fullName, .message, proto.text(message), &out)
    }
    for enumeration in file.allEnums {
      declaration(enumeration.fullName, .enumeration, proto.text(enumeration), &out)
    }
    if !file.comment.isEmpty {
      let comment = file.comment.split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.isEmpty ? "//" : "// \($0)" }.joined(separator: "\n")
      declaration(file.package, .package, "\(comment)\npackage \(file.package);\n", &out)
    }
  }

  private enum Kind: String {
    case package, service, method, message, enumeration
  }

  private func declaration(
    _ name: String,
    _ kind: Kind,
    _ text: String,
    _ out: inout SourcePrinter
  ) {
    out.add("  ContractDeclaration(\n    name: \"\(name)\", kind: .\(kind.rawValue),")
    out.add("    text: ##\"\"\"")
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      out.add(line.isEmpty ? "" : "      " + line)
    }
    out.add("      \"\"\"##),")
  }

  /// A Swift string literal.
  private func literal(_ text: String) -> String { "##\"\(text)\"##" }

  /// The first sentence of a comment on one line.
  private func firstSentence(_ comment: String) -> String {
    let paragraph = comment.split(separator: "\n", omittingEmptySubsequences: false)
      .prefix { !$0.isEmpty }.joined(separator: " ")
    guard let end = paragraph.firstRange(of: ". ") else { return paragraph }
    return String(paragraph[..<end.lowerBound]) + "."
  }

  func writeRegistry(_ out: inout SourcePrinter) {
    out.add("/// The message types that are compiled in.")
    out.block("public enum MessageTypes") { out in
      out.add("/// The descriptor of every message, map entries excepted.")
      out.add("public static let all: [MessageDescriptor] = [")
      for file in files {
        for message in file.allMessages { out.add("  \(names.type(message.fullName)).descriptor,") }
      }
      out.add(
        """
        ]

        private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

        /// The descriptor of the message with this full proto name, or nil.
        public static func descriptor(named name: String) -> MessageDescriptor? { byName[name] }
        """
      )
    }
  }

  /// The header that gives Swift the addresses of descriptors: an imported C constant is a copy,
  /// and libprotobuf-c compares addresses.
  func writeHeader(_ out: inout SourcePrinter) {
    out.add("#pragma once\n")
    for file in files { out.add("#include \"\(CNames.header(file.name))\"") }
    out.add("\n#pragma clang assume_nonnull begin\n")
    for file in files {
      for message in file.allMessages {
        for name in [message.fullName] + message.mapEntryNames {
          out.add(
            """
            static inline const void *\(CNames.descriptorAccessor(name))(void) {
              return &\(CNames.prefix(name))__descriptor;
            }
            """
          )
        }
      }
    }
    out.add("\n#pragma clang assume_nonnull end")
  }
}
