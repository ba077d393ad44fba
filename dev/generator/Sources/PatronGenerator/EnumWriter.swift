/// Writes the Swift struct of an enum. Proto3 enums are open: unknown values are kept.
struct EnumWriter {
  let enumeration: ProtoEnum

  func write(_ out: inout SourcePrinter) {
    let name = SwiftNames.declaredName(enumeration.fullName)
    out.doc(Documentation.of(enumeration))
    out.block(
      "public struct \(name): RawRepresentable, Hashable, Sendable, CaseIterable,"
        + " CustomStringConvertible"
    ) { out in
      for value in enumeration.values {
        out.doc(Documentation.of(value, in: enumeration))
        out.add("public static let \(caseName(value)) = \(name)(rawValue: \(value.number))")
      }
      out.blank()
      out.add(
        """
        /// The number on the wire. Numbers that this version does not know are kept.
        public var rawValue: Int32

        /// Wraps any number, known or not.
        public init(rawValue: Int32) { self.rawValue = rawValue }
        """
      )
      out.blank()
      writeNames(&out, name)
      out.blank()
      writeWords(&out)
    }
  }

  private func writeNames(_ out: inout SourcePrinter, _ name: String) {
    let cases = enumeration.values.map { ".\(caseName($0))" }.joined(separator: ", ")
    out.add("/// The values that this version knows, in the order of the proto file.")
    out.add("public static var allCases: [\(name)] { [\(cases)] }")
    out.blank()
    out.add("/// The proto name of a known value, otherwise the number.")
    out.block("public var description: String") { out in
      out.add("switch rawValue {")
      var seen: Set<Int32> = []
      for value in enumeration.values where seen.insert(value.number).inserted {
        out.add("case \(value.number): \"\(value.name)\"")
      }
      out.add("default: \"\\(rawValue)\"\n}")
    }
  }

  private func writeWords(_ out: inout SourcePrinter) {
    out.doc(
      "The name of a known value without the enum's own, in lower case; otherwise the number."
    )
    out.block("package var word: String") { out in
      out.add("switch rawValue {")
      var seen: Set<Int32> = []
      for value in enumeration.values where seen.insert(value.number).inserted {
        let word = SwiftNames.enumWord(value.name, of: enumeration.name)
        out.add("case \(value.number): \"\(word)\"")
      }
      out.add("default: \"\\(rawValue)\"\n}")
    }
    out.blank()
    out.add(
      """
      /// The known value with this word, or nil.
      package init?(word: String) {
        guard let value = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = value
      }
      """
    )
  }

  private func caseName(_ value: ProtoEnum.Value) -> String {
    SwiftNames.enumCase(value.name, of: enumeration.name)
  }
}
